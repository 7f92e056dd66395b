//! Plugins that take more time, stack or memory than they may.

use ovr_plugins::engine::{Answer, FailureKind, Settings};

use super::support::{ask, assert_works, hostile, read};

#[test]
fn a_call_that_breaks_is_told_by_its_kind_and_hurts_no_other() {
    let broken = [
        ("RECURSE", FailureKind::Trap, "nested too deeply"),
        ("PANIC", FailureKind::Trap, "panicked"),
        ("ABORT", FailureKind::Trap, "panicked or aborted"),
        ("HOARD", FailureKind::Memory, "16 MiB"),
    ];
    for (what, kind, said) in broken {
        let error = ask(what).expect_err(what);
        assert!(error.kind == kind && error.detail.contains(said), "{what}: {error}");
        assert_works();
    }
}

#[test]
fn growing_to_4_gib_is_refused_and_a_plugin_that_lives_with_it_goes_on() {
    assert!(matches!(ask("GROW"), Ok(Answer::Plates(_))), "{:?}", ask("GROW"));
}

#[test]
fn a_flood_of_log_lines_is_dropped_and_counted() {
    let before = hostile().log_lines_dropped();
    assert!(matches!(ask("FLOOD"), Ok(Answer::Plates(_))), "{:?}", ask("FLOOD"));
    assert!(hostile().log_lines_dropped() - before >= 9_900);
}

#[test]
fn plugins_go_on_while_another_loops() {
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    let error = ask("LOOP").expect_err("a loop that ended");
                    // On a machine that is too busy for it, the host says so.
                    assert!(matches!(error.kind, FailureKind::Deadline | FailureKind::Host), "{error}");
                }
            });
        }
        for index in 0..200 {
            let answer = hostile().check(&read(&format!("B-AB {index}")), &[], &Settings::new());
            assert!(
                matches!(answer, Ok(Answer::Plates(_))),
                "call {index} beside three that loop: {answer:?}"
            );
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn more_calls_than_the_pool_has_places_wait_for_their_turn() {
    std::thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| (0..50).for_each(|_| assert_works()));
        }
    });
}
