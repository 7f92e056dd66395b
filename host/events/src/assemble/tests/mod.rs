mod lanes;
mod parts;

use ovr_domain::Timestamp;
use ovr_domain::event::{Direction, PlateEvent, UnreadReason, Vehicle, Verdict};
use ovr_domain::track::{Class, Detection, Track, TrackState};
use ovr_domain::{Alternative, BBox, CapturedAt, CropQuality, Digest, Frame, Picture, PlateRead, RgbImage};
use proptest::prelude::*;
use std::time::Duration;

use super::*;

const FRAME_MS: i64 = 40;

/// One camera with an assembler behind it, one frame after the other.
struct Gate {
    assembler: Assembler,
    picture: Picture,
    sequence: u64,
    class: Class,
    vehicle: bool,
    moves: bool,
    /// Where the next thing is seen, instead of going on to the right.
    at_x: Option<f32>,
}

impl Gate {
    fn new(config: AssembleConfig) -> Self {
        let (site, camera) = (SiteId::new("yard").unwrap(), CameraId::new("gate").unwrap());
        let digests = Digests { detector: Some(Digest::of(b"detector")), reader: None };
        Self {
            assembler: Assembler::new(config, site, camera, digests).unwrap(),
            picture: Picture::from_rgb(RgbImage::filled(640, 360, [90, 90, 90])).unwrap(),
            sequence: 0,
            class: Class::Plate,
            vehicle: false,
            moves: true,
            at_x: None,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_795_421_700_000_000 + self.sequence as i64 * FRAME_MS * 1000)
    }

    fn see(&mut self, track: u64, read: ReadOutcome) -> Vec<Emission> {
        self.sequence += 1;
        let captured_at = CapturedAt { at: self.now(), synchronised: true };
        let frame = Frame {
            camera: CameraId::new("gate").unwrap(),
            sequence: self.sequence,
            captured_at,
            received_at: self.now().plus(Duration::from_millis(5)),
            presented_at: Duration::ZERO,
            picture: self.picture.clone(),
        };
        let x = 20.0 + if self.moves { self.sequence as f32 * 25.0 } else { 0.0 };
        let x = self.at_x.unwrap_or(x);
        let bbox = BBox::new(x, 100.0, x + 60.0, 116.0);
        let detection = Detection { class: self.class, bbox, confidence: 0.8, quad: None };
        let track = Track {
            id: TrackId(track),
            class: self.class,
            state: TrackState::Confirmed,
            bbox,
            detection: Some(detection),
        };
        let vehicle = Vehicle { class: Class::Car, confidence: 0.9 };
        let read = match read {
            ReadOutcome::Read(plate) => {
                ReadOutcome::Read(PlateRead { captured_at, quad: bbox.quad(), ..plate })
            }
            other => other,
        };
        self.assembler.observe(&Observation {
            frame: &frame,
            track,
            read,
            vehicle: self.vehicle.then_some((vehicle, bbox.grown(1.0, 4.0))),
        })
    }

    fn read(&mut self, track: u64, text: &str) -> Vec<Emission> {
        self.see(track, ReadOutcome::Read(plate(text, 0.9, 90.0)))
    }

    fn end(&mut self, track: u64) -> Vec<PlateEvent> {
        self.assembler.end(TrackId(track)).into_iter().map(|e| e.event).collect()
    }
}

fn plate(text: &str, likeness: f32, width_px: f32) -> PlateRead {
    let sure = |character| vec![Alternative { character, probability: 0.93 }];
    PlateRead {
        positions: text.chars().map(sure).collect(),
        quad: BBox::new(0.0, 0.0, 60.0, 16.0).quad(),
        width_px,
        plate_likeness: likeness,
        quality: CropQuality { sharpness: 150.0, contrast: 0.6, exposure: 0.5 },
        sequence: 0,
        captured_at: CapturedAt { at: Timestamp::from_micros(0), synchronised: true },
        reader: Digest::of(b"reader"),
    }
}

fn too_small() -> ReadOutcome {
    let quality = CropQuality { sharpness: 30.0, contrast: 0.3, exposure: 0.4 };
    ReadOutcome::Unreadable { reason: Unreadable::TooSmall, quality, width_px: 18.0 }
}

