//! What can go wrong before a plugin runs. What goes wrong in a call is [`crate::engine::CallError`].

use std::path::PathBuf;

use crate::engine::CallError;
use crate::registry::PLUGINS_MAX;

/// Why the engine does not start or a file does not become a plugin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine does not start.
    #[error("cannot start the WASM engine: {reason}")]
    Engine {
        /// What wasmtime or the system said.
        reason: String,
    },
    /// The folder of compiled plugins is not ours alone or cannot be used.
    #[error("cannot use {} as cache of compiled plugins: {reason}", folder.display())]
    Cache {
        /// The folder.
        folder: PathBuf,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A file cannot be read.
    #[error("cannot read plugin {}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is no plugin that this host runs.
    #[error("cannot load plugin {}: {reason}", file.display())]
    Refused {
        /// The file.
        file: PathBuf,
        /// What is wrong and what would be right, in one line.
        reason: String,
    },
    /// The name of a file is none for a plugin.
    #[error("cannot load plugin {}: expected {expected}", file.display())]
    Name {
        /// The file.
        file: PathBuf,
        /// What would be right.
        expected: String,
    },
    /// As many plugins as there may be are in use.
    #[error("cannot load plugin {}: {PLUGINS_MAX} plugins are in use, expected at most as many", file.display())]
    TooMany {
        /// The file.
        file: PathBuf,
    },
    /// A plugin's own test vectors do not hold.
    #[error("cannot use plugin {}: {source}", file.display())]
    SelfTest {
        /// The file.
        file: PathBuf,
        /// What the plugin said.
        source: CallError,
    },
    /// The folder cannot be watched.
    #[error("cannot start the thread that watches the folder of plugins: {source}")]
    Watch {
        /// What the system said.
        source: std::io::Error,
    },
}
