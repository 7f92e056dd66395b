//! The decision.
//!
//! Two events are about one pass, or about one vehicle that stands or comes back, when plate, site, camera, lane and way
//! agree:
//! - the same plate within the window is *suppressed*. It is the same when it agrees character by character, or but for
//!   digits and letters that look alike, or but for one character where one of the two is uncertain;
//! - a track that broke in two gives two events within a moment, near each other on the picture, of which one may be
//!   read badly or not at all: the second is *merged* into the first;
//! - the same plate at the other camera of a pair, a moment before or after, is *merged*: the two see one vehicle from
//!   the front and from behind;
//! - everything else is *emitted*.
//!
//! Where the texts differ, the better read of the two is never hidden behind the worse. A text that differs counts
//! against the first event of a row, not only against another repeat, or a row could drift from plate to plate.
//!
//! The window slides: it counts from when the plate was last seen, repeats included, so a parked vehicle is one event
//! until it has been out of view for the whole window. A lane or a way that is not known contradicts nothing; opposite
//! ways are two passes.

use std::cmp::Ordering;

use ovr_plugin_sdk::dedup_policy::{Decision, Repeat};
use ovr_plugin_sdk::types::{Direction, Event, Neighbour};

use crate::plate::{Likeness, likeness};
use crate::settings::Rules;

/// Shortest plate of which one character may differ and it still is the same vehicle minutes later.
const EDIT_CHARS_MIN: usize = 5;

/// Why an event is emitted.
pub(crate) const FIRST: &str = "no recent event of this camera repeats it";

/// That an event repeats a neighbour, and how.
struct Found<'a> {
    earlier: &'a Neighbour,
    merge: bool,
    reason: &'static str,
}

/// Decides about one event. Among several that it may repeat, the same pass goes before an earlier one, then the nearest in
/// time.
pub(crate) fn decide(event: &Event, neighbours: &[Neighbour], rules: &Rules) -> Decision {
    let found = neighbours.iter().filter_map(|earlier| repeat(earlier, event, neighbours, rules));
    let nearest = found.min_by(|a, b| {
        let rank = |f: &Found| (!f.merge, f.earlier.gap_us);
        rank(a).cmp(&rank(b)).then_with(|| a.earlier.event.event_id.cmp(&b.earlier.event.event_id))
    });
    let Some(Found { earlier, merge, reason }) = nearest else {
        return Decision::Emit(FIRST.to_owned());
    };
    let seconds = earlier.gap_us as f64 / 1e6;
    let repeat = Repeat {
        event_id: earlier.head.clone(),
        reason: format!("{reason}, {seconds:.1} s after it was last seen"),
    };
    if merge { Decision::Merge(repeat) } else { Decision::Suppress(repeat) }
}

/// Whether an event repeats a neighbour.
fn repeat<'a>(
    earlier: &'a Neighbour,
    later: &Event,
    neighbours: &[Neighbour],
    rules: &Rules,
) -> Option<Found<'a>> {
    let before = &earlier.event;
    if before.event_id == later.event_id || before.site != later.site {
        return None;
    }
    let plate = before.plate.as_ref()?;
    let same_camera = before.camera == later.camera;
    if !same_camera && !rules.paired(&before.camera, &later.camera) {
        return None;
    }
    if same_camera && !same_way(before, later) {
        return None;
    }
    let Some(text) = &later.plate else {
        let part = same_camera && near(earlier, later, rules) && within(earlier, rules.unread_gap_ms * 1_000);
        return part.then_some(Found {
            earlier,
            merge: true,
            reason: "an unread part of a pass that was read",
        });
    };
    let likeness = likeness(plate, text);
    if same_camera && within(earlier, rules.merge_gap_ms * 1_000) && near(earlier, later, rules) {
        let worse = likeness == Likeness::Same || !outdone(before, later);
        if worse && one_reading_of_two(likeness, before, later, rules) {
            return Some(Found {
                earlier,
                merge: true,
                reason: "another part of the same pass, at the same place",
            });
        }
    }
    let limit_s = if same_camera { rules.window_s } else { rules.pair_gap_s };
    let same = within(earlier, limit_s * 1_000_000)
        && same_plate(likeness, before, later, rules)
        && (likeness == Likeness::Same || holds_for_the_row(earlier, later, neighbours, rules));
    let reason = match (same_camera, likeness) {
        (false, _) => "the same plate at the other camera of the pair",
        (true, Likeness::Same) => "the same plate at the same camera",
        (true, Likeness::LookAlike) => {
            "the same plate but for characters that look alike, at the same camera"
        }
        (true, _) => "the same plate but for one character of an uncertain read, at the same camera",
    };
    same.then_some(Found { earlier, merge: !same_camera, reason })
}