#[test]
fn a_pass_gives_new_when_the_reads_agree_and_final_when_it_ends_under_one_id() {
    let mut gate = Gate::new(AssembleConfig::default());
    gate.vehicle = true;
    assert!(gate.read(1, "AB123C").is_empty());
    assert!(gate.read(1, "AB123C").is_empty());
    let first = gate.read(1, "AB123C").pop().expect("three frames agree");
    for text in ["AB123C", "A8123C", "AB123C"] {
        assert!(gate.read(1, text).is_empty());
    }
    let last = gate.end(1).pop().expect("the track ended");
    assert_eq!((first.event.lifecycle, first.event.revision), (Lifecycle::New, 1));
    assert_eq!((last.lifecycle, last.revision), (Lifecycle::Final, 2));
    assert_eq!((last.event_id, last.captured_at), (first.event.event_id, first.event.captured_at));
    assert_eq!(last.plate_normalized.as_deref(), Some("AB123C"));
    assert_eq!((last.votes.frames, last.votes.agreeing, last.frames_seen), (6, 5, 6));
    assert_eq!(last.last_seen.since(last.first_seen), Duration::from_millis(5 * 40));
    assert_eq!(last.direction, Some(Direction::Right));
    assert_eq!(last.vehicle.map(|v| v.class), Some(Class::Car));
    assert!(last.vehicle_box.is_some() && last.plate_quad.is_some() && last.quality.is_some());
    assert_eq!(last.reader_digest, Some(Digest::of(b"reader")));
    assert_eq!(last.detector_digest, Some(Digest::of(b"detector")));
    assert_eq!(last.candidates[0].plate, "AB123C");
    assert!(last.candidates.iter().any(|c| c.plate == "A8123C"));
    assert_eq!(last.char_confidences.len(), 6);
    assert!(matches!(last.verdict, Verdict::Unchecked { .. }) && last.unread_reason.is_none());
    assert!(first.best.is_some() && gate.assembler.tracks() == 0);
    // The third frame decided; it was received 5 ms after it was taken.
    let third = last.first_seen.plus(Duration::from_millis(2 * 40 + 5));
    assert_eq!(first.decided_at, Some(third));
}

#[test]
fn the_agreed_text_may_change_while_the_plate_comes_into_view() {
    let mut gate = Gate::new(AssembleConfig::default());
    let mut emissions = Vec::new();
    for text in ["AB12", "AB12", "AB12", "AB123C", "AB123C", "AB123C", "AB123C"] {
        emissions.extend(gate.read(1, text));
    }
    let states: Vec<_> = emissions
        .iter()
        .map(|e| (e.event.lifecycle, e.event.revision, e.event.plate_observed.as_deref().unwrap()))
        .collect();
    assert_eq!(states, [(Lifecycle::New, 1, "AB12"), (Lifecycle::Update, 2, "AB123C")]);
    let last = gate.end(1).pop().unwrap();
    assert_eq!((last.revision, last.plate_observed.as_deref()), (3, Some("AB123C")));
}

#[test]
fn a_vehicle_seen_on_one_frame_with_one_good_read_is_reported_with_its_low_votes() {
    let mut gate = Gate::new(AssembleConfig::default());
    assert!(gate.read(1, "LS15EBC").is_empty());
    let event = gate.end(1).pop().expect("no plate is lost");
    assert_eq!((event.lifecycle, event.revision), (Lifecycle::Final, 1));
    assert_eq!(event.plate_observed.as_deref(), Some("LS15EBC"));
    assert_eq!((event.votes.frames, event.votes.agreeing), (1, 1));
    assert!(event.confidence > 0.4 && event.confidence < 0.85, "{}", event.confidence);
}

#[test]
fn a_sign_does_not_become_a_plate_however_often_it_is_read() {
    for frames in [1, 40] {
        let mut gate = Gate::new(AssembleConfig::default());
        gate.moves = false;
        for _ in 0..frames {
            assert!(gate.see(1, ReadOutcome::Read(plate("HOTEL", 0.1, 200.0))).is_empty());
        }
        assert!(gate.end(1).is_empty());
    }
}

#[test]
fn a_doubtful_read_of_a_vehicle_is_reported_unread_with_what_was_read() {
    let mut gate = Gate::new(AssembleConfig::default());
    gate.vehicle = true;
    gate.see(1, ReadOutcome::Read(plate("1A2B", 0.35, 40.0)));
    let event = gate.end(1).pop().unwrap();
    assert_eq!((event.plate_observed, event.unread_reason), (None, Some(UnreadReason::NoConsensus)));
    assert_eq!(event.candidates[0].plate, "1A2B");
}

#[test]
fn reads_that_contradict_each_other_give_an_unread_event_with_all_of_them() {
    let mut gate = Gate::new(AssembleConfig::default());
    for text in ["AB123C", "XY789Z", "QQ555K", "LM246N"] {
        assert!(gate.read(1, text).is_empty());
    }
    let events = gate.end(1);
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!(
        (event.plate_observed.as_deref(), event.unread_reason),
        (None, Some(UnreadReason::NoConsensus))
    );
    assert_eq!((event.votes.frames, event.votes.agreeing), (4, 0));
    let candidates: Vec<_> = event.candidates.iter().map(|c| c.plate.as_str()).collect();
    assert_eq!(candidates.len(), 4, "{candidates:?}");
}

