//! What is known of each file of the folder: which build of it is in use, and why the newest is not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ovr_domain::metric;

use super::config::PluginsConfig;
use super::folder::{Stamp, Stillness};
use super::loaded::{Loaded, short};
use crate::Error;
use crate::engine::{check_name, one_line};

/// A file that was refused is looked at again after these times although it has not changed: a machine that is starting
/// may be too busy to compile in time, a disk may have given an error.
const AGAIN_AFTER: [Duration; 3] = [Duration::from_secs(10), Duration::from_mins(1), Duration::from_mins(5)];

/// Longest reason of a refusal, in characters: the file's path and what is wrong.
const REASON_CHARS_MAX: usize = 1_000;

/// Everything that a refresh knows and changes; calls never see it.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) config: PluginsConfig,
    pub(super) folder: PathBuf,
    pub(super) entries: BTreeMap<String, Entry>,
    pub(super) stillness: Stillness,
    /// Why the folder cannot be listed.
    pub(super) folder_problem: Option<String>,
    /// Dedup policies that an operator was told of: more than one, of which only the first decides.
    pub(super) told_policies: Vec<String>,
}

/// One file.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    /// What the file looked like when it was last read; nothing makes the next refresh read it.
    pub(super) seen: Option<Stamp>,
    /// The build in use.
    pub(super) loaded: Option<Arc<Loaded>>,
    /// Why the file as it lies there is not in use.
    pub(super) refused: Option<Refused>,
    /// The configuration says not to load it.
    pub(super) is_disabled: bool,
}

/// Why a file is not in use.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub(super) reason: String,
    /// How often the same file was looked at again.
    repeats: usize,
    again_at: Option<Duration>,
}

impl Entry {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), seen: None, loaded: None, refused: None, is_disabled: false }
    }

    /// Whether the file has to be read: it changed, or it was refused and may be right by now.
    pub(super) fn is_due(&self, path: &Path, stamp: Stamp, now: Duration) -> bool {
        let again = || self.refused.as_ref().and_then(|refused| refused.again_at).is_some_and(|at| now >= at);
        self.path != path || self.seen != Some(stamp) || again()
    }
}

impl Ledger {
    pub(super) fn new(config: PluginsConfig, folder: PathBuf) -> Self {
        Self {
            config,
            folder,
            entries: BTreeMap::new(),
            stillness: Stillness::default(),
            folder_problem: None,
            told_policies: Vec::new(),
        }
    }

    pub(super) fn loaded(&self) -> impl Iterator<Item = &Arc<Loaded>> {
        self.entries.values().filter_map(|entry| entry.loaded.as_ref())
    }

    /// The file is another, but what is in it is in use already: it was copied again, or its rights changed. What the build
    /// failed at so far still counts.
    pub(super) fn keep(&mut self, name: &str, path: &Path, stamp: Stamp) {
        if let Some(entry) = self.entries.get_mut(name) {
            path.clone_into(&mut entry.path);
            entry.seen = Some(stamp);
            entry.refused = None;
        }
    }

    /// A build came through everything and is in use from now on, with the settings of its name.
    pub(super) fn take(&mut self, name: &str, path: &Path, stamp: Stamp, loaded: Loaded) {
        let digest = short(loaded.plugin.digest().as_str()).to_owned();
        let (world, vectors) = (loaded.plugin.world(), loaded.vectors);
        let version = &loaded.plugin.description().version;
        tracing::info!(
            "plugin {name} {version} ({world}, sha256 {digest}) is in use: {vectors} test vectors hold"
        );
        metric::plugin_load(name, "loaded");
        let told = self.config.of(name);
        let limits = self.config.quarantine;
        let entry = self.entries.entry(name.to_owned()).or_insert_with(|| Entry::new(path));
        if let Some(old) = entry.loaded.take() {
            old.count(false);
        }
        loaded.count(true);
        let loaded = Some(Arc::new(loaded.told(told.settings, limits)));
        *entry =
            Entry { path: path.to_owned(), seen: Some(stamp), loaded, refused: None, is_disabled: false };
    }

