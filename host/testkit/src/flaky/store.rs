//! An event store that loses calls.

use std::sync::Arc;

use async_trait::async_trait;
use ovr_domain::event::EvidenceKind;
use ovr_domain::port::{EventStore, StoreError};
use ovr_domain::query::{EventPage, EventQuery};
use ovr_domain::{CameraId, EventId, EvidenceId, PlateEvent};

use super::{Faults, Moment};

/// What a failing call on a store says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreFault {
    /// [`StoreError::Unavailable`].
    Unavailable,
    /// [`StoreError::Unusable`].
    Unusable,
}

impl StoreFault {
    pub(super) fn error(self, faults: &Faults) -> StoreError {
        let reason = faults.reason();
        match self {
            Self::Unavailable => StoreError::Unavailable { reason },
            Self::Unusable => StoreError::Unusable { reason },
        }
    }
}

/// A store that fails some calls; those of all methods are counted together.
#[derive(Debug)]
pub struct FlakyStore<S> {
    inner: S,
    fault: StoreFault,
    faults: Arc<Faults>,
}

impl<S> FlakyStore<S> {
    /// Wraps `inner`; the caller keeps `faults` to change the plan and read the counts.
    pub fn new(inner: S, fault: StoreFault, faults: Arc<Faults>) -> Self {
        Self { inner, fault, faults }
    }

    /// The store inside.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// What becomes of an answer of the inner store.
    fn lose<T>(&self, moment: Option<Moment>, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        let value = answer?;
        if moment.is_some() {
            return Err(self.fault.error(&self.faults));
        }
        Ok(value)
    }

    /// Counts a call; an error when it fails before the inner store is asked.
    fn enter(&self) -> Result<Option<Moment>, StoreError> {
        match self.faults.next() {
            Some(Moment::Before) => Err(self.fault.error(&self.faults)),
            moment => Ok(moment),
        }
    }
}

#[async_trait]
impl<S: EventStore> EventStore for FlakyStore<S> {
    async fn upsert(&self, events: &[PlateEvent]) -> Result<(), StoreError> {
        let moment = self.enter()?;
        self.lose(moment, self.inner.upsert(events).await)
    }

    async fn get(&self, id: EventId) -> Result<Option<PlateEvent>, StoreError> {
        let moment = self.enter()?;
        self.lose(moment, self.inner.get(id).await)
    }

    async fn search(&self, query: &EventQuery) -> Result<EventPage, StoreError> {
        let moment = self.enter()?;
        self.lose(moment, self.inner.search(query).await)
    }

    async fn evidence_owner(
        &self,
        id: EvidenceId,
    ) -> Result<Option<(EventId, CameraId, EvidenceKind)>, StoreError> {
        let moment = self.enter()?;
        self.lose(moment, self.inner.evidence_owner(id).await)
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let moment = self.enter()?;
        self.lose(moment, self.inner.ready().await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flaky::Plan;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Default)]
    struct Counting(AtomicUsize);

    #[async_trait]
    impl EventStore for Counting {
        async fn upsert(&self, _: &[PlateEvent]) -> Result<(), StoreError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
        async fn get(&self, _: EventId) -> Result<Option<PlateEvent>, StoreError> {
            Ok(None)
        }
        async fn search(&self, _: &EventQuery) -> Result<EventPage, StoreError> {
            Ok(EventPage::default())
        }
        async fn evidence_owner(
            &self,
            _: EvidenceId,
        ) -> Result<Option<(EventId, CameraId, EvidenceKind)>, StoreError> {
            Ok(None)
        }
        async fn ready(&self) -> Result<(), StoreError> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn an_answer_can_be_lost_after_the_work_was_done() {
        let faults = Arc::new(Faults::at(Moment::After, Plan::Calls(vec![1])));
        let store = FlakyStore::new(Counting::default(), StoreFault::Unavailable, faults);
        let lost = store.upsert(&[]).await;
        assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{lost:?}");
        assert_eq!(store.inner().0.load(Ordering::Relaxed), 1);
        assert_eq!(store.upsert(&[]).await, Ok(()));
        assert_eq!(store.ready().await, Ok(()));
    }

    #[tokio::test]
    async fn a_refused_call_never_reaches_the_store() {
        let faults = Arc::new(Faults::new(Plan::Always));
        let store = FlakyStore::new(Counting::default(), StoreFault::Unusable, Arc::clone(&faults));
        assert!(matches!(store.upsert(&[]).await, Err(StoreError::Unusable { .. })));
        assert!(store.search(&EventQuery::default()).await.is_err());
        assert_eq!(store.inner().0.load(Ordering::Relaxed), 0);
        faults.replan(Plan::Never);
        assert!(store.search(&EventQuery::default()).await.is_ok());
    }
}
