//! What lies in the folder, and whether it has come to rest.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::engine::one_line;

/// Most files of the folder that are looked at, the first by name.
pub(super) const FILES_MAX: usize = 256;

/// Longest stem of a file's name, in characters; file systems allow 255 bytes.
const NAME_CHARS_MAX: usize = 255;

/// A file is read once it has not changed for this long, so that one that is still being copied is not.
pub(super) const STILL: Duration = Duration::from_millis(100);

/// Tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    modified_ns: i128,
    /// When rights, name or content changed last. It cannot be set, as a tool that copies sets the time of modification.
    changed_ns: i128,
}

impl Stamp {
    fn new(meta: &Metadata) -> Self {
        let ns = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self {
            device: meta.dev(),
            inode: meta.ino(),
            bytes: meta.len(),
            modified_ns: ns(meta.mtime(), meta.mtime_nsec()),
            changed_ns: ns(meta.ctime(), meta.ctime_nsec()),
        }
    }

    /// Of the file or folder that a path leads to, following links; nothing when there is none.
    pub(super) fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|meta| Self::new(&meta))
    }

    /// Whether two folders are one: what lies in a folder changes its size and time.
    pub(super) fn is_same_folder(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}

/// A component of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
}

/// What a folder holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// The components by the stem of their files.
    pub(super) found: BTreeMap<String, Found>,
    /// Whether there are more than [`FILES_MAX`].
    pub(super) is_too_full: bool,
}

/// All `*.wasm` files of a folder. A folder that is not there holds none. Hidden files are left out: tools that copy give a
/// file its name when it is whole.
pub(super) fn scan(folder: &Path) -> std::io::Result<Scan> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Scan::default()),
        Err(error) => return Err(error),
    };
    let mut scan = Scan::default();
    for entry in entries {
        let path = entry?.path();
        let is_component = path.extension().is_some_and(|ending| ending == "wasm");
        // It is shown to people before anybody has said that it is no plugin's name.
        let name = one_line(&path.file_stem().unwrap_or_default().to_string_lossy(), NAME_CHARS_MAX);
        if !is_component || name.starts_with('.') {
            continue;
        }
        // A file that went since it was listed, or a link to nothing, is not there.
        let Some(stamp) =
            std::fs::metadata(&path).ok().filter(Metadata::is_file).map(|meta| Stamp::new(&meta))
        else {
            continue;
        };
        scan.found.insert(name, Found { path, stamp });
        if scan.found.len() > FILES_MAX {
            // By name, because a folder lists its files in any order: which ones count must not change from look to look.
            scan.found.pop_last();
            scan.is_too_full = true;
        }
    }
    Ok(scan)
}

/// Since when each file has looked as it does, or has been gone. Times are the clock's monotonic ones.
#[derive(Debug, Default)]
pub(super) struct Stillness(BTreeMap<String, (Option<Stamp>, Duration)>);

impl Stillness {
    /// Whether the file has looked like this, or has been gone, for [`STILL`].
    pub(super) fn is_still(&mut self, name: &str, stamp: Option<Stamp>, now: Duration) -> bool {
        match self.0.get(name) {
            Some((seen, since)) if *seen == stamp => now.saturating_sub(*since) >= STILL,
            _ => {
                self.0.insert(name.to_owned(), (stamp, now));
                false
            }
        }
    }

    /// Nothing more is waited for: the file has been looked at, or is gone.
    pub(super) fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Keeps only names that still matter.
    pub(super) fn retain(&mut self, matters: impl Fn(&str) -> bool) {
        self.0.retain(|name, _| matters(name));
    }

    /// Time until the next file may have come to rest; nothing when none is waited for.
    pub(super) fn due_in(&self, now: Duration) -> Option<Duration> {
        self.0.values().map(|(_, since)| since.saturating_add(STILL).saturating_sub(now)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_found_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.wasm", "b.WASM", "notes.txt", ".c.wasm", ".d.wasm.Xy12", "e.wasm.part"] {
            std::fs::write(dir.path().join(name), name).unwrap();
        }
        std::fs::create_dir(dir.path().join("folder.wasm")).unwrap();
        std::os::unix::fs::symlink("/nonexistent", dir.path().join("link.wasm")).unwrap();
        let found: Vec<String> = scan(dir.path()).unwrap().found.into_keys().collect();
        assert_eq!(found, ["a"]);
        std::fs::write(dir.path().join("a\nERROR forged.wasm"), "").unwrap();
        assert!(scan(dir.path()).unwrap().found.contains_key("a\\nERROR forged"));
        assert_eq!(scan(&dir.path().join("missing")).unwrap(), Scan::default());
        assert!(scan(&dir.path().join("notes.txt")).is_err(), "a file is no folder");
    }

    #[test]
    fn of_too_many_files_the_first_by_name_count() {
        let dir = tempfile::tempdir().unwrap();
        for number in (0..FILES_MAX + 3).rev() {
            std::fs::write(dir.path().join(format!("p{number:03}.wasm")), "").unwrap();
        }
        let scan = scan(dir.path()).unwrap();
        assert!(scan.is_too_full && scan.found.len() == FILES_MAX);
        let last = scan.found.into_keys().next_back();
        assert_eq!(last, Some(format!("p{:03}", FILES_MAX - 1)));
    }

    #[test]
    fn a_copy_that_keeps_size_and_time_is_another_state_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.wasm");
        let write = |text: &str| {
            std::fs::write(&file, text).unwrap();
            let times = std::fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH);
            std::fs::File::options().write(true).open(&file).unwrap().set_times(times).unwrap();
            Stamp::of(&file).unwrap()
        };
        let first = write("one");
        // A file system counts time in steps of its own.
        let is_seen = (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(5));
            write("two") != first
        });
        assert!(is_seen);
    }

    #[test]
    fn a_file_is_still_once_it_has_not_changed_for_the_time() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.wasm");
        let stamp = |text: &str| {
            std::fs::write(&file, text).unwrap();
            Stamp::of(&file).unwrap()
        };
        let ms = Duration::from_millis;
        let (first, second) = (stamp("half"), stamp("the whole"));
        assert_ne!(first, second);
        let mut stillness = Stillness::default();
        assert!(!stillness.is_still("a", Some(first), ms(0)));
        assert!(!stillness.is_still("a", Some(first), ms(60)));
        assert!(!stillness.is_still("a", Some(second), ms(110)), "it changed");
        assert_eq!(stillness.due_in(ms(150)), Some(ms(60)));
        assert!(stillness.is_still("a", Some(second), ms(210)));
        assert!(!stillness.is_still("a", None, ms(220)), "it went");
        assert!(stillness.is_still("a", None, ms(320)));
        stillness.forget("a");
        assert_eq!(stillness.due_in(ms(330)), None);
    }
}
