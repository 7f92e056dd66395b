//! Tracks that are parts of one plate.
//!
//! A finder may give a plate as two things: the rows of a two-line plate one by one on some frames and together on
//! others, or a half of it while a pole hides the rest. The tracker then follows both for a while. Nothing may come of
//! the smaller part by itself: it is no other vehicle.

use std::collections::BTreeMap;
use std::time::Duration;

use ovr_domain::TrackId;

use super::pass::Pass;
use crate::fuse::same_plate;

/// How far apart the middles of two parts of a plate may be, in widths of the wider one.
const NEAR_WIDTHS: f32 = 1.2;

/// How long ago the one may have been seen when the other was seen last.
const NEAR_TIME: Duration = Duration::from_millis(600);

/// Whether two tracks were last seen at the same place at the same time.
fn together(a: &Pass, b: &Pass) -> bool {
    let apart = a.last_seen.since(b.last_seen).max(b.last_seen.since(a.last_seen));
    let wider = a.last_box.width().max(b.last_box.width());
    let (from, to) = (a.last_box.centre(), b.last_box.centre());
    apart <= NEAR_TIME && from.distance(to) <= NEAR_WIDTHS * wider
}

/// The live track of a plate whose part `pass` is: seen at the same place, and not known to say something else.
pub(super) fn whole_of(pass: &Pass, live: &BTreeMap<TrackId, Pass>) -> Option<TrackId> {
    let of_plates = live.values().filter(|other| !other.is_vehicle() && other.track != pass.track);
    let wholes = of_plates.filter(|other| together(pass, other) && may_be_one(pass, other));
    wholes.max_by_key(|other| (!other.reports.is_empty(), other.frames_seen)).map(|other| other.track)
}

/// Whether the texts of two tracks contradict each other: no text contradicts none.
fn may_be_one(a: &Pass, b: &Pass) -> bool {
    match (a.readings.leading(), b.readings.leading()) {
        (Some(a), Some(b)) => same_plate(a.normalized(), b.normalized()),
        _ => true,
    }
}

/// The plate that a live track at the same place has reported, if `pass` may be a part of it.
pub(super) fn reported_at(pass: &Pass, live: &BTreeMap<TrackId, Pass>) -> Option<String> {
    let whole = live.get(&whole_of(pass, live)?)?;
    let agreed = whole.reports.iter().rev().find_map(|report| report.agreed.as_ref());
    agreed.map(|(fused, _)| fused.normalized.clone())
}
