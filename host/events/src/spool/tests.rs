use std::cell::RefCell;
use std::fs;
use std::sync::atomic::{AtomicU8, Ordering};

use ovr_domain::EventId;
use ovr_domain::time::SystemClock;
use proptest::prelude::*;
use rusqlite::{Connection, ffi};
use tempfile::TempDir;

use super::*;

/// What the next commits of a writer meet: 0 nothing, 1 `EIO` from the sync, 2 `ENOSPC` once, 3 `ENOSPC` for good.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults(Arc<AtomicU8>);

impl Faults {
    pub(super) fn before_commit(&self) -> rusqlite::Result<()> {
        let code = match self.0.load(Ordering::SeqCst) {
            0 => return Ok(()),
            1 => ffi::SQLITE_IOERR_FSYNC,
            2 => {
                self.0.store(0, Ordering::SeqCst);
                ffi::SQLITE_FULL
            }
            _ => ffi::SQLITE_FULL,
        };
        Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }
}

thread_local! {
    static FAULTS: RefCell<Faults> = RefCell::default();
}

/// The faults of the spools that this test's thread opens.
pub(super) fn faults() -> Faults {
    FAULTS.with_borrow(Clone::clone)
}

fn install() -> InstallId {
    "0190f5fe-7c00-7a00-8000-000000000001".parse().unwrap()
}

fn open_with(dir: &Path, config: SpoolConfig) -> Result<Spool, SpoolError> {
    Spool::open(dir, config, install(), Arc::new(SystemClock::start()))
}

fn open(dir: &Path) -> Spool {
    open_with(dir, SpoolConfig::default()).unwrap()
}

fn envelope(number: u64) -> Envelope {
    Envelope {
        event_id: EventId(uuid::Uuid::from_u64_pair(7, number)),
        key: "site/gate-1".to_owned(),
        payload: number.to_le_bytes().repeat(100),
    }
}

fn fill(spool: &Spool, numbers: std::ops::Range<u64>) {
    let tickets: Vec<Ticket> = numbers.map(|number| spool.submit(envelope(number)).unwrap()).collect();
    for ticket in tickets {
        ticket.wait().unwrap();
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Everything that a reader gets, until there is nothing more.
fn read_all(spool: &Spool) -> Vec<Record> {
    run(async {
        let mut reader = spool.reader("test").unwrap();
        let mut all = Vec::new();
        loop {
            let batch = tokio::select! {
                biased;
                batch = reader.read(100) => batch.unwrap(),
                drained = spool.drained() => {
                    drained.unwrap();
                    return all;
                }
            };
            reader.advance(batch.last().unwrap().sequence).await.unwrap();
            all.extend(batch);
        }
    })
}

fn numbers(records: &[Record]) -> Vec<u64> {
    let number = |record: &Record| record.envelope.event_id.0.as_u64_pair().1;
    for record in records {
        assert_eq!(record.envelope, envelope(number(record)), "a record changed");
    }
    records.iter().map(number).collect()
}

/// Copies a closed spool as it lies on the disk.
fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.path().join(entry.file_name())).unwrap();
    }
    to
}

#[test]
fn what_was_accepted_is_read_in_order_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    fill(&spool, 0..300);
    drop(spool);
    let spool = open(dir.path());
    fill(&spool, 300..310);
    let records = read_all(&spool);
    assert_eq!(numbers(&records), (0..310).collect::<Vec<_>>());
    let sequences: Vec<u64> = records.iter().map(|record| record.sequence).collect();
    assert_eq!(sequences, (1..=310).collect::<Vec<_>>());
}

#[test]
fn a_flipped_bit_in_the_name_of_a_column_costs_no_record() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    fill(&spool, 0..20);
    drop(spool);
    let file = dir.path().join("spool.db");
    let mut bytes = fs::read(&file).unwrap();
    let name = b"payload BLOB NOT NULL,\n    checksum";
    let place = bytes.windows(name.len()).position(|window| window == name).unwrap();
    bytes[place] ^= 1;
    fs::write(&file, bytes).unwrap();
    assert_eq!(numbers(&read_all(&open(dir.path()))), (0..20).collect::<Vec<_>>());
}

