//! Configuration: five files, each key documented in the shipped ones, none of them needed.
//!
//! Three steps: reading and [`Config::validate`] are pure; `app::build` opens things; `run` starts them.

mod cameras;
mod flaw;
mod host;
mod keys;
mod lines;
mod ocr;
mod plugins;
mod tracking;
mod view;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use ovr_events::assemble::InvalidKey;
use ovr_plugins::registry::PluginsConfig;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use cameras::{CAMERAS_MAX, CameraConfig, CamerasConfig};
pub(crate) use host::{HostConfig, RuntimeConfig, StorePlace};
pub(crate) use ocr::{OcrConfig, ReaderEngine};
pub(crate) use plugins::plugins_folder;
pub(crate) use tracking::{DetectionConfig, TrackingConfig};

use crate::print::Refusal;
use flaw::{Flaw, flaw_of, without_login};
use lines::Lines;

/// Largest configuration file, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// All settings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// plugins.yaml
    pub(crate) plugins: PluginsConfig,
}

/// A configuration that cannot be used: which file, line and key, what is wrong and what would be right.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConfigError {
    file: PathBuf,
    line: Option<u64>,
    key: Option<String>,
    problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        f.write_str(" ")?;
        if let Some(key) = &self.key {
            write!(f, "{}: ", without_login(key))?;
        }
        f.write_str(&without_login(&self.problem))
    }
}

impl ConfigError {
    /// A file or folder as a whole.
    fn of_file(file: PathBuf, problem: String) -> Self {
        Self { file, line: None, key: None, problem }
    }

    /// A key of one of the files of a folder, by its path such as `cameras[1].source`, with the line on which it stands.
    pub(crate) fn at_key(folder: &Path, file: &str, key: String, problem: String) -> Self {
        let file = folder.join(format!("{file}.yaml"));
        let line = fs::read_to_string(&file).ok().and_then(|text| Lines::of(&text).line(&key));
        Self { file, line, key: Some(key), problem }
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

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.text)
    }
}

impl From<InvalidKey> for Problem {
    fn from(error: InvalidKey) -> Self {
        Self::new(error.key, format!("{} cannot be used: expected {}", error.value, error.right))
    }
}

impl Config {
    /// The folder that the files lie in: the one that was named, which must exist; else `./config` or `/etc/ovr-alpr`,
    /// when one of the files is there.
    pub(crate) fn folder(named: Option<&Path>) -> Result<Option<PathBuf>, ConfigError> {
        match named {
            Some(named) if named.is_dir() => Ok(Some(named.to_owned())),
            Some(named) => {
                let problem = format!("no such folder; expected one with {}.yaml", FILES.join(".yaml, "));
                Err(ConfigError::of_file(named.to_owned(), problem))
            }
            // A folder of that name that holds something else is none of ours.
            None => Ok(["config", "/etc/ovr-alpr"].iter().map(PathBuf::from).find(|path| has_a_file(path))),
        }
    }

    /// Reads the files of [`Config::folder`]. A file that is not there gives the defaults.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(folder) = Self::folder(named)? else {
            return Ok(Self::default());
        };
        refuse_strangers(&folder)?;
        let schema = Self::schema();
        let config = Self {
            host: read_file(&folder, "host", &schema)?,
            cameras: read_file(&folder, "cameras", &schema)?,
            tracking: read_file(&folder, "tracking", &schema)?,
            ocr: read_file(&folder, "ocr", &schema)?,
            plugins: read_file(&folder, "plugins", &schema)?,
        };
        let refuse = |(file, Problem { key, text })| ConfigError::at_key(&folder, file, key, text);
        config.validate().map_err(refuse)?;
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
        self.ocr.validate().map_err(|problem| ("ocr", problem))?;
        self.plugins.validate().map_err(|error| ("plugins", error.into()))
    }
}

/// The files, without their ending.
const FILES: [&str; 5] = ["host", "cameras", "tracking", "ocr", "plugins"];

fn has_a_file(folder: &Path) -> bool {
    FILES.iter().any(|name| folder.join(format!("{name}.yaml")).is_file())
}

/// A misspelt file is a whole file of settings that silently do not apply. Hidden files are an editor's own.
fn refuse_strangers(folder: &Path) -> Result<(), ConfigError> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let yaml = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let known_or_hidden = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with('.') || FILES.iter().any(|known| name == format!("{known}.yaml"))
    };
    match entries.map(|entry| entry.path()).filter(yaml).find(|path| !known_or_hidden(path)) {
        None => Ok(()),
        Some(file) => {
            let problem = format!("no such configuration file; there are {}.yaml", FILES.join(".yaml, "));
            Err(ConfigError::of_file(file, problem))
        }
    }
}

