//! Bad input gets one clear line that says what, where and what would be right, and exit code 2.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use ovr_capture::{H264Writer, Options, SourceConfig};
use ovr_domain::CameraId;
use ovr_domain::port::FrameSource as _;
use ovr_domain::time::SystemClock;
use tempfile::TempDir;

/// Runs the program in an empty folder, so that no configuration but the given one is found.
fn ovr_alpr(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ovr-alpr"));
    command
        .args(args)
        .current_dir(folder)
        .env_remove("OVR_CONFIG")
        .env_remove("OVR_PLUGINS")
        .output()
        .unwrap()
}

/// Exit code 2 and one line on standard error that has all the words.
#[track_caller]
fn assert_refused(output: &Output, words: &[&str]) {
    let line = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{line}");
    let errors: Vec<&str> = line.lines().filter(|line| line.starts_with("error:")).collect();
    assert_eq!(errors.len(), 1, "expected one line: {line}");
    for word in words {
        assert!(errors[0].contains(word), "{word:?} is not in: {line}");
    }
}

fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("config")).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join("config").join(name), text).unwrap();
    }
    folder
}

/// A configuration whose API takes any free port, so that tests run side by side.
const FREE_PORT: (&str, &str) = ("host.yaml", "api: { listen: \"127.0.0.1:0\" }\n");

/// A short clip of a moving test pattern.
fn clip(folder: &Path) -> PathBuf {
    let file = folder.join("clip.mp4");
    let pattern: SourceConfig = "test:320x240@25/50".parse().unwrap();
    let (camera, clock) = (CameraId::new("clip").unwrap(), Arc::new(SystemClock::start()));
    let mut source = ovr_capture::open(camera, &pattern, Options::default(), clock).unwrap();
    let mut writer = H264Writer::create(&file, 320, 240, 25).unwrap();
    while let Some(frame) = source.next_frame().unwrap() {
        writer.write(&frame.picture).unwrap();
    }
    writer.finish().unwrap();
    file
}

#[test]
fn an_unknown_key_names_the_file_the_line_and_the_nearest_right_key() {
    let folder = folder_with(&[("host.yaml", "# the gate\nsitte: gate\n")]);
    let output = ovr_alpr(folder.path(), &["check"]);
    assert_refused(&output, &["config/host.yaml:2: sitte: ", "did you mean `site`"]);
}

#[test]
fn a_missing_model_is_named() {
    let folder = folder_with(&[FREE_PORT, ("ocr.yaml", "reader: { model: nowhere.onnx }\n")]);
    let output = ovr_alpr(folder.path(), &["run", "--source", "test:320x240@25/50", "--exit-at-end"]);
    assert_refused(&output, &["nowhere.onnx"]);
}

#[test]
fn a_model_of_another_kind_is_refused_with_what_would_be_right() {
    let Some(detector) = ovr_vision::infer::model_file("plate-detector-nano.onnx") else {
        println!("skipped: the models are not there");
        return;
    };
    let text = format!("reader: {{ model: {} }}\n", detector.display());
    let folder = folder_with(&[FREE_PORT, ("ocr.yaml", &text)]);
    let output = ovr_alpr(folder.path(), &["run", "--source", "test:320x240@25/50", "--exit-at-end"]);
    assert_refused(&output, &["plate-detector-nano.onnx", "layout"]);
    let Some(reader) = ovr_vision::infer::model_file("PP-OCRv6_rec_small.onnx") else {
        println!("skipped: ./dev setup has not fetched the reader of lines");
        return;
    };
    let text = format!("reader: {{ model: {} }}\n", reader.display());
    let folder = folder_with(&[FREE_PORT, ("ocr.yaml", &text)]);
    let output = ovr_alpr(folder.path(), &["run", "--source", "test:320x240@25/50", "--exit-at-end"]);
    assert_refused(&output, &["expected `engine: paddleocr`"]);
}

