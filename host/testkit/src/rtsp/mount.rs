//! What is served at one path, and how it is doing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::auth::Login;
use super::counters::Counters;
use super::fault::Fault;
use super::media::Video;
use super::report::ReportClock;

/// What a caller wants to be served at one path.
#[derive(Debug, Clone)]
pub struct Mount {
    pub(super) video: Arc<Video>,
    pub(super) login: Option<Login>,
    pub(super) report_clock: ReportClock,
    pub(super) endless: bool,
}

impl Mount {
    /// Plays `video` over and over from its start for each client, for everybody, with true sender reports.
    pub fn new(video: impl Into<Arc<Video>>) -> Self {
        Self { video: video.into(), login: None, report_clock: ReportClock::True, endless: true }
    }

    /// Only with these credentials.
    #[must_use]
    pub fn login(mut self, login: Login) -> Self {
        self.login = Some(login);
        self
    }

    /// Plays the video once; then there is an RTCP BYE, and nothing more.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.endless = false;
        self
    }

    /// What the sender reports say about the time.
    #[must_use]
    pub fn report_clock(mut self, clock: ReportClock) -> Self {
        self.report_clock = clock;
        self
    }
}

/// The fault that is switched on.
#[derive(Debug)]
struct Armed {
    fault: Arc<Fault>,
    /// The other mount's video, for [`Fault::Play`].
    other: Option<Arc<Video>>,
    since: Duration,
    until: Option<Duration>,
    /// Goes up with each fault, so that connections see that there is a new one.
    generation: u64,
    /// Connections that came within this fault.
    met: u64,
}

/// A fault as it is at one moment.
#[derive(Debug, Clone)]
pub(super) struct Present {
    pub(super) fault: Arc<Fault>,
    pub(super) away: bool,
    pub(super) generation: u64,
    pub(super) video: Arc<Video>,
}

/// A mount of a running server.
#[derive(Debug)]
pub(super) struct Mounted {
    video: Arc<Video>,
    pub(super) login: Option<Login>,
    pub(super) endless: bool,
    report_clock: Mutex<ReportClock>,
    armed: Mutex<Armed>,
    counters: Mutex<Counters>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mounted {
    pub(super) fn new(mount: Mount) -> Self {
        let fault = Arc::new(Fault::None);
        let armed = Armed { fault, other: None, since: Duration::ZERO, until: None, generation: 0, met: 0 };
        Self {
            video: mount.video,
            login: mount.login,
            endless: mount.endless,
            report_clock: Mutex::new(mount.report_clock),
            armed: Mutex::new(armed),
            counters: Mutex::default(),
        }
    }

    /// The video that the mount was made with, whatever its fault plays.
    pub(super) fn video(&self) -> Arc<Video> {
        Arc::clone(&self.video)
    }

    pub(super) fn arm(&self, fault: Fault, other: Option<Arc<Video>>, now: Duration, span: Option<Duration>) {
        let mut armed = lock(&self.armed);
        let generation = armed.generation + 1;
        let until = span.map(|span| now.saturating_add(span));
        *armed = Armed { fault: Arc::new(fault), other, since: now, until, generation, met: 0 };
    }

    /// The fault at `now`; ends it when its time is over.
    pub(super) fn present(&self, now: Duration) -> Present {
        let mut armed = lock(&self.armed);
        if armed.until.is_some_and(|until| now >= until) {
            let generation = armed.generation + 1;
            let fault = Arc::new(Fault::None);
            *armed = Armed { fault, other: None, since: now, until: None, generation, met: 0 };
        }
        Present {
            fault: Arc::clone(&armed.fault),
            away: armed.fault.is_away(now.saturating_sub(armed.since)),
            generation: armed.generation,
            video: Arc::clone(armed.other.as_ref().unwrap_or(&self.video)),
        }
    }

    /// How many connections came within the present fault before this one.
    pub(super) fn meet(&self) -> u64 {
        let mut armed = lock(&self.armed);
        armed.met += 1;
        armed.met - 1
    }

    pub(super) fn reports(&self) -> ReportClock {
        *lock(&self.report_clock)
    }

    pub(super) fn set_report_clock(&self, clock: ReportClock) {
        *lock(&self.report_clock) = clock;
    }

    pub(super) fn counters(&self) -> Counters {
        lock(&self.counters).clone()
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Counters)) {
        change(&mut lock(&self.counters));
    }
}
