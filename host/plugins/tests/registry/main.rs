//! A folder of plugins in use: swapped under load, left alone when they fail, following what happens in the folder.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod event;
mod fixture;
mod folder;
mod policy;
mod swap;