/// Whether the time between the two is within a limit, of which 0 means never.
fn within(earlier: &Neighbour, limit_us: u64) -> bool {
    limit_us > 0 && earlier.gap_us <= limit_us
}

/// Whether the two may be the same lane and way.
fn same_way(a: &Event, b: &Event) -> bool {
    use Direction::{Approaching, Left, Receding, Right};
    let opposite = matches!(
        (a.direction, b.direction),
        (Some(Approaching), Some(Receding))
            | (Some(Receding), Some(Approaching))
            | (Some(Left), Some(Right))
            | (Some(Right), Some(Left))
    );
    let other_lane = matches!((&a.lane, &b.lane), (Some(a), Some(b)) if a != b);
    !opposite && !other_lane
}

/// Whether the plates lie near enough on the picture to be one pass. Two that are in view at the same time must overlap,
/// or they are two plates beside each other.
fn near(earlier: &Neighbour, later: &Event, rules: &Rules) -> bool {
    if earlier.gap_us > 0 {
        return earlier.distance_widths.is_some_and(|widths| widths <= rules.merge_distance_widths);
    }
    let (Some(a), Some(b)) = (earlier.event.plate_box, later.plate_box) else {
        return false;
    };
    a.x2.min(b.x2) > a.x1.max(b.x1) && a.y2.min(b.y2) > a.y1.max(b.y1)
}

fn certain(event: &Event, rules: &Rules) -> bool {
    event.frames_agreeing >= rules.certain_frames_min
}

/// Whether two texts within a moment and at one place are one reading and a worse one of the same plate.
fn one_reading_of_two(likeness: Likeness, a: &Event, b: &Event, rules: &Rules) -> bool {
    match likeness {
        Likeness::Same | Likeness::LookAlike => true,
        Likeness::OneEdit | Likeness::Part => !(certain(a, rules) && certain(b, rules)),
        Likeness::Other => false,
    }
}

/// Whether two texts are one plate although minutes lie between them.
fn same_plate(likeness: Likeness, before: &Event, later: &Event, rules: &Rules) -> bool {
    let countries_differ = matches!((&before.country, &later.country), (Some(a), Some(b)) if a != b);
    let long =
        |event: &Event| event.plate.as_ref().is_some_and(|plate| plate.chars().count() >= EDIT_CHARS_MIN);
    let uncertain = !certain(before, rules) || !certain(later, rules);
    match likeness {
        Likeness::Same => true,
        Likeness::LookAlike => !countries_differ && (certain(before, rules) || !outdone(before, later)),
        Likeness::OneEdit => {
            !countries_differ && uncertain && long(before) && long(later) && !outdone(before, later)
        }
        Likeness::Part | Likeness::Other => false,
    }
}

/// Whether a text that is not quite the neighbour's is also near enough to the first one of the neighbour's row. Where
/// that one is not among the neighbours any more, a certain repeat stands for it.
fn holds_for_the_row(earlier: &Neighbour, later: &Event, neighbours: &[Neighbour], rules: &Rules) -> bool {
    if earlier.head == earlier.event.event_id {
        return true;
    }
    let Some(head) = neighbours.iter().find(|n| n.event.event_id == earlier.head) else {
        return certain(&earlier.event, rules);
    };
    let (Some(plate), Some(text)) = (&head.event.plate, &later.plate) else {
        return false;
    };
    same_plate(likeness(plate, text), &head.event, later, rules)
}

/// Whether the later text is better supported.
fn outdone(before: &Event, later: &Event) -> bool {
    let rank = |event: &Event| (event.frames_agreeing, event.plate.as_ref().map_or(0, String::len));
    match rank(later).cmp(&rank(before)) {
        Ordering::Equal => later.confidence > before.confidence,
        order => order.is_gt(),
    }
}
