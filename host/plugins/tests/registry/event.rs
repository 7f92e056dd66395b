//! An event to ask plugins about.

use ovr_domain::event::{Lifecycle, PlateEvent, Verdict, Votes};
use ovr_domain::ids::TrackId;
use ovr_domain::time::Timestamp;
use ovr_domain::{CameraId, EventId, SiteId};

/// A vehicle that was read and passed; nobody has judged it yet.
pub(crate) fn event() -> PlateEvent {
    let at = Timestamp::from_micros(1_795_421_700_000_000);
    PlateEvent {
        lifecycle: Lifecycle::Final,
        clock_synchronised: true,
        frames_seen: 12,
        plate_observed: Some("B-AB 1234".to_owned()),
        plate_normalized: Some("BAB1234".to_owned()),
        confidence: 0.9,
        votes: Votes { frames: 12, agreeing: 10 },
        unread_reason: None,
        verdict: Verdict::Unchecked { why: "a test".to_owned() },
        ..PlateEvent::of_pass(
            EventId::mint(at),
            SiteId::default(),
            CameraId::new("gate").unwrap(),
            TrackId(1),
            at,
        )
    }
}
