//! Files that are no plugin, or not one that this host runs: refused with one line that says what would be right.

use std::path::{Path, PathBuf};

use ovr_plugins::engine::{Engine, EngineOptions, FailureKind, World};
use proptest::prelude::*;

use super::craft::{self, Enrich};
use super::support::{engine, guest, worker};

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, bytes).expect("a file");
    file
}

/// Why a component is refused, in the one line that the operator gets.
fn refusal(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let file = write(folder.path(), "plugin.wasm", bytes);
    let error = engine().load(&file).expect_err("a plugin that was to be refused").to_string();
    assert!(!error.contains('\n'), "more than one line: {error}");
    error
}

#[test]
fn what_is_no_component_is_named_for_what_it_is() {
    let core = wat::parse_str("(module)").expect("a module");
    for (bytes, said) in [
        (&b"#!/bin/sh\necho no"[..], "it is no WebAssembly; expected a WebAssembly component"),
        (&core, "it is a core module, not a component"),
        (b"", "it is empty"),
        (b"\0asm\x0d\0\x01\0garbage", "it does not compile"),
        (b"\x7fELF\x02\x01\x01", "what others compiled is never loaded"),
    ] {
        let error = refusal(bytes);
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn a_file_of_100_mb_is_refused_without_being_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("large.wasm");
    std::fs::File::create(&file).and_then(|f| f.set_len(100 << 20)).expect("a large file");
    let error = engine().load(&file).expect_err("100 MB").to_string();
    assert!(error.contains("104857600 bytes; a plugin has at most 8388608 (8 MiB)"), "{error}");
}

#[test]
fn what_is_no_regular_file_is_refused_and_nobody_waits_for_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe.wasm");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    let zero = folder.path().join("zero.wasm");
    std::os::unix::fs::symlink("/dev/zero", &zero).expect("a link");
    let dangling = folder.path().join("dangling.wasm");
    std::os::unix::fs::symlink("/no/such/file", &dangling).expect("a link");
    let engine = engine();
    for (file, said) in [(pipe, "no regular file"), (zero, "no regular file"), (dangling, "No such file")] {
        let error = engine.load(&file).expect_err("a file that is none").to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn a_link_to_a_component_is_a_plugin_under_the_links_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("linked.wasm");
    std::os::unix::fs::symlink(guest("hostile"), &link).expect("a link");
    assert_eq!(engine().load(&link).expect("a plugin").name(), "linked");
}

#[test]
fn a_component_of_another_contract_is_told_what_it_lacks() {
    let empty = wat::parse_str("(component)").expect("a component");
    assert!(
        refusal(&empty).contains("it exports nothing; expected exactly one of ovr:alpr/plate-format@0.1.0")
    );

    let foreign = craft::component(
        "package acme:rules@1.0.0; interface rules { go: func(); } world crafted { export rules; }",
        r#"(module (func (export "acme:rules/rules@1.0.0#go")))"#,
    );
    let error = refusal(&foreign);
    assert!(error.contains("it exports acme:rules/rules@1.0.0; expected exactly one of"), "{error}");
}

#[test]
fn a_missing_export_is_named() {
    let lacking = craft::component(
        "package ovr:alpr@0.1.0; interface enrich { self-test: func() -> result<u32, string>; } world crafted { export enrich; }",
        r#"(module (memory (export "memory") 1) (func (export "ovr:alpr/enrich@0.1.0#self-test") (result i32) (i32.const 0)))"#,
    );
    let error = refusal(&lacking);
    assert!(error.contains("its ovr:alpr/enrich@0.1.0 has no `describe`, `enrich`; expected `describe`, `self-test`, `enrich`"), "{error}");
}

#[test]
fn a_function_of_another_shape_is_refused() {
    let odd = craft::component(
        "package ovr:alpr@0.1.0; interface enrich { describe: func(); self-test: func(); enrich: func(); } world crafted { export enrich; }",
        r#"(module (func (export "ovr:alpr/enrich@0.1.0#describe")) (func (export "ovr:alpr/enrich@0.1.0#self-test"))
            (func (export "ovr:alpr/enrich@0.1.0#enrich")))"#,
    );
    let error = refusal(&odd);
    assert!(error.contains("its `describe` is not that of wit/"), "{error}");
}

#[test]
fn another_version_of_the_contract_is_named_beside_ours() {
    let newer = craft::component(
        "package ovr:alpr@0.2.0; interface enrich { describe: func(); } world crafted { export enrich; }",
        r#"(module (func (export "ovr:alpr/enrich@0.2.0#describe")))"#,
    );
    let error = refusal(&newer);
    assert!(
        error.contains("it exports ovr:alpr/enrich@0.2.0, but this host speaks ovr:alpr@0.1.x"),
        "{error}"
    );
    let older = craft::component(
        "package ovr:alpr@0.0.9; interface log { log: func(); } world crafted { import log; export go: func(); }",
        r#"(module (import "ovr:alpr/log@0.0.9" "log" (func $log)) (func (export "go") (call $log)))"#,
    );
    let error = refusal(&older);
    assert!(error.contains("it imports ovr:alpr/log@0.0.9, but this host speaks ovr:alpr@0.1.x"), "{error}");
}

#[test]
fn two_interfaces_in_one_component_are_refused() {
    let both = craft::component(
        "package ovr:alpr@0.1.0; interface enrich { describe: func(); } interface plate-format { describe: func(); }
         world crafted { export enrich; export plate-format; }",
        r#"(module (func (export "ovr:alpr/enrich@0.1.0#describe")) (func (export "ovr:alpr/plate-format@0.1.0#describe")))"#,
    );
    let error = refusal(&both);
    assert!(error.contains("a plugin has exactly one of them: make two components"), "{error}");
}

