//! Builds the rooms from the configuration, joins them, runs them and ends them in order.
//!
//! [`App::build`] opens everything and starts nothing, so that what is wrong is said before anything happens;
//! [`App::start`] starts; [`Running::finish`] ends: cameras first, then what they still had to say, then the way to the
//! store, so that every accepted event is in the store when a run ends by itself.

mod accept;
mod attention;
pub(crate) mod backend;
mod cadence;
pub(crate) mod camera;
mod failure;
pub(crate) mod health;
pub(crate) mod queue;
mod retention;
pub(crate) mod rooms;
mod signal;
pub(crate) mod stages;
mod timed;
pub(crate) mod vision;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use anyhow::Context as _;
use ovr_capture::SourceConfig;
use ovr_domain::port::SourceError;
use ovr_domain::time::{Clock, SystemClock};
use ovr_domain::{CameraId, metric};
use ovr_events::evidence::Pictures;

use crate::config::Config;
use crate::state::StateDir;
use accept::{Accepting, Acceptor};
use camera::CameraRoom;
use queue::{FrameQueue, WhenFull};
use stages::Stages;
use vision::Vision;

pub(crate) use accept::{AcceptCounts, Listener};
pub(crate) use backend::{Backend, Woken};
pub(crate) use camera::CameraCounts;

/// What a run is started with besides the configuration.
#[derive(Debug, Clone)]
pub(crate) struct RunOptions {
    /// Cameras and their sources.
    pub(crate) sources: Vec<(CameraId, SourceConfig)>,
    /// State folder.
    pub(crate) state: PathBuf,
    /// Files play at the speed they were taken at.
    pub(crate) realtime: bool,
}

/// Everything opened, nothing started.
pub(crate) struct App {
    config: Config,
    clock: Arc<dyn Clock>,
    backend: Backend,
    vision: Arc<Vision>,
    cameras: Vec<OpenCamera>,
    // Last, so that the lock on the folder is given back after everything in it is closed.
    state: StateDir,
}

pub(crate) struct OpenCamera {
    id: CameraId,
    pub(crate) source: ovr_capture::VideoSource,
    when_full: WhenFull,
}

impl OpenCamera {
    /// What the source says of its video, in a line.
    pub(crate) fn facts(&self) -> String {
        let Some(facts) = self.source.facts() else {
            return "it says nothing of itself".to_owned();
        };
        let rate = facts.fps.map_or_else(|| "varying".to_owned(), |fps| format!("{fps:.2}"));
        let codec = facts.codec.as_deref().unwrap_or("raw");
        format!("{codec}, {}x{}, {rate} frames a second", facts.width, facts.height)
    }
}

impl App {
    /// Opens state folder, models, sources, spool, store and port, in this order.
    pub(crate) fn build(config: Config, options: &RunOptions) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let state = StateDir::open(&options.state, clock.as_ref())?;
        let vision = Arc::new(Vision::open(&config, &clock)?);
        let mut cameras = Vec::new();
        for (id, source) in &options.sources {
            cameras.push(rooms::open_camera(id, source, options.realtime, &clock)?);
        }
        let backend = Backend::open(&config, &state, &clock)?;
        Ok(Self { config, clock, backend, vision, cameras, state })
    }

    /// A token that was made because there was none; to be printed once.
    pub(crate) fn new_token(&mut self) -> Option<String> {
        self.backend.take_new_token()
    }

    /// Where the API will answer.
    pub(crate) fn address(&self) -> SocketAddr {
        self.backend.address()
    }

    /// Starts everything. `listener` hears of every event once it is accepted.
    pub(crate) fn start(self, listener: Listener) -> anyhow::Result<Running> {
        let Self { config, clock, mut backend, vision, cameras, state } = self;
        backend.start(&config)?;
        let acceptor = Acceptor {
            dedup: backend.dedup(&config)?,
            evidence: backend.evidence(),
            pictures: Pictures::new(config.host.pictures, Arc::clone(&clock))
                .context("setting up the pictures")?,
            spool: backend.spool(),
            failure: backend.failure(),
            clock: Arc::clone(&clock),
        };
        let (out, accepting) = acceptor.start(listener).context("starting the threads that accept events")?;
        let stages = Arc::new(Stages::new(Arc::clone(&clock)));
        let mut running = Vec::new();
        for camera in cameras {
            let room =
                rooms::camera_room(&camera.id, &config, &vision, &stages, camera.when_full, out.clone())?;
            running.push(RunningCamera::start(camera, room, &backend)?);
        }
        Ok(Running { cameras: running, accepting, backend, state })
    }
}

