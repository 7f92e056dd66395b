//! A named reader: waits for records, gives the whole ones, puts the damaged ones away, moves its cursor.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::sync::watch;

use super::record::{self, Found, Letter, Record};
use super::writer::{Command, Marks};
use super::{BUSY_TIMEOUT, Commands, SpoolError};

/// Most bytes of payload in one read, so that a batch of large records does not take the memory.
const READ_BYTES_MAX: usize = 8 * 1024 * 1024;

const READ: &str = "SELECT sequence, event_id, key, payload, checksum FROM record
    WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";

/// Reads the spool from its cursor on. Has a connection of its own that only reads.
#[derive(Debug)]
pub struct SpoolReader {
    name: String,
    cursor: u64,
    connection: Arc<Mutex<Connection>>,
    commands: Commands,
    marks: watch::Receiver<Marks>,
}

impl SpoolReader {
    pub(super) fn open(
        file: &Path,
        name: String,
        cursor: u64,
        commands: Commands,
        marks: watch::Receiver<Marks>,
    ) -> Result<Self, SpoolError> {
        Ok(Self { name, cursor, connection: Arc::new(Mutex::new(connect(file)?)), commands, marks })
    }

    /// Waits for records after the cursor: at least one, at most `max`, in order. The same ones come again until
    /// [`SpoolReader::advance`]. Dropping the future is safe.
    pub async fn read(&mut self, max: usize) -> Result<Vec<Record>, SpoolError> {
        loop {
            let last = self.marks.borrow_and_update().last;
            if last > self.cursor {
                let batch = self.batch(max.max(1)).await?;
                if !batch.records.is_empty() {
                    return Ok(batch.records);
                }
                if !batch.damaged {
                    // What stood before `last` was damaged and was put away or lost: there is nothing left to do.
                    self.advance(last).await?;
                }
                continue;
            }
            let more = self.marks.wait_for(|marks| marks.last > last).await;
            more.map(|_| ()).map_err(|_| SpoolError::Closed)?;
        }
    }

    /// Everything up to and including `sequence` is done and will not be read again. Durable when it returns.
    pub async fn advance(&mut self, sequence: u64) -> Result<(), SpoolError> {
        let (commands, reader) = (self.commands.clone(), self.name.clone());
        let advance = move || commands.call(|reply| Command::Advance { reader, sequence, reply });
        tokio::task::spawn_blocking(advance).await.unwrap_or(Err(SpoolError::Closed))?;
        self.cursor = self.cursor.max(sequence);
        Ok(())
    }

    /// Accepted records that this reader has before it.
    pub fn backlog(&self) -> u64 {
        self.marks.borrow().last.saturating_sub(self.cursor)
    }

    async fn batch(&self, max: usize) -> Result<Batch, SpoolError> {
        let (connection, commands, cursor) =
            (Arc::clone(&self.connection), self.commands.clone(), self.cursor);
        let read = move || {
            let found = {
                let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                read_after(&connection, cursor, max)
            };
            sort_out(found.map_err(|error| failed(&error))?, &commands)
        };
        tokio::task::spawn_blocking(read).await.unwrap_or(Err(SpoolError::Closed))
    }
}

struct Batch {
    records: Vec<Record>,
    damaged: bool,
}

/// A connection that reads while the writer writes.
pub(super) fn connect(file: &Path) -> Result<Connection, SpoolError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(|error| failed(&error))?;
    let prepared = connection
        .busy_timeout(BUSY_TIMEOUT)
        .and_then(|()| connection.pragma_update(None, "query_only", true));
    prepared.map_err(|error| failed(&error))?;
    Ok(connection)
}

/// Damage stays; everything else (a lock, a disk that does not answer for now) may pass.
fn failed(error: &rusqlite::Error) -> SpoolError {
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => SpoolError::Corrupt { reason },
        _ => SpoolError::Read { reason },
    }
}

fn read_after(connection: &Connection, cursor: u64, max: usize) -> rusqlite::Result<Vec<Found>> {
    let mut statement = connection.prepare_cached(READ)?;
    let mut rows = statement.query([cursor as i64, max as i64])?;
    let mut found = Vec::new();
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        let one = record::read(row)?;
        bytes += match &one {
            Found::Whole(record) => record.envelope.payload.len(),
            Found::Damaged { payload, .. } => payload.len(),
        };
        found.push(one);
        if bytes > READ_BYTES_MAX {
            break;
        }
    }
    Ok(found)
}

/// Puts damaged records away before anything is delivered, so that a crash cannot lose them between the two.
fn sort_out(found: Vec<Found>, commands: &Commands) -> Result<Batch, SpoolError> {
    let mut batch = Batch { records: Vec::with_capacity(found.len()), damaged: false };
    for one in found {
        match one {
            Found::Whole(record) => batch.records.push(record),
            Found::Damaged { sequence, payload, reason } => {
                batch.damaged = true;
                tracing::error!(
                    sequence,
                    reason,
                    "a record of the spool is damaged; it is in the dead letters"
                );
                let letter = Letter { source: "spool".to_owned(), offset: sequence, reason, payload };
                commands.call(|reply| Command::Quarantine { letter, reply })?;
            }
        }
    }
    Ok(batch)
}
