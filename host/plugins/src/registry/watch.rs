//! The thread that follows the folder: woken by the system's events, and every two seconds where there are none.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::folder::Stamp;
use super::shelf::{Patience, Shelf};
use crate::Error;

/// How often the folder is looked at without an event: network file systems give none, and neither does a folder that
/// is not there yet.
const POLL: Duration = Duration::from_secs(2);

/// Pause after an event. Copying a large file gives an event for each block of it.
const BREATH: Duration = Duration::from_millis(10);

/// The running thread; ends when this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    wake: SyncSender<()>,
    shelf: Arc<Shelf>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub(super) fn start(shelf: Arc<Shelf>) -> Result<Self, Error> {
        // One waiting wake says all: that something has happened.
        let (wake, woken) = sync_channel(1);
        let (events, followed) = (FolderEvents::new(wake.clone()), Arc::clone(&shelf));
        let thread = std::thread::Builder::new()
            .name("plugins-watch".to_owned())
            .spawn(move || run(&followed, events, &woken))
            .map_err(|source| Error::Watch { source })?;
        Ok(Self { wake, shelf, thread: Some(thread) })
    }

    /// Whether the folder is followed; it is not when the thread panicked.
    pub(super) fn is_alive(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shelf.stop();
        // Full means that the thread is about to wake anyway.
        let _ = self.wake.try_send(());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that watches the plugins' folder panicked");
        }
    }
}

fn run(shelf: &Shelf, mut events: FolderEvents, woken: &Receiver<()>) {
    while !shelf.is_stopping() {
        // First the events, then the look: what changes between the two gives an event.
        events.follow(&shelf.folder());
        let wait = shelf.refresh(Patience::WhenStill).unwrap_or(POLL);
        match woken.recv_timeout(wait.clamp(BREATH, POLL)) {
            Ok(()) => std::thread::sleep(BREATH),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// The system's events of one folder, as wakes.
struct FolderEvents {
    watcher: Option<RecommendedWatcher>,
    followed: Option<(PathBuf, Stamp)>,
}

impl FolderEvents {
    fn new(wake: SyncSender<()>) -> Self {
        let handler = move |event: notify::Result<notify::Event>| {
            if event.map_or(true, |event| matters(event.kind)) {
                let _ = wake.try_send(());
            }
        };
        let watcher = notify::recommended_watcher(handler)
            .inspect_err(|error| {
                let seconds = POLL.as_secs();
                tracing::warn!(
                    "no events of the plugins' folder, it is looked at every {seconds} s: {error}"
                );
            })
            .ok();
        Self { watcher, followed: None }
    }

    /// Follows this folder, also when another took its name since the last call.
    fn follow(&mut self, folder: &Path) {
        let Some(watcher) = &mut self.watcher else { return };
        let there = Stamp::of(folder);
        if let (Some((followed, old)), Some(new)) = (&self.followed, &there)
            && followed == folder
            && old.is_same_folder(new)
        {
            return;
        }
        if let Some((old, _)) = self.followed.take() {
            // The system has stopped by itself when the folder is gone.
            let _ = watcher.unwatch(&old);
        }
        let Some(stamp) = there else { return };
        match watcher.watch(folder, RecursiveMode::NonRecursive) {
            Ok(()) => self.followed = Some((folder.to_owned(), stamp)),
            Err(error) => tracing::debug!("no events of {}: {error}", folder.display()),
        }
    }
}

/// Reading a file, which this program does itself, is no reason to look again.
fn matters(kind: EventKind) -> bool {
    !kind.is_access() || kind == EventKind::Access(AccessKind::Close(AccessMode::Write))
}
