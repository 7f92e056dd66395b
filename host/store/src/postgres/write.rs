//! Storing events: a batch goes by binary COPY into a table of the session, and from there, in the same transaction, to
//! where it stays. A greater revision replaces a smaller one, the rest is left as it is.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::pin::pin;

use ovr_domain::port::StoreError;
use ovr_domain::{EventId, PlateEvent};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Statement, Transaction};
use uuid::Uuid;

use super::pool::Session;
use super::value::{Instant, Json, searched, text};
use crate::row::{Row, name};

const DAY_MICROS: i64 = 86_400_000_000;

/// The columns of `event`, which are those of `staged`, too.
macro_rules! columns {
    () => {
        "event_id, revision, lifecycle, site_id, camera_id, lane_id, captured_at, last_seen, plate_normalized, \
         plate_corrected, confidence, unread, country, verdict, vehicle_class, direction, dedup_decision, \
         repeats_event_id, event"
    };
}

/// Empty at the begin of every transaction. It belongs to the session, is not logged and does not outlive a crash. Its columns
/// are of the same types, so that an event is checked and compressed once and moves on as it is.
const STAGE: &str = "CREATE TEMPORARY TABLE IF NOT EXISTS staged (
    event_id uuid, revision bigint, lifecycle text, site_id text, camera_id text, lane_id text, captured_at timestamptz,
    last_seen timestamptz, plate_normalized text, plate_corrected text, confidence real, unread boolean, country text,
    verdict text, vehicle_class text, direction text, dedup_decision text, repeats_event_id uuid, event json
) ON COMMIT DELETE ROWS";

const COPY: &str = concat!("COPY staged (", columns!(), ") FROM STDIN (FORMAT binary)");
const TYPES: [Type; 19] = [
    Type::UUID,
    Type::INT8,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TIMESTAMPTZ,
    Type::TIMESTAMPTZ,
    Type::TEXT,
    Type::TEXT,
    Type::FLOAT4,
    Type::BOOL,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::UUID,
    Type::JSON,
];

/// The key decides which revision wins, over all days; its rows are locked in the order of their ids, so that two
/// consumers cannot wait for each other. What it gives back is where a pass lay whose capture time has changed.
const UPSERT: &str = concat!(
    "WITH won AS (
        INSERT INTO event_key AS kept (event_id, revision, captured_at, site_id, seen_at)
        SELECT event_id, revision, captured_at, site_id, CASE WHEN unread THEN NULL ELSE last_seen END
        FROM staged ORDER BY event_id
        ON CONFLICT (event_id) DO UPDATE SET revision = excluded.revision,
            moved_from = CASE WHEN kept.captured_at <> excluded.captured_at THEN kept.captured_at END,
            captured_at = excluded.captured_at, site_id = excluded.site_id, seen_at = excluded.seen_at
        WHERE excluded.revision > kept.revision
        RETURNING event_id, moved_from
    ), put AS (
        INSERT INTO event (",
    columns!(),
    ") SELECT staged.event_id, revision, lifecycle, site_id, camera_id, lane_id, captured_at, last_seen,
            plate_normalized, plate_corrected, confidence, unread, country, verdict, vehicle_class, direction,
            dedup_decision, repeats_event_id, event
        FROM staged JOIN won USING (event_id)
        ON CONFLICT (captured_at, event_id) DO UPDATE SET revision = excluded.revision,
            lifecycle = excluded.lifecycle, site_id = excluded.site_id, camera_id = excluded.camera_id,
            lane_id = excluded.lane_id, last_seen = excluded.last_seen,
            plate_normalized = excluded.plate_normalized, plate_corrected = excluded.plate_corrected,
            confidence = excluded.confidence, unread = excluded.unread, country = excluded.country,
            verdict = excluded.verdict, vehicle_class = excluded.vehicle_class, direction = excluded.direction,
            dedup_decision = excluded.dedup_decision, repeats_event_id = excluded.repeats_event_id,
            event = excluded.event
        WHERE excluded.revision > event.revision
    )
    SELECT event_id, moved_from FROM won WHERE moved_from IS NOT NULL"
);

const LEAVE: &str = "DELETE FROM event WHERE captured_at = $1 AND event_id = $2";

/// A picture of an earlier revision stays the event's own.
const OWN: &str = "INSERT INTO evidence (evidence_id, event_id, camera_id, kind, sha256, expires_at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
    ON CONFLICT (evidence_id) DO NOTHING";

/// What a session prepares once.
pub(super) struct Statements {
    copy: Statement,
    upsert: Statement,
    own: Statement,
}