#[test]
fn an_import_of_the_world_outside_is_refused_by_name() {
    let sockets = craft::component(
        "package wasi:sockets@0.2.0; interface tcp { connect: func() -> u32; } world crafted { import tcp; export go: func(); }",
        r#"(module (import "wasi:sockets/tcp@0.2.0" "connect" (func $c (result i32))) (func (export "go") (drop (call $c))))"#,
    );
    let error = refusal(&sockets);
    assert!(
        error.contains(
            "it imports wasi:sockets/tcp@0.2.0; a plugin may import nothing but ovr:alpr/log@0.1.0"
        ),
        "{error}"
    );
}

#[test]
fn a_component_that_keeps_the_compiler_busy_costs_the_worker_and_not_the_host() {
    let bomb = craft::compiler_bomb();
    assert!(bomb.len() < 8 << 20);
    let error = refusal(&bomb);
    assert!(
        error.contains("it takes longer than 10 s to compile") || error.contains("it takes more than 2 GiB"),
        "{error}"
    );
}

#[test]
fn a_plugin_that_breaks_before_it_says_what_it_is_is_refused() {
    for (part, said) in [
        (
            Enrich { fields: "(func $start unreachable) (start $start)", ..Enrich::default() },
            "trap: it panicked or aborted",
        ),
        (
            Enrich { fields: "(func $start (loop br 0)) (start $start)", ..Enrich::default() },
            "deadline: it took longer than 50 ms",
        ),
        (
            Enrich { describe: "(loop br 0) (i32.const 0)", ..Enrich::default() },
            "deadline: it took longer than 50 ms",
        ),
        (
            Enrich { describe: "(i32.const 99999999)", ..Enrich::default() },
            "output: what it returned is broken",
        ),
        (Enrich { describe: "(i32.const 160)", ..Enrich::default() }, "output: its name has 0 characters"),
        (
            Enrich { memory: "65536", ..Enrich::default() },
            "it needs more than a plugin may have (memory has a minimum byte size of 4294967296",
        ),
        (
            Enrich { fields: "(table 1000000 funcref)", ..Enrich::default() },
            "it needs more than a plugin may have (table",
        ),
    ] {
        let error = refusal(&part.build());
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn a_crafted_plugin_without_a_fault_is_loaded_and_its_self_test_has_two_seconds() {
    let folder = tempfile::tempdir().expect("a folder");
    let good =
        engine().load(&write(folder.path(), "good.wasm", &Enrich::default().build())).expect("a plugin");
    assert_eq!((good.world(), good.description().version.as_str()), (World::Enrich, "1.0.0"));
    assert_eq!(good.self_test(), Ok(1));
    let looping = Enrich { self_test: "(loop br 0) (i32.const 0)", ..Enrich::default() };
    let looping = engine().load(&write(folder.path(), "looping.wasm", &looping.build())).expect("a plugin");
    let error = looping.self_test().expect_err("a self-test that never ends");
    assert_eq!((error.kind, error.detail.as_str()), (FailureKind::Deadline, "it took longer than 2 s"));
    let failing = Enrich {
        self_test: "(i32.store8 (i32.const 128) (i32.const 1)) (i32.store (i32.const 132) (i32.const 64)) (i32.store (i32.const 136) (i32.const 7)) (i32.const 128)",
        ..Enrich::default()
    };
    let failing = engine().load(&write(folder.path(), "failing.wasm", &failing.build())).expect("a plugin");
    assert_eq!(failing.self_test().expect_err("vectors that do not hold").to_string(), "self-test: crafted");
}

#[test]
fn the_cache_saves_the_compiler_and_a_damaged_artefact_is_compiled_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("cache");
    let file = guest("hostile");
    let first =
        Engine::new(EngineOptions { cache: Some(cache.clone()), worker: worker() }).expect("an engine");
    let digest = first.load(&file).expect("a plugin").digest().clone();
    let mut without = worker();
    without.program = "/no/such/compiler".into();
    let second =
        Engine::new(EngineOptions { cache: Some(cache.clone()), worker: without }).expect("an engine");
    assert_eq!(second.load(&file).expect("a plugin from the cache").digest(), &digest);
    let entry = std::fs::read_dir(&cache).expect("the cache").next().expect("a file").expect("a file").path();
    let mut artefact = std::fs::read(&entry).expect("the artefact");
    let last = artefact.len() - 1;
    artefact[last] ^= 1;
    std::fs::write(&entry, &artefact).expect("the artefact");
    let error = second.load(&file).expect_err("a damaged artefact without a compiler").to_string();
    assert!(error.contains("cannot start the compiler"), "{error}");
    first.load(&file).expect("compiled anew");
    second.load(&file).expect("from the cache again");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_component_with_damaged_bytes_never_breaks_the_host(
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = Enrich::default().build();
        for (at, byte) in damages {
            let index = at.index(bytes.len());
            bytes[index] = byte;
        }
        if let Some(at) = cut {
            bytes.truncate(at.index(bytes.len()));
        }
        let folder = tempfile::tempdir().expect("a folder");
        let file = write(folder.path(), "damaged.wasm", &bytes);
        match engine().load(&file) {
            Ok(plugin) => drop(plugin.self_test()),
            Err(error) => prop_assert!(!error.to_string().contains('\n')),
        }
    }
}
