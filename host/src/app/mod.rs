//! Builds the rooms from the configuration, joins them, runs them and ends them in order.
//!
//! [`App::build`] opens everything and starts nothing, so that what is wrong is said before anything happens;
//! [`App::start`] starts; [`Running::settle`] ends: cameras first, then what they still had to say, then the way to the
//! store, so that every accepted event is in the store when a run ends by itself.

mod absent;
pub(crate) mod accept;
mod attention;
pub(crate) mod backend;
pub(crate) mod board;
mod cadence;
pub(crate) mod camera;
pub(crate) mod cameras;
pub(crate) mod failure;
pub(crate) mod health;
mod hooks;
pub(crate) mod models;
pub(crate) mod overlay;
pub(crate) mod plugins;
pub(crate) mod queue;
mod rate;
mod retention;
pub(crate) mod rooms;
pub(crate) mod shared;
mod sight;
mod signal;
pub(crate) mod stages;
mod store;
mod thinning;
pub(crate) mod timed;
pub(crate) mod vision;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use ovr_domain::CameraId;
use ovr_domain::camera::CameraBoard;
use ovr_domain::metric;
use ovr_domain::time::{Clock, SystemClock};
use ovr_events::evidence::Pictures;

use crate::config::{CameraConfig, Config};
use crate::print::Refusal;
use crate::reload::{Origin, Parts, Reload};
use crate::state::StateDir;
use accept::{AcceptTuning, Accepting, Acceptor};
use board::Board;
use cameras::{CameraSummary, Cameras, EndingCamera, OpenCamera};
use plugins::PluginRoom;
use rooms::Common;
use shared::Shared;
use stages::Stages;
use vision::Vision;

pub(crate) use accept::{AcceptCounts, Listener};
pub(crate) use backend::{Backend, Woken};

/// What a run is started with besides the configuration.
#[derive(Debug, Clone)]
pub(crate) struct RunOptions {
    pub(crate) cameras: Vec<CameraConfig>,
    /// State folder.
    pub(crate) state: PathBuf,
    /// Files play at the speed they were taken at.
    pub(crate) realtime: bool,
    /// Where the configuration came from and is watched for changes; nothing for a run that does not change.
    pub(crate) origin: Option<Origin>,
}

/// Everything opened, nothing started.
pub(crate) struct App {
    config: Config,
    clock: Arc<dyn Clock>,
    backend: Backend,
    board: Arc<Board>,
    vision: Arc<Vision>,
    plugins: PluginRoom,
    cameras: Vec<OpenCamera>,
    realtime: bool,
    origin: Option<Origin>,
    // Last, so that the lock on the folder is given back after everything in it is closed.
    state: StateDir,
}

impl App {
    /// Opens state folder, models, sources, plugins, spool, store and port, in this order.
    pub(crate) fn build(config: Config, options: &RunOptions) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let state = StateDir::open(&options.state, clock.as_ref())?;
        let vision = Arc::new(Vision::open(&config, &clock).map_err(Refusal::from)?);
        if vision.gathers() {
            vision.self_test(&clock).map_err(Refusal::from)?;
        }
        let mut cameras = Vec::new();
        for camera in &options.cameras {
            cameras.push(rooms::open_camera(camera, options.realtime, &clock)?);
        }
        let plugins = PluginRoom::open(&config, &state.path, &clock);
        let board = Arc::new(Board::default());
        let cameras_shown = Arc::clone(&board) as Arc<dyn CameraBoard>;
        let backend = Backend::open(&config, &state, &clock, &plugins, cameras_shown)?;
        let (realtime, origin) = (options.realtime, options.origin.clone());
        Ok(Self { config, clock, backend, board, vision, plugins, cameras, realtime, origin, state })
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
        let Self { config, clock, mut backend, board, vision, plugins, cameras, realtime, origin, state } =
            self;
        let tuning = Shared::new(Arc::new(AcceptTuning::of(&config)));
        backend.start(&tuning)?;
        let own: Vec<CameraId> = cameras.iter().map(|camera| camera.id.clone()).collect();
        let acceptor = Acceptor {
            dedup: backend.dedup(&config, &own)?,
            hooks: plugins.hooks(),
            evidence: backend.evidence(),
            pictures: Pictures::new(config.host.pictures, Arc::clone(&clock))
                .context("setting up the pictures")?,
            tuning: tuning.reader(),
            spool: backend.spool(),
            failure: backend.failure(),
            clock: Arc::clone(&clock),
        };
        let (out, accepting) = acceptor.start(listener).context("starting the threads that accept events")?;
        let stages = Arc::new(Stages::new(Arc::clone(&clock)));
        let common = Common::new(&config, vision, stages, board, Arc::clone(&clock));
        let (failure, health) = (backend.failure(), backend.health());
        let running = Arc::new(Cameras::new(common, failure.clone(), health.clone(), out));
        let prepare = |camera| running.prepare(camera);
        let prepared = cameras.into_iter().map(prepare).collect::<anyhow::Result<Vec<_>>>()?;
        running.replace(&[], prepared);
        let parts = Parts {
            clock,
            realtime,
            cameras: Arc::clone(&running),
            accept: tuning,
            pictures: backend.files(),
            health,
            others: plugins.rebuild(&state.path).into_iter().collect(),
        };
        let reload = origin.map(|origin| Reload::start(origin, config, parts, &failure));
        let reload = reload.transpose().context("starting the thread that watches the configuration")?;
        if let Some(reload) = &reload {
            backend.on_hang_up(reload.asker());
        }
        Ok(Running { cameras: running, reload, accepting, backend, state })
    }
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
    cameras: Arc<Cameras>,
    reload: Option<Reload>,
    accepting: Accepting,
    backend: Backend,
    state: StateDir,
}

impl Running {
    /// Waits for the end of all sources, for a signal or for a part to fail, whichever is first.
    pub(crate) fn wait_for_sources(&self) -> Woken {
        self.backend.wait_for_signal_or(|| self.cameras.all_ended())
    }

    /// Waits for a signal or for a part to fail.
    pub(crate) fn wait_for_signal(&self) -> Woken {
        self.backend.wait_for_signal_or(|| false)
    }

    /// Ends the cameras and waits until all that they saw is accepted and in the store. The API goes on answering.
    pub(crate) fn settle(self, woken: Woken) -> (Summary, Serving) {
        let Self { cameras, reload, accepting, backend, state } = self;
        if let Some(reload) = &reload {
            reload.stop();
        }
        let (ending, replaced) = (cameras.end(), cameras);
        let accepted = accepting.join();
        let drained = backend.drain(woken);
        metric::spool_backlog(backend.backlog());
        // Last, because a source that hangs may take as long as its stall timeout.
        let cameras = ending.into_iter().map(EndingCamera::join_source).collect();
        if let Some(reload) = reload {
            reload.join();
        }
        replaced.join_sources();
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
