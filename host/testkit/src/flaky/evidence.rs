//! An evidence store that loses calls.

use std::sync::Arc;

use ovr_domain::EvidenceId;
use ovr_domain::port::{Evidence, EvidenceStore, Kept, StoreError};

use super::{Faults, Moment, StoreFault};

/// An evidence store that fails some calls; `put` and `get` are counted together.
#[derive(Debug)]
pub struct FlakyEvidence<S> {
    inner: S,
    fault: StoreFault,
    faults: Arc<Faults>,
}

impl<S> FlakyEvidence<S> {
    /// Wraps `inner`; the caller keeps `faults` to change the plan and read the counts.
    pub fn new(inner: S, fault: StoreFault, faults: Arc<Faults>) -> Self {
        Self { inner, fault, faults }
    }

    fn ask<T>(&self, inner: impl FnOnce(&S) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match self.faults.next() {
            None => inner(&self.inner),
            Some(Moment::Before) => Err(self.fault.error(&self.faults)),
            Some(Moment::After) => {
                inner(&self.inner)?;
                Err(self.fault.error(&self.faults))
            }
        }
    }
}

impl<S: EvidenceStore> EvidenceStore for FlakyEvidence<S> {
    fn put(&self, evidence: &Evidence) -> Result<Kept, StoreError> {
        self.ask(|inner| inner.put(evidence))
    }

    fn get(&self, id: EvidenceId) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(|inner| inner.get(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flaky::{Faults, Plan};
    use ovr_domain::CameraId;
    use ovr_domain::event::EvidenceKind;
    use ovr_domain::time::Timestamp;

    struct Empty;

    impl EvidenceStore for Empty {
        fn put(&self, _: &Evidence) -> Result<Kept, StoreError> {
            Ok(Kept::Stored)
        }
        fn get(&self, _: EvidenceId) -> Result<Option<Vec<u8>>, StoreError> {
            Ok(None)
        }
    }

    #[test]
    fn the_second_call_fails_whichever_it_is() {
        let faults = Arc::new(Faults::new(Plan::Calls(vec![2])));
        let store = FlakyEvidence::new(Empty, StoreFault::Unavailable, faults);
        let time = Timestamp::from_micros(1);
        let evidence = Evidence {
            id: EvidenceId::mint(time),
            kind: EvidenceKind::Scene,
            camera: CameraId::new("gate").unwrap(),
            captured_at: time,
            jpeg: vec![0xFF],
        };
        assert_eq!(store.put(&evidence), Ok(Kept::Stored));
        assert!(matches!(store.get(evidence.id), Err(StoreError::Unavailable { .. })));
        assert_eq!(store.get(evidence.id), Ok(None));
    }
}
