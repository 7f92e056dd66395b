//! Searching: a statement out of constant pieces, values always bound.
//!
//! A statement is planned anew each time, with its values: which days it may leave out, and which index finds a plate,
//! depends on them, and planning takes less than a needless look into every day.

use ovr_domain::query::{EventQuery, PAGE_EVENTS_MAX, PlateMatch};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error};

use super::value::{Instant, SEARCHED_CHARS_MAX, text};

/// Longest pattern that is looked for; longer ones match nothing, as no plate is as long.
const PATTERN_CHARS_MAX: usize = 64;

/// From this many known characters in a row on, plates are found by their index first and put in order then. With fewer,
/// what matches is so common that going through the times, the newest first, soon has a page of it.
const SELECTIVE_CHARS_MIN: usize = 3;

const WALK: &str = "SELECT event::text FROM event WHERE true";
const GATHER: &str = "WITH hit AS MATERIALIZED (SELECT captured_at, event_id FROM event WHERE true";
const ORDER: &str = " ORDER BY captured_at DESC, event_id DESC";
const GATHERED: &str = "), page AS MATERIALIZED (SELECT * FROM hit ORDER BY captured_at DESC, event_id DESC";
const PAGE: &str = ") SELECT event.event::text FROM page JOIN event USING (captured_at, event_id)";

/// A statement with its parameters.
pub(super) struct Search {
    sql: String,
    values: Vec<(Box<dyn ToSql + Sync + Send>, Type)>,
    pub(super) limit: usize,
}

impl Search {
    pub(super) fn of(query: &EventQuery) -> Self {
        let limit = query.limit.clamp(1, PAGE_EVENTS_MAX);
        let gathers = query.plate.as_ref().is_some_and(is_selective);
        let begin = if gathers { GATHER } else { WALK };
        let mut search = Self { sql: begin.to_owned(), values: Vec::new(), limit: limit as usize };
        search.filter(query);
        if let Some(plate) = &query.plate {
            search.match_plate(plate);
        }
        if gathers {
            search.sql.push_str(GATHERED);
        } else {
            search.sql.push_str(ORDER);
        }
        // One more than asked for tells whether there is another page.
        let rows = search.bind(i64::from(limit) + 1, Type::INT8);
        search.sql.extend([" LIMIT ", &rows]);
        if gathers {
            search.sql.push_str(PAGE);
            search.sql.push_str(ORDER);
        }
        search
    }

    fn filter(&mut self, query: &EventQuery) {
        if let Some(from) = query.from {
            let from = self.bind(Instant(from), Type::TIMESTAMPTZ);
            self.and(&format!("captured_at >= {from}"));
        }
        if let Some(until) = query.until {
            let until = self.bind(Instant(until), Type::TIMESTAMPTZ);
            self.and(&format!("captured_at < {until}"));
        }
        if !query.cameras.is_empty() {
            let cameras: Vec<String> =
                query.cameras.iter().map(|camera| camera.as_str().to_owned()).collect();
            let cameras = self.bind(cameras, Type::TEXT_ARRAY);
            self.and(&format!("camera_id = ANY ({cameras})"));
        }
        if !query.with_suppressed {
            self.and("dedup_decision = 'emit'");
        }
        if !query.with_unread {
            self.and("NOT unread");
        }
        if let Some(after) = query.after {
            let at = self.bind(Instant(after.captured_at), Type::TIMESTAMPTZ);
            let id = self.bind(after.event_id.0, Type::UUID);
            self.and(&format!("(captured_at, event_id) < ({at}, {id})"));
        }
    }

