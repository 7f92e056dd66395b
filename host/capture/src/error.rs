//! What this crate could not do, apart from [`ovr_domain::port::SourceError`], which sources give.

/// Why a source is not well described or a video cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A source is not described as it should be.
    #[error("source {text:?} is not valid: {reason}")]
    Source {
        /// The source as it was given.
        text: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// GStreamer itself, or a part of it, is missing.
    #[error("cannot use GStreamer: {reason}")]
    Runtime {
        /// What is missing and how to get it.
        reason: String,
    },
    /// A video cannot be written.
    #[error("writing video {path}: {reason}")]
    Write {
        /// The file.
        path: String,
        /// What is wrong and what would be right.
        reason: String,
    },
}
