//! What this crate could not do.

use ovr_domain::port::StoreError;

/// Why a store cannot be opened, or why consuming ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The place cannot be written.
    #[error("cannot write the {what} {path}: {reason}; give this user write access or name another folder")]
    Unwritable {
        /// `event store` or `evidence folder`.
        what: &'static str,
        /// Where.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// There is something else in its place.
    #[error("{path} is no {what}: {reason}; move it away or name another place")]
    Foreign {
        /// `event store` or `evidence folder`.
        what: &'static str,
        /// Where.
        path: String,
        /// What it is.
        reason: String,
    },
    /// It belongs to another installation.
    #[error(
        "the {what} {path} belongs to installation {found}, this one is {expected}: \
         restore the state folder that belongs together, or move the {what} away"
    )]
    OtherInstall {
        /// `event store` or `evidence folder`.
        what: &'static str,
        /// Where.
        path: String,
        /// Whose it is.
        found: String,
        /// Who asks.
        expected: String,
    },
    /// A newer version wrote it.
    #[error(
        "the event store {path} has schema {found}, this program knows up to {known}: use the newer program"
    )]
    Newer {
        /// Where.
        path: String,
        /// Schema of the file.
        found: i64,
        /// Schema of this program.
        known: i64,
    },
    /// Its schema cannot be brought up to date.
    #[error("bringing the schema of the event store {path} up to date: {reason}")]
    Migration {
        /// Where.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The address of a server is none.
    #[error(
        "the store's address cannot be used: {reason}; expected a postgres:// address with user, host and database and \
         no password, and with ?sslmode=verify-full or ?sslmode=disable where it matters"
    )]
    Address {
        /// What is wrong.
        reason: String,
    },
    /// The server lets nobody in who comes like this.
    #[error("the event store {path} refuses: {reason}; give the right user, password and database")]
    Refused {
        /// Where.
        path: String,
        /// What the server says.
        reason: String,
    },
    /// The store refused for good.
    #[error(transparent)]
    Store(#[from] StoreError),
}
