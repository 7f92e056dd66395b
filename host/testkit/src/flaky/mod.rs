//! Faults on order: wrappers that let calls through to a real bus or store, or fail them as a plan says.

use std::sync::{Mutex, PoisonError};

use crate::random::Random;

mod bus;
mod evidence;
mod store;

pub use bus::{BusFault, FlakyBus, FlakySubscription};
pub use evidence::FlakyEvidence;
pub use store::{FlakyStore, StoreFault};

/// Which calls fail. Calls are counted from 1.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// None.
    Never,
    /// Every one.
    Always,
    /// Those with these numbers.
    Calls(Vec<u64>),
    /// All up to and with this number: something that comes up late.
    UpTo(u64),
    /// All from this number on: something that goes down and stays down.
    From(u64),
    /// Each with this probability, 0 to 1, decided by the seed.
    Chance {
        /// The same seed fails the same calls.
        seed: u64,
        /// 0 to 1.
        probability: f32,
    },
}

/// When a failing call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The inner part is never asked.
    Before,
    /// The inner part did the work, and the answer was lost: what makes senders send twice.
    After,
}

/// Counts calls and decides which fail.
#[derive(Debug)]
pub struct Faults {
    moment: Moment,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    plan: Plan,
    random: Random,
    calls: u64,
    failed: u64,
}

impl Faults {
    /// Fails calls as `plan` says, before the inner part is asked.
    pub fn new(plan: Plan) -> Self {
        Self::at(Moment::Before, plan)
    }

    /// Fails calls as `plan` says, at `moment`.
    pub fn at(moment: Moment, plan: Plan) -> Self {
        let random = Self::random(&plan);
        Self { moment, state: Mutex::new(State { plan, random, calls: 0, failed: 0 }) }
    }

    fn random(plan: &Plan) -> Random {
        match plan {
            Plan::Chance { seed, .. } => Random::new(*seed),
            _ => Random::new(0),
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        // The state is whole after each assignment, so a panic elsewhere does no harm to it.
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on another plan; calls go on being counted.
    pub fn replan(&self, plan: Plan) {
        self.with(|state| {
            state.random = Self::random(&plan);
            state.plan = plan;
        });
    }

    /// Calls so far, and how many of them failed.
    pub fn counts(&self) -> (u64, u64) {
        self.with(|state| (state.calls, state.failed))
    }

    /// Counts a call and says whether, and when, it fails.
    fn next(&self) -> Option<Moment> {
        let fails = self.with(|state| {
            state.calls += 1;
            let call = state.calls;
            let fails = match &state.plan {
                Plan::Never => false,
                Plan::Always => true,
                Plan::Calls(calls) => calls.contains(&call),
                Plan::UpTo(last) => call <= *last,
                Plan::From(first) => call >= *first,
                Plan::Chance { probability, .. } => state.random.unit() < *probability,
            };
            state.failed += u64::from(fails);
            fails
        });
        fails.then_some(self.moment)
    }

    /// The number of the call that was counted last, for messages.
    fn reason(&self) -> String {
        format!("fault injected into call {}", self.counts().0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(plan: Plan, calls: usize) -> Vec<bool> {
        let faults = Faults::new(plan);
        (0..calls).map(|_| faults.next().is_some()).collect()
    }

    #[test]
    fn plans_fail_the_calls_they_name() {
        assert_eq!(pattern(Plan::Never, 2), [false, false]);
        assert_eq!(pattern(Plan::Always, 2), [true, true]);
        assert_eq!(pattern(Plan::Calls(vec![2, 4]), 4), [false, true, false, true]);
        assert_eq!(pattern(Plan::UpTo(2), 3), [true, true, false]);
        assert_eq!(pattern(Plan::From(3), 4), [false, false, true, true]);
    }

    #[test]
    fn chance_is_decided_by_the_seed_and_near_its_probability() {
        let plan = |seed| Plan::Chance { seed, probability: 0.25 };
        let first = pattern(plan(1), 4_000);
        assert_eq!(first, pattern(plan(1), 4_000));
        assert_ne!(first, pattern(plan(2), 4_000));
        let failed = first.iter().filter(|fails| **fails).count();
        assert!((900..1_100).contains(&failed), "{failed} of 4000");
    }

    #[test]
    fn a_plan_can_change_while_calls_are_counted_on() {
        let faults = Faults::at(Moment::After, Plan::Always);
        assert_eq!(faults.next(), Some(Moment::After));
        faults.replan(Plan::Never);
        assert_eq!(faults.next(), None);
        assert_eq!(faults.counts(), (2, 1));
    }
}
