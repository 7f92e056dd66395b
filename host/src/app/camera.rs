//! One camera: from its frames to emissions.
//!
//! Two threads a camera. One takes frames from the source into the bounded queue; the other looks, follows, reads and
//! assembles. They share nothing with other cameras but the networks.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use ovr_domain::event::Vehicle;
use ovr_domain::port::{FrameSource, InferenceError};
use ovr_domain::track::{Class, Track};
use ovr_domain::{BBox, CameraId, Frame, Quad, TrackId, metric};
use ovr_events::assemble::{Assembler, Emission, Observation, ReadOutcome};
use ovr_vision::track::ByteTrack;

use super::attention::Attention;
use super::cadence::Cadence;
use super::queue::FrameQueue;
use super::stages::{Stage, Stages};
use super::vision::Vision;

/// Looks in a row that may fail before the log says so once more.
const FAILURES_A_LINE: u64 = 100;

/// The second thread of a camera.
pub(crate) struct CameraRoom {
    pub(crate) camera: CameraId,
    pub(crate) queue: Arc<FrameQueue>,
    pub(crate) vision: Arc<Vision>,
    pub(crate) tracker: ByteTrack,
    pub(crate) assembler: Assembler,
    pub(crate) cadence: Cadence,
    pub(crate) stages: Arc<Stages>,
    pub(crate) out: SyncSender<Emission>,
    pub(crate) attention: Attention,
    pub(crate) counts: CameraCounts,
}

/// What a camera has done.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CameraCounts {
    pub(crate) frames: u64,
    pub(crate) looks: u64,
    pub(crate) reads: u64,
    pub(crate) failures: u64,
}

/// Takes every frame of a source into the queue, until the source or the queue ends.
pub(crate) fn feed(mut source: impl FrameSource, queue: &FrameQueue) {
    loop {
        match source.next_frame() {
            Ok(Some(frame)) => {
                if !queue.push(frame) {
                    return queue.end(Ok(()));
                }
            }
            Ok(None) => return queue.end(Ok(())),
            Err(error) => return queue.end(Err(error)),
        }
    }
}

impl CameraRoom {
    /// Works until the queue has ended, then ends all tracks. The receiver being gone ends it too.
    pub(crate) fn run(mut self) -> CameraCounts {
        let stages = Arc::clone(&self.stages);
        while let Some(frame) = stages.time(Stage::Frame, || self.queue.pop()) {
            self.counts.frames += 1;
            if let Some(elapsed) = self.cadence.take(frame.presented_at)
                && !self.look(&frame, elapsed)
            {
                self.queue.close();
            }
            metric::frame(&self.camera, "processed");
        }
        let _ = self.tracker.finish();
        let last = self.assembler.finish();
        self.send(last);
        self.counts
    }

    /// One look: detect, follow, read, assemble. False when nobody takes emissions any more.
    fn look(&mut self, frame: &Frame, elapsed: u32) -> bool {
        self.counts.looks += 1;
        let stages = Arc::clone(&self.stages);
        let detections = match stages.time(Stage::Detect, || self.vision.detect(&frame.picture)) {
            Ok(detections) => detections,
            Err(error) => {
                self.failed(&error);
                return true;
            }
        };
        let tracks = stages.time(Stage::Track, || self.tracker.update(&detections, elapsed).to_vec());
        for track in &tracks {
            tracing::trace!(sequence = frame.sequence, ?track, "followed");
        }
        let outcomes = self.read(frame, &tracks);
        if outcomes.iter().any(|outcome| matches!(outcome, ReadOutcome::Read(_))) {
            self.cadence.hasten();
        }
        let emissions = stages.time(Stage::Assemble, || self.assemble(frame, &tracks, outcomes));
        self.send(emissions)
    }

