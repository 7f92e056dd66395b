//! Builds are swapped while calls go on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ovr_domain::event::Verdict;
use ovr_domain::hook::FormatCheck as _;
use ovr_plugins::registry::PluginState;

use crate::fixture::{Site, SlowClock, build, digest, hostile, in_use, read, status, wait_until};

#[test]
fn five_hundred_swaps_under_load_lose_no_call_and_each_answer_names_one_build() {
    let site = Site::new();
    let builds = [build(&hostile(), 1), build(&hostile(), 2)];
    let digests = builds.each_ref().map(|bytes| digest(bytes));
    site.put("rules", &builds[0]);
    let plugins = site.open();
    let is_over = AtomicBool::new(false);
    let call_on = || {
        let mut answers = BTreeMap::new();
        while !is_over.load(Ordering::Relaxed) {
            let report = plugins.check(&read("AB1234"), &[]);
            assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
            assert!(report.failures.is_empty(), "{:?}", report.failures);
            let [one] = report.digests.as_slice() else { panic!("{:?}", report.digests) };
            assert!(digests.contains(one), "{one} is neither of the two builds");
            *answers.entry(one.to_string()).or_insert(0_u64) += 1;
        }
        answers
    };
    let answers = thread::scope(|scope| {
        let callers: Vec<_> = (0..4).map(|_| scope.spawn(call_on)).collect();
        for swap in 1..=500 {
            let next = swap % 2;
            site.put("rules", &builds[next]);
            site.reread(&plugins);
            assert_eq!(in_use(&plugins, "rules"), Some(digests[next].to_string()), "swap {swap}");
        }
        is_over.store(true, Ordering::Relaxed);
        callers.into_iter().map(|caller| caller.join().unwrap()).collect::<Vec<_>>()
    });
    for of_one in answers {
        assert_eq!(of_one.len(), 2, "both builds were asked: {of_one:?}");
    }
}

#[test]
fn a_bad_file_leaves_the_build_before_it_in_use_and_says_why() {
    let site = Site::new();
    let good = hostile();
    site.put("rules", &good);
    let plugins = site.open();
    let untouched = Some(digest(&good).to_string());
    let truncated = &good[..good.len() / 2];
    for bad in [b"no component".as_slice(), b"", truncated, b"\0asm\x01\0\0\0"] {
        site.put("rules", bad);
        site.reread(&plugins);
        assert_eq!(in_use(&plugins, "rules"), untouched);
        let now = status(&plugins, "rules").unwrap();
        assert_eq!(now.state, PluginState::InUse);
        let problem = now.problem.unwrap();
        assert!(problem.contains("rules.wasm") && problem.lines().count() == 1, "{problem}");
        assert!(plugins.checks().contains(&("plugin/rules".to_owned(), Some(problem))));
        assert_eq!(plugins.check(&read("AB1234"), &[]).verdict, Verdict::Valid);
    }
    let better = build(&good, 9);
    site.put("rules", &better);
    site.reread(&plugins);
    assert_eq!(in_use(&plugins, "rules"), Some(digest(&better).to_string()));
    assert_eq!(plugins.checks(), [("plugins".to_owned(), None), ("plugin/rules".to_owned(), None)]);
}

#[test]
fn a_file_that_never_worked_is_refused_and_others_are_in_use() {
    let site = Site::new();
    site.put("broken", b"nothing");
    site.put("rules", &hostile());
    site.put("Bad_Name", &hostile());
    let plugins = site.open();
    let states: Vec<_> = plugins.list().into_iter().map(|status| (status.name, status.state)).collect();
    let expected =
        [("Bad_Name", PluginState::Refused), ("broken", PluginState::Refused), ("rules", PluginState::InUse)];
    assert_eq!(states, expected.map(|(name, state)| (name.to_owned(), state)));
    let name = status(&plugins, "Bad_Name").unwrap().problem.unwrap();
    assert!(name.contains("a-z 0-9 -"), "{name}");
    assert_eq!(plugins.check(&read("AB1234"), &[]).digests, [digest(&hostile())]);
}

#[test]
fn a_folder_that_takes_too_long_is_read_in_parts_and_holds_up_nobody() {
    let site = Site::with(Arc::new(SlowClock::default()));
    for name in ["a", "b", "c"] {
        site.put(name, &hostile());
    }
    let plugins = site.open();
    for read_by_now in 1..=3 {
        assert_eq!(plugins.list().len(), read_by_now);
        site.reread(&plugins);
    }
    assert_eq!(plugins.list().len(), 3);
}

#[test]
fn thirty_two_plugins_are_in_use_and_one_more_waits_for_room() {
    let site = Site::new();
    for number in 10..=42 {
        site.put(&format!("rules-{number}"), &hostile());
    }
    let plugins = site.open();
    let in_use = |state| plugins.list().into_iter().filter(|status| status.state == state).count();
    assert_eq!((in_use(PluginState::InUse), in_use(PluginState::Refused)), (32, 1));
    let problem = status(&plugins, "rules-42").unwrap().problem.unwrap();
    assert!(problem.contains("32 plugins are in use"), "{problem}");
    std::fs::remove_file(site.file("rules-10")).unwrap();
    wait_until("the one that waited has the place of the deleted one", || {
        site.reread(&plugins);
        (in_use(PluginState::InUse), in_use(PluginState::Refused)) == (32, 0)
    });
}
