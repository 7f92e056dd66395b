//! What every camera does right now, for whoever asks: the API and its pictures.
//!
//! Each camera has a card that its threads write on and that nobody who reads it can hold up: counters are atomic, a frame
//! is cheap to clone, and whatever takes long (luma, drawing, encoding, giving a frame back to its decoder) happens outside
//! of the card's lock.
//!
//! A card keeps two frames, the newest and the one that was looked at last, in the memory of the decoder, beside those of
//! the queue and one for each track. It gives them back when the camera ends or is away: a pipeline that was thrown away
//! would not be gone before, and nobody should take an old picture for a new one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use ovr_capture::{Link, LinkState, VideoFacts};
use ovr_domain::camera::{
    CameraBoard, CameraHealth, CameraStatus, HealthWarning, LinkPhase, NoStill, Snapshot, Still,
};
use ovr_domain::port::SourceError;
use ovr_domain::time::Clock;
use ovr_domain::track::Detection;
use ovr_domain::view::View;
use ovr_domain::{CameraId, Frame, PlateRead, Timestamp, metric};
use ovr_events::evidence;

use super::queue::FrameQueue;
use super::rate::Rate;
use super::sight::{self, Sight};
use super::{absent, overlay};

/// Quality of the pictures, 1 to 100.
const JPEG_QUALITY: u8 = 80;

/// A camera whose frames have stopped for so long is shown as away, though what it saw last is still followed for a while.
/// A link that flaps is back by then.
const GONE: Duration = Duration::from_secs(2);

/// One camera, written by its threads.
pub(crate) struct Card {
    id: CameraId,
    source: String,
    view: View,
    /// Of a network camera.
    link: Option<Link>,
    /// What a source that is no network camera says of itself.
    facts: Option<VideoFacts>,
    queue: Arc<FrameQueue>,
    clock: Arc<dyn Clock>,
    /// When the camera was made ready, by the wall and by the monotonic clock.
    began: (Timestamp, Duration),
    frames: AtomicU64,
    looks: AtomicU64,
    reads: AtomicU64,
    look_every: AtomicU32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    newest: Option<Frame>,
    /// When the newest frame was received, and whether its time is synchronised; kept when the frame is not.
    last: Option<(Timestamp, bool)>,
    /// The last frame that was looked at, and what was found on it.
    looked: Option<(Frame, Vec<Detection>)>,
    /// When the last frames came.
    arrivals: Rate,
    /// When the last looks were taken.
    looks: Rate,
    sight: Sight,
    /// When the source ended, and why when it broke off.
    ended: Option<(Timestamp, Option<String>)>,
}

/// What a card says of its camera from the start.
pub(crate) struct About {
    pub(crate) id: CameraId,
    pub(crate) source: String,
    pub(crate) view: View,
    pub(crate) link: Option<Link>,
    pub(crate) facts: Option<VideoFacts>,
}

impl Card {
    pub(crate) fn new(about: About, queue: Arc<FrameQueue>, clock: Arc<dyn Clock>) -> Self {
        let About { id, source, view, link, facts } = about;
        let began = (clock.now(), clock.monotonic());
        let state = Mutex::new(State::default());
        let (frames, looks, reads) = Default::default();
        let look_every = AtomicU32::new(1);
        Self { id, source, view, link, facts, queue, clock, began, frames, looks, reads, look_every, state }
    }

