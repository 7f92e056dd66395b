//! Fewer looks at a camera while the networks cannot keep up.
//!
//! A camera whose frames pile up is looked at on every second, third .. of the frames that would be due, and the tracker
//! fills in the others: evenly spaced looks at new frames are worth more than the same number of looks at frames that
//! have grown old in a full queue. Each camera decides for itself, by what it sees of the load: its own queue, and the share
//! of time that its looks take, with the wait for its turn at the networks.
//!
//! It gives way as soon as frames pile up. Whoever has given way already waits for a higher pile than the others, so that
//! all come to give way alike. It comes forward one step at a time, only when the load that it would then have leaves room,
//! and a step that had to be taken back makes it wait twice as long before the next one, so that it does not swing.

use std::time::Duration;

use super::queue::WhenFull;

/// The load is judged over at least so long, and at least so many looks.
const WINDOW: Duration = Duration::from_secs(1);
const WINDOW_LOOKS: u32 = 2;
/// After a longer gap between two looks nothing is known of the load.
const GAP_MAX: Duration = Duration::from_secs(10);
/// Between two steps back, so that the first can show what it does.
const BACK_PERIOD: Duration = Duration::from_secs(1);
/// Share of the queue that makes a pile of one who has not given way yet, and what is added until one has by the most.
const PILE: f32 = 0.4;
const PILE_ADDED: f32 = 0.8;
/// Share of time that the looks may take after a step forward.
const SHARE_MAX: f32 = 0.4;
/// How long there must have been room before a step forward, and the most that this grows to.
const PATIENCE: Duration = Duration::from_secs(5);
const PATIENCE_MAX: Duration = Duration::from_secs(30);

/// What one look met.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Presentation time of the frame.
    pub(crate) at: Duration,
    /// How long the look took, with the wait for the networks.
    pub(crate) took: Duration,
    /// Frames of this camera that were dropped so far.
    pub(crate) dropped: u64,
    /// Frames that wait after the look, and how many may.
    pub(crate) waiting: (usize, usize),
}

/// Decides for one live camera which of the frames that are due are looked at. Time is what the frames say, so that the same
/// loads always give the same decisions.
#[derive(Debug)]
pub(crate) struct Thinning {
    every: u32,
    window: Option<Window>,
    dropped: u64,
    /// Since when there has been room, and how long there must have been.
    room_since: Option<Duration>,
    patience: Duration,
    /// When the last step forward and the last step back were taken.
    forward_at: Option<Duration>,
    back_at: Option<Duration>,
}

#[derive(Debug)]
struct Window {
    start: Duration,
    last: Duration,
    looks: u32,
    busy: Duration,
    piles_up: bool,
}

impl Default for Thinning {
    fn default() -> Self {
        let (window, room_since, forward_at, back_at) = Default::default();
        Self { every: 1, window, dropped: 0, room_since, patience: PATIENCE, forward_at, back_at }
    }
}

impl Thinning {
    /// For a source whose frames are treated so. One that is read without loss waits instead, so that a file always gives
    /// the same looks: nothing decides for it.
    pub(crate) fn of(when_full: WhenFull) -> Option<Self> {
        (when_full == WhenFull::DropOldest).then(Self::default)
    }

    /// Takes in what a look met: of the frames that are due, each so many-th is to be looked at, from 1 to `every_max`.
    pub(crate) fn looked(&mut self, load: &Load, every_max: u32) -> u32 {
        let every_max = every_max.max(1);
        self.every = self.every.clamp(1, every_max);
        let piles_up = load.dropped > self.dropped || self.is_pile(load.waiting, every_max);
        self.dropped = load.dropped;
        let Some(window) = self.window.as_mut().filter(|window| window.goes_on(load.at)) else {
            self.window = Some(Window::new(load.at));
            self.room_since = None;
            return self.every;
        };
        window.add(load, piles_up);
        let may_step_back = self.back_at.is_none_or(|at| load.at >= at.saturating_add(BACK_PERIOD));
        if window.piles_up && may_step_back {
            self.window = Some(Window::new(load.at));
            self.step_back(load.at, every_max);
        } else if let Some(share) = window.share() {
            let piles_up = window.piles_up;
            self.window = Some(Window::new(load.at));
            self.come_forward(share, piles_up, load.at);
        }
        self.every
    }

    fn is_pile(&self, (waiting, capacity): (usize, usize), every_max: u32) -> bool {
        let given_way = (self.every - 1) as f32 / every_max as f32;
        // A single frame may have come just now.
        waiting > 1 && waiting as f32 >= capacity as f32 * (PILE + PILE_ADDED * given_way)
    }

    fn step_back(&mut self, now: Duration, every_max: u32) {
        if self.forward_at.take().is_some_and(|at| now <= at + 2 * self.patience) {
            self.patience = (2 * self.patience).min(PATIENCE_MAX);
        }
        (self.room_since, self.back_at) = (None, Some(now));
        self.every = (self.every + 1).min(every_max);
    }

    /// After a while of looks that took this share of time.
    fn come_forward(&mut self, share: f32, piles_up: bool, now: Duration) {
        if self.forward_at.is_some_and(|at| now > at + 2 * self.patience) {
            (self.forward_at, self.patience) = (None, PATIENCE);
        }
        let forward = self.every.saturating_sub(1);
        if piles_up || forward == 0 || share * self.every as f32 / forward as f32 > SHARE_MAX {
            self.room_since = None;
            return;
        }
        let since = *self.room_since.get_or_insert(now);
        if now >= since + self.patience {
            (self.every, self.room_since, self.forward_at) = (forward, None, Some(now));
        }
    }
}

impl Window {
    fn new(start: Duration) -> Self {
        Self { start, last: start, looks: 0, busy: Duration::ZERO, piles_up: false }
    }

    /// Whether a look at this time belongs to the same stretch of looks.
    fn goes_on(&self, at: Duration) -> bool {
        at >= self.last && at.saturating_sub(self.last) <= GAP_MAX
    }

    fn add(&mut self, load: &Load, piles_up: bool) {
        self.last = load.at;
        self.looks += 1;
        self.busy += load.took;
        self.piles_up |= piles_up;
    }

    /// Share of time that the looks took, once enough was seen.
    fn share(&self) -> Option<f32> {
        let span = self.last.saturating_sub(self.start);
        let enough = span >= WINDOW && self.looks >= WINDOW_LOOKS;
        enough.then(|| self.busy.as_secs_f32() / span.as_secs_f32())
    }
}

#[cfg(test)]
mod tests;
