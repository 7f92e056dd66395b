//! The cameras that run: begun, replaced and ended one by one while the others go on.
//!
//! What may fail (opening a source, starting threads) is done by [`Cameras::prepare`], before anything old is stopped;
//! [`Cameras::replace`] cannot fail. A camera that is taken away closes its tracks and sends their last events first.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::Context as _;
use ovr_capture::{Link, Source, VideoFacts};
use ovr_domain::CameraId;
use ovr_domain::port::SourceError;
use ovr_domain::view::View;
use ovr_events::assemble::Emission;

use super::board::Card;
use super::camera::{self, CameraCounts, CameraRoom};
use super::failure::Failure;
use super::health::Health;
use super::queue::{FrameQueue, WhenFull};
use super::rooms::{self, Common};

/// A source that is open, of a camera that does not run yet.
pub(crate) struct OpenCamera {
    pub(crate) id: CameraId,
    /// Address or file, without credentials.
    pub(crate) name: String,
    pub(crate) source: Source,
    pub(crate) when_full: WhenFull,
    pub(crate) view: View,
}

impl OpenCamera {
    /// What the source says of its video; a network camera says nothing before it is connected to.
    pub(crate) fn video(&self) -> Option<&VideoFacts> {
        match &self.source {
            Source::Video(video) => video.facts(),
            Source::Live(_) => None,
        }
    }
}

/// One camera's threads.
struct RunningCamera {
    id: CameraId,
    queue: Arc<FrameQueue>,
    /// Of a network camera, which may be waiting for its frames.
    link: Option<Link>,
    card: Arc<Card>,
    feed: JoinHandle<()>,
    room: JoinHandle<CameraCounts>,
}

/// A camera whose threads wait for the word to begin. Dropped without it they end, and nothing has happened.
pub(crate) struct PreparedCamera {
    camera: RunningCamera,
    words: [SyncSender<()>; 2],
}

/// False when the word will never come.
fn wait_for_the_word(word: &Receiver<()>) -> bool {
    word.recv().is_ok()
}

impl PreparedCamera {
    fn new(camera: OpenCamera, room: CameraRoom, failure: &Failure, health: Health) -> anyhow::Result<Self> {
        let OpenCamera { id, source, .. } = camera;
        let (queue, card, link) = (Arc::clone(&room.queue), Arc::clone(&room.card), source.link());
        let fed_card = Arc::clone(&card);
        let (fed, named) = (Arc::clone(&queue), id.clone());
        let (looked_at, looked) = (Arc::clone(&queue), id.clone());
        let ((begin_feed, feed_word), (begin_room, room_word)) = (sync_channel(1), sync_channel(1));
        // The guards are made in the threads: one that never began has not ended before its time.
        let (feeding, looking) = (failure.clone(), failure.clone());
        let feed = thread::Builder::new()
            .name(format!("feed {id}"))
            .spawn(move || {
                if wait_for_the_word(&feed_word) {
                    let guard = feeding.guard("source of a camera");
                    camera::feed(&named, source, &fed, &fed_card, &health);
                    guard.done();
                }
            })
            .context("starting a camera's thread")?;
        let room = thread::Builder::new()
            .name(format!("look {id}"))
            .spawn(move || {
                if !wait_for_the_word(&room_word) {
                    return CameraCounts::default();
                }
                let guard = looking.guard("thread of a camera");
                let counts = room.run();
                guard.done();
                log_end(&looked, counts, looked_at.dropped());
                counts
            })
            .context("starting a camera's thread")?;
        let camera = RunningCamera { id, queue, link, card, feed, room };
        Ok(Self { camera, words: [begin_room, begin_feed] })
    }

    fn begin(self) -> RunningCamera {
        for word in &self.words {
            // Each has room for one, and its thread waits for it.
            let _ = word.try_send(());
        }
        self.camera
    }
}

impl RunningCamera {
    /// No more frames are taken; those that wait are still wanted.
    fn stop(&self) {
        self.queue.stop();
        if let Some(link) = &self.link {
            link.stop();
        }
    }

    /// Nobody wants frames any more.
    fn close(&self) {
        close(&self.queue, self.link.as_ref());
    }

    /// Waits for what the camera still has to say; its source may take longer to end.
    fn join_room(self) -> EndingCamera {
        let counts = self.room.join().unwrap_or_else(|_| {
            tracing::error!(camera = %self.id, "the camera's thread panicked");
            CameraCounts::default()
        });
        // The source may still wait for room in a queue that nobody reads, or for a camera that is away.
        close(&self.queue, self.link.as_ref());
        EndingCamera { id: self.id, queue: self.queue, feed: self.feed, counts }
    }
}

/// Both ends of a camera's queue return at once, also where the source waits for its camera.
fn close(queue: &FrameQueue, link: Option<&Link>) {
    queue.close();
    if let Some(link) = link {
        link.stop();
    }
}

/// A camera whose looking has ended, but whose source may not have.
pub(crate) struct EndingCamera {
    id: CameraId,
    queue: Arc<FrameQueue>,
    feed: JoinHandle<()>,
    counts: CameraCounts,
}

