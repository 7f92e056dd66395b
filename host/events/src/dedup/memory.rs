//! A pass that dedup remembers, and how another event compares with it.

use std::time::Duration;

use ovr_domain::event::{Dedup, Direction, Lifecycle, PlateEvent};
use ovr_domain::read::normalize;
use ovr_domain::{BBox, Digest, EventId, Timestamp};

use super::config::DedupConfig;
use crate::fuse::distance::{contained, edit_distance};

/// What is remembered of a pass.
#[derive(Debug, Clone)]
pub(super) struct Passed {
    pub(super) event_id: EventId,
    pub(super) lane: Option<String>,
    pub(super) direction: Option<Direction>,
    pub(super) plate: Option<String>,
    pub(super) confidence: f32,
    pub(super) agreeing: u32,
    pub(super) first_seen: Timestamp,
    pub(super) last_seen: Timestamp,
    /// The plate, or the vehicle where no plate was seen, on the best frame.
    pub(super) place: Option<BBox>,
    /// Whether more revisions are to come: the vehicle is still in view.
    pub(super) open: bool,
    pub(super) decided: Dedup,
    /// The policy plugin whose decision that is; nothing when it is the native one's.
    pub(super) decided_by: Option<Digest>,
    /// The event without what a policy is not told, so that thousands of passes stay small.
    pub(super) event: Box<PlateEvent>,
}

/// The text that is compared: the corrected plate where a format changed it.
pub(super) fn plate_of(event: &PlateEvent) -> Option<String> {
    Some(normalize(event.plate()?)).filter(|plate| !plate.is_empty())
}

fn slim(event: &PlateEvent) -> PlateEvent {
    PlateEvent {
        corrections: Vec::new(),
        char_confidences: Vec::new(),
        candidates: Vec::new(),
        formats: Vec::new(),
        evidence: Vec::new(),
        plugin_digests: Vec::new(),
        plugin_failures: Vec::new(),
        attributes: Vec::new(),
        ..event.clone()
    }
}

impl Passed {
    pub(super) fn new(event: &PlateEvent, decided: Dedup) -> Self {
        Self {
            event_id: event.event_id,
            lane: event.lane_id.clone(),
            direction: event.direction,
            plate: plate_of(event),
            confidence: event.confidence,
            agreeing: event.votes.agreeing,
            first_seen: event.first_seen,
            last_seen: event.last_seen.max(event.captured_at),
            place: event.plate_quad.map(|quad| quad.bounds()).or(event.vehicle_box).filter(|b| b.is_sane()),
            open: event.lifecycle != Lifecycle::Final,
            decided,
            decided_by: None,
            event: Box::new(slim(event)),
        }
    }

    /// The event that a repeat of this one repeats: the first of the row.
    pub(super) fn head(&self) -> EventId {
        self.decided.repeats_event_id.unwrap_or(self.event_id)
    }

    /// Whether another state of the pass says the same as far as it matters to who decides.
    pub(super) fn is_as_it_was(&self, earlier: &Self) -> bool {
        (&self.plate, self.direction, &self.lane) == (&earlier.plate, earlier.direction, &earlier.lane)
    }

    /// Whether both were in view at one time.
    fn together(&self, other: &Self) -> bool {
        let until = |passed: &Self, last: Timestamp| passed.open || last <= passed.last_seen;
        let (starts_in_self, starts_in_other) =
            (until(self, other.first_seen), until(other, self.first_seen));
        starts_in_self && starts_in_other
    }

    /// Time between the two during which neither was in view; zero when they overlap.
    pub(super) fn gap(&self, other: &Self) -> Duration {
        if self.together(other) {
            return Duration::ZERO;
        }
        let after = other.first_seen.since(self.last_seen);
        after.max(self.first_seen.since(other.last_seen))
    }

    /// Whether the two may be the same lane and way. A lane or a way that is not known contradicts nothing.
    pub(super) fn same_way(&self, other: &Self) -> bool {
        use Direction::{Approaching, Left, Receding, Right};
        let opposite = matches!(
            (self.direction, other.direction),
            (Some(Approaching), Some(Receding))
                | (Some(Receding), Some(Approaching))
                | (Some(Left), Some(Right))
                | (Some(Right), Some(Left))
        );
        let other_lane = matches!((&self.lane, &other.lane), (Some(a), Some(b)) if a != b);
        !opposite && !other_lane
    }

    /// Whether the plates lie near enough on the picture to be one pass. Two tracks at the same time must overlap,
    /// or they are two plates beside each other.
    pub(super) fn near(&self, other: &Self, config: &DedupConfig) -> bool {
        let (Some(a), Some(b)) = (self.place, other.place) else {
            return false;
        };
        if self.together(other) {
            return a.overlap(b) > 0.0;
        }
        a.centre().distance(b.centre()) <= config.merge_distance_widths * a.width().max(b.width())
    }

    /// Whether the texts are one reading and a worse one of the same plate.
    pub(super) fn nearly_same_text(&self, other: &Self, config: &DedupConfig) -> bool {
        let (Some(a), Some(b)) = (&self.plate, &other.plate) else {
            return false;
        };
        let both_certain = self.agreeing.min(other.agreeing) >= config.certain_votes_min;
        a == b || (!both_certain && (edit_distance(a, b) <= 1 || contained(a, b)))
    }

    /// Whether another text is at least as well supported.
    pub(super) fn outdone_by(&self, other: &Self) -> bool {
        let rank = |passed: &Self| (passed.agreeing, passed.plate.as_ref().map_or(0, String::len));
        match rank(other).cmp(&rank(self)) {
            std::cmp::Ordering::Equal => other.confidence > self.confidence,
            order => order.is_gt(),
        }
    }
}
