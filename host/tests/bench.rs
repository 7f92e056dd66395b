//! What `bench` says of input that it cannot use: one line, and exit code 2.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

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
    ] {
        assert_refused(&bench(folder.path(), &args), &[word]);
    }
}
