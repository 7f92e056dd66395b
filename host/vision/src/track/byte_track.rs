//! The algorithm: two associations, then those that need more care, then births and deaths.

use std::collections::VecDeque;

use ovr_domain::ids::TrackId;
use ovr_domain::track::{Detection, Track, TrackState};

use super::associate::{Candidate, Pass, Rect};
use super::config::TrackConfig;
use super::kalman::SIDE_MIN_PX;
use super::tracklet::Tracklet;
use crate::InvalidKey;

/// Most detections of one look that are taken, surest first.
pub const DETECTIONS_MAX: usize = 500;
/// Most tracks at a time; beyond it none is started.
pub const TRACKS_MAX: usize = 1_000;
/// Most ended tracks that wait for [`ByteTrack::ended`]; beyond it the oldest is forgotten.
pub const ENDED_MAX: usize = 65_536;
/// Most frames between two looks that a motion is carried over; after a longer gap every track ends.
pub const GAP_FRAMES_MAX: u32 = 1_000;

/// No picture is this wide; detections that reach further are noise. Keeps every sum finite and every box that is
/// given back sane in single precision.
const EDGE_MAX_PX: f64 = 100_000.0;
/// Largest cost of the association with buffered boxes. With a reach of one width a plate may be 1.5 to 2 widths from
/// where it was expected, and not much more than twice or less than half as large.
const REACH_COST_MAX: f64 = 0.85;
/// Looks in a row that a track may have been missed and still take part in the association with buffered boxes.
const REACH_MISSES_MAX: u32 = 3;
/// IoU above which a seen and a lost track are one and the same (authors' code).
const DUPLICATE_IOU: f64 = 0.85;

/// The tracker of one camera.
///
/// Ids start at 1, grow, and are never given twice by one tracker.
#[derive(Debug, Clone)]
pub struct ByteTrack {
    config: TrackConfig,
    tracklets: Vec<Tracklet>,
    tracks: Vec<Track>,
    ended: VecDeque<TrackId>,
    /// Looks since the start or the last [`ByteTrack::finish`].
    looks: u64,
    last_id: u64,
    /// Frames since the last look.
    gap_frames: u32,
}

impl ByteTrack {
    /// A tracker that has seen nothing.
    pub fn new(config: TrackConfig) -> Result<Self, InvalidKey> {
        config.validate()?;
        Ok(Self {
            config,
            tracklets: Vec::new(),
            tracks: Vec::new(),
            ended: VecDeque::new(),
            looks: 0,
            last_id: 0,
            gap_frames: 0,
        })
    }

    /// Changes the numbers and keeps the tracks; after an error the old numbers stand.
    pub fn reconfigure(&mut self, config: TrackConfig) -> Result<(), InvalidKey> {
        config.validate()?;
        self.config = config;
        Ok(())
    }

    /// The tracks as they were last given back, by growing id.
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// Takes in what the detector found on a frame, and gives every living track after it, by growing id.
    ///
    /// `elapsed` is the number of frames since the last call of `update` or [`ByteTrack::predict`], at least 1 (0 counts
    /// as 1): `update(d, 3)` and `predict(2)` followed by `update(d, 1)` come to the same. Detections that are not finite,
    /// have no area, lie beyond any picture or have no confidence between 0 and 1 are dropped.
    pub fn update(&mut self, detections: &[Detection], elapsed: u32) -> &[Track] {
        self.advance(elapsed.max(1));
        self.looks += 1;
        self.gap_frames = 0;
        let mut seen: Vec<Candidate> = Vec::with_capacity(detections.len());
        seen.extend(detections.iter().enumerate().filter_map(|(index, d)| self.screen(index, d)));
        if seen.len() > DETECTIONS_MAX {
            // Stable, so that equal confidences keep the detector's order.
            seen.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
            seen.truncate(DETECTIONS_MAX);
        }
        let high = f64::from(self.config.high_threshold);
        let (mut sure, mut unsure): (Vec<_>, Vec<_>) = seen.into_iter().partition(|d| d.confidence >= high);
        let pairs = self.associate(&mut sure, &mut unsure);
        self.take_in(&pairs, detections);
        self.start(&sure, detections);
        self.end_duplicates();
        self.publish();
        &self.tracks
    }

