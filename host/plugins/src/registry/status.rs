//! What an operator is told of each file of the folder.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::ledger::{Entry, Ledger};
use super::loaded::Loaded;

/// How a plugin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PluginState {
    /// It is asked.
    InUse,
    /// It failed too often and is tried again later.
    Quarantined,
    /// Its file cannot be used and nothing of it is in use.
    Refused,
    /// The configuration says not to load it.
    Disabled,
}

/// One file of the folder.
#[derive(Debug, Clone, Serialize)]
pub struct PluginStatus {
    /// Name of the file without `.wasm`.
    pub name: String,
    /// The file.
    pub file: PathBuf,
    /// How the plugin is.
    pub state: PluginState,
    /// Why the file as it lies there is not in use, although an older build of it may be.
    pub problem: Option<String>,
    /// The build in use.
    pub build: Option<PluginBuild>,
    #[serde(skip)]
    loaded: Option<Arc<Loaded>>,
}

/// One build of a plugin.
#[derive(Debug, Clone, Serialize)]
pub struct PluginBuild {
    /// The hook it is for.
    pub world: &'static str,
    /// What it calls itself.
    pub described_name: String,
    /// Semantic version.
    pub version: String,
    /// One line.
    pub summary: String,
    /// SHA-256.
    pub digest: String,
    /// Size of the component.
    pub size_bytes: u64,
    /// Test vectors of its own that hold.
    pub vectors: u32,
}

impl PluginStatus {
    /// The same with the quarantine as it is by now.
    pub(super) fn now(&self) -> Self {
        let is_quarantined = self.loaded.as_ref().is_some_and(|loaded| loaded.is_quarantined());
        let state = if is_quarantined { PluginState::Quarantined } else { self.state };
        Self { state, ..self.clone() }
    }

    /// What is wrong, in one line.
    pub(super) fn failure(&self) -> Option<String> {
        match self.state {
            PluginState::Quarantined => {
                Some("quarantined: it failed too often and is tried again later".to_owned())
            }
            _ => self.problem.clone(),
        }
    }
}

pub(super) fn statuses(ledger: &Ledger) -> Vec<PluginStatus> {
    ledger.entries.iter().map(|(name, entry)| status(name, entry)).collect()
}

fn status(name: &str, entry: &Entry) -> PluginStatus {
    let state = match &entry.loaded {
        Some(_) => PluginState::InUse,
        None if entry.is_disabled => PluginState::Disabled,
        None => PluginState::Refused,
    };
    PluginStatus {
        name: name.to_owned(),
        file: entry.path.clone(),
        state,
        problem: entry.refused.as_ref().map(|refused| refused.reason.clone()),
        build: entry.loaded.as_ref().map(|loaded| build(loaded)),
        loaded: entry.loaded.clone(),
    }
}

fn build(loaded: &Loaded) -> PluginBuild {
    let description = loaded.plugin.description();
    PluginBuild {
        world: loaded.plugin.world().as_str(),
        described_name: description.name.clone(),
        version: description.version.clone(),
        summary: description.summary.clone(),
        digest: loaded.plugin.digest().to_string(),
        size_bytes: loaded.plugin.size_bytes(),
        vectors: loaded.vectors,
    }
}
