//! The one thread that writes: takes commands, commits them in groups, answers each after the commit.

use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

use ovr_domain::metric;
use ovr_domain::port::Envelope;
use ovr_domain::time::Clock;
use rusqlite::{Connection, ErrorCode, params};
use tokio::sync::watch;

use super::record::{self, Letter, RECORD_BYTES};
use super::recovery::Opened;
use super::{Accepted, SpoolConfig, SpoolError};

type Answer<T> = SyncSender<Result<T, SpoolError>>;

/// What the writer is asked for; each answers when it is durable.
#[derive(Debug)]
pub(super) enum Command {
    Append { envelope: Envelope, reply: Answer<Accepted> },
    Register { reader: String, reply: Answer<u64> },
    Advance { reader: String, sequence: u64, reply: Answer<()> },
    Quarantine { letter: Letter, reply: Answer<()> },
    DeadLetter { letter: Letter, reply: Answer<()> },
    Close,
}

/// How far the spool is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marks {
    /// The last durable sequence.
    pub(super) last: u64,
    /// The smallest cursor: everybody is done up to here.
    pub(super) done: u64,
    /// Why records are refused now; nothing while they are taken.
    pub(super) refusing: Option<SpoolError>,
}

impl Marks {
    pub(super) fn backlog(&self) -> u64 {
        self.last.saturating_sub(self.done)
    }
}

/// What became of a command, told after the commit.
enum Outcome {
    Accepted(Answer<Accepted>, Result<Accepted, SpoolError>),
    Cursor(Answer<u64>, u64),
    Done(Answer<()>),
}

/// Free pages that are given back to the file system at a time, and how many must have gathered.
const VACUUM_PAGES: i64 = 1024;

/// Room below the quota from which on a spool that was full is said to take records again: that of many events.
const ROOM_BYTES_MIN: u64 = 64 * 1024;

const REGISTER: &str = "INSERT INTO reader (name, cursor)
    VALUES (?1, coalesce((SELECT min(sequence) - 1 FROM record), ?2)) ON CONFLICT (name) DO NOTHING";
const CURSOR: &str = "SELECT cursor FROM reader WHERE name = ?1";
const ADVANCE: &str = "UPDATE reader SET cursor = max(cursor, min(?2, ?3)) WHERE name = ?1";
const TRIM: &str = "DELETE FROM record WHERE sequence <= (SELECT min(cursor) FROM reader)";
const REMOVE: &str = "DELETE FROM record WHERE sequence = ?1";
const DONE: &str = "SELECT min(cursor) FROM reader";

pub(super) struct Writer {
    connection: Connection,
    config: SpoolConfig,
    clock: Arc<dyn Clock>,
    marks: watch::Sender<Marks>,
    page_bytes: u64,
    sealed: Option<String>,
    /// Keeps other processes out for as long as the writer lives.
    _lock: File,
    #[cfg(test)]
    pub(super) faults: super::tests::Faults,
}

impl Writer {
    pub(super) fn new(
        opened: Opened,
        config: SpoolConfig,
        clock: Arc<dyn Clock>,
    ) -> rusqlite::Result<(Self, watch::Receiver<Marks>)> {
        let page_bytes =
            opened.connection.pragma_query_value(None, "page_size", |row| row.get::<_, i64>(0))?;
        let done = opened.connection.query_row(DONE, [], |row| row.get::<_, Option<i64>>(0))?;
        let first_marks =
            Marks { last: opened.last_sequence, done: done.unwrap_or(0) as u64, refusing: None };
        let (marks, seen) = watch::channel(first_marks);
        let writer = Self {
            connection: opened.connection,
            config,
            clock,
            marks,
            page_bytes: page_bytes as u64,
            sealed: None,
            _lock: opened.lock,
            #[cfg(test)]
            faults: super::tests::faults(),
        };
        Ok((writer, seen))
    }

    pub(super) fn run(mut self, commands: &Receiver<Command>) {
        while let Ok(first) = commands.recv() {
            let (group, close) = self.gather(first, commands);
            self.commit(group);
            if close {
                break;
            }
        }
        // The next start then has no log to go through. It would, were this to fail.
        let checkpoint = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(error) = checkpoint {
            tracing::warn!(%error, "folding the spool's log into its file");
        }
    }

