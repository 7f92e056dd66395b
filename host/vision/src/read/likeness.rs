//! How much a line of text is like a plate, by its text and its form.
//!
//! Text detection finds signs, lettering, telephone numbers and the clock in a corner of the picture as well as plates.
//! Each rule here takes a share of the likeness away for something that plates seldom have; none of them alone throws
//! a read away, because rare plates exist for every one.

use super::alphabet::{self, Symbol, character};
use super::shapes;

/// Fewest and most characters of a plate.
const CHARACTERS: std::ops::RangeInclusive<usize> = 4..=10;

/// Width of a character with its gap, over the height of the line (which the detector draws generously).
const PITCH: std::ops::RangeInclusive<f32> = 0.25..=1.3;

/// Narrowest single line, width over height.
const ASPECT_MIN: f32 = 1.3;

/// What is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate<'a> {
    /// The text.
    pub(crate) text: &'a [Symbol],
    /// What the reader said before folding, lines separated by a blank.
    pub(crate) raw: &'a str,
    /// Log-probability of the text under the reader.
    pub(crate) log: f32,
    /// Width of the whole over its height.
    pub(crate) aspect: f32,
    /// 1 or 2.
    pub(crate) lines: usize,
}

/// Plate-likeness, 0 to 1.
pub(crate) fn likeness(candidate: &Candidate<'_>) -> f32 {
    let count = candidate.text.len();
    if !CHARACTERS.contains(&count) || !candidate.log.is_finite() {
        return 0.0;
    }
    let certainty = (candidate.log / count as f32).exp().clamp(0.0, 1.0);
    certainty * by_text(candidate.text, candidate.raw) * by_raw(candidate.raw) * by_form(candidate)
}

/// By which letters and digits there are.
fn by_text(text: &[Symbol], raw: &str) -> f32 {
    let count = text.len();
    let digits = text.iter().filter(|&&symbol| character(symbol).is_ascii_digit()).count();
    let is_chinese = shapes::Origin::of(raw) == shapes::Origin::China && (6..=7).contains(&count);
    let known = is_chinese || shapes::is_known(text);
    let mut share = 1.0;
    if digits == 0 {
        // Words. Vanity plates exist, but shop signs outnumber them.
        share *= 0.25;
    } else if digits == count || is_a_number(raw) {
        // Telephone numbers, years, prices, clocks; but also whole countries' plates of up to eight digits, such as
        // 12-345-67 and 123-45-678, which must stay above what an event asks for.
        share *= if (5..=7).contains(&count) || (known && count == 8) { 0.6 } else { 0.45 };
        if raw.contains(':') || raw.contains('/') {
            share *= 0.3;
        }
        if count >= 6 && is_dated(raw) {
            share *= 0.2;
        }
    } else if !known {
        share *= if digits == 1 && count > 5 { 0.68 } else { 0.85 };
    }
    if count == 4 {
        share *= 0.7;
    }
    if count >= 9 && !known {
        share *= 0.6;
    }
    share
}

/// Digits and separators alone: then a letter in the text has come from its shape, not from what was seen.
fn is_a_number(raw: &str) -> bool {
    raw.chars().all(|c| c.is_ascii_digit() || alphabet::is_separator(c))
}

/// A date with a year of this or the last century: its groups a year, a month and a day in either order, or one run of
/// digits that starts or ends with them, as on-screen clocks have it. Groups of other lengths, such as 20-310-45, are none.
fn is_dated(raw: &str) -> bool {
    let groups: Vec<&str> =
        raw.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    match groups.as_slice() {
        [year, month, ..] if year.len() == 4 && month.len() <= 2 => is_year(year) && is_up_to(month, 12),
        [day, month, year, ..] if year.len() == 4 && day.len() <= 2 && month.len() <= 2 => {
            is_year(year) && is_up_to(day, 31) && is_up_to(month, 31)
        }
        [run, ..] => starts_with_a_date(run) || ends_with_a_date(run),
        [] => false,
    }
}

/// Year and month, and the day as far as it is there: 202612, 20261224, 20261224093000.
fn starts_with_a_date(run: &str) -> bool {
    let part = |range: std::ops::Range<usize>| run.get(range).unwrap_or_default();
    is_year(part(0..4)) && is_up_to(part(4..6), 12) && (run.len() < 8 || is_up_to(part(6..8), 31))
}

/// Day and month in either order and the year: 24122026.
fn ends_with_a_date(run: &str) -> bool {
    let part = |range: std::ops::Range<usize>| run.get(range).unwrap_or_default();
    run.len() == 8 && is_up_to(part(0..2), 31) && is_up_to(part(2..4), 31) && is_year(part(4..8))
}

/// Four digits from 1900 to 2039.
fn is_year(digits: &str) -> bool {
    digits.len() == 4 && digits.parse().is_ok_and(|year: u32| (1900..2040).contains(&year))
}

