//! WASM plugins: components loaded from a folder, held to their limits, and swapped while cameras run.

mod contract;
pub mod engine;
mod error;
pub mod registry;

pub use error::Error;
