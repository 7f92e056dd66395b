use std::collections::BTreeSet;

use ovr_domain::event::{Direction, Lifecycle, UnreadReason, Verdict, Votes};
use ovr_domain::hook::NoPlugins;
use ovr_domain::{BBox, EventId, Timestamp, TrackId};
use proptest::prelude::*;

use super::*;

const START_S: f64 = 1_795_421_700.0;

fn at(seconds: f64) -> Timestamp {
    Timestamp::from_micros(((START_S + seconds) * 1e6) as i64)
}

/// The last revision of a pass that was seen for one second from `seconds` on.
pub(super) fn passing(plate: Option<&str>, seconds: f64) -> PlateEvent {
    PlateEvent {
        lifecycle: Lifecycle::Final,
        captured_at: at(seconds + 0.5),
        clock_synchronised: true,
        received_at: at(seconds + 0.5),
        last_seen: at(seconds + 1.0),
        frames_seen: 10,
        plate_observed: plate.map(str::to_owned),
        plate_normalized: plate.map(str::to_owned),
        confidence: 0.9,
        votes: Votes { frames: 10, agreeing: 10 },
        unread_reason: plate.is_none().then_some(UnreadReason::PoorPicture),
        verdict: Verdict::Valid,
        plate_quad: Some(BBox::new(300.0, 200.0, 400.0, 225.0).quad()),
        plate_width_px: Some(100.0),
        direction: Some(Direction::Approaching),
        dedup: first_decision(),
        ..PlateEvent::of_pass(
            EventId::mint(at(seconds)),
            SiteId::new("yard").unwrap(),
            CameraId::new("gate").unwrap(),
            TrackId(1),
            at(seconds),
        )
    }
}

fn dedup() -> Dedup {
    Dedup::new(DedupConfig::default()).unwrap()
}

/// Decides about all of them and gives decision and repeated event of each.
fn decide(dedup: &mut Dedup, events: &mut [PlateEvent]) -> Vec<(DedupDecision, Option<EventId>)> {
    let decided = events.iter_mut().map(|event| {
        dedup.decide(event, &NoPlugins);
        (event.dedup.decision, event.dedup.repeats_event_id)
    });
    decided.collect()
}

use DedupDecision::{Emit, Merge, Suppress};

#[test]
fn a_plate_that_comes_back_within_the_window_repeats_the_first_event() {
    let mut events = [0.0, 120.0, 410.0, 715.0].map(|s| passing(Some("AB123C"), s));
    let first = events[0].event_id;
    let decided = decide(&mut dedup(), &mut events);
    // 410 s is within 300 s of the repeat at 120 s: the window slides. 715 s is not within 300 s of 411 s.
    assert_eq!(decided, [(Emit, None), (Suppress, Some(first)), (Suppress, Some(first)), (Emit, None)]);
    assert_eq!(events[1].dedup.reason, "the same plate at the same camera, 119.0 s after it was last seen");
}

#[test]
fn a_parked_car_that_is_read_all_day_is_one_event() {
    let mut dedup = dedup();
    let mut events: Vec<_> = (0..500).map(|i| passing(Some("AB123C"), f64::from(i) * 60.0)).collect();
    for event in &mut events {
        event.direction = Some(Direction::Stationary);
    }
    let first = events[0].event_id;
    let decided = decide(&mut dedup, &mut events);
    assert!(decided[1..].iter().all(|d| *d == (Suppress, Some(first))));
    assert!(dedup.passes() < 10, "{} passes remembered", dedup.passes());
}

#[test]
fn another_plate_camera_site_lane_or_way_is_no_repeat() {
    let changes: [fn(&mut PlateEvent); 5] = [
        |e| e.plate_normalized = Some("AB123D".to_owned()),
        |e| e.camera_id = CameraId::new("exit").unwrap(),
        |e| e.site_id = SiteId::new("port").unwrap(),
        |e| e.lane_id = Some("2".to_owned()),
        |e| e.direction = Some(Direction::Receding),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut events = [passing(Some("AB123C"), 0.0), passing(Some("AB123C"), 60.0)];
        events[0].lane_id = Some("1".to_owned());
        events[1].lane_id = Some("1".to_owned());
        change(&mut events[1]);
        assert_eq!(decide(&mut dedup(), &mut events)[1], (Emit, None), "change {index}");
    }
}

#[test]
fn a_pass_that_broke_in_two_tracks_is_merged() {
    for (text, agreeing, expected) in [
        ("AB123C", 10, Merge),
        ("A8123C", 1, Merge),
        ("AB12", 2, Merge),
        // Certain as it is, this is the vehicle behind.
        ("AB123D", 10, Emit),
        ("ZZ999Z", 1, Emit),
    ] {
        let mut events = [passing(Some("AB123C"), 0.0), passing(Some(text), 1.4)];
        events[1].votes.agreeing = agreeing;
        let first = events[0].event_id;
        let decided = decide(&mut dedup(), &mut events)[1];
        assert_eq!(decided, (expected, (expected == Merge).then_some(first)), "{text}");
    }
}