#[test]
fn one_good_read_stands_against_a_much_worse_one_but_not_against_its_like() {
    for (other_width, plate_is_known) in [(30.0, true), (90.0, false)] {
        let mut gate = Gate::new(AssembleConfig::default());
        gate.see(1, ReadOutcome::Read(plate("XY789Z", 0.6, other_width)));
        gate.read(1, "AB123C");
        let event = gate.end(1).pop().unwrap();
        assert_eq!(event.plate_observed.is_some(), plate_is_known);
        assert!(event.candidates.iter().any(|c| c.plate == "XY789Z"));
    }
}

#[test]
fn a_text_that_comes_up_now_and_then_among_others_is_no_consensus() {
    let mut gate = Gate::new(AssembleConfig::default());
    for text in ["AB123C", "XY789Z", "LM246N", "XY789Z", "LM246N", "AB123C", "XY789Z", "LM246N", "AB123C"] {
        assert!(gate.read(1, text).is_empty(), "{text}");
    }
}

#[test]
fn a_plate_too_small_to_read_is_an_unread_event_with_a_picture_if_it_moved_for_long_enough() {
    let mut gate = Gate::new(AssembleConfig::default());
    for _ in 0..12 {
        assert!(gate.see(1, too_small()).is_empty());
    }
    let emission = gate.assembler.finish().into_iter().find(|e| e.event.track_id == TrackId(1)).unwrap();
    assert_eq!(emission.event.unread_reason, Some(UnreadReason::TooSmall));
    assert!(emission.best.is_some() && emission.event.plate_quad.is_some());
    assert!(emission.event.confidence.abs() < f32::EPSILON);

    gate.see(3, too_small());
    gate.see(3, too_small());
    assert!(gate.end(3).is_empty(), "seen for two frames and nothing else");
    gate.moves = false;
    for _ in 0..40 {
        gate.see(4, too_small());
    }
    assert!(gate.end(4).is_empty(), "it is part of the scenery");
}

#[test]
fn an_unread_vehicle_says_why() {
    for (class, outcome, reason) in [
        (Class::Plate, ReadOutcome::Failed, UnreadReason::ReaderFailed),
        (Class::Plate, too_small(), UnreadReason::TooSmall),
        (Class::Plate, ReadOutcome::NotTried, UnreadReason::PoorPicture),
        (Class::Car, ReadOutcome::NotTried, UnreadReason::NoPlateSeen),
    ] {
        let mut gate = Gate::new(AssembleConfig::default());
        (gate.class, gate.vehicle) = (class, true);
        let frames = if class == Class::Plate { 3 } else { 10 };
        for _ in 0..frames {
            gate.see(1, outcome.clone());
        }
        let event = gate.end(1).pop().unwrap();
        assert_eq!(event.unread_reason, Some(reason));
        assert_eq!(event.plate_observed, None);
    }
}

#[test]
fn a_vehicle_whose_plate_has_a_track_of_its_own_gives_no_event_beside_it() {
    let mut gate = Gate::new(AssembleConfig::default());
    (gate.class, gate.vehicle) = (Class::Car, true);
    for _ in 0..10 {
        gate.see(7, ReadOutcome::NotTried);
    }
    gate.assembler.carries_plate(TrackId(7));
    gate.class = Class::Plate;
    gate.read(8, "AB123C");
    assert!(gate.end(7).is_empty());
    assert_eq!(gate.end(8)[0].plate_observed.as_deref(), Some("AB123C"));
}

#[test]
fn two_plates_that_swap_on_one_track_give_two_events() {
    let mut gate = Gate::new(AssembleConfig::default());
    let mut emissions = Vec::new();
    for text in ["34A36837", "89C20339"] {
        for _ in 0..4 {
            emissions.extend(gate.read(1, text));
        }
    }
    let new: Vec<_> = emissions.iter().map(|e| e.event.plate_normalized.clone().unwrap()).collect();
    assert_eq!(new, ["34A36837", "89C20339"]);
    assert!(emissions.iter().all(|e| e.best.is_some()));
    let last = gate.end(1);
    let finals: Vec<_> = last.iter().map(|e| e.plate_normalized.clone().unwrap()).collect();
    assert_eq!(finals, ["34A36837", "89C20339"]);
    assert_ne!(last[0].event_id, last[1].event_id);
    assert!(last.iter().all(|e| (e.votes.frames, e.votes.agreeing) == (4, 4)));
}

