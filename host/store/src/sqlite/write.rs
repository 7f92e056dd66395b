//! Storing events: a greater revision replaces a smaller one, the rest is left as it is.

use rusqlite::{Connection, named_params};

use crate::row::{Row, name};

const UPSERT: &str = "
INSERT INTO event (event_id, revision, lifecycle, site_id, camera_id, lane_id, captured_at, last_seen,
    plate_normalized, plate_corrected, confidence, unread, country, verdict, vehicle_class, direction, dedup_decision,
    repeats_event_id, event)
VALUES (:event_id, :revision, :lifecycle, :site_id, :camera_id, :lane_id, :captured_at, :last_seen,
    :plate_normalized, :plate_corrected, :confidence, :unread, :country, :verdict, :vehicle_class, :direction, :dedup_decision,
    :repeats_event_id, :event)
ON CONFLICT (event_id) DO UPDATE SET
    revision = excluded.revision, lifecycle = excluded.lifecycle, site_id = excluded.site_id,
    camera_id = excluded.camera_id, lane_id = excluded.lane_id, captured_at = excluded.captured_at,
    last_seen = excluded.last_seen, plate_normalized = excluded.plate_normalized, plate_corrected = excluded.plate_corrected,
    confidence = excluded.confidence, unread = excluded.unread, country = excluded.country,
    verdict = excluded.verdict, vehicle_class = excluded.vehicle_class, direction = excluded.direction,
    dedup_decision = excluded.dedup_decision, repeats_event_id = excluded.repeats_event_id, event = excluded.event
WHERE excluded.revision > event.revision";

/// A picture of an earlier revision stays the event's own.
const OWN: &str = "
INSERT INTO evidence (evidence_id, event_id, camera_id, kind, sha256, expires_at)
VALUES (:evidence_id, :event_id, :camera_id, :kind, :sha256, :expires_at)
ON CONFLICT (evidence_id) DO NOTHING";

/// All of them in one transaction.
pub(super) fn upsert(connection: &mut Connection, rows: &[Row]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for row in rows {
        upsert_one(&transaction, row)?;
    }
    transaction.commit()
}

fn upsert_one(connection: &Connection, row: &Row) -> rusqlite::Result<()> {
    let event = &row.event;
    let id = &event.event_id.0.as_bytes()[..];
    connection.prepare_cached(UPSERT)?.execute(named_params! {
        ":event_id": id,
        ":revision": event.revision,
        ":lifecycle": name(&event.lifecycle),
        ":site_id": event.site_id.as_str(),
        ":camera_id": event.camera_id.as_str(),
        ":lane_id": event.lane_id,
        ":captured_at": event.captured_at.as_micros(),
        ":last_seen": event.last_seen.as_micros(),
        ":plate_normalized": event.plate_normalized,
        ":plate_corrected": row.plate_corrected(),
        ":confidence": f64::from(event.confidence),
        ":unread": row.unread(),
        ":country": event.country,
        ":verdict": row.verdict(),
        ":vehicle_class": row.vehicle_class(),
        ":direction": event.direction.as_ref().map(name),
        ":dedup_decision": name(&event.dedup.decision),
        ":repeats_event_id": event.dedup.repeats_event_id.map(|id| id.0.as_bytes().to_vec()),
        ":event": row.json,
    })?;
    for picture in &event.evidence {
        connection.prepare_cached(OWN)?.execute(named_params! {
            ":evidence_id": &picture.id.0.as_bytes()[..],
            ":event_id": id,
            ":camera_id": event.camera_id.as_str(),
            ":kind": name(&picture.kind),
            ":sha256": picture.sha256.as_str(),
            ":expires_at": picture.expires_at.as_micros(),
        })?;
    }
    Ok(())
}
