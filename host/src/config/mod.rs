//! Configuration: four files, each key documented in the shipped ones, none of them needed.
//!
//! Three steps: reading and [`Config::validate`] are pure; `app::build` opens things; `run` starts them.

mod cameras;
mod host;
mod keys;
mod ocr;
mod tracking;

use std::fmt;
use std::path::{Path, PathBuf};

use ovr_events::assemble::InvalidKey;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use cameras::{CAMERAS_MAX, CamerasConfig};
pub(crate) use host::{HostConfig, RuntimeConfig};
pub(crate) use ocr::OcrConfig;
pub(crate) use tracking::{TrackingConfig, VehicleDetectorConfig};

use crate::print::Refusal;

/// Largest configuration file, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// All settings.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// host.yaml
    pub(crate) host: HostConfig,
    /// cameras.yaml
    pub(crate) cameras: CamerasConfig,
    /// tracking.yaml
    pub(crate) tracking: TrackingConfig,
    /// ocr.yaml
    pub(crate) ocr: OcrConfig,
}

/// A configuration that cannot be used: which file, which key, what is wrong and what would be right.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConfigError {
    file: PathBuf,
    key: Option<String>,
    problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file.display())?;
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.problem)
    }
}

impl From<ConfigError> for Refusal {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}

/// A key and what is wrong with its value; the file is added by who knows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    key: String,
    text: String,
}

impl Problem {
    fn new(key: &str, text: String) -> Self {
        Self { key: key.to_owned(), text }
    }

    /// What a network's room has found in the section `section`.
    fn within(section: &str, error: &ovr_vision::InvalidKey) -> Self {
        let text = format!("{} cannot be used: expected {}", error.value, error.expected);
        Self { key: format!("{section}.{}", error.key), text }
    }
}

impl From<InvalidKey> for Problem {
    fn from(error: InvalidKey) -> Self {
        Self::new(error.key, format!("{} cannot be used: expected {}", error.value, error.right))
    }
}

impl Config {
    /// Reads the files of `folder`; without one those of `./config` or `/etc/ovr-alpr`. A file that is not there
    /// gives the defaults, but a folder that was named must exist.
    pub(crate) fn load(folder: Option<&Path>) -> Result<Self, ConfigError> {
        let folder = match folder {
            Some(named) if named.is_dir() => Some(named.to_owned()),
            Some(named) => {
                let problem =
                    "no such folder; expected one with host.yaml, cameras.yaml, tracking.yaml, ocr.yaml";
                return Err(ConfigError { file: named.to_owned(), key: None, problem: problem.to_owned() });
            }
            // A folder of that name that holds something else is none of ours.
            None => ["config", "/etc/ovr-alpr"].iter().map(PathBuf::from).find(|path| has_a_file(path)),
        };
        let Some(folder) = folder else {
            return Ok(Self::default());
        };
        refuse_strangers(&folder)?;
        let schema = Self::schema();
        let config = Self {
            host: read_file(&folder, "host", &schema)?,
            cameras: read_file(&folder, "cameras", &schema)?,
            tracking: read_file(&folder, "tracking", &schema)?,
            ocr: read_file(&folder, "ocr", &schema)?,
        };
        config.validate().map_err(|(file, problem)| {
            let file = folder.join(format!("{file}.yaml"));
            ConfigError { file, key: Some(problem.key), problem: problem.text }
        })?;
        Ok(config)
    }

    /// JSON Schema (2020-12) of all settings; each file is one property.
    pub(crate) fn schema() -> Value {
        schemars::schema_for!(Self).to_value()
    }

    /// Checks what types cannot say. Opens nothing.
    fn validate(&self) -> Result<(), (&'static str, Problem)> {
        self.host.validate().map_err(|problem| ("host", problem))?;
        self.cameras.validate().map_err(|problem| ("cameras", problem))?;
        self.tracking.validate().map_err(|problem| ("tracking", problem))?;
        self.ocr.validate().map_err(|problem| ("ocr", problem))
    }
}

/// The files, without their ending.
const FILES: [&str; 4] = ["host", "cameras", "tracking", "ocr"];

fn has_a_file(folder: &Path) -> bool {
    FILES.iter().any(|name| folder.join(format!("{name}.yaml")).is_file())
}

/// A misspelt file is a whole file of settings that silently do not apply.
fn refuse_strangers(folder: &Path) -> Result<(), ConfigError> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let yaml = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let known = |path: &Path| {
        FILES.iter().any(|name| path.file_name().is_some_and(|file| *file == *format!("{name}.yaml")))
    };
    match entries.map(|entry| entry.path()).filter(yaml).find(|path| !known(path)) {
        None => Ok(()),
        Some(file) => {
            let problem = format!("no such configuration file; there are {}.yaml", FILES.join(".yaml, "));
            Err(ConfigError { file, key: None, problem })
        }
    }
}

fn read_file<T: Default + DeserializeOwned>(
    folder: &Path,
    name: &str,
    schema: &Value,
) -> Result<T, ConfigError> {
    let file = folder.join(format!("{name}.yaml"));
    let fail = |key: Option<String>, problem: String| ConfigError { file: file.clone(), key, problem };
    let text = match std::fs::metadata(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(T::default()),
        Ok(meta) if meta.len() > FILE_BYTES_MAX => {
            return Err(fail(None, format!("{} bytes: expected at most {FILE_BYTES_MAX}", meta.len())));
        }
        _ => {
            std::fs::read_to_string(&file).map_err(|error| fail(None, format!("cannot read it: {error}")))?
        }
    };
    parse(&text, name, schema).map_err(|(key, problem)| fail(key, problem))
}

