//! The oracle against events made by hand: each kind of failure must be seen.

use super::*;
use ovr_domain::event::{UnreadReason, Verdict as FormatVerdict};
use ovr_domain::time::Timestamp;
use ovr_domain::{BBox, CameraId, Class, SiteId, TrackId};

use crate::scene::Sighting;

const START: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

fn pass(plate: &str, frames: std::ops::Range<u32>, x: f32) -> Pass {
    let seen = frames.map(|frame| Sighting {
        frame,
        quad: BBox::new(x, 300.0, x + 100.0, 322.0).quad(),
        vehicle: BBox::new(x - 100.0, 100.0, x + 200.0, 400.0),
    });
    Pass {
        plate: plate.to_owned(),
        layout: "de".to_owned(),
        class: Class::Car,
        parked: false,
        readable: true,
        repeats: None,
        seen: seen.collect(),
    }
}

/// A car, its repeat, one that is too small, and one that is parked.
fn truth() -> Truth {
    let repeat = Pass { repeats: Some(0), ..pass("KAXT739", 200..260, 100.0) };
    let small = Pass { readable: false, ..pass("6394KHT", 0..100, 600.0) };
    let parked = Pass { parked: true, ..pass("GK482RB", 0..375, 1000.0) };
    Truth {
        started_at: START,
        frames_per_second: 25,
        frames: 375,
        passes: vec![pass("KAXT739", 0..60, 100.0), repeat, small, parked],
        signs: Vec::new(),
    }
}

fn event(pass: &Pass, plate: Option<&str>) -> PlateEvent {
    let truth = truth();
    let (first, last) = pass.frames().unwrap();
    let (first_seen, last_seen) = (truth.captured_at(first), truth.captured_at(last));
    let best = pass.seen[pass.seen.len() / 2];
    let at = truth.captured_at(best.frame);
    PlateEvent {
        revision: 2,
        lifecycle: Lifecycle::Final,
        clock_synchronised: true,
        first_seen,
        last_seen,
        frames_seen: last - first,
        plate_observed: plate.map(str::to_owned),
        plate_normalized: plate.map(normalize),
        confidence: 0.9,
        unread_reason: plate.is_none().then_some(UnreadReason::TooSmall),
        verdict: FormatVerdict::Unchecked { why: String::new() },
        plate_quad: Some(best.quad),
        plate_width_px: Some(best.quad.width()),
        ..PlateEvent::of_pass(
            EventId::mint(first_seen),
            SiteId::new("site").unwrap(),
            CameraId::new("gate").unwrap(),
            TrackId(1),
            at,
        )
    }
}

/// The events of a run without a fault.
fn good() -> Vec<PlateEvent> {
    let passes = truth().passes;
    let first = event(&passes[0], Some("KA XT 739"));
    let mut repeat = event(&passes[1], Some("KA XT 739"));
    repeat.dedup.decision = DedupDecision::Suppress;
    repeat.dedup.repeats_event_id = Some(first.event_id);
    vec![repeat, event(&passes[2], None), event(&passes[3], Some("GK-482-RB")), first]
}

const REPEAT: usize = 0;
const SMALL: usize = 1;
const PARKED: usize = 2;
const FIRST: usize = 3;

fn fails(events: &[PlateEvent], count: impl Fn(&Verdict) -> usize) {
    let verdict = judge(&truth(), events);
    assert_eq!(count(&verdict), 1, "{:#?}", verdict.lines);
    assert!(!verdict.all_right(), "{:#?}", verdict.lines);
}

#[test]
fn a_run_without_a_fault_is_all_right_whatever_the_revisions() {
    let mut events = good();
    let mut early = events[FIRST].clone();
    early.revision = 1;
    early.lifecycle = Lifecycle::New;
    early.plate_normalized = Some("KAXT73B".to_owned());
    events.push(early);
    let verdict = judge(&truth(), &events);
    assert!(verdict.all_right(), "{:#?}", verdict.lines);
    let counts = (verdict.read_right, verdict.repeats_suppressed, verdict.unread_reported);
    assert_eq!((verdict.shown, counts), (4, (2, 1, 1)));
    assert_eq!(verdict.lines.len(), 4);
}

#[test]
fn a_corrected_plate_counts_before_the_normalised_one() {
    let mut events = good();
    events[PARKED].plate_normalized = Some("6K482RB".to_owned());
    events[PARKED].plate_corrected = Some("GK482RB".to_owned());
    assert!(judge(&truth(), &events).all_right());
}

