//! The bus inside one process: the same bytes, handed over a bounded channel.
//!
//! `publish` returns `Ok` only after the consumer committed, so that the spool's cursor moves when the store is
//! durable and not before. A process that dies in between leaves the cursor where it was.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use ovr_domain::port::{BusError, Delivery, Envelope, EventBus, EventSubscription};
use tokio::sync::{mpsc, oneshot};

use crate::spool::{DeadLetters, Letter};

/// A batch on its way, and who waits for its commit.
#[derive(Debug)]
struct Batch {
    deliveries: VecDeque<Delivery>,
    committed: oneshot::Sender<()>,
}

/// The publisher's end.
#[derive(Debug)]
pub struct LocalBus {
    batches: mpsc::Sender<Batch>,
    next_offset: AtomicU64,
}

/// The consumer's end. Dropping it closes the bus.
#[derive(Debug)]
pub struct LocalSubscription {
    batches: mpsc::Receiver<Batch>,
    /// Batches of which records were polled since the last commit, the oldest first; the last may not be empty.
    open: VecDeque<Batch>,
    dead_letters: DeadLetters,
}

/// A bus with room for `batches_max` batches, however many records each has; one at least. A publisher waits for the
/// commit of its batch, so one is all that a single publisher uses. What cannot be decoded goes to `dead_letters`.
pub fn local_bus(batches_max: usize, dead_letters: DeadLetters) -> (LocalBus, LocalSubscription) {
    let (send, batches) = mpsc::channel(batches_max.max(1));
    let bus = LocalBus { batches: send, next_offset: AtomicU64::new(0) };
    let subscription = LocalSubscription { batches, open: VecDeque::new(), dead_letters };
    (bus, subscription)
}

#[async_trait]
impl EventBus for LocalBus {
    async fn publish(&self, batch: &[Envelope]) -> Result<(), BusError> {
        if batch.is_empty() {
            return Ok(());
        }
        let first = self.next_offset.fetch_add(batch.len() as u64, Ordering::Relaxed);
        let deliveries = (first..)
            .zip(batch)
            .map(|(offset, envelope)| Delivery { offset, payload: envelope.payload.clone() });
        let (committed, answered) = oneshot::channel();
        let batch = Batch { deliveries: deliveries.collect(), committed };
        self.batches.send(batch).await.map_err(|_| BusError::Closed)?;
        answered.await.map_err(|_| BusError::Unavailable {
            reason: "the consumer went away before it stored the batch".to_owned(),
        })
    }
}

impl LocalSubscription {
    /// Takes records of the newest open batch, in order.
    fn take(&mut self, max: usize, into: &mut Vec<Delivery>) {
        if let Some(batch) = self.open.back_mut() {
            let count = batch.deliveries.len().min(max.saturating_sub(into.len()));
            into.extend(batch.deliveries.drain(..count));
        }
    }

    fn open(&mut self, batch: Batch) {
        // A publisher that gave up sends the batch again; storing it twice would be right, but useless.
        if !batch.committed.is_closed() {
            self.open.push_back(batch);
        }
    }
}

#[async_trait]
impl EventSubscription for LocalSubscription {
    async fn poll(&mut self, max: usize) -> Result<Vec<Delivery>, BusError> {
        let max = max.max(1);
        let mut polled = Vec::new();
        self.take(max, &mut polled);
        while polled.is_empty() {
            let batch = self.batches.recv().await.ok_or(BusError::Closed)?;
            self.open(batch);
            self.take(max, &mut polled);
        }
        while polled.len() < max {
            let Ok(batch) = self.batches.try_recv() else { break };
            self.open(batch);
            self.take(max, &mut polled);
        }
        Ok(polled)
    }

    async fn commit(&mut self) -> Result<(), BusError> {
        while self.open.front().is_some_and(|batch| batch.deliveries.is_empty()) {
            if let Some(batch) = self.open.pop_front() {
                // A publisher that gave up waiting sends again; the store knows the events.
                let _ = batch.committed.send(());
            }
        }
        Ok(())
    }

    async fn dead_letter(&mut self, delivery: &Delivery, reason: &str) -> Result<(), BusError> {
        let letter = Letter {
            source: "local bus".to_owned(),
            offset: delivery.offset,
            reason: reason.to_owned(),
            payload: delivery.payload.clone(),
        };
        let dead_letters = self.dead_letters.clone();
        let put = tokio::task::spawn_blocking(move || dead_letters.put(letter)).await;
        match put {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                Err(BusError::Unavailable { reason: format!("keeping a dead letter: {error}") })
            }
            Err(_) => Err(BusError::Closed),
        }
    }
}
