//! plugins.yaml: where plugins lie, what they are told, and when one that fails is left alone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::countries;
use crate::engine::{Settings, check_name, is_key, is_value};

/// Most plugins at a time.
pub const PLUGINS_MAX: usize = 32;

/// Most countries of a site's hint.
pub const COUNTRIES_MAX: usize = 32;

/// Most settings of one plugin.
pub const SETTINGS_MAX: usize = 64;

/// A key of the configuration has a value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {value} cannot be used: expected {expected}")]
pub struct InvalidKey {
    /// The key as in the file, with the sections that it stands in.
    pub key: String,
    /// Its value, as text.
    pub value: String,
    /// What would be right.
    pub expected: String,
}

impl InvalidKey {
    fn new(key: impl Into<String>, value: &dyn ToString, expected: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.to_string(), expected: expected.into() }
    }
}

/// plugins.yaml: where plugins lie, what they are told, and when one that fails is left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PluginsConfig {
    /// Folder of the plugins, one *.wasm each; null takes `OVR_PLUGINS`, else `plugins` in the state folder.
    pub folder: Option<PathBuf>,
    /// Where most vehicles at this site come from, the most frequent first: ISO 3166-1 (`DE`), ISO 3166-2 (`US-CA`) or
    /// `EU` for Europe as a whole. Empty: no hint.
    pub countries: Vec<String>,
    /// When a plugin that fails is left alone.
    pub quarantine: QuarantineConfig,
    /// Settings of single plugins, by the name of their file without `.wasm`.
    pub plugins: BTreeMap<String, PluginConfig>,
}

/// When a plugin that fails is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct QuarantineConfig {
    /// So many failures within `window_s` quarantine a plugin. 1 to 1000.
    pub failures: u32,
    /// Seconds, 1 to 3600.
    pub window_s: u32,
    /// Seconds until a quarantined plugin is tried again; doubled after each trial that fails. 1 to 3600.
    pub retry_s: u32,
    /// Longest time between two trials, in seconds. `retry_s` to 86400.
    pub retry_max_s: u32,
}

/// What one plugin is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PluginConfig {
    /// Whether the plugin is loaded.
    pub enabled: bool,
    /// What it is given with every call, as texts; which keys it knows stands in its own description.
    #[schemars(schema_with = "settings_schema")]
    pub settings: Settings,
}

/// `lanes: 2` is as good a text as `lanes: "2"`.
fn settings_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "additionalProperties": { "type": ["string", "number", "boolean"] },
        "default": {}
    })
}

impl Default for QuarantineConfig {
    fn default() -> Self {
        Self { failures: 5, window_s: 60, retry_s: 1, retry_max_s: 60 }
    }
}

impl Default for PluginConfig {
    fn default() -> Self {
        Self { enabled: true, settings: Settings::new() }
    }
}

impl PluginsConfig {
    /// Checks what types cannot say. Opens nothing.
    pub fn validate(&self) -> Result<(), InvalidKey> {
        if self.folder.as_ref().is_some_and(|folder| folder.as_os_str().is_empty()) {
            return Err(InvalidKey::new("folder", &"\"\"", "the path of a folder, or null"));
        }
        validate_countries("countries", &self.countries)?;
        self.quarantine.validate()?;
        for (name, plugin) in &self.plugins {
            check_name(name)
                .map_err(|expected| InvalidKey::new("plugins", &format!("{name:?}"), expected))?;
            plugin.validate(name)?;
        }
        Ok(())
    }

    /// What the plugin of this name is told.
    pub(super) fn of(&self, name: &str) -> PluginConfig {
        self.plugins.get(name).cloned().unwrap_or_default()
    }
}

