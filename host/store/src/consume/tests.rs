use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use ovr_domain::event::EvidenceKind;
use ovr_domain::query::{EventPage, EventQuery};
use ovr_domain::time::SystemClock;
use ovr_domain::{CameraId, EventId, EvidenceId};

use super::*;
use crate::conformance::event;

/// What happened, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Stored(usize),
    Committed,
    Buried(u64, String),
}

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<Step>>>);

impl Log {
    fn add(&self, step: Step) {
        self.0.lock().unwrap().push(step);
    }

    fn steps(&self) -> Vec<Step> {
        self.0.lock().unwrap().clone()
    }
}

/// Gives its batches, then ends or waits for ever.
struct Batches {
    waiting: VecDeque<Vec<Delivery>>,
    then_closed: bool,
    burials_that_fail: u32,
    log: Log,
}

#[async_trait]
impl EventSubscription for Batches {
    async fn poll(&mut self, _max: usize) -> Result<Vec<Delivery>, BusError> {
        match self.waiting.pop_front() {
            Some(batch) => Ok(batch),
            None if self.then_closed => Err(BusError::Closed),
            None => std::future::pending().await,
        }
    }

    async fn commit(&mut self) -> Result<(), BusError> {
        self.log.add(Step::Committed);
        Ok(())
    }

    async fn dead_letter(&mut self, delivery: &Delivery, reason: &str) -> Result<(), BusError> {
        if self.burials_that_fail > 0 {
            self.burials_that_fail -= 1;
            return Err(BusError::Unavailable { reason: "full".to_owned() });
        }
        self.log.add(Step::Buried(delivery.offset, reason.to_owned()));
        Ok(())
    }
}

/// Fails the first upserts, then stores.
struct Refusing {
    failures: Mutex<u32>,
    unusable: bool,
    log: Log,
}

#[async_trait]
impl EventStore for Refusing {
    async fn upsert(&self, events: &[PlateEvent]) -> Result<(), StoreError> {
        if self.unusable {
            return Err(StoreError::Unusable { reason: "it is damaged".to_owned() });
        }
        let mut failures = self.failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            return Err(StoreError::Unavailable { reason: "it is down".to_owned() });
        }
        self.log.add(Step::Stored(events.len()));
        Ok(())
    }
    async fn get(&self, _id: EventId) -> Result<Option<PlateEvent>, StoreError> {
        Ok(None)
    }
    async fn search(&self, _query: &EventQuery) -> Result<EventPage, StoreError> {
        Ok(EventPage::default())
    }
    async fn evidence_owner(
        &self,
        _id: EvidenceId,
    ) -> Result<Option<(EventId, CameraId, EvidenceKind)>, StoreError> {
        Ok(None)
    }
    async fn ready(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

fn delivery(offset: u64, payload: &[u8]) -> Delivery {
    Delivery { offset, payload: payload.to_vec() }
}

struct Case {
    failures: u32,
    unusable: bool,
    burials_that_fail: u32,
    then_closed: bool,
}

const GOOD: Case = Case { failures: 0, unusable: false, burials_that_fail: 0, then_closed: true };

/// A consumer of three good records and one that is none, in two batches.
fn consumer(case: &Case) -> (Consumer, Log) {
    let log = Log::default();
    let batches =
        [vec![delivery(0, b"good"), delivery(1, b"bad"), delivery(2, b"good")], vec![delivery(3, b"good")]];
    let subscription = Batches {
        waiting: batches.into(),
        then_closed: case.then_closed,
        burials_that_fail: case.burials_that_fail,
        log: log.clone(),
    };
    let store = Refusing { failures: Mutex::new(case.failures), unusable: case.unusable, log: log.clone() };
    let decode: Decode = Box::new(|bytes| match bytes {
        b"good" => Ok(event(1, "AAA111")),
        _ => Err("it is no event".to_owned()),
    });
    let clock = Arc::new(SystemClock::start());
    (Consumer::new(Box::new(subscription), Arc::new(store), decode, clock), log)
}

fn everything() -> Vec<Step> {
    vec![
        Step::Buried(1, "it is no event".to_owned()),
        Step::Stored(2),
        Step::Committed,
        Step::Stored(1),
        Step::Committed,
    ]
}

#[tokio::test]
async fn a_bad_record_is_buried_with_its_offset_and_the_others_are_stored_before_the_commit() {
    let (consumer, log) = consumer(&GOOD);
    let (_stop, shutdown) = watch::channel(false);
    consumer.run(shutdown).await.unwrap();
    assert_eq!(log.steps(), everything());
}

#[tokio::test]
async fn a_store_that_is_down_makes_it_wait_and_nothing_becomes_a_dead_letter() {
    let (consumer, log) = consumer(&Case { failures: 2, burials_that_fail: 1, ..GOOD });
    let (_stop, shutdown) = watch::channel(false);
    consumer.run(shutdown).await.unwrap();
    assert_eq!(log.steps(), everything());
}

#[tokio::test]
async fn shutdown_while_the_store_is_down_commits_nothing() {
    let (consumer, log) = consumer(&Case { failures: u32::MAX, ..GOOD });
    let (stop, shutdown) = watch::channel(false);
    let running = tokio::spawn(consumer.run(shutdown));
    tokio::time::sleep(Duration::from_millis(50)).await;
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
    assert!(!log.steps().contains(&Step::Committed));
}

#[tokio::test]
async fn shutdown_while_nothing_comes_ends_it() {
    let (consumer, log) = consumer(&Case { then_closed: false, ..GOOD });
    let (stop, shutdown) = watch::channel(false);
    let running = tokio::spawn(consumer.run(shutdown));
    while log.steps().len() < 5 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(stop);
    running.await.unwrap().unwrap();
    assert_eq!(log.steps(), everything());
}

#[tokio::test]
async fn a_store_that_cannot_be_used_is_an_error_and_commits_nothing() {
    let (consumer, log) = consumer(&Case { unusable: true, ..GOOD });
    let (_stop, shutdown) = watch::channel(false);
    let error = consumer.run(shutdown).await.unwrap_err();
    assert!(error.to_string().contains("it is damaged"), "{error}");
    assert!(!log.steps().contains(&Step::Committed));
}
