//! The plugins in use, and how they follow the folder.
//!
//! Invariants:
//! - Calls take a snapshot and finish on it; nothing they touch is locked while a plugin is compiled or tested.
//! - A build is in use only after it was compiled, linked, described and held its own test vectors.
//! - A file that fails any of these changes nothing but the status: the build before it stays in use.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use ovr_domain::time::Clock;

use super::config::{PLUGINS_MAX, PluginsConfig};
use super::folder::{self, FILES_MAX, Found, Stamp};
use super::ledger::{Entry, Ledger};
use super::loaded::Loaded;
use super::status::{PluginStatus, statuses};
use crate::Error;
use crate::engine::{Engine, Plugin, World};

/// Time after which a look at the folder leaves the rest to the next one: files that keep the compiler busy for its 10 s must
/// hold up neither the start of the cameras nor another configuration for longer.
const PASS_MAX: Duration = Duration::from_secs(30);

/// What calls see: everything at one moment.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    /// By name.
    pub(super) plugins: Vec<Arc<Loaded>>,
    /// Every file of the folder.
    pub(super) statuses: Vec<PluginStatus>,
    /// Why the folder cannot be listed.
    pub(super) folder_problem: Option<String>,
    /// The site's hint.
    pub(super) countries: Vec<String>,
}

impl Snapshot {
    /// The plugins of one hook, by name.
    pub(super) fn of(&self, world: World) -> impl Iterator<Item = &Arc<Loaded>> {
        self.plugins.iter().filter(move |loaded| loaded.plugin.world() == world)
    }
}

/// Whether a changed file is read at once or when it has come to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    AtOnce,
    WhenStill,
}

/// The plugins in use.
#[derive(Debug)]
pub(super) struct Shelf {
    engine: Arc<Engine>,
    pub(super) clock: Arc<dyn Clock>,
    snapshot: ArcSwap<Snapshot>,
    /// Held while the folder is read and plugins are compiled and tested.
    ledger: Mutex<Ledger>,
    /// Nothing more is read: the program ends.
    is_stopping: AtomicBool,
}

