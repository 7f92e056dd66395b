//! Pictures, one file for each kind of place that keeps them.

mod files;
mod layout;
mod looked;
#[cfg(test)]
mod tests;

pub use files::{FilesStore, PICTURE_BYTES_MAX, Purged};
