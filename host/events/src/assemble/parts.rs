//! Tracks that are parts of one plate, and tracks that go on as another one.
//!
//! A finder may give a plate as two things: the rows of a two-line plate one by one on some frames and together on
//! others, or a half of it while a pole hides the rest. The tracker then follows both for a while. Nothing may come of
//! the smaller part by itself: it is no other vehicle. But a vehicle that only crosses the place of another one is, and
//! so is a plate that says more than the one that was reported. A track is therefore a part only when
//! - it was beside the other on at least half of the frames on which it was seen, and
//! - nothing was read of it, or what was read of it is contained in the other's text, or is not longer and nearly the
//!   same.
//!
//! A vehicle that the tracker lost for a moment, behind a pole or because the finder missed it, comes back as a new track
//! while the old one is still waited for. When both say the same plate, the old one goes on as the new one.
//!
//! Everything else is reported for itself, and dedup joins what belongs together where everybody can see it.

use std::collections::BTreeMap;
use std::time::Duration;

use ovr_domain::TrackId;

use super::pass::Pass;
use crate::fuse::Fusion;
use crate::fuse::distance::similarity;

/// How far apart the middles of two parts of a plate may be, in widths of the wider one.
const NEAR_WIDTHS: f32 = 1.2;

/// How long ago the one may have been seen when the other was seen last.
const NEAR_TIME: Duration = Duration::from_millis(600);

/// Similarity from which on a text that is not longer is another reading of the same plate, and no other plate: the
/// plates of a fleet often differ in two or three characters only.
const ALIKE_MIN: f32 = 0.8;

/// Most other tracks that are remembered for one; those that were beside it on the fewest frames go first.
const BESIDE_MAX: usize = 16;

/// Another plate's track that was seen at the same place.
#[derive(Debug, Clone)]
pub(super) struct Beside {
    track: TrackId,
    /// Which frame of this track was the first on which the other was there, too, from 1.
    from: u32,
    /// Frames of this track on which the other was there, too.
    frames: u32,
    /// The last frame that was counted, as a count of the frames on which this track was seen.
    counted_to: u32,
    /// The plate that the other has reported last.
    reported: Option<String>,
}

/// Whether two tracks were last seen at the same place at the same time.
fn together(a: &Pass, b: &Pass) -> bool {
    let apart = a.last_seen.since(b.last_seen).max(b.last_seen.since(a.last_seen));
    let wider = a.last_box.width().max(b.last_box.width());
    let (from, to) = (a.last_box.centre(), b.last_box.centre());
    apart <= NEAR_TIME && from.distance(to) <= NEAR_WIDTHS * wider
}

/// Remembers for a track that was just seen, and for the others, which were at the same place.
pub(super) fn note(pass: &mut Pass, live: &mut BTreeMap<TrackId, Pass>) {
    if pass.is_vehicle() {
        return;
    }
    for other in live.values_mut().filter(|other| !other.is_vehicle()) {
        if together(pass, other) {
            note_one(pass, other);
            note_one(other, pass);
        }
    }
}

fn note_one(pass: &mut Pass, other: &Pass) {
    let seen = pass.frames_seen;
    let reported = other.reported().last().map(str::to_owned);
    if let Some(known) = pass.beside.iter_mut().find(|beside| beside.track == other.track) {
        known.frames = known.frames.saturating_add(u32::from(known.counted_to != seen));
        known.counted_to = seen;
        known.reported = reported.or_else(|| known.reported.take());
        return;
    }
    if pass.beside.len() >= BESIDE_MAX {
        let rarest = pass.beside.iter().enumerate().min_by_key(|(_, beside)| beside.frames);
        if let Some(index) = rarest.map(|(index, _)| index) {
            pass.beside.swap_remove(index);
        }
    }
    pass.beside.push(Beside { track: other.track, from: seen, frames: 1, counted_to: seen, reported });
}

