//! What is asked of an event store, independent of which store answers.

use serde::{Deserialize, Serialize};

use crate::event::PlateEvent;
use crate::ids::{CameraId, EventId};
use crate::time::Timestamp;

/// Most events in one page.
pub const PAGE_EVENTS_MAX: u32 = 500;

/// How a plate is matched. Patterns are normalised (A-Z, 0-9) before they get here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlateMatch {
    /// The normalised or corrected plate equals the text.
    Exact(String),
    /// The normalised or corrected plate starts with the text.
    Prefix(String),
    /// `*` stands for any run of characters, `?` for one.
    Wildcard(String),
}

/// Which events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventQuery {
    /// `captured_at >= from`.
    pub from: Option<Timestamp>,
    /// `captured_at < until`.
    pub until: Option<Timestamp>,
    /// Only these cameras; every camera when empty.
    pub cameras: Vec<CameraId>,
    /// Only plates that match.
    pub plate: Option<PlateMatch>,
    /// Also the suppressed repeats.
    pub with_suppressed: bool,
    /// Also vehicles that passed unread.
    pub with_unread: bool,
    /// Where the page before ended.
    pub after: Option<Cursor>,
    /// Events in the page, 1 to [`PAGE_EVENTS_MAX`].
    pub limit: u32,
}

/// Events are listed the newest first; a page goes on after this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Capture time of the last event of the page before.
    pub captured_at: Timestamp,
    /// Its id, which orders events of the same instant.
    pub event_id: EventId,
}

/// One page of an answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventPage {
    /// The newest first.
    pub events: Vec<PlateEvent>,
    /// Where the next page begins; nothing at the end.
    pub next: Option<Cursor>,
}
