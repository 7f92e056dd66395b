//! `kill -9` at random instants: what the spool had reported durable is in the store after the restart, once.
//!
//! The test runs itself as a child process. The child is the whole path: submitters, spool, publisher, local bus,
//! consumer, SQLite store. It says on its standard output what it is about to submit and what was reported durable.
//! The parent listens, kills it at a seeded instant, and starts it again on the same folder, fifty times; what each
//! child leaves behind the next has to deal with. In the end the parent runs the path itself until it is drained and
//! compares. Four checks: nothing lost, nothing twice, nothing that nobody submitted, and a fresh event still flows.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "the whole file is a test, and its child speaks on the standard output"
)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use ovr_domain::event::{Lifecycle, Verdict, Votes};
use ovr_domain::port::{Envelope, EventStore};
use ovr_domain::query::{EventQuery, PAGE_EVENTS_MAX};
use ovr_domain::time::{Clock, SystemClock};
use ovr_domain::{CameraId, EventId, InstallId, PlateEvent, SiteId, Timestamp, TrackId};
use ovr_events::bus::local_bus;
use ovr_events::publish::Publisher;
use ovr_events::spool::{Spool, SpoolConfig};
use ovr_store::{Consumer, SqliteStore};
use tokio::sync::watch;

const CHILD_DIR: &str = "OVR_CRASH_CHILD_DIR";
const CHILD_RUN: &str = "OVR_CRASH_CHILD_RUN";
const KILLS: u64 = 50;
const SUBMITTERS: u64 = 3;

fn install() -> InstallId {
    "0190f5fe-7c00-7a00-8000-000000000001".parse().unwrap()
}

/// The event of that number; the same in every process, so that the parent knows what must be in the store.
fn event(run: u64, submitter: u64, pass: u64, revision: u32) -> PlateEvent {
    let number = run << 32 | submitter << 24 | pass;
    let at = Timestamp::from_micros(1_795_421_700_000_000 + i64::try_from(number % 1_000_000_007).unwrap());
    let plate = format!("R{run}S{submitter}P{pass}");
    PlateEvent {
        revision,
        lifecycle: if revision == 1 { Lifecycle::New } else { Lifecycle::Final },
        clock_synchronised: true,
        frames_seen: revision,
        plate_normalized: Some(ovr_domain::read::normalize(&plate)),
        plate_observed: Some(plate),
        char_confidences: vec![0.9; 4],
        confidence: 0.9,
        votes: Votes { frames: 3, agreeing: 3 },
        unread_reason: None,
        verdict: Verdict::Valid,
        ..PlateEvent::of_pass(
            EventId(uuid::Uuid::from_u64_pair(0x0190_f5fe_7c00_7a00, number)),
            SiteId::new("site").unwrap(),
            CameraId::new("gate-1").unwrap(),
            TrackId(number),
            at,
        )
    }
}

fn envelope(event: &PlateEvent) -> Envelope {
    Envelope {
        event_id: event.event_id,
        key: format!("{}/{}", event.site_id, event.camera_id),
        payload: ovr_events::avro::encode(event).unwrap(),
    }
}

/// Spool, publisher, bus, consumer and store, running.
struct Running {
    spool: Arc<Spool>,
    store: Arc<SqliteStore>,
    stop: watch::Sender<bool>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

fn start(dir: &Path) -> Running {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let spool = Spool::open(&dir.join("spool"), SpoolConfig::default(), install(), clock.clone()).unwrap();
    let store = Arc::new(SqliteStore::open(&dir.join("events.db"), install()).unwrap());
    let (bus, subscription) = local_bus(4, spool.dead_letters());
    let reader = spool.reader("bus").unwrap();
    let (stop, shutdown) = watch::channel(false);
    let decode = Box::new(|bytes: &[u8]| ovr_events::avro::decode(bytes).map_err(|error| error.to_string()));
    let consumer = Consumer::new(Box::new(subscription), store.clone(), decode, clock);
    let consuming = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { consumer.run(shutdown).await.unwrap() }
    });
    let publisher = Publisher::default();
    let publishing =
        tokio::spawn(async move { publisher.run(reader, Arc::new(bus), shutdown).await.unwrap() });
    Running { spool: Arc::new(spool), store, stop, tasks: vec![consuming, publishing] }
}

/// Not a test of its own: what the test below starts and kills. Without its folder it does nothing.
#[test]
fn child() {
    let Some(dir) = std::env::var_os(CHILD_DIR).map(PathBuf::from) else {
        return;
    };
    let run: u64 = std::env::var(CHILD_RUN).unwrap().parse().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let _entered = runtime.enter();
    let path = start(&dir);
    println!("\nready");
    std::thread::scope(|scope| {
        for submitter in 0..SUBMITTERS {
            let spool = Arc::clone(&path.spool);
            scope.spawn(move || submit_for_ever(&spool, run, submitter));
        }
    });
}

fn submit_for_ever(spool: &Spool, run: u64, submitter: u64) {
    for round in 0_u64.. {
        let mut tickets = Vec::new();
        // Several in flight, so that commits hold more than one record; every second pass has two revisions.
        for member in 0..4 {
            let pass = round * 4 + member;
            for revision in 1..=1 + u32::from(pass.is_multiple_of(2)) {
                let event = event(run, submitter, pass, revision);
                println!("submit {submitter} {pass} {revision}");
                tickets.push((pass, revision, spool.submit(envelope(&event)).unwrap()));
            }
        }
        for (pass, revision, ticket) in tickets {
            ticket.wait().unwrap();
            println!("durable {submitter} {pass} {revision}");
        }
    }
}