    // A thread that died here died between plain assignments.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A frame has come.
    pub(crate) fn arrived(&self, frame: &Frame) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        let now = self.clock.monotonic();
        let before = {
            let mut state = self.lock();
            state.arrivals.add(now);
            state.last = Some((frame.received_at, frame.captured_at.synchronised));
            state.newest.replace(frame.clone())
        };
        drop(before);
    }

    /// A frame that was due. One thread tells of them.
    pub(crate) fn due(&self, frame: &Frame) {
        if self.lock().sight.is_due(frame.presented_at) {
            let grid = sight::grid_of(&frame.picture);
            let link = self.link.as_ref().map(Link::state);
            let (fps, health) = {
                let mut state = self.lock();
                state.sight.see(&grid, frame.presented_at);
                let fps = state.arrivals.per_second(self.clock.monotonic());
                (fps, self.health(&mut state, link.as_ref()))
            };
            metric::camera_health(&self.id, fps, &health);
            if self.link.is_some() {
                // What the source of this camera before a reload said at its end may have come after this one began.
                metric::camera_up(&self.id, true);
            }
        }
    }

    /// The detector has looked at a frame.
    pub(crate) fn looked<'a>(&self, frame: &Frame, found: impl Iterator<Item = &'a Detection>) {
        self.looks.fetch_add(1, Ordering::Relaxed);
        let now = (frame.clone(), found.copied().collect());
        let at = self.clock.monotonic();
        let before = {
            let mut state = self.lock();
            state.looks.add(at);
            state.looked.replace(now)
        };
        drop(before);
    }

    /// Of the looks that are due each so many-th is taken from now on. Whether that is a change.
    pub(crate) fn looks_every(&self, every: u32) -> bool {
        self.look_every.swap(every, Ordering::Relaxed) != every
    }

    /// A crop was read; nothing where it could not be.
    pub(crate) fn read(&self, read: Option<&PlateRead>) {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if let Some(read) = read {
            self.lock().sight.read(read.quality, read.width_px);
        }
    }

    /// A vehicle has passed and its plate is known.
    pub(crate) fn plate(&self) {
        let now = self.clock.now();
        self.lock().sight.plate(now);
    }

    /// The source has ended.
    pub(crate) fn ended(&self, error: Option<&SourceError>) {
        let now = self.clock.now();
        self.lock().ended = Some((now, error.map(ToString::to_string)));
        self.away();
    }

    /// Whether it is a network camera whose frames have stopped.
    pub(crate) fn is_away(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.state().phase != ovr_capture::LinkPhase::Streaming)
    }

    /// The camera is away: its frames go back to the decoder that they came from.
    pub(crate) fn away(&self) {
        let frames = {
            let mut state = self.lock();
            (state.newest.take(), state.looked.take())
        };
        metric::camera_without_frames(&self.id);
        drop(frames);
    }

    fn uptime(&self) -> Duration {
        self.clock.monotonic().saturating_sub(self.began.1)
    }

    /// How well it sees, decodes and is looked at.
    fn health(&self, state: &mut State, link: Option<&LinkState>) -> CameraHealth {
        let mut health = state.sight.health(self.clock.now(), self.uptime());
        if link.is_some_and(|link| link.is_frozen) {
            health.warnings.push(HealthWarning::Frozen);
        }
        let decode = link.and_then(|link| link.decode);
        CameraHealth {
            decode_ms: decode.map(|span| span.as_secs_f32() * 1e3),
            looks_per_second: state.looks.per_second(self.clock.monotonic()),
            look_every: self.look_every.load(Ordering::Relaxed),
            ..health
        }
    }

    fn status(&self) -> CameraStatus {
        let link = self.link.as_ref().map(Link::state);
        let (queue_full, (began_at, _)) = (self.queue.dropped(), self.began);
        let mut state = self.lock();
        let mut phase = (LinkPhase::Streaming, began_at, None);
        if let Some(link) = &link {
            let reason = link.fault.as_ref().map(ToString::to_string);
            phase = (phase_of(link.phase), link.since, reason);
        }
        if let Some((at, reason)) = &state.ended {
            phase = (LinkPhase::Ended, *at, reason.clone());
        }
        let (phase, since, reason) = phase;
        let facts = link.as_ref().map_or(self.facts.as_ref(), |link| link.facts.as_ref());
        let lost = link.as_ref().map_or(0, |link| link.frames_lost);
        let (attempts, connections) = link.as_ref().map_or((0, 0), |link| (link.attempts, link.connections));
        CameraStatus {
            id: self.id.clone(),
            source: Some(self.source.clone()),
            phase,
            reason,
            since,
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
            reconnects: connections.saturating_sub(1),
            codec: facts.and_then(|facts| facts.codec.clone()),
            decoder: facts.and_then(|facts| facts.decoder.clone()),
            width: facts.map(|facts| facts.width),
            height: facts.map(|facts| facts.height),
            fps: state.arrivals.per_second(self.clock.monotonic()),
            frames: self.frames.load(Ordering::Relaxed),
            dropped: dropped(queue_full, lost),
            looks: self.looks.load(Ordering::Relaxed),
            reads: self.reads.load(Ordering::Relaxed),
            last_frame_at: state.last.map(|(at, _)| at),
            clock_synchronised: state.last.map(|(_, synchronised)| synchronised),
            health: self.health(&mut state, link.as_ref()),
        }
    }

    /// Whether it is away for longer than a moment.
    fn has_gone(&self) -> bool {
        let link = self.link.as_ref().map(Link::state);
        link.is_some_and(|link| {
            link.phase != ovr_capture::LinkPhase::Streaming && self.clock.now().since(link.since) >= GONE
        })
    }

    /// The frame to draw, and what lies on it.
    fn picture(&self, want: Snapshot) -> Option<(Frame, Vec<Detection>)> {
        if self.has_gone() {
            return None;
        }
        let state = self.lock();
        let plain = || state.newest.clone().map(|frame| (frame, Vec::new()));
        // Boxes belong to the frame on which they were found.
        if want.overlay { state.looked.clone().or_else(plain) } else { plain() }
    }
}

