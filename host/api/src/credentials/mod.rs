//! Credentials: who may ask what. A token is 256 random bits; the file keeps only its SHA-256, so that neither the
//! file nor a backup of it opens anything. A slow password hash would add nothing: there is no guessing 256 bits.

mod file;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ovr_domain::time::Clock;
use ovr_domain::{CameraId, Digest, Timestamp};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::Error;

/// Most credentials of one installation; each request compares with all of them.
pub const CREDENTIALS_MAX: usize = 256;
/// Longest name of a credential, in characters.
pub const CREDENTIAL_NAME_CHARS_MAX: usize = 64;
/// What every token begins with, so that secret scanners find one that has leaked.
const TOKEN_PREFIX: &str = "ovr_";
const TOKEN_BYTES: usize = 32;
/// Length of every token, in characters: the prefix and 32 bytes in base64url.
pub(crate) const TOKEN_CHARS: usize = 47;

/// What somebody does here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks at events and pictures.
    Viewer,
    /// A viewer who also runs the cameras.
    Operator,
    /// An operator who also gives credentials.
    Admin,
    /// Checks who looked at what, and therefore sees no plates.
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Admin, Self::Auditor];

    /// The name in the file and in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
        }
    }
}

/// What is kept of a credential: everything but the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Names it in logs and when it is revoked.
    pub id: Uuid,
    /// For people: whose it is.
    pub name: String,
    /// What it allows.
    pub role: Role,
    /// The only cameras that it may know of; every camera when absent.
    pub cameras: Option<BTreeSet<CameraId>>,
    /// SHA-256 of the token.
    pub sha256: Digest,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops to hold, if ever.
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl Credential {
    fn holds(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// What a new credential shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCredential {
    /// For people: whose it is; 1 to 64 characters.
    pub name: String,
    /// What it allows.
    pub role: Role,
    /// The only cameras that it may know of; every camera when absent.
    pub cameras: Option<BTreeSet<CameraId>>,
    /// When it stops to hold, if ever.
    pub expires_at: Option<Timestamp>,
}

/// A token that has just been made. This is the only time that it can be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct NewToken {
    /// The credential that it belongs to.
    pub id: Uuid,
    /// What it allows.
    pub role: Role,
    token: String,
}

impl NewToken {
    /// The secret itself: print it once, to the person who asked for it, and never log it.
    pub fn reveal(&self) -> &str {
        &self.token
    }
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewToken({}, {})", self.id, self.role.as_str())
    }
}

/// Who asks: a credential that holds now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    /// The credential, for logs.
    pub(crate) credential: Uuid,
    pub(crate) role: Role,
    /// The only cameras that may be known of.
    pub(crate) cameras: Option<Arc<BTreeSet<CameraId>>>,
}

impl Principal {
    /// Whether events and pictures of `camera` exist for this one.
    pub(crate) fn may_see(&self, camera: &CameraId) -> bool {
        self.cameras.as_ref().is_none_or(|cameras| cameras.contains(camera))
    }
}

/// All credentials of this installation, in memory and in `credentials.json`.
#[derive(Debug)]
pub struct Credentials {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    kept: RwLock<Vec<Credential>>,
}

impl Credentials {
    /// Opens `credentials.json` in the state folder. Where there is none it is made with one admin token, which is
    /// returned for the caller to print at once: it cannot be shown again. A file that is damaged, that others can
    /// read or that was made by a newer version is an error; nothing is ever replaced silently.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<(Self, Option<NewToken>), Error> {
        let path = folder.join("credentials.json");
        let found = file::read(&path)?;
        let is_first_start = found.is_none();
        let credentials = Self { path, clock, kept: RwLock::new(found.unwrap_or_default()) };
        if !is_first_start {
            return Ok((credentials, None));
        }
        let first = NewCredential {
            name: "first admin".to_owned(),
            role: Role::Admin,
            cameras: None,
            expires_at: None,
        };
        let token = credentials.add(first)?;
        Ok((credentials, Some(token)))
    }

    /// Makes a credential. It is on disk when this returns.
    pub fn add(&self, new: NewCredential) -> Result<NewToken, Error> {
        let name_chars = new.name.chars().count();
        if !(1..=CREDENTIAL_NAME_CHARS_MAX).contains(&name_chars) || new.name.chars().any(char::is_control) {
            let reason = format!("the name must have 1 to {CREDENTIAL_NAME_CHARS_MAX} characters that print");
            return Err(Error::NewCredential { reason });
        }
        let token = mint_token()?;
        let now = self.clock.now();
        let credential = Credential {
            id: uuid::Builder::from_random_bytes(random::<16>()?).into_uuid(),
            name: new.name,
            role: new.role,
            cameras: new.cameras,
            sha256: Digest::of(token.as_bytes()),
            created_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
        };
        let made = NewToken { id: credential.id, role: credential.role, token };
        self.change(|kept| {
            if kept.len() >= CREDENTIALS_MAX {
                let reason =
                    format!("there are {CREDENTIALS_MAX} already; delete old ones from the file first");
                return Err(Error::NewCredential { reason });
            }
            kept.push(credential);
            Ok(())
        })?;
        Ok(made)
    }

    /// Takes a credential back; false when there is none of that id. It holds no more when this returns.
    pub fn revoke(&self, id: Uuid) -> Result<bool, Error> {
        let now = self.clock.now();
        self.change(|kept| {
            let Some(credential) = kept.iter_mut().find(|credential| credential.id == id) else {
                return Ok(false);
            };
            credential.revoked_at.get_or_insert(now);
            Ok(true)
        })
    }

    /// Every credential, revoked ones too.
    pub fn list(&self) -> Vec<Credential> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who holds `token` now. It looks at every credential whatever it finds, so that the time it takes tells
    /// nothing about how near a guess was.
    pub(crate) fn authenticate(&self, token: &str) -> Option<Principal> {
        if token.len() != TOKEN_CHARS {
            return None;
        }
        let digest = Digest::of(token.as_bytes());
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let mut holder = None;
        for credential in kept.iter() {
            let is_equal = credential.sha256.as_str().as_bytes().ct_eq(digest.as_str().as_bytes());
            if bool::from(is_equal) {
                holder = Some(credential);
            }
        }
        let now = self.clock.now();
        holder.filter(|held| held.holds(now)).map(|held| Principal {
            credential: held.id,
            role: held.role,
            cameras: held.cameras.clone().map(Arc::new),
        })
    }

    /// Whether `principal` may still do what it might when it asked, for answers that take long.
    pub(crate) fn still_hold(&self, principal: &Principal) -> bool {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        kept.iter().find(|held| held.id == principal.credential).is_some_and(|held| {
            held.holds(now)
                && held.role == principal.role
                && held.cameras.as_ref() == principal.cameras.as_deref()
        })
    }

    /// Changes the list on disk first and then in memory, so that a token which cannot be kept is never given.
    fn change<T>(&self, change: impl FnOnce(&mut Vec<Credential>) -> Result<T, Error>) -> Result<T, Error> {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = kept.clone();
        let outcome = change(&mut changed)?;
        file::write(&self.path, &changed)?;
        *kept = changed;
        Ok(outcome)
    }
}

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::NewCredential {
        reason: format!("the system gives no random numbers: {error}"),
    })?;
    Ok(bytes)
}

fn mint_token() -> Result<String, Error> {
    Ok(format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(random::<TOKEN_BYTES>()?)))
}

#[cfg(test)]
mod tests;
