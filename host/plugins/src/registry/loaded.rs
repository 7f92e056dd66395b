//! A plugin in use: what it is told, whether it is trusted, and how each of its calls is counted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ovr_domain::event::PluginFailure;
use ovr_domain::metric;
use ovr_domain::time::Clock;

use super::config::QuarantineConfig;
use super::quarantine::{Admission, Change, Quarantine};
use crate::engine::{CallError, Plugin, Settings};

/// Digits of a digest that are shown to people and stand in a label.
const DIGEST_SHOWN: usize = 12;

/// The first digits of a digest.
pub(super) fn short(digest: &str) -> &str {
    digest.get(..DIGEST_SHOWN).unwrap_or(digest)
}

/// One build of a plugin with its settings. Immutable but for its quarantine, which outlives a change of settings.
#[derive(Debug, Clone)]
pub(super) struct Loaded {
    pub(super) plugin: Arc<Plugin>,
    /// The name of its file, which is the plugin's name for operators.
    pub(super) name: String,
    /// Test vectors of its own that hold.
    pub(super) vectors: u32,
    settings: Settings,
    limits: QuarantineConfig,
    quarantine: Arc<Mutex<Quarantine>>,
}

impl Loaded {
    pub(super) fn new(name: &str, plugin: Plugin, vectors: u32) -> Self {
        Self {
            plugin: Arc::new(plugin),
            name: name.to_owned(),
            vectors,
            settings: Settings::new(),
            limits: QuarantineConfig::default(),
            quarantine: Arc::new(Mutex::new(Quarantine::new())),
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
        self.trust().is_on()
    }

    /// Counts it as the build that is asked, or no longer.
    pub(super) fn count(&self, is_asked: bool) {
        let description = self.plugin.description();
        let digest = short(self.plugin.digest().as_str());
        metric::plugin_info(&self.name, &description.version, digest, self.plugin.world().as_str(), is_asked);
        metric::plugin_quarantined(&self.name, is_asked && self.is_quarantined());
    }

    /// Calls the plugin unless it is quarantined. What it could not do becomes a failure that an event can carry.
    pub(super) fn call<T>(
        &self,
        clock: &dyn Clock,
        ask: impl FnOnce(&Plugin, &Settings) -> Result<T, CallError>,
    ) -> Result<T, PluginFailure> {
        let start = clock.monotonic();
        let admission = self.trust().admit(start);
        if let Admission::Refused(_) = admission {
            metric::plugin_call(&self.name, "quarantined");
            return Err(self.failure("quarantined: it failed too often and is tried again later"));
        }
        let answer = ask(&self.plugin, &self.settings);
        let end = clock.monotonic();
        metric::plugin_call_seconds(&self.name, end.saturating_sub(start));
        match answer {
            Ok(answer) => {
                metric::plugin_call(&self.name, "ok");
                let change = self.trust().succeeded(admission);
                self.tell(change, None);
                Ok(answer)
            }
            Err(error) => {
                metric::plugin_call(&self.name, error.kind.as_str());
                let change = self.trust().failed(admission, end, self.limits);
                self.tell(change, Some(&error));
                // The detail may quote what the plugin said of a plate.
                tracing::debug!(plugin = self.name, "a call gave no answer: {error}");
                Err(self.failure(&error.to_string()))
            }
        }
    }

    fn trust(&self) -> MutexGuard<'_, Quarantine> {
        self.quarantine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failure(&self, reason: &str) -> PluginFailure {
        PluginFailure { plugin: self.name.clone(), reason: reason.to_owned() }
    }

    fn tell(&self, change: Change, error: Option<&CallError>) {
        let plugin = &self.name;
        match change {
            Change::None => {}
            Change::Entered => {
                let QuarantineConfig { failures, window_s, retry_s, retry_max_s } = self.limits;
                let kind = error.map_or("", |error| error.kind.as_str());
                tracing::error!(
                    "plugin {plugin} is quarantined: {failures} calls failed within {window_s} s, the last by {kind}; events go on \
                     without it, and it is tried again after {retry_s} s, later every {retry_max_s} s"
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
