//! The address of a network camera: what may stand in one, and what of it may be shown.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Longest address, in bytes.
const ADDRESS_BYTES_MAX: usize = 2_048;
/// Longest name of a host, in bytes (RFC 1035, section 2.3.4).
const HOST_BYTES_MAX: usize = 253;
/// What a refusal of credentials in the address says.
const CREDENTIALS_APART: &str = "it holds a user or a password: remove them from the address, and give them under credentials \
     (user, and password from environment, file or systemd)";

/// How a camera is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// RTSP over plain TCP (RFC 2326).
    Rtsp,
    /// RTSP inside of TLS.
    Rtsps,
}

impl Scheme {
    /// The port that is meant where none is given: 554 or 322.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Rtsp => 554,
            Self::Rtsps => 322,
        }
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Rtsp => "rtsp",
            Self::Rtsps => "rtsps",
        }
    }
}

/// `rtsp://HOST[:PORT][/PATH][?QUERY]` or the same with `rtsps`. Credentials cannot stand in it.
///
/// Some cameras want words in the path or query that are as good as a password. [`fmt::Display`] and [`fmt::Debug`]
/// therefore leave out the query and every part of the path that holds a `=`; [`RtspAddress::text`] has all of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RtspAddress {
    scheme: Scheme,
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    host: String,
    port: u16,
    /// Path and query as they were given.
    rest: String,
}

impl RtspAddress {
    /// How the camera is spoken to.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// A name or a number; an IPv6 address has no brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The whole address. It may hold what should not be shown.
    pub fn text(&self) -> String {
        self.with_host(&self.host)
    }

    /// The parts that are not shown, as they stand in [`RtspAddress::text`].
    pub(crate) fn hidden(&self) -> impl Iterator<Item = &str> {
        let (path, query) = self.rest.split_once('?').unwrap_or((&self.rest, ""));
        let of_path = path.split('/').filter(|part| part.contains('='));
        of_path.chain(std::iter::once(query)).filter(|part| !part.is_empty())
    }

    /// The whole address with another host in it: the number that a name stands for.
    pub(crate) fn with_host(&self, host: &str) -> String {
        let Self { scheme, port, rest, .. } = self;
        format!("{}://{}:{port}{rest}", scheme.text(), bracketed(host))
    }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

impl fmt::Display for RtspAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.text(), bracketed(&self.host))?;
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&shown(&self.rest))
    }
}

impl fmt::Debug for RtspAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Path and query without what may be a secret.
fn shown(rest: &str) -> String {
    let (path, has_query) = match rest.split_once('?') {
        Some((path, _)) => (path, true),
        None => (rest, false),
    };
    let open = path.split('/').take_while(|part| !part.contains('=')).collect::<Vec<_>>().join("/");
    let cut = if open.len() < path.len() { "/..." } else { "" };
    let query = if has_query { "?..." } else { "" };
    format!("{open}{cut}{query}")
}

/// An address that was refused, for the error line: what may be a password is left out.
fn refused(text: &str) -> String {
    // Whoever leaves the scheme out, or misspells it, has a password no less.
    let (scheme, after) = match text.split_once("://") {
        Some((scheme, after)) if !scheme.contains(['@', ':']) => (format!("{scheme}://"), after),
        _ => (String::new(), text),
    };
    // Whoever writes a password with a / in it has ended the authority early: the last @ counts.
    let after = after.rsplit_once('@').map_or_else(|| after.to_owned(), |(_, rest)| format!("***@{rest}"));
    let cut = after.find(['?', '=']).unwrap_or(after.len());
    let (open, closed) = after.split_at(cut);
    let dots = if closed.is_empty() { "" } else { "..." };
    // What stands where the port should may be a password whose host was forgotten.
    let end = open.find('/').unwrap_or(open.len());
    let (authority, path) = open.split_at(end);
    let authority = match authority.rsplit_once(':') {
        Some((host, port)) if !port.bytes().all(|b| b.is_ascii_digit() || b == b']') => format!("{host}:***"),
        _ => authority.to_owned(),
    };
    format!("{scheme}{authority}{path}{dots}").chars().take(200).collect()
}

impl FromStr for RtspAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text).map_err(|reason| Error::Source { text: refused(text), reason })
    }
}

impl TryFrom<String> for RtspAddress {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<RtspAddress> for String {
    fn from(address: RtspAddress) -> Self {
        address.text()
    }
}

fn parse(text: &str) -> Result<RtspAddress, String> {
    if text.len() > ADDRESS_BYTES_MAX {
        return Err(format!("it is longer than {ADDRESS_BYTES_MAX} bytes"));
    }
    if text.chars().any(char::is_control) {
        return Err(
            "it holds a line break or another control character: expected one line of text".to_owned()
        );
    }
    let (scheme, after) = text.split_once("://").ok_or_else(only_rtsp)?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "rtsp" => Scheme::Rtsp,
        "rtsps" => Scheme::Rtsps,
        _ => return Err(only_rtsp()),
    };
    // A password may hold a / or a ?, which ends the authority early. A path that needs an @ can say %40.
    if after.contains('@') {
        return Err(CREDENTIALS_APART.to_owned());
    }
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    let (authority, rest) = after.split_at(end);
    let (host, port) = host_and_port(authority, scheme)?;
    if let Some(bad) = rest.chars().find(|c| !allowed(*c)) {
        return Err(format!("its path holds {bad:?}: write such a character in percent encoding"));
    }
    Ok(RtspAddress { scheme, host, port, rest: rest.to_owned() })
}

fn only_rtsp() -> String {
    "expected an address that starts with rtsp:// or rtsps://".to_owned()
}

/// What RFC 3986 allows in a path and query, sections 3.3 and 3.4, but for the @.
fn allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~%!$&'()*+,;=:/?".contains(c)
}

