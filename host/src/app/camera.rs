//! One camera: from its frames to emissions.
//!
//! Two threads a camera. One takes frames from the source into the bounded queue; the other looks, follows, reads and
//! assembles. They share nothing with other cameras but the networks.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use ovr_capture::Source;
use ovr_domain::event::Vehicle;
use ovr_domain::port::{FrameSource as _, InferenceError};
use ovr_domain::time::Clock;
use ovr_domain::track::{Class, Detection, Track};
use ovr_domain::view::View;
use ovr_domain::{BBox, CameraId, Frame, TrackId, metric};
use ovr_events::assemble::{AssembleConfig, Assembler, Emission, Observation, ReadOutcome, Unreadable};
use ovr_vision::motion::MotionGate;
use ovr_vision::read::SeenPlate;
use ovr_vision::track::{ByteTrack, TrackConfig};

use super::attention::Attention;
use super::board::Card;
use super::cadence::Cadence;
use super::health::Health;
use super::queue::{FrameQueue, Popped};
use super::shared::Reader;
use super::stages::{Stage, Stages};
use super::thinning::{Load, Thinning};
use super::vision::{Session, Vision};
use crate::config::{Config, DetectionConfig};

/// Looks in a row that may fail before the log says so once more.
const FAILURES_A_LINE: u64 = 100;

/// How long nothing is looked at while nothing moves. The gate may take something for background that creeps; a look a
/// second finds it, and once it is followed every frame that is due is looked at.
const STILL_LOOK_PERIOD: Duration = Duration::from_secs(1);

/// How long tracks wait for a camera that is away. Longer than a link flaps or a camera starts anew, so that whoever
/// stands before it is followed on; after that nobody knows what the next frame has to do with the last.
const AWAY_MAX: Duration = Duration::from_secs(15);

/// What a camera works by; a reload changes it under way, and its tracks go on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tuning {
    pub(crate) detection: DetectionConfig,
    pub(crate) tracker: TrackConfig,
    pub(crate) assemble: AssembleConfig,
}

impl Tuning {
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            detection: config.tracking.detection.clone(),
            tracker: config.tracking.tracker,
            assemble: config.ocr.assemble,
        }
    }
}

/// The second thread of a camera.
pub(crate) struct CameraRoom {
    pub(crate) camera: CameraId,
    pub(crate) queue: Arc<FrameQueue>,
    pub(crate) card: Arc<Card>,
    pub(crate) view: View,
    pub(crate) vision: Reader<Vision>,
    pub(crate) session: Session,
    pub(crate) tuning: Reader<Tuning>,
    pub(crate) tracker: ByteTrack,
    pub(crate) assembler: Assembler,
    pub(crate) cadence: Cadence,
    /// Of a live camera.
    pub(crate) thinning: Option<Thinning>,
    pub(crate) motion: MotionGate,
    /// Presentation time of the last look.
    pub(crate) looked: Option<Duration>,
    /// Whether there were tracks on the last look.
    pub(crate) follows: bool,
    pub(crate) stages: Arc<Stages>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) out: SyncSender<Emission>,
    pub(crate) attention: Attention,
    /// The frame that the tracker was told of last.
    pub(crate) tracked: Option<u64>,
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
pub(crate) fn feed(camera: &CameraId, mut source: Source, queue: &FrameQueue, card: &Card, health: &Health) {
    health.well(camera, source.link());
    loop {
        match source.next_frame() {
            Ok(Some(frame)) => {
                card.arrived(&frame);
                if !queue.push(frame) {
                    return queue.end(Ok(()));
                }
            }
            Ok(None) => {
                card.ended(None);
                return queue.end(Ok(()));
            }
            Err(error) => {
                card.ended(Some(&error));
                // What happens to a source whose camera was taken away is nobody's concern.
                if !queue.is_stopped() {
                    health.failed(camera, &error);
                }
                return queue.end(Err(error));
            }
        }
    }
}

