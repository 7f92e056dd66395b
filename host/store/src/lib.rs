//! Consume the bus into a store; keep evidence; answer queries.
//!
//! What arrives on the bus ends in exactly one of two places: the store, or the dead letters with a reason. A store
//! that does not answer makes the consumer wait; it never makes a record a dead letter.

mod answer;
#[cfg(test)]
mod conformance;
pub mod consume;
mod error;
pub mod evidence;
#[cfg(test)]
mod model;
pub mod postgres;
mod row;
pub mod sqlite;
mod storable;

pub use consume::{Consumer, Decode};
pub use error::Error;
pub use evidence::{FilesStore, Purged};
pub use postgres::{PostgresAddress, PostgresStore};
pub use sqlite::SqliteStore;
