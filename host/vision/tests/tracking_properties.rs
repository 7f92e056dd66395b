//! The tracker against hostile detections, and its behaviour by example.
#![allow(clippy::unwrap_used, reason = "helpers of a test")]

use std::collections::BTreeSet;

use ovr_domain::geometry::BBox;
use ovr_domain::ids::TrackId;
use ovr_domain::track::{Class, Detection, Track, TrackState};
use ovr_vision::track::{ByteTrack, DETECTIONS_MAX, GAP_FRAMES_MAX, TRACKS_MAX, TrackConfig};
use proptest::prelude::*;

fn found(class: Class, x: f32, y: f32, width: f32, height: f32, confidence: f32) -> Detection {
    Detection { class, bbox: BBox::new(x, y, x + width, y + height), confidence, quad: None }
}

fn car(x: f32) -> Detection {
    found(Class::Car, x, 300.0, 200.0, 150.0, 0.9)
}

fn plate(x: f32) -> Detection {
    found(Class::Plate, x, 400.0, 100.0, 25.0, 0.9)
}

fn tracker(config: TrackConfig) -> ByteTrack {
    ByteTrack::new(config).unwrap()
}

fn ids(tracks: &[Track]) -> Vec<u64> {
    tracks.iter().map(|track| track.id.0).collect()
}

#[derive(Debug, Clone)]
enum Step {
    Look(Vec<Detection>, u32),
    Skip(u32),
}

fn edge() -> impl Strategy<Value = f32> {
    prop_oneof![
        6 => 0.0_f32..2_000.0,
        1 => any::<f32>(),
        1 => prop_oneof![Just(f32::NAN), Just(f32::INFINITY), Just(f32::MAX), Just(f32::MIN_POSITIVE), Just(0.0_f32)],
        1 => -1e6_f32..1e6,
    ]
}

