//! Detect, track and read: from a frame to a plate read. ONNX Runtime lives here and nowhere else.

pub mod detect;
pub mod infer;
mod invalid;
pub mod motion;
pub mod read;
pub mod track;

pub use invalid::InvalidKey;
