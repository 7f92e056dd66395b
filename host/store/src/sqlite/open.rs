//! Opening the file: whose it is, which schema it has, and bringing that up to date.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use ovr_domain::InstallId;
use rusqlite::{Connection, ErrorCode, OptionalExtension};

use crate::Error;

mod embedded {
    refinery::embed_migrations!("../../migrations/sqlite");
}

const WHAT: &str = "event store";
const MAGIC: &[u8] = b"SQLite format 3\0";
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// `OVRE` in SQLite's `application_id` tells an event store from any other database.
const APPLICATION: i64 = 0x4F56_5245;

const TABLES: &str = "SELECT count(*) FROM sqlite_schema";
const HISTORY: &str = "SELECT count(*) FROM sqlite_schema WHERE name = 'refinery_schema_history'";
const VERSION: &str = "SELECT max(version) FROM refinery_schema_history";
const OWNER: &str = "SELECT value FROM meta WHERE key = 'install_id'";
const SET_OWNER: &str = "INSERT INTO meta (key, value) VALUES ('install_id', ?1)";

/// The connection that writes, on a schema that is up to date.
pub(super) fn writer(file: &Path, install: InstallId) -> Result<Connection, Error> {
    check_file(file)?;
    let mut connection = connect(file).map_err(|error| refused(file, &error))?;
    check_schema(file, &connection, install)?;
    let migrated = embedded::migrations::runner().set_grouped(true).run(&mut connection);
    migrated
        .map_err(|error| Error::Migration { path: file.display().to_string(), reason: error.to_string() })?;
    own(&connection, install).map_err(|error| refused(file, &error))?;
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn reader(file: &Path) -> Result<Connection, Error> {
    let reader = connect(file).and_then(|connection| {
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    });
    reader.map_err(|error| refused(file, &error))
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// Looks before SQLite does, which would write a log beside a file that is not ours.
fn check_file(file: &Path) -> Result<(), Error> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(|error| unwritable(file, &error.to_string()))?;
    }
    let mut start = Vec::new();
    match File::open(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unwritable(file, &error.to_string())),
        Ok(opened) => opened
            .take(MAGIC.len() as u64)
            .read_to_end(&mut start)
            .map_err(|error| foreign(file, &error.to_string()))?,
    };
    if start.is_empty() || start == MAGIC {
        return Ok(());
    }
    Err(foreign(file, "it is not an SQLite database"))
}

fn check_schema(file: &Path, connection: &Connection, install: InstallId) -> Result<(), Error> {
    let asked = |error: rusqlite::Error| refused(file, &error);
    let count = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    if count(TABLES).map_err(asked)? == 0 {
        return Ok(());
    }
    let application: i64 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(asked)?;
    // A crash in the very first start leaves the schema without its mark.
    let unmarked = application == 0 && count(HISTORY).map_err(asked)? == 1;
    if application != APPLICATION && !unmarked {
        return Err(foreign(file, "it is the database of another program"));
    }
    let found = connection.query_row(VERSION, [], |row| row.get::<_, Option<i64>>(0)).map_err(asked)?;
    let known =
        embedded::migrations::runner().get_migrations().iter().map(|one| i64::from(one.version())).max();
    let (found, known) = (found.unwrap_or(0), known.unwrap_or(0));
    if found > known {
        return Err(Error::Newer { path: file.display().to_string(), found, known });
    }
    if found > 0 {
        check_owner(file, connection, install)?;
    }
    Ok(())
}

fn check_owner(file: &Path, connection: &Connection, install: InstallId) -> Result<(), Error> {
    let owner = connection.query_row(OWNER, [], |row| row.get::<_, String>(0)).optional();
    let expected = install.to_string();
    match owner.map_err(|error| refused(file, &error))? {
        // Nobody's yet: the first start was cut short.
        None => Ok(()),
        Some(found) if found == expected => Ok(()),
        Some(found) => {
            Err(Error::OtherInstall { what: WHAT, path: file.display().to_string(), found, expected })
        }
    }
}

fn own(connection: &Connection, install: InstallId) -> rusqlite::Result<()> {
    let owner = connection.query_row(OWNER, [], |_| Ok(())).optional()?;
    if owner.is_none() {
        connection.execute(SET_OWNER, [install.to_string()])?;
    }
    connection.pragma_update(None, "application_id", APPLICATION)
}

fn refused(file: &Path, error: &rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => foreign(file, &error.to_string()),
        _ => unwritable(file, &error.to_string()),
    }
}

fn foreign(file: &Path, reason: &str) -> Error {
    Error::Foreign { what: WHAT, path: file.display().to_string(), reason: reason.to_owned() }
}

fn unwritable(file: &Path, reason: &str) -> Error {
    Error::Unwritable { what: WHAT, path: file.display().to_string(), reason: reason.to_owned() }
}