#[test]
fn a_cursor_survives_and_numbers_are_never_used_twice() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    fill(&spool, 0..10);
    assert_eq!(read_all(&spool).len(), 10);
    assert_eq!(spool.backlog(), 0);
    drop(spool);
    let spool = open(dir.path());
    assert!(read_all(&spool).is_empty());
    let accepted = spool.submit(envelope(10)).unwrap().wait().unwrap();
    assert_eq!(accepted.sequence, 11);
}

#[test]
fn records_wait_for_the_slowest_reader_and_go_when_all_are_done() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    fill(&spool, 0..5);
    run(async {
        let (mut fast, mut slow) = (spool.reader("fast").unwrap(), spool.reader("slow").unwrap());
        fast.advance(5).await.unwrap();
        assert_eq!(slow.read(9).await.unwrap().len(), 5);
        assert_eq!(spool.backlog(), 5);
        // No reader can pass what does not exist yet.
        slow.advance(99).await.unwrap();
        assert_eq!(spool.backlog(), 0);
        spool.drained().await.unwrap();
    });
    let connection = Connection::open(dir.path().join("spool.db")).unwrap();
    let left: i64 = connection.query_row("SELECT count(*) FROM record", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
    fill(&spool, 5..6);
    let mut slow = spool.reader("slow").unwrap();
    assert_eq!(numbers(&run(slow.read(9)).unwrap()), [5]);
}

#[test]
fn a_reader_waits_for_the_next_record() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Arc::new(open(dir.path()));
    let mut reader = spool.reader("test").unwrap();
    let writer = Arc::clone(&spool);
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        fill(&writer, 0..1);
    });
    assert_eq!(run(reader.read(10)).unwrap().len(), 1);
    thread.join().unwrap();
    spool.close();
    run(async {
        reader.advance(1).await.unwrap_err();
        assert!(matches!(spool.submit(envelope(2)), Err(SpoolError::Closed)));
    });
}

#[test]
fn a_full_spool_refuses_and_accepts_again_when_it_was_drained() {
    let dir = tempfile::tempdir().unwrap();
    let config = SpoolConfig { disk_bytes_max: 300_000, ..SpoolConfig::default() };
    let spool = open_with(dir.path(), config).unwrap();
    let mut accepted = 0;
    let refused = loop {
        match spool.submit(envelope(accepted)).unwrap().wait() {
            Ok(_) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, SpoolError::Full { disk_bytes_max: 300_000, .. }), "{refused}");
    assert!(accepted > 200, "{accepted}");
    assert_eq!(spool.ready(), Err(refused));
    assert_eq!(numbers(&read_all(&spool)), (0..accepted).collect::<Vec<_>>());
    assert_eq!(spool.ready(), Ok(()), "it was drained");
    fill(&spool, accepted..accepted + 100);
    assert_eq!(read_all(&spool).len(), 100);
}

#[test]
fn a_disk_without_room_refuses_records_but_lets_cursors_move() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    fill(&spool, 0..3);
    faults().0.store(2, Ordering::SeqCst);
    let refused = spool.submit(envelope(3)).unwrap().wait();
    assert!(matches!(refused, Err(SpoolError::Full { .. })), "{refused:?}");
    assert_eq!(read_all(&spool).len(), 3);
    fill(&spool, 3..4);
}

