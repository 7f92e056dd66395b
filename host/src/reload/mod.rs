//! A configuration that changes takes effect while cameras run.
//!
//! One thread watches the folder of the configuration. When its files have changed, or SIGHUP asks:
//! 1. everything is read and validated; this is pure,
//! 2. what is different from what runs is listed ([`difference`]),
//! 3. everything that is new is built and tried ([`build`]), while everything old goes on,
//! 4. only then the new takes the place of the old, which cannot fail.
//!
//! Whatever is wrong before the last step, nothing has changed: one line in the log and at `/readyz` says what is wrong
//! until a configuration lies there that can be used.

mod build;
mod difference;
mod watch;

use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use ovr_domain::metric;

use crate::app::failure::Failure;
use crate::config::{Config, ConfigError};
use difference::Difference;
use watch::{Bell, Wake, Watch};

pub(crate) use build::{Parts, Rebuild, Wrong};

/// Where a configuration comes from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// The folder that was read; nothing when there was none and the defaults run.
    pub(crate) folder: Option<PathBuf>,
    /// The cameras are those of the command line.
    pub(crate) cameras_fixed: bool,
}

/// The thread that watches.
pub(crate) struct Reload {
    bell: Bell,
    thread: JoinHandle<()>,
}

impl Reload {
    /// From now on changes take effect. `running` is what runs.
    pub(crate) fn start(
        origin: Origin,
        running: Config,
        parts: Parts,
        failure: &Failure,
    ) -> std::io::Result<Self> {
        // Where there is no folder yet, one may be made.
        let folder = origin.folder.clone().unwrap_or_else(|| PathBuf::from("config"));
        let mut watch = Watch::new(folder, parts.clock.clone());
        let bell = watch.bell();
        let failure = failure.clone();
        let mut worker = Worker { origin, running, told: Vec::new(), parts };
        let thread = thread::Builder::new().name("reload".to_owned()).spawn(move || {
            let guard = failure.guard("thread that watches the configuration");
            if worker.is_behind() {
                worker.reload(false);
            }
            while let Some(wake) = watch.wait() {
                worker.reload(wake == Wake::Asked);
            }
            guard.done();
        })?;
        Ok(Self { bell, thread })
    }

    /// Asks for the files to be read, whether or not they have changed.
    pub(crate) fn asker(&self) -> impl Fn() + Send + Sync + 'static {
        let bell = self.bell.clone();
        move || bell.ask()
    }

    /// No change takes effect any more, but for one that is under way.
    pub(crate) fn stop(&self) {
        self.bell.stop();
    }

    /// Waits for a change that is under way.
    pub(crate) fn join(self) {
        if self.thread.join().is_err() {
            tracing::error!("the thread that watches the configuration panicked");
        }
    }
}

struct Worker {
    origin: Origin,
    running: Config,
    /// What was said last to need a restart, so that it is said once.
    told: Vec<String>,
    parts: Parts,
}

impl Worker {
    fn reload(&mut self, asked: bool) {
        self.parts.cameras.reap();
        let outcome = match self.try_reload() {
            Ok(true) => "applied",
            Ok(false) => "unchanged",
            Err(error) => {
                self.parts.health.config(Some(error.to_string()));
                metric::config_reload("rejected");
                tracing::warn!(asked, "the configuration is not applied, the one that runs stays: {error}");
                return;
            }
        };
        self.parts.health.config(None);
        metric::config_reload(outcome);
        tracing::info!(asked, "the configuration is {outcome}");
    }

    /// Whether something was written after the configuration was read and before it was watched: models load meanwhile.
    fn is_behind(&self) -> bool {
        let Ok(wanted) = Config::load(self.origin.folder.as_deref()) else { return true };
        Difference::between(&self.running, &wanted, self.origin.cameras_fixed).config != self.running
    }

    /// True when something changed.
    fn try_reload(&mut self) -> Result<bool, ConfigError> {
        if self.origin.folder.is_none() {
            self.origin.folder = Config::folder(None)?;
        }
        let wanted = Config::load(self.origin.folder.as_deref())?;
        let Difference { config, changes, stays } =
            Difference::between(&self.running, &wanted, self.origin.cameras_fixed);
        if config != self.running {
            self.change(config).map_err(|wrong| self.place(wrong))?;
        }
        for line in stays.iter().filter(|line| !self.told.contains(line)) {
            tracing::warn!("{line}");
        }
        self.told = stays;
        for line in &changes {
            tracing::info!("{line}");
        }
        Ok(!changes.is_empty())
    }

    fn change(&mut self, config: Config) -> Result<(), Wrong> {
        if config.cameras.cameras.is_empty() && !self.origin.cameras_fixed {
            let problem =
                "there is no camera left; a run without cameras is ended and not configured".to_owned();
            return Err(Wrong { file: "cameras", key: "cameras".to_owned(), problem });
        }
        for commit in self.parts.build(&self.running, &config)? {
            commit();
        }
        self.running = config;
        Ok(())
    }

    fn place(&self, wrong: Wrong) -> ConfigError {
        let Wrong { file, key, problem } = wrong;
        let folder = self.origin.folder.clone().unwrap_or_default();
        ConfigError::at_key(&folder, file, key, problem)
    }
}
