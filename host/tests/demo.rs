//! The demo as a stranger runs it: a rendered street, encoded, decoded, read, stored, and compared with what was shown.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on fails")]

use std::process::Command;

/// Runs the demo with this `ocr.yaml`.
fn demo(ocr: &str) {
    if ovr_vision::infer::library_file().is_none() {
        println!("skipped: ./dev setup has not fetched ONNX Runtime");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("config")).unwrap();
    std::fs::write(folder.path().join("config/ocr.yaml"), ocr).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ovr-alpr"))
        .args(["demo", "--exit", "--config", "config"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        said.contains("10 passes shown: 8 read right, 1 repeats suppressed, 1 reported unread"),
        "{said}"
    );
}

#[test]
fn every_plate_of_the_street_is_read_the_repeat_suppressed_and_the_unreadable_one_reported() {
    demo("reader: { engine: ovr }\n");
}

#[test]
fn the_street_is_read_as_well_in_8_bit_integers() {
    demo("reader: { engine: ovr_int8 }\n");
}
