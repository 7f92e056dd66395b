//! The way from the spool to the consumer, one file for each kind of bus.

#[cfg(test)]
pub(crate) mod conformance;
pub mod local;

pub use local::{LocalBus, LocalSubscription, local_bus};
