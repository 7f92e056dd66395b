//! Every plugin that this project ships, as `./dev plugins` builds it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ovr_domain::event::{Lifecycle, PlateEvent, Verdict, Votes};
use ovr_domain::hook::{Neighbour, PolicyDecision};
use ovr_domain::ids::TrackId;
use ovr_domain::time::Timestamp;
use ovr_domain::{CameraId, EventId, SiteId};
use ovr_plugins::engine::{Plugin, Settings, World};

use super::support::engine;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/plugins")
}

fn shipped(name: &str) -> Plugin {
    let file = folder().join(format!("{name}.wasm"));
    assert!(file.exists(), "there is no {}: run ./dev plugins first", file.display());
    engine().load(&file).expect(name)
}

/// A vehicle that a camera saw for one second from `seconds` on.
fn event(camera: &str, plate: &str, seconds: i64) -> PlateEvent {
    let at = |seconds: i64| Timestamp::from_micros(1_795_421_700_000_000 + seconds * 1_000_000);
    PlateEvent {
        lifecycle: Lifecycle::Final,
        clock_synchronised: true,
        last_seen: at(seconds + 1),
        frames_seen: 12,
        plate_observed: Some(plate.to_owned()),
        plate_normalized: Some(plate.to_owned()),
        confidence: 0.9,
        votes: Votes { frames: 12, agreeing: 10 },
        unread_reason: None,
        verdict: Verdict::Valid,
        ..PlateEvent::of_pass(
            EventId::mint(at(seconds)),
            SiteId::default(),
            CameraId::new(camera).expect("a camera's name"),
            TrackId(1),
            at(seconds),
        )
    }
}

#[test]
fn every_shipped_plugin_loads_and_holds_its_own_vectors_within_the_limits() {
    let files = std::fs::read_dir(folder()).expect("target/plugins: run ./dev plugins first");
    let files = files.map(|file| file.expect("an entry").path());
    let plugins: Vec<_> = files.filter(|file| file.extension().is_some_and(|e| e == "wasm")).collect();
    for file in &plugins {
        // Whatever imports more than the log is refused here.
        let plugin = engine().load(file).expect("a shipped plugin");
        let vectors = plugin.self_test().unwrap_or_else(|error| panic!("{}: {error}", plugin.name()));
        assert!(vectors > 0, "{} has no test vectors", plugin.name());
        assert_eq!(plugin.name(), plugin.description().name, "file and plugin have one name");
    }
    assert!(plugins.len() >= 5, "{} plugins in {}", plugins.len(), folder().display());
}

#[test]
fn dedup_window_names_the_first_of_the_row_and_takes_its_settings() {
    let policy = shipped("dedup-window");
    assert_eq!(policy.world(), World::DedupPolicy);
    let (first, repeat) = (event("gate", "AB123CD", 0), event("gate", "A8123CD", 60));
    let head = first.event_id;
    let gap = Duration::from_secs(59);
    let neighbours = [Neighbour { event: first, head, gap, distance_widths: None }];
    let decision = policy.decide(&repeat, &neighbours, &Settings::new()).expect("a decision");
    let reason = "the same plate but for characters that look alike, at the same camera, 59.0 s after it was last seen";
    assert_eq!(decision, PolicyDecision::Suppress(head, reason.to_owned()));
    let short = Settings::from([("window-s".to_owned(), "30".to_owned())]);
    let decision = policy.decide(&repeat, &neighbours, &short).expect("a decision");
    assert!(matches!(decision, PolicyDecision::Emit(_)), "{decision:?}");
    let rear = event("gate-rear", "AB123CD", 10);
    let pair = Settings::from([("pairs".to_owned(), "gate+gate-rear".to_owned())]);
    let [neighbour] = neighbours;
    let neighbours = [Neighbour { gap: Duration::from_secs(9), ..neighbour }];
    let decision = policy.decide(&rear, &neighbours, &pair).expect("a decision");
    assert!(matches!(decision, PolicyDecision::Merge(repeated, _) if repeated == head), "{decision:?}");
}

#[test]
fn enrich_site_adds_what_the_operator_knows_of_site_and_camera() {
    let enrich = shipped("enrich-site");
    assert_eq!(enrich.world(), World::Enrich);
    let settings = [("site.name", "Harbour"), ("camera.gate.zone", "customs"), ("camera.exit.zone", "hall")];
    let settings: Settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let added = enrich.enrich(&event("gate", "AB123CD", 0), &settings).expect("attributes");
    let expected = [("camera.zone", "customs"), ("site.name", "Harbour")];
    assert_eq!(added, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
}
