//! Where a camera looks.

use std::process::Command;

use serde_json::Value;

use crate::{configure, has_runtime, street};

#[test]
fn what_lies_in_an_ignored_zone_gives_no_event_and_what_lies_in_a_lane_has_its_name() {
    if !has_runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    street(&folder.path().join("street.mp4"), 150);
    let everywhere = "[[0, 0], [1, 0], [1, 1], [0, 1]]";
    let camera = |id: &str, view: &str| {
        format!("  - {{ id: {id}, source: {{ file: {{ path: street.mp4 }} }}, view: {{ {view} }} }}\n")
    };
    let (blind, seeing) = (
        camera("blind", &format!("ignore_zones: [{everywhere}]")),
        camera("seeing", &format!("lanes: [{{ id: all, zone: {everywhere} }}]")),
    );
    configure(folder.path(), &format!("cameras:\n{blind}{seeing}"));
    let output = Command::new(env!("CARGO_BIN_EXE_ovr-alpr"))
        .args(["run", "--json", "--exit-at-end"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let events: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.len() >= 2, "{said}");
    for event in &events {
        assert_eq!((event["camera_id"].as_str(), event["lane_id"].as_str()), (Some("seeing"), Some("all")));
    }
}
