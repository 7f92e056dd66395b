//! One track while it lives: what was seen, tried and read, and which events were made of it.

use ovr_domain::event::{UnreadReason, Vehicle, Votes};
use ovr_domain::track::{Class, TrackState};
use ovr_domain::view::{Lane, fraction};
use ovr_domain::{BBox, CropQuality, EventId, Quad, Timestamp, TrackId};

use super::config::AssembleConfig;
use super::direction::Trajectory;
use super::lane::InLane;
use super::observation::{Observation, ReadOutcome, Unreadable};
use super::parts::Beside;
use super::shots::{Shot, Shots, UNREAD};
use crate::fuse::{CutOff, Fused, Fusion, Readings, crop_score, weight};

/// Plate-likeness of a doubtful read: with another sign of a plate it is reported unread.
const LIKENESS_DOUBTFUL: f32 = 0.3;

/// An event that was made of a track.
#[derive(Debug, Clone)]
pub(super) struct Report {
    /// The group of reads that it is about, or [`UNREAD`].
    pub(super) group: u32,
    pub(super) event_id: EventId,
    pub(super) revision: u32,
    /// Capture time of the best crop when the event was first made. It stays: stores partition and order by it.
    pub(super) captured_at: ovr_domain::CapturedAt,
    pub(super) received_at: Timestamp,
    /// The plate of the last revision, with its votes.
    pub(super) agreed: Option<(Fused, Votes)>,
}

/// How often what was tried.
#[derive(Debug, Clone, Copy, Default)]
struct Tried {
    failed: u32,
    too_small: u32,
    poor_picture: u32,
}

impl Tried {
    fn note(&mut self, reason: Unreadable) {
        let count = match reason {
            Unreadable::TooSmall => &mut self.too_small,
            Unreadable::PoorPicture => &mut self.poor_picture,
        };
        *count = count.saturating_add(1);
    }

    fn add(&mut self, other: Self) {
        self.failed = self.failed.saturating_add(other.failed);
        self.too_small = self.too_small.saturating_add(other.too_small);
        self.poor_picture = self.poor_picture.saturating_add(other.poor_picture);
    }
}

/// One track while it lives.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    pub(super) track: TrackId,
    pub(super) first_seen: Timestamp,
    pub(super) last_seen: Timestamp,
    pub(super) frames_seen: u32,
    pub(super) trajectory: Trajectory,
    pub(super) lane: InLane,
    /// Other plates' tracks that were seen at the same place.
    pub(super) beside: Vec<Beside>,
    /// Where it was seen last.
    pub(super) last_box: BBox,
    pub(super) readings: Readings,
    pub(super) shots: Shots,
    pub(super) vehicle: Option<Vehicle>,
    pub(super) reports: Vec<Report>,
    class: Class,
    tried: Tried,
    likeness_best: f32,
    width_best_px: f32,
}

impl Pass {
    pub(super) fn new(observation: &Observation<'_>, reads_max: u32) -> Self {
        let at = observation.frame.captured_at.at;
        Self {
            track: observation.track.id,
            first_seen: at,
            last_seen: at,
            frames_seen: 0,
            trajectory: Trajectory::default(),
            lane: InLane::default(),
            beside: Vec::new(),
            last_box: observation.track.bbox,
            readings: Readings::new(reads_max as usize),
            shots: Shots::default(),
            vehicle: None,
            reports: Vec::new(),
            class: observation.track.class,
            tried: Tried::default(),
            likeness_best: 0.0,
            width_best_px: 0.0,
        }
    }

    /// Whether it is a vehicle's track and not a plate's.
    pub(super) fn is_vehicle(&self) -> bool {
        self.class.is_vehicle()
    }

