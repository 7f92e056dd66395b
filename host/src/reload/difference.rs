//! What is different between two configurations, what of it can change while cameras run, and how to say it.

use ovr_domain::CameraId;
use serde::Serialize;
use serde_json::Value;

use crate::config::{CamerasConfig, Config, HostConfig};

/// Most characters of a value in a line.
const VALUE_CHARS_MAX: usize = 120;

/// What a reload is to do.
#[derive(Debug)]
pub(super) struct Difference {
    /// What shall run: the wanted configuration, but for what cannot change while running.
    pub(super) config: Config,
    /// What changes, key by key, a line each.
    pub(super) changes: Vec<String>,
    /// What stays as it is, a line each.
    pub(super) stays: Vec<String>,
}

impl Difference {
    /// `cameras_fixed` when the cameras are those of the command line.
    pub(super) fn between(running: &Config, wanted: &Config, cameras_fixed: bool) -> Self {
        let mut config = wanted.clone();
        let HostConfig { dedup, pictures, pictures_disk_bytes_max, .. } = wanted.host;
        config.host = HostConfig { dedup, pictures, pictures_disk_bytes_max, ..running.host.clone() };
        let mut stays = stays_of_host(&config.host, &wanted.host);
        if cameras_fixed {
            config.cameras.clone_from(&running.cameras);
            if config.cameras != wanted.cameras {
                stays.push("cameras.yaml: --source on the command line takes its place".to_owned());
            }
        }
        let mut changes = Vec::new();
        cameras(&running.cameras, &config.cameras, &mut changes);
        walk("host.yaml:", &value(&running.host), &value(&config.host), &mut changes);
        walk("tracking.yaml:", &value(&running.tracking), &value(&config.tracking), &mut changes);
        walk("ocr.yaml:", &value(&running.ocr), &value(&config.ocr), &mut changes);
        walk("plugins.yaml:", &value(&running.plugins), &value(&config.plugins), &mut changes);
        Self { config, changes, stays }
    }
}

/// A line for each key of host.yaml that only a restart changes.
fn stays_of_host(running: &HostConfig, wanted: &HostConfig) -> Vec<String> {
    let (Value::Object(running), Value::Object(wanted)) = (value(running), value(wanted)) else {
        return Vec::new();
    };
    let differ = wanted.iter().filter(|(key, value)| running.get(*key) != Some(*value));
    differ.map(|(key, _)| format!("host.yaml: {key} needs a restart; the running value stays")).collect()
}

/// Cameras that are in `old` and not, or not as they were, in `new`.
pub(super) fn cameras_gone(old: &CamerasConfig, new: &CamerasConfig) -> Vec<CameraId> {
    let gone = old.cameras.iter().filter(|camera| !new.cameras.contains(camera));
    gone.map(|camera| camera.id.clone()).collect()
}

fn cameras(old: &CamerasConfig, new: &CamerasConfig, changes: &mut Vec<String>) {
    for was in &old.cameras {
        let id = &was.id;
        match new.cameras.iter().find(|camera| camera.id == *id) {
            None => changes.push(format!("cameras.yaml: {id}: removed")),
            Some(is) => walk(&format!("cameras.yaml: {id}"), &value(was), &value(is), changes),
        }
    }
    for camera in new.cameras.iter().filter(|camera| old.cameras.iter().all(|was| was.id != camera.id)) {
        changes.push(format!("cameras.yaml: {}: added, {}", camera.id, camera.source.name()));
    }
}

/// Through the text, so that a number reads as it stands in a file and not as its nearest double.
fn value<T: Serialize>(config: &T) -> Value {
    let text = serde_json::to_string(config).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn walk(path: &str, old: &Value, new: &Value, changes: &mut Vec<String>) {
    let (Value::Object(was), Value::Object(is)) = (old, new) else {
        if old != new {
            changes.push(format!("{path}: {} -> {}", short(old), short(new)));
        }
        return;
    };
    let joint = if path.ends_with(':') { " " } else { "." };
    let added = is.keys().filter(|key| !was.contains_key(*key));
    for key in was.keys().chain(added) {
        let (old, new) = (was.get(key).unwrap_or(&Value::Null), is.get(key).unwrap_or(&Value::Null));
        walk(&format!("{path}{joint}{key}"), old, new, changes);
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CameraConfig;

    fn camera(id: &str, source: &str) -> CameraConfig {
        CameraConfig::of_source((CameraId::new(id).unwrap(), source.parse().unwrap()))
    }

    fn with_cameras(cameras: Vec<CameraConfig>) -> Config {
        Config { cameras: CamerasConfig { cameras }, ..Config::default() }
    }

    #[test]
    fn every_key_that_changes_is_a_line_with_both_values() {
        let running = Config::default();
        let mut wanted = Config::default();
        wanted.tracking.tracker.high_threshold = 0.55;
        wanted.ocr.assemble.agree_frames_min = 4;
        wanted.host.dedup.window_s = 60;
        let difference = Difference::between(&running, &wanted, false);
        assert_eq!(
            difference.changes,
            [
                "host.yaml: dedup.window_s: 300 -> 60",
                "tracking.yaml: tracker.high_threshold: 0.4 -> 0.55",
                "ocr.yaml: assemble.agree_frames_min: 3 -> 4",
            ]
        );
        assert_eq!((difference.config, difference.stays), (wanted, Vec::new()));
    }

    #[test]
    fn what_needs_a_restart_stays_and_the_rest_changes() {
        let running = Config::default();
        let mut wanted = Config::default();
        wanted.host.site = ovr_domain::SiteId::new("elsewhere").unwrap();
        wanted.host.spool.commit_delay_ms = 5;
        wanted.host.pictures.jpeg_quality = 70;
        let difference = Difference::between(&running, &wanted, false);
        assert_eq!(difference.changes, ["host.yaml: pictures.jpeg_quality: 80 -> 70"]);
        assert_eq!(
            difference.stays,
            [
                "host.yaml: site needs a restart; the running value stays",
                "host.yaml: spool needs a restart; the running value stays",
            ]
        );
        assert_eq!(difference.config.host.site, running.host.site);
    }

    #[test]
    fn cameras_are_told_apart_by_their_ids_and_not_by_their_order() {
        let old = with_cameras(vec![camera("a", "a.mp4"), camera("b", "b.mp4"), camera("c", "c.mp4")]);
        let new = with_cameras(vec![camera("c", "c.mp4"), camera("b", "other.mp4"), camera("d", "d.mp4")]);
        let difference = Difference::between(&old, &new, false);
        assert_eq!(
            difference.changes,
            [
                "cameras.yaml: a: removed",
                "cameras.yaml: b.source.file.path: \"b.mp4\" -> \"other.mp4\"",
                "cameras.yaml: d: added, d.mp4",
            ]
        );
        let gone = cameras_gone(&old.cameras, &new.cameras);
        assert_eq!(gone.iter().map(CameraId::as_str).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn cameras_of_a_command_line_stay() {
        let new = with_cameras(vec![camera("a", "a.mp4")]);
        let difference = Difference::between(&Config::default(), &new, true);
        assert_eq!(difference.config, Config::default());
        assert!(difference.changes.is_empty());
        assert_eq!(difference.stays, ["cameras.yaml: --source on the command line takes its place"]);
    }
}
