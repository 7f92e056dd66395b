//! From query strings to what is asked, here of `GET /api/v1/events` to an [`EventQuery`]. Nothing is guessed: an unknown
//! parameter, a value given twice or a pattern without its mode is a refusal that says what would be right.

mod picture;

use std::borrow::Cow;

use ovr_domain::query::{EventQuery, PAGE_EVENTS_MAX, PlateMatch};
use ovr_domain::read::{PLATE_CHARS_MAX, normalize};
use ovr_domain::{CameraId, Timestamp};

use crate::cursor;
use crate::problem::Problem;

pub(crate) use picture::{
    LIVE_FPS, LIVE_FPS_DEFAULT, LIVE_PARAMETERS, LIVE_SIDE_PX_DEFAULT, LiveQuery, SIDE_PX, STILL_PARAMETERS,
    STILL_SIDE_PX_DEFAULT, StillQuery, parse_live, parse_still,
};

/// Events in a page when nobody says how many.
pub(crate) const PAGE_EVENTS_DEFAULT: u32 = 50;
/// Longest plate or pattern as it is typed, separators included, in characters.
pub(crate) const PLATE_PATTERN_CHARS_MAX: usize = 32;
/// Most cameras in one question.
pub(crate) const CAMERAS_MAX: usize = 64;
/// Each `*` makes matching backtrack once more; no real question needs more of them.
const STARS_MAX: usize = 4;
const PAIRS_MAX: usize = 96;
/// Most of a wrong value that an answer repeats, in characters.
const ECHO_CHARS_MAX: usize = 40;

/// The parameters of a search, in the order of the OpenAPI description.
pub(crate) const PARAMETERS: [&str; 8] =
    ["from", "until", "camera", "plate", "match", "include", "limit", "cursor"];
/// The values of `match`.
pub(crate) const MATCHES: [&str; 3] = ["exact", "prefix", "wildcard"];
/// The values of `include`.
pub(crate) const INCLUDES: [&str; 2] = ["suppressed", "unread"];

fn echo(value: &str) -> String {
    format!("{:?}", value.chars().take(ECHO_CHARS_MAX).collect::<String>())
}

fn refuse<T>(detail: impl Into<String>) -> Result<T, Problem> {
    Err(Problem::bad_request(detail))
}

/// The known word that `given` most likely means, if any is near.
fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = |word: &&str| strsim::damerau_levenshtein(given, word);
    known.iter().min_by_key(|word| near(word)).filter(|word| near(word) <= word.len().div_ceil(2)).copied()
}

fn unknown(what: &str, given: &str, known: &[&str]) -> Problem {
    let listed = known.join(", ");
    let given_short: String = given.chars().take(ECHO_CHARS_MAX).collect();
    let hint = match nearest(&given_short, known) {
        Some(word) => format!("did you mean {word:?}? known are {listed}"),
        None if known.is_empty() => "this route takes none".to_owned(),
        None => format!("known are {listed}"),
    };
    Problem::bad_request(format!("{what} {} is not known: {hint}", echo(given)))
}

type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The pairs of a query string, none of them unknown.
fn pairs<'a>(query: &'a str, known: &[&str]) -> Result<Vec<Pair<'a>>, Problem> {
    let mut found = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if !known.contains(&name.as_ref()) {
            return Err(unknown("parameter", &name, known));
        }
        if value.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
            return refuse(format!("{name} has a character that is not printable UTF-8"));
        }
        if found.len() >= PAIRS_MAX {
            return refuse(format!("at most {PAIRS_MAX} parameters are taken"));
        }
        found.push((name, value));
    }
    Ok(found)
}

/// Refuses every parameter, for the routes that have none.
pub(crate) fn take_none(query: &str) -> Result<(), Problem> {
    pairs(query, &[]).map(|_| ())
}

/// Keeps the one value of a parameter that makes no sense twice.
fn once(slot: &mut Option<String>, name: &str, value: &str) -> Result<(), Problem> {
    if slot.is_some() {
        return refuse(format!("{name} is given twice: give it once"));
    }
    *slot = Some(value.to_owned());
    Ok(())
}