    /// What is already waiting joins the group, so that many share a sync and a lone record waits for none.
    fn gather(&self, first: Command, commands: &Receiver<Command>) -> (Vec<Command>, bool) {
        let start = self.clock.monotonic();
        let longest = Duration::from_millis(self.config.commit_delay_ms);
        let mut group = Vec::new();
        let mut next = Some(first);
        while let Some(command) = next.take() {
            if matches!(command, Command::Close) {
                return (group, true);
            }
            group.push(command);
            let waited = self.clock.monotonic().saturating_sub(start);
            if group.len() < self.config.commit_records_max.max(1) && waited < longest {
                next = commands.try_recv().ok();
            }
        }
        (group, false)
    }

    fn commit(&mut self, group: Vec<Command>) {
        if group.is_empty() {
            return;
        }
        let start = self.clock.monotonic();
        let result = match &self.sealed {
            Some(reason) => Err(SpoolError::Sealed { reason: reason.clone() }),
            None => self.attempt(&group, false),
        };
        let (result, disk_full) = match result {
            // The disk itself is full, below the quota: cursors must still move, or it would stay full.
            Err(SpoolError::Full { .. }) => (self.attempt(&group, true), true),
            other => (other, false),
        };
        metric::stage("spool", self.clock.monotonic().saturating_sub(start));
        match result {
            Ok((outcomes, mut marks)) => {
                marks.refusing = self.refusing(&outcomes, disk_full);
                metric::spool_backlog(marks.backlog());
                self.marks.send_replace(marks);
                for outcome in outcomes {
                    tell(outcome);
                }
                self.give_back_pages();
            }
            Err(error) => {
                if let (SpoolError::Sealed { reason }, None) = (&error, &self.sealed) {
                    tracing::error!(%reason, "the spool is sealed: check the disk and start again");
                    self.sealed = Some(reason.clone());
                }
                let refusing = Some(error.clone());
                self.marks.send_if_modified(|marks| {
                    let changed = marks.refusing != refusing;
                    marks.refusing = refusing;
                    changed
                });
                for command in group {
                    refuse(command, &error);
                }
            }
        }
    }

    /// Why the next record would be refused, after a group that was committed.
    fn refusing(&self, outcomes: &[Outcome], disk_full: bool) -> Option<SpoolError> {
        let appended = outcomes.iter().rev().find_map(|outcome| match outcome {
            Outcome::Accepted(_, result) => Some(result),
            Outcome::Cursor(..) | Outcome::Done(_) => None,
        });
        if let Some(result) = appended {
            return result.as_ref().err().cloned();
        }
        // Nobody asked for room in this group: it stays full until there is some.
        let before = self.marks.borrow().refusing.clone()?;
        let used_bytes = self.used_bytes().unwrap_or(u64::MAX);
        let room = used_bytes.saturating_add(ROOM_BYTES_MIN) <= self.config.disk_bytes_max;
        (disk_full || !room).then_some(before)
    }

