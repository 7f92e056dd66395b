//! Notices that the files of a folder have changed.
//!
//! The kernel's notices (inotify) only say when to look; whether something changed is seen by looking at the files
//! themselves. So it does not matter how they are written: in place, by an editor that writes another file and renames it,
//! or by a link that is turned to another folder, as Kubernetes does with config maps. Where there are no notices, or not
//! of the place that a link leads to, a look every [`LOOK_PERIOD`] finds the change, too.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use ovr_domain::time::Clock;

/// How often there is a look without a notice.
const LOOK_PERIOD: Duration = Duration::from_secs(2);

/// How long the files must have been still: whoever writes one of them may go on to write the next.
const STILL: Duration = Duration::from_millis(150);

/// How long that is waited for, however much goes on.
const RESTLESS_MAX: Duration = Duration::from_secs(2);

/// Wakes the thread that watches.
#[derive(Debug, Clone)]
pub(super) struct Bell {
    ring: SyncSender<()>,
    asked: Arc<AtomicBool>,
    stopped: Arc<AtomicBool>,
}

impl Bell {
    /// The files are to be read, whether or not they seem to have changed.
    pub(super) fn ask(&self) {
        self.asked.store(true, Ordering::Release);
        self.ring();
    }

    /// Nobody wants to know any more.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.ring();
    }

    /// A bell that rings already need not be rung.
    fn ring(&self) {
        let _ = self.ring.try_send(());
    }
}

/// Why the files are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wake {
    /// They have changed.
    Changed,
    /// Somebody asked.
    Asked,
}

/// Files that look like configuration, and all that shows that one was written or replaced.
type Look = Vec<(OsString, Option<Stamp>)>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    place: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl From<Metadata> for Stamp {
    fn from(of: Metadata) -> Self {
        Self {
            place: (of.dev(), of.ino()),
            size: of.size(),
            modified: (of.mtime(), of.mtime_nsec()),
            changed: (of.ctime(), of.ctime_nsec()),
        }
    }
}

/// Watches one folder, for one thread.
pub(super) struct Watch {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    bell: Bell,
    rung: Receiver<()>,
    notices: Option<RecommendedWatcher>,
    /// Folders that notices come from, and which they were when they were looked up.
    noticed: Vec<(PathBuf, Stamp)>,
    seen: Look,
}

impl Watch {
    /// From now on a change is noticed.
    pub(super) fn new(folder: PathBuf, clock: Arc<dyn Clock>) -> Self {
        // `.` and `..` are no names that could be made to lead elsewhere.
        let unnamed = folder.file_name().is_none();
        let folder = if unnamed { fs::canonicalize(&folder).unwrap_or(folder) } else { folder };
        let (ring, rung) = sync_channel(1);
        let bell = Bell { ring, asked: Arc::default(), stopped: Arc::default() };
        let notices = notices(&folder, bell.clone());
        let mut watch = Self { folder, clock, bell, rung, notices, noticed: Vec::new(), seen: Look::new() };
        watch.follow();
        watch.seen = watch.look();
        watch
    }

    pub(super) fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// Waits until the files have changed and are still, or until somebody asks. Nothing when it is over.
    pub(super) fn wait(&mut self) -> Option<Wake> {
        loop {
            match self.rung.recv_timeout(LOOK_PERIOD) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                // Cannot be: the bell is a part of this.
                Err(RecvTimeoutError::Disconnected) => return None,
            }
            self.follow();
            let now = self.until_still();
            if self.bell.stopped.load(Ordering::Acquire) {
                return None;
            }
            let asked = self.bell.asked.swap(false, Ordering::AcqRel);
            if asked || now != self.seen {
                self.seen = now;
                return Some(if asked { Wake::Asked } else { Wake::Changed });
            }
        }
    }

    /// The files once they are still; at once when somebody asks.
    fn until_still(&self) -> Look {
        let start = self.clock.monotonic();
        let mut now = self.look();
        let in_haste = || {
            self.bell.asked.load(Ordering::Acquire)
                || self.bell.stopped.load(Ordering::Acquire)
                || self.clock.monotonic().saturating_sub(start) > RESTLESS_MAX
        };
        while now != self.seen && !in_haste() {
            let rung = self.rung.recv_timeout(STILL).is_ok();
            let later = self.look();
            if !rung && later == now {
                break;
            }
            now = later;
        }
        if in_haste() { self.look() } else { now }
    }

    fn look(&self) -> Look {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let yaml = |path: &Path| path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        let paths = entries.map(|entry| entry.path()).filter(|path| yaml(path));
        let mut look: Look = paths
            .map(|path| {
                let stamp = fs::metadata(&path).ok().map(Stamp::from);
                (path.file_name().unwrap_or_default().to_owned(), stamp)
            })
            .collect();
        look.sort_by(|a, b| a.0.cmp(&b.0));
        look
    }

    /// Notices come from a folder and not from its name: when the name leads to another one, that one is watched.
    fn follow(&mut self) {
        let Some(notices) = &mut self.notices else { return };
        let above = parent(&self.folder);
        let now: Vec<(PathBuf, Stamp)> = [self.folder.as_path(), &above]
            .into_iter()
            .filter_map(|path| {
                let real = fs::canonicalize(path).ok()?;
                let folder = fs::metadata(&real).ok()?;
                // What changes in a folder is none of its own business: only which one it is counts here.
                let stamp = Stamp { size: 0, modified: (0, 0), changed: (0, 0), ..Stamp::from(folder) };
                Some((real, stamp))
            })
            .collect();
        if now == self.noticed {
            return;
        }
        for (old, _) in &self.noticed {
            // One that is gone is no longer watched anyway.
            let _ = notices.unwatch(old);
        }
        for (path, _) in &now {
            if let Err(error) = notices.watch(path, RecursiveMode::NonRecursive) {
                tracing::warn!(
                    folder = %path.display(),
                    "changes are found by looking every {} s: {error}",
                    LOOK_PERIOD.as_secs()
                );
            }
        }
        self.noticed = now;
    }
}

