//! Whether every part works. The question needs no credential, so its answer is remembered for a moment: asking
//! often must not become a load on the store.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ovr_domain::port::EventStore;
use ovr_domain::time::Clock;
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// How long an answer is remembered.
const FRESH: Duration = Duration::from_secs(1);
/// How long the parts may take to answer before they count as not ready.
const DEADLINE: Duration = Duration::from_secs(3);

/// One part and whether it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The part, such as `spool` or `camera/gate-1`.
    pub name: String,
    /// Why it does not work; shown to operators and admins only.
    pub failure: Option<String>,
}

impl Check {
    /// The outcome of looking at a part.
    pub fn of<E: std::fmt::Display>(name: impl Into<String>, outcome: Result<(), E>) -> Self {
        Self { name: name.into(), failure: outcome.err().map(|error| error.to_string()) }
    }
}

/// The answers of all parts.
pub type Checks = Pin<Box<dyn Future<Output = Vec<Check>> + Send>>;
/// Asks every part that the caller knows of. The store is asked by the API itself.
pub type Readiness = Box<dyn Fn() -> Checks + Send + Sync>;

struct Seen {
    at: Duration,
    checks: Arc<Vec<Check>>,
}

pub(crate) struct Ready {
    store: Arc<dyn EventStore>,
    ask: Readiness,
    clock: Arc<dyn Clock>,
    last: Mutex<Option<Seen>>,
}

impl Ready {
    pub(crate) fn new(store: Arc<dyn EventStore>, ask: Readiness, clock: Arc<dyn Clock>) -> Self {
        Self { store, ask, clock, last: Mutex::new(None) }
    }

    /// Every part. Questions that come together wait for one answer.
    pub(crate) async fn checks(&self) -> Arc<Vec<Check>> {
        let mut last = self.last.lock().await;
        let now = self.clock.monotonic();
        if let Some(seen) = last.as_ref().filter(|seen| now.saturating_sub(seen.at) < FRESH) {
            return Arc::clone(&seen.checks);
        }
        let checks = Arc::new(self.look().await);
        let was_ready = last.as_ref().is_none_or(|seen| is_ready(&seen.checks));
        if !was_ready && is_ready(&checks) {
            // As loud as what it ends.
            tracing::warn!("ready again");
        }
        for check in checks.iter().filter(|_| was_ready) {
            if let Some(failure) = &check.failure {
                tracing::warn!(part = check.name, "not ready: {failure}");
            }
        }
        *last = Some(Seen { at: now, checks: Arc::clone(&checks) });
        checks
    }

    async fn look(&self) -> Vec<Check> {
        let slow = || Err("it did not answer in time".to_owned());
        let store = tokio::time::timeout(DEADLINE, self.store.ready()).await;
        let store = store.map_or_else(|_| slow(), |answer| answer.map_err(|error| error.to_string()));
        let mut checks = vec![Check::of("store", store)];
        match tokio::time::timeout(DEADLINE, (self.ask)()).await {
            Ok(others) => checks.extend(others),
            Err(_) => checks.push(Check::of("others", slow())),
        }
        checks
    }
}

/// Whether no part fails.
pub(crate) fn is_ready(checks: &[Check]) -> bool {
    checks.iter().all(|check| check.failure.is_none())
}

/// The parts for an answer, with the reasons only where they may be told.
pub(crate) fn describe(checks: &[Check], with_reasons: bool) -> Value {
    let one = |check: &Check| {
        let reason = check.failure.as_ref().filter(|_| with_reasons);
        json!({ "name": check.name, "ok": check.failure.is_none(), "reason": reason })
    };
    Value::Array(checks.iter().map(one).collect())
}