#[test]
fn the_frame_is_handed_out_again_only_for_a_better_crop() {
    for (later_width, better) in [(62.0, false), (100.0, true)] {
        let mut gate = Gate::new(AssembleConfig::default());
        for _ in 0..3 {
            gate.see(1, ReadOutcome::Read(plate("AB123C", 0.9, 60.0)));
        }
        gate.see(1, ReadOutcome::Read(plate("AB123C", 0.9, later_width)));
        let emission = gate.assembler.end(TrackId(1)).pop().unwrap();
        assert_eq!(emission.best.is_some(), better);
        let reported_px = if better { later_width } else { 60.0 };
        assert_eq!(emission.event.plate_width_px, Some(reported_px));
    }
}

#[test]
fn when_there_are_too_many_tracks_the_one_seen_least_recently_is_ended_and_not_lost() {
    let mut gate = Gate::new(AssembleConfig { tracks_max: 2, ..AssembleConfig::default() });
    gate.read(1, "AB123C");
    gate.read(2, "XY789Z");
    let ended = gate.read(3, "LM246N");
    assert_eq!(ended[0].event.plate_normalized.as_deref(), Some("AB123C"));
    assert_eq!(gate.assembler.tracks(), 2);
    assert!(gate.end(1).is_empty(), "a track that is not known gives nothing");
}

#[test]
fn a_new_configuration_goes_on_with_the_tracks_and_ends_those_beyond_its_limit() {
    let mut gate = Gate::new(AssembleConfig::default());
    for (track, text) in (1..).zip(["AB123C", "XY789Z", "LM246N", "QR135S"]) {
        gate.read(track, text);
    }
    assert!(
        gate.assembler.reconfigure(AssembleConfig { tracks_max: 0, ..AssembleConfig::default() }).is_err()
    );
    gate.assembler.reconfigure(AssembleConfig { tracks_max: 2, ..AssembleConfig::default() }).unwrap();
    assert_eq!(gate.assembler.tracks(), 4);
    let ended = gate.read(5, "GH680J");
    let plates: Vec<_> = ended.iter().filter_map(|e| e.event.plate_normalized.as_deref()).collect();
    assert_eq!(plates, ["AB123C", "XY789Z", "LM246N"]);
    assert_eq!(gate.assembler.tracks(), 2);
}

fn any_outcome() -> impl Strategy<Value = ReadOutcome> {
    let text = prop_oneof![
        5 => Just("AB123C".to_owned()),
        2 => Just("A8123".to_owned()),
        2 => Just("XY789Z".to_owned()),
        1 => "[A-Z0-9-]{0,9}",
    ];
    let read = (text, 0.0_f32..1.0, 0.0_f32..200.0).prop_map(|(t, l, w)| ReadOutcome::Read(plate(&t, l, w)));
    prop_oneof![6 => read, 1 => Just(ReadOutcome::NotTried), 1 => Just(ReadOutcome::Failed), 1 => Just(too_small())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_event_begins_new_or_final_grows_by_one_and_ends_once(
        steps in prop::collection::vec((0_u64..5, any_outcome(), prop::bool::weighted(0.1)), 1..80),
    ) {
        let mut gate = Gate::new(AssembleConfig { tracks_max: 3, ..AssembleConfig::default() });
        gate.vehicle = true;
        let mut emissions = Vec::new();
        let mut reads = 0;
        for (track, outcome, ends) in steps {
            reads += usize::from(matches!(outcome, ReadOutcome::Read(_)));
            emissions.extend(gate.see(track, outcome));
            if ends {
                emissions.extend(gate.assembler.end(TrackId(track)));
            }
        }
        emissions.extend(gate.assembler.finish());
        let mut latest: BTreeMap<EventId, (u32, Lifecycle, Timestamp)> = BTreeMap::new();
        for event in emissions.iter().map(|e| &e.event) {
            let before = latest.insert(event.event_id, (event.revision, event.lifecycle, event.captured_at));
            match before {
                None => prop_assert!(event.revision == 1 && event.lifecycle != Lifecycle::Update),
                Some((revision, lifecycle, captured_at)) => {
                    prop_assert_eq!(event.revision, revision + 1);
                    prop_assert!(lifecycle != Lifecycle::Final && event.lifecycle != Lifecycle::New);
                    prop_assert_eq!(event.captured_at, captured_at);
                }
            }
            prop_assert_eq!(event.plate_observed.is_some(), event.unread_reason.is_none());
            prop_assert!((0.0..=1.0).contains(&event.confidence));
            prop_assert!(event.votes.agreeing <= event.votes.frames && event.votes.frames as usize <= reads);
        }
        prop_assert!(latest.values().all(|(_, lifecycle, _)| *lifecycle == Lifecycle::Final));
    }
}
