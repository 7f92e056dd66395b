//! The spool: what was accepted is on disk, in order, until every reader is done with it.
//!
//! # Invariants
//!
//! *Accepted means durable.* [`Ticket::wait`] gives `Ok` only after the transaction that holds the record was
//! committed by SQLite in WAL mode with `synchronous=FULL`, that is after `fsync` of the write-ahead log returned. A
//! commit that failed answers every ticket of its group with an error. A sync that failed is never repeated and then
//! called a success, because the kernel may have dropped the pages (Rebello et al., USENIX ATC 2020): the spool is
//! *sealed*, takes nothing more, and the process has to start again.
//!
//! *An error is not a promise of absence.* A record whose ticket gave an error may still be found after a restart.
//! Events are idempotent by `(event_id, revision)`, so that submitting one again is always right.
//!
//! *One writer.* A lock file keeps a second process out. In the process one thread owns the only connection that
//! writes; everybody else sends it commands over a bounded queue. A full queue waits and never drops.
//!
//! *Sequences grow and are never used twice.* Records are numbered from 1 in the order in which they were committed,
//! also across restarts and rebuilds. Numbers may be missing where a record was damaged.
//!
//! *A cursor says "done up to and including".* Each reader has a name and a cursor that only grows. A reader that is
//! new starts at the oldest record that is still there. What is behind all cursors is deleted; while there is no
//! reader, nothing is.
//!
//! *At least once.* A cursor moves after the reader says so, never before. After a crash the reader gets again what
//! lies behind its last committed cursor.
//!
//! *No damaged record is delivered.* A checksum covers sequence, event id, key and payload, so that a record which
//! was changed or which stands in another's place is seen. It is moved to the dead letters with the reason and
//! counted, and the others are delivered. A file whose structure is damaged is rebuilt from every record that can
//! still be read (see `recovery`); the damaged file is kept beside it.
//!
//! *The quota is a wall, not a hint.* Above `disk_bytes_max` new records are refused with [`SpoolError::Full`] and
//! counted. Cursors still move and dead letters are still taken, so that a full spool can drain. What is accepted is
//! never deleted to make room. A disk that has no room even for a cursor refuses that with the same error: the
//! transaction was rolled back, nothing was promised, and it works again when there is room.
//!
//! *A spool belongs to one installation.* A folder of another installation, of a newer version or with something
//! else in it is refused with one line and left as it was.

mod reader;
mod record;
mod recovery;
#[cfg(test)]
mod tests;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ovr_domain::InstallId;
use ovr_domain::port::Envelope;
use ovr_domain::time::Clock;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::assemble::{InvalidKey, require};

pub use reader::SpoolReader;
pub use record::{DeadLetter, Letter, Record};
use writer::{Command, Marks, Writer};

/// Longest payload of a record in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 1024 * 1024;

/// Longest partition key of a record in bytes: two names and the slash between.
pub const KEY_BYTES_MAX: usize = 256;

const MIB: u64 = 1024 * 1024;

/// Section `spool`: limits of the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpoolConfig {
    /// Most bytes of records and dead letters on disk, 1 MiB to 16 TiB. The write-ahead log adds a few MiB to it.
    pub disk_bytes_max: u64,
    /// Submitted records that may wait for the writer, 1 to 65536.
    pub queue_records_max: usize,
    /// Longest that a record waits for others to share its commit, 0 to 1000 milliseconds.
    pub commit_delay_ms: u64,
    /// Most records in one commit, 1 to 4096.
    pub commit_records_max: usize,
}

impl SpoolConfig {
    /// Checks every key; opens and starts nothing.
    pub fn validate(&self) -> Result<(), InvalidKey> {
        let numbers = [
            (
                "spool.disk_bytes_max",
                self.disk_bytes_max,
                MIB..=16 * MIB * MIB,
                "bytes from 1048576 (1 MiB) to 17592186044416 (16 TiB)",
            ),
            (
                "spool.queue_records_max",
                self.queue_records_max as u64,
                1..=65_536,
                "a whole number from 1 to 65536",
            ),
            ("spool.commit_delay_ms", self.commit_delay_ms, 0..=1_000, "milliseconds from 0 to 1000"),
            (
                "spool.commit_records_max",
                self.commit_records_max as u64,
                1..=4_096,
                "a whole number from 1 to 4096",
            ),
        ];
        for (key, value, range, right) in numbers {
            require(range.contains(&value), key, value, right)?;
        }
        Ok(())
    }
}

