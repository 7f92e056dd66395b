//! How often a second something happens.

use std::collections::VecDeque;
use std::time::Duration;

/// Span over which it is measured, and most happenings that are remembered for it.
const SPAN: Duration = Duration::from_secs(5);
const REMEMBERED_MAX: usize = 1_200;

/// When something happened over the last seconds, on the monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Rate(VecDeque<Duration>);

impl Rate {
    /// It happened.
    pub(super) fn add(&mut self, now: Duration) {
        if self.0.len() == REMEMBERED_MAX {
            self.0.pop_front();
        }
        self.0.push_back(now);
    }

    /// How often a second; 0 when it did not happen, never infinite.
    pub(super) fn per_second(&mut self, now: Duration) -> f32 {
        while self.0.front().is_some_and(|at| now.saturating_sub(*at) > SPAN) {
            self.0.pop_front();
        }
        let (Some(first), count) = (self.0.front(), self.0.len()) else { return 0.0 };
        let span = now.saturating_sub(*first).as_secs_f32();
        if count < 2 || span < 0.1 { 0.0 } else { (count - 1) as f32 / span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_no_more_falls_to_nothing_within_seconds() {
        let (mut rate, ms) = (Rate::default(), Duration::from_millis);
        assert_eq!(rate.per_second(ms(0)).to_bits(), 0.0_f32.to_bits());
        for n in 0..=100_000 {
            rate.add(ms(100 * n));
        }
        let now = 100 * 100_000;
        assert!((rate.per_second(ms(now)) - 10.0).abs() < 0.01 && rate.0.len() <= REMEMBERED_MAX);
        assert!(rate.per_second(ms(now + 4_000)) < 3.0);
        assert_eq!(rate.per_second(ms(now + 6_000)).to_bits(), 0.0_f32.to_bits());
    }
}
