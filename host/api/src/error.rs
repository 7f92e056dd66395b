//! What keeps the API from starting. What goes wrong in one request is a [`crate::problem::Problem`].

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the API, its credentials or its metrics cannot start. Each message is one line for a person.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("listening on {address}: {reason}")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The address can be reached from other machines and nobody said that it may.
    #[error(
        "listening on {address}: other machines could reach it and plates would cross the network in clear; \
         listen on 127.0.0.1 behind a proxy that speaks TLS, or allow remote clients explicitly"
    )]
    NotLoopback {
        /// What was asked for.
        address: SocketAddr,
    },
    /// The server stopped although nobody asked it to.
    #[error("serving requests: {reason}")]
    Serve {
        /// What the system said.
        reason: String,
    },
    /// The credentials cannot be read or written.
    #[error("using credentials {}: {reason}", path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A credential cannot be made.
    #[error("making a credential: {reason}")]
    NewCredential {
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The metrics recorder cannot be installed.
    #[error("installing the metrics recorder: {reason}")]
    Metrics {
        /// What is wrong.
        reason: String,
    },
}
