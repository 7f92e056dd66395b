//! A folder of plugins in use: loaded, swapped when a file changes, left alone when they fail, and asked by the host
//! through the hooks of `ovr-domain`.
//!
//! One file `NAME.wasm` is one plugin. A new or changed file is compiled, linked and run against its own test vectors
//! before calls see it; calls under way finish on the build that they began with.

mod config;
mod countries;
mod folder;
mod hooks;
mod ledger;
mod loaded;
mod quarantine;
pub mod rank;
mod shelf;
mod status;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;

use ovr_domain::time::Clock;

pub use config::{
    COUNTRIES_MAX, InvalidKey, PLUGINS_MAX, PluginConfig, PluginsConfig, QuarantineConfig, SETTINGS_MAX,
    validate_countries,
};
pub use shelf::load;
pub use status::{PluginBuild, PluginState, PluginStatus};

use crate::Error;
use crate::engine::Engine;
use shelf::{Patience, Shelf};
use watch::Watch;

/// The plugins of one folder.
#[derive(Debug)]
pub struct Plugins {
    shelf: Arc<Shelf>,
    watch: Option<Watch>,
}

impl Plugins {
    /// Loads every plugin of `folder`, which need not exist. What cannot be loaded is logged and stands in
    /// [`Self::checks`]; it is no error, because cameras run without plugins. What takes longer than 30 s is left to
    /// [`Self::watch`]. `config` is valid.
    pub fn open(engine: Arc<Engine>, config: PluginsConfig, folder: PathBuf, clock: Arc<dyn Clock>) -> Self {
        let shelf = Arc::new(Shelf::new(engine, config, folder, clock));
        shelf.refresh(Patience::AtOnce);
        shelf.warn_of_strangers();
        Self { shelf, watch: None }
    }

    /// Follows the folder from now on, on a thread that ends when this is dropped.
    pub fn watch(&mut self) -> Result<(), Error> {
        if self.watch.is_none() {
            self.watch = Some(Watch::start(Arc::clone(&self.shelf))?);
        }
        Ok(())
    }

    /// Takes another valid configuration without a pause: settings, countries and limits count from the next call on,
    /// plugins are loaded and unloaded as it says. Returns when all is in use, or after about 30 s: the first call with
    /// another folder may compile.
    pub fn reconfigure(&self, config: PluginsConfig, folder: PathBuf) {
        self.shelf.reconfigure(config, folder);
    }

    /// Every file of the folder, by name.
    pub fn list(&self) -> Vec<PluginStatus> {
        self.shelf.snapshot().statuses.iter().map(PluginStatus::now).collect()
    }

    /// For `/readyz`: each plugin by name, and what is wrong with it. Never waits for a plugin that is being compiled.
    pub fn checks(&self) -> Vec<(String, Option<String>)> {
        let snapshot = self.shelf.snapshot();
        let is_deaf = self.watch.as_ref().is_some_and(|watch| !watch.is_alive());
        let deaf = || "the thread that follows the folder has ended: start the program anew".to_owned();
        let folder = ("plugins".to_owned(), snapshot.folder_problem.clone().or_else(|| is_deaf.then(deaf)));
        let plugins = snapshot.statuses.iter().map(|status| {
            let status = status.now();
            (format!("plugin/{}", status.name), status.failure())
        });
        std::iter::once(folder).chain(plugins).collect()
    }
}
