//! Consume the bus into a store; keep evidence; answer queries.
//!
//! What arrives on the bus ends in exactly one of two places: the store, or the dead letters with a reason. A store
//! that does not answer makes the consumer wait; it never makes a record a dead letter.

#[cfg(test)]
mod conformance;
pub mod consume;
mod error;
pub mod evidence;
pub mod sqlite;

pub use consume::{Consumer, Decode};
pub use error::Error;
pub use evidence::{FilesStore, Purged};
pub use sqlite::SqliteStore;
