//! User and password of a camera: where they are kept, and a type that shows them to nobody.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

/// Longest user or password, in bytes.
const SECRET_BYTES_MAX: u64 = 1_024;
/// Where systemd puts the credentials of a service (systemd.exec(5), CREDENTIALS).
const SYSTEMD_FOLDER: &str = "CREDENTIALS_DIRECTORY";

/// Who the camera thinks that we are. The password is kept elsewhere and read at each connect, so that a new one
/// counts from the next connect on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The user's name at the camera.
    pub user: String,
    /// Where the password is kept.
    pub password: PasswordFrom,
}

/// Where a password is kept: exactly one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PasswordFrom {
    /// The name of an environment variable.
    Environment(String),
    /// A file that only its owner may read (mode 0600 or stricter); a line break at its end does not count.
    File(PathBuf),
    /// The name of a systemd credential (`LoadCredential=`, `LoadCredentialEncrypted=`).
    Systemd(String),
}

/// A text that is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one part that must know it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

impl Credentials {
    /// What is wrong with what is written down, without looking for the password.
    pub(crate) fn wrong(&self) -> Option<String> {
        let user = &self.user;
        if user.is_empty() || user.len() as u64 > SECRET_BYTES_MAX || user.chars().any(char::is_control) {
            return Some(format!("credentials.user must be 1 to {SECRET_BYTES_MAX} bytes in one line"));
        }
        // Basic (RFC 7617, section 2) cannot carry it.
        if user.contains(':') {
            return Some("credentials.user must not hold a colon".to_owned());
        }
        self.password.wrong().then(|| "credentials.password names no variable, file or credential".to_owned())
    }

    /// Reads the password; see [`PasswordFrom::resolve`].
    pub(crate) fn resolve(&self) -> Result<Secret, String> {
        self.password.resolve()
    }
}

impl PasswordFrom {
    /// Whether what is written down names nothing, without looking for the password.
    pub fn wrong(&self) -> bool {
        match self {
            Self::Environment(name) => !is_name(name),
            Self::Systemd(name) => !is_name(name) || name.starts_with('.'),
            Self::File(path) => path.as_os_str().is_empty(),
        }
    }

    /// Reads the password. The error is what is wrong and what would be right; it never holds a part of the secret.
    pub fn resolve(&self) -> Result<Secret, String> {
        match self {
            Self::Environment(name) => {
                let value = std::env::var(name).map_err(|_| {
                    format!(
                        "the environment variable {name} is not set, or is no UTF-8: set it to the password"
                    )
                })?;
                checked(value, &format!("the environment variable {name}"))
            }
            Self::File(path) => of_file(path, true),
            Self::Systemd(name) => {
                let folder = std::env::var_os(SYSTEMD_FOLDER).ok_or_else(|| {
                    format!("${SYSTEMD_FOLDER} is not set: start the service with LoadCredential={name}:PATH")
                })?;
                // systemd itself sees to it that only the service may read them, partly by access control lists that
                // show as mode 0440.
                of_file(&Path::new(&folder).join(name), false)
            }
        }
    }
}

/// A name that cannot leave its folder.
fn is_name(name: &str) -> bool {
    let well = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'@');
    (1..=255).contains(&name.len()) && name.bytes().all(well)
}

fn of_file(path: &Path, must_be_private: bool) -> Result<Secret, String> {
    let shown = format!("the password file {}", path.display());
    let no_file = || format!("{shown} is no regular file");
    // Opening a pipe would wait for somebody who writes into it.
    let named = std::fs::metadata(path).map_err(|error| format!("{shown} cannot be opened: {error}"))?;
    if !named.is_file() {
        return Err(no_file());
    }
    let file = File::open(path).map_err(|error| format!("{shown} cannot be opened: {error}"))?;
    // The open file is asked, not the path, so that nothing can be put in its place in between.
    let kind = file.metadata().map_err(|error| format!("{shown} cannot be looked at: {error}"))?;
    if !kind.is_file() {
        return Err(no_file());
    }
    let mode = kind.permissions().mode() & 0o777;
    if must_be_private && mode & 0o177 != 0 {
        return Err(format!("{shown} has mode {mode:04o}, others may read it: chmod 0600 it"));
    }
    let mut text = String::new();
    file.take(SECRET_BYTES_MAX + 2)
        .read_to_string(&mut text)
        .map_err(|_| format!("{shown} cannot be read as UTF-8 text"))?;
    let line = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    checked(line.to_owned(), &shown)
}

