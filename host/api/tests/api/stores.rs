//! An event store and an evidence store in memory, which can also be made to fail.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use ovr_domain::event::{DedupDecision, EvidenceKind};
use ovr_domain::port::{EventStore, Evidence, EvidenceStore, Kept, StoreError};
use ovr_domain::query::{Cursor, EventPage, EventQuery, PlateMatch};
use ovr_domain::{CameraId, EventId, EvidenceId, PlateEvent};

/// How a store behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Mood {
    #[default]
    Well,
    Down,
    Unusable,
    Slow,
    Panicking,
}

/// What a failing store says; it must never reach a client.
pub(crate) const SECRET: &str = "password of user ovr at db.internal";

#[derive(Default)]
pub(crate) struct MemoryStore {
    pub(crate) events: Mutex<Vec<PlateEvent>>,
    pub(crate) mood: Mutex<Mood>,
}

impl MemoryStore {
    async fn behave(&self) -> Result<(), StoreError> {
        let mood = *self.mood.lock().expect("no panic while held");
        let reason = SECRET.to_owned();
        match mood {
            Mood::Well => Ok(()),
            Mood::Down => Err(StoreError::Unavailable { reason }),
            Mood::Unusable => Err(StoreError::Unusable { reason }),
            Mood::Panicking => panic!("{reason}"),
            Mood::Slow => {
                tokio::time::sleep(Duration::from_hours(1)).await;
                Ok(())
            }
        }
    }

    fn all(&self) -> Vec<PlateEvent> {
        self.events.lock().expect("no panic while held").clone()
    }
}

fn wildcard(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), _) => (0..=text.len()).any(|skipped| wildcard(rest, &text[skipped..])),
        (Some((p, rest)), Some((c, others))) => (*p == '?' || p == c) && wildcard(rest, others),
        _ => false,
    }
}

fn plate_matches(event: &PlateEvent, wanted: &PlateMatch) -> bool {
    let plates = [&event.plate_normalized, &event.plate_corrected];
    plates.into_iter().flatten().any(|plate| match wanted {
        PlateMatch::Exact(text) => plate == text,
        PlateMatch::Prefix(text) => plate.starts_with(text.as_str()),
        PlateMatch::Wildcard(pattern) => {
            let (pattern, plate): (Vec<_>, Vec<_>) = (pattern.chars().collect(), plate.chars().collect());
            wildcard(&pattern, &plate)
        }
    })
}

fn key(event: &PlateEvent) -> Cursor {
    Cursor { captured_at: event.captured_at, event_id: event.event_id }
}

fn order(cursor: Cursor) -> (i64, EventId) {
    (cursor.captured_at.as_micros(), cursor.event_id)
}

fn fits(event: &PlateEvent, query: &EventQuery) -> bool {
    query.from.is_none_or(|from| event.captured_at >= from)
        && query.until.is_none_or(|until| event.captured_at < until)
        && (query.cameras.is_empty() || query.cameras.contains(&event.camera_id))
        && query.plate.as_ref().is_none_or(|wanted| plate_matches(event, wanted))
        && (query.with_suppressed || event.dedup.decision == DedupDecision::Emit)
        && (query.with_unread || event.plate_observed.is_some())
        && query.after.is_none_or(|after| order(key(event)) < order(after))
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn upsert(&self, events: &[PlateEvent]) -> Result<(), StoreError> {
        self.events.lock().expect("no panic while held").extend_from_slice(events);
        Ok(())
    }

    async fn get(&self, id: EventId) -> Result<Option<PlateEvent>, StoreError> {
        self.behave().await?;
        Ok(self.all().into_iter().find(|event| event.event_id == id))
    }

    async fn search(&self, query: &EventQuery) -> Result<EventPage, StoreError> {
        self.behave().await?;
        let mut found: Vec<_> = self.all().into_iter().filter(|event| fits(event, query)).collect();
        found.sort_by_key(|event| std::cmp::Reverse(order(key(event))));
        let limit = query.limit as usize;
        let is_more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().map(key).filter(|_| is_more);
        Ok(EventPage { events: found, next })
    }

    async fn evidence_owner(
        &self,
        id: EvidenceId,
    ) -> Result<Option<(EventId, CameraId, EvidenceKind)>, StoreError> {
        self.behave().await?;
        Ok(self.all().into_iter().find_map(|event| {
            let kept = event.evidence.iter().find(|kept| kept.id == id)?;
            Some((event.event_id, event.camera_id.clone(), kept.kind))
        }))
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.behave().await
    }
}

#[derive(Default)]
pub(crate) struct MemoryEvidence {
    pub(crate) pictures: Mutex<HashMap<EvidenceId, Vec<u8>>>,
}

impl EvidenceStore for MemoryEvidence {
    fn put(&self, evidence: &Evidence) -> Result<Kept, StoreError> {
        let mut pictures = self.pictures.lock().expect("no panic while held");
        pictures.insert(evidence.id, evidence.jpeg.clone());
        Ok(Kept::Stored)
    }

    fn get(&self, id: EvidenceId) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.pictures.lock().expect("no panic while held").get(&id).cloned())
    }
}