    /// Takes in one frame; gives the group of reads that it went to, if it was read.
    pub(super) fn see(&mut self, observation: &Observation<'_>, lanes: &[Lane]) -> Option<u32> {
        let Observation { frame, track, read, vehicle } = observation;
        let seen = track.detection.is_some() || track.state != TrackState::Lost;
        let bbox = track.detection.map_or(track.bbox, |d| d.bbox);
        if seen {
            self.frames_seen = self.frames_seen.saturating_add(1);
            self.last_seen = self.last_seen.max(frame.captured_at.at);
            self.last_box = bbox;
            let (width, height) = (frame.picture.width(), frame.picture.height());
            self.trajectory.push(bbox, width, height);
            if bbox.is_sane() {
                self.lane.see(lanes, fraction(bbox.centre(), width, height));
            }
        }
        let surest = self.vehicle.map_or(f32::NEG_INFINITY, |v| v.confidence);
        self.vehicle = vehicle.map(|(v, _)| v).filter(|v| v.confidence > surest).or(self.vehicle);
        match read {
            ReadOutcome::Read(plate) => {
                self.likeness_best = self.likeness_best.max(plate.plate_likeness);
                self.note_width(plate.width_px);
                let cut_off = CutOff::of(plate.quad.bounds(), &frame.picture);
                let Some(group) = self.readings.add(plate, cut_off) else {
                    self.tried.note(Unreadable::PoorPicture);
                    self.offer_unread(observation, plate.quality, plate.width_px);
                    return None;
                };
                self.offer_read(observation, plate, group);
                Some(group)
            }
            ReadOutcome::Unreadable { reason, quality, width_px } => {
                self.tried.note(*reason);
                self.note_width(*width_px);
                self.offer_unread(observation, *quality, *width_px);
                None
            }
            ReadOutcome::Failed | ReadOutcome::NotTried => {
                self.tried.failed = self.tried.failed.saturating_add(u32::from(*read == ReadOutcome::Failed));
                let width_px = if track.class == Class::Plate { bbox.width() } else { 0.0 };
                self.note_width(width_px);
                if seen {
                    self.offer_unread(observation, CropQuality::default(), bbox.width());
                }
                None
            }
        }
    }

    /// The plates of which events were made, the last one last.
    pub(super) fn reported(&self) -> impl Iterator<Item = &str> {
        self.reports.iter().filter_map(|report| report.agreed.as_ref()).map(|(f, _)| f.normalized.as_str())
    }

    /// Takes over what was seen and read of a part of this plate that had a track of its own.
    pub(super) fn absorb(&mut self, part: Self) {
        self.first_seen = self.first_seen.min(part.first_seen);
        self.last_seen = self.last_seen.max(part.last_seen);
        if part.frames_seen > self.frames_seen {
            // Both were seen at the same time, so their frames do not add up.
            (self.frames_seen, self.trajectory) = (part.frames_seen, part.trajectory);
        }
        self.vehicle = self.vehicle.or(part.vehicle);
        self.lane.absorb(part.lane);
        self.tried.add(part.tried);
        self.likeness_best = self.likeness_best.max(part.likeness_best);
        self.note_width(part.width_best_px);
        if self.readings.groups().is_empty() && !part.readings.groups().is_empty() {
            // Groups and the shots that belong to them go together.
            (self.readings, self.shots) = (part.readings, part.shots);
        } else {
            self.readings.absorb(part.readings);
        }
    }

    /// Goes on as another track: the vehicle was lost from sight and found again before its track had ended.
    pub(super) fn go_on_as(&mut self, found: Self) {
        let frames_seen = self.frames_seen.saturating_add(found.frames_seen);
        (self.track, self.last_box, self.beside) = (found.track, found.last_box, found.beside.clone());
        self.absorb(found);
        self.frames_seen = frames_seen;
    }

    fn note_width(&mut self, width_px: f32) {
        if width_px.is_finite() {
            self.width_best_px = self.width_best_px.max(width_px);
        }
    }

