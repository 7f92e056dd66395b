//! Basic and digest authentication (RFC 7617, RFC 2617, RFC 7616), as a camera checks it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use sha2::Sha256;

/// What the challenge names as the place.
const REALM: &str = "camera";

/// How a client proves that it knows the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// The password in base64.
    Basic,
    /// Digest with MD5 and without `qop`, as most cameras have it; an answer with `qop` is taken, too.
    DigestMd5,
    /// Digest with SHA-256 and `qop="auth"`.
    DigestSha256,
}

/// Who may see a mount. The password is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    user: String,
    password: String,
    schemes: Vec<Scheme>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("schemes", &self.schemes).finish_non_exhaustive()
    }
}

/// What a request's credentials are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Right,
    Wrong,
    Missing,
}

impl Login {
    /// The schemes are offered in this order; only these are taken.
    pub fn new(user: &str, password: &str, schemes: &[Scheme]) -> Self {
        Self { user: user.to_owned(), password: password.to_owned(), schemes: schemes.to_vec() }
    }

    /// Values of the headers `WWW-Authenticate`.
    pub(super) fn challenges(&self, nonce: &str) -> Vec<String> {
        let challenge = |scheme: &Scheme| match scheme {
            Scheme::Basic => format!("Basic realm=\"{REALM}\""),
            Scheme::DigestMd5 => format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\""),
            Scheme::DigestSha256 => {
                format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\", algorithm=SHA-256, qop=\"auth\"")
            }
        };
        self.schemes.iter().map(challenge).collect()
    }

    /// Checks the value of the header `Authorization` of a request with this method.
    pub(super) fn check(&self, header: Option<&str>, method: &str, nonce: &str) -> Verdict {
        let Some((scheme, rest)) = header.map(|value| value.trim().split_once(' ').unwrap_or((value, "")))
        else {
            return Verdict::Missing;
        };
        let right = if scheme.eq_ignore_ascii_case("basic") {
            self.schemes.contains(&Scheme::Basic) && self.basic_is_right(rest)
        } else {
            scheme.eq_ignore_ascii_case("digest") && self.digest_is_right(rest, method, nonce)
        };
        if right { Verdict::Right } else { Verdict::Wrong }
    }

    fn basic_is_right(&self, encoded: &str) -> bool {
        let expected = format!("{}:{}", self.user, self.password);
        STANDARD.decode(encoded.trim()).is_ok_and(|given| given == expected.as_bytes())
    }

    fn digest_is_right(&self, text: &str, method: &str, nonce: &str) -> bool {
        let fields = fields(text);
        let field = |name: &str| {
            fields
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map_or("", |(_, value)| value.as_str())
        };
        let scheme = match field("algorithm") {
            "" => Scheme::DigestMd5,
            name if name.eq_ignore_ascii_case("MD5") => Scheme::DigestMd5,
            name if name.eq_ignore_ascii_case("SHA-256") => Scheme::DigestSha256,
            _ => return false,
        };
        let expected = response(&Proof {
            scheme,
            user: &self.user,
            realm: REALM,
            password: &self.password,
            method,
            uri: field("uri"),
            nonce,
            qop: (!field("qop").is_empty()).then(|| (field("qop"), field("nc"), field("cnonce"))),
        });
        self.schemes.contains(&scheme)
            && field("username") == self.user
            && field("realm") == REALM
            && field("nonce") == nonce
            && field("response").eq_ignore_ascii_case(&expected)
    }
}

/// `name=value` and `name="value"` between commas.
fn fields(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let (value, tail) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_at(after.find(',').unwrap_or(after.len())),
        };
        found.push((name.trim_matches([' ', ',', '\t']).to_owned(), value.trim().to_owned()));
        rest = tail;
    }
    found
}

/// What goes into a digest.
struct Proof<'a> {
    scheme: Scheme,
    user: &'a str,
    realm: &'a str,
    password: &'a str,
    method: &'a str,
    uri: &'a str,
    nonce: &'a str,
    /// Quality of protection, nonce count and the client's nonce.
    qop: Option<(&'a str, &'a str, &'a str)>,
}

fn response(proof: &Proof<'_>) -> String {
    let Proof { user, realm, password, method, uri, nonce, .. } = proof;
    let hash = |text: String| match proof.scheme {
        Scheme::DigestSha256 => hex(&Sha256::digest(text)),
        Scheme::DigestMd5 | Scheme::Basic => hex(&Md5::digest(text)),
    };
    let who = hash(format!("{user}:{realm}:{password}"));
    let what = hash(format!("{method}:{uri}"));
    hash(match proof.qop {
        Some((qop, count, client)) => format!("{who}:{nonce}:{count}:{client}:{qop}:{what}"),
        None => format!("{who}:{nonce}:{what}"),
    })
}

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof<'a>(
        scheme: Scheme,
        realm: &'a str,
        password: &'a str,
        nonce: &'a str,
        client: &'a str,
    ) -> Proof<'a> {
        let qop = Some(("auth", "00000001", client));
        Proof { scheme, user: "Mufasa", realm, password, method: "GET", uri: "/dir/index.html", nonce, qop }
    }

    #[test]
    fn the_examples_of_the_standards_come_out() {
        let nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
        let old = proof(Scheme::DigestMd5, "testrealm@host.com", "Circle Of Life", nonce, "0a4f113b");
        assert_eq!(response(&old), "6629fae49393a05397450978507c4ef1");
        let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
        let client = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let mut new = proof(Scheme::DigestMd5, "http-auth@example.org", "Circle of Life", nonce, client);
        assert_eq!(response(&new), "8ca523f5e9506fed4657c9700eebdbec");
        new.scheme = Scheme::DigestSha256;
        assert_eq!(response(&new), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
    }

    #[test]
    fn only_the_offered_schemes_with_the_right_password_are_taken() {
        let both = Login::new("u", "p:w", &[Scheme::DigestMd5, Scheme::Basic]);
        let digest = Login::new("u", "p:w", &[Scheme::DigestMd5]);
        let basic = format!("Basic {}", STANDARD.encode("u:p:w"));
        assert_eq!(both.check(Some(&basic), "PLAY", "n"), Verdict::Right);
        assert_eq!(digest.check(Some(&basic), "PLAY", "n"), Verdict::Wrong);
        assert_eq!(both.check(None, "PLAY", "n"), Verdict::Missing);
        let proof = Proof {
            scheme: Scheme::DigestMd5,
            user: "u",
            realm: REALM,
            password: "p:w",
            method: "PLAY",
            uri: "rtsp://h/a,b",
            nonce: "n",
            qop: None,
        };
        let given = format!(
            "Digest username=\"u\", realm=\"{REALM}\", nonce=\"n\", uri=\"rtsp://h/a,b\", response=\"{}\"",
            response(&proof)
        );
        assert_eq!(digest.check(Some(&given), "PLAY", "n"), Verdict::Right);
        assert_eq!(digest.check(Some(&given), "SETUP", "n"), Verdict::Wrong, "bound to the method");
        assert_eq!(digest.check(Some(&given), "PLAY", "m"), Verdict::Wrong, "bound to the nonce");
        assert_eq!(digest.check(Some("Digest"), "PLAY", "n"), Verdict::Wrong);
    }

    #[test]
    fn the_password_is_not_shown() {
        let login = Login::new("viewer", "canary-7", &[Scheme::Basic]);
        assert!(!format!("{login:?}").contains("canary-7"));
    }
}