#[test]
fn a_disk_without_any_room_refuses_cursors_too_and_all_works_again_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    fill(&spool, 0..3);
    let mut reader = spool.reader("test").unwrap();
    faults().0.store(3, Ordering::SeqCst);
    let refused = spool.submit(envelope(3)).unwrap().wait();
    assert!(matches!(refused, Err(SpoolError::Full { .. })), "{refused:?}");
    let stays = run(reader.advance(3));
    assert!(matches!(stays, Err(SpoolError::Full { .. })), "{stays:?}");
    assert!(matches!(spool.ready(), Err(SpoolError::Full { .. })));
    faults().0.store(0, Ordering::SeqCst);
    run(reader.advance(3)).unwrap();
    assert_eq!((spool.ready(), spool.backlog()), (Ok(()), 0));
    fill(&spool, 3..4);
}

#[test]
fn a_failed_sync_is_never_a_success_and_seals_the_spool() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    fill(&spool, 0..3);
    faults().0.store(1, Ordering::SeqCst);
    let first = spool.submit(envelope(3)).unwrap().wait();
    assert!(matches!(first, Err(SpoolError::Sealed { .. })), "{first:?}");
    faults().0.store(0, Ordering::SeqCst);
    let second = spool.submit(envelope(4)).unwrap().wait();
    assert!(matches!(second, Err(SpoolError::Sealed { .. })), "{second:?}");
    assert!(matches!(spool.ready(), Err(SpoolError::Sealed { .. })));
    drop(spool);
    assert_eq!(numbers(&read_all(&open(dir.path()))), [0, 1, 2]);
}

#[test]
fn a_damaged_record_goes_to_the_dead_letters_and_the_rest_is_delivered() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    fill(&spool, 0..6);
    drop(spool);
    let connection = Connection::open(dir.path().join("spool.db")).unwrap();
    let harm = "UPDATE record SET payload = x'00' WHERE sequence IN (2, 6);
        UPDATE record SET event_id = (SELECT event_id FROM record WHERE sequence = 1) WHERE sequence = 4;";
    connection.execute_batch(harm).unwrap();
    drop(connection);
    let spool = open(dir.path());
    assert_eq!(numbers(&read_all(&spool)), [0, 2, 4]);
    assert_eq!(spool.backlog(), 0, "a damaged record at the end is done, too");
    let letters = spool.dead_letters().list(10).unwrap();
    let offsets: Vec<u64> = letters.iter().map(|dead| dead.letter.offset).collect();
    assert_eq!(offsets, [6, 4, 2]);
    assert!(letters.iter().all(|dead| dead.letter.reason.contains("checksum")));
}

#[test]
fn a_letter_that_comes_again_is_kept_once() {
    let dir = tempfile::tempdir().unwrap();
    let letter = |offset, payload: &[u8]| Letter {
        source: "local bus".to_owned(),
        offset,
        reason: "it is no event".to_owned(),
        payload: payload.to_vec(),
    };
    // A bus that delivers again may give another offset, also after a restart.
    for offset in [4, 9] {
        let spool = open(dir.path());
        spool.dead_letters().put(letter(offset, b"poison")).unwrap();
        spool.dead_letters().put(letter(offset + 1, b"other poison")).unwrap();
    }
    let letters = open(dir.path()).dead_letters().list(10).unwrap();
    let offsets: Vec<u64> = letters.iter().map(|dead| dead.letter.offset).collect();
    assert_eq!(offsets, [5, 4]);
}

#[test]
fn a_spool_that_is_not_ours_is_refused_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let other: InstallId = "0190f5fe-7c00-7a00-8000-000000000002".parse().unwrap();
    let clock = Arc::new(SystemClock::start());
    let refused = Spool::open(dir.path(), SpoolConfig::default(), other, clock).unwrap_err();
    assert!(matches!(refused, SpoolError::OtherInstall { .. }));
    let line = refused.to_string();
    assert!(line.contains("000000000001") && line.contains("000000000002") && !line.contains('\n'), "{line}");

    let file = dir.path().join("spool.db");
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 9).unwrap();
    assert!(matches!(open_with(dir.path(), SpoolConfig::default()), Err(SpoolError::Newer { found: 9, .. })));

    fs::write(&file, b"this is a shopping list").unwrap();
    assert!(matches!(open_with(dir.path(), SpoolConfig::default()), Err(SpoolError::Foreign { .. })));
    assert_eq!(fs::read(&file).unwrap(), b"this is a shopping list");

    fs::remove_file(&file).unwrap();
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE recipe (name)").unwrap();
    assert!(matches!(open_with(dir.path(), SpoolConfig::default()), Err(SpoolError::Foreign { .. })));
}

