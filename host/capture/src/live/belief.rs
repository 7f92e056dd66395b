//! Whether a camera's clock is believed. Pure policy.
//!
//! A camera that sends RTCP sender reports (RFC 3550, section 6.4.1) says when each picture was taken, by its own clock
//! and usually to a millisecond. A clock that was never set, or that is being set, says so no less firmly.

use std::time::Duration;

use ovr_domain::{CapturedAt, Timestamp};

/// A clock this far from ours was never set, or set to local time.
const APART_MAX: Duration = Duration::from_hours(1);
/// The clock and ours may drift apart between two frames by this much: frames may have waited in a network that came
/// back.
const JUMP_MIN: Duration = Duration::from_secs(5);
/// A clock that has jumped is believed again after so long without another jump.
const CALM: Duration = Duration::from_secs(30);

/// What is thought of a camera's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockState {
    /// The camera has not said what time it is; frames carry their time of arrival.
    Unknown,
    /// Frames carry the camera's time.
    Believed {
        /// The camera's time minus ours, in microseconds; the way through network and decoder makes it smaller.
        offset_us: i64,
    },
    /// It is more than an hour off; frames carry their time of arrival.
    Wrong {
        /// As above.
        offset_us: i64,
    },
    /// It has jumped, and is watched before it is believed again; frames carry their time of arrival.
    Jumped {
        /// As above.
        offset_us: i64,
    },
}

/// What is known of one camera's clock, over all its connections.
#[derive(Debug, Clone)]
pub(crate) struct Belief {
    state: ClockState,
    /// The last stamp, and when it came by the monotonic clock.
    last: Option<(Timestamp, Duration)>,
    /// Not believed before, by the monotonic clock.
    doubted_until: Option<Duration>,
    /// Jumps so far.
    jumps: u64,
}

impl Belief {
    pub(crate) fn new() -> Self {
        Self { state: ClockState::Unknown, last: None, doubted_until: None, jumps: 0 }
    }

    pub(crate) fn state(&self) -> ClockState {
        self.state
    }

    pub(crate) fn jumps(&self) -> u64 {
        self.jumps
    }

