//! From the spool to the bus: the same loop for the local bus and for Kafka.
//!
//! A batch is read, published and only then passed by the cursor. Whatever goes wrong in between, the same batch is
//! published again: at least once here, once in effect by the store's key.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use ovr_domain::backoff::Backoff;
use ovr_domain::metric;
use ovr_domain::port::{ATTEMPT_DEADLINE, BusError, Envelope, EventBus};
use tokio::sync::watch;

use crate::spool::{Record, SpoolError, SpoolReader};

/// Most records in one call of the bus.
pub const BATCH_RECORDS_MAX: usize = 256;

/// Carries records from the spool to a bus until it is told to stop.
#[derive(Debug, Clone)]
pub struct Publisher {
    batch_records_max: usize,
    backoff: Backoff,
}

impl Default for Publisher {
    fn default() -> Self {
        Self::new(BATCH_RECORDS_MAX, u64::from(std::process::id()))
    }
}

impl Publisher {
    /// At most `batch_records_max` records a batch; `seed` spreads the waits of publishers that failed together.
    pub const fn new(batch_records_max: usize, seed: u64) -> Self {
        Self { batch_records_max, backoff: Backoff::new(seed) }
    }

    /// Publishes until `shutdown` is true or its sender is gone, or until the bus or the spool is closed. A bus that
    /// is not available, a spool that cannot be read for a moment and a disk without room for the cursor are tried
    /// again for ever; what was not published stays in the spool. An error means that only a new start can help: the
    /// spool is damaged or sealed.
    pub async fn run(
        mut self,
        mut reader: SpoolReader,
        bus: Arc<dyn EventBus>,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), SpoolError> {
        tokio::select! {
            // A sender that is gone means shutdown, too.
            _ = shutdown.wait_for(|stop| *stop) => Ok(()),
            result = self.publish_all(&mut reader, bus.as_ref()) => result,
        }
    }

    async fn publish_all(&mut self, reader: &mut SpoolReader, bus: &dyn EventBus) -> Result<(), SpoolError> {
        loop {
            let records = match reader.read(self.batch_records_max).await {
                Ok(records) => records,
                Err(SpoolError::Closed) => return Ok(()),
                Err(error) if may_pass(&error) => {
                    self.wait(&error, "reading the spool").await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            metric::spool_backlog(reader.backlog());
            let Some(last) = records.last().map(|record| record.sequence) else {
                continue;
            };
            let batch: Vec<Envelope> = records.into_iter().map(|Record { envelope, .. }| envelope).collect();
            if !self.publish(bus, &batch).await {
                return Ok(());
            }
            if !self.advance(reader, last).await? {
                return Ok(());
            }
        }
    }

    /// Until the cursor has moved; false when the spool is closed.
    async fn advance(&mut self, reader: &mut SpoolReader, last: u64) -> Result<bool, SpoolError> {
        loop {
            match reader.advance(last).await {
                Ok(()) => {
                    self.backoff.reset();
                    metric::spool_backlog(reader.backlog());
                    return Ok(true);
                }
                Err(SpoolError::Closed) => return Ok(false),
                Err(error) if may_pass(&error) => self.wait(&error, "moving the spool's cursor").await,
                Err(error) => return Err(error),
            }
        }
    }

    async fn wait(&mut self, error: &SpoolError, doing: &'static str) {
        let wait = self.backoff.wait();
        tracing::error!(%error, ?wait, "{doing}; trying again");
        tokio::time::sleep(wait).await;
    }

    /// Until the bus answers for the batch; false when it is closed.
    async fn publish(&mut self, bus: &dyn EventBus, batch: &[Envelope]) -> bool {
        loop {
            let attempt = tokio::time::timeout(ATTEMPT_DEADLINE, bus.publish(batch)).await;
            let reason = match attempt {
                Ok(Ok(())) => {
                    self.backoff.reset();
                    return true;
                }
                Ok(Err(BusError::Closed)) => return false,
                Ok(Err(BusError::Unavailable { reason })) => reason,
                Err(_) => format!("no answer within {} s", ATTEMPT_DEADLINE.as_secs()),
            };
            let wait = self.backoff.wait();
            tracing::warn!(reason, records = batch.len(), ?wait, "publishing; the records stay in the spool");
            tokio::time::sleep(wait).await;
        }
    }
}

/// Whether the same may work later in this process.
fn may_pass(error: &SpoolError) -> bool {
    matches!(error, SpoolError::Read { .. } | SpoolError::Full { .. })
}
