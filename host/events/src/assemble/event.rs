//! Fills in an event.

use ovr_domain::PlateEvent;
use ovr_domain::event::{Candidate, Lifecycle, UnreadReason, Votes};

use super::Assembler;
use super::pass::{Pass, Report};
use crate::fuse::{CANDIDATES_MAX, Fused};

/// Most candidates that come from reads with quite another text.
const STRANGERS_MAX: usize = 3;

/// What an event says of the plate.
pub(super) enum Plate {
    /// It was read.
    Read(Fused, Votes),
    /// It was not.
    Unread(UnreadReason),
}

impl Assembler {
    /// The event of a report in its current revision.
    pub(super) fn event(
        &self,
        pass: &Pass,
        report: &Report,
        lifecycle: Lifecycle,
        plate: Plate,
    ) -> Option<PlateEvent> {
        let shot = pass.shots.of(report.group)?;
        let frames = pass.frames_read(report.group);
        let (fused, agreeing, unread_reason) = match plate {
            Plate::Read(fused, votes) => (Some(fused), votes.agreeing, None),
            Plate::Unread(reason) => (None, 0, Some(reason)),
        };
        let vehicle = shot.vehicle.map(|(vehicle, _)| vehicle).or(pass.vehicle);
        let strangers = strangers(pass, report, fused.is_none());
        let (site, camera, at) = (self.site.clone(), self.camera.clone(), report.captured_at.at);
        let blank = PlateEvent::of_pass(report.event_id, site, camera, pass.track, at);
        Some(PlateEvent {
            revision: report.revision,
            lifecycle,
            clock_synchronised: report.captured_at.synchronised,
            received_at: report.received_at,
            first_seen: pass.first_seen,
            last_seen: pass.last_seen,
            frames_seen: pass.frames_seen,
            plate_observed: fused.as_ref().map(|f| f.text.clone()),
            plate_normalized: fused.as_ref().map(|f| f.normalized.clone()),
            confidence: fused.as_ref().map_or(0.0, |f| f.confidence),
            char_confidences: fused.as_ref().map(|f| f.char_confidences.clone()).unwrap_or_default(),
            candidates: candidates(fused.map(|f| f.candidates).unwrap_or_default(), strangers),
            votes: Votes { frames, agreeing },
            unread_reason,
            plate_quad: shot.quad,
            plate_width_px: shot.width_px,
            vehicle_box: shot.vehicle.map(|(_, bbox)| bbox),
            vehicle,
            lane_id: pass.lane.id().map(str::to_owned),
            direction: pass.lane.direction().or_else(|| pass.trajectory.direction()),
            quality: shot.quality,
            detector_digest: self.digests.detector.clone(),
            reader_digest: shot.reader.clone().or_else(|| self.digests.reader.clone()),
            ..blank
        })
    }
}

/// Texts of the groups that no event was made of, with their share of the weight of all reads: no read is discarded
/// without a trace. `all` takes the report's own group too, for an event without a plate.
fn strangers(pass: &Pass, report: &Report, all: bool) -> Vec<Candidate> {
    let groups = pass.readings.groups();
    let sum: f32 = groups.iter().map(crate::fuse::Fusion::weight).sum();
    let is_stranger = |id: u32| {
        let of_another_event = pass.reports.iter().any(|r| r.group == id && id != report.group);
        !of_another_event && (all || id != report.group)
    };
    let mut texts: Vec<Candidate> = groups
        .iter()
        .filter(|group| is_stranger(group.id()))
        .filter_map(|group| {
            Some(Candidate {
                plate: group.fused()?.text.clone(),
                score: group.weight() / sum.max(f32::MIN_POSITIVE),
            })
        })
        .collect();
    texts.sort_by(|a, b| b.score.total_cmp(&a.score));
    texts.truncate(if all { CANDIDATES_MAX } else { STRANGERS_MAX });
    texts
}

/// The plate's own candidates and the strangers in one list, the plate first, scores that add up to at most 1.
fn candidates(mut own: Vec<Candidate>, strangers: Vec<Candidate>) -> Vec<Candidate> {
    if own.is_empty() {
        return strangers;
    }
    own.truncate(CANDIDATES_MAX - strangers.len().min(STRANGERS_MAX));
    let left = 1.0 - strangers.iter().map(|c| c.score).sum::<f32>().clamp(0.0, 1.0);
    for candidate in &mut own {
        candidate.score *= left;
    }
    let best = own.first().map_or(1.0, |c| c.score);
    own.extend(strangers.into_iter().map(|c| Candidate { score: c.score.min(best), ..c }));
    if let Some(others) = own.get_mut(1..) {
        others.sort_by(|a, b| b.score.total_cmp(&a.score));
    }
    own
}