fn hostile() -> impl Strategy<Value = Detection> {
    let class = prop_oneof![Just(Class::Plate), Just(Class::Car), Just(Class::Truck)];
    let confidence = prop_oneof![8 => 0.0_f32..1.0, 1 => any::<f32>()];
    let wild = [edge(), edge(), edge(), edge()].prop_map(|[a, b, c, d]| BBox::new(a, b, c, d));
    let fair = (0.0_f32..500.0, 0.0_f32..300.0, 0.0_f32..150.0, 0.0_f32..80.0)
        .prop_map(|(x, y, width, height)| BBox::new(x, y, x + width, y + height));
    (class, prop_oneof![wild, fair], confidence).prop_map(|(class, bbox, confidence)| Detection {
        class,
        bbox,
        confidence,
        quad: None,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let frames = prop_oneof![8 => 0_u32..6, 1 => 900_u32..1_100, 1 => any::<u32>()];
    prop_oneof![
        3 => (prop::collection::vec(hostile(), 0..12), frames.clone()).prop_map(|(d, n)| Step::Look(d, n)),
        1 => frames.prop_map(Step::Skip),
    ]
}

proptest! {
    // Failures are told with their input; a file beside an integration test has no place to go.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_boxes_are_sane_and_ids_are_used_once(steps in prop::collection::vec(step(), 1..40)) {
        let config = TrackConfig { vehicle_reach: 2.0, min_hits: 2, lost_frames: 3, ..TrackConfig::default() };
        let (mut first, mut second) = (tracker(config), tracker(config));
        let (mut started, mut ended) = (BTreeSet::<TrackId>::new(), BTreeSet::<TrackId>::new());
        for step in &steps {
            let play = |tracker: &mut ByteTrack| match step {
                Step::Look(detections, elapsed) => tracker.update(detections, *elapsed).to_vec(),
                Step::Skip(frames) => tracker.predict(*frames).to_vec(),
            };
            let tracks = play(&mut first);
            prop_assert_eq!(&tracks, &play(&mut second), "the same calls gave other tracks");
            prop_assert!(tracks.is_sorted_by(|a, b| a.id < b.id));
            for id in first.ended() {
                prop_assert!(ended.insert(id), "{} ended twice", id);
            }
            for track in &tracks {
                prop_assert!(track.bbox.is_sane(), "{track:?}");
                prop_assert!(!ended.contains(&track.id), "{} is dead and alive", track.id);
                let seen = track.detection;
                prop_assert!(seen.is_none_or(|d| d.class.is_vehicle() == track.class.is_vehicle()));
                prop_assert!(seen.is_none_or(|d| d.bbox.is_sane() && d.confidence.is_finite()));
                prop_assert!(seen.is_none() || track.state != TrackState::Lost);
                started.insert(track.id);
            }
            prop_assert!(tracks.len() <= TRACKS_MAX);
        }
        for id in first.finish() {
            prop_assert!(ended.insert(id), "{} ended twice", id);
        }
        prop_assert!(first.tracks().is_empty());
        prop_assert!(started.is_subset(&ended), "every track ends");
    }

    #[test]
    fn a_gap_may_be_told_in_one_call_or_in_many(
        looks in prop::collection::vec(prop::collection::vec(hostile(), 0..8), 1..10),
        gap in 1_u32..8,
    ) {
        let (mut at_once, mut stepwise) = (tracker(TrackConfig::default()), tracker(TrackConfig::default()));
        for detections in &looks {
            for _ in 1..gap {
                stepwise.predict(1);
            }
            prop_assert_eq!(at_once.update(detections, gap), stepwise.update(detections, 1));
        }
    }
}

#[test]
fn boxes_that_make_no_sense_start_nothing() {
    let mut tracker = tracker(TrackConfig::default());
    let bad = [
        found(Class::Car, f32::NAN, 0.0, 10.0, 10.0, 0.9),
        found(Class::Car, 0.0, 0.0, 0.0, 10.0, 0.9),
        found(Class::Car, 0.0, 0.0, -10.0, 10.0, 0.9),
        found(Class::Car, 0.0, 0.0, 1e30, 1e30, 0.9),
        found(Class::Car, 0.0, 0.0, f32::INFINITY, 10.0, 0.9),
        found(Class::Car, 0.0, 0.0, 10.0, 10.0, f32::NAN),
        found(Class::Car, 0.0, 0.0, 10.0, 10.0, 7.0),
    ];
    assert!(tracker.update(&bad, 1).is_empty());
}

#[test]
fn a_flood_of_detections_is_cut_to_the_surest() {
    let mut tracker = tracker(TrackConfig::default());
    let flood: Vec<_> = (0..5_000_u16)
        .map(|n| {
            let (x, y) = (f32::from(n % 100) * 20.0, f32::from(n / 100) * 20.0);
            found(Class::Car, x, y, 10.0, 10.0, if n == 4_999 { 0.95 } else { 0.9 })
        })
        .collect();
    let tracks = tracker.update(&flood, 1).to_vec();
    assert_eq!(tracks.len(), DETECTIONS_MAX);
    assert!(tracks.iter().any(|track| track.detection == flood.last().copied()));
}

#[test]
fn a_second_look_confirms_and_a_tentative_track_that_is_missed_ends() {
    let mut tracker = tracker(TrackConfig::default());
    tracker.update(&[], 1);
    assert_eq!(tracker.update(&[car(0.0), plate(900.0)], 1)[0].state, TrackState::Tentative);
    // Seen once, the plate may be missed once.
    assert_eq!(ids(tracker.update(&[car(5.0)], 1)), [1, 2]);
    let tracks = tracker.update(&[car(10.0)], 1).to_vec();
    assert_eq!(ids(&tracks), [1]);
    assert_eq!(tracks[0].state, TrackState::Confirmed);
    assert_eq!(tracker.ended(), [TrackId(2)]);
    assert!(tracker.ended().is_empty(), "an end is told once");
}

#[test]
fn a_track_that_was_seen_once_and_missed_once_is_confirmed_when_it_is_seen_again() {
    let states = |config| {
        let mut tracker = tracker(config);
        tracker.update(&[], 1);
        let looks = [&[car(0.0)][..], &[], &[car(2.0)]];
        looks.map(|seen| tracker.update(seen, 1).first().map(|track| (track.id, track.state)))
    };
    let [_, missed, again] = states(TrackConfig::default());
    assert_eq!(missed, Some((TrackId(1), TrackState::Tentative)));
    assert_eq!(again, Some((TrackId(1), TrackState::Confirmed)));
    let [_, missed, again] = states(TrackConfig { tentative_misses: 0, ..TrackConfig::default() });
    assert_eq!((missed, again), (None, Some((TrackId(2), TrackState::Tentative))));
}

#[test]
fn min_hits_asks_for_that_many_looks() {
    let mut tracker = tracker(TrackConfig { min_hits: 3, ..TrackConfig::default() });
    tracker.update(&[], 1);
    let states = [0.0, 1.0, 2.0].map(|x| tracker.update(&[car(x)], 1)[0].state);
    assert_eq!(states, [TrackState::Tentative, TrackState::Tentative, TrackState::Confirmed]);
}

#[test]
fn weak_detections_keep_a_track_alive_but_start_none() {
    let weak = |x| Detection { confidence: 0.3, ..car(x) };
    let mut tracker = tracker(TrackConfig::default());
    assert!(tracker.update(&[weak(0.0)], 1).is_empty());
    tracker.update(&[car(0.0)], 1);
    tracker.update(&[car(0.0)], 1);
    let tracks = tracker.update(&[weak(2.0)], 1);
    assert_eq!((ids(tracks), tracks[0].state), (vec![1], TrackState::Confirmed));
}

#[test]
fn a_lost_track_is_found_again_within_its_buffer_and_ends_after_it() {
    let config = TrackConfig { lost_frames: 3, ..TrackConfig::default() };
    let mut tracker = tracker(config);
    tracker.update(&[car(0.0)], 1);
    for _ in 0..3 {
        assert_eq!(tracker.update(&[], 1)[0].state, TrackState::Lost);
    }
    assert_eq!(ids(tracker.update(&[car(0.0)], 1)), [1]);
    for _ in 0..3 {
        assert_eq!(ids(tracker.update(&[], 1)), [1]);
    }
    assert!(tracker.update(&[], 1).is_empty());
    assert_eq!(tracker.ended(), [TrackId(1)]);
    assert_eq!(ids(tracker.update(&[car(0.0)], 1)), [2], "an id is never given twice");
}

#[test]
fn frames_that_nobody_looked_at_age_no_track() {
    let config = TrackConfig { lost_frames: 1, lost_span_frames: None, ..TrackConfig::default() };
    let mut tracker = tracker(config);
    tracker.update(&[car(0.0)], 1);
    tracker.update(&[car(4.0)], 1);
    for _ in 0..100 {
        assert_eq!(tracker.predict(1)[0].state, TrackState::Confirmed);
    }
    assert_eq!(tracker.update(&[], 1)[0].state, TrackState::Lost);
    assert!(tracker.ended().is_empty());
}

#[test]
fn the_span_of_frames_bounds_a_lost_track_when_looks_are_sparse() {
    let config = TrackConfig { lost_frames: 30, lost_span_frames: Some(20), ..TrackConfig::default() };
    let mut tracker = tracker(config);
    tracker.update(&[car(0.0)], 1);
    assert_eq!(tracker.update(&[], 10).len(), 1);
    assert_eq!(tracker.update(&[], 10).len(), 1);
    assert!(tracker.update(&[], 10).is_empty());
}

#[test]
fn a_gap_without_end_ends_every_track() {
    let mut tracker = tracker(TrackConfig::default());
    tracker.update(&[car(0.0)], 1);
    assert_eq!(tracker.predict(GAP_FRAMES_MAX).len(), 1);
    assert!(tracker.predict(1).is_empty());
    assert_eq!(tracker.ended(), [TrackId(1)]);
}

#[test]
fn skipped_frames_show_where_the_vehicle_should_be() {
    let mut tracker = tracker(TrackConfig::default());
    for look in 0..10_u8 {
        tracker.update(&[car(f32::from(look) * 50.0)], 5);
    }
    // Ten pixels a frame: three frames after the look at 450.
    let track = tracker.predict(3)[0];
    assert!((track.bbox.x1 - 480.0).abs() < 3.0, "{track:?}");
    assert_eq!(track.detection, None);
}

#[test]
fn a_fast_plate_keeps_its_id_between_sparse_looks_only_with_reach() {
    // Five looks a second at 25 frames a second; the plate moves 1.3 of its widths from look to look.
    let drive = |config| {
        let mut tracker = tracker(config);
        let mut seen = BTreeSet::new();
        for look in 0..8_u8 {
            let at = f32::from(look);
            let detection = found(Class::Plate, 100.0 + 130.0 * at, 300.0 + 40.0 * at, 100.0, 25.0, 0.9);
            seen.extend(ids(tracker.update(&[detection], 5)));
        }
        seen.len()
    };
    assert_eq!(drive(TrackConfig::default()), 1);
    assert!(drive(TrackConfig::paper()) > 1);
}

#[test]
fn reach_does_not_hand_a_lost_plate_to_the_next_vehicle() {
    let mut tracker = tracker(TrackConfig::default());
    for _ in 0..4 {
        tracker.update(&[plate(0.0)], 5);
    }
    tracker.update(&[], 5);
    assert_eq!(ids(tracker.update(&[plate(130.0)], 5)), [1, 2]);
}

#[test]
fn a_plate_that_brakes_while_a_look_misses_it_keeps_its_id() {
    let mut tracker = tracker(TrackConfig::default());
    for look in 0..6_u8 {
        let detection = found(Class::Plate, 400.0, 600.0 - 40.0 * f32::from(look), 90.0, 24.0, 0.9);
        tracker.update(&[detection], 5);
    }
    tracker.update(&[], 5);
    // Expected at 320, but the vehicle climbs the picture ever more slowly.
    let detection = found(Class::Plate, 400.0, 355.0, 88.0, 23.0, 0.9);
    assert_eq!(ids(tracker.update(&[detection], 5)), [1]);
}

#[test]
fn plates_that_follow_each_other_keep_their_ids() {
    let mut tracker = tracker(TrackConfig::default());
    let mut last = Vec::new();
    for look in 0..10_u8 {
        let x = 60.0 * f32::from(look);
        last = tracker.update(&[plate(x), plate(x + 350.0), plate(x + 700.0)], 5).to_vec();
    }
    assert_eq!(ids(&last), [1, 2, 3]);
    let places: Vec<f32> = last.iter().map(|track| track.detection.unwrap().bbox.x1).collect();
    assert_eq!(places, [540.0, 890.0, 1_240.0]);
}

#[test]
fn a_plate_is_never_taken_for_its_car_and_a_wavering_kind_of_vehicle_is_settled_by_confidence() {
    let mut tracker = tracker(TrackConfig::default());
    let inside = |class| found(class, 100.0, 100.0, 120.0, 60.0, 0.9);
    let classes = |tracks: &[Track]| tracks.iter().map(|t| (t.id.0, t.class)).collect::<Vec<_>>();
    assert_eq!(classes(tracker.update(&[inside(Class::Car)], 1)), [(1, Class::Car)]);
    let both = [inside(Class::Plate), inside(Class::Truck)];
    assert_eq!(classes(tracker.update(&both, 1)), [(1, Class::Car), (2, Class::Plate)]);
    assert_eq!(classes(tracker.update(&both, 1)), [(1, Class::Truck), (2, Class::Plate)]);
}

#[test]
fn new_numbers_keep_the_tracks_and_bad_ones_change_nothing() {
    let mut tracker = tracker(TrackConfig::default());
    tracker.update(&[car(0.0)], 1);
    let bad = TrackConfig { match_threshold: 2.0, ..TrackConfig::default() };
    assert_eq!(tracker.reconfigure(bad).unwrap_err().key, "match_threshold");
    tracker.reconfigure(TrackConfig::paper()).unwrap();
    assert_eq!(ids(tracker.update(&[car(1.0)], 1)), [1]);
}

#[test]
fn the_end_of_a_stream_ends_every_track_and_ids_go_on() {
    let mut tracker = tracker(TrackConfig::default());
    tracker.update(&[car(0.0), plate(500.0)], 1);
    assert_eq!(tracker.finish(), [TrackId(1), TrackId(2)]);
    assert!(tracker.finish().is_empty());
    assert_eq!(ids(tracker.update(&[car(0.0)], 1)), [3]);
}