/// Checks a list of countries that stands under `key`.
pub fn validate_countries(key: &str, countries: &[String]) -> Result<(), InvalidKey> {
    if countries.len() > COUNTRIES_MAX {
        let expected = format!("at most {COUNTRIES_MAX}");
        return Err(InvalidKey::new(key, &format!("a list of {}", countries.len()), expected));
    }
    for (index, code) in countries.iter().enumerate() {
        countries::validate(code)
            .map_err(|expected| InvalidKey::new(format!("{key}[{index}]"), &format!("{code:?}"), expected))?;
    }
    Ok(())
}

impl QuarantineConfig {
    fn validate(self) -> Result<(), InvalidKey> {
        let within = |key: &str, value: u32, least: u32, most: u32| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            Err(InvalidKey::new(format!("quarantine.{key}"), &value, format!("{least} to {most}")))
        };
        within("failures", self.failures, 1, 1_000)?;
        within("window_s", self.window_s, 1, 3_600)?;
        within("retry_s", self.retry_s, 1, 3_600)?;
        within("retry_max_s", self.retry_max_s, self.retry_s, 86_400)
    }
}

impl PluginConfig {
    fn validate(&self, name: &str) -> Result<(), InvalidKey> {
        let section = format!("plugins.{name}.settings");
        if self.settings.len() > SETTINGS_MAX {
            let expected = format!("at most {SETTINGS_MAX}");
            return Err(InvalidKey::new(section, &format!("{} settings", self.settings.len()), expected));
        }
        for (key, value) in &self.settings {
            if !is_key(key) {
                let expected = "keys of 1 to 64 characters out of a-z 0-9 - _ .";
                return Err(InvalidKey::new(section, &format!("{key:?}"), expected));
            }
            if !is_value(value) {
                let shown: String = value.chars().take(40).collect();
                let expected = "up to 256 characters without control characters";
                return Err(InvalidKey::new(format!("{section}.{key}"), &format!("{shown:?}"), expected));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(json: &str) -> String {
        let config: PluginsConfig = serde_json::from_str(json).unwrap();
        config.validate().unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_and_an_ordinary_site_are_valid() {
        assert_eq!(PluginsConfig::default().validate(), Ok(()));
        let json = r#"{"countries": ["DE", "EU", "US-CA"], "plugins": {"enrich-site": {"settings": {"gate": "north"}},
            "dedup-window": {"enabled": false}}}"#;
        let config: PluginsConfig = serde_json::from_str(json).unwrap();
        assert_eq!(config.validate(), Ok(()));
        assert!(!config.of("dedup-window").enabled);
        assert!(config.of("anything-else").enabled);
        assert_eq!(config.of("enrich-site").settings["gate"], "north");
    }

    #[test]
    fn what_cannot_be_used_is_said_with_its_key_and_what_would_be_right() {
        for (json, expected) in [
            (r#"{"folder": ""}"#, "folder: \"\" cannot be used: expected the path of a folder, or null"),
            (r#"{"countries": ["DE", "UK"]}"#, "countries[1]: \"UK\" cannot be used: expected GB for the"),
            (
                r#"{"quarantine": {"failures": 0}}"#,
                "quarantine.failures: 0 cannot be used: expected 1 to 1000",
            ),
            (
                r#"{"quarantine": {"retry_s": 9, "retry_max_s": 3}}"#,
                "retry_max_s: 3 cannot be used: expected 9 to",
            ),
            (
                r#"{"plugins": {"Enrich.Site": {}}}"#,
                "plugins: \"Enrich.Site\" cannot be used: expected a plugin's name",
            ),
            (r#"{"plugins": {"a": {"settings": {"B": ""}}}}"#, "plugins.a.settings: \"B\" cannot be used"),
            (
                r#"{"plugins": {"a": {"settings": {"b": "\n"}}}}"#,
                "plugins.a.settings.b: \"\\n\" cannot be used",
            ),
        ] {
            let message = message(json);
            assert!(message.contains(expected), "{message}");
            assert_eq!(message.lines().count(), 1);
        }
        let many = PluginsConfig { countries: vec!["DE".to_owned(); 33], ..PluginsConfig::default() };
        assert!(many.validate().is_err());
    }
}