fn parent(folder: &Path) -> PathBuf {
    match folder.parent() {
        Some(above) if !above.as_os_str().is_empty() => above.to_owned(),
        Some(_) => PathBuf::from("."),
        None => folder.to_owned(),
    }
}

/// What rings the bell when something is written. Of the folder above only the folder itself counts.
fn notices(folder: &Path, bell: Bell) -> Option<RecommendedWatcher> {
    let above = fs::canonicalize(parent(folder)).ok();
    let name = folder.file_name().map(OsString::from);
    let beside = move |path: &PathBuf| {
        path.parent().map(Path::to_owned) == above && path.file_name().map(OsString::from) != name
    };
    let hear = move |notice: notify::Result<notify::Event>| {
        let counts = match &notice {
            // Of too many notices at once some were missed, which says nothing of where.
            Ok(event) if event.need_rescan() => true,
            Ok(event) => is_writing(event.kind) && !event.paths.iter().all(&beside),
            Err(_) => true,
        };
        if counts {
            bell.ring();
        }
    };
    match notify::recommended_watcher(hear) {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::warn!("changes of the configuration are found by looking every 2 s: {error}");
            None
        }
    }
}

/// Not when somebody reads, as this program does itself.
fn is_writing(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::thread;

    use ovr_domain::time::SystemClock;

    fn watch(folder: &Path) -> Watch {
        Watch::new(folder.to_owned(), Arc::new(SystemClock::start()))
    }

    /// Whether a change is found; a watchdog ends the wait when it is not.
    fn finds(watch: &mut Watch) -> bool {
        let bell = watch.bell();
        let (found, wait) = sync_channel::<()>(1);
        let watchdog = thread::spawn(move || {
            if wait.recv_timeout(Duration::from_secs(20)).is_err() {
                bell.stop();
            }
        });
        let changed = watch.wait();
        let _ = found.send(());
        watchdog.join().unwrap();
        changed == Some(Wake::Changed)
    }

    #[test]
    fn a_file_that_is_written_in_place_renamed_or_removed_is_a_change() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("host.yaml");
        let mut watch = watch(dir.path());
        fs::write(&file, "site: a\n").unwrap();
        assert!(finds(&mut watch), "a new file");
        fs::write(&file, "site: b\n").unwrap();
        assert!(finds(&mut watch), "written in place");
        fs::write(dir.path().join(".host.yaml.new"), "site: c\n").unwrap();
        fs::rename(dir.path().join(".host.yaml.new"), &file).unwrap();
        assert!(finds(&mut watch), "renamed");
        fs::remove_file(&file).unwrap();
        assert!(finds(&mut watch), "removed");
    }

    #[test]
    fn a_link_that_is_turned_as_kubernetes_turns_it_is_a_change() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("config");
        for version in ["..v1", "..v2"] {
            fs::create_dir_all(config.join(version)).unwrap();
            fs::write(config.join(version).join("host.yaml"), "site: same-size\n").unwrap();
        }
        symlink("..v1", config.join("..data")).unwrap();
        symlink("..data/host.yaml", config.join("host.yaml")).unwrap();
        let mut watch = watch(&config);
        symlink("..v2", config.join("..data_tmp")).unwrap();
        fs::rename(config.join("..data_tmp"), config.join("..data")).unwrap();
        assert!(finds(&mut watch));
    }

    #[test]
    fn a_folder_that_is_itself_a_link_is_followed_and_so_is_the_next_one() {
        let dir = tempfile::tempdir().unwrap();
        for version in ["v1", "v2"] {
            fs::create_dir(dir.path().join(version)).unwrap();
            fs::write(dir.path().join(version).join("host.yaml"), "site: a\n").unwrap();
        }
        symlink("v1", dir.path().join("config")).unwrap();
        let mut watch = watch(&dir.path().join("config"));
        symlink("v2", dir.path().join("next")).unwrap();
        fs::rename(dir.path().join("next"), dir.path().join("config")).unwrap();
        assert!(finds(&mut watch), "turned to another folder");
        fs::write(dir.path().join("v2/ocr.yaml"), "").unwrap();
        assert!(finds(&mut watch), "written in that other folder");
    }

    #[test]
    fn without_notices_a_change_is_found_all_the_same_and_asking_needs_none() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = watch(dir.path());
        watch.notices = None;
        fs::write(dir.path().join("host.yaml"), "site: a\n").unwrap();
        assert!(finds(&mut watch));
        watch.bell().ask();
        assert_eq!(watch.wait(), Some(Wake::Asked));
        watch.bell().stop();
        assert_eq!(watch.wait(), None);
    }
}