    /// Moves every track on by `frames` frames on which the detector did not run, and gives the boxes to expect.
    /// No track ages, none is lost: nobody looked. A track ends only where it is expected beyond any picture, or when the
    /// gap is longer than [`GAP_FRAMES_MAX`].
    pub fn predict(&mut self, frames: u32) -> &[Track] {
        if frames > 0 {
            self.advance(frames);
            self.publish();
        }
        &self.tracks
    }

    /// The tracks that ended since the last call, in the order of their ends: lost for too long, tentative and not soon seen
    /// again, or found to be the same as another.
    pub fn ended(&mut self) -> Vec<TrackId> {
        self.ended.drain(..).collect()
    }

    /// Ends every track, as at the end of a stream, and gives all that [`ByteTrack::ended`] had not given yet. What
    /// comes after is a new scene with new ids.
    pub fn finish(&mut self) -> Vec<TrackId> {
        self.end_all();
        self.looks = 0;
        self.gap_frames = 0;
        self.tracks.clear();
        self.ended()
    }

    /// A detection as the association sees it; `None` for one that must be dropped.
    fn screen(&self, index: usize, detection: &Detection) -> Option<Candidate> {
        let rect = Rect::from(detection.bbox);
        let confidence = f64::from(detection.confidence);
        let large_enough = rect.x2 - rect.x1 >= SIDE_MIN_PX && rect.y2 - rect.y1 >= SIDE_MIN_PX;
        let likely = (f64::from(self.config.low_threshold)..=1.0).contains(&confidence);
        // Comparisons with NaN are false, so whatever is no number is dropped here as well.
        (large_enough && rect.is_within(EDGE_MAX_PX) && likely).then_some(Candidate {
            index,
            class: detection.class,
            rect,
            confidence,
        })
    }

    fn advance(&mut self, frames: u32) {
        self.gap_frames = self.gap_frames.saturating_add(frames);
        if self.gap_frames > GAP_FRAMES_MAX {
            self.end_all();
            return;
        }
        for tracklet in &mut self.tracklets {
            for _ in 0..frames {
                tracklet.predict();
            }
        }
        // A guess may drift twice as far as a detection may lie; both borders are beyond any picture.
        self.end_where(|tracklet| !tracklet.rect().is_within(2.0 * EDGE_MAX_PX));
    }

    /// The associations in the paper's order; what finds no partner stays in `sure` and `unsure`.
    fn associate(&self, sure: &mut Vec<Candidate>, unsure: &mut Vec<Candidate>) -> Vec<(usize, usize)> {
        let (mut believed, mut tentative) = (Vec::new(), Vec::new());
        for (index, tracklet) in self.tracklets.iter().enumerate() {
            let list = if tracklet.state == TrackState::Tentative { &mut tentative } else { &mut believed };
            list.push(tracklet.candidate(index));
        }
        // First association: sure detections with confirmed and lost tracks.
        let config = &self.config;
        let mut pairs =
            Pass::plain(f64::from(config.match_threshold), config.fuse_score).run(&mut believed, sure);
        // Second association: unsure detections with tracks that were seen on the last look.
        let tracklet = |c: &Candidate| self.tracklets.get(c.index);
        let is_just_lost = |t: &Tracklet| (1..=REACH_MISSES_MAX).contains(&t.misses) && t.has_travelled();
        let just_lost: Vec<Candidate> =
            believed.iter().filter(|c| tracklet(c).is_some_and(is_just_lost)).copied().collect();
        believed.retain(|candidate| tracklet(candidate).is_some_and(|tracklet| tracklet.misses == 0));
        pairs.extend(Pass::plain(f64::from(config.low_match_threshold), false).run(&mut believed, unsure));
        // Tentative tracks with the sure detections that are left.
        let cost_max = f64::from(config.tentative_match_threshold);
        pairs.extend(Pass::plain(cost_max, config.fuse_score).run(&mut tentative, sure));
        // What moved too far to overlap. A plate that brakes or climbs the picture is soon far from a guess of constant
        // speed, so what was lost on the move a moment ago takes part; what stood still, or was lost earlier, does not,
        // for a wrong link joins two vehicles.
        let reach = |widths: f32| (widths > 0.0).then_some(f64::from(widths));
        let reaching = Pass {
            cost_max: REACH_COST_MAX,
            fuse_score: false,
            reach_plate: reach(config.plate_reach),
            reach_vehicle: reach(config.vehicle_reach),
        };
        believed.append(&mut tentative);
        believed.extend(just_lost);
        pairs.extend(reaching.run(&mut believed, sure));
        pairs
    }

