//! Pipelines that end. A decoder or a driver may hang while it is stopped, and a camera must not wait for that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ovr_domain::CameraId;

use crate::live::chain::LiveChain;

/// A pipeline that has not stopped by then is left behind; it may still stop later.
const DEADLINE: Duration = Duration::from_secs(5);
/// No more are started while so many of one camera hang.
const HANGING_MAX: usize = 4;
/// Nor while so many are on their way out.
const ENDING_MAX: usize = 16;

/// Pipelines of one camera on their way out.
#[derive(Debug, Default)]
pub(crate) struct TearDowns {
    ending: Vec<Ending>,
    left_behind: u64,
}

#[derive(Debug)]
struct Ending {
    since: Duration,
    done: Arc<AtomicBool>,
    reported: bool,
}

impl TearDowns {
    /// Stops a pipeline in a thread of its own.
    pub(crate) fn start(&mut self, chain: LiveChain, now: Duration) {
        chain.heard.end();
        self.start_with(move || drop(chain), now);
    }

    fn start_with(&mut self, end: impl FnOnce() + Send + 'static, now: Duration) {
        let done = Arc::new(AtomicBool::new(false));
        let signal = Arc::clone(&done);
        let work = move || {
            end();
            signal.store(true, Ordering::Release);
        };
        match thread::Builder::new().name("ovr-tear-down".to_owned()).spawn(work) {
            Ok(_) => self.ending.push(Ending { since: now, done, reported: false }),
            // The pipeline was stopped by this thread when the closure was dropped.
            Err(error) => tracing::warn!(%error, "no thread can be started to stop a pipeline"),
        }
    }

    /// Forgets those that have stopped, and reports those that have not by their deadline.
    pub(crate) fn sweep(&mut self, now: Duration, camera: &CameraId) {
        self.ending.retain(|ending| !ending.done.load(Ordering::Acquire));
        for ending in &mut self.ending {
            if !ending.reported && now.saturating_sub(ending.since) >= DEADLINE {
                ending.reported = true;
                self.left_behind += 1;
                tracing::error!(
                    camera = %camera,
                    left_behind = self.left_behind,
                    "a pipeline does not stop, probably its decoder: it is left behind, with its memory"
                );
            }
        }
    }

    /// Those that have not stopped yet, whether in time or not.
    pub(crate) fn ending(&self) -> usize {
        self.ending.len()
    }

    /// Those that have been left behind and still have not stopped.
    fn hanging(&self) -> usize {
        self.ending.iter().filter(|ending| ending.reported).count()
    }

    /// Whether no more should be started for now.
    pub(crate) fn is_full(&self) -> bool {
        self.hanging() >= HANGING_MAX || self.ending.len() >= ENDING_MAX
    }

    /// Those that did not stop in time, in all.
    pub(crate) fn left_behind(&self) -> u64 {
        self.left_behind
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;

    #[test]
    fn what_hangs_holds_nobody_up_and_is_counted_until_it_stops() {
        let camera = CameraId::new("a").unwrap();
        let mut tear_downs = TearDowns::default();
        let (release, held) = sync_channel::<()>(0);
        tear_downs.start_with(
            move || {
                let _ = held.recv();
            },
            Duration::ZERO,
        );
        tear_downs.start_with(|| {}, Duration::ZERO);
        tear_downs.sweep(Duration::from_secs(4), &camera);
        assert_eq!((tear_downs.hanging(), tear_downs.left_behind()), (0, 0));
        while tear_downs.ending.len() > 1 {
            tear_downs.sweep(Duration::from_secs(4), &camera);
            thread::yield_now();
        }
        tear_downs.sweep(Duration::from_secs(5), &camera);
        tear_downs.sweep(Duration::from_secs(6), &camera);
        assert_eq!((tear_downs.hanging(), tear_downs.left_behind()), (1, 1));
        drop(release);
        while tear_downs.hanging() > 0 {
            tear_downs.sweep(Duration::from_secs(7), &camera);
            thread::yield_now();
        }
        assert_eq!(tear_downs.left_behind(), 1);
    }
}
