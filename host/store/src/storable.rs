//! JSON has no NaN, no infinity and no year beyond 9999. An accepted event that has them is stored all the same,
//! with the nearest value that can be written and read back.

use ovr_domain::{PlateEvent, Quad, Timestamp};

/// 0001-01-01T00:00:00Z.
const FIRST: i64 = -62_135_596_800_000_000;
/// 9999-12-30T22:00:00Z, the last instant that has a date in every time zone.
const LAST: i64 = 253_402_207_200_000_000;

/// The event as it can be stored.
pub(crate) fn storable(event: &PlateEvent) -> PlateEvent {
    let mut event = event.clone();
    for time in [&mut event.captured_at, &mut event.received_at, &mut event.first_seen, &mut event.last_seen]
    {
        *time = dated(*time);
    }
    for picture in &mut event.evidence {
        picture.expires_at = dated(picture.expires_at);
    }
    event.confidence = finite(event.confidence);
    event.char_confidences.iter_mut().for_each(|share| *share = finite(*share));
    event.candidates.iter_mut().for_each(|candidate| candidate.score = finite(candidate.score));
    event.plate_quad = event.plate_quad.filter(Quad::is_finite);
    event.plate_width_px = event.plate_width_px.filter(|width| width.is_finite());
    event.vehicle_box = event
        .vehicle_box
        .filter(|bbox| [bbox.x1, bbox.y1, bbox.x2, bbox.y2].iter().all(|edge| edge.is_finite()));
    if let Some(vehicle) = &mut event.vehicle {
        vehicle.confidence = finite(vehicle.confidence);
    }
    if let Some(quality) = &mut event.quality {
        quality.sharpness = finite(quality.sharpness);
        quality.contrast = finite(quality.contrast);
        quality.exposure = finite(quality.exposure);
    }
    event
}

fn finite(number: f32) -> f32 {
    if number.is_finite() { number } else { 0.0 }
}

fn dated(time: Timestamp) -> Timestamp {
    Timestamp::from_micros(time.as_micros().clamp(FIRST, LAST))
}
