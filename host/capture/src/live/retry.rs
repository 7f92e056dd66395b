//! When to try again. Pure policy.

use std::time::Duration;

use ovr_domain::backoff::Backoff;

use crate::live::fault::Healing;

/// The wait after the first fault.
const FIRST: Duration = Duration::from_millis(250);
/// Longest wait for what comes back by itself: with the longest look at a host that does not answer (3 s) it stays
/// below 5 s.
const CAP_BY_TIME: Duration = Duration::from_millis(1_250);
/// Longest wait for what a camera says while it starts: with its spread and a connect it stays below 5 s.
const CAP_BY_START: Duration = Duration::from_millis(3_500);
/// The wait after the first fault that somebody must mend: many cameras lock a user out after five wrong passwords, and one
/// that refuses the first password while it starts is still back within 5 s.
const FIRST_BY_HAND: Duration = Duration::from_secs(3);
/// Longest wait for what somebody must change.
const CAP_BY_HAND: Duration = Duration::from_secs(30);
/// A stream that held for so long has earned a fresh start; one that breaks sooner waits longer each time.
const PROVEN: Duration = Duration::from_secs(2);

/// Waits double from a first one up to a cap, both by the kind of the fault. Each kind of fault has its own count: a camera that was
/// away for an hour and refuses the first password of its new life is asked again soon.
#[derive(Debug, Clone)]
pub(crate) struct Retry {
    time: Backoff,
    start: Backoff,
    hand: Backoff,
}

impl Retry {
    /// Different seeds give different spreads.
    pub(crate) fn new(seed: u64) -> Self {
        let until = |first, cap| Backoff::between(first, cap, seed);
        Self {
            time: until(FIRST, CAP_BY_TIME),
            start: until(FIRST, CAP_BY_START),
            hand: until(FIRST_BY_HAND, CAP_BY_HAND),
        }
    }

    /// How long to wait after a fault of a link that had streamed for `streamed`.
    pub(crate) fn wait(&mut self, healing: Healing, streamed: Duration) -> Duration {
        let Self { time, start, hand } = self;
        if streamed >= PROVEN {
            for backoff in [&mut *time, &mut *start, &mut *hand] {
                backoff.reset();
            }
        }
        match healing {
            Healing::Time => time,
            Healing::Start => start,
            Healing::Hand => hand,
        }
        .wait()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within_a_fifth(wait: Duration, ideal: Duration) -> bool {
        wait >= ideal.mul_f64(0.799) && wait <= ideal.mul_f64(1.201)
    }

    #[test]
    fn waits_double_from_the_first_to_the_cap_of_their_kind() {
        let kinds = [
            (Healing::Time, FIRST, CAP_BY_TIME),
            (Healing::Start, FIRST, CAP_BY_START),
            (Healing::Hand, FIRST_BY_HAND, CAP_BY_HAND),
        ];
        for (healing, first, cap) in kinds {
            let mut retry = Retry::new(7);
            for fault in 0..50_u32 {
                let ideal = first.saturating_mul(1 << fault.min(20)).min(cap);
                let wait = retry.wait(healing, Duration::ZERO);
                assert!(within_a_fifth(wait, ideal), "{fault}: {wait:?}, not about {ideal:?}");
            }
        }
    }

    #[test]
    fn a_link_that_had_streamed_starts_afresh_and_one_that_flutters_does_not() {
        let mut retry = Retry::new(7);
        for _ in 0..5 {
            retry.wait(Healing::Hand, Duration::ZERO);
        }
        assert!(!within_a_fifth(retry.wait(Healing::Hand, Duration::from_secs(1)), FIRST_BY_HAND));
        assert!(within_a_fifth(retry.wait(Healing::Hand, PROVEN), FIRST_BY_HAND));
    }

    #[test]
    fn what_somebody_must_change_does_not_wait_for_how_long_the_camera_was_away() {
        let mut retry = Retry::new(7);
        for _ in 0..100 {
            retry.wait(Healing::Time, Duration::ZERO);
        }
        assert!(within_a_fifth(retry.wait(Healing::Hand, Duration::ZERO), FIRST_BY_HAND));
        assert!(within_a_fifth(retry.wait(Healing::Start, Duration::ZERO), FIRST));
    }

    #[test]
    fn cameras_that_fail_together_do_not_come_back_together() {
        let (mut a, mut b) = (Retry::new(2), Retry::new(1_000_000));
        assert!(
            (0..5).any(|_| a.wait(Healing::Time, Duration::ZERO) != b.wait(Healing::Time, Duration::ZERO))
        );
    }
}
