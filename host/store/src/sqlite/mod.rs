//! Events in SQLite: one connection that writes, a few that read, WAL between them.
//!
//! `upsert` is durable when it returns (`synchronous=FULL`), because the consumer commits after it and the spool
//! forgets after that. Every value goes into a statement as a bound parameter; statements are put together from
//! constants only.

mod open;
mod pool;
mod query;
#[cfg(test)]
mod tests;
mod write;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ovr_domain::event::EvidenceKind;
use ovr_domain::port::{ATTEMPT_DEADLINE, EventStore, StoreError};
use ovr_domain::query::{EventPage, EventQuery};
use ovr_domain::{CameraId, EventId, EvidenceId, InstallId, PlateEvent, Timestamp};
use rusqlite::OptionalExtension;
use uuid::Uuid;

use crate::Error;
use crate::answer::{self, parse, unusable};
use crate::row::Row;
use pool::Pool;

/// Connections that read at the same time.
const READERS: usize = 4;

/// Longest that a query may take. A store of millions of events answers an indexed one in milliseconds.
const QUERY_DEADLINE: Duration = Duration::from_secs(5);

/// Most events that [`SqliteStore::seen_since`] gives at a time.
pub const SEEN_EVENTS_MAX: u32 = 20_000;

const GET: &str = "SELECT event FROM event WHERE event_id = ?1";
const OWNER: &str = "SELECT event_id, camera_id, kind FROM evidence WHERE evidence_id = ?1";
const SEEN_SINCE: &str = "SELECT event FROM event WHERE last_seen >= ?1 AND unread = 0
    ORDER BY last_seen DESC, event_id DESC LIMIT ?2";
const PURGE: &str =
    "DELETE FROM event WHERE rowid IN (SELECT rowid FROM event WHERE captured_at < ?1 LIMIT ?2)";
const READY: &str = "SELECT count(*) FROM meta";

/// An [`EventStore`] in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Arc<Pool>,
    readers: Arc<Pool>,
}

impl SqliteStore {
    /// Opens the store in `file`, makes it when there is none, and brings its schema up to date. Refuses the store of
    /// another installation, a newer schema, and files that are none. Blocks.
    pub fn open(file: &Path, install: InstallId) -> Result<Self, Error> {
        let writer = open::writer(file, install)?;
        let readers = (0..READERS).map(|_| open::reader(file)).collect::<Result<Vec<_>, Error>>()?;
        Ok(Self { writer: Pool::new(vec![writer]), readers: Pool::new(readers) })
    }

    /// Events whose vehicle was seen at `from` or later, whenever they were captured, suppressed ones too: those last
    /// seen first, at most `max` and never more than [`SEEN_EVENTS_MAX`]. Vehicles that passed unread are left out.
    /// This is what dedup has to know after a restart.
    pub async fn seen_since(&self, from: Timestamp, max: u32) -> Result<Vec<PlateEvent>, StoreError> {
        let max = max.clamp(1, SEEN_EVENTS_MAX);
        let select = move |connection: &mut rusqlite::Connection| {
            let mut statement = connection.prepare_cached(SEEN_SINCE)?;
            let rows = statement.query_map((from.as_micros(), max), |row| row.get::<_, String>(0))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let rows = self.readers.run(QUERY_DEADLINE, select).await?;
        rows.iter().map(|json| parse(json)).collect()
    }

    /// Removes at most `max` events that were captured before `cutoff`, with what is known of their pictures, and says how
    /// many it removed: fewer than `max` when none is left.
    pub async fn purge_before(&self, cutoff: Timestamp, max: u32) -> Result<u64, StoreError> {
        let purge = move |connection: &mut rusqlite::Connection| {
            connection.execute(PURGE, (cutoff.as_micros(), max)).map(|rows| rows as u64)
        };
        self.writer.run(ATTEMPT_DEADLINE, purge).await
    }
}

#[async_trait]
impl EventStore for SqliteStore {
    async fn upsert(&self, events: &[PlateEvent]) -> Result<(), StoreError> {
        let rows = events.iter().map(Row::of).collect::<Result<Vec<_>, StoreError>>()?;
        self.writer.run(ATTEMPT_DEADLINE, move |connection| write::upsert(connection, &rows)).await
    }

    async fn get(&self, id: EventId) -> Result<Option<PlateEvent>, StoreError> {
        let select = move |connection: &mut rusqlite::Connection| {
            let mut statement = connection.prepare_cached(GET)?;
            statement.query_row([&id.0.as_bytes()[..]], |row| row.get::<_, String>(0)).optional()
        };
        let json = self.readers.run(QUERY_DEADLINE, select).await?;
        json.map(|json| parse(&json)).transpose()
    }

    async fn search(&self, query: &EventQuery) -> Result<EventPage, StoreError> {
        let statement = query::Statement::of(query);
        let limit = statement.limit;
        let rows = self.readers.run(QUERY_DEADLINE, move |connection| statement.run(connection)).await?;
        answer::page(rows, limit)
    }

    async fn evidence_owner(
        &self,
        id: EvidenceId,
    ) -> Result<Option<(EventId, CameraId, EvidenceKind)>, StoreError> {
        let select = move |connection: &mut rusqlite::Connection| {
            let mut statement = connection.prepare_cached(OWNER)?;
            let owner = |row: &rusqlite::Row<'_>| {
                Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
            };
            statement.query_row([&id.0.as_bytes()[..]], owner).optional()
        };
        let Some((event, camera, kind)) = self.readers.run(QUERY_DEADLINE, select).await? else {
            return Ok(None);
        };
        let event = Uuid::from_slice(&event).map_err(|error| unusable("an event id", &error))?;
        answer::owner(event, &camera, kind).map(Some)
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let count = |connection: &mut rusqlite::Connection| connection.query_row(READY, [], |_| Ok(()));
        self.readers.run(QUERY_DEADLINE, count).await
    }
}
