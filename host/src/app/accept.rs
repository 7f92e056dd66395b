//! From emissions to accepted events: decide on repeats, cut pictures, spool, and tell whoever listens.
//!
//! Two threads for all cameras. The first decides, cuts and hands the record to the spool; the second waits until the
//! record is durable and only then announces the event, so that whoever acts on an announcement acts on something that
//! no crash can take back. Between them a bounded queue, so that the spool can commit many records at once.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use ovr_domain::event::{DedupDecision, Lifecycle};
use ovr_domain::port::{Envelope, EvidenceStore};
use ovr_domain::time::Clock;
use ovr_domain::{PlateEvent, metric};
use ovr_events::assemble::Emission;
use ovr_events::avro::{self, AvroError};
use ovr_events::dedup::Dedup;
use ovr_events::evidence::Pictures;
use ovr_events::spool::{Spool, SpoolError, Ticket};

use super::failure::Failure;

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

/// What the first thread works with.
pub(crate) struct Acceptor {
    pub(crate) dedup: Dedup,
    pub(crate) evidence: Arc<dyn EvidenceStore>,
    pub(crate) pictures: Pictures,
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

type Pending = (PlateEvent, Result<Ticket, Refused>);

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
        let announce = thread::Builder::new()
            .name("announce".to_owned())
            .spawn(move || announce(&submitted, listener, clock.as_ref(), &failure))?;
        let decide = thread::Builder::new().name("decide".to_owned()).spawn(move || {
            for emission in emissions {
                if pending.send(self.submit(emission)).is_err() {
                    return;
                }
            }
        })?;
        Ok((send, Accepting { decide, announce }))
    }

    fn submit(&mut self, mut emission: Emission) -> Pending {
        self.dedup.decide(&mut emission.event);
        // Pictures first: the event's record names them. What cannot be kept is left out, the event goes on.
        let cut = self.pictures.cut(&emission);
        self.pictures.attach(self.evidence.as_ref(), &mut emission.event, cut);
        let event = emission.event;
        let ticket = self.spool(&event);
        (event, ticket)
    }

    fn spool(&self, event: &PlateEvent) -> Result<Ticket, Refused> {
        let key = format!("{}/{}", event.site_id, event.camera_id);
        let payload = avro::encode(event)?;
        Ok(self.spool.submit(Envelope { event_id: event.event_id, key, payload })?)
    }
}

fn announce(
    submitted: &Receiver<Pending>,
    mut listener: Listener,
    clock: &dyn Clock,
    failure: &Failure,
) -> AcceptCounts {
    let mut counts = AcceptCounts::default();
    for (event, ticket) in submitted {
        match ticket.and_then(|ticket| Ok(ticket.wait()?)) {
            Ok(_) => {
                counts.accepted += 1;
                metric::accepted_after(clock.now().since(event.received_at));
                if event.dedup.decision != DedupDecision::Emit && event.lifecycle == Lifecycle::Final {
                    metric::event(&event.camera_id, "suppressed");
                }
                listener(&event);
            }
            Err(error) => {
                counts.refused += 1;
                // The promise: an event that is not accepted is refused loudly.
                tracing::error!(camera = %event.camera_id, event = %event.event_id, "event refused: {error}");
                if matches!(error, Refused::Spool(SpoolError::Sealed { .. } | SpoolError::Closed)) {
                    failure.report(format!("events cannot be accepted any more: {error}"));
                }
            }
        }
    }
    counts
}
