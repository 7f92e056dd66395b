//! What a store answers, out of what its rows hold.

use std::fmt::Display;

use ovr_domain::event::EvidenceKind;
use ovr_domain::port::StoreError;
use ovr_domain::query::{Cursor, EventPage};
use ovr_domain::{CameraId, EventId, PlateEvent};
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// An event out of its JSON.
pub(crate) fn parse<T: DeserializeOwned>(json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|error| unusable("an event", &error))
}

/// The page out of its rows, of which there is one more than `limit` when there is another page.
pub(crate) fn page(mut rows: Vec<String>, limit: usize) -> Result<EventPage, StoreError> {
    let more = rows.len() > limit;
    rows.truncate(limit);
    let events = rows.iter().map(|json| parse::<PlateEvent>(json)).collect::<Result<Vec<_>, _>>()?;
    let last = events.last().filter(|_| more);
    let next = last.map(|event| Cursor { captured_at: event.captured_at, event_id: event.event_id });
    Ok(EventPage { events, next })
}

/// Whose a picture is.
pub(crate) fn owner(
    event: Uuid,
    camera: &str,
    kind: String,
) -> Result<(EventId, CameraId, EvidenceKind), StoreError> {
    let camera = CameraId::new(camera).map_err(|error| unusable("a camera", &error))?;
    let kind = serde_json::from_value(kind.into()).map_err(|error| unusable("a kind of picture", &error))?;
    Ok((EventId(event), camera, kind))
}

/// What cannot be read now never will be.
pub(crate) fn unusable(what: &str, error: &dyn Display) -> StoreError {
    StoreError::Unusable { reason: format!("it holds {what} that cannot be read: {error}") }
}