/// The question in a query string.
pub(crate) fn parse(query: &str) -> Result<EventQuery, Problem> {
    let mut asked = EventQuery { limit: PAGE_EVENTS_DEFAULT, ..EventQuery::default() };
    let [mut from, mut until, mut plate, mut mode, mut limit, mut page] = [const { None }; 6];
    for (name, value) in pairs(query, &PARAMETERS)? {
        match name.as_ref() {
            "from" => once(&mut from, &name, &value)?,
            "until" => once(&mut until, &name, &value)?,
            "plate" => once(&mut plate, &name, &value)?,
            "match" => once(&mut mode, &name, &value)?,
            "limit" => once(&mut limit, &name, &value)?,
            "cursor" => once(&mut page, &name, &value)?,
            "camera" => add_cameras(&mut asked.cameras, &value)?,
            _ => add_includes(&mut asked, &value)?,
        }
    }
    asked.cameras.sort();
    asked.cameras.dedup();
    asked.from = from.map(|text| time("from", &text)).transpose()?;
    asked.until = until.map(|text| time("until", &text)).transpose()?;
    if let (Some(from), Some(until)) = (asked.from, asked.until)
        && from >= until
    {
        return refuse("from must be earlier than until");
    }
    asked.plate = plate_match(plate.as_deref(), mode.as_deref())?;
    if let Some(text) = limit {
        asked.limit = page_size(&text)?;
    }
    if let Some(text) = page {
        let Some(cursor) = cursor::decode(&text) else {
            return refuse("cursor is none of ours: give the next_cursor of the page before, unchanged");
        };
        asked.after = Some(cursor);
    }
    Ok(asked)
}

fn time(name: &str, text: &str) -> Result<Timestamp, Problem> {
    let hint = if text.contains(' ') { " (write + as %2B in an address)" } else { "" };
    text.parse().or_else(|_| {
        refuse(format!("{name} {} is no time: give RFC 3339 such as 2026-11-23T08:15:00Z{hint}", echo(text)))
    })
}

fn page_size(text: &str) -> Result<u32, Problem> {
    let digits_only = text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(size) if digits_only && (1..=PAGE_EVENTS_MAX).contains(&size) => Ok(size),
        _ => refuse(format!("limit {} is no page size: give 1 to {PAGE_EVENTS_MAX}", echo(text))),
    }
}

fn add_cameras(cameras: &mut Vec<CameraId>, list: &str) -> Result<(), Problem> {
    for name in list.split(',') {
        let Ok(camera) = CameraId::new(name) else {
            return refuse(format!(
                "camera {} is no camera: use 1 to 64 characters out of a-z, A-Z, 0-9, '-', '_' and '.'",
                echo(name)
            ));
        };
        if cameras.len() >= CAMERAS_MAX {
            return refuse(format!(
                "at most {CAMERAS_MAX} cameras are taken: leave camera out to ask for all"
            ));
        }
        cameras.push(camera);
    }
    Ok(())
}

fn add_includes(asked: &mut EventQuery, list: &str) -> Result<(), Problem> {
    for word in list.split(',') {
        match word {
            "suppressed" => asked.with_suppressed = true,
            "unread" => asked.with_unread = true,
            _ => return Err(unknown("include", word, &INCLUDES)),
        }
    }
    Ok(())
}

fn plate_match(plate: Option<&str>, mode: Option<&str>) -> Result<Option<PlateMatch>, Problem> {
    if let Some(word) = mode
        && !MATCHES.contains(&word)
    {
        return Err(unknown("match", word, &MATCHES));
    }
    let Some(text) = plate else {
        return if mode.is_some() { refuse("match needs a plate: add plate=") } else { Ok(None) };
    };
    if text.chars().count() > PLATE_PATTERN_CHARS_MAX {
        return refuse(format!("plate is longer than {PLATE_PATTERN_CHARS_MAX} characters"));
    }
    if mode == Some("wildcard") {
        return Ok(Some(PlateMatch::Wildcard(wildcard(text)?)));
    }
    if text.contains(['*', '?']) {
        return refuse("plate has a '*' or '?': add match=wildcard, or leave them out");
    }
    if text.chars().filter(|c| c.is_alphanumeric()).count() > PLATE_CHARS_MAX {
        return refuse(format!("plate has more than {PLATE_CHARS_MAX} letters and digits"));
    }
    let wanted = normalize(text);
    if wanted.is_empty() {
        return refuse("plate has no letter and no digit");
    }
    Ok(Some(if mode == Some("prefix") { PlateMatch::Prefix(wanted) } else { PlateMatch::Exact(wanted) }))
}

