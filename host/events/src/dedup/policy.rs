//! Asks a policy plugin: gathers the neighbours of an event, and turns the answer into a decision.

use std::collections::BTreeMap;

use ovr_domain::event::{Dedup as Decision, DedupDecision, PlateEvent};
use ovr_domain::hook::{DedupPolicy, NEIGHBOURS_MAX, Neighbour, PolicyDecision};
use ovr_domain::{CameraId, Digest, SiteId};

use super::config::DedupConfig;
use super::memory::Passed;
use crate::fuse::distance::{contained, edit_distance};

/// Edits between two plates up to which a policy should hear of the pair.
const SIMILAR_EDITS: usize = 2;

type Cameras = BTreeMap<(SiteId, CameraId), Vec<Passed>>;

/// What the policy decides about an event that was `known` before, and the plugin whose decision it is. Nothing when no policy
/// is loaded, or the one that is did not answer.
///
/// An event that was emitted is not asked about again, for it may have opened a gate; a repeat stays the repeat that it
/// is, or turns out to be none.
pub(super) fn ask(
    policy: &dyn DedupPolicy,
    event: &mut PlateEvent,
    passed: &Passed,
    known: Option<&Passed>,
    cameras: &Cameras,
    config: &DedupConfig,
) -> Option<(Decision, Option<Digest>)> {
    if !policy.is_loaded() {
        return None;
    }
    if let Some(emitted) = known.filter(|known| known.decided.decision == DedupDecision::Emit) {
        return Some((emitted.decided.clone(), emitted.decided_by.clone()));
    }
    let answer = policy.decide(event, &neighbours(passed, cameras, config));
    event.plugin_failures.extend(answer.failure);
    let decided = |decision, repeats_event_id, reason| Decision { decision, repeats_event_id, reason };
    let repeat = match answer.decision? {
        PolicyDecision::Emit(reason) => {
            return Some((decided(DedupDecision::Emit, None, reason), answer.digest));
        }
        PolicyDecision::Suppress(head, reason) => decided(DedupDecision::Suppress, Some(head), reason),
        PolicyDecision::Merge(head, reason) => decided(DedupDecision::Merge, Some(head), reason),
    };
    Some((known.map_or(repeat, |known| known.decided.clone()), answer.digest))
}

/// Recent events of the site: those with a similar plate first, then the nearest in time.
fn neighbours(passed: &Passed, cameras: &Cameras, config: &DedupConfig) -> Vec<Neighbour> {
    let own = &passed.event;
    let keep = config.window().max(config.merge_gap()).max(config.unread_gap());
    let of_the_site = cameras.iter().filter(|((site, _), _)| *site == own.site_id);
    let others = of_the_site.flat_map(|(_, passes)| passes);
    // Nor one that repeats it: an event must never become a repeat of itself.
    let others = others.filter(|other| other.event_id != own.event_id && other.head() != own.event_id);
    let mut near: Vec<_> = others
        .map(|other| (other.gap(passed), other))
        .filter(|(gap, _)| *gap <= keep)
        .map(|(gap, other)| (!similar(passed, other), gap, other))
        .collect();
    near.sort_by_key(|(unlike, gap, other)| (*unlike, *gap, other.event_id));
    near.truncate(NEIGHBOURS_MAX);
    let neighbour = |(_, gap, other): (bool, _, &Passed)| Neighbour {
        event: (*other.event).clone(),
        head: other.head(),
        gap,
        distance_widths: (other.event.camera_id == own.camera_id)
            .then(|| distance_widths(passed, other))
            .flatten(),
    };
    near.into_iter().map(neighbour).collect()
}

fn similar(a: &Passed, b: &Passed) -> bool {
    match (&a.plate, &b.plate) {
        (Some(a), Some(b)) => edit_distance(a, b) <= SIMILAR_EDITS || contained(a, b),
        _ => false,
    }
}

fn distance_widths(a: &Passed, b: &Passed) -> Option<f32> {
    let (a, b) = (a.place?, b.place?);
    let width = a.width().max(b.width());
    (width > 0.0).then(|| a.centre().distance(b.centre()) / width)
}
