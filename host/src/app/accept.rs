//! From emissions to accepted events: decide on repeats, cut pictures, spool, and tell whoever listens.
//!
//! Two threads for all cameras. The first asks the plugins, decides, cuts and hands the record to the spool; the second waits until the
//! record is durable and only then announces the event, so that whoever acts on an announcement acts on something that
//! no crash can take back. Between them a bounded queue, so that the spool can commit many records at once.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use ovr_domain::event::{DedupDecision, Lifecycle};
use ovr_domain::port::{Envelope, EvidenceStore};
use ovr_domain::time::Clock;
use ovr_domain::{EventId, PlateEvent, Timestamp, metric};
use ovr_events::assemble::Emission;
use ovr_events::avro::{self, AvroError};
use ovr_events::dedup::{Dedup, DedupConfig};
use ovr_events::evidence::{Pictures, PicturesConfig};
use ovr_events::spool::{Spool, SpoolError, Ticket};

use super::failure::Failure;
use super::hooks::Hooks;
use super::shared::Reader;
use crate::config::Config;

/// Emissions that may wait for the first thread; a camera that finds it full waits.
const EMISSIONS_MAX: usize = 64;

/// Events that may wait to become durable.
const PENDING_MAX: usize = 256;

/// Hears of every event once it is accepted.
pub(crate) type Listener = Box<dyn FnMut(&PlateEvent) + Send>;

/// What happened to the emissions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct AcceptCounts {
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
}

/// What the first thread works by; a reload changes it under way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct AcceptTuning {
    pub(crate) dedup: DedupConfig,
    pub(crate) pictures: PicturesConfig,
}

impl AcceptTuning {
    pub(crate) fn of(config: &Config) -> Self {
        Self { dedup: config.host.dedup, pictures: config.host.pictures }
    }
}

/// What the first thread works with.
pub(crate) struct Acceptor {
    pub(crate) dedup: Dedup,
    pub(crate) hooks: Hooks,
    pub(crate) evidence: Arc<dyn EvidenceStore>,
    pub(crate) pictures: Pictures,
    pub(crate) tuning: Reader<AcceptTuning>,
    pub(crate) spool: Arc<Spool>,
    /// Told when the spool cannot go on.
    pub(crate) failure: Failure,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Both threads, running.
pub(crate) struct Accepting {
    decide: JoinHandle<()>,
    announce: JoinHandle<AcceptCounts>,
}

impl Accepting {
    /// Waits until every emission is accepted or refused; the cameras' senders must be gone.
    pub(crate) fn join(self) -> AcceptCounts {
        if self.decide.join().is_err() {
            tracing::error!("the thread that decides on events panicked");
        }
        self.announce.join().unwrap_or_else(|_| {
            tracing::error!("the thread that announces events panicked");
            AcceptCounts::default()
        })
    }
}

type Pending = (PlateEvent, Option<Timestamp>, Result<Ticket, Refused>);

/// Why an event is not accepted.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error(transparent)]
    Encode(#[from] AvroError),
}

impl Acceptor {
    /// Starts both threads. Cameras send to the first; the second calls `listener`.
    pub(crate) fn start(mut self, listener: Listener) -> std::io::Result<(SyncSender<Emission>, Accepting)> {
        let (send, emissions) = sync_channel::<Emission>(EMISSIONS_MAX);
        let (pending, submitted) = sync_channel::<Pending>(PENDING_MAX);
        let (clock, failure) = (Arc::clone(&self.clock), self.failure.clone());
        let (refuse, refused) = sync_channel::<EventId>(PENDING_MAX);
        let guard = failure.guard("thread that announces events");
        let announcer = Announcer { listener, clock, failure: failure.clone(), refuse };
        let announce = thread::Builder::new().name("announce".to_owned()).spawn(move || {
            let counts = announcer.run(&submitted);
            guard.done();
            counts
        })?;
        let guard = failure.guard("thread that decides on events");
        let decide = thread::Builder::new().name("decide".to_owned()).spawn(move || {
            for emission in emissions {
                // What was refused never happened: it must not make a repeat of the next pass.
                for event in refused.try_iter() {
                    self.dedup.forget(event);
                }
                if pending.send(self.submit(emission)).is_err() {
                    return;
                }
            }
            guard.done();
        })?;
        Ok((send, Accepting { decide, announce }))
    }

    fn submit(&mut self, mut emission: Emission) -> Pending {
        self.take_changes();
        self.hooks.check(&mut emission.event, std::mem::take(&mut emission.positions));
        self.dedup.decide(&mut emission.event, self.hooks.dedup.as_ref());
        self.hooks.enrich(&mut emission.event);
        // Pictures first: the event's record names them. What cannot be kept is left out, the event goes on.
        let cut = self.pictures.cut(&emission);
        self.pictures.attach(self.evidence.as_ref(), &mut emission.event, cut);
        let Emission { event, decided_at, .. } = emission;
        let ticket = self.spool(&event);
        (event, decided_at, ticket)
    }

    /// What a reload has replaced since the last emission.
    fn take_changes(&mut self) {
        let Some(tuning) = self.tuning.changed() else { return };
        if let Err(error) = self.dedup.reconfigure(tuning.dedup) {
            tracing::error!("dedup goes on as it was: {error}");
        }
        if let Err(error) = self.pictures.reconfigure(tuning.pictures) {
            tracing::error!("pictures go on as they were: {error}");
        }
    }

    fn spool(&self, event: &PlateEvent) -> Result<Ticket, Refused> {
        Ok(self.spool.submit(envelope(event)?)?)
    }
}

/// An event as it goes into the spool.
pub(super) fn envelope(event: &PlateEvent) -> Result<Envelope, AvroError> {
    let key = format!("{}/{}", event.site_id, event.camera_id);
    Ok(Envelope { event_id: event.event_id, key, payload: avro::encode(event)? })
}

/// The second thread.
struct Announcer {
    listener: Listener,
    clock: Arc<dyn Clock>,
    failure: Failure,
    refuse: SyncSender<EventId>,
}

impl Announcer {
    fn run(mut self, submitted: &Receiver<Pending>) -> AcceptCounts {
        let mut counts = AcceptCounts::default();
        for (event, decided_at, ticket) in submitted {
            match ticket.and_then(|ticket| Ok(ticket.wait()?)) {
                Ok(_) => {
                    counts.accepted += 1;
                    self.accepted(&event, decided_at);
                }
                Err(error) => {
                    counts.refused += 1;
                    self.refused(&event, &error);
                }
            }
        }
        counts
    }

    fn accepted(&mut self, event: &PlateEvent, decided_at: Option<Timestamp>) {
        if let Some(decided_at) = decided_at {
            metric::accepted_after(self.clock.now().since(decided_at));
        }
        if event.dedup.decision != DedupDecision::Emit && event.lifecycle == Lifecycle::Final {
            metric::event(&event.camera_id, "suppressed");
        }
        (self.listener)(event);
    }

    /// The promise: an event that is not accepted is refused loudly.
    fn refused(&self, event: &PlateEvent, error: &Refused) {
        tracing::error!(camera = %event.camera_id, "event refused: {error}");
        tracing::debug!(event = %event.event_id, "this event was refused");
        if event.revision == 1 {
            // Full only when hundreds were refused since the last event that was decided on: then one more or less to
            // forget changes nothing.
            let _ = self.refuse.try_send(event.event_id);
        }
        if matches!(error, Refused::Spool(SpoolError::Sealed { .. } | SpoolError::Closed)) {
            self.failure.report(format!("events cannot be accepted any more: {error}"));
        }
    }
}
