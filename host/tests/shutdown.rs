//! A run that is told to stop ends in order: open tracks give their last events, and all of it is in the store.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use ovr_capture::H264Writer;
use ovr_domain::PlateEvent;
use ovr_domain::event::Lifecycle;
use ovr_domain::port::EventStore as _;
use ovr_domain::query::EventQuery;
use ovr_store::sqlite::SqliteStore;
use ovr_testkit::Scene;
use ovr_testkit::scene::{FRAMES_PER_SECOND, SIZE};
use serde_json::Value;

/// The first seconds of the demo's street.
fn street(file: &Path) {
    let mut writer = H264Writer::create(file, SIZE.0, SIZE.1, FRAMES_PER_SECOND).unwrap();
    for frame in Scene::new(1).unwrap().take(150) {
        writer.write(&frame.unwrap().picture).unwrap();
    }
    writer.finish().unwrap();
}

fn program(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ovr-alpr"));
    command.args(args).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Events in the store.
fn stored(folder: &Path) -> Vec<PlateEvent> {
    let install = std::fs::read_to_string(folder.join("state/install-id")).unwrap();
    let store = SqliteStore::open(&folder.join("state/events.db"), install.trim().parse().unwrap()).unwrap();
    let query = EventQuery { with_suppressed: true, with_unread: true, limit: 500, ..EventQuery::default() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(store.search(&query)).unwrap().events
}

/// Starts the program on the street, played as it was taken, and waits until a vehicle in view was announced.
fn until_a_vehicle_is_in_view(folder: &Path) -> (Child, Lines<BufReader<ChildStdout>>, Value) {
    std::fs::create_dir(folder.join("config")).unwrap();
    std::fs::write(folder.join("config/host.yaml"), "api: { listen: \"127.0.0.1:0\" }\n").unwrap();
    street(&folder.join("street.mp4"));
    let mut child =
        program(folder, &["run", "--json", "--realtime", "--source", "street.mp4"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(first["lifecycle"], "new");
    (child, lines, first)
}

#[test]
fn a_signal_closes_open_tracks_and_what_was_accepted_is_in_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, lines, first) = until_a_vehicle_is_in_view(folder.path());
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
    let mut events = vec![first];
    events.extend(lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap()));
    assert!(child.wait().unwrap().success());

    let mut last = BTreeMap::new();
    for event in &events {
        last.insert(event["event_id"].to_string(), event["lifecycle"].clone());
    }
    assert!(last.values().all(|lifecycle| lifecycle == "final"), "{last:?}");
    let check = program(folder.path(), &["check"]).output().unwrap();
    let said = String::from_utf8_lossy(&check.stdout);
    assert!(said.contains(" 0 accepted events wait for the store"), "{said}");
    assert_eq!(stored(folder.path()).len(), last.len());
}

#[test]
fn a_pass_that_a_crash_left_open_is_closed_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, lines, first) = until_a_vehicle_is_in_view(folder.path());
    child.kill().unwrap();
    child.wait().unwrap();
    drop(lines);
    let run = ["run", "--exit-at-end", "--source", "test:64x64@25/5"];
    let again = program(folder.path(), &run).output().unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    let events = stored(folder.path());
    assert!(
        events.iter().any(|event| event.event_id.to_string() == first["event_id"]),
        "an accepted event is lost"
    );
    assert!(events.iter().all(|event| event.lifecycle == Lifecycle::Final), "{events:#?}");
}
