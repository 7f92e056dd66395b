//! How fast PostgreSQL takes events, on the server that `OVR_TEST_POSTGRES` names: batches as the consumer stores them, the
//! second revision of the same passes, and, for comparison, plain COPY of the very same rows in one stream, into a table
//! with the same indexes and into one without any.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use ovr_domain::event::{Candidate, EvidenceKind, EvidenceRef, FormatMatch, Lifecycle, Verdict};
use ovr_domain::port::EventStore;
use ovr_domain::time::{Clock, SystemClock};
use ovr_domain::{CameraId, Digest, EventId, EvidenceId, PlateEvent, SiteId, Timestamp, TrackId};
use ovr_store::PostgresStore;
use tokio_postgres::{Client, Config, NoTls};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const EVENTS: u64 = 30_000;
const BATCHES: [usize; 2] = [256, 2_000];

/// A pass as the program makes them: about 3 KB as JSON, four pictures.
fn pass(number: u64, now: Timestamp) -> PlateEvent {
    let at = now.plus(Duration::from_millis(number * 10));
    let scrambled = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let plate: String = (0..7_u64).map(|place| letter(scrambled >> (place * 5))).collect();
    let camera = CameraId::numbered("camera", (scrambled >> 40) as usize % 10);
    let pictures =
        [EvidenceKind::PlateCrop, EvidenceKind::VehicleCrop, EvidenceKind::VehicleCrop, EvidenceKind::Scene];
    let evidence = |kind| EvidenceRef {
        kind,
        id: EvidenceId::mint(at),
        sha256: Digest::of(plate.as_bytes()),
        expires_at: at.plus(Duration::from_hours(2_160)),
    };
    let format = |number: usize| FormatMatch {
        plate: plate.clone(),
        country: "DE".to_owned(),
        region: Some("Karlsruhe".to_owned()),
        format_id: format!("de-standard-{number}"),
        series: "standard".to_owned(),
        score: 1.0 / (1.0 + number as f32),
    };
    PlateEvent {
        plate_observed: Some(plate.clone()),
        plate_normalized: Some(plate.clone()),
        char_confidences: vec![0.987_654_3; 7],
        candidates: (0..8).map(|_| Candidate { plate: plate.clone(), score: 0.125 }).collect(),
        confidence: 0.98,
        unread_reason: None,
        verdict: Verdict::Valid,
        formats: (0..4).map(format).collect(),
        evidence: pictures.map(evidence).to_vec(),
        detector_digest: Some(Digest::of(b"detector")),
        reader_digest: Some(Digest::of(b"reader")),
        plugin_digests: vec![Digest::of(b"plugin"); 3],
        ..PlateEvent::of_pass(EventId::mint(at), SiteId::default(), camera, TrackId(number), at)
    }
}

fn letter(bits: u64) -> char {
    char::from(b'A' + (bits % 26) as u8)
}

struct Bench {
    clock: SystemClock,
    server: Config,
}

impl Bench {
    async fn connect(&self, database: &str) -> Outcome<Client> {
        let (client, connection) = self.server.clone().dbname(database).connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    fn store(&self, database: &str) -> Outcome<PostgresStore> {
        let [tokio_postgres::config::Host::Tcp(host)] = self.server.get_hosts() else {
            return Err("OVR_TEST_POSTGRES: one host is expected".into());
        };
        let port = self.server.get_ports().first().copied().unwrap_or(5432);
        let address =
            format!("postgres://{}@{host}:{port}/{database}", self.server.get_user().unwrap_or("postgres"));
        let password =
            self.server.get_password().map(|password| String::from_utf8_lossy(password).into_owned());
        Ok(PostgresStore::new(address.parse()?, Arc::new(move || Ok(password.clone())))?)
    }

    fn report(&self, what: &str, events: usize, start: Duration) -> f64 {
        let rate = events as f64 / self.clock.monotonic().saturating_sub(start).as_secs_f64();
        println!("{what:<58} {rate:>9.0} events/s");
        rate
    }

    async fn run(&self, database: &str, batch: usize) -> Outcome<()> {
        let store = self.store(database)?;
        store.prepare().await?;
        let now = self.clock.now();
        let mut events: Vec<_> = (0..EVENTS).map(|number| pass(number, now)).collect();
        // The first batch makes the days and opens the connection.
        store.upsert(&[pass(EVENTS, now)]).await?;
        let start = self.clock.monotonic();
        let (one_by_one, two_at_a_time) = events.split_at(events.len() / 2);
        for batch in one_by_one.chunks(batch) {
            store.upsert(batch).await?;
        }
        let stored = self.report(&format!("stored in batches of {batch}"), one_by_one.len(), start);
        let start = self.clock.monotonic();
        for pair in two_at_a_time.chunks(2 * batch) {
            let (first, second) = pair.split_at(batch.min(pair.len()));
            let (first, second) = tokio::join!(store.upsert(first), store.upsert(second));
            first.and(second)?;
        }
        self.report("the same, two at a time", two_at_a_time.len(), start);
        let client = self.connect(database).await?;
        let rows = self.rows(&client).await?;
        for (what, like) in [("with the same indexes", "INCLUDING ALL"), ("without any index", "")] {
            client
                .batch_execute(&format!("DROP TABLE IF EXISTS plain; CREATE TABLE plain (LIKE event {like})"))
                .await?;
            let start = self.clock.monotonic();
            let mut sink = pin!(client.copy_in("COPY plain FROM STDIN (FORMAT binary)").await?);
            for chunk in &rows {
                sink.feed(chunk.clone()).await?;
            }
            sink.as_mut().finish().await?;
            let copied = self.report(&format!("plain COPY of the same rows {what}"), events.len(), start);
            println!("{:>58} {:>9.2}", "share of that", stored / copied);
        }
        for event in &mut events {
            (event.revision, event.lifecycle) = (2, Lifecycle::Final);
            event.last_seen = event.last_seen.plus(Duration::from_secs(2));
        }
        let start = self.clock.monotonic();
        for batch in events.chunks(batch) {
            store.upsert(batch).await?;
        }
        self.report(&format!("second revisions in batches of {batch}"), events.len(), start);
        Ok(())
    }

    /// All rows in COPY's own format.
    async fn rows(&self, client: &Client) -> Outcome<Vec<Bytes>> {
        let mut out = pin!(client.copy_out("COPY (SELECT * FROM event) TO STDOUT (FORMAT binary)").await?);
        let mut rows = Vec::new();
        while let Some(chunk) = out.next().await {
            rows.push(chunk?);
        }
        let bytes: usize = rows.iter().map(Bytes::len).sum();
        println!("{:<58} {:>9} bytes", "one event as a row", bytes / rows.len());
        Ok(rows)
    }
}

async fn all(server: String) -> Outcome<()> {
    let bench = Bench { clock: SystemClock::start(), server: server.parse()? };
    let admin = bench.connect(bench.server.get_dbname().unwrap_or("postgres")).await?;
    for batch in BATCHES {
        let database = format!("bench_{}_{batch}", std::process::id());
        admin.batch_execute(&format!("CREATE DATABASE {database}")).await?;
        let measured = bench.run(&database, batch).await;
        admin.batch_execute(&format!("DROP DATABASE {database} WITH (FORCE)")).await?;
        measured?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let outcome = std::env::var("OVR_TEST_POSTGRES")
        .map_err(|_| {
            "OVR_TEST_POSTGRES is not set: it names a server on which databases may be created".into()
        })
        .and_then(|server| tokio::runtime::Runtime::new()?.block_on(all(server)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let error: Box<dyn std::error::Error> = error;
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}