/// The tracks that were there on at least half of the frames on which `pass` was seen.
fn companions(pass: &Pass) -> impl Iterator<Item = &Beside> {
    pass.beside.iter().filter(|beside| u64::from(beside.frames) * 2 >= u64::from(pass.frames_seen))
}

/// Every text of a track that could give an event.
fn texts(pass: &Pass) -> impl Iterator<Item = &str> {
    let leading = pass.readings.leading().map(Fusion::id);
    let counts = move |group: &&Fusion| {
        Some(group.id()) == leading || group.fused().is_some_and(|fused| fused.support >= 2)
    };
    pass.readings.groups().iter().filter(counts).map(Fusion::normalized).filter(|text| !text.is_empty())
}

/// Whether a text may be a reading of a part of the plate `whole`, or a worse one of all of it.
fn says_no_more(text: &str, whole: &str) -> bool {
    let longer = text.chars().count() > whole.chars().count();
    whole.contains(text) || (!longer && similarity(text, whole) >= ALIKE_MIN)
}

/// Whether a live track takes over a text: one that says no more than the track does, or, as long as nothing was
/// reported of the track, one that says more, for what it reports later will then say it, too.
fn takes(live: &Pass, text: &str) -> bool {
    let unreported = live.reports.is_empty();
    let mut known = texts(live).chain(live.reported()).peekable();
    (unreported && known.peek().is_none())
        || known.any(|known| says_no_more(text, known) || (unreported && says_no_more(known, text)))
}

/// The live track of a plate of which `pass` is another part: it takes over what was read.
pub(super) fn whole_of(pass: &Pass, live: &BTreeMap<TrackId, Pass>) -> Option<TrackId> {
    let beside = companions(pass).filter_map(|beside| live.get(&beside.track));
    let wholes = beside.filter(|other| texts(pass).all(|text| takes(other, text)));
    wholes.max_by_key(|other| (!other.reports.is_empty(), other.frames_seen)).map(|other| other.track)
}

/// Whether all that the track says is a part of a plate that was reported already. Of a plate whose track is still
/// there the reads may be nearly the same, for it will take them over; of one that has ended they must be contained.
pub(super) fn of_reported(pass: &Pass, live: &BTreeMap<TrackId, Pass>) -> bool {
    let is_part = |beside: &Beside| match live.get(&beside.track) {
        Some(other) => {
            let mut wholes = other.reported().peekable();
            wholes.peek().is_some()
                && texts(pass).all(|text| other.reported().any(|whole| says_no_more(text, whole)))
        }
        None => beside.reported.as_ref().is_some_and(|whole| texts(pass).all(|text| whole.contains(text))),
    };
    // What came up beside the other and says nothing, or nothing but a part of the other's plate, was a part of it; how
    // long it was followed alone, once the other had ended, says nothing against it.
    let is_rest = |beside: &Beside| {
        let beside_it = u64::from(beside.frames) * 2 >= u64::from(beside.counted_to);
        let whole = beside.reported.as_ref().filter(|_| beside_it);
        let says_something = texts(pass).next().is_some();
        whole.is_some_and(|whole| {
            if says_something { texts(pass).all(|text| whole.contains(text)) } else { beside.from <= 1 }
        })
    };
    let rest = pass.beside.iter().any(is_rest);
    pass.reports.is_empty() && (rest || companions(pass).any(is_part))
}

/// Reads that must agree before a track is taken for one that was lost.
const SAME_SUPPORT_MIN: u32 = 2;

/// The track that was lost from sight and has reported the very plate that `pass` says by now.
pub(super) fn lost_before(pass: &Pass, group: u32, live: &BTreeMap<TrackId, Pass>) -> Option<TrackId> {
    let fused = pass.readings.group(group)?.fused().filter(|fused| fused.support >= SAME_SUPPORT_MIN)?;
    let unreported = pass.reports.is_empty() && !pass.is_vehicle();
    let is_it = |other: &&Pass| {
        other.last_seen < pass.last_seen && other.reported().last() == Some(fused.normalized.as_str())
    };
    live.values().filter(|_| unreported).find(is_it).map(|other| other.track)
}