/// One camera's threads.
struct RunningCamera {
    id: CameraId,
    queue: Arc<FrameQueue>,
    feed: JoinHandle<()>,
    room: JoinHandle<CameraCounts>,
}

impl RunningCamera {
    fn start(camera: OpenCamera, room: CameraRoom, backend: &Backend) -> anyhow::Result<Self> {
        let OpenCamera { id, source, .. } = camera;
        let queue = Arc::clone(&room.queue);
        let (fed, health, named) = (Arc::clone(&queue), backend.health(), id.clone());
        let (feeding, looking) =
            (backend.failure().guard("source of a camera"), backend.failure().guard("thread of a camera"));
        let feed = thread::Builder::new()
            .name(format!("feed {id}"))
            .spawn(move || {
                camera::feed(&named, source, &fed, &health);
                feeding.done();
            })
            .context("starting a camera's thread")?;
        let room = thread::Builder::new()
            .name(format!("look {id}"))
            .spawn(move || {
                let counts = room.run();
                looking.done();
                counts
            })
            .context("starting a camera's thread")?;
        Ok(Self { id, queue, feed, room })
    }

    /// Waits for what the camera still has to say; its source may take longer to end.
    fn join_room(self) -> EndingCamera {
        let counts = self.room.join().unwrap_or_else(|_| {
            tracing::error!(camera = %self.id, "the camera's thread panicked");
            CameraCounts::default()
        });
        // The source may still wait for room in a queue that nobody reads.
        self.queue.close();
        EndingCamera { id: self.id, queue: self.queue, feed: self.feed, counts }
    }
}

/// A camera whose looking has ended, but whose source may not have.
struct EndingCamera {
    id: CameraId,
    queue: Arc<FrameQueue>,
    feed: JoinHandle<()>,
    counts: CameraCounts,
}

impl EndingCamera {
    fn join_source(self) -> CameraSummary {
        if self.feed.join().is_err() {
            tracing::error!(camera = %self.id, "the source's thread panicked");
        }
        let (error, dropped) = self.queue.outcome();
        CameraSummary { id: self.id, counts: self.counts, dropped, error }
    }
}

/// How a camera ended.
#[derive(Debug)]
pub(crate) struct CameraSummary {
    pub(crate) id: CameraId,
    pub(crate) counts: CameraCounts,
    pub(crate) dropped: u64,
    pub(crate) error: Option<SourceError>,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) cameras: Vec<CameraSummary>,
    pub(crate) accepted: AcceptCounts,
    /// Whether all that was accepted is in the store.
    pub(crate) drained: bool,
}

/// Everything runs.
pub(crate) struct Running {
    cameras: Vec<RunningCamera>,
    accepting: Accepting,
    backend: Backend,
    state: StateDir,
}

impl Running {
    /// Waits for the end of all sources, for a signal or for a part to fail, whichever is first.
    pub(crate) fn wait_for_sources(&self) -> Woken {
        self.backend.wait_for_signal_or(|| self.cameras.iter().all(|camera| camera.room.is_finished()))
    }

    /// Waits for a signal or for a part to fail.
    pub(crate) fn wait_for_signal(&self) -> Woken {
        self.backend.wait_for_signal_or(|| false)
    }

    /// Ends the cameras and waits until all that they saw is accepted and in the store. The API goes on answering.
    pub(crate) fn settle(self, woken: Woken) -> (Summary, Serving) {
        let Self { cameras, accepting, backend, state } = self;
        for camera in &cameras {
            if !camera.room.is_finished() {
                camera.queue.close();
            }
        }
        let ending: Vec<EndingCamera> = cameras.into_iter().map(RunningCamera::join_room).collect();
        let accepted = accepting.join();
        let drained = backend.drain(woken);
        metric::spool_backlog(backend.backlog());
        // Last, because a source that hangs may take as long as its stall timeout.
        let cameras = ending.into_iter().map(EndingCamera::join_source).collect();
        (Summary { cameras, accepted, drained }, Serving { backend, state })
    }
}

/// Only the API is left.
pub(crate) struct Serving {
    backend: Backend,
    state: StateDir,
}

impl Serving {
    /// Answers until a signal comes.
    pub(crate) fn wait_for_signal(&self) -> Woken {
        self.backend.wait_for_signal_or(|| false)
    }

    /// Stops answering.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        let Self { backend, state } = self;
        let stopped = backend.stop();
        // The folder is given back last, when nothing in it is open any more.
        drop(state);
        stopped
    }
}
