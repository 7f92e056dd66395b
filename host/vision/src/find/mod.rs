//! The default plate finder: every line of text that PP-OCR's detection network sees.
//!
//! It stands in until a detector of plates exists, behind the same [`Detector`] trait. It finds *text*, on plates, signs
//! and lettering alike; what reads like no plate falls out later by [`PlateRead::plate_likeness`].
//!
//! [`PlateRead::plate_likeness`]: ovr_domain::PlateRead::plate_likeness

mod db;
mod finder;
pub(crate) mod group;
pub(crate) mod rectangle;

pub use db::DbConfig;
pub use finder::{TextFinder, TextFinderConfig, TextLine};