#[test]
fn of_several_pictures_those_that_can_be_read_are_and_that_is_said() {
    if ovr_vision::infer::library_file().is_none() {
        println!("skipped: ./dev setup has not fetched ONNX Runtime");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.png", "b.png"] {
        image::RgbImage::new(64, 48).save(folder.path().join(name)).unwrap();
    }
    let output = ovr_alpr(folder.path(), &["read", "a.png", "nowhere.png", "b.png"]);
    let (said, heard) =
        (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout).into_owned());
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("nowhere.png") && said.contains("2 of 3 pictures were read; 1 could not be"),
        "{said}"
    );
    assert!(heard.contains("a.png: no plate") && heard.contains("b.png: no plate"), "{heard}");
    assert_refused(&ovr_alpr(folder.path(), &["read", "nowhere.png"]), &["nowhere.png"]);
}

#[test]
fn a_source_that_is_missing_or_no_video_is_refused() {
    let folder = folder_with(&[FREE_PORT]);
    fs::write(folder.path().join("notes.txt"), "no video at all\n".repeat(500)).unwrap();
    let output = ovr_alpr(folder.path(), &["run", "--source", "nowhere.mp4", "--exit-at-end"]);
    assert_refused(&output, &["nowhere.mp4"]);
    let output = ovr_alpr(folder.path(), &["run", "--source", "notes.txt", "--exit-at-end"]);
    assert_refused(&output, &["notes.txt", "video"]);
}

#[test]
fn a_truncated_video_counts_as_far_as_it_goes_and_says_so() {
    let folder = folder_with(&[FREE_PORT]);
    let whole = fs::read(clip(folder.path())).unwrap();
    fs::write(folder.path().join("cut.mp4"), &whole[..whole.len() * 3 / 5]).unwrap();
    let output = ovr_alpr(folder.path(), &["run", "--source", "cut.mp4", "--exit-at-end"]);
    assert_refused(&output, &["cut.mp4", "broke off after"]);
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = folder_with(&[("host.yaml", &format!("api: {{ listen: \"{address}\" }}\n"))]);
    let output = ovr_alpr(folder.path(), &["run", "--source", "test:320x240@25/50", "--exit-at-end"]);
    assert_refused(&output, &[&address]);
}

#[test]
fn a_state_folder_that_cannot_be_written_is_refused() {
    let folder = folder_with(&[FREE_PORT]);
    // A file where the folder should be: refused for every user, also for one who may write everywhere.
    fs::write(folder.path().join("state"), "").unwrap();
    let output = ovr_alpr(folder.path(), &["run", "--source", "test:320x240@25/50", "--exit-at-end"]);
    assert_refused(&output, &["state folder", "state"]);
}

#[test]
fn a_state_folder_of_another_install_is_refused() {
    let folder = folder_with(&[FREE_PORT]);
    let run = ["run", "--source", "test:64x64@25/25", "--exit-at-end", "--state"];
    let start = |state: &str| ovr_alpr(folder.path(), &[&run[..], &[state]].concat());
    for state in ["ours", "theirs"] {
        let output = start(state);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    fs::copy(folder.path().join("theirs/install-id"), folder.path().join("ours/install-id")).unwrap();
    assert_refused(&start("ours"), &["ours", "install"]);
}

#[test]
fn credentials_are_for_the_owner_alone_and_printed_once() {
    let folder = folder_with(&[FREE_PORT]);
    let run = ["run", "--source", "test:64x64@25/25", "--exit-at-end"];
    // A start that fails must not swallow the token that nobody has seen.
    let failed = ovr_alpr(folder.path(), &["run", "--source", "nowhere.mp4", "--exit-at-end"]);
    assert_eq!(failed.status.code(), Some(2));
    let first = ovr_alpr(folder.path(), &run);
    let second = ovr_alpr(folder.path(), &run);
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said(&first).contains("token"), "{}", said(&first));
    assert!(!said(&second).contains("token"), "{}", said(&second));
    let mode = fs::metadata(folder.path().join("state/credentials.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
