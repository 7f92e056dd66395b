//! Values that come back in time and are wrong: the call fails as a whole, and says what is wrong.

use ovr_plugins::engine::{Answer, DETAIL_CHARS_MAX, FailureKind, Settings};

use super::support::{ask, assert_works, hostile, read};

#[test]
fn every_value_out_of_its_range_fails_the_call_and_is_named() {
    let lies = [
        ("LONG", "a plate has 10000 characters"),
        ("EMPTY", "a plate has 0 characters"),
        ("LOWER", "no upper-case letter or digit"),
        ("INVENT", "not what was read"),
        ("LONGER", "longer than what was read"),
        ("CONTROL", "control character \\u{a}"),
        ("REVERSE", "control character \\u{202e}"),
        ("NAN", "log-prior is NaN"),
        ("INFINITE", "log-prior is -inf"),
        ("CERTAIN", "log-prior is 0"),
        ("COUNTRY", "alpha-2"),
        ("FORMAT", "format id"),
        ("PLACE", "names position 99"),
        ("MANY", "9 plates"),
        ("TWICE", "one plate twice"),
        ("REASON", "201 characters"),
        ("MUTE", "0 characters"),
        ("GIGABYTE", "broken"),
        ("MEGABYTES", "more than 64 KiB"),
        ("BIGLOG", "more than 64 KiB"),
    ];
    for (lie, said) in lies {
        let error = ask(lie).expect_err(lie);
        assert_eq!(error.kind, FailureKind::Output, "{lie}: {error}");
        assert!(error.detail.contains(said), "{lie}: {error}");
        assert!(error.detail.chars().count() <= DETAIL_CHARS_MAX && !error.detail.contains('\n'), "{lie}");
    }
    assert_works();
}

#[test]
fn a_plugin_that_knows_no_plate_says_so() {
    assert_eq!(ask("NONE"), Ok(Answer::NotMine("no format fits".to_owned())));
}

#[test]
fn settings_reach_the_plugin() {
    let settings = Settings::from([("a.b".to_owned(), "1".to_owned()), ("c".to_owned(), "x y".to_owned())]);
    let answer = hostile().check(&read("SETTINGS"), &[], &settings);
    assert_eq!(answer, Ok(Answer::NotMine("a.b=1 c=x y".to_owned())));
}

#[test]
fn a_read_that_is_longer_than_the_contract_allows_is_no_fault_of_the_plugin() {
    for text in [String::new(), "A".repeat(10_000)] {
        let error = ask(&text).expect_err("a read without or with too many positions");
        assert_eq!(error.kind, FailureKind::Host);
    }
}

#[test]
fn each_call_gets_a_fresh_instance() {
    hostile().self_test().expect("its own vectors");
    for _ in 0..3 {
        assert_works();
    }
}