fn phase_of(phase: ovr_capture::LinkPhase) -> LinkPhase {
    match phase {
        ovr_capture::LinkPhase::Connecting => LinkPhase::Connecting,
        ovr_capture::LinkPhase::Streaming => LinkPhase::Streaming,
        ovr_capture::LinkPhase::Stalled => LinkPhase::Stalled,
        ovr_capture::LinkPhase::Failed => LinkPhase::Failed,
    }
}

fn dropped(queue_full: u64, decoder_full: u64) -> BTreeMap<String, u64> {
    let all = [("queue_full", queue_full), ("decoder_full", decoder_full)];
    all.into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(reason, count)| (reason.to_owned(), count))
        .collect()
}

/// The cards of all cameras.
#[derive(Default)]
pub(crate) struct Board(Mutex<BTreeMap<CameraId, Arc<Card>>>);

impl Board {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<CameraId, Arc<Card>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a camera's card up, in the place of an older one of the same camera.
    pub(crate) fn put(&self, card: Arc<Card>) {
        self.lock().insert(card.id.clone(), card);
    }

    /// Takes a camera's card away.
    pub(crate) fn take(&self, camera: &CameraId) {
        self.lock().remove(camera);
        metric::camera_gone(camera);
    }
}

impl CameraBoard for Board {
    fn statuses(&self) -> Vec<CameraStatus> {
        let cards: Vec<Arc<Card>> = self.lock().values().cloned().collect();
        cards.iter().map(|card| card.status()).collect()
    }

    fn snapshot(&self, camera: &CameraId, want: Snapshot) -> Result<Still, NoStill> {
        let card = self.lock().get(camera).cloned().ok_or(NoStill::NoCamera)?;
        let (frame, found) = card.picture(want).ok_or(NoStill::NoFrame)?;
        if want.known == Some(frame.received_at) {
            return Err(NoStill::SameFrame);
        }
        let (captured_at, received_at) = (frame.captured_at.at, frame.received_at);
        let view = want.overlay.then_some(&card.view);
        let jpeg = drawn(frame, view, &found, want.side_px_max)
            .map_err(|error| NoStill::Failed { reason: format!("{error:#}") })?;
        Ok(Still { jpeg, captured_at, received_at })
    }

    fn absence(&self, camera: &CameraId, want: Snapshot) -> Result<Still, NoStill> {
        let card = self.lock().get(camera).cloned().ok_or(NoStill::NoCamera)?;
        let status = card.status();
        let words = absent::words(&status).ok_or(NoStill::NoFrame)?;
        if want.known == Some(status.since) {
            return Err(NoStill::SameFrame);
        }
        let image = absent::picture(&status, &words, want.side_px_max);
        let jpeg = evidence::jpeg(&image, JPEG_QUALITY)
            .map_err(|error| NoStill::Failed { reason: format!("encoding a picture: {error}") })?;
        Ok(Still { jpeg, captured_at: status.since, received_at: status.since })
    }
}

