//! Opening a spool: whose it is, whether it is whole, and rebuilding one that is not.
//!
//! A record is lost here only when its bytes in the file are damaged. A disk that is full, locked or does not answer is
//! no damage: it may answer again, so opening is refused and the file is left as it was. The order of steps makes a
//! crash at any point harmless: the rebuilt file is complete and synced before the damaged one is renamed away, the
//! damaged one goes before its log so that they are only parted when the rebuilt file takes their place, and neither
//! is ever deleted.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};

use ovr_domain::{InstallId, Timestamp, metric};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use super::record::{self, APPLICATION, Found, Letter, TABLES, VERSION};
use super::{BUSY_TIMEOUT, SpoolError};

const FILE: &str = "spool.db";
const LOCK: &str = "spool.lock";
const REBUILT: &str = "spool.db.rebuilt";
/// What the name of a damaged file that is kept begins with; the microseconds since 1970 follow.
const KEPT: &str = "spool.db.damaged-";

/// The first bytes of every SQLite file.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Most numbers that a rebuild looks up one by one.
const PROBES_MAX: u64 = 50_000_000;

const META: &str = "SELECT value FROM meta WHERE key = 'install_id'";
const SET_META: &str = "INSERT INTO meta (key, value) VALUES ('install_id', ?1)";
const LAST: &str = "SELECT max(
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'record'), 0),
    coalesce((SELECT max(cursor) FROM reader), 0))";
const SET_LAST: &str = "INSERT INTO sqlite_sequence (name, seq) VALUES ('record', ?1)";
// By place and not by name: a flipped bit may have hit the name of a column.
const ONE: &str = "SELECT * FROM record WHERE rowid = ?1";
const DEFINITIONS: &str = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
const CURSORS: &str = "SELECT name, cursor FROM reader";
const SET_CURSOR: &str = "INSERT INTO reader (name, cursor) VALUES (?1, ?2)";

/// A spool that may be written.
pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) file: PathBuf,
    pub(super) last_sequence: u64,
    pub(super) lock: File,
}

/// Opens, makes or rebuilds the spool in `dir`.
pub(super) fn open(dir: &Path, install: InstallId, now: Timestamp) -> Result<Opened, SpoolError> {
    let lock = lock(dir)?;
    let file = dir.join(FILE);
    finish_rename(dir, &file, now)?;
    let connection = match look(&file)? {
        Look::Missing => create(&file, install)?,
        Look::Database => match check(&file, install)? {
            Health::Whole(connection) => connection,
            Health::Broken(reason) => {
                tracing::error!(path = %file.display(), reason, "the spool is damaged and is being rebuilt");
                rebuild(dir, &file, install, now)?
            }
        },
    };
    let last_sequence = connection.query_row(LAST, [], |row| row.get::<_, i64>(0));
    let last_sequence = last_sequence.map_err(|error| refused(&file, &error))? as u64;
    Ok(Opened { connection, file, last_sequence, lock })
}

fn lock(dir: &Path) -> Result<File, SpoolError> {
    let unwritable = |error: std::io::Error| SpoolError::Unwritable {
        path: dir.display().to_string(),
        reason: error.to_string(),
    };
    fs::create_dir_all(dir).map_err(unwritable)?;
    let path = dir.join(LOCK);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(unwritable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SpoolError::InUse { path: dir.display().to_string() }),
        Err(TryLockError::Error(error)) => Err(unwritable(error)),
    }
}

/// A crash between the renames of a rebuild left the finished file under its temporary name.
fn finish_rename(dir: &Path, file: &Path, now: Timestamp) -> Result<(), SpoolError> {
    if file.exists() || !dir.join(REBUILT).exists() {
        return Ok(());
    }
    let kept = newest_kept(dir).unwrap_or_else(|| kept_name(dir, now));
    put_in_place(dir, file, &kept)
}

fn kept_name(dir: &Path, now: Timestamp) -> PathBuf {
    dir.join(format!("{KEPT}{}", now.as_micros()))
}

