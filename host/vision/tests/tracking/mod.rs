//! What the tracking tests share: scenes from public data, and the evaluator.

pub mod evaluator;
pub mod scene;
