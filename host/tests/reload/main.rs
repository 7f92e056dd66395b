//! The configuration changes while cameras run: what changes takes effect, what is wrong does not, and nothing is lost.
//!
//! The full count of reloads takes a minute: `cargo test -p ovr-alpr --test reload -- --ignored`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on fails"
)]

mod many;
mod program;

use program::{Place, Program};

/// A configuration whose API takes any free port, so that tests run side by side.
const HOST: &str = "api: { listen: \"127.0.0.1:0\" }\n";

/// A camera that never ends.
const ENDLESS: &str = "  - id: a\n    source: { test: { width: 160, height: 120, fps: 25 } }\n";

/// Frames of a camera that may be on their way: in the queue, in the hands of both threads, and those that go on while the
/// counters are read one after another.
const UNDER_WAY_MAX: u64 = 10 + 2 + 2;

fn cameras(entries: &[&str]) -> String {
    format!("cameras:\n{}", entries.concat())
}

fn test_camera(id: &str, width: u32) -> String {
    format!("  - id: {id}\n    source: {{ test: {{ width: {width}, height: 120, fps: 25 }} }}\n")
}

/// Without its networks the program does not run.
fn cannot_run() -> bool {
    let missing = ovr_vision::infer::library_file().is_none();
    if missing {
        println!("skipped: ./dev setup has not fetched ONNX Runtime");
    }
    missing
}

/// Waits until a camera has worked on `more` frames since `before`; gives the new count. Of what was decoded nothing is
/// lost on the way.
#[track_caller]
fn goes_on(program: &Program, camera: &str, before: u64, more: u64) -> u64 {
    let camera = format!("camera=\"{camera}\"");
    program.until_counts(|count| {
        let of = |outcome: &str| count("ovr_frames_total", &[&camera, &format!("outcome=\"{outcome}\"")]);
        let worked_on = of("looked_at") + of("passed_over");
        assert_eq!((of("dropped"), of("failed")), (0, 0));
        let under_way = of("decoded").saturating_sub(worked_on);
        assert!(under_way <= UNDER_WAY_MAX, "{under_way} frames are lost");
        (worked_on >= before + more).then_some(worked_on)
    })
}

#[test]
fn cameras_come_change_and_go_while_another_loses_no_frame() {
    if cannot_run() {
        return;
    }
    let place = Place::new(&[("host.yaml", HOST), ("cameras.yaml", &cameras(&[ENDLESS]))]);
    let program = Program::start(&place, &[]);
    let mut frames = goes_on(&program, "a", 0, 50);

    place.write("cameras.yaml", &cameras(&[ENDLESS, &test_camera("b", 160)]));
    program.said("cameras.yaml: b: added, test:160x120@25");
    program.said("the configuration is applied");
    frames = goes_on(&program, "a", frames, 50);
    let of_b = goes_on(&program, "b", 0, 50);
    program.until_ready(|answer| answer.contains("camera/b"));

    place.write("cameras.yaml", &cameras(&[&test_camera("b", 320), ENDLESS]));
    program.said("cameras.yaml: b.source.test.width: 160 -> 320");
    frames = goes_on(&program, "a", frames, 50);
    // What waited in the queue of the old source was looked at first.
    program.until_counts(|count| {
        (count("ovr_frames_total", &["camera=\"b\"", "outcome=\"passed_over\""]) > of_b).then_some(())
    });

    place.write("cameras.yaml", &cameras(&[ENDLESS]));
    program.said("cameras.yaml: b: removed");
    program.said("the configuration is applied");
    program.until_ready(|answer| answer.contains("camera/a") && !answer.contains("camera/b"));
    goes_on(&program, "a", frames, 50);
    assert_eq!(program.count("ovr_config_reloads_total", &["outcome=\"applied\""]), 3);
    assert_eq!(program.count("ovr_config_reloads_total", &["outcome=\"rejected\""]), 0);
    program.finish();
}

#[test]
fn what_cannot_be_used_changes_nothing_and_is_said_until_something_good_is_there() {
    if cannot_run() {
        return;
    }
    let place = Place::new(&[("host.yaml", HOST), ("cameras.yaml", &cameras(&[ENDLESS]))]);
    let program = Program::start(&place, &[]);
    let mut frames = goes_on(&program, "a", 0, 20);
    program.until_ready(|answer| answer.starts_with("HTTP/1.1 200"));

    let missing = "  - id: b\n    source:\n      file: { path: nowhere.mp4 }\n";
    let missing = cameras(&[ENDLESS, missing]);
    let cases = [
        (
            "tracking.yaml",
            "tracker:\n  high_treshold: 0.5\n",
            "config/tracking.yaml:2: tracker.high_treshold: there is no such key; did you mean `high_threshold`?",
        ),
        ("ocr.yaml", "reader: [", "config/ocr.yaml:1: "),
        ("host.yaml", "dedup: { window_s: -1 }\n", "config/host.yaml:1: dedup.window_s: -1"),
        ("cameras.yaml", &missing, "config/cameras.yaml:5: cameras[1].source: cannot open nowhere.mp4"),
        ("cameras.yaml", "cameras: []\n", "config/cameras.yaml:1: cameras: there is no camera left"),
        (
            "ocr.yaml",
            "reader:\n  model: nowhere.onnx\n",
            "config/ocr.yaml:2: reader.model: cannot load model",
        ),
        ("camera.yaml", "", "config/camera.yaml: no such configuration file"),
    ];
    for (nth, (file, text, line)) in (1..).zip(cases) {
        let path = place.path().join("config").join(file);
        let good = std::fs::read_to_string(&path).ok();
        place.write(file, text);
        let said = program.said("the configuration is not applied");
        assert!(said.contains(line) && said.contains("WARN"), "{said}");
        let answer = program.until_ready(|answer| answer.contains("\"config\",\"ok\":false"));
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        let reason = serde_json::to_string(line).unwrap();
        assert!(answer.contains(reason.trim_matches('"')), "{answer}");
        assert_eq!(program.count("ovr_config_reloads_total", &["outcome=\"rejected\""]), nth);
        frames = goes_on(&program, "a", frames, 20);
        match good {
            Some(good) => place.write(file, &good),
            None => std::fs::remove_file(path).unwrap(),
        }
        program.said("the configuration is unchanged");
        program.until_ready(|answer| answer.starts_with("HTTP/1.1 200"));
    }

    // Of a change that is wrong in one place nothing is applied; once that is mended the rest is.
    place.write("cameras.yaml", &missing);
    place.write("tracking.yaml", "detection: { per_second: 7 }\n");
    program.hang_up();
    program.said_all(&["the configuration is not applied", "nowhere.mp4", "asked=true"]);
    place.write("cameras.yaml", &cameras(&[ENDLESS]));
    program.said("tracking.yaml: detection.per_second: 6.0 -> 7");
    goes_on(&program, "a", frames, 20);
    program.finish();
}

