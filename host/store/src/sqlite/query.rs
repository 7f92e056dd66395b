//! Searching: a statement out of constant pieces, values always bound.

use ovr_domain::query::{EventQuery, PAGE_EVENTS_MAX, PlateMatch};
use rusqlite::types::Value;
use rusqlite::{Connection, ToSql};

/// Longest pattern that is looked for; longer ones match nothing, as no plate is as long.
const PATTERN_CHARS_MAX: usize = 64;

const SELECT: &str = "SELECT event FROM event WHERE true";
const FROM: &str = " AND captured_at >= :from";
const UNTIL: &str = " AND captured_at < :until";
const CAMERAS: &str = " AND camera_id IN (SELECT value FROM json_each(:cameras))";
const EMITTED: &str = " AND dedup_decision = 'emit'";
const READ: &str = " AND unread = 0";
const AFTER: &str = " AND (captured_at, event_id) < (:after_at, :after_id)";
const ORDER: &str = " ORDER BY captured_at DESC, event_id DESC LIMIT :limit";

// Two searches of an index each; an OR over two columns would tempt the planner to go through the times instead.
const EXACT: &str = " AND event_id IN (
    SELECT event_id FROM event WHERE plate_normalized = :plate
    UNION SELECT event_id FROM event WHERE plate_corrected = :plate)";
const PREFIX: &str = " AND event_id IN (
    SELECT event_id FROM event WHERE plate_normalized >= :plate AND plate_normalized < :plate_end
    UNION SELECT event_id FROM event WHERE plate_corrected >= :plate AND plate_corrected < :plate_end)";
const WILDCARD: &str = " AND event_id IN (
    SELECT event_id FROM event
    WHERE plate_normalized >= :plate AND plate_normalized < :plate_end AND plate_normalized GLOB :pattern
    UNION SELECT event_id FROM event
    WHERE plate_corrected >= :plate AND plate_corrected < :plate_end AND plate_corrected GLOB :pattern)";

/// A statement with its parameters.
pub(super) struct Statement {
    sql: String,
    values: Vec<(&'static str, Value)>,
    pub(super) limit: usize,
}

impl Statement {
    pub(super) fn of(query: &EventQuery) -> Self {
        let limit = query.limit.clamp(1, PAGE_EVENTS_MAX);
        let mut statement = Self { sql: SELECT.to_owned(), values: Vec::new(), limit: limit as usize };
        if let Some(from) = query.from {
            statement.filter(FROM, [(":from", from.as_micros().into())]);
        }
        if let Some(until) = query.until {
            statement.filter(UNTIL, [(":until", until.as_micros().into())]);
        }
        if !query.cameras.is_empty() {
            let cameras: Vec<&str> = query.cameras.iter().map(ovr_domain::CameraId::as_str).collect();
            statement.filter(CAMERAS, [(":cameras", serde_json::json!(cameras).to_string().into())]);
        }
        if let Some(plate) = &query.plate {
            statement.match_plate(plate);
        }
        if !query.with_suppressed {
            statement.filter(EMITTED, []);
        }
        if !query.with_unread {
            statement.filter(READ, []);
        }
        if let Some(after) = query.after {
            let id = after.event_id.0.as_bytes().to_vec();
            let at = after.captured_at.as_micros();
            statement.filter(AFTER, [(":after_at", at.into()), (":after_id", id.into())]);
        }
        // One more than asked for tells whether there is another page.
        statement.filter(ORDER, [(":limit", (i64::from(limit) + 1).into())]);
        statement
    }

    fn filter<const N: usize>(&mut self, piece: &'static str, values: [(&'static str, Value); N]) {
        self.sql.push_str(piece);
        self.values.extend(values);
    }

    fn match_plate(&mut self, plate: &PlateMatch) {
        match plate {
            PlateMatch::Exact(text) => self.filter(EXACT, [(":plate", text.clone().into())]),
            PlateMatch::Prefix(text) => {
                self.filter(PREFIX, [(":plate", text.clone().into()), (":plate_end", end_of(text).into())]);
            }
            PlateMatch::Wildcard(pattern) => {
                let literal: String = pattern.chars().take_while(|c| !matches!(c, '*' | '?')).collect();
                let values = [
                    (":plate_end", end_of(&literal).into()),
                    (":plate", literal.into()),
                    (":pattern", glob(pattern).into()),
                ];
                self.filter(WILDCARD, values);
            }
        }
    }

    /// The events of the page and one more, as JSON.
    pub(super) fn run(self, connection: &Connection) -> rusqlite::Result<Vec<String>> {
        let mut statement = connection.prepare_cached(&self.sql)?;
        let values: Vec<(&str, &dyn ToSql)> =
            self.values.iter().map(|(name, value)| (*name, value as &dyn ToSql)).collect();
        let rows = statement.query_map(values.as_slice(), |row| row.get(0))?;
        rows.collect()
    }

    #[cfg(test)]
    pub(super) fn plan(&self, connection: &Connection) -> String {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", self.sql)).unwrap();
        let values: Vec<(&str, &dyn ToSql)> =
            self.values.iter().map(|(name, value)| (*name, value as &dyn ToSql)).collect();
        let rows = statement.query_map(values.as_slice(), |row| row.get::<_, String>(3)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }
}

/// Greater than every text that begins with `text`: SQLite compares UTF-8 bytes, and no character is greater.
fn end_of(text: &str) -> String {
    let mut end = text.to_owned();
    end.push(char::MAX);
    end
}

/// A GLOB pattern in which only `*` and `?` stand for anything. Runs of `*` become one, because each costs a
/// comparison of all that follows.
fn glob(pattern: &str) -> String {
    let mut glob = String::with_capacity(pattern.len());
    let mut last = None;
    for character in pattern.chars().take(PATTERN_CHARS_MAX) {
        match character {
            '*' if last == Some('*') => {}
            '[' => glob.push_str("[[]"),
            other => glob.push(other),
        }
        last = Some(character);
    }
    glob
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_star_and_question_mark_stand_for_anything() {
        assert_eq!(glob("A*?"), "A*?");
        assert_eq!(glob("A[0-9]"), "A[[]0-9]");
        assert_eq!(glob("****B"), "*B");
        assert_eq!(glob(&"X".repeat(500)).len(), PATTERN_CHARS_MAX);
    }
}
