//! A plugin in use: what it is told, whether it is trusted, and how each of its calls is counted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ovr_domain::event::PluginFailure;
use ovr_domain::metric;
use ovr_domain::time::Clock;

use super::config::QuarantineConfig;
use super::quarantine::{Admission, Change, Quarantine};
use crate::engine::{CallError, FailureKind, Plugin, Settings};

/// Digits of a digest that are shown to people and stand in a label.
const DIGEST_SHOWN: usize = 12;

/// The first digits of a digest.
pub(super) fn short(digest: &str) -> &str {
    digest.get(..DIGEST_SHOWN).unwrap_or(digest)
}

/// Whether a build is trusted, and whether it is the one that is asked. Both under one lock: a call that ends on a build
/// that was swapped meanwhile must not speak for its successor.
#[derive(Debug)]
struct Trust {
    quarantine: Quarantine,
    is_asked: bool,
}

impl Trust {
    /// What the end of a call changes; `failure` is nothing when it gave an answer. What the host could not do is held
    /// against nobody.
    fn end(
        &mut self,
        admission: Admission,
        failure: Option<FailureKind>,
        now: Duration,
        limits: QuarantineConfig,
    ) -> Change {
        match failure {
            None => self.quarantine.succeeded(admission, now),
            Some(kind) if kind.is_of_the_plugin() => self.quarantine.failed(admission, now, limits),
            Some(_) => Change::None,
        }
    }
}

/// One build of a plugin with its settings. Immutable but for its trust, which outlives a change of settings.
#[derive(Debug, Clone)]
pub(super) struct Loaded {
    pub(super) plugin: Arc<Plugin>,
    /// The name of its file, which is the plugin's name for operators.
    pub(super) name: String,
    /// Test vectors of its own that hold.
    pub(super) vectors: u32,
    settings: Settings,
    limits: QuarantineConfig,
    trust: Arc<Mutex<Trust>>,
}

impl Loaded {
    pub(super) fn new(name: &str, plugin: Plugin, vectors: u32) -> Self {
        Self {
            plugin: Arc::new(plugin),
            name: name.to_owned(),
            vectors,
            settings: Settings::new(),
            limits: QuarantineConfig::default(),
            trust: Arc::new(Mutex::new(Trust { quarantine: Quarantine::new(), is_asked: false })),
        }
    }

    /// The same build with other settings and limits; what it failed at so far still counts.
    pub(super) fn told(self, settings: Settings, limits: QuarantineConfig) -> Self {
        Self { settings, limits, ..self }
    }

    /// Whether it is told just this.
    pub(super) fn is_told(&self, settings: &Settings, limits: QuarantineConfig) -> bool {
        self.settings == *settings && self.limits == limits
    }

    /// Whether it is left alone because it kept failing.
    pub(super) fn is_quarantined(&self) -> bool {
        self.trust().quarantine.is_on()
    }

    /// Counts it as the build that is asked, or no longer.
    pub(super) fn count(&self, is_asked: bool) {
        let description = self.plugin.description();
        let digest = short(self.plugin.digest().as_str());
        let mut trust = self.trust();
        trust.is_asked = is_asked;
        metric::plugin_info(&self.name, &description.version, digest, self.plugin.world().as_str(), is_asked);
        metric::plugin_quarantined(&self.name, is_asked && trust.quarantine.is_on());
    }

    /// Calls the plugin unless it is quarantined. What it could not do becomes a failure that an event can carry.
    pub(super) fn call<T>(
        &self,
        clock: &dyn Clock,
        ask: impl FnOnce(&Plugin, &Settings) -> Result<T, CallError>,
    ) -> Result<T, PluginFailure> {
        let start = clock.monotonic();
        let admission = self.trust().quarantine.admit(start);
        if let Admission::Refused(_) = admission {
            metric::plugin_call(&self.name, "quarantined");
            return Err(self.failure("quarantined: it failed too often and is tried again later"));
        }
        let answer = ask(&self.plugin, &self.settings);
        let end = clock.monotonic();
        metric::plugin_call_seconds(&self.name, end.saturating_sub(start));
        let failure = answer.as_ref().err().map(|error| error.kind);
        metric::plugin_call(&self.name, failure.map_or("ok", FailureKind::as_str));
        let mut trust = self.trust();
        let change = trust.end(admission, failure, end, self.limits);
        if trust.is_asked {
            self.tell(change, failure);
        }
        drop(trust);
        answer.map_err(|error| {
            // The detail may quote what the plugin said of a plate.
            tracing::debug!(plugin = self.name, "a call gave no answer: {error}");
            self.failure(&error.to_string())
        })
    }

    fn trust(&self) -> MutexGuard<'_, Trust> {
        self.trust.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failure(&self, reason: &str) -> PluginFailure {
        PluginFailure { plugin: self.name.clone(), reason: reason.to_owned() }
    }

    fn tell(&self, change: Change, failure: Option<FailureKind>) {
        let plugin = &self.name;
        match change {
            Change::None => {}
            Change::Entered(pause) => {
                let QuarantineConfig { failures, window_s, retry_max_s, .. } = self.limits;
                let (kind, pause_s) = (failure.map_or("", FailureKind::as_str), pause.as_secs());
                tracing::error!(
                    "plugin {plugin} is quarantined: {failures} calls failed within {window_s} s, the last by {kind}; events go on \
                     without it, and it is tried again after {pause_s} s, later every {retry_max_s} s"
                );
                metric::plugin_quarantined(plugin, true);
            }
            Change::Left => {
                tracing::info!("plugin {plugin} gives answers again: its quarantine ends");
                metric::plugin_quarantined(plugin, false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_host_could_not_do_quarantines_nobody_and_prolongs_no_quarantine() {
        let limits = QuarantineConfig::default();
        let mut trust = Trust { quarantine: Quarantine::new(), is_asked: true };
        let mut end = |admission, failure, at| trust.end(admission, failure, Duration::from_secs(at), limits);
        for _ in 0..100 {
            assert_eq!(end(Admission::Ordinary, Some(FailureKind::Host), 0), Change::None);
        }
        for _ in 0..4 {
            assert_eq!(end(Admission::Ordinary, Some(FailureKind::Trap), 0), Change::None);
        }
        assert_eq!(
            end(Admission::Ordinary, Some(FailureKind::Trap), 0),
            Change::Entered(Duration::from_secs(1))
        );
        assert_eq!(trust.quarantine.admit(Duration::from_secs(1)), Admission::Trial);
        let ended = trust.end(Admission::Trial, Some(FailureKind::Host), Duration::from_secs(1), limits);
        assert_eq!(ended, Change::None);
        assert_eq!(
            trust.quarantine.admit(Duration::from_secs(2)),
            Admission::Trial,
            "the pause has not doubled"
        );
    }
}
