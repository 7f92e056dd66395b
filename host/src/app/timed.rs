//! A network with a stopwatch: what the network itself takes, apart from what is done around it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ovr_domain::port::{Inference, InferenceError, ModelInfo, Tensor};
use ovr_domain::time::Clock;

/// What a network has done by itself since it was opened.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spent {
    /// Of all runs.
    pub(crate) time: Duration,
    /// Runs on a batch of one.
    pub(crate) single_runs: u64,
    /// Of those.
    pub(crate) single_time: Duration,
}

impl Spent {
    /// What came on top of what had been spent `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            time: self.time.saturating_sub(before.time),
            single_runs: self.single_runs.saturating_sub(before.single_runs),
            single_time: self.single_time.saturating_sub(before.single_time),
        }
    }
}

/// Counters of [`Spent`]; times in nanoseconds.
#[derive(Debug, Default)]
struct Counters {
    time: AtomicU64,
    single_runs: AtomicU64,
    single_time: AtomicU64,
}

/// Time that a network has run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stopwatch(Arc<Counters>);

impl Stopwatch {
    /// Of all runs since the start.
    pub(crate) fn total(&self) -> Duration {
        self.spent().time
    }

    /// All that has been counted since the start.
    pub(crate) fn spent(&self) -> Spent {
        let Counters { time, single_runs, single_time } = &*self.0;
        Spent {
            time: Duration::from_nanos(time.load(Ordering::Relaxed)),
            single_runs: single_runs.load(Ordering::Relaxed),
            single_time: Duration::from_nanos(single_time.load(Ordering::Relaxed)),
        }
    }

    fn add(&self, span: Duration, single: bool) {
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        self.0.time.fetch_add(nanos, Ordering::Relaxed);
        if single {
            self.0.single_runs.fetch_add(1, Ordering::Relaxed);
            self.0.single_time.fetch_add(nanos, Ordering::Relaxed);
        }
    }
}

/// Passes everything through and stops the time.
pub(crate) struct Timed<I> {
    inner: I,
    clock: Arc<dyn Clock>,
    watch: Stopwatch,
}

impl<I: Inference> Timed<I> {
    pub(crate) fn new(inner: I, clock: Arc<dyn Clock>, watch: &Stopwatch) -> Self {
        Self { inner, clock, watch: watch.clone() }
    }
}

impl<I: Inference> Inference for Timed<I> {
    fn info(&self) -> &ModelInfo {
        self.inner.info()
    }

    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, InferenceError> {
        let start = self.clock.monotonic();
        let result = self.inner.run(input);
        let span = self.clock.monotonic().saturating_sub(start);
        self.watch.add(span, input.shape.first() == Some(&1));
        result
    }
}
