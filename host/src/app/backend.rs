//! What stands behind the cameras: spool, bus, consumer, store, pictures and API, on one async runtime.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use ovr_api::{Api, ApiConfig, BoundApi, Check, Credentials, Metrics, NewToken, Sources};
use ovr_domain::camera::CameraBoard;
use ovr_domain::event::Lifecycle;
use ovr_domain::port::{EvidenceStore, StoreError};
use ovr_domain::time::Clock;
use ovr_domain::{CameraId, PlateEvent};
use ovr_events::avro;
use ovr_events::bus::local_bus;
use ovr_events::dedup::Dedup;
use ovr_events::publish::Publisher;
use ovr_events::spool::{Spool, SpoolError, Ticket};
use ovr_store::consume::Consumer;
use ovr_store::evidence::FilesStore;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::accept::{AcceptTuning, envelope};
use super::failure::Failure;
use super::health::Health;
use super::plugins::PluginRoom;
use super::retention::{self, Retention};
use super::shared::Shared;
use super::signal;
use super::store::{EventRetention, OpenStore};
use crate::config::Config;
use crate::print::Refusal;
use crate::state::StateDir;

/// Most records of a batch on the bus.
const BATCH_RECORDS_MAX: usize = 256;

/// Batches that the local bus holds: the publisher waits for each to be stored, so there is never a second one.
const BUS_BATCHES_MAX: usize = 1;

/// How long the end of the sources waits for the store to take what was accepted. What is left stays in the spool.
const DRAIN_DEADLINE: Duration = Duration::from_secs(30);

/// The same after a signal, when somebody waits for the program to end, and at the start, when dedup wants to know
/// what the run before had accepted last.
const DRAIN_DEADLINE_SHORT: Duration = Duration::from_secs(3);

/// How far back passes that a crash left open are looked for.
const OPEN_PASSES_SPAN: Duration = Duration::from_hours(24);

/// How long tasks may take to end.
const STOP_DEADLINE: Duration = Duration::from_secs(3);

/// Where the API keeps who may ask, in the state folder.
const CREDENTIALS_FILE: &str = "credentials.json";

/// How often the end of the sources is looked for.
const LOOK_PERIOD: Duration = Duration::from_millis(50);

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woken {
    /// What was waited for.
    Done,
    /// SIGINT or SIGTERM.
    Signal,
    /// A part that cannot go on.
    Failure,
}

pub(crate) struct Backend {
    runtime: Runtime,
    clock: Arc<dyn Clock>,
    spool: Arc<Spool>,
    store: OpenStore,
    events_keep_days: u32,
    evidence: Arc<FilesStore>,
    cameras: Arc<dyn CameraBoard>,
    address: SocketAddr,
    bound: Option<BoundApi>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    failure: Failure,
    health: Health,
    signal: watch::Receiver<bool>,
    new_token: Option<NewToken>,
}

