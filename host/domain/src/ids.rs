//! Identifiers. Each is a type of its own, so that a camera's name never stands where a site's belongs.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::Timestamp;

/// Longest name of a site, a camera or a lane, in bytes.
pub const NAME_BYTES_MAX: usize = 64;

/// Why a text is no identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// A name is empty, too long or has a character that is not allowed.
    #[error(
        "{text:?} is no name: use 1 to {NAME_BYTES_MAX} characters out of a-z, A-Z, 0-9, '-', '_' and '.'"
    )]
    Name {
        /// The text as it was given, cut to the longest name.
        text: String,
    },
    /// An id is no UUID.
    #[error("{text:?} is no id: expected a UUID such as 0190f5fe-7c00-7a00-8000-000000000000")]
    Uuid {
        /// The text as it was given, cut to the longest name.
        text: String,
    },
    /// A digest is not 64 hexadecimal digits.
    #[error("{text:?} is no SHA-256 digest: expected 64 hexadecimal digits")]
    Digest {
        /// The text as it was given, cut to the longest name.
        text: String,
    },
}

fn cut(text: &str) -> String {
    text.chars().take(NAME_BYTES_MAX).collect()
}

fn check_name(text: &str) -> Result<Arc<str>, IdError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let dots_only = text.bytes().all(|b| b == b'.');
    if text.is_empty() || text.len() > NAME_BYTES_MAX || dots_only || !text.bytes().all(allowed) {
        return Err(IdError::Name { text: cut(text) });
    }
    Ok(Arc::from(text))
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks a name: 1 to 64 characters out of `a-z A-Z 0-9 - _ .`, not dots alone.
            pub fn new(text: &str) -> Result<Self, IdError> {
                check_name(text).map(Self)
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.as_ref().to_owned()
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// A camera, unique within its site.
    CameraId
}
name! {
    /// A place with cameras: a gate, a yard, a town.
    SiteId
}

impl CameraId {
    /// The name of a camera that has none: `word-number`. The word is a name itself.
    pub fn numbered(word: &'static str, number: usize) -> Self {
        Self(Arc::from(format!("{word}-{number}")))
    }
}

impl Default for SiteId {
    /// The name of a site that nobody has named yet.
    fn default() -> Self {
        Self(Arc::from("site-1"))
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| IdError::Uuid { text: cut(text) })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id! {
    /// One vehicle pass. Minted once at assembly and stored in the spool, so that every retry carries the same id.
    EventId
}
uuid_id! {
    /// One stored picture. Opaque: it says nothing about where the picture lies.
    EvidenceId
}
uuid_id! {
    /// One installation. The spool, the store and the evidence folder each carry it, and must agree.
    InstallId
}

/// UUIDv7 (RFC 9562, section 5.7) whose time part is `at`, so that ids sort by time also in a replay.
fn uuid_v7(at: Timestamp) -> Uuid {
    let micros = u64::try_from(at.as_micros()).unwrap_or(0);
    let nanos = u32::try_from(micros % 1_000_000).unwrap_or(0) * 1_000;
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, micros / 1_000_000, nanos))
}

impl EventId {
    /// A new id whose time part is `at`.
    pub fn mint(at: Timestamp) -> Self {
        Self(uuid_v7(at))
    }
}

impl EvidenceId {
    /// A new id whose time part is `at`.
    pub fn mint(at: Timestamp) -> Self {
        Self(uuid_v7(at))
    }
}

impl InstallId {
    /// A new id whose time part is `at`.
    pub fn mint(at: Timestamp) -> Self {
        Self(uuid_v7(at))
    }
}

/// A track of one camera since that camera's pipeline started. Never reused within a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrackId(pub u64);

impl fmt::Display for TrackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// SHA-256 of a model, a plugin or a picture: 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(Arc<str>);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(Arc::from(format!("{:x}", sha2::Sha256::digest(bytes))))
    }

    /// The 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Digest {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        let is_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 64 || !text.bytes().all(is_hex) {
            return Err(IdError::Digest { text: cut(&text) });
        }
        Ok(Self(Arc::from(text)))
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0.as_ref().to_owned()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_escape_a_folder_or_a_label_are_refused() {
        for bad in ["", ".", "..", "a/b", "a b", "ä", "x\n", &"n".repeat(65)] {
            assert!(CameraId::new(bad).is_err(), "{bad:?} was taken");
        }
        assert_eq!(CameraId::new("gate-1_in.a").map(|id| id.to_string()), Ok("gate-1_in.a".to_owned()));
    }

    #[test]
    fn event_ids_carry_their_time_and_sort_by_it() {
        let earlier = EventId::mint(Timestamp::from_micros(1_000_000_000));
        let later = EventId::mint(Timestamp::from_micros(1_000_002_000));
        assert!(earlier < later);
        assert_eq!(earlier.0.get_version_num(), 7);
        let time = earlier.0.get_timestamp().map(|t| t.to_unix().0);
        assert_eq!(time, Some(1_000));
    }

    #[test]
    fn digest_is_sha256_in_hex() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").as_str(), empty);
        assert!(Digest::try_from("E3".repeat(32)).is_err());
    }
}
