//! A value that a reload replaces while threads work with it.

use std::sync::Arc;

use arc_swap::ArcSwap;

/// Replaced as a whole; whoever works with the old value finishes with it.
#[derive(Debug)]
pub(crate) struct Shared<T>(Arc<ArcSwap<T>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Shared<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self(Arc::new(ArcSwap::new(value)))
    }

    /// The value as it is now.
    pub(crate) fn load(&self) -> Arc<T> {
        self.0.load_full()
    }

    /// Every reader takes the new value the next time that it asks.
    pub(crate) fn store(&self, value: Arc<T>) {
        self.0.store(value);
    }

    /// For one thread, with the value as it is now.
    pub(crate) fn reader(&self) -> Reader<T> {
        Reader { seen: self.load(), shared: self.clone() }
    }
}

/// One thread's view: the value changes only when the thread asks, so that a piece of work sees one value throughout.
#[derive(Debug)]
pub(crate) struct Reader<T> {
    shared: Shared<T>,
    seen: Arc<T>,
}

impl<T> Reader<T> {
    /// The value as it was when this was last asked for changes.
    pub(crate) fn seen(&self) -> &Arc<T> {
        &self.seen
    }

    /// The new value, when it was replaced since the last time.
    pub(crate) fn changed(&mut self) -> Option<Arc<T>> {
        let now = self.shared.0.load();
        if Arc::ptr_eq(&now, &self.seen) {
            return None;
        }
        self.seen = Arc::clone(&now);
        Some(Arc::clone(&now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_sees_a_new_value_once_and_only_when_it_asks() {
        let shared = Shared::new(Arc::new(1));
        let mut reader = shared.reader();
        assert_eq!(reader.changed(), None);
        shared.store(Arc::new(2));
        assert_eq!(**reader.seen(), 1);
        assert_eq!(reader.changed().as_deref(), Some(&2));
        assert_eq!((reader.changed(), **reader.seen()), (None, 2));
        assert_eq!(*shared.load(), 2);
    }
}
