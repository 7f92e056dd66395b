//! What makes the whole program end with exit code 1: the first part that cannot go on says why.

use std::sync::{Arc, OnceLock};

/// Shared by all parts; the first report stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct Failure(Arc<OnceLock<String>>);

impl Failure {
    /// A part cannot go on.
    pub(crate) fn report(&self, reason: String) {
        // A later failure is a consequence of the first.
        let _ = self.0.set(reason);
    }

    /// Why, if one cannot.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}
