//! Leaves a plugin alone that keeps failing, and tries it again.
//!
//! Trusted until `failures` calls fail within `window_s`; then refused until `retry_s` have gone by; then one call at a
//! time is a trial. One that succeeds ends the quarantine; one that fails doubles the pause, up to `retry_max_s`. A plugin
//! that relapses before `retry_max_s` have gone by goes on with twice the pause that it had: else one that answers
//! now and then would cost the host five failures a second for ever.
//! Calls that were under way when the quarantine began change nothing.

use std::collections::VecDeque;
use std::time::Duration;

use super::config::QuarantineConfig;

/// Whether a plugin is trusted. Times are the clock's monotonic ones.
#[derive(Debug)]
pub(super) enum Quarantine {
    /// It is asked.
    Trusted {
        /// When it failed lately.
        failures: VecDeque<Duration>,
        /// When its last quarantine ended, and how long the last pause was.
        freed: Option<(Duration, Duration)>,
    },
    /// It is not asked before `retry_at`.
    Left {
        /// When the next trial may begin.
        retry_at: Duration,
        /// How long this pause is.
        pause: Duration,
    },
}

/// What a call is told before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// Call it.
    Ordinary,
    /// Call it; much hangs on it.
    Trial,
    /// Do not; a trial is due after this time.
    Refused(Duration),
}

/// What a call's end changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing.
    None,
    /// The quarantine begins, with this pause.
    Entered(Duration),
    /// A trial succeeded: the quarantine ends.
    Left,
}

impl Quarantine {
    /// A plugin that has not failed yet.
    pub(super) fn new() -> Self {
        Self::Trusted { failures: VecDeque::new(), freed: None }
    }

    pub(super) fn is_on(&self) -> bool {
        matches!(self, Self::Left { .. })
    }

    /// Asks whether a call may begin. A trial moves the next one on, so that of calls at one time only one is the trial.
    pub(super) fn admit(&mut self, now: Duration) -> Admission {
        match self {
            Self::Trusted { .. } => Admission::Ordinary,
            Self::Left { retry_at, .. } if now < *retry_at => {
                Admission::Refused(retry_at.saturating_sub(now))
            }
            Self::Left { retry_at, pause } => {
                *retry_at = now.saturating_add(*pause);
                Admission::Trial
            }
        }
    }

    /// A call gave an answer.
    pub(super) fn succeeded(&mut self, admission: Admission, now: Duration) -> Change {
        match self {
            Self::Left { pause, .. } if admission == Admission::Trial => {
                *self = Self::Trusted { failures: VecDeque::new(), freed: Some((now, *pause)) };
                Change::Left
            }
            _ => Change::None,
        }
    }

    /// A call gave none.
    pub(super) fn failed(&mut self, admission: Admission, now: Duration, config: QuarantineConfig) -> Change {
        let pause_max = Duration::from_secs(config.retry_max_s.into());
        match self {
            Self::Trusted { failures, freed } => {
                let window = Duration::from_secs(config.window_s.into());
                failures.retain(|at| now.saturating_sub(*at) < window);
                failures.push_back(now);
                if failures.len() < config.failures as usize {
                    return Change::None;
                }
                let relapsed = freed.filter(|(at, _)| now.saturating_sub(*at) < pause_max);
                let first = Duration::from_secs(config.retry_s.into());
                let pause = relapsed.map_or(first, |(_, pause)| pause.saturating_mul(2).min(pause_max));
                *self = Self::Left { retry_at: now.saturating_add(pause), pause };
                Change::Entered(pause)
            }
            Self::Left { retry_at, pause } if admission == Admission::Trial => {
                *pause = pause.saturating_mul(2).min(pause_max);
                *retry_at = now.saturating_add(*pause);
                Change::None
            }
            Self::Left { .. } => Change::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: QuarantineConfig =
        QuarantineConfig { failures: 5, window_s: 60, retry_s: 1, retry_max_s: 60 };

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn quarantined_at(now: Duration) -> Quarantine {
        let mut quarantine = Quarantine::new();
        for number in 1..=5 {
            let expected = if number == 5 { Change::Entered(s(1)) } else { Change::None };
            assert_eq!(quarantine.failed(Admission::Ordinary, now, CONFIG), expected);
        }
        quarantine
    }

    #[test]
    fn five_failures_in_a_minute_begin_it_and_four_or_slower_ones_do_not() {
        let mut quarantine = Quarantine::new();
        for at in [0, 13, 26, 39, 60, 73, 86, 99, 120] {
            assert_eq!(quarantine.failed(Admission::Ordinary, s(at), CONFIG), Change::None, "at {at} s");
        }
        assert_eq!(quarantine.admit(s(121)), Admission::Ordinary);
        assert_eq!(quarantine.failed(Admission::Ordinary, s(121), CONFIG), Change::Entered(s(1)));
        assert_eq!(quarantine.admit(s(121)), Admission::Refused(s(1)));
    }

    #[test]
    fn a_trial_that_succeeds_ends_it_and_the_count_starts_anew() {
        let mut quarantine = quarantined_at(s(10));
        assert_eq!(quarantine.admit(s(11)), Admission::Trial);
        assert_eq!(quarantine.admit(s(11)), Admission::Refused(s(1)), "one trial at a time");
        assert_eq!(
            quarantine.succeeded(Admission::Ordinary, s(11)),
            Change::None,
            "it began before the quarantine"
        );
        assert_eq!(quarantine.succeeded(Admission::Trial, s(11)), Change::Left);
        assert_eq!(quarantine.failed(Admission::Ordinary, s(12), CONFIG), Change::None);
        assert_eq!(quarantine.admit(s(12)), Admission::Ordinary);
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let mut quarantine = quarantined_at(s(0));
        let mut now = s(0);
        let mut pauses = Vec::new();
        for _ in 0..8 {
            let Admission::Refused(pause) = quarantine.admit(now) else {
                panic!("admitted during the pause")
            };
            pauses.push(pause.as_secs());
            now += pause;
            assert_eq!(quarantine.admit(now), Admission::Trial);
            assert_eq!(quarantine.failed(Admission::Trial, now, CONFIG), Change::None, "it goes on");
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn one_that_answers_now_and_then_is_left_alone_for_longer_and_longer() {
        let mut quarantine = Quarantine::new();
        let mut now = s(0);
        let mut relapse = |quarantine: &mut Quarantine, after: Duration| {
            now += after;
            let mut change = Change::None;
            for _ in 0..5 {
                change = quarantine.failed(Admission::Ordinary, now, CONFIG);
            }
            let Change::Entered(pause) = change else { panic!("{change:?}") };
            now += pause;
            assert_eq!(quarantine.admit(now), Admission::Trial);
            assert_eq!(quarantine.succeeded(Admission::Trial, now), Change::Left);
            pause.as_secs()
        };
        let pauses: Vec<u64> = (0..8).map(|_| relapse(&mut quarantine, s(1))).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(relapse(&mut quarantine, s(60)), 1, "it was well for a minute");
    }
}
