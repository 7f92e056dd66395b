//! Compiled components on disk. Machine code that is loaded runs with all the rights of the host, so the folder must be ours
//! alone, and a file counts only when it is ours and whole; anything else is compiled anew. Losing the folder costs time only.

use std::fs::{DirBuilder, File};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use ovr_domain::ids::Digest;
use rustix::fs::{AtFlags, Dir, Mode, OFlags, Timespec, Timestamps, UTIME_NOW};

use super::artefact::{self, ARTEFACT_BYTES_MAX};
use crate::Error;

/// Most files kept: a fleet's plugins in a few versions each.
const FILES_MAX: usize = 64;

/// Most bytes kept; an EU pack compiles to 1 to 2 MB.
const BYTES_MAX: u64 = 256 << 20;

/// End of a finished file's name.
const FINISHED: &str = ".cwasm";

/// Begin of the name of a file that is being written.
const UNFINISHED: &str = ".writing-";

/// Files that this process has begun to write, in whatever folder: no two of them share a name.
static WRITES: AtomicU64 = AtomicU64::new(0);

/// The folder, held open: its files are reached through it, whatever happens to its path.
#[derive(Debug)]
pub(crate) struct Cache {
    path: PathBuf,
    folder: OwnedFd,
}

/// Name of the file for a component that was compiled for this engine.
pub(crate) fn key(component: &Digest, engine: &wasmtime::Engine) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{component}-{:016x}{FINISHED}", hasher.finish())
}