    /// One transaction. Nothing of it is told before it is committed.
    fn attempt(&self, group: &[Command], full: bool) -> Result<(Vec<Outcome>, Marks), SpoolError> {
        let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => self.full(0),
            _ => SpoolError::Sealed { reason: error.to_string() },
        };
        // Dropped without a commit, the transaction is rolled back.
        let transaction = self.connection.unchecked_transaction().map_err(failed)?;
        let mut used_bytes = self.used_bytes().map_err(failed)?;
        let mut last = self.marks.borrow().last;
        let mut outcomes = Vec::with_capacity(group.len());
        for command in group {
            let outcome = match command {
                Command::Append { envelope, reply } => {
                    let result = self.append(envelope, full, &mut used_bytes, &mut last).map_err(failed)?;
                    Outcome::Accepted(reply.clone(), result)
                }
                other => match self.maintain(other, last).map_err(failed)? {
                    Some(outcome) => outcome,
                    None => continue,
                },
            };
            outcomes.push(outcome);
        }
        let done: Option<i64> = transaction.query_row(DONE, [], |row| row.get(0)).map_err(failed)?;
        #[cfg(test)]
        self.faults.before_commit().map_err(failed)?;
        transaction.commit().map_err(failed)?;
        let done = done.unwrap_or(0) as u64;
        Ok((outcomes, Marks { last, done, refusing: None }))
    }

    fn append(
        &self,
        envelope: &Envelope,
        full: bool,
        used_bytes: &mut u64,
        last: &mut u64,
    ) -> rusqlite::Result<Result<Accepted, SpoolError>> {
        let bytes = (envelope.payload.len() + envelope.key.len()) as u64 + RECORD_BYTES;
        if full || *used_bytes + bytes > self.config.disk_bytes_max {
            return Ok(Err(self.full(*used_bytes)));
        }
        record::insert(&self.connection, *last + 1, envelope)?;
        *used_bytes += bytes;
        *last += 1;
        Ok(Ok(Accepted { sequence: *last }))
    }

    /// Everything but appending.
    fn maintain(&self, command: &Command, last: u64) -> rusqlite::Result<Option<Outcome>> {
        let connection = &self.connection;
        Ok(match command {
            Command::Register { reader, reply } => {
                connection.prepare_cached(REGISTER)?.execute(params![reader, last as i64])?;
                let cursor: i64 = connection.query_row(CURSOR, [reader], |row| row.get(0))?;
                Some(Outcome::Cursor(reply.clone(), cursor as u64))
            }
            Command::Advance { reader, sequence, reply } => {
                let bounds = params![reader, *sequence as i64, last as i64];
                connection.prepare_cached(ADVANCE)?.execute(bounds)?;
                connection.prepare_cached(TRIM)?.execute([])?;
                Some(Outcome::Done(reply.clone()))
            }
            Command::Quarantine { letter, reply } => {
                // Only the first who finds the damage puts it away.
                if connection.prepare_cached(REMOVE)?.execute([letter.offset as i64])? > 0 {
                    record::bury(connection, letter, self.clock.now())?;
                    metric::spool("corrupt", 1);
                }
                Some(Outcome::Done(reply.clone()))
            }
            Command::DeadLetter { letter, reply } => {
                record::bury_once(connection, letter, self.clock.now())?;
                Some(Outcome::Done(reply.clone()))
            }
            Command::Append { .. } | Command::Close => None,
        })
    }

    fn full(&self, used_bytes: u64) -> SpoolError {
        SpoolError::Full { used_bytes, disk_bytes_max: self.config.disk_bytes_max }
    }

    fn pragma(&self, name: &str) -> rusqlite::Result<i64> {
        self.connection.pragma_query_value(None, name, |row| row.get(0))
    }

    fn used_bytes(&self) -> rusqlite::Result<u64> {
        let pages = self.pragma("page_count")? - self.pragma("freelist_count")?;
        Ok(pages.max(0) as u64 * self.page_bytes)
    }

    /// Gives free pages back to the file system, a bounded number at a time. Failing only keeps the file long.
    fn give_back_pages(&self) {
        let free = self.pragma("freelist_count").unwrap_or(0);
        if free < VACUUM_PAGES {
            return;
        }
        let vacuum = self.connection.execute_batch("PRAGMA incremental_vacuum(1024)");
        if let Err(error) = vacuum {
            tracing::warn!(%error, "giving free pages of the spool back");
        }
    }
}

/// A reply that nobody waits for any more is no fault.
fn tell(outcome: Outcome) {
    match outcome {
        Outcome::Accepted(reply, result) => {
            metric::spool(if result.is_ok() { "accepted" } else { "refused" }, 1);
            let _ = reply.send(result);
        }
        Outcome::Cursor(reply, cursor) => {
            let _ = reply.send(Ok(cursor));
        }
        Outcome::Done(reply) => {
            let _ = reply.send(Ok(()));
        }
    }
}

fn refuse(command: Command, error: &SpoolError) {
    match command {
        Command::Append { reply, .. } => {
            metric::spool("refused", 1);
            let _ = reply.send(Err(error.clone()));
        }
        Command::Register { reply, .. } => {
            let _ = reply.send(Err(error.clone()));
        }
        Command::Advance { reply, .. }
        | Command::Quarantine { reply, .. }
        | Command::DeadLetter { reply, .. } => {
            let _ = reply.send(Err(error.clone()));
        }
        Command::Close => {}
    }
}