    /// Corrects the tracks that were seen, ages those that were not, and ends those whose time is up.
    fn take_in(&mut self, pairs: &[(usize, usize)], detections: &[Detection]) {
        let mut seen_as = vec![None; self.tracklets.len()];
        for &(track, detection) in pairs {
            if let Some(slot) = seen_as.get_mut(track) {
                *slot = detections.get(detection).copied();
            }
        }
        let config = self.config;
        let mut spent = Vec::new();
        for (tracklet, seen) in self.tracklets.iter_mut().zip(seen_as) {
            if let Some(detection) = seen {
                tracklet.see(detection, self.looks, config.min_hits);
                continue;
            }
            tracklet.miss();
            let tentative = tracklet.state == TrackState::Tentative;
            let misses_max = if tentative { config.tentative_misses } else { config.lost_frames };
            let span_is_over = config.lost_span_frames.is_some_and(|span| tracklet.frames_unseen > span);
            if tracklet.misses > misses_max || span_is_over {
                spent.push(tracklet.id);
            }
        }
        self.end_listed(&spent);
    }

    /// Starts a track for every sure detection that nothing explained.
    fn start(&mut self, sure: &[Candidate], detections: &[Detection]) {
        let confirmed = self.looks == 1 || self.config.min_hits == 1;
        let threshold = f64::from(self.config.new_track_threshold);
        for candidate in sure.iter().filter(|candidate| candidate.confidence >= threshold) {
            let Some(detection) = detections.get(candidate.index) else {
                continue;
            };
            if self.tracklets.len() >= TRACKS_MAX {
                return;
            }
            self.last_id += 1;
            let id = TrackId(self.last_id);
            self.tracklets.push(Tracklet::start(id, *detection, self.looks, confirmed));
        }
    }

    /// Where a lost track lies under a seen one, the one that lived longer stays.
    fn end_duplicates(&mut self) {
        let (lost, seen): (Vec<&Tracklet>, Vec<&Tracklet>) =
            self.tracklets.iter().partition(|tracklet| tracklet.state == TrackState::Lost);
        let lost: Vec<(Rect, &Tracklet)> =
            lost.into_iter().map(|tracklet| (tracklet.rect(), tracklet)).collect();
        if lost.is_empty() {
            return;
        }
        let mut spent = Vec::new();
        for tracklet in seen {
            let rect = tracklet.rect();
            for (lost_rect, lost) in &lost {
                let same_kind = tracklet.is_vehicle() == lost.is_vehicle();
                if same_kind && rect.iou(*lost_rect) > DUPLICATE_IOU {
                    let seen_is_older = tracklet.lifetime > lost.lifetime;
                    spent.push(if seen_is_older { lost.id } else { tracklet.id });
                }
            }
        }
        self.end_listed(&spent);
    }

    fn end_listed(&mut self, ids: &[TrackId]) {
        if !ids.is_empty() {
            self.end_where(|tracklet| ids.contains(&tracklet.id));
        }
    }

    fn end_all(&mut self) {
        self.end_where(|_| true);
    }

    fn end_where(&mut self, is_over: impl Fn(&Tracklet) -> bool) {
        let ended = &mut self.ended;
        self.tracklets.retain(|tracklet| {
            let over = is_over(tracklet);
            if over {
                if ended.len() >= ENDED_MAX {
                    ended.pop_front();
                }
                ended.push_back(tracklet.id);
            }
            !over
        });
    }

    /// Tracklets are pushed with growing ids and removed in place, so their order is that of the ids.
    fn publish(&mut self) {
        self.tracks.clear();
        self.tracks.extend(self.tracklets.iter().map(Tracklet::track));
    }
}
