//! A bus whose publishers and consumers lose calls.

use std::sync::Arc;

use async_trait::async_trait;
use ovr_domain::port::{BusError, Delivery, Envelope, EventBus, EventSubscription};

use super::{Faults, Moment};

/// What a failing call on a bus says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusFault {
    /// [`BusError::Unavailable`].
    Unavailable,
    /// [`BusError::Closed`].
    Closed,
}

impl BusFault {
    fn error(self, faults: &Faults) -> BusError {
        match self {
            Self::Unavailable => BusError::Unavailable { reason: faults.reason() },
            Self::Closed => BusError::Closed,
        }
    }
}

/// A bus that fails some calls of `publish`.
#[derive(Debug)]
pub struct FlakyBus<B> {
    inner: B,
    fault: BusFault,
    faults: Arc<Faults>,
}

impl<B> FlakyBus<B> {
    /// Wraps `inner`; the caller keeps `faults` to change the plan and read the counts.
    pub fn new(inner: B, fault: BusFault, faults: Arc<Faults>) -> Self {
        Self { inner, fault, faults }
    }

    /// The bus inside.
    pub fn inner(&self) -> &B {
        &self.inner
    }
}

#[async_trait]
impl<B: EventBus> EventBus for FlakyBus<B> {
    async fn publish(&self, batch: &[Envelope]) -> Result<(), BusError> {
        match self.faults.next() {
            None => self.inner.publish(batch).await,
            Some(Moment::Before) => Err(self.fault.error(&self.faults)),
            Some(Moment::After) => {
                self.inner.publish(batch).await?;
                Err(self.fault.error(&self.faults))
            }
        }
    }
}

/// A consumer's end that fails some calls: `poll`, `commit` and `dead_letter` are counted together.
#[derive(Debug)]
pub struct FlakySubscription<S> {
    inner: S,
    fault: BusFault,
    faults: Arc<Faults>,
}

impl<S> FlakySubscription<S> {
    /// Wraps `inner`; the caller keeps `faults` to change the plan and read the counts. A `poll` fails before it
    /// reaches `inner` whatever the moment, because records that were handed out and lost could not come again.
    pub fn new(inner: S, fault: BusFault, faults: Arc<Faults>) -> Self {
        Self { inner, fault, faults }
    }
}

#[async_trait]
impl<S: EventSubscription> EventSubscription for FlakySubscription<S> {
    async fn poll(&mut self, max: usize) -> Result<Vec<Delivery>, BusError> {
        match self.faults.next() {
            None => self.inner.poll(max).await,
            Some(_) => Err(self.fault.error(&self.faults)),
        }
    }

    async fn commit(&mut self) -> Result<(), BusError> {
        match self.faults.next() {
            None => self.inner.commit().await,
            Some(Moment::Before) => Err(self.fault.error(&self.faults)),
            Some(Moment::After) => {
                self.inner.commit().await?;
                Err(self.fault.error(&self.faults))
            }
        }
    }

    async fn dead_letter(&mut self, delivery: &Delivery, reason: &str) -> Result<(), BusError> {
        match self.faults.next() {
            None => self.inner.dead_letter(delivery, reason).await,
            Some(Moment::Before) => Err(self.fault.error(&self.faults)),
            Some(Moment::After) => {
                self.inner.dead_letter(delivery, reason).await?;
                Err(self.fault.error(&self.faults))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flaky::Plan;
    use ovr_domain::EventId;
    use ovr_domain::time::Timestamp;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Kept(Mutex<Vec<Envelope>>);

    #[async_trait]
    impl EventBus for Kept {
        async fn publish(&self, batch: &[Envelope]) -> Result<(), BusError> {
            self.0.lock().unwrap().extend_from_slice(batch);
            Ok(())
        }
    }

    fn envelope() -> Envelope {
        Envelope {
            event_id: EventId::mint(Timestamp::from_micros(1)),
            key: "site/camera".to_owned(),
            payload: vec![1, 2, 3],
        }
    }

    #[tokio::test]
    async fn a_call_that_fails_before_publishes_nothing_and_one_that_fails_after_does() {
        for (moment, expected) in [(Moment::Before, 1), (Moment::After, 2)] {
            let faults = Arc::new(Faults::at(moment, Plan::Calls(vec![1])));
            let bus = FlakyBus::new(Kept::default(), BusFault::Unavailable, Arc::clone(&faults));
            let refused = bus.publish(&[envelope()]).await;
            assert!(matches!(refused, Err(BusError::Unavailable { .. })), "{refused:?}");
            assert_eq!(bus.publish(&[envelope()]).await, Ok(()));
            assert_eq!(bus.inner().0.lock().unwrap().len(), expected);
            assert_eq!(faults.counts(), (2, 1));
        }
    }

    struct Endless(u64);

    #[async_trait]
    impl EventSubscription for Endless {
        async fn poll(&mut self, _max: usize) -> Result<Vec<Delivery>, BusError> {
            self.0 += 1;
            Ok(vec![Delivery { offset: self.0, payload: Vec::new() }])
        }
        async fn commit(&mut self) -> Result<(), BusError> {
            Ok(())
        }
        async fn dead_letter(&mut self, _: &Delivery, _: &str) -> Result<(), BusError> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_failed_poll_loses_no_record() {
        let faults = Arc::new(Faults::at(Moment::After, Plan::Calls(vec![2])));
        let mut subscription = FlakySubscription::new(Endless(0), BusFault::Closed, faults);
        assert_eq!(subscription.poll(1).await.unwrap()[0].offset, 1);
        assert_eq!(subscription.poll(1).await, Err(BusError::Closed));
        let delivery = subscription.poll(1).await.unwrap().remove(0);
        assert_eq!(delivery.offset, 2);
        assert_eq!(subscription.commit().await, Ok(()));
        assert_eq!(subscription.dead_letter(&delivery, "no Avro").await, Ok(()));
    }
}