impl CameraRoom {
    /// Works until the queue has ended, then ends all tracks. The receiver being gone ends it too.
    pub(crate) fn run(mut self) -> CameraCounts {
        let stages = Arc::clone(&self.stages);
        loop {
            match stages.time(Stage::Frame, || self.queue.pop(AWAY_MAX)) {
                Popped::Frame(frame) => self.take(&frame),
                Popped::Silence if self.card.is_away() => {
                    self.card.away();
                    self.end_tracks();
                }
                // A slow file, or a camera that is asked for few frames: what is in view still is.
                Popped::Silence => {}
                Popped::End => break,
            }
        }
        self.end_tracks();
        self.counts
    }

    fn take(&mut self, frame: &Frame) {
        self.counts.frames += 1;
        self.take_changes();
        let outcome = if !self.cadence.take(frame.presented_at) {
            "passed_over"
        } else if self.is_still(frame) {
            "still"
        } else {
            let start = self.clock.monotonic();
            let looked = self.look(frame);
            self.give_way(frame, self.clock.monotonic().saturating_sub(start));
            if looked { "looked_at" } else { "failed" }
        };
        metric::frame(&self.camera, outcome);
    }

    /// Looks at a live camera become fewer while the networks cannot keep up.
    fn give_way(&mut self, frame: &Frame, took: Duration) {
        let Some(thinning) = &mut self.thinning else { return };
        let (waiting, dropped) = (self.queue.filling(), self.queue.dropped());
        let load = Load { at: frame.presented_at, took, dropped, waiting };
        let every = thinning.looked(&load, self.tuning.seen().detection.detect_every_max);
        self.cadence.thin(every);
        if self.card.looks_every(every) {
            tracing::info!(camera = %self.camera, every, "the load has changed: of the looks that are due each so many-th is taken");
        }
    }

    /// Nothing that comes belongs to what was seen so far: the last events of all tracks.
    fn end_tracks(&mut self) {
        for track in self.tracker.finish() {
            self.attention.forget(track);
        }
        (self.tracked, self.follows) = (None, false);
        let last = self.assembler.finish();
        self.send(last);
    }

    /// What a reload has replaced since the last frame.
    fn take_changes(&mut self) {
        if let Some(vision) = self.vision.changed() {
            self.assembler.use_models(vision.digests());
            self.session = vision.session();
        }
        let Some(tuning) = self.tuning.changed() else { return };
        let Tuning { detection, tracker, assemble } = tuning.as_ref();
        self.cadence.reconfigure(detection.per_second, detection.per_second_reading);
        self.queue.resize(detection.queue_frames);
        if let Err(error) = self.tracker.reconfigure(*tracker) {
            tracing::error!(camera = %self.camera, "the tracker goes on as it was: {error}");
        }
        if let Err(error) = self.assembler.reconfigure(*assemble) {
            tracing::error!(camera = %self.camera, "the assembler goes on as it was: {error}");
        }
    }

    /// Whether nothing moves and nothing is followed, so that a look would show what the last one showed. Lost tracks are
    /// followed, too, so that they end, and their events come, as soon as without the gate. The gate sees every frame that
    /// is due, so that it always knows the background.
    fn is_still(&mut self, frame: &Frame) -> bool {
        self.card.due(frame);
        let moves = self.motion.moves(&frame.picture, frame.presented_at);
        let due = self.looked.is_none_or(|looked| looked + STILL_LOOK_PERIOD <= frame.presented_at);
        if !self.tuning.seen().detection.motion_gate || moves || self.follows || due {
            self.looked = Some(frame.presented_at);
            return false;
        }
        true
    }

    /// One look: detect, follow, read, assemble. False when a network failed.
    fn look(&mut self, frame: &Frame) -> bool {
        self.counts.looks += 1;
        let stages = Arc::clone(&self.stages);
        let detections = match stages.time(Stage::Detect, || self.session.detect(&frame.picture)) {
            Ok(detections) => self.admitted(detections, frame),
            Err(error) => {
                self.failed(&error);
                return false;
            }
        };
        let clear = self.tuning.seen().tracker.high_threshold;
        self.card.looked(frame, detections.iter().filter(|found| found.confidence >= clear));
        // By the source's own count, so that dropped frames and failed looks count as time, too.
        let elapsed = self.tracked.map_or(1, |last| frame.sequence.saturating_sub(last).max(1));
        self.tracked = Some(frame.sequence);
        let elapsed = u32::try_from(elapsed).unwrap_or(u32::MAX);
        let tracks = stages.time(Stage::Track, || self.tracker.update(&detections, elapsed).to_vec());
        self.follows = !tracks.is_empty();
        for track in &tracks {
            tracing::trace!(sequence = frame.sequence, ?track, "followed");
        }
        let outcomes = self.read(frame, &tracks);
        if outcomes.iter().any(|outcome| matches!(outcome, ReadOutcome::Read(_))) {
            self.cadence.hasten();
        }
        let emissions = stages.time(Stage::Assemble, || self.assemble(frame, &tracks, outcomes));
        self.send(emissions);
        true
    }

