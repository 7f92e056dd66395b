//! What happens when a plugin fails, and what the configuration says of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ovr_domain::event::Verdict;
use ovr_domain::hook::{DedupPolicy as _, Enrich as _, FormatCheck as _};
use ovr_plugins::registry::{PluginConfig, PluginState, Plugins, PluginsConfig};

use crate::fixture::{Site, TestClock, build, digest, hostile, in_use, read, shipped, status};

/// A format check whose plugin is told to fail or not; the reason of its failure, if any.
fn ask(plugins: &Plugins, text: &str) -> Option<String> {
    plugins.check(&read(text), &[]).failures.into_iter().next().map(|failure| failure.reason)
}

#[test]
fn five_failures_quarantine_a_plugin_and_a_trial_that_succeeds_frees_it() {
    let clock = Arc::new(TestClock::default());
    let site = Site::with(clock.clone());
    site.put("rules", &hostile());
    let plugins = site.open();
    for _ in 0..5 {
        assert_eq!(status(&plugins, "rules").unwrap().state, PluginState::InUse);
        let reason = ask(&plugins, "PANIC").unwrap();
        assert!(reason.starts_with("trap: "), "{reason}");
    }
    let report = plugins.check(&read("AB1234"), &[]);
    assert!(
        matches!(&report.verdict, Verdict::Unchecked { why } if why.contains("gave an answer")),
        "{report:?}"
    );
    assert!(report.failures[0].reason.starts_with("quarantined: "), "{report:?}");
    assert_eq!((report.failures[0].plugin.as_str(), report.digests.len()), ("rules", 0));
    assert_eq!(status(&plugins, "rules").unwrap().state, PluginState::Quarantined);
    assert!(plugins.checks()[1].1.as_ref().unwrap().starts_with("quarantined"));

    clock.advance(Duration::from_secs(1));
    assert!(ask(&plugins, "PANIC").unwrap().starts_with("trap: "), "the trial is a call");
    clock.advance(Duration::from_millis(1_900));
    assert!(ask(&plugins, "AB1234").unwrap().starts_with("quarantined: "), "the pause has doubled");
    clock.advance(Duration::from_millis(100));
    assert_eq!(ask(&plugins, "AB1234"), None);
    assert_eq!(status(&plugins, "rules").unwrap().state, PluginState::InUse);
}

#[test]
fn a_plugin_that_fails_does_not_touch_another() {
    let site = Site::new();
    site.put("a-fails", &hostile());
    // It says what it was told, and the other one panics at the same read.
    let steady = build(&shipped("enrich-site"), 1);
    site.put("b-enriches", &steady);
    let plugins = site.open();
    for _ in 0..8 {
        assert!(ask(&plugins, "PANIC").is_some());
    }
    assert_eq!(status(&plugins, "a-fails").unwrap().state, PluginState::Quarantined);
    assert_eq!(status(&plugins, "b-enriches").unwrap().state, PluginState::InUse);
    let enriched = plugins.enrich(&crate::event::event());
    assert_eq!(enriched.digests, [digest(&steady)]);
    assert!(enriched.failures.is_empty());
}

#[test]
fn a_new_build_of_a_quarantined_plugin_is_trusted_at_once() {
    let site = Site::new();
    site.put("rules", &hostile());
    let plugins = site.open();
    for _ in 0..5 {
        let _ = ask(&plugins, "PANIC");
    }
    assert!(ask(&plugins, "AB1234").is_some());
    site.put("rules", &build(&hostile(), 1));
    site.reread(&plugins);
    assert_eq!(ask(&plugins, "AB1234"), None);
}

#[test]
fn the_same_build_copied_again_is_no_new_one_and_keeps_its_quarantine() {
    let site = Site::new();
    site.put("rules", &hostile());
    let plugins = site.open();
    for _ in 0..5 {
        let _ = ask(&plugins, "PANIC");
    }
    site.put("rules", b"no component");
    site.reread(&plugins);
    assert!(status(&plugins, "rules").unwrap().problem.is_some());
    site.put("rules", &hostile());
    site.reread(&plugins);
    let now = status(&plugins, "rules").unwrap();
    assert_eq!((now.state, now.problem), (PluginState::Quarantined, None));
}

#[test]
fn a_file_that_is_away_while_the_configuration_changes_stays_in_use() {
    let clock = Arc::new(TestClock::default());
    let site = Site::with(clock.clone());
    site.put("rules", &hostile());
    let plugins = site.open();
    std::fs::remove_file(site.file("rules")).unwrap();
    site.reread(&plugins);
    assert_eq!(in_use(&plugins, "rules"), Some(digest(&hostile()).to_string()));
    clock.advance(Duration::from_secs(1));
    site.reread(&plugins);
    assert!(plugins.list().is_empty(), "it is gone for good");
}

#[test]
fn settings_countries_and_what_is_enabled_change_without_a_pause() {
    let site = Site::new();
    site.put("rules", &hostile());
    let plugins = site.open();
    let told = |plugins: &Plugins| match plugins.check(&read("SETTINGS"), &[]).verdict {
        Verdict::Invalid { reason } => reason,
        other => format!("{other:?}"),
    };
    let config = |enabled: bool, settings: &[(&str, &str)]| {
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let plugins = BTreeMap::from([("rules".to_owned(), PluginConfig { enabled, settings })]);
        PluginsConfig { countries: vec!["DE".to_owned()], plugins, ..PluginsConfig::default() }
    };
    assert!(plugins.countries().is_empty());
    plugins.reconfigure(config(true, &[("gate", "north"), ("lanes", "2")]), site.folder());
    assert_eq!(told(&plugins), "gate=north lanes=2");
    assert_eq!(plugins.countries(), ["DE"]);

    // A new build keeps what the name is told.
    site.put("rules", &build(&hostile(), 1));
    plugins.reconfigure(config(true, &[("gate", "south")]), site.folder());
    assert_eq!(told(&plugins), "gate=south");

    plugins.reconfigure(config(false, &[]), site.folder());
    assert!(matches!(plugins.check(&read("AB1"), &[]).verdict, Verdict::Unchecked { .. }));
    assert_eq!(status(&plugins, "rules").unwrap().state, PluginState::Disabled);
    plugins.reconfigure(config(true, &[]), site.folder());
    assert_eq!(plugins.check(&read("AB1"), &[]).verdict, Verdict::Valid);

    let other = site.dir.path().join("other");
    plugins.reconfigure(PluginsConfig::default(), other);
    assert!(plugins.list().is_empty(), "another folder has other plugins");
}

#[test]
fn of_several_dedup_policies_the_first_by_name_decides() {
    let site = Site::new();
    let (first, second) = (build(&shipped("dedup-window"), 1), build(&shipped("dedup-window"), 2));
    let plugins = site.open();
    assert!(!plugins.is_loaded());
    assert_eq!(plugins.decide(&crate::event::event(), &[]), ovr_domain::hook::PolicyAnswer::NATIVE);
    site.put("b-window", &first);
    site.reread(&plugins);
    assert_eq!(plugins.decide(&crate::event::event(), &[]).digest, Some(digest(&first)));
    site.put("a-window", &second);
    site.reread(&plugins);
    assert!(plugins.is_loaded() && in_use(&plugins, "b-window").is_some());
    let answer = plugins.decide(&crate::event::event(), &[]);
    assert_eq!(answer.digest, Some(digest(&second)));
    assert!(answer.decision.is_some() && answer.failure.is_none());
}
