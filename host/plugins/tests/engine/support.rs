//! An engine with a worker, plugins from `./dev plugins --tests`, and reads.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use ovr_domain::hook::Lattice;
use ovr_domain::ids::{CameraId, SiteId};
use ovr_domain::read::{Alternative, Position};
use ovr_plugins::engine::{Answer, CallError, Engine, EngineOptions, Plugin, Settings, WorkerCommand};

/// The process that compiles.
pub(crate) fn worker() -> WorkerCommand {
    WorkerCommand { program: env!("CARGO_BIN_EXE_ovr-compile-plugin").into(), arguments: Vec::new() }
}

/// An engine without a cache.
pub(crate) fn engine() -> Engine {
    Engine::new(EngineOptions { cache: None, worker: worker() }).expect("an engine")
}

/// A component that only tests load.
pub(crate) fn guest(name: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../target/plugins-test/{name}.wasm"));
    assert!(file.exists(), "there is no {}: run ./dev plugins --tests first", file.display());
    file
}

/// The hostile plugin, compiled once for all tests of this process.
pub(crate) fn hostile() -> &'static Plugin {
    static HOSTILE: LazyLock<Plugin> =
        LazyLock::new(|| engine().load(&guest("hostile")).expect("the hostile plugin"));
    &HOSTILE
}

/// A read in which every character of `text` is certain.
pub(crate) fn read(text: &str) -> Lattice {
    let position = |character| Position {
        alternatives: vec![Alternative { character, probability: 0.96 }],
        absent: 0.0,
    };
    Lattice {
        positions: text.chars().map(position).collect(),
        confidence: 0.96,
        quality: None,
        width_px: None,
        site: SiteId::default(),
        camera: CameraId::numbered("camera", 1),
    }
}

/// Asks the hostile plugin, which does what the read says.
pub(crate) fn ask(text: &str) -> Result<Answer, CallError> {
    hostile().check(&read(text), &[], &Settings::new())
}

/// Asserts that the plugin works as if nothing had happened.
pub(crate) fn assert_works() {
    let Ok(Answer::Plates(plates)) = ask("B-AB 1234") else { panic!("a good read was not answered") };
    assert_eq!(plates.len(), 1);
    assert_eq!((plates[0].text.as_str(), plates[0].format_id.as_str()), ("BAB1234", "call-1"));
}
