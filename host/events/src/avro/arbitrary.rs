//! Events for the tests: a usual one, and any that the types allow.

use ovr_domain::event::{
    Attribute, Candidate, Correction, Dedup, DedupDecision, Direction, EvidenceKind, EvidenceRef,
    FormatMatch, Lifecycle, PluginFailure, UnreadReason, Vehicle, Verdict, Votes,
};
use ovr_domain::read::CropQuality;
use ovr_domain::{
    BBox, CameraId, Class, Digest, EventId, EvidenceId, PlateEvent, Point, Quad, SiteId, Timestamp, TrackId,
};
use proptest::prelude::*;
use proptest::{collection::vec, option::of, sample::select};
use uuid::Uuid;

/// An event like those that a gate gives.
pub(crate) fn usual() -> PlateEvent {
    let at = Timestamp::from_micros(1_795_421_700_123_456);
    let picture =
        |kind| EvidenceRef { kind, id: EvidenceId::mint(at), sha256: Digest::of(b"picture"), expires_at: at };
    PlateEvent {
        event_id: EventId::mint(at),
        revision: 1,
        lifecycle: Lifecycle::New,
        site_id: SiteId::new("site").unwrap(),
        camera_id: CameraId::new("gate-1").unwrap(),
        lane_id: None,
        track_id: TrackId(7),
        captured_at: at,
        clock_synchronised: true,
        received_at: at,
        first_seen: at,
        last_seen: at,
        frames_seen: 30,
        plate_observed: Some("B-AB 1234".into()),
        plate_normalized: Some("BAB1234".into()),
        plate_corrected: None,
        corrections: vec![],
        char_confidences: vec![0.99; 9],
        candidates: vec![Candidate { plate: "BAB1234".into(), score: 0.98 }],
        confidence: 0.97,
        votes: Votes { frames: 12, agreeing: 11 },
        unread_reason: None,
        country: Some("DE".into()),
        region: None,
        format_id: None,
        verdict: Verdict::Unchecked { why: "no format plugin".into() },
        series: None,
        formats: vec![],
        plate_quad: Some(BBox::new(10.0, 10.0, 110.0, 40.0).quad()),
        plate_width_px: Some(100.0),
        vehicle_box: Some(BBox::new(0.0, 0.0, 500.0, 400.0)),
        vehicle: Some(Vehicle { class: Class::Car, confidence: 0.9 }),
        direction: Some(Direction::Approaching),
        quality: Some(CropQuality::default()),
        evidence: vec![picture(EvidenceKind::PlateCrop), picture(EvidenceKind::Scene)],
        detector_digest: Some(Digest::of(b"detector")),
        reader_digest: Some(Digest::of(b"reader")),
        plugin_digests: vec![],
        plugin_failures: vec![],
        attributes: vec![],
        dedup: Dedup { decision: DedupDecision::Emit, repeats_event_id: None, reason: "first pass".into() },
    }
}

fn digests() -> impl Strategy<Value = Digest> {
    any::<[u8; 4]>().prop_map(|bytes| Digest::of(&bytes))
}

fn ids() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn times() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_micros)
}

fn boxes() -> impl Strategy<Value = BBox> {
    any::<[f32; 4]>().prop_map(|[x1, y1, x2, y2]| BBox { x1, y1, x2, y2 })
}

fn quads() -> impl Strategy<Value = Quad> {
    any::<[[f32; 2]; 4]>().prop_map(|corners| Quad(corners.map(|[x, y]| Point { x, y })))
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        Just(Verdict::Valid),
        any::<String>().prop_map(|reason| Verdict::Invalid { reason }),
        any::<String>().prop_map(|why| Verdict::Unchecked { why }),
    ]
}

fn evidences() -> impl Strategy<Value = EvidenceRef> {
    let kinds = select(vec![EvidenceKind::PlateCrop, EvidenceKind::VehicleCrop, EvidenceKind::Scene]);
    (kinds, ids(), digests(), times()).prop_map(|(kind, id, sha256, expires_at)| EvidenceRef {
        kind,
        id: EvidenceId(id),
        sha256,
        expires_at,
    })
}

fn formats() -> impl Strategy<Value = FormatMatch> {
    let texts = any::<(String, String, Option<String>, String, String)>();
    (texts, any::<f32>()).prop_map(|((plate, country, region, format_id, series), score)| FormatMatch {
        plate,
        country,
        region,
        format_id,
        series,
        score,
    })
}

fn failures() -> impl Strategy<Value = PluginFailure> {
    any::<(String, String)>().prop_map(|(plugin, reason)| PluginFailure { plugin, reason })
}

fn attributes() -> impl Strategy<Value = Attribute> {
    any::<(String, String, String)>().prop_map(|(key, value, plugin)| Attribute { key, value, plugin })
}

