//! Where the time goes: sums of each stage, for the metrics and for `bench pipeline`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ovr_domain::metric;
use ovr_domain::time::Clock;

/// The stages of the hot path, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Waiting for the next frame: near zero when decoding keeps up.
    Frame,
    Detect,
    Track,
    Read,
    Assemble,
}

const ALL: [(Stage, &str); 5] = [
    (Stage::Frame, "frame"),
    (Stage::Detect, "detect"),
    (Stage::Track, "track"),
    (Stage::Read, "read"),
    (Stage::Assemble, "assemble"),
];

/// Time and count of each stage.
#[derive(Debug)]
pub(crate) struct Stages {
    clock: Arc<dyn Clock>,
    nanos: [AtomicU64; ALL.len()],
    counts: [AtomicU64; ALL.len()],
}

/// One stage's sums.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StageSum {
    pub(crate) name: &'static str,
    pub(crate) total: Duration,
    pub(crate) count: u64,
}

impl Stages {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, nanos: Default::default(), counts: Default::default() }
    }

    /// Runs `work` and adds its time to `stage`.
    pub(crate) fn time<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let start = self.clock.monotonic();
        let result = work();
        let span = self.clock.monotonic().saturating_sub(start);
        let slots = self.nanos.iter().zip(&self.counts).zip(ALL);
        for ((nanos, count), (_, name)) in slots.filter(|(_, (of, _))| *of == stage) {
            nanos.fetch_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
            count.fetch_add(1, Ordering::Relaxed);
            metric::stage(name, span);
        }
        result
    }

    /// The sums so far.
    pub(crate) fn sums(&self) -> Vec<StageSum> {
        let slots = self.nanos.iter().zip(&self.counts).zip(ALL);
        let sum = |((nanos, count), (_, name)): ((&AtomicU64, &AtomicU64), (Stage, &'static str))| StageSum {
            name,
            total: Duration::from_nanos(nanos.load(Ordering::Relaxed)),
            count: count.load(Ordering::Relaxed),
        };
        slots.map(sum).collect()
    }
}