impl Default for SpoolConfig {
    fn default() -> Self {
        Self {
            disk_bytes_max: 4 * 1024 * 1024 * 1024,
            queue_records_max: 1024,
            commit_delay_ms: 20,
            commit_records_max: 256,
        }
    }
}

/// What the spool could not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpoolError {
    /// The folder cannot be written.
    #[error(
        "cannot write the spool folder {path}: {reason}; give this user write access or name another folder"
    )]
    Unwritable {
        /// The folder.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// Another process has it.
    #[error("the spool {path} is in use by another process: stop that one or name another state folder")]
    InUse {
        /// The folder.
        path: String,
    },
    /// There is something else in its place.
    #[error("{path} is no spool: {reason}; move it away or name another state folder")]
    Foreign {
        /// The file.
        path: String,
        /// What it is.
        reason: String,
    },
    /// It belongs to another installation.
    #[error(
        "the spool {path} belongs to installation {found}, this one is {expected}: \
         restore the state folder that belongs together, or move the spool away"
    )]
    OtherInstall {
        /// The file.
        path: String,
        /// Whose it is.
        found: String,
        /// Who asks.
        expected: String,
    },
    /// A newer version wrote it.
    #[error("the spool {path} has version {found}, this program knows up to {known}: use the newer program")]
    Newer {
        /// The file.
        path: String,
        /// Version of the file.
        found: i64,
        /// Version of this program.
        known: i64,
    },
    /// It is damaged beyond what can be rebuilt.
    #[error(
        "the spool {path} is damaged and cannot be rebuilt: {reason}; move it away and keep it for a rescue"
    )]
    Damaged {
        /// The file.
        path: String,
        /// What does not work.
        reason: String,
    },
    /// The system does not let it be read or written now: a lock, a disk without room, a failed read. Nothing is known
    /// to be damaged, and nothing was changed.
    #[error("cannot use the spool {path} now: {reason}; look after the disk and start again")]
    Unavailable {
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// There is no room, neither below the quota nor on the disk. It accepts again when records were delivered or the
    /// disk has room.
    #[error(
        "the spool is full: {used_bytes} of {disk_bytes_max} bytes are used, or the disk has no room; \
         records are accepted again when the bus has taken some and the disk has room"
    )]
    Full {
        /// Bytes in use.
        used_bytes: u64,
        /// The quota.
        disk_bytes_max: u64,
    },
    /// A record is larger than any event.
    #[error("a record of {bytes} bytes is too large for the spool: the limit is {limit}")]
    TooLarge {
        /// Bytes of the payload or key.
        bytes: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Writing failed; nothing more is accepted until the process starts again.
    #[error("the spool is sealed after a failed write: {reason}; check the disk and start again")]
    Sealed {
        /// What failed.
        reason: String,
    },
    /// The file is damaged. The next start rebuilds it from every record that can still be read.
    #[error("the spool's file is damaged: {reason}; start again to rebuild it")]
    Corrupt {
        /// What does not fit.
        reason: String,
    },
    /// Reading failed; it may work again.
    #[error("reading the spool: {reason}")]
    Read {
        /// What failed.
        reason: String,
    },
    /// It was closed.
    #[error("the spool is closed")]
    Closed,
}

/// A record is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Its place in the spool.
    pub sequence: u64,
}

type Reply<T> = Receiver<Result<T, SpoolError>>;

/// A record on its way to the disk.
#[derive(Debug)]
pub struct Ticket(Reply<Accepted>);

impl Ticket {
    /// Waits until the record is durable. Blocks the thread for about one disk sync; not for async code.
    pub fn wait(self) -> Result<Accepted, SpoolError> {
        answer(&self.0)
    }
}

fn answer<T>(reply: &Reply<T>) -> Result<T, SpoolError> {
    reply.recv().unwrap_or(Err(SpoolError::Closed))
}

/// The way to the writer's thread.
#[derive(Debug, Clone)]
struct Commands(SyncSender<Command>);

impl Commands {
    /// Sends a command and waits for what became of it.
    fn call<T>(
        &self,
        command: impl FnOnce(SyncSender<Result<T, SpoolError>>) -> Command,
    ) -> Result<T, SpoolError> {
        let (reply, answered) = sync_channel(1);
        self.0.send(command(reply)).map_err(|_| SpoolError::Closed)?;
        answer(&answered)
    }
}

