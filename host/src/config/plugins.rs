//! plugins.yaml; its keys and what they may be are `ovr-plugins`' own.

use std::path::{Path, PathBuf};

use ovr_plugins::registry::{InvalidKey, PluginsConfig};

use super::Problem;

impl From<InvalidKey> for Problem {
    fn from(error: InvalidKey) -> Self {
        Self::new(&error.key, format!("{} cannot be used: expected {}", error.value, error.expected))
    }
}

/// Where the plugins lie: as configured, else `OVR_PLUGINS`, else in the state folder.
pub(crate) fn plugins_folder(config: &PluginsConfig, state: &Path) -> PathBuf {
    let named = std::env::var_os("OVR_PLUGINS").filter(|value| !value.is_empty()).map(PathBuf::from);
    config.folder.clone().or(named).unwrap_or_else(|| state.join("plugins"))
}
