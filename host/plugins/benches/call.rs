//! What a plugin costs: a call with a fresh instance, as the host makes it; the same on an instance that is kept; an
//! instance alone; and the time from a file's last byte to its first call.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use criterion::Criterion;
use ovr_domain::hook::Lattice;
use ovr_domain::ids::{CameraId, Digest, SiteId};
use ovr_domain::read::{Alternative, Position};
use ovr_domain::time::SystemClock;
use ovr_plugins::engine::{Engine, EngineOptions, Plugin, Settings, WorkerCommand};
use ovr_plugins::registry::{Plugins, PluginsConfig};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// An EU pack is what most sites run.
const PACK: &str = "plate-format-eu";

/// Alternatives of each of the seven positions, as a reader gives them.
const READ: [&[(char, f32)]; 7] = [
    &[('B', 0.90), ('8', 0.08), ('R', 0.01)],
    &[('A', 0.97), ('4', 0.02)],
    &[('B', 0.55), ('8', 0.43)],
    &[('1', 0.93), ('I', 0.05), ('7', 0.01)],
    &[('2', 0.98), ('Z', 0.01)],
    &[('3', 0.99)],
    &[('4', 0.96), ('A', 0.02)],
];

fn read() -> Lattice {
    let alternative = |&(character, probability): &(char, f32)| Alternative { character, probability };
    let position =
        |all: &[(char, f32)]| Position { alternatives: all.iter().map(alternative).collect(), absent: 0.001 };
    Lattice {
        positions: READ.iter().map(|all| position(all)).collect(),
        confidence: 0.9,
        quality: None,
        width_px: Some(120.0),
        site: SiteId::default(),
        camera: CameraId::numbered("camera", 1),
    }
}

fn engine(cache: &Path) -> Outcome<Arc<Engine>> {
    let worker =
        WorkerCommand { program: env!("CARGO_BIN_EXE_ovr-compile-plugin").into(), arguments: vec![] };
    Ok(Arc::new(Engine::new(EngineOptions { cache: Some(cache.to_owned()), worker })?))
}

fn component() -> Outcome<(PathBuf, Vec<u8>)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../target/plugins/{PACK}.wasm"));
    let bytes = std::fs::read(&file)
        .map_err(|error| format!("{}: {error}: run ./dev plugins first", file.display()))?;
    Ok((file, bytes))
}

fn calls(criterion: &mut Criterion, plugin: &Plugin) -> Outcome<()> {
    let (read, countries, settings) = (read(), vec!["DE".to_owned()], Settings::new());
    // Both ways answer alike before either is timed.
    let mut kept = plugin.keep()?;
    assert_eq!(plugin.check(&read, &countries, &settings)?, kept.check(&read, &countries, &settings)?);
    criterion.bench_function("call with a fresh instance", |bench| {
        bench.iter(|| black_box(plugin.check(&read, &countries, &settings).is_ok()));
    });
    criterion.bench_function("call on a kept instance", |bench| {
        bench.iter(|| black_box(kept.check(&read, &countries, &settings).is_ok()));
    });
    criterion.bench_function("instance alone", |bench| {
        bench.iter(|| black_box(plugin.keep().is_ok()));
    });
    Ok(())
}

/// Two builds take turns under one name: from the rename to the first answer of the new one, the pause included in which a
/// file must not change before it is taken for whole.
fn swaps(criterion: &mut Criterion, engine: &Arc<Engine>, component: &[u8], folder: &Path) -> Outcome<()> {
    // The same component under two digests: a custom section says nothing to anybody.
    let builds = [1_u8, 2].map(|number| [component, &[0, 3, 1, b'n', number]].concat());
    let digests = builds.each_ref().map(|bytes| Digest::of(bytes).to_string());
    let file = folder.join("swapped.wasm");
    let put = |bytes: &[u8]| {
        let partial = folder.join("swapped.partial");
        std::fs::write(&partial, bytes).and_then(|()| std::fs::rename(&partial, &file))
    };
    let clock = Arc::new(SystemClock::start());
    let mut plugins = Plugins::open(Arc::clone(engine), PluginsConfig::default(), folder.to_owned(), clock);
    plugins.watch()?;
    let in_use = || {
        plugins
            .list()
            .into_iter()
            .find_map(|status| status.build)
            .map(|build| build.digest)
            .unwrap_or_default()
    };
    let mut turn = 0;
    let mut swap = || {
        turn = 1 - turn;
        let (Some(bytes), Some(digest)) = (builds.get(turn), digests.get(turn)) else { return };
        let is_put = put(bytes).is_ok();
        // 10 s: a file that is refused would be waited for without end.
        let is_swapped = (0..50_000).any(|_| {
            std::thread::sleep(Duration::from_micros(200));
            in_use() == *digest
        });
        assert!(is_put && is_swapped, "the file was refused: try ovr-alpr plugins check");
    };
    // Both are in the cache before the first is timed.
    swap();
    swap();
    let mut group = criterion.benchmark_group("load");
    group.sample_size(20).measurement_time(Duration::from_secs(8));
    group.bench_function("file to swapped, compiled before", |bench| bench.iter(&mut swap));
    group.finish();
    Ok(())
}

fn run() -> Outcome<()> {
    let cache = tempfile::tempdir()?;
    let folder = tempfile::tempdir()?;
    let (file, bytes) = component()?;
    let engine = engine(&cache.path().join("compiled"))?;
    let plugin = engine.load(&file)?;
    let mut criterion = Criterion::default().configure_from_args();
    calls(&mut criterion, &plugin)?;
    swaps(&mut criterion, &engine, &bytes, folder.path())?;
    criterion.final_summary();
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}