impl Statements {
    async fn prepare(client: &Client) -> Result<Self, Error> {
        client.batch_execute(STAGE).await?;
        Ok(Self {
            copy: client.prepare(COPY).await?,
            upsert: client.prepare(UPSERT).await?,
            own: client.prepare(OWN).await?,
        })
    }
}

/// Events as they are written, prepared before a connection is taken: each pass once, in its greatest revision, in the
/// order of their ids; and all the pictures of all their revisions.
pub(super) struct Batch {
    rows: Vec<Row>,
    pictures: Pictures,
}

#[derive(Default)]
struct Pictures {
    ids: Vec<Uuid>,
    events: Vec<Uuid>,
    cameras: Vec<String>,
    kinds: Vec<String>,
    digests: Vec<String>,
    expire_at: Vec<Instant>,
}

impl Batch {
    pub(super) fn of(events: &[PlateEvent]) -> Result<Self, StoreError> {
        let mut latest: HashMap<EventId, &PlateEvent> = HashMap::with_capacity(events.len());
        for event in events {
            match latest.entry(event.event_id) {
                Entry::Vacant(entry) => {
                    entry.insert(event);
                }
                // Of two that are alike the first counts, as if they had come one after the other.
                Entry::Occupied(mut entry) if event.revision > entry.get().revision => {
                    entry.insert(event);
                }
                Entry::Occupied(_) => {}
            }
        }
        let mut rows = latest.into_values().map(Row::of).collect::<Result<Vec<_>, StoreError>>()?;
        rows.sort_unstable_by_key(|row| row.event.event_id);
        Ok(Self { rows, pictures: Pictures::of(events) })
    }

    /// The days on which the events lie, counted from 1970-01-01.
    pub(super) fn days(&self) -> BTreeSet<i64> {
        self.rows.iter().map(|row| row.event.captured_at.as_micros().div_euclid(DAY_MICROS)).collect()
    }
}

impl Pictures {
    fn of(events: &[PlateEvent]) -> Self {
        let mut owners = BTreeMap::new();
        for event in events {
            for picture in &event.evidence {
                // The first event that names a picture owns it.
                owners.entry(picture.id).or_insert((event, picture));
            }
        }
        let mut pictures = Self::default();
        for (id, (event, picture)) in owners {
            pictures.ids.push(id.0);
            pictures.events.push(event.event_id.0);
            pictures.cameras.push(event.camera_id.as_str().to_owned());
            pictures.kinds.push(name(&picture.kind));
            pictures.digests.push(picture.sha256.as_str().to_owned());
            pictures.expire_at.push(Instant(picture.expires_at));
        }
        pictures
    }
}

/// All of them in one transaction.
pub(super) async fn upsert(session: &mut Session, batch: &Batch) -> Result<(), Error> {
    let statements = match session.statements.take() {
        Some(statements) => statements,
        None => Statements::prepare(&session.client).await?,
    };
    let statements = session.statements.insert(statements);
    let transaction = session.client.transaction().await?;
    copy(&transaction, &statements.copy, &batch.rows).await?;
    for moved in transaction.query(&statements.upsert, &[]).await? {
        let (id, from): (Uuid, Instant) = (moved.try_get(0)?, moved.try_get(1)?);
        transaction.execute_typed(LEAVE, &[(&from, Type::TIMESTAMPTZ), (&id, Type::UUID)]).await?;
    }
    let own = &batch.pictures;
    if !own.ids.is_empty() {
        let values: [&(dyn ToSql + Sync); 6] =
            [&own.ids, &own.events, &own.cameras, &own.kinds, &own.digests, &own.expire_at];
        transaction.execute(&statements.own, &values).await?;
    }
    transaction.commit().await
}

async fn copy(transaction: &Transaction<'_>, statement: &Statement, rows: &[Row]) -> Result<u64, Error> {
    let sink = transaction.copy_in(statement).await?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &TYPES));
    for row in rows {
        let event = &row.event;
        let plate_corrected = row.plate_corrected();
        writer
            .as_mut()
            .write(&[
                &event.event_id.0,
                &i64::from(event.revision),
                &name(&event.lifecycle),
                &event.site_id.as_str(),
                &event.camera_id.as_str(),
                &event.lane_id.as_deref().map(text),
                &Instant(event.captured_at),
                &Instant(event.last_seen),
                &event.plate_normalized.as_deref().map(searched),
                &plate_corrected.as_deref().map(searched),
                &event.confidence,
                &row.unread(),
                &event.country.as_deref().map(text),
                &row.verdict(),
                &row.vehicle_class(),
                &event.direction.as_ref().map(name),
                &name(&event.dedup.decision),
                &event.dedup.repeats_event_id.map(|id| id.0),
                &Json(&row.json),
            ])
            .await?;
    }
    writer.finish().await
}