impl Cache {
    /// Opens the folder and makes it when it is missing. Fails when another user owns it or may write to it.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let unusable = |reason: String| Error::Cache { folder: path.to_owned(), reason };
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|error| unusable(format!("cannot make it: {error}")))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(path, flags, Mode::empty());
        let folder = File::from(opened.map_err(|error| unusable(format!("cannot open it: {error}")))?);
        let metadata = folder.metadata().map_err(|error| unusable(format!("cannot look at it: {error}")))?;
        let us = rustix::process::geteuid().as_raw();
        if metadata.uid() != us {
            return Err(unusable(format!(
                "user {} owns it; it must belong to user {us} alone",
                metadata.uid()
            )));
        }
        if metadata.mode() & 0o022 != 0 {
            let mode = metadata.mode() & 0o777;
            return Err(unusable(format!("others may write to it (mode {mode:o}); expected 700: chmod 700")));
        }
        let cache = Self { path: path.to_owned(), folder: folder.into() };
        cache.remove_unfinished();
        Ok(cache)
    }

    /// The sealed artefact under this key, when it is there, ours and whole.
    pub(crate) fn get(&self, key: &str) -> Option<Vec<u8>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&self.folder, key, flags, Mode::empty()).ok()?);
        let metadata = file.metadata().ok()?;
        let is_ours = metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o022 == 0;
        if !metadata.is_file() || !is_ours || metadata.len() > ARTEFACT_BYTES_MAX {
            return None;
        }
        let mut sealed = Vec::with_capacity(metadata.len() as usize);
        (&file).take(ARTEFACT_BYTES_MAX).read_to_end(&mut sealed).ok()?;
        if artefact::open(&sealed).is_none() {
            tracing::warn!(folder = %self.path.display(), file = key, "a compiled plugin is damaged and is compiled anew");
            return None;
        }
        // What is used stays longest. A folder that cannot be written to serves just as well.
        let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
        let _ = rustix::fs::futimens(&file, &Timestamps { last_access: now, last_modification: now });
        Some(sealed)
    }

    /// Keeps a sealed artefact under this key, and lets the oldest go when there are too many. Whoever reads at the same
    /// time sees all of it or nothing, also after a power cut.
    pub(crate) fn put(&self, key: &str, sealed: &[u8]) {
        if let Err(error) = self.write(key, sealed) {
            tracing::warn!(folder = %self.path.display(), %error, "cannot keep a compiled plugin; it will be compiled again");
        }
        self.prune();
    }

    fn write(&self, key: &str, sealed: &[u8]) -> std::io::Result<()> {
        let count = WRITES.fetch_add(1, Ordering::Relaxed);
        let unfinished = format!("{UNFINISHED}{}-{count}", std::process::id());
        // In a container every program has the number that the one before it had: what bears this name is a leftover.
        self.remove(&unfinished);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file =
            File::from(rustix::fs::openat(&self.folder, &unfinished, flags, Mode::RUSR | Mode::WUSR)?);
        let written = file.write_all(sealed).and_then(|()| file.sync_all());
        let renamed =
            written.and_then(|()| Ok(rustix::fs::renameat(&self.folder, &unfinished, &self.folder, key)?));
        if renamed.is_err() {
            self.remove(&unfinished);
        }
        renamed?;
        Ok(rustix::fs::fsync(&self.folder)?)
    }

    /// Names of all files.
    fn names(&self) -> Vec<String> {
        let Ok(entries) = Dir::read_from(&self.folder) else { return Vec::new() };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().to_str().ok().map(str::to_owned));
        names.collect()
    }

    fn remove(&self, name: &str) {
        // It may be gone already, by another process that shares the folder.
        let _ = rustix::fs::unlinkat(&self.folder, name, AtFlags::empty());
    }

    fn prune(&self) {
        let mut files: Vec<_> = self
            .names()
            .into_iter()
            .filter(|name| name.ends_with(FINISHED))
            .filter_map(|name| {
                let stat = rustix::fs::statat(&self.folder, &name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
                Some((stat.st_mtime, stat.st_mtime_nsec, stat.st_size as u64, name))
            })
            .collect();
        files.sort_unstable();
        let mut bytes: u64 = files.iter().map(|(_, _, size, _)| *size).sum();
        let mut count = files.len();
        for (_, _, size, name) in files {
            if count <= FILES_MAX && bytes <= BYTES_MAX {
                break;
            }
            self.remove(&name);
            count -= 1;
            bytes -= size;
        }
    }

    /// Removes what a process that no longer runs left half written.
    fn remove_unfinished(&self) {
        for name in self.names() {
            let Some(rest) = name.strip_prefix(UNFINISHED) else { continue };
            let process = rest.split('-').next().and_then(|process| process.parse().ok());
            let pid = process.and_then(rustix::process::Pid::from_raw);
            let is_running = pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok());
            if !is_running {
                self.remove(&name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_was_put_is_got_and_what_was_damaged_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let cache = Cache::open(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        let sealed = artefact::seal(b"machine code");
        cache.put("x.cwasm", &sealed);
        assert_eq!(cache.get("x.cwasm"), Some(sealed.clone()));
        assert_eq!(cache.get("y.cwasm"), None);
        std::fs::write(path.join("x.cwasm"), &sealed[..sealed.len() - 1]).unwrap();
        assert_eq!(cache.get("x.cwasm"), None, "a file cut short was taken");
    }

    #[test]
    fn a_folder_or_file_that_others_may_write_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let open = |mode| {
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            Cache::open(folder.path())
        };
        for mode in [0o777, 0o770, 0o702] {
            let error = open(mode).unwrap_err().to_string();
            assert!(error.contains("expected 700"), "{error}");
        }
        let cache = open(0o700).unwrap();
        cache.put("x.cwasm", &artefact::seal(b"code"));
        std::fs::set_permissions(folder.path().join("x.cwasm"), std::fs::Permissions::from_mode(0o666))
            .unwrap();
        assert_eq!(cache.get("x.cwasm"), None);
        let elsewhere = folder.path().join("elsewhere");
        std::fs::write(&elsewhere, artefact::seal(b"foreign")).unwrap();
        std::os::unix::fs::symlink(&elsewhere, folder.path().join("link.cwasm")).unwrap();
        assert_eq!(cache.get("link.cwasm"), None, "a link out of the folder was followed");
    }

    #[test]
    fn the_oldest_go_first_and_leftovers_of_a_crash_go_at_start() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let sealed = artefact::seal(b"code");
        cache.put("first.cwasm", &sealed);
        let long_ago = std::fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH);
        File::open(folder.path().join("first.cwasm")).unwrap().set_times(long_ago).unwrap();
        for index in 0..FILES_MAX {
            cache.put(&format!("{index}.cwasm"), &sealed);
        }
        assert_eq!(cache.get("first.cwasm"), None);
        assert_eq!(cache.names().iter().filter(|name| name.ends_with(FINISHED)).count(), FILES_MAX);
        let leftover = folder.path().join(format!("{UNFINISHED}{}-0", i32::MAX));
        std::fs::write(&leftover, "half").unwrap();
        drop(Cache::open(folder.path()).unwrap());
        assert!(!leftover.exists());
    }

    #[test]
    fn leftovers_of_a_process_with_our_own_number_are_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let next = WRITES.load(Ordering::Relaxed);
        for count in next..next + 200 {
            let leftover = format!("{UNFINISHED}{}-{count}", std::process::id());
            std::fs::write(folder.path().join(leftover), "half").unwrap();
        }
        let sealed = artefact::seal(b"code");
        cache.put("x.cwasm", &sealed);
        assert_eq!(cache.get("x.cwasm"), Some(sealed));
    }
}
