//! The plugins of a run, and of a look at single pictures.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ovr_domain::CameraId;
use ovr_domain::hook::{FormatCheck, Lattice, NoPlugins};
use ovr_domain::time::{Clock, SystemClock};
use ovr_plugins::Error;
use ovr_plugins::engine::{Engine, EngineOptions, WorkerCommand};
use ovr_plugins::registry::{PluginStatus, Plugins, validate_countries};
use ovr_vision::read::StillPlate;

use super::hooks::Hooks;
use crate::config::{Config, plugins_folder};
use crate::print::Refusal;
use crate::reload::Rebuild;

/// Compiled plugins, in the state folder or the user's cache.
const COMPILED: &str = "compiled-plugins";

/// Says that single pictures are to be read without plugins.
const NONE: &str = "none";

/// The engine, with compiled plugins kept in `cache`.
pub(crate) fn engine(cache: Option<PathBuf>) -> Result<Engine, Refusal> {
    let program = std::env::current_exe().map_err(|error| {
        Refusal(format!("cannot find this program's own file to compile plugins with: {error}"))
    })?;
    let arguments = ["plugins", "compile-worker"].map(Into::into).to_vec();
    let mut options = EngineOptions { cache, worker: WorkerCommand { program, arguments } };
    let mut engine = Engine::new(options.clone());
    // The cache saves time and nothing else: cameras must not wait until somebody has put its folder right.
    if let Err(error @ Error::Cache { .. }) = engine {
        tracing::warn!("{error}; until then each start compiles all plugins");
        options.cache = None;
        engine = Engine::new(options);
    }
    engine.map_err(|error| Refusal(error.to_string()))
}

/// The plugins of a run. No plugin is needed to run cameras: neither one that cannot be used, nor an engine that this
/// machine cannot start, keeps a run from starting. `/readyz` says what is wrong.
#[derive(Clone)]
pub(crate) struct PluginRoom(Result<Arc<Plugins>, String>);

impl PluginRoom {
    /// Loads the plugins and follows their folder.
    pub(crate) fn open(config: &Config, state: &Path, clock: &Arc<dyn Clock>) -> Self {
        let started = engine(Some(state.join(COMPILED))).and_then(|engine| {
            let folder = plugins_folder(&config.plugins, state);
            let mut plugins =
                Plugins::open(Arc::new(engine), config.plugins.clone(), folder, Arc::clone(clock));
            plugins.watch().map_err(|error| Refusal(error.to_string()))?;
            Ok(plugins)
        });
        Self::of(started)
    }

    /// From plugins that were opened, or from why they were not.
    pub(crate) fn of(opened: Result<Plugins, Refusal>) -> Self {
        Self(opened.map(Arc::new).map_err(|Refusal(reason)| {
            tracing::error!("no plugin can be used, events go on unchecked: {reason}");
            reason
        }))
    }

    /// What events are asked.
    pub(crate) fn hooks(&self) -> Hooks {
        self.0.as_ref().map_or_else(|_| Hooks::of(&Arc::new(NoPlugins)), Hooks::of)
    }

    /// How plugins take part in a reload of the configuration.
    pub(crate) fn rebuild(&self, state: &Path) -> Option<Rebuild> {
        let (plugins, state) = (Arc::clone(self.0.as_ref().ok()?), state.to_owned());
        Some(Box::new(move |running, wanted| {
            if running.plugins == wanted.plugins {
                return Ok(None);
            }
            let (plugins, config) = (Arc::clone(&plugins), wanted.plugins.clone());
            let folder = plugins_folder(&config, &state);
            Ok(Some(Box::new(move || plugins.reconfigure(config, folder))))
        }))
    }

    /// Every file of the folder; nothing when the engine does not run.
    pub(crate) fn list(&self) -> Vec<PluginStatus> {
        self.0.as_ref().map(|plugins| plugins.list()).unwrap_or_default()
    }

    /// For `/readyz`: each plugin by name, and what is wrong with it.
    pub(crate) fn checks(&self) -> Vec<(String, Option<String>)> {
        match &self.0 {
            Ok(plugins) => plugins.checks(),
            Err(reason) => vec![("plugins".to_owned(), Some(reason.clone()))],
        }
    }
}

/// The format checks for single pictures: those of the folder that is named, of none, or of the configured folder.
pub(crate) fn format_check(config: &Config, named: Option<&Path>) -> Result<Arc<dyn FormatCheck>, Refusal> {
    if named.is_some_and(|folder| folder == Path::new(NONE)) {
        return Ok(Arc::new(NoPlugins));
    }
    if let Some(folder) = named.filter(|folder| !folder.is_dir()) {
        let folder = folder.display();
        return Err(Refusal(format!(
            "--plugins {folder}: no such folder; expected a folder with *.wasm, or none"
        )));
    }
    let folder = named.map_or_else(|| plugins_folder(&config.plugins, &config.host.state), Path::to_owned);
    Ok(Arc::new(look(config, folder)?))
}

/// The plugins of a folder as they are now.
pub(crate) fn look(config: &Config, folder: PathBuf) -> Result<Plugins, Refusal> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let engine = Arc::new(engine(compiled_by_user())?);
    Ok(Plugins::open(engine, config.plugins.clone(), folder, clock))
}

/// Where single commands keep compiled plugins.
pub(crate) fn compiled_by_user() -> Option<PathBuf> {
    ovr_vision::infer::default_cache().map(|cache| cache.join(COMPILED))
}

/// Where vehicles on single pictures come from: as named, else as configured.
pub(crate) fn countries(config: &Config, named: Option<&[String]>) -> Result<Vec<String>, Refusal> {
    let Some(named) = named else {
        return Ok(config.plugins.countries.clone());
    };
    validate_countries("--countries", named).map_err(|error| Refusal(error.to_string()))?;
    Ok(named.to_vec())
}

/// A plate on a picture as a format check gets it.
pub(crate) fn lattice_of(plate: &StillPlate) -> Lattice {
    Lattice {
        positions: plate.positions.clone(),
        confidence: plate.confidence,
        quality: None,
        width_px: Some(plate.quad.width()),
        site: ovr_domain::SiteId::default(),
        camera: CameraId::numbered("picture", 1),
    }
}
