//! Decides whether an event repeats another.
//!
//! Two events are about the same pass or the same vehicle standing there when plate, site, camera, lane and way agree:
//! - the same plate within the window is *suppressed*;
//! - a track that broke in two gives two events within a moment, near each other on the picture, of which one may be
//!   read badly or not at all: the second is *merged* into the first, unless it is the better read of the two;
//! - everything else is *emitted*.
//!
//! Suppressed and merged events are stored all the same, with the reason and the id of the event that they repeat.
//!
//! The window slides: it counts from when the plate was last seen, repeats included, so a parked car that is read all
//! day is one event until it has been out of view for the whole window, and every repeat names the first event of
//! the row. All times are capture times, so a replay is decided as the live stream was.
//!
//! A vehicle that goes in and comes out again within the window gives two events, because its way is another. A lane
//! or a way that is not known contradicts nothing, and a standing vehicle may leave in any direction.
//!
//! A later revision keeps what was decided for the event, with one exception: a repeat whose plate or way turns out to
//! be another is no repeat any more and is emitted. The opposite does not happen, for an event that was emitted may
//! have opened a gate.
//!
//! ```
//! use ovr_domain::hook::NoPlugins;
//! use ovr_events::dedup::{Dedup, DedupConfig};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut dedup = Dedup::new(DedupConfig::default())?;
//! dedup.rebuild([]); // after a restart: the events of the last window, out of the store
//! // for each event, before it is spooled:  dedup.decide(&mut event, &NoPlugins);
//! # Ok(())
//! # }
//! ```

mod config;
mod memory;
mod policy;
#[cfg(test)]
mod policy_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use ovr_domain::event::{Dedup as Decision, DedupDecision, PlateEvent};
use ovr_domain::hook::DedupPolicy;
use ovr_domain::{CameraId, EventId, SiteId};

use crate::assemble::InvalidKey;
pub use config::DedupConfig;
use memory::Passed;

/// Most cameras that passes are remembered for.
const CAMERAS_MAX: usize = 1_024;

/// Remembers passes and decides about events. One for all cameras of a program.
#[derive(Debug, Clone)]
pub struct Dedup {
    config: DedupConfig,
    cameras: BTreeMap<(SiteId, CameraId), Vec<Passed>>,
}

/// That one event repeats another, and how.
struct Repeat {
    decision: DedupDecision,
    gap: Duration,
    reason: &'static str,
}

impl Dedup {
    /// With nothing remembered; the configuration is checked.
    pub fn new(config: DedupConfig) -> Result<Self, InvalidKey> {
        config.validate()?;
        Ok(Self { config, cameras: BTreeMap::new() })
    }

    /// Changes the numbers and keeps what is remembered; after an error the old numbers stand.
    pub fn reconfigure(&mut self, config: DedupConfig) -> Result<(), InvalidKey> {
        config.validate()?;
        self.config = config;
        for passes in self.cameras.values_mut() {
            if passes.len() > config.passes_max as usize {
                passes.sort_by_key(|passed| std::cmp::Reverse((passed.open, passed.last_seen)));
                passes.truncate(config.passes_max as usize);
            }
        }
        Ok(())
    }

    /// Decides about an event and writes the decision into it. To be called once for each revision, in order. A policy
    /// that is loaded decides instead of the native one; where it gives no answer, the native one does.
    pub fn decide(&mut self, event: &mut PlateEvent, policy: &dyn DedupPolicy) {
        let config = self.config;
        let mut passed = Passed::new(event, first_decision());
        let passes = self.passes_of(event);
        let place = passes.iter().position(|p| p.event_id == event.event_id);
        let known = place.map(|index| passes.swap_remove(index));
        let answer = policy::ask(policy, event, &passed, known.as_ref(), &self.cameras, &config);
        let passes = self.passes_of(event);
        (passed.decided, passed.decided_by) = match (answer, known) {
            (Some(answer), _) => answer,
            // By its own rules the native policy might think otherwise about the very same pass.
            (None, Some(known)) if known.decided_by.is_some() && passed.is_as_it_was(&known) => {
                (known.decided, known.decided_by)
            }
            (None, Some(known)) => (again(passes, &passed, known.decided, &config), None),
            (None, None) => (first(passes, &passed, &config), None),
        };
        event.dedup = passed.decided.clone();
        event.plugin_digests.extend(passed.decided_by.clone());
        let now = passed.first_seen;
        let keep = config.window().max(config.merge_gap()).max(config.unread_gap());
        passes.retain(|p| p.open || now.since(p.last_seen) <= keep);
        remember(passes, passed, &config);
    }

    /// Forgets an event that was refused, and the repeats that named it: what never happened must not make a repeat of
    /// what comes next. To be called when no revision of the event was accepted.
    pub fn forget(&mut self, refused: EventId) {
        for passes in self.cameras.values_mut() {
            passes.retain(|passed| passed.event_id != refused && passed.head() != refused);
        }
    }

