//! Pictures as files below one folder, within a quota.
//!
//! A picture is written to a temporary file and renamed, so that a name never stands for half a picture while the system
//! runs. It is not synced: an event that has to open a gate would wait for the disk six times. What a power cut tears is
//! seen, because the event carries the SHA-256 of each picture and whoever serves one compares it. When the quota runs out scenes are shed first, then vehicle crops, and plate crops last (DESIGN, section 1). Counting
//! the bytes is done once at the start and kept up to date in memory.

use std::fs::{self, DirEntry, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use ovr_domain::event::EvidenceKind;
use ovr_domain::port::{Evidence, EvidenceStore, Kept, StoreError};
use ovr_domain::{EvidenceId, InstallId, Timestamp, metric};

use super::layout;
use crate::Error;

/// Largest picture in bytes.
pub const PICTURE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Of the quota, in percent, up to which scenes are kept.
const SCENE_PERCENT: u64 = 80;
/// Of the quota, in percent, up to which vehicle crops are kept.
const VEHICLE_CROP_PERCENT: u64 = 90;

const WHAT: &str = "evidence folder";
const INSTALL: &str = "install-id";
pub(super) const PARTIAL: &str = "partial";

/// What a purge removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// There are more to remove: the limit was reached.
    pub more: bool,
}

/// An [`EvidenceStore`] in a folder.
#[derive(Debug)]
pub struct FilesStore {
    root: PathBuf,
    disk_bytes_max: AtomicU64,
    used_bytes: Mutex<u64>,
}

impl FilesStore {
    /// Opens the folder, makes it when there is none, removes what a crash left half written and counts the bytes.
    /// Refuses the folder of another installation and one with something else in it. Blocks.
    pub fn open(root: &Path, disk_bytes_max: u64, install: InstallId) -> Result<Self, Error> {
        let unwritable = |error: std::io::Error| Error::Unwritable {
            what: WHAT,
            path: root.display().to_string(),
            reason: error.to_string(),
        };
        fs::create_dir_all(root).map_err(unwritable)?;
        check_owner(root, install)?;
        let partial = root.join(PARTIAL);
        fs::create_dir_all(&partial).map_err(unwritable)?;
        for left in entries(&partial).map_err(unwritable)? {
            fs::remove_file(left.path()).map_err(unwritable)?;
        }
        let used_bytes = count(root).map_err(unwritable)?;
        metric::evidence_bytes(used_bytes);
        let disk_bytes_max = AtomicU64::new(disk_bytes_max);
        Ok(Self { root: root.to_owned(), disk_bytes_max, used_bytes: Mutex::new(used_bytes) })
    }

    /// Changes the quota for pictures from now on. A smaller one removes nothing: purging makes the room.
    pub fn set_disk_bytes_max(&self, disk_bytes_max: u64) {
        self.disk_bytes_max.store(disk_bytes_max, Ordering::Relaxed);
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The folders of days that have pictures.
    pub(super) fn days(&self) -> std::io::Result<Vec<PathBuf>> {
        day_folders(&self.root)
    }

    /// Bytes of pictures on disk.
    pub fn used_bytes(&self) -> u64 {
        *self.used_bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes pictures of a kind that were minted before `cutoff`, the oldest days first, at most `files_max` at a time.
    pub fn purge_before(
        &self,
        kind: EvidenceKind,
        cutoff: Timestamp,
        files_max: u64,
    ) -> Result<Purged, StoreError> {
        let mut purged = Purged::default();
        let mut days = self.days().map_err(|error| unavailable("listing days", &error))?;
        days.sort();
        let last_day = layout::folder(&self.root, cutoff);
        for day in days.into_iter().filter(|day| *day <= last_day) {
            self.purge_day(&day, (kind, cutoff), files_max, &mut purged)
                .map_err(|error| unavailable("purging pictures", &error))?;
            // A folder that still has pictures stays.
            let _ = fs::remove_dir(&day);
            if purged.more {
                break;
            }
        }
        Ok(purged)
    }

    fn purge_day(
        &self,
        day: &Path,
        (kind, cutoff): (EvidenceKind, Timestamp),
        files_max: u64,
        purged: &mut Purged,
    ) -> std::io::Result<()> {
        for entry in entries(day)? {
            let of_kind = picture(&entry).filter(|(_, of)| *of == kind);
            let minted = of_kind.and_then(|(id, _)| layout::minted_at(id));
            if minted.is_none_or(|minted| minted >= cutoff) {
                continue;
            }
            if purged.files == files_max {
                purged.more = true;
                return Ok(());
            }
            let bytes = entry.metadata()?.len();
            fs::remove_file(entry.path())?;
            self.release(bytes);
            purged.files += 1;
            purged.bytes += bytes;
        }
        Ok(())
    }

    /// Takes room for a picture before it is written, so that several workers together stay within the quota.
    fn reserve(&self, kind: EvidenceKind, bytes: u64) -> bool {
        let percent = match kind {
            EvidenceKind::Scene => SCENE_PERCENT,
            EvidenceKind::VehicleCrop => VEHICLE_CROP_PERCENT,
            EvidenceKind::PlateCrop => 100,
        };
        let whole = self.disk_bytes_max.load(Ordering::Relaxed);
        let limit = whole / 100 * percent + whole % 100 * percent / 100;
        let mut used_bytes = self.used_bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = used_bytes.saturating_add(bytes) <= limit;
        if fits {
            *used_bytes += bytes;
            metric::evidence_bytes(*used_bytes);
        }
        fits
    }

    fn release(&self, bytes: u64) {
        let mut used_bytes = self.used_bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *used_bytes = used_bytes.saturating_sub(bytes);
        metric::evidence_bytes(*used_bytes);
    }

    /// Written and renamed. Not synced, see the module: a torn picture does not fit its event's digest.
    fn write(&self, folder: &Path, name: &str, jpeg: &[u8]) -> std::io::Result<()> {
        let partial = self.root.join(PARTIAL).join(name);
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&partial)?;
        let written = file
            .write_all(jpeg)
            .and_then(|()| make_folder(folder))
            .and_then(|()| fs::rename(&partial, folder.join(name)));
        if let Err(error) = written {
            // Frees the room that half a picture takes; the next start would remove it, too.
            let _ = fs::remove_file(&partial);
            return Err(error);
        }
        Ok(())
    }
}

impl EvidenceStore for FilesStore {
    fn put(&self, evidence: &Evidence) -> Result<Kept, StoreError> {
        let minted = layout::minted_at(evidence.id).ok_or_else(|| StoreError::Unusable {
            reason: format!("evidence id {} is no UUIDv7, by whose time pictures are filed", evidence.id),
        })?;
        let bytes = evidence.jpeg.len() as u64;
        let folder = layout::folder(&self.root, minted);
        let name = layout::file_name(evidence.id, evidence.kind);
        if is_file(&folder.join(&name)) {
            // Sent again after a crash: ids are minted once, so it is the same picture.
            return Ok(Kept::Stored);
        }
        if bytes > PICTURE_BYTES_MAX || !self.reserve(evidence.kind, bytes) {
            return Ok(Kept::Shed);
        }
        match self.write(&folder, &name, &evidence.jpeg) {
            Ok(()) => Ok(Kept::Stored),
            Err(error) => {
                self.release(bytes);
                match error.kind() {
                    // The disk is smaller than the quota.
                    ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Ok(Kept::Shed),
                    _ => Err(unavailable("writing a picture", &error)),
                }
            }
        }
    }

