//! What is measured runs in a process of its own, one after the other: whatever a plugin does, it is stopped in time and the
//! host hardly grows.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot begin has failed")]

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ovr_domain::hook::Lattice;
use ovr_domain::ids::{CameraId, SiteId};
use ovr_domain::read::{Alternative, Position};
use ovr_domain::time::{Clock as _, SystemClock};
use ovr_plugins::engine::{
    Answer, CallError, Engine, EngineOptions, FailureKind, Plugin, Settings, WorkerCommand,
};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn hostile() -> Plugin {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/plugins-test/hostile.wasm");
    assert!(file.exists(), "there is no {}: run ./dev plugins --tests first", file.display());
    let worker =
        WorkerCommand { program: env!("CARGO_BIN_EXE_ovr-compile-plugin").into(), arguments: Vec::new() };
    let engine = Engine::new(EngineOptions { cache: None, worker }).expect("an engine");
    engine.load(&file).expect("the hostile plugin")
}

/// Asks the hostile plugin, which does what the read says.
fn ask(plugin: &Plugin, text: &str) -> Result<Answer, CallError> {
    let position = |character| Position {
        alternatives: vec![Alternative { character, probability: 0.96 }],
        absent: 0.0,
    };
    let read = Lattice {
        positions: text.chars().map(position).collect(),
        confidence: 0.96,
        quality: None,
        width_px: None,
        site: SiteId::default(),
        camera: CameraId::numbered("camera", 1),
    };
    plugin.check(&read, &[], &Settings::new())
}

/// Time that this thread spent on a processor.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("the scheduler's figures");
    let nanos = text.split_whitespace().next().and_then(|field| field.parse().ok()).expect("a number");
    Duration::from_nanos(nanos)
}

/// The smallest span that this share of the spans does not exceed.
fn quantile(spans: &mut [Duration], share: f64) -> Duration {
    spans.sort_unstable();
    spans[((spans.len() - 1) as f64 * share).round() as usize]
}

#[test]
fn an_endless_loop_is_stopped_within_60_ms() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let (plugin, clock) = (hostile(), SystemClock::start());
    let (mut all, mut undisturbed, mut processors) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..100 {
        let (began, processor) = (clock.monotonic(), processor_time());
        let error = ask(&plugin, "LOOP").expect_err("a loop that ended");
        let took = clock.monotonic().saturating_sub(began);
        let used = processor_time().saturating_sub(processor);
        if error.kind == FailureKind::Host {
            // The machine is so busy that the loop had less than half of its time; the host gave up on it all the same.
            assert!(used < Duration::from_millis(50), "{error} after {used:?}");
            continue;
        }
        assert_eq!(error.to_string(), "deadline: it took longer than 50 ms");
        all.push(took);
        processors.push(used);
        // On a loaded machine the thread also waits for a processor, which says nothing about the engine.
        if used >= took.mul_f64(0.9) {
            undisturbed.push(took);
        }
    }
    let [p50, p99] = [0.5, 0.99].map(|share| quantile(&mut all, share));
    let most = quantile(&mut processors, 0.99);
    println!(
        "stopped after p50 {p50:?} p99 {p99:?}, p99 on the processor {most:?}, {} undisturbed",
        undisturbed.len()
    );
    assert!(most <= Duration::from_millis(60), "{most:?}");
    if undisturbed.len() >= 20 {
        let late = quantile(&mut undisturbed, 0.99);
        assert!(late <= Duration::from_millis(60), "{late:?}");
    }
}

/// A field of /proc/self/status, in bytes.
fn status(field: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(field)).unwrap_or_default();
    let kib: Option<u64> = line.split_whitespace().nth(1).and_then(|number| number.parse().ok());
    kib.map_or(0, |kib| kib << 10)
}

#[test]
fn hostile_plugins_let_the_host_grow_by_no_more_than_20_mib() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let plugin = hostile();
    ask(&plugin, "B-AB 1234").expect("a good answer");
    let before = status("VmRSS");
    let hostile = [
        "HOARD",
        "GROW",
        "GIGABYTE",
        "MEGABYTES",
        "LONG",
        "BIGLOG",
        "FLOOD",
        "RECURSE",
        "PANIC",
        "LOOP",
        "MANY",
    ];
    for _ in 0..10 {
        for what in hostile {
            drop(ask(&plugin, what));
        }
        drop(ask(&plugin, &"A".repeat(10_000)));
    }
    let (after, peak) = (status("VmRSS"), status("VmHWM"));
    println!("resident before {before}, after {after}, at most {peak} bytes");
    assert!(before > 0 && peak > 0, "the system tells no figures");
    assert!(after.saturating_sub(before) <= 20 << 20, "it grew from {before} to {after} bytes");
    assert!(peak.saturating_sub(before) <= 20 << 20, "it grew from {before} to {peak} bytes at times");
}