/// A number of a month or a day.
fn is_up_to(digits: &str, last: u32) -> bool {
    digits.parse().is_ok_and(|number: u32| (1..=last).contains(&number))
}

/// By what was read before folding: small letters, foreign characters, marks of addresses and clocks.
fn by_raw(raw: &str) -> f32 {
    let small = raw.chars().filter(|c| c.is_lowercase()).count();
    let foreign = raw.chars().filter(|&c| alphabet::fold(c).is_none() && !alphabet::is_separator(c)).count();
    // The province before a Chinese plate is no stranger.
    let foreign = foreign.saturating_sub(usize::from(shapes::Origin::of(raw) == shapes::Origin::China));
    let mut share = 0.6_f32.powi((small.saturating_sub(1) + foreign).min(20) as i32);
    let lowered = raw.to_lowercase();
    if ["www", "http", ".com", ".net", ".org", "km/h", "@"].iter().any(|mark| lowered.contains(mark))
        || is_clock(raw)
    {
        share *= 0.1;
    }
    share
}

/// Digits in three groups with `:`, `.` or `/` between, such as 12:34:56 or 01/02/2024.
fn is_clock(raw: &str) -> bool {
    let characters: Vec<char> = raw.chars().collect();
    characters.windows(5).any(|window| match window {
        [a, x, b, c, y] => {
            a.is_ascii_digit()
                && b.is_ascii_digit()
                && c.is_ascii_digit()
                && [x, y].iter().all(|m| ":./".contains(**m))
        }
        _ => false,
    })
}

/// By how wide the characters are.
fn by_form(candidate: &Candidate<'_>) -> f32 {
    if candidate.lines > 1 {
        return 1.0;
    }
    let mut share = 1.0;
    if !PITCH.contains(&(candidate.aspect / candidate.text.len() as f32)) {
        share *= 0.5;
    }
    if candidate.aspect.is_nan() || candidate.aspect < ASPECT_MIN {
        share *= 0.5;
    }
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(raw: &str, aspect: f32) -> f32 {
        let text: Vec<Symbol> = raw.chars().filter_map(alphabet::fold).collect();
        likeness(&Candidate { text: &text, raw, log: -0.1, aspect, lines: 1 })
    }

    #[test]
    fn plates_are_like_plates_and_the_rest_is_not() {
        for plate in ["LS15 EBC", "34A-368.37", "AYO-9034", "6TRJ244", "沪C21F13", "B 611 KO"] {
            assert!(of(plate, 4.0) > 0.5, "{plate}: {}", of(plate, 4.0));
        }
        for other in [
            "TOYOTA",
            "2014-05-08",
            "12:34:56",
            "www.cars4u.com",
            "TAXI",
            "Limit 50 km/h",
            "458541565",
            "Main st 12",
            "12:30",
            "24.12.2026",
            "24-12-2026",
            "12/24/2026",
            "2026-12-24",
            "2026",
            "20261224",
            "24122026",
            "202612",
        ] {
            assert!(of(other, 4.0) < 0.5, "{other}: {}", of(other, 4.0));
        }
    }

    #[test]
    fn plates_of_digits_alone_are_plates_unless_they_are_dates() {
        for plate in
            ["12-345-67", "123-45-678", "1234567", "12345678", "20-310-45", "201-12-345", "190-45-678"]
        {
            assert!(of(plate, 4.5) > 0.55, "{plate}: {}", of(plate, 4.5));
        }
        for date in ["2026-12", "1999 01 31", "31 01 1999", "20261231 0930", "2026:12:31"] {
            assert!(of(date, 4.5) < 0.5, "{date}: {}", of(date, 4.5));
        }
    }

    #[test]
    fn too_short_too_long_and_broken_reads_are_none() {
        assert!(of("A1", 3.0) <= 0.0);
        assert!(of("ABCDEF123456", 3.0) <= 0.0);
        let text: Vec<Symbol> = "LS15EBC".chars().filter_map(alphabet::fold).collect();
        let broken = Candidate { text: &text, raw: "LS15EBC", log: f32::NAN, aspect: 4.0, lines: 1 };
        assert!(likeness(&broken) <= 0.0);
        assert!(of("LS15EBC", f32::NAN) < 0.3);
    }

    #[test]
    fn doubt_and_odd_forms_cost() {
        assert!(of("LS15EBC", 14.0) < of("LS15EBC", 4.0));
        let text: Vec<Symbol> = "LS15EBC".chars().filter_map(alphabet::fold).collect();
        let doubted = Candidate { text: &text, raw: "LS15EBC", log: -7.0, aspect: 4.0, lines: 1 };
        assert!((likeness(&doubted) - (-1.0_f32).exp()).abs() < 1e-5);
    }
}