impl EndingCamera {
    pub(crate) fn join_source(self) -> CameraSummary {
        if self.feed.join().is_err() {
            tracing::error!(camera = %self.id, "the source's thread panicked");
        }
        let (error, _) = self.queue.outcome();
        CameraSummary { id: self.id, counts: self.counts, error }
    }
}

/// How a camera ended.
#[derive(Debug)]
pub(crate) struct CameraSummary {
    pub(crate) id: CameraId,
    pub(crate) counts: CameraCounts,
    pub(crate) error: Option<SourceError>,
}

/// All that a camera gave is looked at and reported; its source may take longer to end.
fn log_end(camera: &CameraId, counts: CameraCounts, dropped: u64) {
    let CameraCounts { frames, looks, reads, failures } = counts;
    tracing::info!(%camera, frames, looks, reads, failures, dropped, "camera ended");
}

/// All cameras. Shared with the reload, which changes them.
pub(crate) struct Cameras {
    common: Common,
    failure: Failure,
    health: Health,
    state: Mutex<State>,
}

struct State {
    running: BTreeMap<CameraId, RunningCamera>,
    /// Cameras that were taken away and whose sources have not ended yet.
    ending: Vec<EndingCamera>,
    /// Where emissions go; nothing once all cameras end.
    out: Option<SyncSender<Emission>>,
    /// The queues of cameras that are being replaced right now.
    leaving: Option<Vec<Arc<FrameQueue>>>,
}

impl Cameras {
    /// Without any; their emissions will go to `out`.
    pub(crate) fn new(common: Common, failure: Failure, health: Health, out: SyncSender<Emission>) -> Self {
        let state = State { running: BTreeMap::new(), ending: Vec::new(), out: Some(out), leaving: None };
        Self { common, failure, health, state: Mutex::new(state) }
    }

    // A thread that died here died between plain assignments, and ends the program.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What all cameras share.
    pub(crate) fn common(&self) -> &Common {
        &self.common
    }

    /// Starts a camera's threads, which do nothing yet.
    pub(crate) fn prepare(&self, camera: OpenCamera) -> anyhow::Result<PreparedCamera> {
        let out = self.lock().out.clone().context("the program is ending")?;
        let room = rooms::camera_room(&camera, &self.common, out)?;
        PreparedCamera::new(camera, room, &self.failure, self.health.clone())
    }

    /// Ends the cameras of `gone`, waits until all frames that they have taken are looked at and for their last events,
    /// and lets those of `new` begin. A camera that is in both is replaced.
    pub(crate) fn replace(&self, gone: &[CameraId], new: Vec<PreparedCamera>) {
        let taken: Vec<RunningCamera> = {
            let mut state = self.lock();
            let taken: Vec<_> = gone.iter().filter_map(|id| state.running.remove(id)).collect();
            state.leaving = Some(taken.iter().map(|camera| Arc::clone(&camera.queue)).collect());
            taken
        };
        for camera in &taken {
            camera.stop();
        }
        let ending: Vec<EndingCamera> = taken.into_iter().map(RunningCamera::join_room).collect();
        for id in gone {
            self.health.forget(id);
            self.common.board.take(id);
        }
        {
            let mut state = self.lock();
            state.leaving = None;
            state.ending.extend(ending);
            // When all cameras have been told to end meanwhile, the new ones never begin.
            let new = if state.out.is_some() { new } else { Vec::new() };
            for camera in new.into_iter().map(PreparedCamera::begin) {
                self.common.board.put(Arc::clone(&camera.card));
                state.running.insert(camera.id.clone(), camera);
            }
        }
        self.reap();
    }

    /// Forgets cameras that were taken away, once their sources have ended, too.
    pub(crate) fn reap(&self) {
        let ended: Vec<EndingCamera> = {
            let mut state = self.lock();
            let (ended, ending) =
                std::mem::take(&mut state.ending).into_iter().partition(|camera| camera.feed.is_finished());
            state.ending = ending;
            ended
        };
        for camera in ended {
            let summary = camera.join_source();
            if !self.lock().running.contains_key(&summary.id) {
                self.health.forget(&summary.id);
            }
        }
    }

    /// Waits for the sources of cameras that were taken away.
    pub(crate) fn join_sources(&self) {
        let ending = std::mem::take(&mut self.lock().ending);
        for camera in ending {
            camera.join_source();
        }
    }

    /// Whether every camera's source has ended and all was said about it.
    pub(crate) fn all_ended(&self) -> bool {
        let state = self.lock();
        state.leaving.is_none() && state.running.values().all(|camera| camera.room.is_finished())
    }

    /// Ends all cameras and waits for their last events. From now on none begins.
    pub(crate) fn end(&self) -> Vec<EndingCamera> {
        let cameras = {
            let mut state = self.lock();
            state.out = None;
            for queue in state.leaving.iter().flatten() {
                queue.close();
            }
            std::mem::take(&mut state.running)
        };
        for camera in cameras.values().filter(|camera| !camera.room.is_finished()) {
            camera.close();
        }
        cameras.into_values().map(RunningCamera::join_room).collect()
    }
}
