//! The store that the configuration names: a file of SQLite, or a database of PostgreSQL.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ovr_domain::port::{EventStore, StoreError};
use ovr_domain::{CameraId, InstallId, PlateEvent, SiteId, Timestamp};
use ovr_store::postgres::{PasswordSource, PostgresStore};
use ovr_store::sqlite::{SEEN_EVENTS_MAX, SqliteStore};
use tokio::runtime::Runtime;

use crate::config::{HostConfig, StorePlace};
use crate::print::Refusal;

/// Where a password is looked for when the configuration names no place.
const PASSWORD_VARIABLE: &str = "OVR_STORE_PASSWORD";

/// Events that one bite of a purge removes, and the most bites of one purge: what is left comes a minute later.
const BITE_EVENTS: u32 = 1_000;
const BITES_MAX: u32 = 100;

/// An opened store.
#[derive(Clone)]
pub(crate) enum OpenStore {
    /// In a file, for this installation alone.
    Sqlite(Arc<SqliteStore>),
    /// In a database, which other installations may share.
    Postgres {
        store: Arc<PostgresStore>,
        /// Why it did not answer when it was opened.
        waits_for: Option<String>,
    },
}

impl OpenStore {
    /// Opens the store and brings its schema up to date. A server that is down is no reason not to start: what is accepted
    /// waits in the spool.
    pub(super) fn open(
        host: &HostConfig,
        state: &Path,
        install: InstallId,
        runtime: &Runtime,
    ) -> Result<Self, Refusal> {
        let refuse = |error: &dyn std::fmt::Display| Refusal(error.to_string());
        let address = match host.store_place(state).map_err(Refusal)? {
            StorePlace::Sqlite(file) => {
                let store = SqliteStore::open(&file, install).map_err(|error| refuse(&error))?;
                return Ok(Self::Sqlite(Arc::new(store)));
            }
            StorePlace::Postgres(address) => address,
        };
        let store = PostgresStore::new(address, password(host)).map_err(|error| refuse(&error))?;
        let waits_for = match runtime.block_on(store.prepare()) {
            Ok(()) => None,
            Err(ovr_store::Error::Store(StoreError::Unavailable { reason })) => {
                tracing::warn!(store = %store.address(), reason, "the event store does not answer: what is accepted waits in the spool");
                Some(format!("the event store {} does not answer: {reason}", store.address()))
            }
            Err(error) => return Err(refuse(&error)),
        };
        Ok(Self::Postgres { store: Arc::new(store), waits_for })
    }

    pub(crate) fn events(&self) -> Arc<dyn EventStore> {
        match self {
            Self::Sqlite(store) => Arc::clone(store) as Arc<dyn EventStore>,
            Self::Postgres { store, .. } => Arc::clone(store) as Arc<dyn EventStore>,
        }
    }

    /// Why it did not answer when it was opened.
    pub(super) fn waits_for(&self) -> Option<&str> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres { waits_for, .. } => waits_for.as_deref(),
        }
    }

    /// What dedup has to know after a restart: passes seen at `from` or later, those last seen first. In a store that others
    /// share, only those of these cameras: theirs may still be in view.
    pub(super) async fn seen_since(
        &self,
        site: &SiteId,
        cameras: &[CameraId],
        from: Timestamp,
    ) -> Result<Vec<PlateEvent>, StoreError> {
        match self {
            Self::Sqlite(store) => store.seen_since(from, SEEN_EVENTS_MAX).await,
            Self::Postgres { store, .. } => {
                let mut seen = store.seen_since(site, from, SEEN_EVENTS_MAX).await?;
                seen.retain(|event| cameras.contains(&event.camera_id));
                Ok(seen)
            }
        }
    }

    /// Removes events that were captured before `cutoff`, in bites, so that what is stored meanwhile does not wait long.
    pub(super) async fn purge_before(&self, cutoff: Timestamp) -> Result<u64, StoreError> {
        let mut purged = 0;
        for _ in 0..BITES_MAX {
            let bite = match self {
                Self::Sqlite(store) => store.purge_before(cutoff, BITE_EVENTS).await?,
                Self::Postgres { store, .. } => store.purge_before(cutoff, BITE_EVENTS).await?,
            };
            purged += bite;
            if bite < u64::from(BITE_EVENTS) {
                break;
            }
        }
        Ok(purged)
    }
}

/// How long events are kept.
pub(super) struct EventRetention {
    pub(super) store: OpenStore,
    /// 0 keeps them for ever.
    pub(super) keep_days: u32,
}

impl EventRetention {
    /// One look.
    pub(super) async fn purge(&self, now: Timestamp) {
        if self.keep_days == 0 {
            return;
        }
        let cutoff = now.minus(Duration::from_hours(24 * u64::from(self.keep_days)));
        match self.store.purge_before(cutoff).await {
            Ok(0) => {}
            Ok(events) => tracing::info!(events, "events purged"),
            Err(error) => tracing::warn!("purging events: {error}"),
        }
    }
}

/// Looked for at each connection, so that a password that was changed needs no restart.
fn password(host: &HostConfig) -> PasswordSource {
    let from = host.store_password.clone();
    Arc::new(move || match &from {
        Some(from) => from.resolve().map(|secret| Some(secret.reveal().to_owned())),
        None => Ok(std::env::var(PASSWORD_VARIABLE).ok().filter(|password| !password.is_empty())),
    })
}