/// The open spool of this process.
#[derive(Debug)]
pub struct Spool {
    file: PathBuf,
    commands: Commands,
    marks: watch::Receiver<Marks>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Spool {
    /// Opens the spool in `dir`, makes it when there is none, rebuilds it when it is damaged. Reads and checks the
    /// whole file, about a second for 100 MB.
    pub fn open(
        dir: &Path,
        config: SpoolConfig,
        install: InstallId,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SpoolError> {
        let opened = recovery::open(dir, install, clock.now())?;
        let file = opened.file.clone();
        let (send, receive) = sync_channel(config.queue_records_max.max(1));
        let (writer, marks) =
            Writer::new(opened, config, clock).map_err(|error| recovery::refused(&file, &error))?;
        let thread = std::thread::Builder::new()
            .name("spool".to_owned())
            .spawn(move || writer.run(&receive))
            .map_err(|error| SpoolError::Read { reason: format!("cannot start its thread: {error}") })?;
        Ok(Self { file, commands: Commands(send), marks, thread: Mutex::new(Some(thread)) })
    }

    /// Hands a record to the writer; waits while the queue is full. The record is accepted when the ticket says so.
    pub fn submit(&self, envelope: Envelope) -> Result<Ticket, SpoolError> {
        check_length(envelope.payload.len(), PAYLOAD_BYTES_MAX)?;
        check_length(envelope.key.len(), KEY_BYTES_MAX)?;
        let (reply, answered) = sync_channel(1);
        let append = Command::Append { envelope, reply };
        self.commands.0.send(append).map_err(|_| SpoolError::Closed)?;
        Ok(Ticket(answered))
    }

    /// The reader of that name, with the cursor that it had. One at a time for a name.
    pub fn reader(&self, name: &str) -> Result<SpoolReader, SpoolError> {
        let name = name.to_owned();
        let cursor = self.commands.call(|reply| Command::Register { reader: name.clone(), reply })?;
        SpoolReader::open(&self.file, name, cursor, self.commands.clone(), self.marks.clone())
    }

    /// Where to put what can neither be delivered nor lost.
    pub fn dead_letters(&self) -> DeadLetters {
        DeadLetters { file: self.file.clone(), commands: self.commands.clone() }
    }

    /// Accepted records that a reader still has before it.
    pub fn backlog(&self) -> u64 {
        self.marks.borrow().backlog()
    }

    /// Whether it would take a record now: [`SpoolError::Full`] after it refused one for want of room and until there is
    /// some, [`SpoolError::Sealed`] after a failed write, [`SpoolError::Closed`] after the end.
    pub fn ready(&self) -> Result<(), SpoolError> {
        self.marks.has_changed().map_err(|_| SpoolError::Closed)?;
        self.marks.borrow().refusing.clone().map_or(Ok(()), Err)
    }

    /// Waits until every reader is done with everything that was accepted before this call.
    pub async fn drained(&self) -> Result<(), SpoolError> {
        let mut marks = self.marks.clone();
        let last = marks.borrow().last;
        let done = marks.wait_for(|marks| marks.done >= last).await;
        done.map(|_| ()).map_err(|_| SpoolError::Closed)
    }

    /// Commits what is queued and ends the writer. What comes later gets [`SpoolError::Closed`].
    pub fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // Fails only when the writer is gone already.
            let _ = self.commands.0.send(Command::Close);
            if thread.join().is_err() {
                tracing::error!("the spool's writer panicked");
            }
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.close();
    }
}

fn check_length(bytes: usize, limit: usize) -> Result<(), SpoolError> {
    if bytes > limit {
        return Err(SpoolError::TooLarge { bytes, limit });
    }
    Ok(())
}

/// Keeps what can neither be delivered nor lost, in the spool's own file.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    file: PathBuf,
    commands: Commands,
}

impl DeadLetters {
    /// Stores a letter; durable when it returns. One that was put lately, from the same source with the same bytes, is
    /// kept once. Blocks; not for async code.
    pub fn put(&self, letter: Letter) -> Result<(), SpoolError> {
        self.commands.call(|reply| Command::DeadLetter { letter, reply })
    }

    /// The newest letters, at most `max`.
    pub fn list(&self, max: usize) -> Result<Vec<DeadLetter>, SpoolError> {
        let connection = reader::connect(&self.file)?;
        record::list_dead_letters(&connection, max)
            .map_err(|error| SpoolError::Read { reason: error.to_string() })
    }
}

/// The longest that a reader's connection waits for a lock that the writer holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
