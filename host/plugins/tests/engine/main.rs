//! The engine against plugins that are broken, greedy or lie. The hostile plugin is `guests/hostile`; what no compiler would
//! build is made of text in `craft.rs`.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot begin has failed")]

mod craft;
mod files;
mod javascript;
mod limits;
mod packs;
mod shipped;
mod support;
mod values;