    fn match_plate(&mut self, plate: &PlateMatch) {
        match plate {
            // What is longer than a column can be equals nothing.
            PlateMatch::Exact(plate) if plate.chars().count() > SEARCHED_CHARS_MAX => self.and("false"),
            PlateMatch::Exact(plate) => {
                let plate = self.bind(text(plate).into_owned(), Type::TEXT);
                self.and(&format!("(plate_normalized = {plate} OR plate_corrected = {plate})"));
            }
            PlateMatch::Prefix(prefix) => {
                let (begin, end) = self.range(prefix);
                self.and(&format!(
                    "(plate_normalized >= {begin} AND plate_normalized < {end}
                    OR plate_corrected >= {begin} AND plate_corrected < {end})"
                ));
            }
            PlateMatch::Wildcard(pattern) => self.match_pattern(pattern),
        }
    }

    /// By the known beginning where there is one, else by trigrams.
    fn match_pattern(&mut self, pattern: &str) {
        let known = pattern.chars().take_while(|c| !is_wild(*c)).collect::<String>();
        let like = self.bind(like(pattern), Type::TEXT);
        if known.is_empty() {
            self.and(&format!("(plate_normalized LIKE {like} OR plate_corrected LIKE {like})"));
            return;
        }
        let (begin, end) = self.range(&known);
        self.and(&format!(
            "(plate_normalized >= {begin} AND plate_normalized < {end} AND plate_normalized LIKE {like}
            OR plate_corrected >= {begin} AND plate_corrected < {end} AND plate_corrected LIKE {like})"
        ));
    }

    /// Everything that begins with `text`: the columns compare by bytes, and no character is greater than the last.
    fn range(&mut self, prefix: &str) -> (String, String) {
        let begin = text(prefix).into_owned();
        let end = format!("{begin}{}", char::MAX);
        (self.bind(begin, Type::TEXT), self.bind(end, Type::TEXT))
    }

    /// Binds a value and gives its place in the statement.
    fn bind(&mut self, value: impl ToSql + Sync + Send + 'static, kind: Type) -> String {
        self.values.push((Box::new(value), kind));
        format!("${}", self.values.len())
    }

    fn and(&mut self, condition: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
    }

    /// The events of the page and one more, as JSON.
    pub(super) async fn run(&self, client: &Client) -> Result<Vec<String>, Error> {
        self.run_as(client, "").await
    }

    /// The same with something before the statement, such as EXPLAIN.
    pub(super) async fn run_as(&self, client: &Client, before: &str) -> Result<Vec<String>, Error> {
        let values: Vec<(&(dyn ToSql + Sync), Type)> = self
            .values
            .iter()
            .map(|(value, kind)| (value.as_ref() as &(dyn ToSql + Sync), kind.clone()))
            .collect();
        let rows = client.query_typed(&format!("{before}{}", self.sql), &values).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }
}

fn is_wild(character: char) -> bool {
    matches!(character, '*' | '?')
}

fn is_selective(plate: &PlateMatch) -> bool {
    match plate {
        PlateMatch::Exact(_) => true,
        PlateMatch::Prefix(prefix) => prefix.chars().count() >= SELECTIVE_CHARS_MIN,
        PlateMatch::Wildcard(pattern) => {
            pattern.split(is_wild).any(|known| known.chars().count() >= SELECTIVE_CHARS_MIN)
        }
    }
}

/// A LIKE pattern in which only what was `*` and `?` stands for anything. Runs of `*` become one, because each costs a
/// comparison of all that follows.
fn like(pattern: &str) -> String {
    let mut like = String::with_capacity(pattern.len());
    let mut last = None;
    for character in pattern.chars().take(PATTERN_CHARS_MAX) {
        match character {
            '*' if last == Some('*') => {}
            '*' => like.push('%'),
            '?' => like.push('_'),
            '%' | '_' | '\\' => like.extend(['\\', character]),
            '\0' => like.push(char::REPLACEMENT_CHARACTER),
            other => like.push(other),
        }
        last = Some(character);
    }
    like
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_star_and_question_mark_stand_for_anything() {
        assert_eq!(like("A*?"), "A%_");
        assert_eq!(like("A%_\\"), "A\\%\\_\\\\");
        assert_eq!(like("****B"), "%B");
        assert_eq!(like(&"X".repeat(500)).len(), PATTERN_CHARS_MAX);
    }

    #[test]
    fn plates_of_which_much_is_known_are_gathered_by_index() {
        for (plate, gathers) in [
            (PlateMatch::Exact("A".into()), true),
            (PlateMatch::Prefix("AB".into()), false),
            (PlateMatch::Prefix("ABC".into()), true),
            (PlateMatch::Wildcard("*AB*CD*".into()), false),
            (PlateMatch::Wildcard("?ABC".into()), true),
        ] {
            assert_eq!(is_selective(&plate), gathers, "{plate:?}");
        }
    }
}