fn read_file<T: Default + DeserializeOwned>(
    folder: &Path,
    name: &str,
    schema: &Value,
) -> Result<T, ConfigError> {
    let file = folder.join(format!("{name}.yaml"));
    let text = match fs::metadata(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(T::default()),
        Ok(meta) if meta.len() > FILE_BYTES_MAX => {
            let problem = format!("{} bytes: expected at most {FILE_BYTES_MAX}", meta.len());
            return Err(ConfigError::of_file(file, problem));
        }
        Ok(meta) if !meta.is_file() => {
            return Err(ConfigError::of_file(file, "expected a file".to_owned()));
        }
        _ => fs::read_to_string(&file)
            .map_err(|error| ConfigError::of_file(file.clone(), format!("cannot read it: {error}")))?,
    };
    parse(&text, name, schema).map_err(|Flaw { line, key, problem }| ConfigError { file, line, key, problem })
}

/// One file's text. An empty file gives the defaults.
fn parse<T: Default + DeserializeOwned>(text: &str, name: &str, schema: &Value) -> Result<T, Flaw> {
    let refuse = |error: serde_saphyr::Error| flaw_of(&error, text);
    let options = serde_saphyr::options! { with_snippet: false };
    let value: Value = serde_saphyr::from_str_with_options(text, options.clone()).map_err(refuse)?;
    if value.is_null() {
        return Ok(T::default());
    }
    if !value.is_object() {
        let problem = "expected keys with values, such as `key: value`".to_owned();
        return Err(Flaw { line: None, key: None, problem });
    }
    let part = serde_json::json!({ name: value });
    if let Some(unknown) = keys::find_unknown(&part, schema) {
        let key = unknown.path.trim_start_matches(name).trim_start_matches('.').to_owned();
        return Err(Flaw { line: Lines::of(text).line(&key), key: Some(key), problem: unknown.hint });
    }
    serde_saphyr::from_str_with_options(text, options).map_err(refuse)
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
            "./tracking.yaml:2: tracker.high_treshold: there is no such key; did you mean `high_threshold`?"
        );
        let error = load_with("host.yaml", "sitee: x\n").unwrap_err();
        assert_eq!(error, "./host.yaml:1: sitee: there is no such key; did you mean `site`?");
    }

    #[test]
    fn bad_values_and_bad_yaml_are_one_line_that_names_the_file() {
        for (file, text, word) in [
            ("host.yaml", "\nsite: [1", "host.yaml:2: "),
            ("host.yaml", "site: a\nsite: b\n", "host.yaml:2: site: this key stands twice"),
            ("host.yaml", "bus: 'local:'\nsite: a b\n", "host.yaml:2: site: \"a b\" is no name"),
            ("host.yaml", "bus: carrier-pigeon\n", "local:"),
            ("host.yaml", "store: mysql://h/d\n", "expected \"sqlite:\""),
            (
                "host.yaml",
                "store: postgres://u:canary@h/d\n",
                "store: the store's address cannot be used: it holds a password",
            ),
            ("host.yaml", "store: postgres://u@h\n", "it names no database"),
            ("host.yaml", "store_password: { file: '' }\n", "store_password: it names no variable"),
            ("host.yaml", "dedup: { window_s: 5m }\n", "dedup.window_s: \"5m\": expected a whole number"),
            ("host.yaml", "dedup: { window_s: -1 }\n", "dedup.window_s: -1: expected at least 0"),
            ("host.yaml", "runtime: { threads: 1000000 }\n", "expected 0 to 64"),
            ("host.yaml", "runtime: { batch_max: 0 }\n", "expected 1 to 64, or null"),
            ("host.yaml", "runtime: { batch_wait_ms: 101 }\n", "expected 0 to 100, or null"),
            (
                "tracking.yaml",
                "detection: { detect_every_max: 0 }\n",
                "expected 1 (every look that is due) to 32",
            ),
            ("hosts.yaml", "site: a\n", "host.yaml"),
            (
                "cameras.yaml",
                "cameras:\n  - id: a\n    source:\n      flie: { path: x.mp4 }\n",
                "cameras.yaml:4: cameras[0].source.flie: there is no such key; did you mean `file`?",
            ),
            (
                "cameras.yaml",
                "cameras:\n  - id: a\n    source: { test: { width: 8, height: 64, fps: 5 } }\n",
                "cameras.yaml:3: cameras[0].source: ",
            ),
            ("ocr.yaml", "finder:\n  model: x.onnx\n", "ocr.yaml:1: finder: there is no such key any more: "),
            ("ocr.yaml", "reader: paddleocr\n", "expected keys with values, such as { engine: paddleocr }"),
            ("ocr.yaml", "reader: { engine: tesseract }\n", "ocr.yaml:1: reader.engine: "),
            ("tracking.yaml", "detector: { network: { iou_max: 7 } }\n", "detector.network.iou_max: 7"),
            ("plugins.yaml", "countries: [UK]\n", "countries[0]: \"UK\" cannot be used: expected GB"),
            ("plugins.yaml", "plugins: { enrich-site: { setings: {} } }\n", "did you mean `settings`"),
            (
                "tracking.yaml",
                "tracker:\n  low_threshold: -1\n",
                "tracking.yaml:2: tracker.low_threshold: -1",
            ),
            ("host.yaml", "spool: { queue_records_max: 0 }\n", "spool.queue_records_max: 0"),
            ("host.yaml", "- a\n", "key: value"),
            (
                "cameras.yaml",
                "cameras:\n  - id: a\n    source: { file: { path: x.mp4 } }\n  - id: a\n    source: { file: { path: x.mp4 } }\n",
                "cameras.yaml:4: cameras[1].id: the id a stands twice",
            ),
        ] {
            let error = load_with(file, text).unwrap_err();
            assert!(error.starts_with(&format!("./{file}:")), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn the_line_is_right_however_a_file_is_written() {
        let anchored = "tracker: &t\n  low_threshold: 0.1\n  high_threshold: 2\n";
        for (file, text, start) in [
            ("host.yaml", "\u{feff}sitee: x\n", "./host.yaml:1: sitee: there is no such key"),
            ("host.yaml", "\u{feff}# said\nsite: a b\n", "./host.yaml:2: site: "),
            ("host.yaml", "site: a\r\n\r\nbus: pigeon\r\n", "./host.yaml:3: bus: "),
            ("host.yaml", "site: a\r\nsite: b\r\n", "./host.yaml:2: site: this key stands twice"),
            ("host.yaml", "site: a\n---\nsite: b\n", "./host.yaml:3: another document begins here: expected"),
            ("host.yaml", "dedup:\n\twindow_s: 1\n", "./host.yaml:2: tabs disallowed"),
            ("tracking.yaml", anchored, "./tracking.yaml:3: tracker.high_threshold: 2"),
            (
                "tracking.yaml",
                "tracker: { low_threshold: 0.1,\n  high_threshold: 2 }\n",
                "./tracking.yaml:2: tracker.high",
            ),
            (
                "tracking.yaml",
                "tracker: { high_threshold: .nan }\n",
                "./tracking.yaml:1: tracker.high_threshold: ",
            ),
            (
                "tracking.yaml",
                "tracker: {\n  high_threshold: 0.5,\n  high_threshold: 0.6 }\n",
                "./tracking.yaml:3: tracker.high",
            ),
            ("plugins.yaml", "countries:\n  - DE\n  - UK\n", "./plugins.yaml:3: countries[1]: "),
        ] {
            let error = load_with(file, text).map(|_| ()).unwrap_err();
            assert!(error.starts_with(start) && error.lines().count() == 1, "{text:?}: {error}");
        }
    }

    #[test]
    fn a_text_that_is_nested_beyond_reason_is_refused_and_ends_nothing() {
        for depth in [100, 1_000, 100_000] {
            for text in ["[", "{a: ", "- "].map(|open| open.repeat(depth)) {
                let error = load_with("host.yaml", &text).map(|_| ()).unwrap_err();
                assert!(error.starts_with("./host.yaml:") && error.lines().count() == 1, "{error}");
            }
        }
        let closed = format!("site: {}{}\n", "[".repeat(60), "]".repeat(60));
        assert!(load_with("host.yaml", &closed).unwrap_err().starts_with("./host.yaml:1: site: "));
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("ocr.yaml")).unwrap();
        let error = Config::load(Some(dir.path())).unwrap_err();
        assert!(error.to_string().ends_with("ocr.yaml: expected a file"), "{error}");
    }

    #[test]
    fn a_plugins_settings_are_texts_whatever_they_look_like() {
        let text = "plugins:\n  enrich-site:\n    settings: { gate: north, lanes: 2, open: true }\n";
        let config = load_with("plugins.yaml", text).unwrap();
        let settings = &config.plugins.plugins["enrich-site"].settings;
        assert_eq!(settings["gate"], "north");
        assert_eq!(settings["lanes"], "2");
        assert_eq!(settings["open"], "true");
    }

    #[test]
    fn an_empty_file_gives_the_defaults_and_a_missing_folder_is_an_error() {
        assert_eq!(load_with("ocr.yaml", "# nothing\n"), Ok(Config::default()));
        let error = Config::load(Some(Path::new("/nonexistent/ovr"))).unwrap_err();
        assert!(error.to_string().starts_with("/nonexistent/ovr: no such folder"));
    }
}
