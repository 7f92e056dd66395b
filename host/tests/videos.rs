//! Plates of real videos, from the file to the store, by the program as a user runs it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on fails"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The clips that lie beside the checkout, where somebody has put them.
fn clip(name: &str) -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/videos").join(name);
    if file.is_file() {
        return Some(file);
    }
    println!("skipped: there is no {}", file.display());
    None
}

/// Runs the program on a clip and gives the last revision of every event that is no repeat.
fn events(clip: &Path) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    std::fs::create_dir(&config).unwrap();
    std::fs::write(config.join("host.yaml"), "api: { listen: \"127.0.0.1:0\" }\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ovr-alpr"))
        .args(["run", "--exit-at-end", "--json", "--source"])
        .arg(clip)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut last = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        last.insert(event["event_id"].as_str().unwrap().to_owned(), event);
    }
    let all: Vec<Value> = last.into_values().collect();
    assert!(
        all.iter().all(|event| event["lifecycle"] == "final"),
        "an event without its final revision: {all:#?}"
    );
    all.into_iter().filter(|event| event["dedup"]["decision"] == "emit").collect()
}

fn plates(events: &[Value], confidence_min: f64) -> Vec<String> {
    let sure = events.iter().filter(|event| event["confidence"].as_f64().unwrap() >= confidence_min);
    let mut plates: Vec<String> =
        sure.filter_map(|event| event["plate_normalized"].as_str()).map(str::to_owned).collect();
    plates.sort();
    plates
}

/// From here on an event is one that a guard would act on.
const CONFIDENT: f64 = 0.8;

#[test]
fn a_toll_gate_gives_each_of_its_three_vehicles_once() {
    let Some(clip) = clip("parkpow_cars.mp4") else {
        return;
    };
    let events = events(&clip);
    assert_eq!(plates(&events, CONFIDENT), ["34A23126", "34A36837", "89C20339"], "{events:#?}");
}

#[test]
fn a_car_at_dusk_is_read() {
    let Some(clip) = clip("aiguy_license_plate.mp4") else {
        return;
    };
    let plates = plates(&events(&clip), CONFIDENT);
    assert_eq!(plates, ["LS15EBC"]);
}

#[test]
fn traffic_without_a_readable_plate_gives_no_confident_plate() {
    for name in ["ahmetozlu_highway.mp4", "alizahid_cars.mp4", "intel_car-detection.mp4"] {
        let Some(clip) = clip(name) else { return };
        assert_eq!(plates(&events(&clip), CONFIDENT), Vec::<String>::new(), "{name}");
    }
}
