//! Events in PostgreSQL, cut by days: by TimescaleDB where the database has it, else by us.
//!
//! `upsert` is durable when it returns, because the consumer commits after it and the spool forgets after that. Nothing
//! here waits without a limit: a connection, a statement and a lock each have theirs, and a server that is down, full or
//! slow gives [`StoreError::Unavailable`], which makes the consumer wait. Every value goes into a statement as a bound
//! parameter; statements are put together from constants only.
//!
//! A database may be shared by many installations, so none owns it. Connections must keep their session: a pooler
//! between has to be in session mode.

mod address;
mod failure;
mod open;
mod pool;
mod query;
#[cfg(test)]
pub(crate) mod tests;
mod tls;
mod value;
mod write;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use ovr_domain::event::EvidenceKind;
use ovr_domain::port::{ATTEMPT_DEADLINE, EventStore, StoreError};
use ovr_domain::query::{EventPage, EventQuery};
use ovr_domain::{CameraId, EventId, EvidenceId, PlateEvent, SiteId, Timestamp};
use refinery::Target;
use tokio_postgres::types::{ToSql, Type};

use crate::answer::{self, parse};
use crate::sqlite::SEEN_EVENTS_MAX;
use crate::{Error, postgres::query::Search};
pub use address::PostgresAddress;
use open::Partitions;
use pool::{Pool, Purpose, Server, for_now, unavailable};
use value::Instant;
use write::Batch;

/// Connections that read at the same time.
const READERS: usize = 4;

/// Connections that write at the same time: the consumer's, and retention's.
const WRITERS: usize = 2;

/// Longest that a query may take, and that a caller waits for the schema to be brought up to date.
const QUERY_DEADLINE: Duration = Duration::from_secs(5);

/// Days that are made ahead of the newest event.
const DAYS_AHEAD: i64 = 2;

/// Most days that are remembered as made. A camera with a wild clock names more; they are asked for again.
const DAYS_KNOWN_MAX: usize = 2_000;

const GET: &str = "SELECT event.event::text FROM event_key JOIN event USING (captured_at, event_id)
    WHERE event_id = $1";
const OWNER: &str = "SELECT event_id, camera_id, kind FROM evidence WHERE evidence_id = $1";
const SEEN_SINCE: &str = "SELECT event.event::text
    FROM (SELECT event_id, captured_at, seen_at FROM event_key WHERE site_id = $1 AND seen_at >= $2
        ORDER BY seen_at DESC, event_id DESC LIMIT $3) AS seen
    JOIN event USING (captured_at, event_id) ORDER BY seen_at DESC, event_id DESC";
const DROP_DAY: &str = "SELECT event_drop_before($1)";
/// One bite: what is left of events in a day that is not over yet, the keys of days that were dropped, their pictures.
const PURGE: &str = "WITH old AS (
        SELECT event_id, captured_at FROM event_key WHERE captured_at < $1 LIMIT $2
    ), gone AS (
        DELETE FROM event USING old WHERE event.captured_at = old.captured_at AND event.event_id = old.event_id
    ), pictures AS (
        DELETE FROM evidence USING old WHERE evidence.event_id = old.event_id
    )
    DELETE FROM event_key USING old WHERE event_key.event_id = old.event_id";
const READY: &str = "SELECT count(*) FROM meta";
const MAKE_DAY: &str = "SELECT event_make_day(date '1970-01-01' + $1)";

/// Gives the password for each new connection, so that a changed one counts from the next on; `None` where the server
/// asks for none. An error says what is wrong and what would be right, without a part of the secret.
pub type PasswordSource = Arc<dyn Fn() -> Result<Option<String>, String> + Send + Sync>;

/// An [`EventStore`] in one PostgreSQL database.
pub struct PostgresStore {
    inner: Arc<Inner>,
}

struct Inner {
    server: Arc<Server>,
    writers: Pool,
    readers: Pool,
    partitions: OnceLock<Partitions>,
    preparing: tokio::sync::Mutex<()>,
    days: Mutex<HashSet<i64>>,
}

