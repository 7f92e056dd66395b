//! A clock that moves only when a test says so.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ovr_domain::time::{Clock, Timestamp};

/// Stands still until it is advanced; its wall clock may also be set back, as a real one is by NTP.
#[derive(Debug)]
pub struct SimulatedClock {
    hands: Mutex<Hands>,
}

#[derive(Debug, Clone, Copy)]
struct Hands {
    wall: Timestamp,
    monotonic: Duration,
}

impl SimulatedClock {
    /// Stands at `wall`; the monotonic clock starts at zero.
    pub fn at(wall: Timestamp) -> Self {
        let hands = Hands { wall, monotonic: Duration::ZERO };
        Self { hands: Mutex::new(hands) }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Hands) -> T) -> T {
        // Two plain numbers cannot be left half changed, so a poisoned lock is still good.
        change(&mut self.hands.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Both clocks go on by `span`.
    pub fn advance(&self, span: Duration) {
        self.with(|hands| {
            hands.wall = hands.wall.plus(span);
            hands.monotonic = hands.monotonic.saturating_add(span);
        });
    }

    /// The wall clock alone jumps back by `span`; the monotonic clock, as it must, does not.
    pub fn jump_back(&self, span: Duration) {
        self.with(|hands| hands.wall = hands.wall.minus(span));
    }

    /// The wall clock alone is set to `wall`.
    pub fn set(&self, wall: Timestamp) {
        self.with(|hands| hands.wall = wall);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.with(|hands| hands.wall)
    }

    fn monotonic(&self) -> Duration {
        self.with(|hands| hands.monotonic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_moves_only_when_told_and_only_the_wall_clock_goes_back() {
        let clock = SimulatedClock::at(Timestamp::from_micros(1_000_000));
        assert_eq!(clock.now().as_micros(), 1_000_000);
        clock.advance(Duration::from_millis(250));
        clock.jump_back(Duration::from_secs(1));
        assert_eq!(clock.now().as_micros(), 250_000);
        assert_eq!(clock.monotonic(), Duration::from_millis(250));
        clock.set(Timestamp::from_micros(5));
        assert_eq!((clock.now().as_micros(), clock.monotonic().as_millis()), (5, 250));
    }
}