fn checked(text: String, shown: &str) -> Result<Secret, String> {
    let length = text.len() as u64;
    if length == 0 || length > SECRET_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(format!("{shown} must hold 1 to {SECRET_BYTES_MAX} bytes in one line"));
    }
    Ok(Secret(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn from(password: PasswordFrom) -> Credentials {
        Credentials { user: "admin".to_owned(), password }
    }

    #[test]
    fn a_secret_shows_itself_nowhere() {
        let secret = Secret("canary".to_owned());
        let shown = format!("{secret} {secret:?} {}", serde_json::to_string(&secret).unwrap());
        assert_eq!(shown, "*** *** \"***\"");
        assert_eq!(secret.reveal(), "canary");
    }

    #[test]
    fn a_password_file_must_be_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, "canary secret\n").unwrap();
        for mode in [0o644, 0o640, 0o660, 0o601, 0o700] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = from(PasswordFrom::File(path.clone())).resolve().unwrap_err();
            assert!(error.contains("0600") && !error.contains("canary"), "{error}");
        }
        for mode in [0o600, 0o400] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let secret = from(PasswordFrom::File(path.clone())).resolve().unwrap();
            assert_eq!(secret.reveal(), "canary secret");
        }
        for text in ["", "\n", "two\nlines", &"x".repeat(2_000)] {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(from(PasswordFrom::File(path.clone())).resolve().unwrap_err().contains("one line"));
        }
        assert!(from(PasswordFrom::File(folder.path().to_owned())).resolve().is_err());
        assert!(from(PasswordFrom::File(folder.path().join("none"))).resolve().is_err());
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(from(PasswordFrom::File(pipe)).resolve().unwrap_err().contains("no regular file"));
    }

    #[test]
    fn what_is_not_there_is_named() {
        let error = from(PasswordFrom::Environment("OVR_NO_SUCH_VARIABLE".to_owned())).resolve().unwrap_err();
        assert!(error.contains("OVR_NO_SUCH_VARIABLE"), "{error}");
        assert!(from(PasswordFrom::Environment("PATH".to_owned())).resolve().is_ok());
    }

    #[test]
    fn a_password_comes_from_exactly_one_place_and_never_from_the_configuration() {
        let of = |json: &str| serde_json::from_str::<Credentials>(json).ok();
        let credentials = of(r#"{"user":"a","password":{"systemd":"gate-1"}}"#).unwrap();
        assert_eq!(credentials.wrong(), None);
        for json in [
            r#"{"user":"a","password":"canary"}"#,
            r#"{"user":"a","password":{"text":"canary"}}"#,
            r#"{"user":"a","password":{"file":"b","environment":"C"}}"#,
            r#"{"user":"a"}"#,
            r#"{"user":"a","password":{"file":"b"},"c":1}"#,
        ] {
            assert!(of(json).is_none(), "{json} was taken");
        }
        for json in [
            r#"{"user":"","password":{"file":"b"}}"#,
            r#"{"user":"a:b","password":{"file":"b"}}"#,
            r#"{"user":"a\nb","password":{"file":"b"}}"#,
            r#"{"user":"a","password":{"systemd":"../shadow"}}"#,
            r#"{"user":"a","password":{"systemd":".."}}"#,
            r#"{"user":"a","password":{"environment":""}}"#,
            r#"{"user":"a","password":{"file":""}}"#,
        ] {
            assert!(of(json).unwrap().wrong().is_some(), "{json} is well");
        }
    }
}