impl PostgresStore {
    /// A store at `address`. Connects to nothing yet; an error means that TLS cannot be set up.
    pub fn new(address: PostgresAddress, password: PasswordSource) -> Result<Self, Error> {
        let server = Arc::new(Server::new(address, password)?);
        let inner = Inner {
            writers: Pool::new(Arc::clone(&server), Purpose::Write, WRITERS, ATTEMPT_DEADLINE),
            readers: Pool::new(Arc::clone(&server), Purpose::Read, READERS, QUERY_DEADLINE),
            server,
            partitions: OnceLock::new(),
            preparing: tokio::sync::Mutex::new(()),
            days: Mutex::new(HashSet::new()),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Brings the schema up to date; safe by many processes at once. Refuses a newer schema and the databases of other
    /// programs. Every use of the store does it when it has not been done: a server that is down when the program
    /// starts only keeps it waiting.
    pub async fn prepare(&self) -> Result<(), Error> {
        // A task of its own, because a caller that gives up must not take a migration back.
        let inner = Arc::clone(&self.inner);
        let prepared = tokio::spawn(async move { inner.prepare().await.map(drop) }).await;
        prepared.unwrap_or_else(|error| Err(unavailable(&format!("its task ended: {error}")).into()))
    }

    /// Where it is, without credentials.
    pub fn address(&self) -> &PostgresAddress {
        &self.inner.server.address
    }

    /// Events of `site` whose vehicle was seen at `from` or later, whenever they were captured, suppressed ones too:
    /// those last seen first, at most `max` and never more than [`SEEN_EVENTS_MAX`]. Vehicles that passed unread are left
    /// out. This is what dedup has to know after a restart.
    pub async fn seen_since(
        &self,
        site: &SiteId,
        from: Timestamp,
        max: u32,
    ) -> Result<Vec<PlateEvent>, StoreError> {
        let max = i64::from(max.clamp(1, SEEN_EVENTS_MAX));
        self.inner.partitions().await?;
        let pool = &self.inner.readers;
        let lease = pool.lease().await?;
        let (site, from) = (site.as_str(), Instant(from));
        let values: [(&(dyn ToSql + Sync), Type); 3] =
            [(&site, Type::TEXT), (&from, Type::TIMESTAMPTZ), (&max, Type::INT8)];
        let asked = pool.within(lease.session.client.query_typed(SEEN_SINCE, &values)).await;
        let rows = lease.settle(asked)?;
        rows.iter().map(|row| parse(row.get(0))).collect()
    }

    /// Removes at most `max` events that were captured before `cutoff`, with what is known of their pictures, and says how
    /// many it removed: fewer than `max` when none is left. Days that are wholly over are dropped at once, which frees
    /// their disk; their events count when their keys go.
    pub async fn purge_before(&self, cutoff: Timestamp, max: u32) -> Result<u64, StoreError> {
        self.inner.partitions().await?;
        let pool = &self.inner.writers;
        let (cutoff, max) = (Instant(cutoff), i64::from(max));
        let day: [(&(dyn ToSql + Sync), Type); 1] = [(&cutoff, Type::TIMESTAMPTZ)];
        loop {
            let lease = pool.lease().await?;
            let asked = pool.within(lease.session.client.query_typed_one(DROP_DAY, &day)).await;
            match lease.settle(asked)?.get::<_, Option<String>>(0) {
                Some(name) => tracing::info!(name, "a day of events was dropped"),
                None => break,
            }
        }
        let bite: [(&(dyn ToSql + Sync), Type); 2] = [(&cutoff, Type::TIMESTAMPTZ), (&max, Type::INT8)];
        let lease = pool.lease().await?;
        let purged = pool.within(lease.session.client.execute_typed(PURGE, &bite)).await;
        lease.settle(purged)
    }
}

impl Inner {
    async fn prepare(&self) -> Result<Partitions, Error> {
        let _one_at_a_time = self.preparing.lock().await;
        if let Some(known) = self.partitions.get() {
            return Ok(*known);
        }
        let found = open::prepare(&self.server, Target::Latest).await?;
        Ok(*self.partitions.get_or_init(|| found))
    }

    /// Who cuts the events by days, once the schema is up to date.
    async fn partitions(self: &Arc<Self>) -> Result<Partitions, StoreError> {
        if let Some(known) = self.partitions.get() {
            return Ok(*known);
        }
        if self.preparing.try_lock().is_err() {
            return Err(unavailable("its schema is being brought up to date"));
        }
        let inner = Arc::clone(self);
        let preparing = tokio::spawn(async move { inner.prepare().await });
        match tokio::time::timeout(QUERY_DEADLINE, preparing).await {
            Ok(Ok(prepared)) => prepared.map_err(for_now),
            Ok(Err(error)) => Err(unavailable(&format!("its task ended: {error}"))),
            Err(_) => Err(unavailable("its schema is being brought up to date")),
        }
    }

    /// Makes the days of a batch, and those that come next, so that no event has to wait for its day at midnight.
    async fn make_days(&self, batch: &Batch) -> Result<(), StoreError> {
        let known = |day: &i64| self.days.lock().unwrap_or_else(PoisonError::into_inner).contains(day);
        for day in batch.days().into_iter().filter(|day| !known(day)) {
            for day in day..=day.saturating_add(DAYS_AHEAD) {
                // Days that no calendar has stay with the strays.
                let Ok(day) = i32::try_from(day) else { continue };
                let lease = self.writers.lease().await?;
                let day: [(&(dyn ToSql + Sync), Type); 1] = [(&day, Type::INT4)];
                let asked = self.writers.within(lease.session.client.query_typed(MAKE_DAY, &day)).await;
                lease.settle(asked)?;
            }
            let mut days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
            if days.len() >= DAYS_KNOWN_MAX {
                days.clear();
            }
            days.insert(day);
        }
        Ok(())
    }
}

#[async_trait]
impl EventStore for PostgresStore {
    async fn upsert(&self, events: &[PlateEvent]) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let batch = Batch::of(events)?;
        if self.inner.partitions().await? == Partitions::Days {
            self.inner.make_days(&batch).await?;
        }
        let pool = &self.inner.writers;
        let mut lease = pool.lease().await?;
        let stored = pool.within(write::upsert(&mut lease.session, &batch)).await;
        lease.settle(stored)
    }

    async fn get(&self, id: EventId) -> Result<Option<PlateEvent>, StoreError> {
        self.inner.partitions().await?;
        let pool = &self.inner.readers;
        let lease = pool.lease().await?;
        let asked = pool.within(lease.session.client.query_typed_opt(GET, &[(&id.0, Type::UUID)])).await;
        lease.settle(asked)?.map(|row| parse(row.get(0))).transpose()
    }

    async fn search(&self, query: &EventQuery) -> Result<EventPage, StoreError> {
        self.inner.partitions().await?;
        let search = Search::of(query);
        let pool = &self.inner.readers;
        let lease = pool.lease().await?;
        let asked = pool.within(search.run(&lease.session.client)).await;
        answer::page(lease.settle(asked)?, search.limit)
    }

    async fn evidence_owner(
        &self,
        id: EvidenceId,
    ) -> Result<Option<(EventId, CameraId, EvidenceKind)>, StoreError> {
        self.inner.partitions().await?;
        let pool = &self.inner.readers;
        let lease = pool.lease().await?;
        let asked = pool.within(lease.session.client.query_typed_opt(OWNER, &[(&id.0, Type::UUID)])).await;
        let owner = |row: tokio_postgres::Row| answer::owner(row.get(0), row.get(1), row.get(2));
        lease.settle(asked)?.map(owner).transpose()
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.inner.partitions().await?;
        let pool = &self.inner.readers;
        let lease = pool.lease().await?;
        let asked = pool.within(lease.session.client.query_typed_one(READY, &[])).await;
        lease.settle(asked).map(drop)
    }
}
