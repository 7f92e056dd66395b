//! When reads are enough.

use super::config::AssembleConfig;
use crate::fuse::{Fused, Fusion};

/// Share of the weight of all reads in question that a plate needs.
const SHARE_MIN: f32 = 0.5;

/// The same for a plate that was read but once: a contradiction must be much worse to be passed over.
const LONE_SHARE_MIN: f32 = 0.75;

/// What consensus and a lone read have in common: it is a plate by looks and length, and its text is not in doubt.
fn is_clear(group: &Fusion, fused: &Fused, config: &AssembleConfig) -> bool {
    let characters = fused.normalized.chars().count();
    characters >= config.plate_chars_min as usize
        && group.likeness() >= config.plate_likeness_min
        && fused.margin >= config.margin_min
}

/// Whether the reads agree well enough to open a gate. Agreement is counted character by character, for a vehicle
/// whose reads each have another fault is known all the same; but the whole text must have been read at least once.
/// `share` is the group's part of the weight of all reads that are not about another known plate.
pub(super) fn agree<'a>(group: &'a Fusion, share: f32, config: &AssembleConfig) -> Option<&'a Fused> {
    let fused = group.fused()?;
    let enough =
        fused.support >= config.agree_frames_min && group.votes().agreeing >= 1 && share >= SHARE_MIN;
    let agree = enough && fused.confidence >= config.confidence_min && is_clear(group, fused, config);
    agree.then_some(fused)
}

/// Whether the reads of a track that has ended are worth reporting although they were too few for consensus: they do
/// not contradict each other, and what they say is not in doubt.
pub(super) fn suffice<'a>(group: &'a Fusion, share: f32, config: &AssembleConfig) -> Option<&'a Fused> {
    let fused = group.fused()?;
    let votes = group.votes();
    let not_contradicted = if fused.support >= 2 {
        share >= SHARE_MIN
    } else {
        share >= LONE_SHARE_MIN && votes.agreeing * 2 >= votes.frames
    };
    let suffice = not_contradicted && votes.agreeing >= 1 && fused.confidence >= config.final_confidence_min;
    (suffice && is_clear(group, fused, config)).then_some(fused)
}