impl Backend {
    /// Opens everything; nothing is answered or moved yet.
    pub(crate) fn open(
        config: &Config,
        state: &StateDir,
        clock: &Arc<dyn Clock>,
        plugins: &PluginRoom,
        cameras: Arc<dyn CameraBoard>,
    ) -> anyhow::Result<Self> {
        let host = &config.host;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("async")
            .enable_all()
            .build()
            .context("starting the async runtime")?;
        let refuse = |error: &dyn std::fmt::Display| Refusal(error.to_string());
        let spool = Spool::open(&state.path.join("spool"), host.spool, state.install, Arc::clone(clock))
            .map_err(|error| refuse(&error))?;
        let store = OpenStore::open(host, &state.path, state.install, &runtime)?;
        let folder = host.evidence_folder(&state.path);
        let evidence = FilesStore::open(&folder, host.pictures_disk_bytes_max, state.install)
            .map_err(|error| refuse(&error))?;
        let metrics = Metrics::install().context("starting the metrics")?;
        let (credentials, new_token) =
            Credentials::open(&state.path, Arc::clone(clock)).map_err(|error| refuse(&error))?;
        let health = Health::default();
        let (spool, evidence) = (Arc::new(spool), Arc::new(evidence));
        let api = Api::new(
            ApiConfig { allow_remote: host.api.allow_remote, ..ApiConfig::default() },
            Sources {
                store: store.events(),
                evidence: Arc::clone(&evidence) as Arc<dyn EvidenceStore>,
                credentials: Arc::new(credentials),
                metrics,
                cameras: Arc::clone(&cameras),
                readiness: readiness(&spool, &health, plugins),
                clock: Arc::clone(clock),
            },
        );
        let bound = runtime.block_on(api.bind(host.api.listen)).map_err(|error| {
            if new_token.is_some() {
                // Nobody has seen the token that was made a moment ago, and nobody ever will: the next start makes
                // another one.
                let _ = std::fs::remove_file(state.path.join(CREDENTIALS_FILE));
            }
            let hint = if matches!(error, ovr_api::Error::NotLoopback { .. }) {
                " (api.allow_remote in host.yaml)"
            } else {
                ""
            };
            Refusal(format!("{error}{hint}"))
        })?;
        let (signal, (stop, _)) = (signal::listen(&runtime), watch::channel(false));
        Ok(Self {
            runtime,
            clock: Arc::clone(clock),
            spool,
            store,
            events_keep_days: host.events_keep_days,
            evidence,
            cameras,
            address: bound.address(),
            bound: Some(bound),
            stop,
            tasks: Vec::new(),
            failure: Failure::default(),
            health,
            signal,
            new_token,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn spool(&self) -> Arc<Spool> {
        Arc::clone(&self.spool)
    }

    pub(crate) fn files(&self) -> Arc<FilesStore> {
        Arc::clone(&self.evidence)
    }

    pub(crate) fn evidence(&self) -> Arc<dyn EvidenceStore> {
        Arc::clone(&self.evidence) as Arc<dyn EvidenceStore>
    }

    pub(crate) fn backlog(&self) -> u64 {
        self.spool.backlog()
    }

    /// A token that was made because there was none; to be printed once.
    pub(crate) fn take_new_token(&mut self) -> Option<String> {
        self.new_token.take().map(|token| token.reveal().to_owned())
    }

    /// Why the store did not answer when it was opened.
    pub(crate) fn store_waits_for(&self) -> Option<&str> {
        self.store.waits_for()
    }

    /// Records that could neither be delivered nor lost, at most a thousand.
    pub(crate) fn dead_letters(&self) -> Result<usize, SpoolError> {
        self.spool.dead_letters().list(1_000).map(|letters| letters.len())
    }

    /// Starts the way from the spool to the store, and the API.
    pub(crate) fn start(&mut self, tuning: &Shared<AcceptTuning>) -> anyhow::Result<()> {
        let reader = self.spool.reader("publisher").context("opening the spool's reader")?;
        let (bus, subscription) = local_bus(BUS_BATCHES_MAX, self.spool.dead_letters());
        let seed = u64::from(std::process::id());
        let publisher = Publisher::new(BATCH_RECORDS_MAX, seed);
        let decode = |bytes: &[u8]| avro::decode(bytes).map_err(|error| error.to_string());
        let store = self.store.events();
        let consumer =
            Consumer::new(Box::new(subscription), store, Box::new(decode), Arc::clone(&self.clock));
        let (stopped, stopped_too) = (self.stop.subscribe(), self.stop.subscribe());
        self.spawn("publisher", async move { publisher.run(reader, Arc::new(bus), stopped).await });
        self.spawn("consumer", async move { consumer.run(stopped_too).await });
        let files = Arc::clone(&self.evidence);
        let retention =
            Retention::new(files, tuning.clone(), Arc::clone(&self.cameras), Arc::clone(&self.clock));
        let events = EventRetention { store: self.store.clone(), keep_days: self.events_keep_days };
        self.spawn("retention", purge_until(retention, events, self.stop.subscribe()));
        if let Some(bound) = self.bound.take() {
            let mut stopped = self.stop.subscribe();
            // A sender that is gone means stop, too.
            let until = async move { drop(stopped.wait_for(|stop| *stop).await) };
            self.spawn("api", async move { bound.serve(until).await });
        }
        Ok(())
    }

    fn spawn<E: std::fmt::Display + Send>(
        &mut self,
        name: &'static str,
        work: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let (failure, stop) = (self.failure.clone(), self.stop.subscribe());
        let task = self.runtime.spawn(async move {
            let guard = failure.guard(name);
            let ended = work.await;
            if let Err(error) = &ended {
                tracing::error!(task = name, "{error}");
                failure.report(format!("the {name} cannot go on: {error}"));
            }
            if *stop.borrow() {
                guard.done();
            }
        });
        self.tasks.push(task);
    }

    /// The dedup policy with what it knew before the restart. Passes that a crash left open are closed: their vehicles
    /// have long gone, and whoever waits for the `final` event should not wait for ever.
    /// A store that does not answer is no reason to see nothing: dedup then begins anew.
    pub(crate) fn dedup(&self, config: &Config, cameras: &[CameraId]) -> anyhow::Result<Dedup> {
        self.drain_within(DRAIN_DEADLINE_SHORT);
        let mut dedup = Dedup::new(config.host.dedup).context("setting up dedup")?;
        let window = Duration::from_secs(u64::from(config.host.dedup.window_s)).max(OPEN_PASSES_SPAN);
        let from = self.clock.now().minus(window);
        let recent = self.store.seen_since(&config.host.site, cameras, from);
        let recent = match self.runtime.block_on(recent) {
            Err(StoreError::Unavailable { reason }) => {
                tracing::warn!(reason, "the store does not say what was seen before: dedup begins anew");
                Vec::new()
            }
            recent => recent.context("reading the recent events")?,
        };
        for open in recent.iter().filter(|event| event.lifecycle != Lifecycle::Final) {
            let closed = PlateEvent {
                lifecycle: Lifecycle::Final,
                revision: open.revision.saturating_add(1),
                ..open.clone()
            };
            let envelope = envelope(&closed).context("closing a pass that was left open")?;
            self.spool
                .submit(envelope)
                .and_then(Ticket::wait)
                .context("closing a pass that was left open")?;
        }
        // Told in the order in which they were seen.
        dedup.rebuild(recent.into_iter().rev());
        Ok(dedup)
    }

    /// Who is told that a part cannot go on.
    pub(crate) fn failure(&self) -> Failure {
        self.failure.clone()
    }

    /// Waits for a signal, for a part to fail, or until `done`.
    pub(crate) fn wait_for_signal_or(&self, done: impl Fn() -> bool) -> Woken {
        loop {
            if *self.signal.borrow() {
                return Woken::Signal;
            }
            if self.failure.reason().is_some() {
                signal::end_soon();
                return Woken::Failure;
            }
            if done() {
                return Woken::Done;
            }
            std::thread::sleep(LOOK_PERIOD);
        }
    }

    /// Calls `tell` whenever SIGHUP comes.
    pub(crate) fn on_hang_up(&self, tell: impl Fn() + Send + Sync + 'static) {
        signal::on_hang_up(&self.runtime, tell);
    }

    /// Whether the cameras give frames.
    pub(crate) fn health(&self) -> Health {
        self.health.clone()
    }

    /// Waits until the store has everything that was accepted; false when it has not within the time.
    pub(crate) fn drain(&self, woken: Woken) -> bool {
        self.drain_within(if woken == Woken::Done { DRAIN_DEADLINE } else { DRAIN_DEADLINE_SHORT })
    }

    fn drain_within(&self, deadline: Duration) -> bool {
        let drained =
            self.runtime.block_on(async { tokio::time::timeout(deadline, self.spool.drained()).await });
        let all = matches!(drained, Ok(Ok(())));
        if !all {
            let left = self.spool.backlog();
            tracing::warn!(left, "the store has not taken everything yet: the rest stays in the spool");
        }
        all
    }

    /// Ends the tasks. An error when a part could not go on.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        let all_ended = async {
            for task in self.tasks {
                // A task that panicked has said so; what it held is in the spool.
                let _ = task.await;
            }
        };
        if self.runtime.block_on(async { tokio::time::timeout(STOP_DEADLINE, all_ended).await }).is_err() {
            tracing::warn!("not every task ended in time");
        }
        self.runtime.shutdown_background();
        self.spool.close();
        match self.failure.reason() {
            None => Ok(()),
            Some(reason) => Err(anyhow::anyhow!("{reason}")),
        }
    }
}

/// Purges pictures and events whose time is over, until the end.
async fn purge_until(
    mut retention: Retention,
    events: EventRetention,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), tokio::task::JoinError> {
    let mut wait = retention::FIRST;
    loop {
        // A sender that is gone means stop, too.
        if tokio::time::timeout(wait, stopped.wait_for(|stop| *stop)).await.is_ok() {
            return Ok(());
        }
        wait = retention::PERIOD;
        retention = tokio::task::spawn_blocking(move || {
            retention.purge();
            retention
        })
        .await?;
        if let Some(now) = retention.believed_now() {
            events.purge(now).await;
        }
    }
}

fn readiness(spool: &Arc<Spool>, health: &Health, plugins: &PluginRoom) -> ovr_api::Readiness {
    let (spool, health, plugins) = (Arc::clone(spool), health.clone(), plugins.clone());
    Box::new(move || {
        let mut checks = vec![Check::of("spool", spool.ready())];
        checks.extend(health.checks());
        checks.extend(plugins.checks().into_iter().map(|(name, failure)| Check { name, failure }));
        Box::pin(std::future::ready(checks))
    })
}
