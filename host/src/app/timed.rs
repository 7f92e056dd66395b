//! A network with a stopwatch: what the network itself takes, apart from what is done around it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ovr_domain::port::{Inference, InferenceError, ModelInfo, Tensor};
use ovr_domain::time::Clock;

/// Time that a network has run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stopwatch(Arc<AtomicU64>);

impl Stopwatch {
    /// Since the start.
    pub(crate) fn total(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
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
        self.watch.0.fetch_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        result
    }
}
