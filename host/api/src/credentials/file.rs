//! `credentials.json`: read with suspicion, written whole.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{CREDENTIALS_MAX, Credential};
use crate::Error;

const VERSION: u32 = 1;
const MODE: u32 = 0o600;
/// Room for the most credentials with a camera list of some size each.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    credentials: Vec<Credential>,
}

fn refuse(path: &Path, reason: impl Into<String>) -> Error {
    Error::Credentials { path: path.to_owned(), reason: reason.into() }
}

/// The credentials in the file; nothing when there is no file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<Credential>>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refuse(path, format!("it cannot be opened: {error}"))),
    };
    let metadata = file.metadata().map_err(|error| refuse(path, error.to_string()))?;
    if !metadata.is_file() {
        return Err(refuse(path, "it is no regular file: move away what is there"));
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let reason = format!(
            "others can read or change it (mode {mode:o}): chmod 600 it, and give new tokens if they did"
        );
        return Err(refuse(path, reason));
    }
    let mut text = String::new();
    let read = file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text);
    let bytes = read.map_err(|error| refuse(path, format!("it cannot be read: {error}")))?;
    if bytes as u64 > FILE_BYTES_MAX {
        return Err(refuse(path, format!("it is larger than {FILE_BYTES_MAX} bytes")));
    }
    parse(path, &text).map(Some)
}

fn parse(path: &Path, text: &str) -> Result<Vec<Credential>, Error> {
    let content: Content = serde_json::from_str(text).map_err(|error| {
        refuse(
            path,
            format!("it is damaged ({error}): restore it, or remove it to start with a new admin token"),
        )
    })?;
    if content.version != VERSION {
        let reason = format!("it has version {}, this program knows {VERSION}", content.version);
        return Err(refuse(path, reason));
    }
    let ids: BTreeSet<_> = content.credentials.iter().map(|credential| credential.id).collect();
    if ids.len() != content.credentials.len() {
        return Err(refuse(path, "an id is there twice: each credential needs its own"));
    }
    if content.credentials.len() > CREDENTIALS_MAX {
        return Err(refuse(path, format!("it has more than {CREDENTIALS_MAX} credentials")));
    }
    Ok(content.credentials)
}

/// Replaces the file: a crash leaves the old one or the new one, never half of one.
pub(super) fn write(path: &Path, credentials: &[Credential]) -> Result<(), Error> {
    let content = Content { version: VERSION, credentials: credentials.to_vec() };
    let text = serde_json::to_string_pretty(&content).map_err(|error| refuse(path, error.to_string()))?;
    let fresh = path.with_extension("json.new");
    let written = write_synced(&fresh, text.as_bytes())
        .and_then(|()| std::fs::rename(&fresh, path))
        .and_then(|()| sync_folder(path));
    written.map_err(|error| refuse(path, format!("it cannot be written: {error}")))
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(MODE).open(path)?;
    // A file left over from a crash keeps its mode through `create`.
    file.set_permissions(Permissions::from_mode(MODE))?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