/// A frame as JPEG, its longest side at most `side_px_max` pixels, with the view and what was found on it drawn where there
/// is a view.
pub(crate) fn drawn(
    frame: Frame,
    view: Option<&View>,
    found: &[Detection],
    side_px_max: u32,
) -> anyhow::Result<Vec<u8>> {
    let (width, height) = (frame.picture.width(), frame.picture.height());
    let width_max = if width >= height { side_px_max } else { (side_px_max * width).div_ceil(height) };
    let mut image = evidence::scaled(&frame.picture, frame.picture.bounds(), width_max);
    // The decoder may have its memory back before the picture is encoded.
    drop(frame);
    if let Some(view) = view {
        let scale = image.width as f32 / width as f32;
        overlay::draw(&mut image, view, found, scale);
    }
    evidence::jpeg(&image, JPEG_QUALITY).context("encoding a picture")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::queue::WhenFull;
    use ovr_domain::time::SystemClock;
    use ovr_domain::track::Class;
    use ovr_domain::{BBox, CapturedAt, Picture, RgbImage};

    fn board() -> (Board, Arc<Card>) {
        let about = About {
            id: CameraId::numbered("gate", 1),
            source: "gate.mp4".to_owned(),
            view: View::default(),
            link: None,
            facts: None,
        };
        let queue = Arc::new(FrameQueue::new(4, WhenFull::DropOldest));
        let card = Arc::new(Card::new(about, queue, Arc::new(SystemClock::start())));
        let board = Board::default();
        board.put(Arc::clone(&card));
        (board, card)
    }

    fn frame(micros: i64) -> Frame {
        let at = Timestamp::from_micros(micros);
        Frame {
            camera: CameraId::numbered("gate", 1),
            sequence: 1,
            captured_at: CapturedAt { at, synchronised: true },
            received_at: at,
            presented_at: Duration::ZERO,
            picture: Picture::from_rgb(RgbImage::filled(320, 160, [40; 3])).unwrap(),
        }
    }

    #[test]
    fn a_card_tells_what_its_camera_has_given() {
        let (board, card) = board();
        card.arrived(&frame(7));
        card.looked(&frame(7), [].iter());
        card.read(None);
        let status = board.statuses().pop().unwrap();
        assert_eq!((status.frames, status.looks, status.reads), (1, 1, 1));
        assert_eq!(
            (status.phase, status.last_frame_at),
            (LinkPhase::Streaming, Some(Timestamp::from_micros(7)))
        );
        assert_eq!(status.clock_synchronised, Some(true));
        let error = SourceError::BrokenOff {
            source_name: "gate.mp4".to_owned(),
            frames: 1,
            reason: "cut".to_owned(),
        };
        card.ended(Some(&error));
        let status = board.statuses().pop().unwrap();
        assert_eq!((status.phase, status.last_frame_at), (LinkPhase::Ended, Some(Timestamp::from_micros(7))));
        assert!(status.reason.is_some_and(|reason| reason.contains("cut")));
        board.take(&CameraId::numbered("gate", 1));
        assert!(board.statuses().is_empty());
    }

    #[test]
    fn a_snapshot_is_reduced_drawn_on_and_not_made_twice_of_one_frame() {
        let (board, card) = board();
        let id = CameraId::numbered("gate", 1);
        let plain = Snapshot { side_px_max: 160, overlay: false, known: None };
        assert_eq!(board.snapshot(&id, plain), Err(NoStill::NoFrame));
        assert_eq!(board.snapshot(&CameraId::numbered("gate", 2), plain), Err(NoStill::NoCamera));
        card.arrived(&frame(7));
        let plate = Detection {
            class: Class::Plate,
            bbox: BBox::new(100.0, 60.0, 200.0, 90.0),
            confidence: 0.9,
            quad: None,
        };
        card.looked(&frame(7), [plate].iter());
        let size = |still: &Still| {
            let image = image::load_from_memory(&still.jpeg).unwrap().into_rgb8();
            let yellow = image.pixels().filter(|p| p.0[0] > 150 && p.0[2] < 120).count();
            (image.dimensions(), yellow > 0)
        };
        let still = board.snapshot(&id, plain).unwrap();
        assert_eq!(size(&still), ((160, 80), false));
        let drawn = board.snapshot(&id, Snapshot { side_px_max: 4_000, overlay: true, ..plain }).unwrap();
        assert_eq!(size(&drawn), ((320, 160), true));
        let known = Some(still.received_at);
        assert_eq!(board.snapshot(&id, Snapshot { known, ..plain }), Err(NoStill::SameFrame));
    }

    #[test]
    fn the_decoder_gets_its_frames_back_and_nobody_an_old_picture_while_a_camera_is_away() {
        let (board, card) = board();
        assert!(!card.is_away(), "a file never is");
        card.arrived(&frame(7));
        card.looked(&frame(7), [].iter());
        card.away();
        let id = CameraId::numbered("gate", 1);
        for overlay in [false, true] {
            let want = Snapshot { side_px_max: 160, overlay, known: None };
            assert_eq!(board.snapshot(&id, want), Err(NoStill::NoFrame));
        }
        let status = board.statuses().pop().unwrap();
        assert_eq!(
            status.last_frame_at,
            Some(Timestamp::from_micros(7)),
            "when it was here last is still told"
        );
    }

    #[test]
    fn who_watches_a_camera_that_is_no_more_sees_that_instead_of_its_last_picture() {
        let (board, card) = board();
        let id = CameraId::numbered("gate", 1);
        let want = Snapshot { side_px_max: 4_000, overlay: false, known: None };
        assert_eq!(board.absence(&id, want), Err(NoStill::NoFrame), "its next frame is due");
        card.arrived(&frame(7));
        card.ended(None);
        for (side_px_max, size) in [(4_000, (640, 360)), (320, (320, 180)), (1, (1, 1))] {
            let still = board.absence(&id, Snapshot { side_px_max, ..want }).unwrap();
            let image = image::load_from_memory(&still.jpeg).unwrap().into_rgb8();
            assert_eq!(image.dimensions(), size);
            let bright = image.pixels().filter(|pixel| pixel.0[0] > 150).count();
            assert_eq!(bright > 100, side_px_max > 1, "{bright} pixels of letters");
            let known = Some(still.received_at);
            assert_eq!(board.absence(&id, Snapshot { known, ..want }), Err(NoStill::SameFrame));
        }
    }
}