fn host_and_port(authority: &str, scheme: Scheme) -> Result<(String, u16), String> {
    let (host, port) = if let Some(inside) = authority.strip_prefix('[') {
        let (number, after) = inside.split_once(']').ok_or("the ] of its IPv6 address is missing")?;
        number.parse::<Ipv6Addr>().map_err(|_| format!("{number:?} is no IPv6 address"))?;
        let port = match after.strip_prefix(':') {
            Some(port) => Some(port),
            None if after.is_empty() => None,
            None => return Err("only :PORT may stand behind an IPv6 address".to_owned()),
        };
        (number, port)
    } else {
        match authority.split_once(':') {
            Some((host, port)) => (named(host)?, Some(port)),
            None => (named(authority)?, None),
        }
    };
    let port = match port {
        None => scheme.default_port(),
        Some(digits) if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) => {
            return Err(bad_port(digits));
        }
        Some(digits) => digits.parse().ok().filter(|port| *port > 0).ok_or_else(|| bad_port(digits))?,
    };
    Ok((host.to_ascii_lowercase(), port))
}

fn bad_port(digits: &str) -> String {
    // Letters there may be a password.
    let shown = if digits.bytes().all(|b| b.is_ascii_digit()) { digits } else { "***" };
    format!("{shown:?} is no port: expected 1 to 65535")
}

fn named(host: &str) -> Result<&str, String> {
    if host.is_empty() {
        return Err("it names no host: expected rtsp://HOST:PORT/PATH".to_owned());
    }
    let well = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if host.len() > HOST_BYTES_MAX || !host.bytes().all(well) {
        return Err(format!("{host:?} is no name of a host: expected letters, digits, - _ and ."));
    }
    Ok(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusal(text: &str) -> String {
        text.parse::<RtspAddress>().map(|address| address.text()).unwrap_err().to_string()
    }

    #[test]
    fn an_address_has_a_port_and_keeps_path_and_query() {
        let address: RtspAddress = "rtsp://Gate-1.local/Streaming/101?profile=2".parse().unwrap();
        assert_eq!((address.host(), address.port()), ("gate-1.local", 554));
        assert_eq!(address.text(), "rtsp://gate-1.local:554/Streaming/101?profile=2");
        let six: RtspAddress = "rtsps://[fd00::7]/a".parse().unwrap();
        assert_eq!((six.host(), six.port(), six.scheme()), ("fd00::7", 322, Scheme::Rtsps));
        assert_eq!(six.text(), "rtsps://[fd00::7]:322/a");
    }

    #[test]
    fn what_is_no_camera_is_refused_and_says_what_would_be_right() {
        for (text, says) in [
            ("http://169.254.169.254/latest", "rtsp://"),
            ("file:///etc/shadow", "rtsp://"),
            ("exec:/bin/sh", "rtsp://"),
            ("rtspt://a/b", "rtsp://"),
            ("rtsp-sdp://v=0", "rtsp://"),
            ("rtspsrc location=rtsp://a ! fakesink", "rtsp://"),
            ("rtsp://a/b ! filesink location=/tmp/x", "percent"),
            ("rtsp://a/b\r\nProxy: c", "control"),
            ("rtsp://a/\n", "control"),
            ("rtsp:///a", "no host"),
            ("rtsp://:554/a", "no host"),
            ("rtsp://a b/c", "no name"),
            ("rtsp://a:0/b", "65535"),
            ("rtsp://a:70000/b", "65535"),
            ("rtsp://a:+1/b", "65535"),
            ("rtsp://a:/b", "65535"),
            ("rtsp://[::1/b", "]"),
            ("rtsp://[fe80::1%eth0]/b", "IPv6"),
            ("rtsp://[::1]b", "IPv6"),
            ("rtsp://a/b#c", "percent"),
        ] {
            let line = refusal(text);
            assert!(line.contains(says) && !line.contains('\n'), "{text:?}: {line}");
        }
    }

    #[test]
    fn credentials_in_an_address_are_refused_and_shown_nowhere() {
        for text in [
            "rtsp://admin:canary@cam/1",
            "rtsp://canary@cam/1",
            "rtsp://admin:a/canary@cam/1",
            "rtsp://a:b?canary@cam",
        ] {
            let line = refusal(text);
            assert!(line.contains("credentials") && !line.contains("canary"), "{line}");
        }
        let long = format!("rtsp://admin:{}@cam/1", "canary".repeat(60));
        for text in [
            "admin:canary@cam/1",
            "rtsp:/admin:canary@cam/1",
            "admin:canary://x@cam/1",
            "rtsp://admin:canary/cam",
            "rtsp://admin:canary",
            "http://admin:canary@cam/1",
            "rtsp://admin:canary@cam\n/1",
            &long,
        ] {
            let line = refusal(text);
            assert!(!line.contains("canary") && !line.contains('\n'), "{text}: {line}");
        }
        for text in [
            "rtsp://cam/user=a&password=canary&x=1.sdp",
            "rtsp://cam/1?token=canary",
            "rtsp://cam/b=canary/c",
        ] {
            let address: RtspAddress = text.parse().unwrap();
            let shown = format!("{address} {address:?}");
            assert!(!shown.contains("canary") && shown.contains("cam"), "{shown}");
            assert!(address.text().contains("canary"), "the camera is asked for all of it");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_address_that_reads_back_or_an_error(text in "(rtsps?://)?[\\PC]{0,40}") {
            if let Ok(address) = text.parse::<RtspAddress>() {
                prop_assert_eq!(address.text().parse::<RtspAddress>(), Ok(address.clone()));
                prop_assert!(!address.text().contains(char::is_whitespace));
            }
        }
    }
}