    /// What lies where this camera looks.
    fn admitted(&self, mut detections: Vec<Detection>, frame: &Frame) -> Vec<Detection> {
        let (width, height) = (frame.picture.width(), frame.picture.height());
        detections.retain(|detection| self.view.admits(detection, width, height));
        detections
    }

    /// One outcome for each track.
    fn read(&mut self, frame: &Frame, tracks: &[Track]) -> Vec<ReadOutcome> {
        let mut outcomes = vec![ReadOutcome::NotTried; tracks.len()];
        let wanted: Vec<Wanted> =
            tracks.iter().enumerate().filter_map(|(n, track)| self.want(n, track)).collect();
        if wanted.is_empty() {
            return outcomes;
        }
        let plates: Vec<SeenPlate> = wanted.iter().map(|wanted| wanted.plate).collect();
        let stages = Arc::clone(&self.stages);
        let reads = match stages.time(Stage::Read, || self.session.read(frame, &plates)) {
            Ok(reads) => reads,
            Err(error) => {
                self.failed(&error);
                vec![ReadOutcome::Failed; wanted.len()]
            }
        };
        for (wanted, outcome) in wanted.iter().zip(reads) {
            tracing::trace!(sequence = frame.sequence, track = %wanted.track, ?outcome, "read");
            self.note(wanted, &outcome);
            if let Some(slot) = outcomes.get_mut(wanted.index) {
                *slot = outcome;
            }
        }
        outcomes
    }

    /// Counts what was really read: a crop that was too small, or a reader that failed, says nothing of the plate.
    fn note(&mut self, wanted: &Wanted, outcome: &ReadOutcome) {
        let read = match outcome {
            ReadOutcome::Read(read) => Some(read),
            ReadOutcome::Unreadable { reason: Unreadable::PoorPicture, .. } => None,
            _ => return,
        };
        self.attention.saw(wanted.track, wanted.plate.quad.width(), read);
        self.card.read(read);
        self.counts.reads += 1;
        metric::reads(&self.camera, 1);
    }

    /// The crop of a plate that was seen on this look, when it is worth reading.
    fn want(&mut self, index: usize, track: &Track) -> Option<Wanted> {
        let seen = track.detection.filter(|detection| !detection.class.is_vehicle())?;
        let quad = seen.quad.unwrap_or_else(|| seen.bbox.quad());
        let plate = SeenPlate { quad, confidence: seen.confidence };
        self.attention.wants(track.id, quad.width()).then_some(Wanted { index, track: track.id, plate })
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

    /// A vehicle whose plate is followed is reported by its plate, not once more for itself. Lettering is no plate.
    fn carries_plate(&mut self, track: &Track, tracks: &[Track]) -> bool {
        let on_it = |other: &&Track| other.class == Class::Plate && track.bbox.contains(other.bbox.centre());
        let like_a_plate = |other: &&Track| self.attention.is_plausible(other.id);
        let carries =
            track.class.is_vehicle() && tracks.iter().any(|other| on_it(&other) && like_a_plate(&other));
        if carries {
            self.assembler.carries_plate(track.id);
        }
        carries
    }

    fn send(&self, emissions: Vec<Emission>) {
        for emission in emissions {
            if emission.event.revision == 1 && emission.event.plate_observed.is_some() {
                self.card.plate();
            }
            if self.out.send(emission).is_err() {
                // The receiver's end has been reported as the failure that ends the program.
                tracing::error!(camera = %self.camera, "an event is lost: nobody accepts events any more");
                self.queue.close();
            }
        }
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
    plate: SeenPlate,
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