/// The damaged file that was renamed away last.
fn newest_kept(dir: &Path) -> Option<PathBuf> {
    let moment = |name: &str| name.strip_prefix(KEPT)?.parse::<i64>().ok();
    let names = fs::read_dir(dir).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let newest = names.filter_map(|name| Some((moment(&name)?, name))).max()?;
    Some(dir.join(newest.1))
}

/// Puts the rebuilt file in the place of the damaged one, which is renamed already. Its log would be taken for the new
/// file's: it goes to it first.
fn put_in_place(dir: &Path, file: &Path, kept: &Path) -> Result<(), SpoolError> {
    let log = log_of(file);
    if log.exists() {
        rename(&log, &log_of(kept))?;
        sync_folder(dir)?;
    }
    // The old index of the log does not belong to the new file; SQLite makes another.
    let _ = fs::remove_file(beside(file, "-shm"));
    rename(&dir.join(REBUILT), file)?;
    sync_folder(dir)
}

enum Look {
    Missing,
    Database,
}

fn look(file: &Path) -> Result<Look, SpoolError> {
    let mut start = Vec::with_capacity(MAGIC.len());
    let read = match File::open(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Look::Missing),
        Err(error) => Err(error),
        Ok(opened) => opened.take(MAGIC.len() as u64).read_to_end(&mut start),
    };
    match read {
        Err(error) => Err(foreign(file, &error.to_string())),
        // SQLite makes the file before it writes to it; a log beside it may hold everything.
        Ok(0) => Ok(if log_of(file).exists() { Look::Database } else { Look::Missing }),
        Ok(_) if start == MAGIC => Ok(Look::Database),
        Ok(_) => Err(foreign(file, "it is not an SQLite database")),
    }
}

