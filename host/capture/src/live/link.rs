//! The state of the link to a camera, for whoever wants to look, and the way to end it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ovr_domain::Timestamp;

use crate::live::belief::ClockState;
use crate::live::fault::LinkFault;
use crate::options::VideoFacts;

/// Where the link to a camera stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPhase {
    /// The first connect is under way.
    Connecting,
    /// Frames come.
    Streaming,
    /// The camera was there, but its frames stopped or its picture stood still; it is being connected to again.
    Stalled,
    /// It cannot be connected to, or broke off; it is tried again and again.
    Failed,
}

/// Where the link to a camera stands, and how it came to that.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkState {
    /// Where it stands.
    pub phase: LinkPhase,
    /// Since when.
    pub since: Timestamp,
    /// The last fault; nothing while frames come.
    pub fault: Option<LinkFault>,
    /// Connects begun since the last frame.
    pub attempts: u64,
    /// Connections that gave frames, in all.
    pub connections: u64,
    /// Frames handed over, in all.
    pub frames: u64,
    /// Decoded frames that were lost because they were not taken in time, in all.
    pub frames_lost: u64,
    /// What the last good connection said of its video.
    pub facts: Option<VideoFacts>,
    /// Median time of the last pictures from the last coded piece that went into the decoder to the picture that came out,
    /// with the wait for other pictures where the decoder needs them.
    pub decode: Option<Duration>,
    /// The picture stood still for too long and has not changed since, whatever was done about it.
    pub is_frozen: bool,
    /// What is thought of the camera's clock.
    pub clock: ClockState,
    /// How often the camera's clock has jumped.
    pub clock_jumps: u64,
    /// Pipelines that did not stop in time, in all.
    pub left_behind: u64,
}

/// A handle on the link to a camera: cheap to clone, and good from any thread.
#[derive(Debug, Clone)]
pub struct Link(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug)]
struct Inner {
    state: LinkState,
    stopped: bool,
}

impl Link {
    pub(crate) fn new(now: Timestamp) -> Self {
        let state = LinkState {
            phase: LinkPhase::Connecting,
            since: now,
            fault: None,
            attempts: 0,
            connections: 0,
            frames: 0,
            frames_lost: 0,
            facts: None,
            decode: None,
            is_frozen: false,
            clock: ClockState::Unknown,
            clock_jumps: 0,
            left_behind: 0,
        };
        let inner = Mutex::new(Inner { state, stopped: false });
        Self(Arc::new(Shared { inner, changed: Condvar::new() }))
    }

    // A poisoned lock means that a thread died between two plain assignments; what is there is still good.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the link stands now.
    pub fn state(&self) -> LinkState {
        self.lock().state.clone()
    }

    /// Ends the source: its `next_frame` returns `Ok(None)` within 200 ms, also while it connects or waits.
    pub fn stop(&self) {
        self.lock().stopped = true;
        self.0.changed.notify_all();
    }

    /// Whether [`Link::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Sleeps for `span`, or until somebody calls [`Link::stop`].
    pub(crate) fn sleep(&self, span: Duration) {
        let inner = self.lock();
        if !inner.stopped {
            drop(self.0.changed.wait_timeout(inner, span));
        }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut LinkState)) {
        change(&mut self.lock().state);
    }

    /// Another phase begins, unless it is the one that there is.
    pub(crate) fn enter(&self, phase: LinkPhase, now: Timestamp, fault: Option<LinkFault>) {
        self.change(|state| {
            if state.phase != phase {
                (state.phase, state.since) = (phase, now);
            }
            state.fault = fault;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn a_phase_lasts_since_it_was_entered() {
        let at = Timestamp::from_micros;
        let link = Link::new(at(1));
        link.enter(LinkPhase::Failed, at(2), Some(LinkFault::Ended));
        link.enter(LinkPhase::Failed, at(3), Some(LinkFault::NotFound));
        let state = link.state();
        assert_eq!(
            (state.phase, state.since, state.fault),
            (LinkPhase::Failed, at(2), Some(LinkFault::NotFound))
        );
        link.enter(LinkPhase::Streaming, at(4), None);
        assert_eq!((link.state().since, link.state().fault), (at(4), None));
    }

    #[test]
    fn who_sleeps_is_woken_by_the_end() {
        let link = Link::new(Timestamp::from_micros(0));
        let sleeper = {
            let link = link.clone();
            thread::spawn(move || link.sleep(Duration::from_mins(10)))
        };
        while !sleeper.is_finished() {
            link.stop();
            thread::yield_now();
        }
        assert!(link.is_stopped());
        link.sleep(Duration::from_mins(10));
    }
}
