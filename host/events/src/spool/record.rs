//! What stands in the spool's tables, and the checksum that ties a record to its place.

use ovr_domain::port::Envelope;
use ovr_domain::{EventId, Timestamp};
use rusqlite::{Connection, Row, params};
use sha2::{Digest as _, Sha256};

/// Tables of version [`VERSION`]. `record` has no second index, so that its tree is in the order of the sequence and
/// a damaged file can be read number by number.
pub(super) const TABLES: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;
CREATE TABLE reader (name TEXT PRIMARY KEY NOT NULL, cursor INTEGER NOT NULL) STRICT;
CREATE TABLE dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    offset INTEGER NOT NULL,
    reason TEXT NOT NULL,
    buried_at INTEGER NOT NULL,
    payload BLOB NOT NULL
) STRICT;
CREATE TABLE record (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id BLOB NOT NULL,
    key TEXT NOT NULL,
    payload BLOB NOT NULL,
    checksum BLOB NOT NULL
) STRICT;
";

/// Version of the tables, in SQLite's `user_version`.
pub(super) const VERSION: i64 = 1;

/// `OVRS` in SQLite's `application_id` tells a spool from any other database.
pub(super) const APPLICATION: i64 = 0x4F56_5253;

/// Bytes that a record takes beside its key and payload: checksum, id, lengths, its share of the tree.
pub(super) const RECORD_BYTES: u64 = 64;

const INSERT: &str =
    "INSERT INTO record (sequence, event_id, key, payload, checksum) VALUES (?1, ?2, ?3, ?4, ?5)";
const BURY: &str =
    "INSERT INTO dead_letter (source, offset, reason, buried_at, payload) VALUES (?1, ?2, ?3, ?4, ?5)";
/// Among the newest letters only, so that many letters do not make each new one slow.
const BURIED: &str = "SELECT count(*) FROM dead_letter
    WHERE id > (SELECT max(id) FROM dead_letter) - 1024 AND source = ?1 AND payload = ?2";
const LIST: &str =
    "SELECT source, offset, reason, buried_at, payload FROM dead_letter ORDER BY id DESC LIMIT ?1";

/// An accepted record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place in the spool.
    pub sequence: u64,
    /// What was accepted.
    pub envelope: Envelope,
}

/// Bytes that cannot be delivered, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Where it could not be delivered: `spool` or the name of a bus.
    pub source: String,
    /// Its place there.
    pub offset: u64,
    /// Why.
    pub reason: String,
    /// The bytes.
    pub payload: Vec<u8>,
}

/// A letter that was put away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// What and why.
    pub letter: Letter,
    /// When.
    pub buried_at: Timestamp,
}

/// First 8 bytes of SHA-256 over everything that identifies the record; lengths keep the parts apart.
fn checksum(sequence: u64, event_id: &[u8], key: &[u8], payload: &[u8]) -> [u8; 8] {
    let mut hash = Sha256::new();
    hash.update(sequence.to_le_bytes());
    for part in [event_id, key, payload] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut sum = [0; 8];
    for (to, from) in sum.iter_mut().zip(digest) {
        *to = from;
    }
    sum
}

/// What a row turned out to be.
pub(super) enum Found {
    /// A record as it was accepted.
    Whole(Record),
    /// A record that was changed since; what is left of its payload.
    Damaged { sequence: u64, payload: Vec<u8>, reason: String },
}

/// Reads `sequence, event_id, key, payload, checksum`. Columns are read as raw bytes: damage may change a type.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Found> {
    let sequence = row.get::<_, i64>(0)? as u64;
    let bytes = |column: usize| -> rusqlite::Result<Vec<u8>> {
        let value = row.get_ref(column)?;
        Ok(value.as_bytes().map(<[u8]>::to_vec).unwrap_or_default())
    };
    let (event_id, key, payload, stored) = (bytes(1)?, bytes(2)?, bytes(3)?, bytes(4)?);
    let whole = stored == checksum(sequence, &event_id, &key, &payload);
    let id = uuid::Uuid::from_slice(&event_id).ok();
    match (whole, id, String::from_utf8(key)) {
        (true, Some(id), Ok(key)) => {
            Ok(Found::Whole(Record { sequence, envelope: Envelope { event_id: EventId(id), key, payload } }))
        }
        _ => Ok(Found::Damaged {
            sequence,
            payload,
            reason: "the record's checksum does not fit its bytes".to_owned(),
        }),
    }
}

pub(super) fn insert(connection: &Connection, sequence: u64, envelope: &Envelope) -> rusqlite::Result<()> {
    let id = envelope.event_id.0.as_bytes();
    let sum = checksum(sequence, id, envelope.key.as_bytes(), &envelope.payload);
    let mut statement = connection.prepare_cached(INSERT)?;
    statement.execute(params![sequence as i64, &id[..], envelope.key, envelope.payload, &sum[..]])?;
    Ok(())
}

pub(super) fn bury(connection: &Connection, letter: &Letter, now: Timestamp) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(BURY)?;
    let (offset, at) = (letter.offset as i64, now.as_micros());
    statement.execute(params![letter.source, offset, letter.reason, at, letter.payload])?;
    Ok(())
}

/// The same for a letter that may come again: a bus delivers a batch again when its store was down, and each time with
/// the record that is none.
pub(super) fn bury_once(connection: &Connection, letter: &Letter, now: Timestamp) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(BURIED)?;
    let known: i64 = statement.query_row(params![letter.source, letter.payload], |row| row.get(0))?;
    if known > 0 { Ok(()) } else { bury(connection, letter, now) }
}

pub(super) fn list_dead_letters(connection: &Connection, max: usize) -> rusqlite::Result<Vec<DeadLetter>> {
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map([max as i64], |row| {
        let letter = Letter {
            source: row.get(0)?,
            offset: row.get::<_, i64>(1)? as u64,
            reason: row.get(2)?,
            payload: row.get(4)?,
        };
        Ok(DeadLetter { letter, buried_at: Timestamp::from_micros(row.get(3)?) })
    })?;
    rows.collect()
}