    fn offer_read(&mut self, observation: &Observation<'_>, plate: &ovr_domain::PlateRead, group: u32) {
        let readings = &self.readings;
        self.shots.inherit(group, |id| readings.group(id).is_some());
        let quad = Some(plate.quad).filter(Quad::is_finite);
        let shot = Shot {
            reader: Some(plate.reader.clone()),
            captured_at: plate.captured_at,
            ..shot(observation, group, weight(plate), quad, (plate.quality, plate.width_px))
        };
        let heft = |id: u32| readings.group(id).map_or(0.0, Fusion::weight);
        let mine = heft(group);
        self.shots.offer(shot, observation.frame, |other| other == UNREAD || heft(other) < mine);
    }

    fn offer_unread(&mut self, observation: &Observation<'_>, quality: CropQuality, width_px: f32) {
        let track = observation.track;
        let bbox = track.detection.map_or(track.bbox, |d| d.bbox);
        let of_detection = track.detection.and_then(|d| d.quad);
        let quad =
            (self.class == Class::Plate && bbox.is_sane()).then(|| of_detection.unwrap_or(bbox.quad()));
        let score = crop_score(quality, width_px);
        let shot = shot(observation, UNREAD, score, quad, (quality, width_px));
        self.shots.offer(shot, observation.frame, |_| false);
    }

    /// Frames that were read, less those that say another plate of which an event was made.
    pub(super) fn frames_read(&self, group: u32) -> u32 {
        let reported = |id: u32| self.reports.iter().any(|r| r.group == id);
        let groups = self.readings.groups().iter().filter(|g| g.id() == group || !reported(g.id()));
        groups.map(|g| g.votes().frames).sum::<u32>().saturating_add(self.readings.strays())
    }

    /// Part of the weight of all reads that a group has, less those that say another plate of which an event was
    /// made, 0 to 1.
    pub(super) fn share(&self, group: &Fusion) -> f32 {
        let reported = |id: u32| self.reports.iter().any(|r| r.group == id);
        let groups = self.readings.groups().iter().filter(|g| g.id() == group.id() || !reported(g.id()));
        let sum: f32 = groups.map(Fusion::weight).sum();
        group.weight() / sum.max(f32::MIN_POSITIVE)
    }

    /// Why the track is reported unread; nothing when little says that it was a plate at all.
    pub(super) fn unread_reason(&self, config: &AssembleConfig) -> Option<UnreadReason> {
        let read = !self.readings.groups().is_empty() || self.readings.strays() > 0;
        let moved = self.trajectory.has_moved();
        let passed_by = moved && self.frames_seen >= config.unread_frames_min;
        if self.is_vehicle() && !read {
            return passed_by.then_some(UnreadReason::NoPlateSeen);
        }
        let insistent = self.vehicle.is_some() || passed_by;
        if read {
            let surely = self.likeness_best >= config.plate_likeness_min;
            let perhaps = self.likeness_best >= LIKENESS_DOUBTFUL && insistent;
            return (surely || perhaps).then_some(UnreadReason::NoConsensus);
        }
        let Tried { failed, too_small, poor_picture } = self.tried;
        let reason = match () {
            () if failed > too_small.saturating_add(poor_picture) => UnreadReason::ReaderFailed,
            () if too_small > poor_picture => UnreadReason::TooSmall,
            () if poor_picture > 0 => UnreadReason::PoorPicture,
            () if self.width_best_px < config.small_width_px => UnreadReason::TooSmall,
            () => UnreadReason::PoorPicture,
        };
        insistent.then_some(reason)
    }
}

fn shot(
    observation: &Observation<'_>,
    group: u32,
    score: f32,
    quad: Option<Quad>,
    (quality, width_px): (CropQuality, f32),
) -> Shot {
    let vehicle = observation.vehicle.filter(|(_, b): &(Vehicle, BBox)| b.is_sane());
    Shot {
        group,
        score,
        width_px: quad.map(|_| width_px).filter(|w| w.is_finite()),
        quad,
        quality: (quality != CropQuality::default()).then_some(quality),
        captured_at: observation.frame.captured_at,
        received_at: observation.frame.received_at,
        vehicle,
        reader: None,
        frame: None,
        reported: false,
    }
}