fn corrections() -> impl Strategy<Value = Correction> {
    (any::<u32>(), any::<Option<char>>(), any::<Option<char>>(), any::<String>())
        .prop_map(|(position, from, to, rule)| Correction { position, from, to, rule })
}

fn vehicles() -> impl Strategy<Value = Vehicle> {
    let classes = select(vec![Class::Plate, Class::Car, Class::Truck, Class::Bus, Class::Motorcycle]);
    (classes, any::<f32>()).prop_map(|(class, confidence)| Vehicle { class, confidence })
}

fn dedups() -> impl Strategy<Value = Dedup> {
    let decisions = select(vec![DedupDecision::Emit, DedupDecision::Suppress, DedupDecision::Merge]);
    (decisions, of(ids()), any::<String>()).prop_map(|(decision, repeats, reason)| Dedup {
        decision,
        repeats_event_id: repeats.map(EventId),
        reason,
    })
}

/// Who, when and how often.
fn with_head(event: PlateEvent) -> impl Strategy<Value = PlateEvent> {
    let lifecycles = select(vec![Lifecycle::New, Lifecycle::Update, Lifecycle::Final]);
    let counts = (any::<[u32; 4]>(), any::<u64>(), any::<bool>());
    (ids(), lifecycles, of(any::<String>()), any::<[i64; 4]>(), counts).prop_map(
        move |(id, lifecycle, lane_id, times, (counts, track, clock_synchronised))| {
            let [captured_at, received_at, first_seen, last_seen] = times.map(Timestamp::from_micros);
            let [revision, frames_seen, frames, agreeing] = counts;
            PlateEvent {
                event_id: EventId(id),
                revision,
                lifecycle,
                lane_id,
                track_id: TrackId(track),
                captured_at,
                clock_synchronised,
                received_at,
                first_seen,
                last_seen,
                frames_seen,
                votes: Votes { frames, agreeing },
                ..event.clone()
            }
        },
    )
}

/// What was read, and what a format says of it.
fn with_plate(event: PlateEvent) -> impl Strategy<Value = PlateEvent> {
    let reasons = of(select(vec![
        UnreadReason::TooSmall,
        UnreadReason::PoorPicture,
        UnreadReason::NoConsensus,
        UnreadReason::ReaderFailed,
        UnreadReason::NoPlateSeen,
    ]));
    let candidates = (any::<String>(), any::<f32>()).prop_map(|(plate, score)| Candidate { plate, score });
    let lists =
        (vec(corrections(), 0..4), vec(any::<f32>(), 0..20), vec(candidates, 0..4), vec(formats(), 0..4));
    let texts = proptest::array::uniform7(of(any::<String>()));
    (texts, lists, any::<f32>(), reasons, verdicts()).prop_map(
        move |(
            texts,
            (corrections, char_confidences, candidates, formats),
            confidence,
            unread_reason,
            verdict,
        )| {
            let [plate_observed, plate_normalized, plate_corrected, country, region, format_id, series] =
                texts;
            PlateEvent {
                plate_observed,
                plate_normalized,
                plate_corrected,
                corrections,
                char_confidences,
                candidates,
                confidence,
                unread_reason,
                country,
                region,
                format_id,
                verdict,
                series,
                formats,
                ..event.clone()
            }
        },
    )
}

/// Where it was seen, the pictures, and who touched it.
fn with_picture(event: PlateEvent) -> impl Strategy<Value = PlateEvent> {
    let directions = of(select(vec![
        Direction::Approaching,
        Direction::Receding,
        Direction::Left,
        Direction::Right,
        Direction::Stationary,
    ]));
    let places = (of(quads()), of(any::<f32>()), of(boxes()), of(vehicles()), directions);
    let qualities = of(any::<[f32; 3]>().prop_map(|[sharpness, contrast, exposure]| CropQuality {
        sharpness,
        contrast,
        exposure,
    }));
    let digests = (of(digests()), of(digests()), vec(digests(), 0..3));
    let plugins = (vec(failures(), 0..3), vec(attributes(), 0..3));
    (places, qualities, vec(evidences(), 0..4), digests, plugins, dedups()).prop_map(
        move |(places, quality, evidence, digests, (plugin_failures, attributes), dedup)| {
            let (plate_quad, plate_width_px, vehicle_box, vehicle, direction) = places;
            let (detector_digest, reader_digest, plugin_digests) = digests;
            PlateEvent {
                plate_quad,
                plate_width_px,
                vehicle_box,
                vehicle,
                direction,
                quality,
                evidence,
                detector_digest,
                reader_digest,
                plugin_digests,
                plugin_failures,
                attributes,
                dedup,
                ..event.clone()
            }
        },
    )
}

/// Any event that the types allow, with every optional field present or absent on its own.
pub(crate) fn events() -> impl Strategy<Value = PlateEvent> {
    with_head(usual()).prop_flat_map(with_plate).prop_flat_map(with_picture)
}
