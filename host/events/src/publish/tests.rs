use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use ovr_domain::EventId;
use ovr_domain::time::SystemClock;
use tempfile::TempDir;

use super::*;
use crate::spool::{Spool, SpoolConfig};

/// A bus that fails the first attempts of every batch, after it may have taken some of it.
#[derive(Default)]
struct FlakyBus {
    failures: u32,
    attempts: AtomicU32,
    taken: Mutex<Vec<EventId>>,
    closed: bool,
}

#[async_trait]
impl EventBus for FlakyBus {
    async fn publish(&self, batch: &[Envelope]) -> Result<(), BusError> {
        if self.closed {
            return Err(BusError::Closed);
        }
        let attempt = self.attempts.fetch_add(1, Ordering::SeqCst);
        let failed = attempt % (self.failures + 1) < self.failures;
        let count = if failed { batch.len() / 2 } else { batch.len() };
        self.taken.lock().unwrap().extend(batch.iter().take(count).map(|envelope| envelope.event_id));
        if failed {
            return Err(BusError::Unavailable { reason: "it flaps".to_owned() });
        }
        Ok(())
    }
}

fn spool_of(count: u64) -> (TempDir, Spool) {
    let dir = tempfile::tempdir().unwrap();
    let install = "0190f5fe-7c00-7a00-8000-000000000001".parse().unwrap();
    let clock = Arc::new(SystemClock::start());
    let spool = Spool::open(dir.path(), SpoolConfig::default(), install, clock).unwrap();
    for number in 0..count {
        let envelope = crate::bus::conformance::envelope(number);
        spool.submit(envelope).unwrap().wait().unwrap();
    }
    (dir, spool)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_flaps_gets_every_record_and_the_cursor_follows() {
    let (_dir, spool) = spool_of(20);
    let bus = Arc::new(FlakyBus { failures: 1, ..FlakyBus::default() });
    let (stop, shutdown) = watch::channel(false);
    let publisher = Publisher::new(7, 1);
    let running = tokio::spawn(publisher.run(spool.reader("bus").unwrap(), bus.clone(), shutdown));
    spool.drained().await.unwrap();
    assert_eq!(spool.backlog(), 0);
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
    let mut taken = bus.taken.lock().unwrap().clone();
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_bus_ends_the_loop_and_leaves_the_records_in_the_spool() {
    let (_dir, spool) = spool_of(3);
    let bus = Arc::new(FlakyBus { closed: true, ..FlakyBus::default() });
    let (_stop, shutdown) = watch::channel(false);
    Publisher::default().run(spool.reader("bus").unwrap(), bus, shutdown).await.unwrap();
    assert_eq!(spool.backlog(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_ends_the_loop_while_the_bus_is_down() {
    let (_dir, spool) = spool_of(1);
    let bus = Arc::new(FlakyBus { failures: u32::MAX - 1, ..FlakyBus::default() });
    let (stop, shutdown) = watch::channel(false);
    let reader = spool.reader("bus").unwrap();
    let running = tokio::spawn(Publisher::default().run(reader, bus, shutdown));
    drop(stop);
    running.await.unwrap().unwrap();
    assert_eq!(spool.backlog(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spool_that_turns_out_to_be_damaged_ends_the_loop_with_an_error() {
    let (dir, spool) = spool_of(100);
    drop(spool);
    let install = "0190f5fe-7c00-7a00-8000-000000000001".parse().unwrap();
    let clock = Arc::new(SystemClock::start());
    let spool = Spool::open(dir.path(), SpoolConfig::default(), install, clock).unwrap();
    let reader = spool.reader("bus").unwrap();
    let file = dir.path().join("spool.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[4096..].fill(0xA5);
    std::fs::write(&file, bytes).unwrap();
    let (_stop, shutdown) = watch::channel(false);
    let ended = Publisher::default().run(reader, Arc::new(FlakyBus::default()), shutdown).await;
    assert!(matches!(ended, Err(SpoolError::Corrupt { .. })), "{ended:?}");
}
