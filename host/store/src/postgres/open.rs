//! Opening the database: whether it is ours, which schema it has, and bringing that up to date.

use std::error::Error as _;

use refinery::Target;
use tokio_postgres::Client;

use super::failure::failed;
use super::pool::{Purpose, Server};
use crate::Error;

mod embedded {
    refinery::embed_migrations!("../../migrations/postgres");
}

const WHAT: &str = "event store";

/// The oldest server whose extensions a database's owner may create, PostgreSQL 13.
const SERVER_MIN: i32 = 130_000;

/// One process at a time looks and migrates; the others wait. `OVRE` in ASCII, then 1. The lock ends with its connection.
const LOCK: &str = "SELECT pg_advisory_lock(1331057221, 1)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(1331057221, 1)";

const SERVER: &str =
    "SELECT current_setting('server_version_num')::integer, current_setting('server_encoding'),
    EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm')";
const TABLES: &str = "SELECT to_regclass('refinery_schema_history') IS NOT NULL,
    to_regclass('event') IS NOT NULL OR to_regclass('meta') IS NOT NULL";
const HISTORY: &str = "SELECT max(version)::bigint, bool_or(version = 1 AND name = 'events')
    FROM refinery_schema_history";
const PARTITIONS: &str = "SELECT value FROM meta WHERE key = 'partitions'";

/// TimescaleDB has to be loaded by the server; its loader can be told by its setting. Creating it ends the connection
/// where it is not.
const TIMESCALE: &str = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb'
        AND installed_version IS NULL) AND current_setting('timescaledb.disable_load', true) IS NOT NULL";
const CREATE_TIMESCALE: &str = "CREATE EXTENSION IF NOT EXISTS timescaledb";

/// Who cuts `event` by days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Partitions {
    /// The store, a table a day.
    Days,
    /// TimescaleDB.
    Timescale,
}

/// Brings the database up to date. May be run by many processes at once.
pub(super) async fn prepare(server: &Server, target: Target) -> Result<Partitions, Error> {
    let mut client = server.connect(Purpose::Migrate).await?;
    client.batch_execute(LOCK).await.map_err(|error| failed(&error))?;
    let partitions = prepare_locked(server, &mut client, target).await?;
    client.batch_execute(UNLOCK).await.map_err(|error| failed(&error))?;
    Ok(partitions)
}

async fn prepare_locked(server: &Server, client: &mut Client, target: Target) -> Result<Partitions, Error> {
    let place = server.address.to_string();
    check_server(client, &place).await?;
    if is_new(client, &place).await? {
        offer_timescale(client).await?;
    }
    let mut runner = embedded::migrations::runner().set_grouped(true).set_target(target);
    runner = runner.set_abort_missing(true);
    runner.run_async(client).await.map_err(|error| migration(place, &error))?;
    let row = client.query_typed_one(PARTITIONS, &[]).await.map_err(|error| failed(&error))?;
    Ok(if row.get::<_, String>(0) == "timescaledb" { Partitions::Timescale } else { Partitions::Days })
}

async fn check_server(client: &Client, place: &str) -> Result<(), Error> {
    let foreign = |reason: String| Error::Foreign { what: WHAT, path: place.to_owned(), reason };
    let row = client.query_typed_one(SERVER, &[]).await.map_err(|error| failed(&error))?;
    let version: i32 = row.get(0);
    if version < SERVER_MIN {
        let (found, needed) = (version / 10_000, SERVER_MIN / 10_000);
        return Err(foreign(format!("its server is PostgreSQL {found}, {needed} or newer is needed")));
    }
    let encoding: String = row.get(1);
    if encoding != "UTF8" {
        return Err(foreign(format!("its encoding is {encoding}; create it with ENCODING 'UTF8'")));
    }
    if !row.get::<_, bool>(2) {
        return Err(foreign("its server lacks pg_trgm; install PostgreSQL's contrib modules".to_owned()));
    }
    Ok(())
}

/// Whether there is nothing of ours yet. An error when there is something of others, or of a newer version.
async fn is_new(client: &Client, place: &str) -> Result<bool, Error> {
    let foreign = || {
        let reason = "it holds tables of another program; create a database of its own".to_owned();
        Error::Foreign { what: WHAT, path: place.to_owned(), reason }
    };
    let tables = client.query_typed_one(TABLES, &[]).await.map_err(|error| failed(&error))?;
    let (has_history, has_tables): (bool, bool) = (tables.get(0), tables.get(1));
    if !has_history {
        return if has_tables { Err(foreign()) } else { Ok(true) };
    }
    let history = client.query_typed_one(HISTORY, &[]).await.map_err(|error| failed(&error))?;
    let Some(found) = history.get::<_, Option<i64>>(0) else {
        return if has_tables { Err(foreign()) } else { Ok(true) };
    };
    if !history.get::<_, bool>(1) {
        return Err(foreign());
    }
    let known = newest();
    if found > known {
        return Err(Error::Newer { path: place.to_owned(), found, known });
    }
    Ok(false)
}

/// The newest schema that this program knows.
pub(super) fn newest() -> i64 {
    let runner = embedded::migrations::runner();
    runner.get_migrations().iter().map(|one| i64::from(one.version())).max().unwrap_or(0)
}

/// Creates TimescaleDB where the server has it and we may; without it the days are ours.
async fn offer_timescale(client: &Client) -> Result<(), Error> {
    let row = client.query_typed_one(TIMESCALE, &[]).await.map_err(|error| failed(&error))?;
    if !row.get::<_, bool>(0) {
        return Ok(());
    }
    if let Err(error) = client.batch_execute(CREATE_TIMESCALE).await {
        if client.is_closed() {
            return Err(failed(&error).into());
        }
        let reason = super::failure::said(&error);
        tracing::warn!(
            reason,
            "the server has TimescaleDB, but it cannot be created here: days are kept without it"
        );
    }
    Ok(())
}

fn migration(path: String, error: &refinery::Error) -> Error {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(error) = inner.downcast_ref::<tokio_postgres::Error>() {
            return match failed(error) {
                passing @ ovr_domain::port::StoreError::Unavailable { .. } => passing.into(),
                ovr_domain::port::StoreError::Unusable { reason } => Error::Migration { path, reason },
            };
        }
        source = inner.source();
    }
    Error::Migration { path, reason: error.to_string() }
}