impl Shelf {
    pub(super) fn new(
        engine: Arc<Engine>,
        config: PluginsConfig,
        folder: PathBuf,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let ledger = Mutex::new(Ledger::new(config, folder));
        Self { engine, clock, snapshot: ArcSwap::default(), ledger, is_stopping: AtomicBool::new(false) }
    }

    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Ends a look at the folder after the file that it is at.
    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.lock().folder.clone()
    }

    /// Another configuration: settings, countries and limits apply to the next call, another folder is read at once.
    pub(super) fn reconfigure(&self, config: PluginsConfig, folder: PathBuf) {
        let mut ledger = self.lock();
        let is_same_folder = ledger.folder == folder;
        ledger.config = config;
        ledger.folder = folder;
        ledger.apply_settings();
        if !is_same_folder {
            Self::leave_folder(&mut ledger);
        }
        self.follow(&mut ledger, Patience::AtOnce);
        ledger.warn_of_strangers();
    }

    /// Brings what is in use in line with the folder. Gives the time until a file that is not still yet may be; nothing
    /// when no file is waited for.
    pub(super) fn refresh(&self, patience: Patience) -> Option<Duration> {
        let mut ledger = self.lock();
        self.follow(&mut ledger, patience);
        ledger.stillness.due_in(self.clock.monotonic())
    }

    pub(super) fn warn_of_strangers(&self) {
        self.lock().warn_of_strangers();
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn follow(&self, ledger: &mut Ledger, patience: Patience) {
        let began = self.clock.monotonic();
        let folder = ledger.folder.display();
        let (found, problem) = match folder::scan(&ledger.folder) {
            Ok(scan) => {
                let too_full = format!(
                    "{folder} holds more than {FILES_MAX} plugins, of which the first by name are looked at: delete some"
                );
                (Some(scan.found), scan.is_too_full.then_some(too_full))
            }
            Err(error) => (
                None,
                Some(format!("cannot list the plugins in {folder}: {error}; what is in use stays in use")),
            ),
        };
        if let Some(problem) = problem.as_ref().filter(|_| ledger.folder_problem != problem) {
            tracing::warn!("{problem}");
        }
        ledger.folder_problem = problem;
        let found = found.inspect(|found| self.drop_gone(ledger, found));
        self.publish(ledger);
        for (name, file) in found.iter().flatten() {
            if self.is_stopping() {
                return;
            }
            if !self.follow_file(ledger, name, file, patience) {
                continue;
            }
            self.publish(ledger);
            if self.clock.monotonic().saturating_sub(began) >= PASS_MAX {
                let (folder, seconds) = (ledger.folder.display(), PASS_MAX.as_secs());
                tracing::warn!(
                    "reading the plugins in {folder} takes longer than {seconds} s: those after {name} come later"
                );
                return;
            }
        }
    }

    /// Unloads what lies in a folder that is not followed any more, but for what the new one has too.
    fn leave_folder(ledger: &mut Ledger) {
        let Ok(scan) = folder::scan(&ledger.folder) else { return };
        let gone = ledger.entries.keys().filter(|name| !scan.found.contains_key(*name));
        for name in gone.cloned().collect::<Vec<String>>() {
            drop_entry(ledger, &name);
        }
    }

    /// Unloads plugins whose files are gone. One that is deleted and copied anew stays in use in between, also while the
    /// configuration changes.
    fn drop_gone(&self, ledger: &mut Ledger, found: &BTreeMap<String, Found>) {
        let Ledger { entries, stillness, .. } = ledger;
        stillness.retain(|name| found.contains_key(name) || entries.contains_key(name));
        let now = self.clock.monotonic();
        let gone = entries.keys().filter(|name| !found.contains_key(*name));
        let gone = gone.filter(|name| stillness.is_still(name, None, now));
        for name in gone.cloned().collect::<Vec<String>>() {
            drop_entry(ledger, &name);
        }
    }

    /// Brings one plugin in line with its file. Says whether anything changed.
    fn follow_file(&self, ledger: &mut Ledger, name: &str, file: &Found, patience: Patience) -> bool {
        if !ledger.config.of(name).enabled {
            return disable(ledger, name, file);
        }
        let now = self.clock.monotonic();
        let is_in_use = ledger.entries.get(name).is_some_and(|entry| entry.loaded.is_some());
        if !is_in_use && ledger.loaded().count() >= PLUGINS_MAX {
            ledger.refuse(name, &file.path, None, &Error::TooMany { file: file.path.clone() }, now);
            return true;
        }
        let entry = ledger.entries.get(name);
        if entry.is_some_and(|entry| !entry.is_disabled && !entry.is_due(&file.path, file.stamp, now)) {
            ledger.stillness.forget(name);
            return false;
        }
        if patience == Patience::WhenStill && !ledger.stillness.is_still(name, Some(file.stamp), now) {
            return false;
        }
        ledger.stillness.forget(name);
        let loaded = load(&self.engine, &file.path);
        // What was read may be half of what lies there by now: the next refresh sees another stamp and waits again.
        if Stamp::of(&file.path) != Some(file.stamp) && patience == Patience::WhenStill {
            return false;
        }
        let in_use = ledger.entries.get(name).and_then(|entry| entry.loaded.as_ref());
        let in_use = in_use.map(|loaded| loaded.plugin.digest().clone());
        match loaded {
            Ok((plugin, _)) if in_use.as_ref() == Some(plugin.digest()) => {
                ledger.keep(name, &file.path, file.stamp);
            }
            Ok((plugin, vectors)) => {
                ledger.take(name, &file.path, file.stamp, Loaded::new(name, plugin, vectors));
            }
            Err(error) => ledger.refuse(name, &file.path, Some(file.stamp), &error, now),
        }
        true
    }

    fn publish(&self, ledger: &mut Ledger) {
        let plugins: Vec<Arc<Loaded>> = ledger.loaded().map(Arc::clone).collect();
        let policies = plugins.iter().filter(|loaded| loaded.plugin.world() == World::DedupPolicy);
        let policies: Vec<String> = policies.map(|loaded| loaded.name.clone()).collect();
        if let [first, others @ ..] = policies.as_slice()
            && !others.is_empty()
            && policies != ledger.told_policies
        {
            tracing::warn!(
                "{} dedup policies are loaded: {first} decides, {} is not asked; delete or disable all but one",
                policies.len(),
                others.join(", ")
            );
        }
        ledger.told_policies = policies;
        self.snapshot.store(Arc::new(Snapshot {
            statuses: statuses(ledger),
            plugins,
            folder_problem: ledger.folder_problem.clone(),
            countries: ledger.config.countries.clone(),
        }));
    }
}

fn drop_entry(ledger: &mut Ledger, name: &str) {
    ledger.unload(name, "its file is gone");
    ledger.entries.remove(name);
    ledger.stillness.forget(name);
}

fn disable(ledger: &mut Ledger, name: &str, file: &Found) -> bool {
    ledger.stillness.forget(name);
    if ledger.entries.get(name).is_some_and(|entry| entry.is_disabled) {
        return false;
    }
    ledger.unload(name, "the configuration says so");
    ledger.entries.insert(name.to_owned(), Entry { is_disabled: true, ..Entry::new(&file.path) });
    true
}

/// Loads one file and runs its own test vectors: the plugin, and how many hold. All that a file has to hold before it is in
/// use.
pub fn load(engine: &Engine, file: &Path) -> Result<(Plugin, u32), Error> {
    let plugin = engine.load(file)?;
    let vectors =
        plugin.self_test().map_err(|error| Error::SelfTest { file: file.to_owned(), source: error })?;
    Ok((plugin, vectors))
}
