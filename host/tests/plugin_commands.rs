//! `plugins list|check|test`: what is said of good and bad components, and with which exit code.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// Runs `plugins ...` in a folder of its own, with its own cache.
fn plugins(folder: &Path, args: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_ovr-alpr");
    let mut command = Command::new(program);
    command.arg("plugins").args(args).current_dir(folder).env("OVR_CACHE", folder.join("cache"));
    command.env_remove("OVR_PLUGINS").env_remove("OVR_CONFIG").output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn assert_refused(output: &Output, words: &[&str]) {
    let line = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), line.lines().count()), (Some(2), 1), "{line}");
    for word in words {
        assert!(line.starts_with("error: ") && line.contains(word), "{word:?} is not in: {line}");
    }
}

fn built(path: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target").join(path);
    assert!(file.is_file(), "{} is missing: run ./dev plugins first", file.display());
    file
}

/// A folder with `plugins/`, in which a good and a bad component lie.
fn site() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state/plugins");
    fs::create_dir_all(&state).unwrap();
    fs::copy(built("plugins-test/hostile.wasm"), state.join("rules.wasm")).unwrap();
    fs::write(state.join("broken.wasm"), "no component").unwrap();
    folder
}

#[test]
fn a_good_component_is_one_line_and_a_bad_one_is_refused_with_what_would_be_right() {
    let site = site();
    let good = plugins(site.path(), &["check", "state/plugins/rules.wasm"]);
    assert_eq!(good.status.code(), Some(0), "{good:?}");
    let line = out(&good);
    assert!(
        line.starts_with("ok rules 0.1.0: plate-format, ") && line.contains("1 test vectors hold"),
        "{line}"
    );
    assert_eq!(line.lines().count(), 1);

    assert_refused(&plugins(site.path(), &["check", "state/plugins/broken.wasm"]), &["broken.wasm"]);
    assert_refused(&plugins(site.path(), &["check", "missing.wasm"]), &["missing.wasm", "No such file"]);
    fs::write(site.path().join("Bad Name.wasm"), "").unwrap();
    assert_refused(&plugins(site.path(), &["check", "Bad Name.wasm"]), &["Bad Name.wasm", "a-z 0-9 -"]);
    fs::write(site.path().join("core.wasm"), b"\0asm\x01\0\0\0").unwrap();
    assert_refused(&plugins(site.path(), &["check", "core.wasm"]), &["core.wasm", "component"]);
}

#[test]
fn the_list_names_every_file_with_its_state() {
    let site = site();
    let listed = plugins(site.path(), &["list", "--json"]);
    assert_eq!(listed.status.code(), Some(0), "{listed:?}");
    let json: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(json["folder"], "state/plugins");
    let rows = json["plugins"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[0]["name"], &rows[0]["state"]), (&Value::from("broken"), &Value::from("refused")));
    assert_eq!((&rows[1]["name"], &rows[1]["state"]), (&Value::from("rules"), &Value::from("in_use")));
    assert_eq!(rows[1]["build"]["digest"].as_str().unwrap().len(), 64);
    let people = out(&plugins(site.path(), &["list"]));
    assert!(people.starts_with("2 plugins in state/plugins\nREFUSED   broken"), "{people}");

    fs::create_dir(site.path().join("config")).unwrap();
    fs::write(site.path().join("config/plugins.yaml"), "folder: elsewhere\n").unwrap();
    let none = out(&plugins(site.path(), &["list"]));
    assert_eq!(none, "0 plugins in elsewhere, which does not exist\n");
}

#[test]
fn a_read_is_tried_out_and_a_plugin_that_fails_says_so() {
    let site = site();
    let file = "state/plugins/rules.wasm";
    let tried = plugins(site.path(), &["test", file, "--read", "B-AB [12]", "--read", "PANIC"]);
    let text = out(&tried);
    assert_eq!(tried.status.code(), Some(0), "{tried:?}");
    assert!(text.contains("1 test vectors hold"), "{text}");
    assert!(text.contains("B-AB [12]\n  valid\n  1.000  BAB1 "), "{text}");
    assert!(text.contains("PANIC\n  no answer: trap: "), "{text}");

    assert_refused(
        &plugins(site.path(), &["test", file, "--read", "A$"]),
        &["\"A$\" is no read", "[alternatives]"],
    );
    assert_refused(&plugins(site.path(), &["test", file, "--countries", "UK"]), &["--countries[0]", "GB"]);
    let enrich = built("plugins/enrich-site.wasm");
    let enrich = enrich.to_str().unwrap();
    assert_refused(&plugins(site.path(), &["test", enrich, "--read", "A"]), &["enrich-site", "plate-format"]);
}

#[test]
fn the_compiler_process_needs_no_configuration() {
    let site = site();
    fs::create_dir(site.path().join("config")).unwrap();
    fs::write(site.path().join("config/host.yaml"), "sitee: x\n").unwrap();
    let component = fs::File::open(built("plugins-test/hostile.wasm")).unwrap();
    let compiled = Command::new(env!("CARGO_BIN_EXE_ovr-alpr"))
        .args(["plugins", "compile-worker"])
        .current_dir(site.path())
        .stdin(component)
        .output()
        .unwrap();
    assert!(compiled.status.success() && compiled.stdout.len() > 10_000, "{:?}", compiled.status);
}
