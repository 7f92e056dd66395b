//! A folder, an engine and a clock for each test, and the components that are put into the folder.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use ovr_domain::hook::Lattice;
use ovr_domain::read::{Alternative, Position};
use ovr_domain::time::{Clock, SystemClock, Timestamp};
use ovr_domain::{CameraId, Digest, SiteId};
use ovr_plugins::engine::{Engine, EngineOptions, WorkerCommand};
use ovr_plugins::registry::{PluginStatus, Plugins, PluginsConfig};

/// Longest that a test waits for the thread that follows the folder.
const PATIENCE: Duration = Duration::from_mins(1);

/// A clock that stands still unless a test moves it.
#[derive(Debug, Default)]
pub(crate) struct TestClock(Mutex<Duration>);

impl TestClock {
    pub(crate) fn advance(&self, span: Duration) {
        *self.0.lock().unwrap() += span;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::default().plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

/// A clock on which everything takes a minute.
#[derive(Debug, Default)]
pub(crate) struct SlowClock(TestClock);

impl Clock for SlowClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn monotonic(&self) -> Duration {
        self.0.advance(Duration::from_mins(1));
        self.0.monotonic()
    }
}

/// One engine serves all tests: its pool of address space is not small.
fn engine() -> Arc<Engine> {
    static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
    let start = || {
        let worker =
            WorkerCommand { program: env!("CARGO_BIN_EXE_ovr-compile-plugin").into(), arguments: vec![] };
        let cache = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled-plugins"));
        Arc::new(Engine::new(EngineOptions { cache, worker }).unwrap())
    };
    Arc::clone(ENGINE.get_or_init(start))
}

fn built(path: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target").join(path);
    std::fs::read(&file)
        .unwrap_or_else(|error| panic!("{}: {error}: run ./dev plugins first", file.display()))
}

/// A plate-format plugin that misbehaves when the read tells it to and else knows every plate.
pub(crate) fn hostile() -> Vec<u8> {
    built("plugins-test/hostile.wasm")
}

/// A plugin that ships.
pub(crate) fn shipped(name: &str) -> Vec<u8> {
    built(&format!("plugins/{name}.wasm"))
}

/// The same component under another digest: a custom section says nothing to anybody.
pub(crate) fn build(component: &[u8], number: u8) -> Vec<u8> {
    // Section 0 of 3 bytes: a name of one byte, and the number.
    [component, &[0, 3, 1, b'n', number]].concat()
}

pub(crate) struct Site {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::with(Arc::new(SystemClock::start()))
    }

    pub(crate) fn with(clock: Arc<dyn Clock>) -> Self {
        Self { dir: tempfile::tempdir().unwrap(), clock }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.dir.path().join("plugins")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder().join(format!("{name}.wasm"))
    }

    /// Puts a file there as a whole: written beside it, then renamed.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::create_dir_all(self.folder()).unwrap();
        let partial = self.folder().join(format!(".{name}.partial"));
        std::fs::write(&partial, bytes).unwrap();
        std::fs::rename(&partial, self.file(name)).unwrap();
    }

    pub(crate) fn open(&self) -> Plugins {
        self.open_with(PluginsConfig::default())
    }

    pub(crate) fn open_with(&self, config: PluginsConfig) -> Plugins {
        Plugins::open(engine(), config, self.folder(), Arc::clone(&self.clock))
    }

    /// Brings what is in use in line with the folder, without waiting for a thread to see it.
    pub(crate) fn reread(&self, plugins: &Plugins) {
        plugins.reconfigure(PluginsConfig::default(), self.folder());
    }
}

pub(crate) fn read(text: &str) -> Lattice {
    let position = |character| Position {
        alternatives: vec![Alternative { character, probability: 0.95 }],
        absent: 0.0,
    };
    Lattice {
        positions: text.chars().map(position).collect(),
        confidence: 0.95,
        quality: None,
        width_px: None,
        site: SiteId::default(),
        camera: CameraId::new("gate").unwrap(),
    }
}

pub(crate) fn digest(bytes: &[u8]) -> Digest {
    Digest::of(bytes)
}

pub(crate) fn status(plugins: &Plugins, name: &str) -> Option<PluginStatus> {
    plugins.list().into_iter().find(|status| status.name == name)
}

/// Digest of the build in use.
pub(crate) fn in_use(plugins: &Plugins, name: &str) -> Option<String> {
    status(plugins, name)?.build.map(|build| build.digest)
}

/// Waits for what another thread does.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let clock = SystemClock::start();
    while !holds() {
        assert!(clock.monotonic() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
