//! Many reloads, a third of them invalid, while cameras run at full speed: no event is lost, and nothing piles up.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use ovr_capture::{H264Writer, Options, SourceConfig};
use ovr_domain::port::FrameSource as _;
use ovr_domain::time::{Clock as _, SystemClock};
use ovr_domain::{CameraId, PlateEvent};
use ovr_testkit::scene::{FRAMES_PER_SECOND, SIZE};
use ovr_testkit::{Scene, Truth, judge};

use crate::program::{Place, Program, stored};
use crate::{ENDLESS, HOST, cameras, cannot_run, goes_on, test_camera};

/// Reloads of the everyday run; `OVR_RELOADS` says another number.
const RELOADS: usize = 100;

/// Reloads of the full run.
const RELOADS_FULL: usize = 1_000;

/// Reloads for which one street is long enough.
const RELOADS_A_STREET: usize = 250;

/// Draws the demo's street into a video; gives what it shows.
fn street(file: &Path) -> Truth {
    let scene = Scene::new(1).unwrap();
    let mut truth = scene.truth().clone();
    let mut writer = H264Writer::create(file, SIZE.0, SIZE.1, FRAMES_PER_SECOND).unwrap();
    for frame in scene {
        writer.write(&frame.unwrap().picture).unwrap();
    }
    writer.finish().unwrap();
    let source: SourceConfig = file.to_str().unwrap().parse().unwrap();
    let (camera, clock) = (CameraId::new("street").unwrap(), Arc::new(SystemClock::start()));
    let mut source = ovr_capture::open(camera, &source, Options::default(), clock).unwrap();
    truth.started_at = source.next_frame().unwrap().unwrap().captured_at.at;
    truth
}

/// The files of a step, and whether they are to be rejected. What a step changes must not change what the street gives:
/// limits that are not reached, and other cameras.
fn step(nth: usize, streets: &str) -> (Vec<(&'static str, String)>, bool) {
    let round = nth / 3;
    if nth % 3 == 1 {
        return (vec![bad(round, streets)], true);
    }
    let (more, detections) = (round % 2, 300 + round / 40 % 2);
    let mut files = vec![
        ("host.yaml", format!("{HOST}dedup: {{ passes_max: {} }}\n", 4_097 + more)),
        (
            "tracking.yaml",
            format!(
                "detection: {{ queue_frames: {} }}\ndetector: {{ network: {{ detections_max: {detections} }} }}\n",
                9 + more
            ),
        ),
        ("ocr.yaml", format!("assemble: {{ tracks_max: {} }}\n", 65 + more)),
    ];
    if nth % 3 == 2 {
        let other = |width: u32| cameras(&[streets, &test_camera("other", width)]);
        let now = [cameras(&[streets]), other(64), other(96)].into_iter().nth(round % 3);
        files.extend(now.map(|now| ("cameras.yaml", now)));
    }
    (files, false)
}

fn bad(round: usize, streets: &str) -> (&'static str, String) {
    let nowhere = "  - id: nowhere\n    source: { file: { path: nowhere.mp4 } }\n";
    match round % 5 {
        0 => ("tracking.yaml", "tracker: { high_treshold: 0.5 }\n".to_owned()),
        1 => ("ocr.yaml", "assemble: [".to_owned()),
        2 => ("host.yaml", "dedup: { window_s: -1 }\n".to_owned()),
        3 => ("ocr.yaml", "reader: { model: nowhere.onnx }\n".to_owned()),
        _ => ("cameras.yaml", cameras(&[streets, nowhere])),
    }
}

fn reload(reloads: usize) {
    if cannot_run() {
        return;
    }
    let place = Place::new(&[("host.yaml", HOST)]);
    let truth = street(&place.path().join("street.mp4"));
    let named = |n: usize| format!("street-{n}");
    let count = reloads.div_ceil(RELOADS_A_STREET);
    let entry = |n: usize| format!("  - id: {}\n    source: {{ file: {{ path: street.mp4 }} }}\n", named(n));
    // One camera never ends, so that there is one at full speed to the last reload.
    let streets = (0..count).map(entry).chain([ENDLESS.to_owned()]).collect::<Vec<_>>().concat();
    place.write("cameras.yaml", &cameras(&[&streets]));
    let program = Program::start(&place, &[]);
    let before = program.files_and_threads();
    let worked_on = |program: &Program| {
        let of = |outcome: &str| program.count("ovr_frames_total", &["camera=\"street-", outcome]);
        of("looked_at") + of("passed_over")
    };
    let clock = SystemClock::start();
    for nth in 0..reloads {
        let (files, rejected) = step(nth, &streets);
        for (file, text) in files {
            place.write(file, &text);
        }
        program.hang_up();
        // One that looked at the files by itself may have come in between.
        let said = program.said_all(&["the configuration is ", "asked=true"]);
        assert_eq!(said.contains("not applied"), rejected, "{said}");
    }
    let under_way = worked_on(&program);
    let shown = (count * 375) as u64;
    let seconds = clock.monotonic().as_secs_f32();
    println!(
        "{reloads} reloads in {seconds:.1} s; {under_way} of {shown} frames of streets were worked on meanwhile"
    );
    goes_on(&program, "a", 0, 100);
    let counted = |labels: &[&str]| program.count("ovr_config_reloads_total", labels) as usize;
    assert!(counted(&[]) >= reloads && counted(&["outcome=\"rejected\""]) >= reloads / 3);
    for (file, text) in [("host.yaml", HOST), ("ocr.yaml", ""), ("cameras.yaml", &cameras(&[&streets]))] {
        place.write(file, text);
    }
    program.hang_up();
    program.until_counts(|_| (worked_on(&program) == shown).then_some(()));
    let after = program.files_and_threads();
    println!("open files and threads: {before:?} before, {after:?} after");
    assert!(after.0 <= before.0 && after.1 <= before.1, "{before:?} before, {after:?} after");

    let folder = program.folder().to_owned();
    let announced = program.finish();
    let events = stored(&folder);
    let ids: BTreeSet<String> = events.iter().map(|event| event.event_id.to_string()).collect();
    assert_eq!(ids, announced, "what was announced is what is stored");
    for n in 0..count {
        let of_street = |event: &&PlateEvent| event.camera_id.as_str() == named(n);
        let seen: Vec<PlateEvent> = events.iter().filter(of_street).cloned().collect();
        let verdict = judge(&truth, &seen);
        assert!(verdict.all_right(), "{}: {:#?}", named(n), verdict.lines);
    }
}

#[test]
fn many_reloads_lose_no_event() {
    let reloads = std::env::var("OVR_RELOADS").ok().map_or(RELOADS, |number| number.parse().unwrap());
    reload(reloads);
}

#[test]
#[ignore = "takes a minute"]
fn a_thousand_reloads_lose_no_event() {
    reload(RELOADS_FULL);
}
