//! A camera that goes while a vehicle is in view: its event does not wait for the camera's return.

use std::time::Duration;

use ovr_domain::time::{Clock as _, SystemClock};
use ovr_testkit::rtsp::Fault;
use serde_json::Value;

use crate::program::Program;
use crate::{DEADLINE, camera, configure, has_runtime};

/// Of the passes that were told of, those that are not at their end.
fn in_view(events: &[Value]) -> Vec<String> {
    let mut open: Vec<String> = Vec::new();
    for event in events {
        let pass = event["event_id"].as_str().unwrap().to_owned();
        open.retain(|other| *other != pass);
        if event["lifecycle"] != "final" {
            open.push(pass);
        }
    }
    open
}

#[test]
fn the_last_event_of_what_was_in_view_comes_although_the_camera_stays_away() {
    if !has_runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = camera(folder.path(), usize::MAX, None);
    let address = server.address("/street");
    configure(
        folder.path(),
        &format!("cameras: [{{ id: gate, source: {{ rtsp: {{ address: \"{address}\" }} }} }}]\n"),
    );
    let mut program = Program::start(folder.path(), "warn");
    let until = |program: &mut Program, holds: &dyn Fn(&[Value]) -> bool| {
        let clock = SystemClock::start();
        while !holds(program.events()) {
            assert!(clock.monotonic() < DEADLINE, "{:#?}", program.events());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    until(&mut program, &|events| !in_view(events).is_empty());
    // It stays away until the server goes.
    server.fault_for("/street", Fault::Refuse, 4 * DEADLINE).unwrap();
    until(&mut program, &|events| in_view(events).is_empty());
    program.end();
}