    fn get(&self, id: EvidenceId) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(minted) = layout::minted_at(id) else {
            return Ok(None);
        };
        let folder = layout::folder(&self.root, minted);
        for kind in layout::KINDS {
            let path = folder.join(layout::file_name(id, kind));
            if !is_file(&path) {
                continue;
            }
            match read(&path) {
                Ok(jpeg) => return Ok(Some(jpeg)),
                // Purged between the look and the read.
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(unavailable("reading a picture", &error)),
            }
        }
        Ok(None)
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut jpeg = Vec::new();
    File::open(path)?.take(PICTURE_BYTES_MAX).read_to_end(&mut jpeg)?;
    Ok(jpeg)
}

/// A regular file: a link, wherever it came from, is none.
fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn entries(folder: &Path) -> std::io::Result<Vec<DirEntry>> {
    fs::read_dir(folder)?.collect()
}

fn day_folders(root: &Path) -> std::io::Result<Vec<PathBuf>> {
    let is_day = |entry: &DirEntry| {
        let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        folder && entry.file_name().to_str().is_some_and(layout::is_day)
    };
    Ok(entries(root)?.iter().filter(|entry| is_day(entry)).map(DirEntry::path).collect())
}

fn picture(entry: &DirEntry) -> Option<(EvidenceId, EvidenceKind)> {
    entry.file_name().to_str().and_then(layout::picture_of)
}

fn count(root: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for day in day_folders(root)? {
        for entry in entries(&day)? {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes)
}

fn check_owner(root: &Path, install: InstallId) -> Result<(), Error> {
    let path = root.join(INSTALL);
    let expected = install.to_string();
    match fs::read_to_string(&path) {
        Ok(found) if found.trim() == expected => Ok(()),
        // Cut short by a crash in the very first start.
        Ok(found) if found.trim().is_empty() => own(root, &expected),
        Ok(found) => Err(Error::OtherInstall {
            what: WHAT,
            path: root.display().to_string(),
            found: found.trim().chars().take(36).collect(),
            expected,
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => own(root, &expected),
        Err(error) => Err(foreign(root, &error.to_string())),
    }
}

/// A new folder becomes this installation's; one with something in it is somebody's.
fn own(root: &Path, install: &str) -> Result<(), Error> {
    let path = root.join(INSTALL);
    let strange = |entry: &DirEntry| entry.path() != path && entry.file_name() != "lost+found";
    let found = entries(root).map_err(|error| foreign(root, &error.to_string()))?;
    if let Some(other) = found.iter().find(|entry| strange(entry)) {
        let reason = format!("it has no {INSTALL}, but {}", other.file_name().to_string_lossy());
        return Err(foreign(root, &reason));
    }
    let written = File::create(&path)
        .and_then(|mut file| {
            writeln!(file, "{install}")?;
            file.sync_all()
        })
        .and_then(|()| File::open(root)?.sync_all());
    written.map_err(|error| Error::Unwritable {
        what: WHAT,
        path: root.display().to_string(),
        reason: error.to_string(),
    })
}

fn foreign(root: &Path, reason: &str) -> Error {
    Error::Foreign { what: WHAT, path: root.display().to_string(), reason: reason.to_owned() }
}

fn unavailable(doing: &str, error: &std::io::Error) -> StoreError {
    StoreError::Unavailable { reason: format!("{doing}: {error}") }
}