fn create(file: &Path, install: InstallId) -> Result<Connection, SpoolError> {
    let made = connect(file).and_then(|connection| {
        // Must come before the first table; lets the file shrink after a long outage.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        set_durable(&connection)?;
        let transaction = connection.unchecked_transaction()?;
        transaction.execute_batch(TABLES)?;
        transaction.execute(SET_META, [install.to_string()])?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()?;
        Ok(connection)
    });
    let made = made.map_err(|error| SpoolError::Unwritable {
        path: file.display().to_string(),
        reason: error.to_string(),
    })?;
    sync_folder(file.parent().unwrap_or(file))?;
    Ok(made)
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

fn set_durable(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.query_row("PRAGMA journal_size_limit = 8388608", [], |_| Ok(()))
}

enum Health {
    Whole(Connection),
    Broken(String),
}

/// Whether the file is a spool, this installation's, of a version that is known, and whole.
fn check(file: &Path, install: InstallId) -> Result<Health, SpoolError> {
    let broken = |error: &rusqlite::Error| match refused(file, error) {
        SpoolError::Damaged { reason, .. } => Ok(Health::Broken(reason)),
        other => Err(other),
    };
    let connection = match connect(file) {
        Ok(connection) => connection,
        Err(error) => return broken(&error),
    };
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = match (pragma("application_id"), pragma("user_version")) {
        (Ok(application), Ok(version)) => (application, version),
        (Err(error), _) | (_, Err(error)) => return broken(&error),
    };
    if (application, version) == (0, 0) && is_empty(&connection) {
        // A crash before the first commit left a file with nothing in it.
        drop(connection);
        return create(file, install).map(Health::Whole);
    }
    if application != APPLICATION {
        return Err(foreign(file, "it is the database of another program"));
    }
    if version > VERSION {
        return Err(SpoolError::Newer { path: file.display().to_string(), found: version, known: VERSION });
    }
    match owner(&connection) {
        Ok(found) => check_owner(file, found, install)?,
        Err(error) => return broken(&error),
    }
    let verdict = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    match verdict {
        Ok(verdict) if verdict == "ok" => {}
        Ok(verdict) => return Ok(Health::Broken(verdict)),
        Err(error) => return broken(&error),
    }
    match has_our_tables(&connection) {
        Ok(true) => {}
        Ok(false) => return Ok(Health::Broken("its tables are not those of a spool".to_owned())),
        Err(error) => return broken(&error),
    }
    match set_durable(&connection) {
        Ok(()) => Ok(Health::Whole(connection)),
        Err(error) => broken(&error),
    }
}

/// Whether the tables are to the letter those that a new spool has: what a flipped bit has done to their definition,
/// SQLite's own check does not see.
fn has_our_tables(connection: &Connection) -> rusqlite::Result<bool> {
    let fresh = Connection::open_in_memory()?;
    fresh.execute_batch(TABLES)?;
    Ok(definitions(connection)? == definitions(&fresh)?)
}

fn definitions(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection.prepare(DEFINITIONS)?.query_map([], |row| row.get(0))?.collect()
}

fn is_empty(connection: &Connection) -> bool {
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    tables == Ok(0)
}

fn owner(connection: &Connection) -> rusqlite::Result<Option<String>> {
    connection.query_row(META, [], |row| row.get(0)).optional()
}

fn check_owner(file: &Path, found: Option<String>, install: InstallId) -> Result<(), SpoolError> {
    let expected = install.to_string();
    match found {
        Some(found) if found == expected => Ok(()),
        found => Err(SpoolError::OtherInstall {
            path: file.display().to_string(),
            found: found.unwrap_or_else(|| "unknown".to_owned()),
            expected,
        }),
    }
}

/// Makes a new file of everything that can be read from the damaged one, and puts it in its place.
fn rebuild(dir: &Path, file: &Path, install: InstallId, now: Timestamp) -> Result<Connection, SpoolError> {
    let rebuilt = dir.join(REBUILT);
    remove_database(&rebuilt);
    let mut new = create(&rebuilt, install)?;
    let salvaged = salvage(file, &mut new, install, now)?;
    // Closing the only connection folds the log into the file, so that renaming one file is enough.
    new.close().map_err(|(_, error)| refused(&rebuilt, &error))?;
    sync_file(&rebuilt)?;
    let kept = kept_name(dir, now);
    rename(file, &kept)?;
    sync_folder(dir)?;
    put_in_place(dir, file, &kept)?;
    tracing::error!(
        records = salvaged.whole, damaged = salvaged.damaged, unreadable = salvaged.unreadable,
        kept = %kept.display(), "the spool was rebuilt; the damaged file was kept"
    );
    metric::spool("corrupt", salvaged.damaged + salvaged.unreadable);
    let connection = connect(file).map_err(|error| refused(file, &error))?;
    set_durable(&connection).map_err(|error| refused(file, &error))?;
    Ok(connection)
}

#[derive(Debug, Default)]
struct Salvaged {
    whole: u64,
    damaged: u64,
    unreadable: u64,
}

/// Looks up every number that a record may have. A page that cannot be read costs the records on it, no more.
fn salvage(
    file: &Path,
    new: &mut Connection,
    install: InstallId,
    now: Timestamp,
) -> Result<Salvaged, SpoolError> {
    let in_old = |error: rusqlite::Error| refused(file, &error);
    let old = connect(file).map_err(in_old)?;
    // Lets SQLite open a file that is shorter than its header says.
    old.pragma_update(None, "writable_schema", true).map_err(in_old)?;
    check_owner(file, owner(&old).map_err(in_old)?, install)?;
    let last = old.query_row(LAST, [], |row| row.get::<_, i64>(0)).map_err(in_old)? as u64;
    let cursors = if_readable(file, cursors(&old))?;
    // Without cursors everything is read again: at least once holds.
    let done = cursors.iter().map(|(_, cursor)| *cursor).min().unwrap_or(0) as u64;
    let letters = if_readable(file, record::list_dead_letters(&old, usize::MAX >> 1))?;
    let first = done.max(last.saturating_sub(PROBES_MAX)) + 1;

    let mut salvaged = Salvaged::default();
    let transaction = new.transaction().map_err(in_old)?;
    for (name, cursor) in &cursors {
        transaction.execute(SET_CURSOR, params![name, cursor]).map_err(in_old)?;
    }
    for kept in letters.iter().rev() {
        record::bury(&transaction, &kept.letter, kept.buried_at).map_err(in_old)?;
    }
    for sequence in first..=last {
        match one(&old, sequence) {
            Ok(Some(Found::Whole(record))) => {
                record::insert(&transaction, sequence, &record.envelope).map_err(in_old)?;
                salvaged.whole += 1;
            }
            Ok(Some(Found::Damaged { payload, reason, .. })) => {
                let source = "spool".to_owned();
                let letter = Letter { source, offset: sequence, reason, payload };
                record::bury(&transaction, &letter, now).map_err(in_old)?;
                salvaged.damaged += 1;
            }
            Ok(None) => {}
            Err(error) => {
                if_readable(file, Err::<(), _>(error))?;
                salvaged.unreadable += 1;
            }
        }
    }
    if salvaged.whole == 0 {
        transaction.execute(SET_LAST, [last as i64]).map_err(in_old)?;
    } else {
        let set = "UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'record'";
        transaction.execute(set, [last as i64]).map_err(in_old)?;
    }
    transaction.commit().map_err(in_old)?;
    Ok(salvaged)
}

/// What can be read, or nothing where the file is damaged; an error when the system does not let it be read now.
fn if_readable<T: Default>(file: &Path, read: rusqlite::Result<T>) -> Result<T, SpoolError> {
    read.or_else(|error| match refused(file, &error) {
        SpoolError::Damaged { .. } => Ok(T::default()),
        other => Err(other),
    })
}

fn one(old: &Connection, sequence: u64) -> rusqlite::Result<Option<Found>> {
    old.prepare_cached(ONE)?.query_row([sequence as i64], record::read).optional()
}

fn cursors(old: &Connection) -> rusqlite::Result<Vec<(String, i64)>> {
    let mut statement = old.prepare(CURSORS)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn log_of(file: &Path) -> PathBuf {
    beside(file, "-wal")
}

fn remove_database(file: &Path) {
    // What is not there need not be removed; what cannot be removed fails when it is written.
    for path in [file.to_owned(), log_of(file), beside(file, "-shm")] {
        let _ = fs::remove_file(path);
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), SpoolError> {
    fs::rename(from, to).map_err(|error| unwritable(from, &error))
}

fn sync_file(file: &Path) -> Result<(), SpoolError> {
    File::open(file).and_then(|opened| opened.sync_all()).map_err(|error| unwritable(file, &error))
}

/// A name is durable when its folder was synced.
fn sync_folder(dir: &Path) -> Result<(), SpoolError> {
    sync_file(dir)
}

fn unwritable(path: &Path, error: &std::io::Error) -> SpoolError {
    SpoolError::Unwritable { path: path.display().to_string(), reason: error.to_string() }
}

fn foreign(file: &Path, reason: &str) -> SpoolError {
    SpoolError::Foreign { path: file.display().to_string(), reason: reason.to_owned() }
}

/// Why the file cannot be used. What the system refuses says nothing of the file and may pass; the rest is damage.
pub(super) fn refused(file: &Path, error: &rusqlite::Error) -> SpoolError {
    use ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, FileLockingProtocolFailed, NoLargeFileSupport,
        OperationInterrupted, OutOfMemory, PermissionDenied, ReadOnly, SystemIoFailure,
    };
    let (path, reason) = (file.display().to_string(), error.to_string());
    match error.sqlite_error_code() {
        Some(CannotOpen | PermissionDenied | ReadOnly) => SpoolError::Unwritable { path, reason },
        Some(
            DatabaseBusy
            | DatabaseLocked
            | DiskFull
            | FileLockingProtocolFailed
            | NoLargeFileSupport
            | OperationInterrupted
            | OutOfMemory
            | SystemIoFailure,
        ) => SpoolError::Unavailable { path, reason },
        _ => SpoolError::Damaged { path, reason },
    }
}