#[test]
fn what_is_written_while_the_program_starts_is_applied() {
    if cannot_run() {
        return;
    }
    let place = Place::new(&[("host.yaml", HOST), ("cameras.yaml", &cameras(&[ENDLESS]))]);
    // By then the configuration was read, and nothing watches it yet.
    let write = || place.write("cameras.yaml", &cameras(&[ENDLESS, &test_camera("b", 160)]));
    let program = Program::start_while(&place, &[], write);
    program.until_counts(|count| {
        (count("ovr_config_reloads_total", &["outcome=\"applied\""]) == 1).then_some(())
    });
    goes_on(&program, "b", 0, 20);
    program.finish();
}

#[test]
fn a_signal_in_the_middle_of_a_reload_ends_the_run_in_order() {
    if cannot_run() {
        return;
    }
    for round in 0..3 {
        let place = Place::new(&[("host.yaml", HOST), ("cameras.yaml", &cameras(&[ENDLESS]))]);
        let program = Program::start(&place, &[]);
        goes_on(&program, "a", 0, 20);
        place.write("cameras.yaml", &cameras(&[&test_camera("a", 320), &test_camera("b", 160)]));
        program.hang_up();
        if round > 0 {
            program.said("cameras.yaml: b: added");
        }
        program.finish();
    }
}

#[test]
fn thresholds_and_models_change_under_a_running_camera_and_the_rest_waits_for_a_restart() {
    if cannot_run() {
        return;
    }
    let place = Place::new(&[
        ("host.yaml", HOST),
        ("tracking.yaml", "detection: { per_second: 0.5, per_second_reading: 0.5 }\n"),
    ]);
    let program = Program::start(&place, &["--source", "test:160x120@25"]);
    let mut frames = goes_on(&program, "test-1", 0, 100);
    let looked_at = || program.count("ovr_frames_total", &["camera=\"test-1\"", "outcome=\"looked_at\""]);
    let passed_over = || program.count("ovr_frames_total", &["camera=\"test-1\"", "outcome=\"passed_over\""]);
    assert!(passed_over() > 40 * looked_at() / 2, "{} of {}", passed_over(), looked_at());

    place.write("tracking.yaml", "detection: { per_second: 25, per_second_reading: 25 }\n");
    program.said("tracking.yaml: detection.per_second: 0.5 -> 25");
    program.said("the configuration is applied");
    // The frame that was in hand when it changed is judged by the old pace.
    goes_on(&program, "test-1", frames, 5);
    let before = passed_over();
    frames = goes_on(&program, "test-1", frames, 100);
    assert!(passed_over() <= before + 1, "every frame is looked at");

    let network = "detector: { network: { detections_max: 200 } }\n";
    place.write(
        "tracking.yaml",
        &format!("detection: {{ per_second: 25, per_second_reading: 25 }}\n{network}"),
    );
    program.said("tracking.yaml: detector.network.detections_max: 300 -> 200");
    place.write("ocr.yaml", "reader: { plate_width_min_px: 35 }\n");
    program.said("ocr.yaml: reader.plate_width_min_px: 30");
    frames = goes_on(&program, "test-1", frames, 50);

    place.write("host.yaml", &format!("{HOST}site: elsewhere\ndedup: {{ window_s: 60 }}\n"));
    program.said("host.yaml: site needs a restart; the running value stays");
    program.said("host.yaml: dedup.window_s: 300 -> 60");
    place.write("cameras.yaml", &cameras(&[ENDLESS]));
    program.said("cameras.yaml: --source on the command line takes its place");
    program.until_ready(|answer| answer.starts_with("HTTP/1.1 200") && !answer.contains("camera/a"));
    goes_on(&program, "test-1", frames, 20);

    if let Some(detector) = ovr_vision::infer::model_file("plate-detector-nano.onnx") {
        place.write("ocr.yaml", &format!("reader:\n  model: {}\n", detector.display()));
        let said = program.said("the configuration is not applied");
        assert!(said.contains("config/ocr.yaml:2: reader.model: ") && said.contains("layout"), "{said}");
    }
    program.finish();
}