#[derive(Debug, Default)]
struct Told {
    /// Greatest revision that was announced, by event.
    submitted: HashMap<EventId, u32>,
    /// Greatest revision that was reported durable, by event.
    durable: HashMap<EventId, (u32, PlateEvent)>,
}

impl Told {
    fn hear(&mut self, run: u64, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        // A line that the kill cut short says nothing.
        let [verb, numbers @ ..] = words.as_slice() else {
            return;
        };
        let numbers: Vec<u64> = numbers.iter().filter_map(|number| number.parse().ok()).collect();
        let ([submitter, pass, revision], "submit" | "durable") = (numbers.as_slice(), *verb) else {
            return;
        };
        let revision = u32::try_from(*revision).unwrap();
        let event = event(run, *submitter, *pass, revision);
        if *verb == "submit" {
            self.submitted.insert(event.event_id, revision);
        } else {
            self.durable.insert(event.event_id, (revision, event));
        }
    }
}

fn spawn_child(dir: &Path, run: u64) -> (Child, Receiver<String>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD_DIR, dir)
        .env(CHILD_RUN, run.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (send, lines) = sync_channel(1 << 16);
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    (child, lines)
}

/// Marsaglia's xorshift64: the same instants for the same seed.
fn next(noise: &mut u64) -> u64 {
    *noise ^= *noise << 13;
    *noise ^= *noise >> 7;
    *noise ^= *noise << 17;
    *noise
}

/// One life of the child: from its start to its end by `SIGKILL`.
fn live_and_die(dir: &Path, run: u64, noise: &mut u64, told: &mut Told) {
    let (mut child, lines) = spawn_child(dir, run);
    // Some die while they start, most while they work: what is counted are lines, what ends it is a moment after.
    let lines_before = if next(noise).is_multiple_of(8) { 0 } else { next(noise) % 400 };
    let moment = Duration::from_micros(next(noise) % 30_000);
    for _ in 0..lines_before {
        match lines.recv_timeout(Duration::from_mins(1)) {
            Ok(line) => told.hear(run, &line),
            Err(RecvTimeoutError::Timeout) => panic!("run {run}: the child says nothing"),
            Err(RecvTimeoutError::Disconnected) => panic!("run {run}: the child ended by itself"),
        }
    }
    std::thread::sleep(moment);
    assert!(child.try_wait().unwrap().is_none(), "run {run}: the child ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
    // What it said before it died counts.
    for line in lines {
        told.hear(run, &line);
    }
}

async fn stored(store: &SqliteStore) -> Vec<PlateEvent> {
    let mut query = EventQuery { limit: PAGE_EVENTS_MAX, ..EventQuery::default() };
    let mut events = Vec::new();
    loop {
        let page = store.search(&query).await.unwrap();
        events.extend(page.events);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return events,
        }
    }
}

fn compare(told: &Told, events: Vec<PlateEvent>, seed: u64) {
    let rows = events.len();
    let by_id: HashMap<EventId, PlateEvent> =
        events.into_iter().map(|event| (event.event_id, event)).collect();
    assert_eq!(by_id.len(), rows, "seed {seed}: an event is stored twice");
    for (id, (revision, event)) in &told.durable {
        let found = by_id.get(id);
        assert!(found.is_some(), "seed {seed}: {id} was reported durable and is lost");
        let found = found.unwrap();
        assert!(found.revision >= *revision, "seed {seed}: revision {revision} of {id} is lost");
        assert_eq!(found.plate_observed, event.plate_observed, "seed {seed}: {id} changed");
    }
    for (id, event) in &by_id {
        let submitted = told.submitted.get(id).copied();
        assert!(
            submitted >= Some(event.revision),
            "seed {seed}: nobody submitted revision {} of {id}",
            event.revision
        );
    }
}

#[test]
fn what_was_reported_durable_survives_fifty_kills_once() {
    let seed = std::env::var("OVR_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_123_u64);
    println!("seed {seed} (set OVR_SEED for another)");
    let dir = tempfile::tempdir().unwrap();
    let mut noise = seed | 1;
    let mut told = Told::default();
    for run in 0..KILLS {
        live_and_die(dir.path(), run, &mut noise, &mut told);
    }

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let path = start(dir.path());
        let backlog = path.spool.backlog();
        let fresh = event(KILLS, 0, 0, 1);
        let ticket = path.spool.submit(envelope(&fresh)).unwrap();
        tokio::task::spawn_blocking(move || ticket.wait()).await.unwrap().unwrap();
        told.submitted.insert(fresh.event_id, 1);
        told.durable.insert(fresh.event_id, (1, fresh));
        path.spool.drained().await.unwrap();
        let events = stored(&path.store).await;
        println!(
            "{KILLS} kills, {} events submitted, {} reported durable, {} stored, {backlog} in the spool at the last start",
            told.submitted.len(),
            told.durable.len(),
            events.len()
        );
        assert!(told.durable.len() > 500, "the children did next to nothing");
        assert!(path.spool.dead_letters().list(10).unwrap().is_empty());
        compare(&told, events, seed);
        path.stop.send(true).unwrap();
        for task in path.tasks {
            task.await.unwrap();
        }
    });
}
