//! When and where an event and a pass are the same thing.

use std::time::Duration;

use ovr_domain::{PlateEvent, Point};

use crate::scene::{Pass, Sighting, Truth};

/// How much later than the truth an event may still begin or end: a tracker waits before it gives up.
const SLACK: Duration = Duration::from_millis(1_500);

/// Seconds that an event and a pass share, give or take [`SLACK`]; 0 when they share none.
pub(super) fn shared_time(truth: &Truth, pass: &Pass, event: &PlateEvent) -> f64 {
    let Some((first, last)) = pass.frames() else {
        return 0.0;
    };
    let from = truth.captured_at(first).minus(SLACK).max(event.first_seen);
    let until = truth.captured_at(last).plus(SLACK).min(event.last_seen);
    if until < from {
        return 0.0;
    }
    // An event of a single frame shares no span, yet is there.
    until.since(from).as_secs_f64() + 1e-3
}

/// Whether the event's plate, or else its vehicle, is where the pass is at the time of the event's best frame. An
/// event that names neither is judged by its time alone.
pub(super) fn same_place(truth: &Truth, pass: &Pass, event: &PlateEvent) -> bool {
    let apart = |s: &Sighting| {
        let at = truth.captured_at(s.frame);
        at.since(event.captured_at).max(event.captured_at.since(at))
    };
    let Some(sighting) = pass.seen.iter().min_by_key(|s| apart(s)) else {
        return false;
    };
    if apart(sighting) > SLACK {
        return false;
    }
    let plate = sighting.quad.bounds();
    let near = |centre: Point| {
        let reach = sighting.quad.width() + 12.0;
        centre.distance(plate.centre()) <= reach
    };
    match (&event.plate_quad, event.vehicle_box) {
        (Some(quad), _) => near(quad.bounds().centre()),
        (None, Some(vehicle)) => vehicle.iou(sighting.vehicle) > 0.2 || near(vehicle.centre()),
        (None, None) => true,
    }
}