#[test]
fn the_better_read_of_a_broken_pass_is_not_hidden_behind_the_worse() {
    let mut events = [passing(Some("AB12"), 0.0), passing(Some("AB123C"), 1.4)];
    events[0].votes.agreeing = 1;
    assert_eq!(decide(&mut dedup(), &mut events)[1], (Emit, None));
}

#[test]
fn tracks_that_are_far_apart_or_side_by_side_are_not_merged() {
    for seconds in [0.5, 1.4] {
        let mut events = [passing(Some("AB123C"), 0.0), passing(Some("AB123"), seconds)];
        events[1].votes.agreeing = 1;
        events[1].plate_quad = Some(BBox::new(1300.0, 200.0, 1400.0, 225.0).quad());
        assert_eq!(decide(&mut dedup(), &mut events)[1], (Emit, None), "{seconds}");
    }
    let mut beside = [passing(Some("AB123C"), 0.0), passing(Some("AB123"), 0.5)];
    beside[1].votes.agreeing = 1;
    beside[1].plate_quad = Some(BBox::new(420.0, 200.0, 520.0, 225.0).quad());
    assert_eq!(decide(&mut dedup(), &mut beside)[1], (Emit, None));
}

#[test]
fn an_unread_event_is_merged_only_into_a_read_one_of_the_same_pass() {
    for (before, seconds, expected) in [
        (Some("AB123C"), 1.5, Merge),
        (Some("AB123C"), 2.5, Emit),
        (Some("AB123C"), 30.0, Emit),
        (None, 1.5, Emit),
    ] {
        let mut events = [passing(before, 0.0), passing(None, seconds)];
        assert_eq!(decide(&mut dedup(), &mut events)[1].0, expected, "{before:?} {seconds}");
    }
    let mut read_later = [passing(None, 0.0), passing(Some("AB123C"), 1.5)];
    assert_eq!(decide(&mut dedup(), &mut read_later)[1], (Emit, None));
}

#[test]
fn a_revision_keeps_the_decision_of_its_event() {
    let mut dedup = dedup();
    let mut events = [passing(Some("AB123C"), 0.0), passing(Some("AB123C"), 60.0)];
    events[1].lifecycle = Lifecycle::New;
    decide(&mut dedup, &mut events);
    let mut last = events[1].clone();
    (last.revision, last.lifecycle, last.dedup) = (2, Lifecycle::Final, first_decision());
    dedup.decide(&mut last, &NoPlugins);
    assert_eq!(last.dedup, events[1].dedup);
    let mut first_again = events[0].clone();
    first_again.revision = 2;
    dedup.decide(&mut first_again, &NoPlugins);
    assert_eq!(first_again.dedup.decision, Emit, "an event does not repeat itself");
}

#[test]
fn a_repeat_that_turns_out_to_be_another_plate_or_way_is_emitted() {
    let changes: [fn(&mut PlateEvent); 2] =
        [|e| e.plate_normalized = Some("XY789Z".to_owned()), |e| e.direction = Some(Direction::Receding)];
    for change in changes {
        let mut dedup = dedup();
        let mut events = [passing(Some("AB123C"), 0.0), passing(Some("AB123C"), 60.0)];
        (events[1].lifecycle, events[1].direction) = (Lifecycle::New, None);
        assert_eq!(decide(&mut dedup, &mut events)[1].0, Suppress);
        let mut last = events[1].clone();
        (last.revision, last.lifecycle) = (2, Lifecycle::Final);
        change(&mut last);
        dedup.decide(&mut last, &NoPlugins);
        assert_eq!((last.dedup.decision, last.dedup.repeats_event_id), (Emit, None));
    }
}

#[test]
fn a_plate_that_is_still_in_view_is_remembered_beyond_the_window() {
    let mut events = [passing(Some("AB123C"), 0.0), passing(Some("AB123C"), 4_000.0)];
    events[0].lifecycle = Lifecycle::New;
    let first = events[0].event_id;
    let decided = decide(&mut dedup(), &mut events);
    assert_eq!(decided[1].1, Some(first));
}

#[test]
fn what_was_decided_survives_a_restart() {
    let mut before = dedup();
    let mut events =
        [passing(Some("AB123C"), 0.0), passing(Some("AB123C"), 200.0), passing(Some("XY789Z"), 210.0)];
    decide(&mut before, &mut events);
    let first = events[0].event_id;
    let mut after = dedup();
    after.rebuild(events.iter().rev().cloned());
    let mut later = [passing(Some("AB123C"), 400.0), passing(Some("XY789Z"), 900.0)];
    assert_eq!(decide(&mut after, &mut later), [(Suppress, Some(first)), (Emit, None)]);
}

