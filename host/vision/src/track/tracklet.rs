//! One track from the inside.

use ovr_domain::ids::TrackId;
use ovr_domain::track::{Class, Detection, Track, TrackState};

use super::associate::{Candidate, Rect};
use super::kalman::Motion;

/// One track: its motion and its life. All counts are of looks unless they say frames.
#[derive(Debug, Clone)]
pub(super) struct Tracklet {
    pub(super) id: TrackId,
    pub(super) state: TrackState,
    motion: Motion,
    /// Looks since the first one, up to the last on which it was seen.
    pub(super) lifetime: u64,
    /// The look on which it started.
    started: u64,
    /// Looks on which it was seen.
    hits: u32,
    /// Looks in a row on which it was missed.
    pub(super) misses: u32,
    /// Frames since it was seen.
    pub(super) frames_unseen: u32,
    /// Sum of confidences for each of [`Class::ALL`].
    confidences: [f64; Class::ALL.len()],
    class: Class,
    /// The detection of the present frame.
    detection: Option<Detection>,
}

impl Tracklet {
    pub(super) fn start(id: TrackId, detection: Detection, look: u64, confirmed: bool) -> Self {
        let state = if confirmed { TrackState::Confirmed } else { TrackState::Tentative };
        let mut tracklet = Self {
            id,
            state,
            motion: Motion::start(Rect::from(detection.bbox)),
            lifetime: 0,
            started: look,
            hits: 1,
            misses: 0,
            frames_unseen: 0,
            confidences: [0.0; Class::ALL.len()],
            class: detection.class,
            detection: Some(detection),
        };
        tracklet.weigh_class(detection);
        tracklet
    }

    /// One frame on.
    pub(super) fn predict(&mut self) {
        self.motion.predict(self.state == TrackState::Lost);
        self.detection = None;
        self.frames_unseen = self.frames_unseen.saturating_add(1);
    }

    /// Takes in the detection of this look.
    pub(super) fn see(&mut self, detection: Detection, look: u64, min_hits: u32) {
        self.motion.correct(Rect::from(detection.bbox));
        self.hits = self.hits.saturating_add(1);
        if self.state == TrackState::Lost || self.hits >= min_hits {
            self.state = TrackState::Confirmed;
        }
        self.lifetime = look.saturating_sub(self.started);
        self.misses = 0;
        self.frames_unseen = 0;
        self.detection = Some(detection);
        self.weigh_class(detection);
    }

    /// Was not found on this look.
    pub(super) fn miss(&mut self) {
        if self.state != TrackState::Tentative {
            self.state = TrackState::Lost;
        }
        self.misses = self.misses.saturating_add(1);
    }

    fn weigh_class(&mut self, detection: Detection) {
        let mut most = 0.0;
        for (class, sum) in Class::ALL.iter().zip(&mut self.confidences) {
            if *class == detection.class {
                *sum += f64::from(detection.confidence);
            }
            if *sum > most {
                most = *sum;
                self.class = *class;
            }
        }
    }

    pub(super) fn rect(&self) -> Rect {
        self.motion.rect()
    }

    /// Whether it must have moved by half its width since it was seen: where it is now is a guess with room for error,
    /// while what stood still is where it was.
    pub(super) fn has_travelled(&self) -> bool {
        let rect = self.rect();
        self.motion.speed() * f64::from(self.frames_unseen) >= (rect.x2 - rect.x1) / 2.0
    }

    pub(super) fn candidate(&self, index: usize) -> Candidate {
        Candidate { index, class: self.class, rect: self.rect(), confidence: 1.0 }
    }

    pub(super) fn is_vehicle(&self) -> bool {
        self.class.is_vehicle()
    }

    pub(super) fn track(&self) -> Track {
        Track {
            id: self.id,
            class: self.class,
            state: self.state,
            bbox: self.rect().into(),
            detection: self.detection,
        }
    }
}