#[test]
fn a_second_process_and_a_folder_that_cannot_be_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let _first = open(dir.path());
    assert!(matches!(open_with(dir.path(), SpoolConfig::default()), Err(SpoolError::InUse { .. })));
    let below_a_file = dir.path().join("spool.db").join("spool");
    assert!(matches!(open_with(&below_a_file, SpoolConfig::default()), Err(SpoolError::Unwritable { .. })));
}

#[test]
fn records_and_keys_beyond_the_limits_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    let mut large = envelope(1);
    large.payload = vec![0; PAYLOAD_BYTES_MAX + 1];
    assert!(matches!(spool.submit(large), Err(SpoolError::TooLarge { .. })));
    let mut long = envelope(1);
    long.key = "k".repeat(KEY_BYTES_MAX + 1);
    assert!(matches!(spool.submit(long), Err(SpoolError::TooLarge { .. })));
}

#[test]
fn damage_that_is_met_while_reading_is_told_from_a_disk_that_does_not_answer() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    fill(&spool, 0..100);
    drop(spool);
    let spool = open(dir.path());
    let mut reader = spool.reader("test").unwrap();
    let file = dir.path().join("spool.db");
    let mut bytes = fs::read(&file).unwrap();
    bytes[4096..].fill(0xA5);
    fs::write(&file, bytes).unwrap();
    let read = run(reader.read(10));
    assert!(matches!(read, Err(SpoolError::Corrupt { .. })), "{read:?}");

    let refused = |code| {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        recovery::refused(&file, &error)
    };
    for code in [ffi::SQLITE_BUSY, ffi::SQLITE_FULL, ffi::SQLITE_IOERR_READ, ffi::SQLITE_NOMEM] {
        assert!(matches!(refused(code), SpoolError::Unavailable { .. }), "{code}");
    }
    assert!(matches!(refused(ffi::SQLITE_CORRUPT), SpoolError::Damaged { .. }));
    assert!(matches!(refused(ffi::SQLITE_CANTOPEN), SpoolError::Unwritable { .. }));
}

#[test]
fn a_crash_between_the_renames_of_a_rebuild_loses_neither_the_new_file_nor_the_old_log() {
    for moved in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let spool = open(dir.path());
        fill(&spool, 0..5);
        drop(spool);
        let at = |name: &str| dir.path().join(name);
        // The rebuilt file is whole; the damaged one was renamed, its log perhaps not yet.
        fs::copy(at("spool.db"), at("spool.db.rebuilt")).unwrap();
        fs::rename(at("spool.db"), at("spool.db.damaged-17")).unwrap();
        fs::write(at(if moved { "spool.db.damaged-17-wal" } else { "spool.db-wal" }), b"the log").unwrap();
        let spool = open(dir.path());
        assert_eq!(numbers(&read_all(&spool)), [0, 1, 2, 3, 4]);
        assert_eq!(fs::read(at("spool.db.damaged-17-wal")).unwrap(), b"the log");
        assert!(!at("spool.db.rebuilt").exists());
    }
}

type Change = fn(&mut SpoolConfig);

#[test]
fn a_limit_out_of_range_is_named_with_what_would_be_right() {
    assert_eq!(SpoolConfig::default().validate(), Ok(()));
    let changes: [(Change, &str); 5] = [
        (|c| c.disk_bytes_max = 1024, "spool.disk_bytes_max: 1024 "),
        (|c| c.disk_bytes_max = u64::MAX, "16 TiB"),
        (|c| c.queue_records_max = 0, "spool.queue_records_max: 0 "),
        (|c| c.commit_delay_ms = 1001, "spool.commit_delay_ms: 1001 "),
        (|c| c.commit_records_max = 5000, "spool.commit_records_max: 5000 "),
    ];
    for (change, said) in changes {
        let mut config = SpoolConfig::default();
        change(&mut config);
        let message = config.validate().unwrap_err().to_string();
        assert!(message.contains(said), "{message}");
    }
}

