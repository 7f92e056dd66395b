//! `cameras probe` and `cameras snapshot`.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::{PASSWORD, camera, configure, has_runtime, login, street};

fn cameras(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ovr-alpr"))
        .arg("cameras")
        .args(args)
        .current_dir(folder)
        .env("GATE_PASSWORD", PASSWORD)
        .output()
        .unwrap()
}

/// The one line on standard error of a command that is refused.
fn refusal(folder: &Path, args: &[&str]) -> String {
    let output = cameras(folder, args);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.trim().lines().count(), 1, "{said}");
    assert!(!said.contains(PASSWORD));
    said
}

#[test]
fn a_probe_says_what_a_camera_sends_or_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let server = camera(folder.path(), 50, Some(login()));
    let address = server.address("/street");
    let known = ["--user", "viewer", "--password-env", "GATE_PASSWORD"];
    let output = cameras(folder.path(), &[["probe", "--json", &address].as_slice(), &known].concat());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((answer["width"].as_u64(), answer["height"].as_u64()), (Some(1280), Some(720)));
    assert!(answer["codec"].as_str().unwrap().contains("264"), "{answer}");
    assert_eq!((answer["transport"].as_str(), answer["sender_reports"].as_bool()), (Some("tcp"), Some(true)));

    assert!(refusal(folder.path(), &["probe", &address]).contains("give them under credentials"));
    let wrong = server.address("/nothing");
    assert!(refusal(folder.path(), &["probe", &wrong]).contains("404"));
    drop(server);
    assert!(refusal(folder.path(), &["probe", &address]).contains("refuses connections"));
}

#[test]
fn a_check_connects_to_network_cameras_and_says_what_they_send() {
    let folder = tempfile::tempdir().unwrap();
    let server = camera(folder.path(), 50, Some(login()));
    let entry = |id: &str, address: &str| {
        let password = "credentials: { user: viewer, password: { environment: GATE_PASSWORD } }";
        format!("  - {{ id: {id}, source: {{ rtsp: {{ address: \"{address}\", {password} }} }} }}\n")
    };
    let (there, gone) = (server.address("/street"), server.address("/nothing"));
    configure(folder.path(), &format!("cameras:\n{}{}", entry("there", &there), entry("gone", &gone)));
    let output = Command::new(env!("CARGO_BIN_EXE_ovr-alpr"))
        .arg("check")
        .current_dir(folder.path())
        .env("GATE_PASSWORD", PASSWORD)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    let of = |id: &str| said.lines().find(|line| line.contains(&format!("camera {id}"))).unwrap_or_default();
    assert!(of("there").starts_with("ok") && of("there").contains("1280x720"), "{said}");
    assert!(of("gone").starts_with("WRONG") && of("gone").contains("404"), "{said}");
    assert!(!said.contains(PASSWORD));
}

#[test]
fn hostile_addresses_are_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    for hostile in [
        "exec://rm",
        "http://169.254.169.254/latest/meta-data",
        "rtsp://169.254.169.254/latest",
        "rtsp://viewer:secret@10.0.0.1/a",
        "rtsp://10.0.0.1/a ! filesink location=/tmp/x",
        "rtsp://10.0.0.1/a\nfilesrc",
        "rtsp://0.0.0.0/a",
        "rtsp://[::]/a",
    ] {
        let said = refusal(folder.path(), &["probe", hostile]);
        assert!(!said.contains("secret"), "{said}");
    }
}

#[test]
fn a_snapshot_shows_where_a_camera_looks() {
    if !has_runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    street(&folder.path().join("street.mp4"), 50);
    let view = "{ regions_of_interest: [[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]] }";
    configure(
        folder.path(),
        &format!("cameras: [{{ id: gate, source: {{ file: {{ path: street.mp4 }} }}, view: {view} }}]\n"),
    );
    let output = cameras(folder.path(), &["snapshot", "gate", "--side", "640"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let image = image::open(folder.path().join("gate.jpg")).unwrap().into_rgb8();
    assert_eq!(image.dimensions(), (640, 360));
    // The region's upper edge is a green line.
    let green = |y: u32| image.get_pixel(320, y).0;
    assert!(
        (34..39).map(green).any(|[r, g, b]| g > 150 && r < 130 && b < 150),
        "{:?}",
        (34..39).map(green).collect::<Vec<_>>()
    );
    assert!(refusal(folder.path(), &["snapshot", "yard"]).contains("cameras.yaml has gate"));
}