#[test]
fn pages_in_any_order_leave_the_passes_that_were_seen_last() {
    let mut before = dedup();
    let mut events: Vec<_> =
        (0..40).map(|i| passing(Some(&format!("P{i:03}")), f64::from(i) * 2.0)).collect();
    decide(&mut before, &mut events);
    let newest_first: Vec<_> = events.iter().rev().cloned().collect();
    for order in [&events, &newest_first] {
        let mut after = Dedup::new(DedupConfig { passes_max: 10, ..DedupConfig::default() }).unwrap();
        order.chunks(7).for_each(|page| after.rebuild(page.to_vec()));
        assert_eq!(after.passes(), 10);
        let mut again: Vec<_> = [30, 29].map(|i| passing(Some(&format!("P{i:03}")), 90.0)).into();
        let decided = decide(&mut after, &mut again);
        assert_eq!(decided, [(Suppress, Some(events[30].event_id)), (Emit, None)]);
    }
}

#[test]
fn a_refused_event_makes_no_repeat_of_those_that_follow() {
    let mut dedup = dedup();
    let mut events = [0.0, 20.0].map(|s| passing(Some("AB123C"), s));
    let refused = events[0].event_id;
    assert_eq!(decide(&mut dedup, &mut events), [(Emit, None), (Suppress, Some(refused))]);
    dedup.forget(refused);
    assert_eq!(dedup.passes(), 0, "a repeat of what never happened is none either");
    let mut next = [passing(Some("AB123C"), 40.0)];
    assert_eq!(decide(&mut dedup, &mut next), [(Emit, None)]);
}

#[test]
fn a_new_configuration_keeps_the_passes_seen_last_and_a_wrong_one_changes_nothing() {
    let mut dedup = dedup();
    for i in 0..40 {
        dedup.decide(&mut passing(Some(&format!("P{i}")), f64::from(i)), &NoPlugins);
    }
    assert!(dedup.reconfigure(DedupConfig { passes_max: 0, ..DedupConfig::default() }).is_err());
    assert_eq!(dedup.passes(), 40);
    dedup.reconfigure(DedupConfig { passes_max: 10, window_s: 60, ..DedupConfig::default() }).unwrap();
    assert_eq!(dedup.passes(), 10);
    let known = decide(&mut dedup, &mut [passing(Some("P39"), 60.0), passing(Some("P0"), 61.0)]);
    assert_eq!(known[0].0, DedupDecision::Suppress);
    assert_eq!(known[1].0, DedupDecision::Emit);
}

#[test]
fn memory_is_bounded_for_a_camera_and_in_cameras() {
    let mut dedup = Dedup::new(DedupConfig { passes_max: 50, ..DedupConfig::default() }).unwrap();
    for i in 0..300 {
        dedup.decide(&mut passing(Some(&format!("P{i}")), f64::from(i) * 0.01), &NoPlugins);
    }
    assert_eq!(dedup.passes(), 50);
    for i in 0..1_100 {
        let mut event = passing(Some("AB123C"), f64::from(i));
        event.camera_id = CameraId::new(&format!("camera-{i}")).unwrap();
        dedup.decide(&mut event, &NoPlugins);
    }
    assert!(dedup.cameras.len() <= CAMERAS_MAX);
    assert!(DedupConfig { passes_max: 0, ..DedupConfig::default() }.validate().is_err());
}

proptest! {
    #[test]
    fn a_repeat_names_an_emitted_event_and_a_replay_is_decided_alike(
        passes in prop::collection::vec((0_usize..4, 0_u32..2_000, 1_u32..12), 1..60),
    ) {
        let texts = [Some("AB123C"), Some("AB123"), Some("XY789Z"), None];
        let mut events: Vec<_> = passes
            .iter()
            .map(|&(text, seconds, agreeing)| {
                let mut event = passing(texts[text], f64::from(seconds));
                event.votes.agreeing = agreeing;
                event
            })
            .collect();
        let decided = decide(&mut dedup(), &mut events);
        let mut emitted = BTreeSet::new();
        for (event, (decision, repeats)) in events.iter().zip(&decided) {
            prop_assert_eq!(*decision == Emit, repeats.is_none());
            if let Some(head) = repeats {
                prop_assert!(emitted.contains(head), "it names an event that was emitted before");
            } else {
                emitted.insert(event.event_id);
            }
        }
        prop_assert_eq!(decided, decide(&mut dedup(), &mut events));
    }
}