/// One file's text. An empty file gives the defaults.
fn parse<T: Default + DeserializeOwned>(
    text: &str,
    name: &str,
    schema: &Value,
) -> Result<T, (Option<String>, String)> {
    let one_line =
        |error: &serde_saphyr::Error| error.to_string().lines().next().unwrap_or_default().to_owned();
    let options = serde_saphyr::options! { with_snippet: false };
    let value: Value = serde_saphyr::from_str_with_options(text, options.clone())
        .map_err(|error| (None, one_line(&error)))?;
    if value.is_null() {
        return Ok(T::default());
    }
    if !value.is_object() {
        return Err((None, "expected keys with values, such as `key: value`".to_owned()));
    }
    let part = serde_json::json!({ name: value });
    if let Some(unknown) = keys::find_unknown(&part, schema) {
        let key = unknown.path.trim_start_matches(name).trim_start_matches('.').to_owned();
        return Err((Some(key), unknown.hint));
    }
    serde_saphyr::from_str_with_options(text, options).map_err(|error| (None, one_line(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn load_with(file: &str, text: &str) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(file), text).unwrap();
        Config::load(Some(dir.path()))
            .map_err(|error| error.to_string().replace(dir.path().to_str().unwrap(), "."))
    }

    #[test]
    fn the_shipped_files_are_the_defaults() {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
        let loaded = Config::load(Some(&shipped)).unwrap();
        assert_eq!(loaded, Config::default(), "config/*.yaml and the defaults in the code differ");
    }

    #[test]
    fn every_key_stands_in_its_shipped_file() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
        let schema = Config::schema();
        let mut missing = Vec::new();
        for file in FILES {
            let text = std::fs::read_to_string(folder.join(format!("{file}.yaml"))).unwrap();
            let mut keys = BTreeSet::new();
            keys_of(&schema["properties"][file], &schema, &mut keys);
            assert!(keys.len() > 2, "{file}: only {keys:?}");
            missing.extend(
                keys.into_iter()
                    .filter(|key| !text.contains(&format!("{key}:")))
                    .map(|key| format!("{file}: {key}")),
            );
        }
        assert_eq!(missing, Vec::<String>::new(), "keys without a line in config/*.yaml");
    }

    /// Every key below a schema.
    fn keys_of(schema: &Value, root: &Value, keys: &mut BTreeSet<String>) {
        if let Some(pointer) = schema.get("$ref").and_then(Value::as_str) {
            keys_of(root.pointer(pointer.trim_start_matches('#')).unwrap(), root, keys);
        }
        for list in ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| schema.get(key)?.as_array()) {
            for one in list {
                keys_of(one, root, keys);
            }
        }
        if let Some(items) = schema.get("items") {
            keys_of(items, root, keys);
        }
        for (key, below) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            keys.insert(key.clone());
            keys_of(below, root, keys);
        }
    }

    #[test]
    fn an_unknown_key_names_the_nearest_right_one() {
        let error = load_with("tracking.yaml", "tracker:\n  high_treshold: 0.5\n").unwrap_err();
        assert_eq!(
            error,
            "./tracking.yaml: tracker.high_treshold: there is no such key; did you mean `high_threshold`?"
        );
        let error = load_with("host.yaml", "sitee: x\n").unwrap_err();
        assert_eq!(error, "./host.yaml: sitee: there is no such key; did you mean `site`?");
    }

    #[test]
    fn bad_values_and_bad_yaml_are_one_line_that_names_the_file() {
        for (file, text, word) in [
            ("host.yaml", "site: [1", "line"),
            ("host.yaml", "site: a b\n", "is no name"),
            ("host.yaml", "bus: carrier-pigeon\n", "local:"),
            ("host.yaml", "dedup: { window_s: 5m }\n", "dedup.window_s: \"5m\": expected a whole number"),
            ("host.yaml", "dedup: { window_s: -1 }\n", "dedup.window_s: -1: expected at least 0"),
            ("host.yaml", "runtime: { threads: 1000000 }\n", "expected 0 to 64"),
            ("hosts.yaml", "site: a\n", "host.yaml"),
            ("ocr.yaml", "finder: { text: { boxes: { threshold: 7 } } }\n", "finder.text.boxes.threshold: 7"),
            ("tracking.yaml", "tracker: { low_threshold: -1 }\n", "tracker.low_threshold: -1"),
            ("host.yaml", "spool: { queue_records_max: 0 }\n", "spool.queue_records_max: 0"),
            ("host.yaml", "- a\n", "key: value"),
            (
                "cameras.yaml",
                "cameras:\n  - id: a\n    source: { file: { path: x.mp4 } }\n  - id: a\n    source: { file: { path: x.mp4 } }\n",
                "stands twice",
            ),
        ] {
            let error = load_with(file, text).unwrap_err();
            assert!(error.starts_with(&format!("./{file}: ")), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn an_empty_file_gives_the_defaults_and_a_missing_folder_is_an_error() {
        assert_eq!(load_with("ocr.yaml", "# nothing\n"), Ok(Config::default()));
        let error = Config::load(Some(Path::new("/nonexistent/ovr"))).unwrap_err();
        assert!(error.to_string().starts_with("/nonexistent/ovr: no such folder"));
    }
}