/// A pattern in which everything but `*`, `?`, letters and digits is dropped, as it is from stored plates; so the
/// wildcards of a database (`%`, `_`) never get through.
fn wildcard(text: &str) -> Result<String, Problem> {
    let mut pattern = String::new();
    for c in text.chars() {
        match c {
            '*' if pattern.ends_with('*') => {}
            '*' | '?' => pattern.push(c),
            _ if c.is_alphanumeric() => pattern.extend(c.to_uppercase()),
            _ => {}
        }
    }
    if pattern.matches('*').count() > STARS_MAX {
        return refuse(format!("plate has more than {STARS_MAX} '*'"));
    }
    if pattern.chars().filter(|c| *c != '*').count() > PLATE_CHARS_MAX {
        return refuse(format!("plate asks for more than {PLATE_CHARS_MAX} characters"));
    }
    if pattern.is_empty() {
        return refuse("plate has no letter, no digit and no wildcard");
    }
    Ok(pattern)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn detail(query: &str) -> String {
        parse(query).expect_err(query).detail
    }

    #[test]
    fn a_full_question_is_understood() {
        let asked = parse(
            "from=2026-11-23T08:00:00Z&until=2026-11-23T10:00:00%2B01:00&camera=a,b&camera=c&camera=a\
             &plate=b-ab*12%3F&match=wildcard&include=suppressed,unread&limit=500",
        )
        .expect("valid");
        assert_eq!(asked.cameras.len(), 3);
        assert_eq!(asked.plate, Some(PlateMatch::Wildcard("BAB*12?".to_owned())));
        assert!(asked.with_suppressed && asked.with_unread);
        assert_eq!(asked.limit, 500);
        assert_eq!(asked.until, "2026-11-23T09:00:00Z".parse().ok());
    }

    #[test]
    fn an_unknown_word_names_the_nearest_right_one() {
        assert!(detail("plat=A").contains("did you mean \"plate\"?"));
        assert!(detail("Camera=A").contains("did you mean \"camera\"?"));
        assert!(detail("plate=A&match=wildcart").contains("did you mean \"wildcard\"?"));
        assert!(detail("include=supressed").contains("did you mean \"suppressed\"?"));
        assert!(detail("zzzzzzzz=1").contains("known are from, until"));
    }

    #[test]
    fn modes_are_explicit() {
        assert!(detail("plate=AB*").contains("match=wildcard"));
        assert!(detail("plate=AB*&match=prefix").contains("match=wildcard"));
        assert!(detail("match=prefix").contains("plate="));
        assert_eq!(parse("plate=a%20b").map(|q| q.plate), Ok(Some(PlateMatch::Exact("AB".to_owned()))));
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for query in [
            "limit=0",
            "limit=501",
            "limit=1000000000",
            "limit=-1",
            "limit=%2B5",
            "limit=",
            "limit=1&limit=1",
            "from=yesterday",
            "from=2026-11-23T08:00:00Z&until=2026-11-23T08:00:00Z",
            "camera=",
            "camera=..",
            "camera=a/b",
            "plate=%00",
            "plate=%ff",
            "plate=-",
            "plate=AAAAAAAAAAAAAAAAA",
            "cursor=",
            "cursor=abc",
            "plate=*A*A*A*A*A&match=wildcard",
            "from=2026-11-23T09:15:00+01:00",
        ] {
            assert_eq!(parse(query).expect_err(query).status, 400, "{query}");
        }
    }

    #[test]
    fn so_many_cameras_and_no_more() {
        let query = |count: usize| format!("camera={}", vec!["a"; count].join(","));
        assert_eq!(parse(&query(CAMERAS_MAX)).map(|asked| asked.cameras.len()), Ok(1));
        assert!(detail(&query(CAMERAS_MAX + 1)).contains("at most 64 cameras"));
    }

    #[test]
    fn database_wildcards_and_quotes_never_get_through() {
        let asked = parse("plate=%25_%27%3B--*&match=wildcard").map(|q| q.plate);
        assert_eq!(asked, Ok(Some(PlateMatch::Wildcard("*".to_owned()))));
    }

    proptest! {
        #[test]
        fn no_query_string_panics_and_what_is_taken_is_within_limits(query in ".{0,300}") {
            if let Ok(asked) = parse(&query) {
                prop_assert!((1..=PAGE_EVENTS_MAX).contains(&asked.limit));
                prop_assert!(asked.cameras.len() <= CAMERAS_MAX);
            }
        }

        #[test]
        fn every_plate_that_is_taken_is_normalised(text in "\\PC{0,40}", mode in 0..3_usize) {
            let query: String = form_urlencoded::Serializer::new(String::new())
                .append_pair("plate", &text)
                .append_pair("match", MATCHES[mode])
                .finish();
            if let Ok(Some(plate)) = parse(&query).map(|q| q.plate) {
                let (PlateMatch::Exact(wanted) | PlateMatch::Prefix(wanted) | PlateMatch::Wildcard(wanted)) = plate;
                prop_assert!(!wanted.is_empty());
                let is_plain = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || matches!(c, '*' | '?');
                prop_assert!(wanted.chars().all(is_plain));
            }
        }
    }
}
