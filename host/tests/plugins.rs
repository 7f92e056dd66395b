//! Plugins that are swapped while cameras run lose nothing, and each event names exactly the one that touched it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use ovr_capture::H264Writer;
use ovr_domain::Digest;
use ovr_testkit::Scene;
use ovr_testkit::scene::{FRAMES_PER_SECOND, SIZE};
use serde_json::Value;

/// Cameras at once; each plays the street as fast as it is read.
const CAMERAS: usize = 4;

/// Between two swaps: the file must have been still for a moment before it is taken for whole.
const SWAP_PERIOD: Duration = Duration::from_millis(300);

/// Frames of the street that each camera plays.
const FRAMES: usize = 150;

fn component(name: &str) -> Vec<u8> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/plugins").join(format!("{name}.wasm"));
    std::fs::read(&built)
        .unwrap_or_else(|error| panic!("{}: {error}: run ./dev plugins first", built.display()))
}

/// The same component under another digest: a custom section says nothing to anybody.
fn renamed(component: &[u8], number: u8) -> Vec<u8> {
    let mut bytes = component.to_vec();
    // Section 0, 3 bytes: a name of one byte, and the number.
    bytes.extend([0, 3, 1, b'n', number]);
    bytes
}

fn write_whole(file: &Path, bytes: &[u8]) {
    let temporary = file.with_extension("new");
    std::fs::write(&temporary, bytes).unwrap();
    std::fs::rename(&temporary, file).unwrap();
}

fn street(file: &Path) {
    let mut writer = H264Writer::create(file, SIZE.0, SIZE.1, FRAMES_PER_SECOND).unwrap();
    for frame in Scene::new(1).unwrap().take(FRAMES) {
        writer.write(&frame.unwrap().picture).unwrap();
    }
    writer.finish().unwrap();
}

/// A site with the street on four cameras and one plugin.
fn site(folder: &Path) -> PathBuf {
    std::fs::create_dir(folder.join("config")).unwrap();
    std::fs::write(folder.join("config/host.yaml"), "api: { listen: \"127.0.0.1:0\" }\n").unwrap();
    street(&folder.join("street-0.mp4"));
    for camera in 1..CAMERAS {
        std::fs::copy(folder.join("street-0.mp4"), folder.join(format!("street-{camera}.mp4"))).unwrap();
    }
    let plugins = folder.join("plugins");
    std::fs::create_dir(&plugins).unwrap();
    plugins
}

/// Reads the street on all cameras and gives what was printed, the last revision of each event.
fn read_street(folder: &Path, plugins: &Path) -> std::io::Result<BTreeMap<String, Value>> {
    let state = folder.join("state");
    if state.exists() {
        std::fs::remove_dir_all(state)?;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_ovr-alpr"));
    command.args(["run", "--json", "--exit-at-end"]).current_dir(folder).env("OVR_PLUGINS", plugins);
    command.env_remove("OVR_CONFIG");
    for camera in 0..CAMERAS {
        command.arg("--source").arg(format!("street-{camera}.mp4"));
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
    let mut last = BTreeMap::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let event: Value = serde_json::from_str(&line?)?;
        last.insert(event["event_id"].as_str().unwrap_or_default().to_owned(), event);
    }
    if child.wait()?.success() { Ok(last) } else { Err(std::io::Error::other("the run failed")) }
}

/// Camera and observed plate of each event.
fn passes(events: &BTreeMap<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let mut passes: Vec<_> =
        events.values().map(|event| (text(&event["camera_id"]), text(&event["plate_observed"]))).collect();
    passes.sort();
    passes
}

#[test]
fn a_plugin_that_is_swapped_again_and_again_costs_no_event_and_each_event_names_one_digest() {
    swap_while_cameras_run(20);
}

/// `cargo test -p ovr-alpr --test plugins -- --ignored --nocapture`: some minutes.
#[test]
#[ignore = "takes minutes; the same with fewer swaps runs always"]
fn five_hundred_swaps_cost_no_event() {
    swap_while_cameras_run(500);
}

/// Plays the street on all cameras again and again until the plugin was swapped `swaps_min` times meanwhile.
fn swap_while_cameras_run(swaps_min: usize) {
    let folder = tempfile::tempdir().unwrap();
    let plugins = site(folder.path());
    let (file, original) = (plugins.join("plate-format-apac.wasm"), component("plate-format-apac"));
    write_whole(&file, &original);
    let undisturbed = read_street(folder.path(), &plugins).unwrap();
    assert!(undisturbed.len() >= CAMERAS);
    let builds: Vec<Vec<u8>> = (0..8).map(|number| renamed(&original, number)).collect();
    let known: BTreeSet<String> =
        builds.iter().chain([&original]).map(|bytes| Digest::of(bytes).to_string()).collect();
    let (done, swaps) = (AtomicBool::new(false), AtomicUsize::new(0));
    let runs = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let number = swaps.fetch_add(1, Ordering::Relaxed);
                write_whole(&file, &builds[number % builds.len()]);
                thread::sleep(SWAP_PERIOD);
            }
        });
        // A panic must not leave the swapping thread behind: what is seen is judged after it has ended.
        let mut runs = Vec::new();
        while swaps.load(Ordering::Relaxed) < swaps_min {
            runs.push(read_street(folder.path(), &plugins));
        }
        done.store(true, Ordering::Relaxed);
        runs
    });
    let mut seen = BTreeSet::new();
    for disturbed in runs {
        let disturbed = disturbed.unwrap();
        assert_eq!(passes(&disturbed), passes(&undisturbed));
        seen.extend(digests(&disturbed));
    }
    assert!(seen.len() >= 2 && seen.is_subset(&known), "{seen:?}");
}

/// The digests that events name: each with a plate names exactly one.
fn digests(events: &BTreeMap<String, Value>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for event in events.values().filter(|event| event["plate_observed"].is_string()) {
        let digests = event["plugin_digests"].as_array().unwrap();
        assert_eq!(digests.len(), 1, "{event}");
        seen.insert(digests[0].as_str().unwrap().to_owned());
        assert_eq!(event["plugin_failures"], Value::Array(Vec::new()));
        assert_ne!(event["verdict"]["kind"], "unchecked");
    }
    seen
}
