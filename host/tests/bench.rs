//! What `bench` says of input that it cannot use (one line, and exit code 2), and what it counts of several cameras.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on fails"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs `bench` in a folder without a configuration and without models.
fn bench(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ovr-alpr"))
        .arg("bench")
        .args(args)
        .current_dir(folder)
        .env_remove("OVR_CONFIG")
        .env_remove("OVR_PLUGINS")
        .env("OVR_MODELS", folder)
        .output()
        .unwrap()
}

/// Exit code 2, nothing on standard output, and one line on standard error that has all the words.
#[track_caller]
fn assert_refused(output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error:")).collect();
    assert_eq!(errors.len(), 1, "expected one line: {said}");
    for word in words {
        assert!(errors[0].contains(word), "{word:?} is not in: {said}");
    }
}

#[test]
fn sets_that_are_not_there_are_named_before_any_model_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let detect = bench(folder.path(), &["detect", "nowhere"]);
    assert_refused(&detect, &["nowhere", "annotations.jsonl, or a video file"]);
    let reader = bench(folder.path(), &["reader", "nowhere"]);
    assert_refused(&reader, &["nowhere/annotations.jsonl", "expected a folder"]);
    fs::write(folder.path().join("annotations.jsonl"), "{\"image\": 7}\n").unwrap();
    assert_refused(&bench(folder.path(), &["reader", "."]), &["annotations.jsonl: line 1:"]);
}

#[test]
fn models_that_are_not_there_or_are_none_are_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("annotations.jsonl"), "").unwrap();
    fs::write(folder.path().join("text.onnx"), "no model").unwrap();
    for args in [["detect", "."], ["reader", "."]] {
        let missing = [args[0], args[1], "--model", "nowhere.onnx"];
        assert_refused(
            &bench(folder.path(), &missing),
            &["nowhere.onnx: there is no such model", "expected an ONNX"],
        );
        let wrong = [args[0], args[1], "--model", "text.onnx"];
        assert_refused(&bench(folder.path(), &wrong), &["text.onnx", "expected an ONNX model"]);
    }
    let fusion = bench(folder.path(), &["fusion", "--model", "nowhere.onnx"]);
    assert_refused(&fusion, &["nowhere.onnx: there is no such model"]);
}

#[test]
fn numbers_that_make_no_sense_are_refused_with_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    for (args, word) in [
        (["fusion", "--heights", "5"], "8..=64"),
        (["fusion", "--frames", "0"], "1..=64"),
        (["detect", ".", "--input-size=5x"], "such as 640x384"),
        (["detect", ".", "--confidence=2"], "from 0 to 1"),
        (["detect", ".", "--every=0"], "1..=1000"),
        (["pipeline", "test:64x64@5", "--cameras=0"], "1..=64"),
        (["pipeline", "test:64x64@5", "--cameras=1,65"], "1..=64"),
    ] {
        assert_refused(&bench(folder.path(), &args), &[word]);
    }
}

#[test]
fn a_source_without_an_end_is_none_for_the_pipeline() {
    let folder = tempfile::tempdir().unwrap();
    let live = bench(folder.path(), &["pipeline", "rtsp://127.0.0.1:1/stream"]);
    assert_refused(&live, &["rtsp://127.0.0.1:1/stream", "expected a video file"]);
}

#[test]
fn every_camera_of_a_pipeline_plays_the_whole_source() {
    if ovr_vision::infer::library_file().is_none() {
        println!("skipped: ./dev setup has not fetched ONNX Runtime");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ovr-alpr"))
        .args(["bench", "pipeline", "test:320x180@25/50", "--cameras", "1,2", "--json"])
        .current_dir(folder.path())
        .env_remove("OVR_CONFIG")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout);
    let rows: Vec<serde_json::Value> = said.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(rows.len(), 2, "{said}");
    let count = |row: usize, of: &str| rows[row][of].as_u64().unwrap();
    assert_eq!((count(0, "cameras"), count(0, "frames")), (1, 50));
    assert_eq!((count(1, "cameras"), count(1, "frames")), (2, 100));
    assert_eq!(count(1, "looks"), 2 * count(0, "looks"), "{said}");
    for row in &rows {
        assert_eq!(row["drops"]["queue_full"], 0, "{row}");
        assert_eq!(row["drops"]["network_failed"], 0, "{row}");
        let positive = |of: &serde_json::Value| of.as_f64().is_some_and(|value| value > 0.0);
        assert!(
            positive(&row["fps_camera_min"]) && positive(&row["cpu"]) && positive(&row["ratio"]),
            "{row}"
        );
    }
}
