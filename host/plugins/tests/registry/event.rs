//! An event to ask plugins about.

use ovr_domain::event::{Dedup, DedupDecision, Lifecycle, PlateEvent, Verdict, Votes};
use ovr_domain::ids::TrackId;
use ovr_domain::time::Timestamp;
use ovr_domain::{CameraId, EventId, SiteId};

/// A vehicle that was read and passed; nobody has judged it yet.
pub(crate) fn event() -> PlateEvent {
    let at = Timestamp::from_micros(1_795_421_700_000_000);
    PlateEvent {
        event_id: EventId::mint(at),
        revision: 1,
        lifecycle: Lifecycle::Final,
        site_id: SiteId::default(),
        camera_id: CameraId::new("gate").unwrap(),
        lane_id: None,
        track_id: TrackId(1),
        captured_at: at,
        clock_synchronised: true,
        received_at: at,
        first_seen: at,
        last_seen: at,
        frames_seen: 12,
        plate_observed: Some("B-AB 1234".to_owned()),
        plate_normalized: Some("BAB1234".to_owned()),
        plate_corrected: None,
        corrections: Vec::new(),
        char_confidences: Vec::new(),
        candidates: Vec::new(),
        confidence: 0.9,
        votes: Votes { frames: 12, agreeing: 10 },
        unread_reason: None,
        country: None,
        region: None,
        format_id: None,
        verdict: Verdict::Unchecked { why: "a test".to_owned() },
        series: None,
        formats: Vec::new(),
        plate_quad: None,
        plate_width_px: None,
        vehicle_box: None,
        vehicle: None,
        direction: None,
        quality: None,
        evidence: Vec::new(),
        detector_digest: None,
        reader_digest: None,
        plugin_digests: Vec::new(),
        plugin_failures: Vec::new(),
        attributes: Vec::new(),
        dedup: Dedup { decision: DedupDecision::Emit, repeats_event_id: None, reason: String::new() },
    }
}