    /// One outcome for each track.
    fn read(&mut self, frame: &Frame, tracks: &[Track]) -> Vec<ReadOutcome> {
        let mut outcomes = vec![ReadOutcome::NotTried; tracks.len()];
        let wanted: Vec<Wanted> =
            tracks.iter().enumerate().filter_map(|(n, track)| self.want(n, track)).collect();
        if wanted.is_empty() {
            return outcomes;
        }
        let quads: Vec<Quad> = wanted.iter().map(|wanted| wanted.quad).collect();
        let reads = match self.stages.time(Stage::Read, || self.vision.read(frame, &quads)) {
            Ok(reads) => reads,
            Err(error) => {
                self.failed(&error);
                vec![ReadOutcome::Failed; wanted.len()]
            }
        };
        self.counts.reads += reads.len() as u64;
        metric::reads(&self.camera, reads.len() as u64);
        for (wanted, outcome) in wanted.iter().zip(reads) {
            let read = if let ReadOutcome::Read(read) = &outcome { Some(read) } else { None };
            self.attention.saw(wanted.track, wanted.quad.width(), read);
            if let Some(slot) = outcomes.get_mut(wanted.index) {
                *slot = outcome;
            }
        }
        outcomes
    }

    /// The crop of a plate that was seen on this look, when it is worth reading.
    fn want(&self, index: usize, track: &Track) -> Option<Wanted> {
        let seen = track.detection.filter(|detection| !detection.class.is_vehicle())?;
        let quad = seen.quad.unwrap_or_else(|| seen.bbox.quad());
        self.attention.wants(track.id, quad.width()).then_some(Wanted { index, track: track.id, quad })
    }

    /// Tells the assembler of every track that was seen, and of those that ended.
    fn assemble(&mut self, frame: &Frame, tracks: &[Track], outcomes: Vec<ReadOutcome>) -> Vec<Emission> {
        let mut emissions = Vec::new();
        for (track, read) in tracks.iter().zip(outcomes) {
            if track.detection.is_none() || self.carries_plate(track, tracks) {
                continue;
            }
            let vehicle = vehicle_of(track, tracks);
            emissions.extend(self.assembler.observe(&Observation { frame, track: *track, read, vehicle }));
        }
        for track in self.tracker.ended() {
            self.attention.forget(track);
            emissions.extend(self.assembler.end(track));
        }
        emissions
    }

    /// A vehicle whose plate is followed is reported by its plate, not once more for itself.
    fn carries_plate(&mut self, track: &Track, tracks: &[Track]) -> bool {
        let on_it = |other: &&Track| other.class == Class::Plate && track.bbox.contains(other.bbox.centre());
        let carries = track.class.is_vehicle() && tracks.iter().any(|other| on_it(&other));
        if carries {
            self.assembler.carries_plate(track.id);
        }
        carries
    }

    fn send(&self, emissions: Vec<Emission>) -> bool {
        emissions.into_iter().all(|emission| self.out.send(emission).is_ok())
    }

    /// A network gave an error: the frame is lost to detection, the camera goes on.
    fn failed(&mut self, error: &InferenceError) {
        if self.counts.failures.is_multiple_of(FAILURES_A_LINE) {
            tracing::error!(camera = %self.camera, failures = self.counts.failures + 1, "{error}");
        }
        self.counts.failures += 1;
    }
}

/// A crop that is worth reading.
struct Wanted {
    /// Of its track among the tracks.
    index: usize,
    track: TrackId,
    quad: Quad,
}

/// The smallest vehicle around a plate, or the vehicle itself.
fn vehicle_of(track: &Track, tracks: &[Track]) -> Option<(Vehicle, BBox)> {
    let centre = track.bbox.centre();
    let around = tracks.iter().filter(|other| {
        let itself = other.id == track.id;
        other.class.is_vehicle() && (itself || (track.class == Class::Plate && other.bbox.contains(centre)))
    });
    let vehicle = around.min_by(|a, b| a.bbox.area().total_cmp(&b.bbox.area()))?;
    let confidence = vehicle.detection.map_or(0.0, |detection| detection.confidence);
    Some((Vehicle { class: vehicle.class, confidence }, vehicle.bbox))
}