    /// Takes in events that were decided before a restart; those of the last window are enough. Their tracks have
    /// ended with the run that they belong to.
    ///
    /// The order does not matter, and it may be called once for each page of an answer: what is remembered is the same,
    /// and never more than `passes_max` passes of a camera, those that were seen last.
    pub fn rebuild(&mut self, recent: impl IntoIterator<Item = PlateEvent>) {
        let config = self.config;
        for event in recent {
            let passes = self.passes_of(&event);
            let mut passed = Passed::new(&event, event.dedup.clone());
            passed.open = false;
            let known = passes.iter().position(|p| p.event_id == event.event_id);
            let known = known.map(|index| passes.swap_remove(index));
            if let Some(newer) = known.filter(|known| known.last_seen > passed.last_seen) {
                passed = newer;
            }
            let full = passes.len() >= config.passes_max as usize;
            let newer = |other: &Passed| other.open || other.last_seen >= passed.last_seen;
            if !(full && passes.iter().all(newer)) {
                remember(passes, passed, &config);
            }
        }
    }

    /// Passes remembered, of all cameras.
    pub fn passes(&self) -> usize {
        self.cameras.values().map(Vec::len).sum()
    }

    /// The passes of the event's camera; a camera that was quiet for longest makes room for a new one.
    fn passes_of(&mut self, event: &PlateEvent) -> &mut Vec<Passed> {
        let key = (event.site_id.clone(), event.camera_id.clone());
        if !self.cameras.contains_key(&key) && self.cameras.len() >= CAMERAS_MAX {
            let newest = |passes: &Vec<Passed>| passes.iter().map(|p| p.last_seen).max();
            let quiet = self.cameras.iter().min_by_key(|(_, passes)| newest(passes));
            if let Some(quiet) = quiet.map(|(key, _)| key.clone()) {
                self.cameras.remove(&quiet);
            }
        }
        self.cameras.entry(key).or_default()
    }
}

fn first_decision() -> Decision {
    Decision {
        decision: DedupDecision::Emit,
        repeats_event_id: None,
        reason: "no recent event of this camera repeats it".to_owned(),
    }
}

/// Decides about an event that is seen for the first time.
fn first(passes: &[Passed], passed: &Passed, config: &DedupConfig) -> Decision {
    // Once forgotten for want of room, an event may find its own repeats: it is none of them.
    let others = passes.iter().filter(|p| p.head() != passed.event_id);
    let repeats = others.filter_map(|p| Some((p, repeat(p, passed, config)?)));
    let merge_first = |r: &Repeat| r.decision != DedupDecision::Merge;
    let nearest = repeats.min_by_key(|(p, r)| (merge_first(r), r.gap, p.event_id));
    nearest.map_or_else(first_decision, |(earlier, repeat)| Decision {
        decision: repeat.decision,
        repeats_event_id: Some(earlier.head()),
        reason: format!("{}, {:.1} s after it was last seen", repeat.reason, repeat.gap.as_secs_f64()),
    })
}

/// Decides about a later revision of an event about which `decided` was said.
fn again(passes: &[Passed], passed: &Passed, decided: Decision, config: &DedupConfig) -> Decision {
    let Some(head) = decided.repeats_event_id.filter(|_| decided.decision != DedupDecision::Emit) else {
        return decided;
    };
    let mut row = passes.iter().filter(|p| p.head() == head).peekable();
    let forgotten = row.peek().is_none();
    if forgotten || row.any(|p| repeat(p, passed, config).is_some()) {
        return decided;
    }
    Decision {
        decision: DedupDecision::Emit,
        repeats_event_id: None,
        reason: format!("seemed to repeat {head} at first, but plate or direction turned out to be another"),
    }
}

/// Whether `later` repeats `earlier`.
fn repeat(earlier: &Passed, later: &Passed, config: &DedupConfig) -> Option<Repeat> {
    let plate = earlier.plate.as_ref()?;
    if !earlier.same_way(later) {
        return None;
    }
    let gap = earlier.gap(later);
    let within = |limit: Duration| !limit.is_zero() && gap <= limit;
    let near = earlier.near(later, config);
    let same = later.plate.as_ref() == Some(plate);
    let found = |decision, reason| Some(Repeat { decision, gap, reason });
    if later.plate.is_none() {
        return found(DedupDecision::Merge, "an unread part of a pass that was read")
            .filter(|_| near && within(config.unread_gap()));
    }
    if near
        && within(config.merge_gap())
        && earlier.nearly_same_text(later, config)
        && (same || !earlier.outdone_by(later))
    {
        return found(DedupDecision::Merge, "another part of the same pass, at the same place");
    }
    found(DedupDecision::Suppress, "the same plate at the same camera")
        .filter(|_| same && within(config.window()))
}

/// Adds a pass; the one seen least recently is forgotten when there are too many, those in view last.
fn remember(passes: &mut Vec<Passed>, passed: Passed, config: &DedupConfig) {
    if passes.len() >= config.passes_max as usize {
        let oldest = passes.iter().enumerate().min_by_key(|(_, p)| (p.open, p.last_seen));
        if let Some(index) = oldest.map(|(index, _)| index) {
            passes.swap_remove(index);
        }
    }
    passes.push(passed);
}