#[test]
fn an_unread_part_is_no_fault_when_it_was_merged_into_a_pass_that_was_in_view() {
    let part = |into: usize, decision: DedupDecision| {
        let mut events = good();
        let mut part = event(&truth().passes[0], None);
        part.dedup.decision = decision;
        part.dedup.repeats_event_id = Some(events[into].event_id);
        events.push(part);
        events
    };
    assert!(judge(&truth(), &part(FIRST, DedupDecision::Merge)).all_right());
    fails(&part(FIRST, DedupDecision::Emit), |v| v.false_unread);
    fails(&part(REPEAT, DedupDecision::Merge), |v| v.false_unread);
}

#[test]
fn no_events_at_all_is_everything_missed() {
    let verdict = judge(&truth(), &[]);
    assert_eq!((verdict.missed, verdict.all_right()), (4, false));
}

#[test]
fn a_wrong_text_is_wrong_and_not_also_a_false_plate() {
    let mut events = good();
    events[PARKED].plate_normalized = Some("GK482R8".to_owned());
    fails(&events, |v| v.wrong);
    assert_eq!(judge(&truth(), &events).false_plates, 0);
}

#[test]
fn a_missing_event_is_missed() {
    for index in [SMALL, PARKED, REPEAT] {
        let mut events = good();
        events.remove(index);
        fails(&events, |v| v.missed);
    }
}

#[test]
fn a_readable_plate_that_is_reported_unread_is_missed() {
    let mut events = good();
    events[PARKED] = event(&truth().passes[3], None);
    fails(&events, |v| v.missed);
}

#[test]
fn a_repeat_must_be_suppressed_and_refer_to_the_right_event() {
    let mut events = good();
    events[REPEAT].dedup.decision = DedupDecision::Emit;
    fails(&events, |v| v.wrong);
    let mut events = good();
    events[REPEAT].dedup.repeats_event_id = Some(events[PARKED].event_id);
    fails(&events, |v| v.wrong);
    let mut events = good();
    events[REPEAT].dedup.repeats_event_id = None;
    fails(&events, |v| v.wrong);
}

#[test]
fn a_first_pass_must_not_be_suppressed() {
    let mut events = good();
    events[PARKED].dedup.decision = DedupDecision::Suppress;
    fails(&events, |v| v.wrong);
}

#[test]
fn the_parked_car_must_have_one_event_and_not_two() {
    let mut events = good();
    let mut second = events[PARKED].clone();
    second.event_id = EventId::mint(START);
    second.dedup.decision = DedupDecision::Suppress;
    second.dedup.repeats_event_id = Some(events[PARKED].event_id);
    events.push(second);
    fails(&events, |v| v.split);
}

#[test]
fn a_plate_out_of_nothing_is_false() {
    let mut events = good();
    let mut sign = event(&truth().passes[3], Some("CAFELUNA"));
    sign.plate_quad = Some(BBox::new(10.0, 10.0, 90.0, 30.0).quad());
    events.push(sign);
    fails(&events, |v| v.false_plates);
}

#[test]
fn an_unread_event_for_no_vehicle_is_false() {
    let mut events = good();
    let mut nothing = event(&truth().passes[3], None);
    nothing.plate_quad = Some(BBox::new(10.0, 10.0, 90.0, 30.0).quad());
    events.push(nothing);
    fails(&events, |v| v.false_unread);
}

#[test]
fn an_unread_event_must_say_why_and_be_where_the_vehicle_is() {
    let mut events = good();
    events[SMALL].unread_reason = None;
    fails(&events, |v| v.wrong);
    let mut events = good();
    events[SMALL].plate_quad = Some(BBox::new(10.0, 10.0, 90.0, 30.0).quad());
    fails(&events, |v| v.missed);
    fails(&events, |v| v.false_unread);
}

#[test]
fn an_event_that_never_became_final_counts_for_nothing() {
    let mut events = good();
    events[PARKED].lifecycle = Lifecycle::New;
    fails(&events, |v| v.unfinished);
    fails(&events, |v| v.missed);
}

#[test]
fn texts_match_even_when_nobody_set_the_start_of_the_scene() {
    let mut shifted = truth();
    shifted.started_at = Timestamp::default();
    let verdict = judge(&shifted, &good());
    assert_eq!(verdict.wrong + verdict.read_right + verdict.repeats_suppressed, 3);
    assert_eq!(verdict.unread_reported, 0);
}
