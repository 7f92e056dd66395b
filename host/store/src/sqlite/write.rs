//! Storing events: a greater revision replaces a smaller one, the rest is left as it is.

use ovr_domain::PlateEvent;
use ovr_domain::event::Verdict;
use ovr_domain::port::StoreError;
use ovr_domain::read::normalize;
use rusqlite::{Connection, named_params};
use serde::Serialize;

use super::storable::storable;

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

/// An event as it is written, prepared before the connection is taken.
pub(super) struct Row {
    event: PlateEvent,
    json: String,
}

impl Row {
    pub(super) fn of(event: &PlateEvent) -> Result<Self, StoreError> {
        let event = storable(event);
        let json = serde_json::to_string(&event).map_err(|error| StoreError::Unusable {
            reason: format!("writing event {} as JSON: {error}", event.event_id),
        })?;
        Ok(Self { event, json })
    }
}

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
    let verdict = match event.verdict {
        Verdict::Valid => "valid",
        Verdict::Invalid { .. } => "invalid",
        Verdict::Unchecked { .. } => "unchecked",
    };
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
        ":plate_corrected": event.plate_corrected.as_deref().map(normalize),
        ":confidence": f64::from(event.confidence),
        ":unread": event.plate_observed.is_none(),
        ":country": event.country,
        ":verdict": verdict,
        ":vehicle_class": event.vehicle.map(|vehicle| vehicle.class.as_str()),
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

/// The name of an enum's variant, as it stands in the event's JSON.
fn name<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}