#[test]
fn a_file_cut_at_any_point_gives_back_everything_before_the_cut() {
    let source = tempfile::tempdir().unwrap();
    let spool = open(source.path());
    fill(&spool, 0..400);
    drop(spool);
    let whole = fs::metadata(source.path().join("spool.db")).unwrap().len();
    let mut recovered_before = 0;
    for cut in 1..=40_u64 {
        let dir = copy(source.path());
        let length = whole * cut / 40 - u64::from(cut % 2 == 0 && cut < 40) * 77;
        let file = fs::OpenOptions::new().write(true).open(dir.path().join("spool.db")).unwrap();
        file.set_len(length).unwrap();
        drop(file);
        let recovered = match open_with(dir.path(), SpoolConfig::default()) {
            Ok(spool) => numbers(&read_all(&spool)),
            Err(SpoolError::Damaged { .. }) => vec![],
            Err(error) => panic!("cut at {length} of {whole}: {error}"),
        };
        assert!(recovered.windows(2).all(|pair| pair[0] < pair[1]), "cut at {length}: {recovered:?}");
        assert!(recovered.len() >= recovered_before, "cut at {length}");
        // A record takes about 900 bytes; the tables' own pages come first.
        let expected = length.saturating_sub(12 * 4096) * 400 / whole;
        assert!(recovered.len() as u64 >= expected, "{} of {expected} at {length}", recovered.len());
        recovered_before = recovered.len();
    }
    assert_eq!(recovered_before, 400);
}

#[test]
fn a_log_cut_at_any_point_loses_no_commit_before_the_cut() {
    let source = tempfile::tempdir().unwrap();
    let spool = open(source.path());
    // Each record is a commit of its own; the length of the log after it is where a cut loses nothing of it.
    let log = source.path().join("spool.db-wal");
    let ends: Vec<u64> = (0..30)
        .map(|number| {
            fill(&spool, number..number + 1);
            fs::metadata(&log).unwrap().len()
        })
        .collect();
    let crashed = copy(source.path());
    let last = *ends.last().unwrap();
    for cut in (0..last).step_by(1499).chain(ends[27]..ends[27] + 40) {
        let dir = copy(crashed.path());
        let file = fs::OpenOptions::new().write(true).open(dir.path().join("spool.db-wal")).unwrap();
        file.set_len(cut).unwrap();
        drop(file);
        let survived = match open_with(dir.path(), SpoolConfig::default()) {
            Ok(spool) => numbers(&read_all(&spool)),
            Err(error) => panic!("cut at {cut}: {error}"),
        };
        let committed = ends.iter().filter(|end| **end <= cut).count() as u64;
        assert_eq!(survived, (0..committed).collect::<Vec<_>>(), "cut at {cut}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn flipped_bits_never_panic_and_never_deliver_a_changed_record(
        flips in proptest::collection::vec((100_usize..1_000_000, 0_u32..8), 1..20)
    ) {
        let source = tempfile::tempdir().unwrap();
        let spool = open(source.path());
        fill(&spool, 0..60);
        drop(spool);
        let file = source.path().join("spool.db");
        let mut bytes = fs::read(&file).unwrap();
        let length = bytes.len();
        for (position, bit) in flips {
            bytes[position % length] ^= 1 << bit;
        }
        fs::write(&file, bytes).unwrap();
        if let Ok(spool) = open_with(source.path(), SpoolConfig::default()) {
            let delivered = numbers(&read_all(&spool));
            prop_assert!(delivered.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
