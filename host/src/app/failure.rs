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

    /// Reports that `part` ended early, by a panic say, unless [`Guard::done`] is called.
    pub(crate) fn guard(&self, part: &'static str) -> Guard {
        Guard { failure: Some(self.clone()), part }
    }
}

/// See [`Failure::guard`].
pub(crate) struct Guard {
    failure: Option<Failure>,
    part: &'static str,
}

impl Guard {
    /// The part ended as it should.
    pub(crate) fn done(mut self) {
        self.failure = None;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(failure) = &self.failure {
            failure.report(format!("the {} ended before its time", self.part));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_panics_is_reported_and_one_that_is_done_is_not() {
        let failure = Failure::default();
        failure.guard("first").done();
        assert_eq!(failure.reason(), None);
        let guarded = failure.clone();
        let panicked = std::thread::spawn(move || {
            let _guard = guarded.guard("second");
            panic!("as a part might");
        });
        assert!(panicked.join().is_err());
        assert_eq!(failure.reason(), Some("the second ended before its time"));
    }
}