    /// A file is not taken; what was in use before stays. Said once for each state of a file.
    pub(super) fn refuse(
        &mut self,
        name: &str,
        path: &Path,
        seen: Option<Stamp>,
        error: &Error,
        now: Duration,
    ) {
        // A file may have any name: one with a line break must not forge a line of the log.
        let reason = one_line(&error.to_string(), REASON_CHARS_MAX);
        let entry = self.entries.entry(name.to_owned()).or_insert_with(|| Entry::new(path));
        let is_same = entry.seen == seen && entry.refused.as_ref().is_some_and(|old| old.reason == reason);
        let repeats = entry.refused.as_ref().filter(|_| entry.seen == seen).map_or(0, |old| old.repeats + 1);
        if !is_same {
            let meanwhile = if entry.loaded.is_some() { "; the build before it stays in use" } else { "" };
            tracing::warn!("{reason}{meanwhile}");
            // A name that is none is no label either: files could have any number of them.
            let is_name = check_name(name).is_ok();
            metric::plugin_load(if is_name { name } else { "other" }, "refused");
        }
        path.clone_into(&mut entry.path);
        entry.seen = seen;
        let again_at = AGAIN_AFTER.get(repeats).map(|pause| now.saturating_add(*pause));
        entry.refused = Some(Refused { reason, repeats, again_at });
    }

    /// A build is no longer asked. Calls under way end on it.
    pub(super) fn unload(&mut self, name: &str, why: &str) {
        if let Some(old) = self.entries.get_mut(name).and_then(|entry| entry.loaded.take()) {
            // Somebody may have meant it; somebody else must not find out weeks later that a country's rules are gone.
            tracing::warn!("plugin {name} is unloaded: {why}");
            metric::plugin_load(name, "unloaded");
            old.count(false);
        }
    }

    /// Gives every plugin in use the settings and limits of the configuration.
    pub(super) fn apply_settings(&mut self) {
        for (name, entry) in &mut self.entries {
            let told = self.config.of(name);
            let Some(loaded) = &mut entry.loaded else { continue };
            let limits = self.config.quarantine;
            if !loaded.is_told(&told.settings, limits) {
                *loaded = Arc::new(loaded.as_ref().clone().told(told.settings, limits));
                tracing::info!("plugin {name} has new settings");
            }
        }
    }

    /// Settings of a plugin that is not there would silently do nothing.
    pub(super) fn warn_of_strangers(&self) {
        for name in self.config.plugins.keys().filter(|name| !self.entries.contains_key(*name)) {
            let hint = match nearest(name, self.entries.keys()) {
                Some(near) => format!("; did you mean `{near}`?"),
                None => String::new(),
            };
            let folder = self.folder.display();
            tracing::warn!("plugins.yaml: plugins.{name}: there is no {name}.wasm in {folder}{hint}");
        }
    }
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> Option<&'a str> {
    let scored = known.map(|other| (strsim::jaro_winkler(name, other), other.as_str()));
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score > 0.75).map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        let known = ["enrich-site".to_owned(), "plate-format-eu".to_owned()];
        assert_eq!(nearest("enrich-sit", known.iter()), Some("enrich-site"));
        assert_eq!(nearest("dedup", known.iter()), None);
    }

    #[test]
    fn a_refused_file_is_looked_at_again_three_times_and_then_left_until_it_changes() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.wasm");
        std::fs::write(&file, "x").unwrap();
        let stamp = Stamp::of(&file).unwrap();
        let mut ledger = Ledger::new(PluginsConfig::default(), dir.path().to_owned());
        let error = Error::Refused { file: file.clone(), reason: "it is no component".to_owned() };
        let mut now = Duration::ZERO;
        let mut pauses = Vec::new();
        loop {
            ledger.refuse("a", &file, Some(stamp), &error, now);
            let entry = &ledger.entries["a"];
            assert!(!entry.is_due(&file, stamp, now), "not at once");
            let Some(at) = entry.refused.as_ref().unwrap().again_at else { break };
            assert!(entry.is_due(&file, stamp, at));
            pauses.push(at.saturating_sub(now).as_secs());
            now = at;
        }
        assert_eq!(pauses, [10, 60, 300]);
        std::fs::write(&file, "longer").unwrap();
        let changed = Stamp::of(&file).unwrap();
        assert!(ledger.entries["a"].is_due(&file, changed, now));
    }
}
