//! From the bus into the store: decode, upsert, then commit.
//!
//! Two failures look alike and are never confused. A record that cannot be decoded will never be: it goes to the dead
//! letters with reason and offset, once, and the rest goes on. A store that cannot be reached will come back: the
//! consumer waits with what it holds, commits nothing, and the records stay where they are.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use ovr_domain::backoff::Backoff;
use ovr_domain::port::{ATTEMPT_DEADLINE, BusError, Delivery, EventStore, EventSubscription, StoreError};
use ovr_domain::time::Clock;
use ovr_domain::{PlateEvent, metric};
use tokio::sync::watch;

use crate::Error;

/// Most records in one transaction of the store.
pub const BATCH_RECORDS_MAX: usize = 256;

/// Turns a payload into an event, or says why it is none.
pub type Decode = Box<dyn Fn(&[u8]) -> Result<PlateEvent, String> + Send + Sync>;

/// Stores what a subscription delivers.
pub struct Consumer {
    subscription: Box<dyn EventSubscription>,
    store: Arc<dyn EventStore>,
    decode: Decode,
    clock: Arc<dyn Clock>,
    backoff: Backoff,
}

/// Whether to go on.
enum Next {
    Go,
    Stop,
}

impl Consumer {
    /// Joins the three. Starts nothing.
    pub fn new(
        subscription: Box<dyn EventSubscription>,
        store: Arc<dyn EventStore>,
        decode: Decode,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { subscription, store, decode, clock, backoff: Backoff::new(u64::from(std::process::id())) }
    }

    /// Consumes until `shutdown` is true or its sender is gone, or until the bus is closed. A batch in hand is
    /// finished first, unless the store does not answer: then it is left uncommitted and will be delivered again. An
    /// error means that the store cannot be used at all and a person must look.
    pub async fn run(mut self, mut shutdown: watch::Receiver<bool>) -> Result<(), Error> {
        loop {
            let polled = tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => return Ok(()),
                polled = self.subscription.poll(BATCH_RECORDS_MAX) => polled,
            };
            let next = match polled {
                Ok(deliveries) => self.take(&deliveries, &mut shutdown).await?,
                Err(BusError::Closed) => Next::Stop,
                Err(BusError::Unavailable { reason }) => {
                    self.wait(&reason, "polling the bus", &mut shutdown).await
                }
            };
            if let Next::Stop = next {
                return Ok(());
            }
        }
    }

    /// Everything that happens to one batch. It is committed only when each record has its place.
    async fn take(
        &mut self,
        deliveries: &[Delivery],
        shutdown: &mut watch::Receiver<bool>,
    ) -> Result<Next, Error> {
        let mut events = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            match (self.decode)(&delivery.payload) {
                Ok(event) => events.push(event),
                Err(reason) => {
                    if let Next::Stop = self.bury(delivery, &reason, shutdown).await {
                        return Ok(Next::Stop);
                    }
                }
            }
        }
        if let Next::Stop = self.store(&events, shutdown).await? {
            return Ok(Next::Stop);
        }
        Ok(self.commit(shutdown).await)
    }

    async fn store(
        &mut self,
        events: &[PlateEvent],
        shutdown: &mut watch::Receiver<bool>,
    ) -> Result<Next, Error> {
        if events.is_empty() {
            return Ok(Next::Go);
        }
        loop {
            let start = self.clock.monotonic();
            let attempt = tokio::time::timeout(ATTEMPT_DEADLINE, self.store.upsert(events)).await;
            let reason = match attempt {
                Ok(Ok(())) => {
                    metric::stage("store", self.clock.monotonic().saturating_sub(start));
                    metric::consumed("stored", events.len() as u64);
                    self.backoff.reset();
                    return Ok(Next::Go);
                }
                Ok(Err(StoreError::Unavailable { reason })) => reason,
                Ok(Err(unusable)) => return Err(unusable.into()),
                Err(_) => no_answer(ATTEMPT_DEADLINE),
            };
            if let Next::Stop = self.wait(&reason, "storing events", shutdown).await {
                return Ok(Next::Stop);
            }
        }
    }

    async fn bury(
        &mut self,
        delivery: &Delivery,
        reason: &str,
        shutdown: &mut watch::Receiver<bool>,
    ) -> Next {
        loop {
            match self.subscription.dead_letter(delivery, reason).await {
                Ok(()) => {
                    tracing::error!(
                        offset = delivery.offset,
                        reason,
                        "a record of the bus is no event; it is in the dead letters"
                    );
                    metric::consumed("dead_letter", 1);
                    return Next::Go;
                }
                Err(BusError::Closed) => return Next::Stop,
                Err(BusError::Unavailable { reason }) => {
                    if let Next::Stop = self.wait(&reason, "keeping a dead letter", shutdown).await {
                        return Next::Stop;
                    }
                }
            }
        }
    }

    async fn commit(&mut self, shutdown: &mut watch::Receiver<bool>) -> Next {
        loop {
            match self.subscription.commit().await {
                Ok(()) => return Next::Go,
                Err(BusError::Closed) => return Next::Stop,
                Err(BusError::Unavailable { reason }) => {
                    if let Next::Stop = self.wait(&reason, "committing to the bus", shutdown).await {
                        return Next::Stop;
                    }
                }
            }
        }
    }

    async fn wait(&mut self, reason: &str, doing: &str, shutdown: &mut watch::Receiver<bool>) -> Next {
        let wait = self.backoff.wait();
        tracing::warn!(reason, ?wait, "{doing}; trying again");
        tokio::select! {
            _ = shutdown.wait_for(|stop| *stop) => Next::Stop,
            () = tokio::time::sleep(wait) => Next::Go,
        }
    }
}

fn no_answer(deadline: Duration) -> String {
    format!("no answer within {} s", deadline.as_secs())
}
