//! An event as a row, the same for every store.

use ovr_domain::PlateEvent;
use ovr_domain::event::Verdict;
use ovr_domain::port::StoreError;
use ovr_domain::read::normalize;
use serde::Serialize;

use crate::storable::storable;

/// An event as it is written, prepared before a connection is taken.
pub(crate) struct Row {
    pub(crate) event: PlateEvent,
    /// The whole event.
    pub(crate) json: String,
}

impl Row {
    pub(crate) fn of(event: &PlateEvent) -> Result<Self, StoreError> {
        let event = storable(event);
        let json = serde_json::to_string(&event).map_err(|error| StoreError::Unusable {
            reason: format!("writing event {} as JSON: {error}", event.event_id),
        })?;
        Ok(Self { event, json })
    }

    pub(crate) fn verdict(&self) -> &'static str {
        match self.event.verdict {
            Verdict::Valid => "valid",
            Verdict::Invalid { .. } => "invalid",
            Verdict::Unchecked { .. } => "unchecked",
        }
    }

    /// Reduced like the normalised plate, so that both are searched alike.
    pub(crate) fn plate_corrected(&self) -> Option<String> {
        self.event.plate_corrected.as_deref().map(normalize)
    }

    pub(crate) fn vehicle_class(&self) -> Option<&'static str> {
        self.event.vehicle.map(|vehicle| vehicle.class.as_str())
    }

    pub(crate) fn unread(&self) -> bool {
        self.event.plate_observed.is_none()
    }
}

/// The name of an enum's variant, as it stands in the event's JSON.
pub(crate) fn name<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}