    /// When a frame was taken that arrived at `arrived` (`now` by the monotonic clock), and that the camera says was
    /// taken at `stamp`.
    pub(crate) fn captured(
        &mut self,
        arrived: Timestamp,
        now: Duration,
        stamp: Option<Timestamp>,
    ) -> CapturedAt {
        let by_arrival = CapturedAt { at: arrived, synchronised: false };
        let Some(stamp) = stamp else {
            // The first frames of each connection come before its first report: what was thought stays.
            return by_arrival;
        };
        let offset_us = stamp.as_micros().saturating_sub(arrived.as_micros());
        if let Some((last, then)) = self.last {
            let ours = i64::try_from(now.saturating_sub(then).as_micros()).unwrap_or(i64::MAX);
            let theirs = stamp.as_micros().saturating_sub(last.as_micros());
            // Against the monotonic clock, because our own wall clock may be the one that jumped.
            if theirs.saturating_sub(ours).unsigned_abs() >= JUMP_MIN.as_micros() as u64 {
                self.jumps += 1;
                self.doubted_until = Some(now.saturating_add(CALM));
            }
        }
        self.last = Some((stamp, now));
        self.state = if offset_us.unsigned_abs() > APART_MAX.as_micros() as u64 {
            // One at the very edge must not be believed for one frame and not for the next.
            self.doubted_until = Some(now.saturating_add(CALM));
            ClockState::Wrong { offset_us }
        } else if self.doubted_until.is_some_and(|until| now < until) {
            ClockState::Jumped { offset_us }
        } else {
            self.doubted_until = None;
            ClockState::Believed { offset_us }
        };
        match self.state {
            ClockState::Believed { .. } => CapturedAt { at: stamp, synchronised: true },
            _ => by_arrival,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_795_421_700_000_000;

    /// Frames each second; the camera's clock is off by `offset(second)` seconds.
    fn run(
        belief: &mut Belief,
        seconds: std::ops::Range<u64>,
        offset: impl Fn(u64) -> i64,
    ) -> Vec<CapturedAt> {
        seconds
            .map(|second| {
                let arrived = Timestamp::from_micros(START + second as i64 * 1_000_000);
                let stamp = Timestamp::from_micros(arrived.as_micros() + offset(second) * 1_000_000);
                belief.captured(arrived, Duration::from_secs(second), Some(stamp))
            })
            .collect()
    }

    #[test]
    fn without_a_report_the_arrival_counts_and_is_not_synchronised() {
        let mut belief = Belief::new();
        let arrived = Timestamp::from_micros(START);
        let captured = belief.captured(arrived, Duration::ZERO, None);
        assert_eq!((captured.at, captured.synchronised), (arrived, false));
        assert_eq!(belief.state(), ClockState::Unknown);
    }

    #[test]
    fn a_clock_that_is_a_little_off_is_believed() {
        let mut belief = Belief::new();
        let captured = run(&mut belief, 0..10, |_| -3);
        assert!(captured.iter().all(|captured| captured.synchronised));
        assert_eq!(captured[0].at.as_micros(), START - 3_000_000);
        assert_eq!(belief.state(), ClockState::Believed { offset_us: -3_000_000 });
    }

    #[test]
    fn a_clock_an_hour_off_either_way_or_at_its_birth_is_not_believed() {
        for offset in [3_601, -3_601, 86_400, -86_400, -START / 1_000_000] {
            let mut belief = Belief::new();
            let captured = run(&mut belief, 0..10, |_| offset);
            assert!(captured.iter().all(|captured| !captured.synchronised), "{offset}");
            assert_eq!(captured[9].at.as_micros(), START + 9_000_000);
            assert!(matches!(belief.state(), ClockState::Wrong { .. }));
        }
    }

    #[test]
    fn a_clock_that_jumps_is_doubted_until_it_has_been_calm() {
        let mut belief = Belief::new();
        let captured = run(&mut belief, 0..60, |second| if second < 10 { 0 } else { 60 });
        let believed: Vec<bool> = captured.iter().map(|captured| captured.synchronised).collect();
        assert!(believed[..10].iter().all(|believed| *believed));
        assert!(believed[10..40].iter().all(|believed| !believed));
        assert!(believed[40..].iter().all(|believed| *believed));
        assert_eq!(belief.jumps(), 1);
        let captured = run(&mut belief, 60..160, |second| second as i64 % 3 * 20);
        assert!(captured.iter().all(|captured| !captured.synchronised), "it jumps every second");
    }

    #[test]
    fn a_clock_at_the_edge_of_an_hour_does_not_change_from_frame_to_frame() {
        let mut belief = Belief::new();
        let captured = run(&mut belief, 0..100, |second| if second % 2 == 0 { 3_601 } else { 3_599 });
        assert!(captured.iter().all(|captured| !captured.synchronised));
    }

    #[test]
    fn our_own_clock_that_is_set_is_not_the_cameras_jump() {
        let mut belief = Belief::new();
        run(&mut belief, 0..10, |_| 0);
        for second in 10..20 {
            let theirs = Timestamp::from_micros(START + second * 1_000_000);
            let ours = theirs.plus(Duration::from_mins(10));
            assert!(belief.captured(ours, Duration::from_secs(second as u64), Some(theirs)).synchronised);
        }
        assert_eq!(belief.jumps(), 0);
    }

    #[test]
    fn no_stamp_makes_it_panic() {
        let mut belief = Belief::new();
        for micros in [i64::MIN, i64::MAX, 0, -1, i64::MIN, START] {
            belief.captured(
                Timestamp::from_micros(START),
                Duration::from_secs(1),
                Some(Timestamp::from_micros(micros)),
            );
            belief.captured(
                Timestamp::from_micros(micros),
                Duration::ZERO,
                Some(Timestamp::from_micros(START)),
            );
        }
    }
}
