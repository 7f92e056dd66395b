//! House rules as tests: which crate may know which, how long a file and a function may be.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// What each crate may depend on within the workspace. A new edge is the most scrutinised change there is.
const EDGES: &[(&str, &[&str])] = &[
    ("ovr-domain", &[]),
    ("ovr-capture", &["ovr-domain"]),
    ("ovr-vision", &["ovr-domain"]),
    ("ovr-events", &["ovr-domain"]),
    ("ovr-store", &["ovr-domain"]),
    ("ovr-api", &["ovr-domain"]),
    ("ovr-testkit", &["ovr-domain"]),
    ("ovr-plugins", &["ovr-domain"]),
];

/// Outside crates that only one crate may name: the walls of the rooms.
const WALLS: &[(&str, &str)] = &[
    ("gio", "ovr-capture"),
    ("gstreamer", "ovr-capture"),
    ("gstreamer-app", "ovr-capture"),
    ("gstreamer-video", "ovr-capture"),
    ("ort", "ovr-vision"),
    ("salvo", "ovr-api"),
    ("apache-avro", "ovr-events"),
    ("indicatif", "ovr-alpr"),
    ("refinery", "ovr-store"),
    ("anyhow", "ovr-alpr"),
    ("clap", "ovr-alpr"),
    ("wasmtime", "ovr-plugins"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn files_below(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files_below(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

fn rust_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    files_below(&root().join("host"), "rs", &mut found);
    files_below(&root().join("plugins"), "rs", &mut found);
    assert!(found.len() > 20, "only {} Rust files found: the walk is broken", found.len());
    found
}

/// Names under `[dependencies]`, or another section, of every crate.
fn dependencies(section: &str) -> BTreeMap<String, Vec<String>> {
    let mut manifests = Vec::new();
    files_below(&root().join("host"), "toml", &mut manifests);
    let mut all = BTreeMap::new();
    // Guests are what plugins' tests load: no room of the host.
    let is_guest = |path: &Path| path.components().any(|part| part.as_os_str() == "guests");
    for manifest in manifests.iter().filter(|path| path.ends_with("Cargo.toml") && !is_guest(path)) {
        let text = fs::read_to_string(manifest).unwrap();
        let name =
            text.lines().find_map(|line| line.strip_prefix("name = \"")).unwrap().trim_end_matches('"');
        let names = text
            .lines()
            .skip_while(|line| *line != format!("[{section}]"))
            .skip(1)
            .take_while(|line| !line.starts_with('['))
            .filter_map(|line| line.split(['.', ' ', '=']).next())
            .filter(|dependency| !dependency.is_empty() && !dependency.starts_with('#'));
        all.insert(name.to_owned(), names.map(str::to_owned).collect());
    }
    all
}

#[test]
fn crates_depend_only_along_the_drawn_edges() {
    let dependencies = dependencies("dependencies");
    assert_eq!(dependencies.len(), EDGES.len() + 1, "a crate has no row in EDGES: {:?}", dependencies.keys());
    for (name, allowed) in EDGES {
        let inside = dependencies[*name].iter().filter(|dependency| dependency.starts_with("ovr-"));
        for dependency in inside {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn siblings_do_not_meet_in_tests_either() {
    for (name, dependencies) in dependencies("dev-dependencies") {
        // The testkit alone is made for this: a room is tested against its faults, not against another room.
        let is_sibling = |name: &&String| name.starts_with("ovr-") && *name != "ovr-testkit";
        let inside = dependencies.iter().find(is_sibling);
        assert!(
            inside.is_none(),
            "{name} must not depend on {inside:?} in its tests: put them into host/tests"
        );
    }
}

#[test]
fn what_lives_in_one_room_is_named_in_no_other() {
    for (name, dependencies) in dependencies("dependencies") {
        for (outside, room) in WALLS {
            let named = dependencies.iter().any(|dependency| dependency == outside);
            assert!(
                !named || name == *room,
                "{outside} lives in {room} and nowhere else, but {name} depends on it"
            );
        }
    }
}

#[test]
fn guests_and_host_share_the_contract_and_no_code() {
    let mut manifests = Vec::new();
    files_below(&root().join("plugins"), "toml", &mut manifests);
    files_below(&root().join("host/plugins/tests/guests"), "toml", &mut manifests);
    assert!(manifests.len() > 5, "only {} guests found: the walk is broken", manifests.len());
    for manifest in manifests {
        let text = fs::read_to_string(&manifest).unwrap();
        let of_the_host = EDGES.iter().find(|(name, _)| text.contains(name));
        assert!(of_the_host.is_none(), "{}: a guest must not know {of_the_host:?}", manifest.display());
    }
}

#[test]
fn files_stay_readable_in_one_sitting() {
    let long: Vec<String> = rust_files()
        .into_iter()
        .map(|path| (fs::read_to_string(&path).unwrap().lines().count(), path))
        .filter(|(lines, _)| *lines > FILE_LINES_MAX)
        .map(|(lines, path)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "files above {FILE_LINES_MAX} lines: {long:#?}");
}

/// Length of each function, by indentation: rustfmt closes a function at the indentation that opened it.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let is_function = code.starts_with("fn ") || (code.contains(" fn ") && !code.starts_with("//"));
        let opens_here = lines[start..].iter().take(14).any(|l| l.trim_end().ends_with('{'));
        if !is_function || !opens_here || code.ends_with(';') || code.ends_with('}') {
            continue;
        }
        let closing = format!("{}}}", " ".repeat(indent));
        let length = lines[start..].iter().position(|l| *l == closing);
        if let Some(length) = length {
            found.push((code.to_owned(), length + 1));
        }
    }
    found
}

#[test]
fn functions_fit_on_a_screen() {
    let mut long = Vec::new();
    let mut seen = 0;
    for path in rust_files() {
        let functions = functions(&fs::read_to_string(&path).unwrap());
        seen += functions.len();
        let too_long = functions.into_iter().filter(|(_, lines)| *lines > FUNCTION_LINES_MAX);
        long.extend(too_long.map(|(name, lines)| format!("{}: {lines} lines: {name}", path.display())));
    }
    assert!(seen > 100, "only {seen} functions found: the measure is broken");
    assert!(long.is_empty(), "functions above {FUNCTION_LINES_MAX} lines: {long:#?}");
}

#[test]
fn the_measure_of_functions_sees_a_long_one() {
    let body = "    let x = 1;\n".repeat(80);
    let text = format!(
        "impl A {{\n    pub fn long(\n        self,\n    ) {{\n{body}    }}\n\n    fn short() {{}}\n}}\n"
    );
    assert_eq!(functions(&text), vec![("pub fn long(".to_owned(), 84)]);
}
