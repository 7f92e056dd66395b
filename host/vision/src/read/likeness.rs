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
        // Telephone numbers, years, prices, clocks.
        share *= if (5..=7).contains(&count) { 0.6 } else { 0.45 };
        if raw.contains(':') || raw.contains('/') {
            share *= 0.3;
        }
        if count >= 6 && starts_like_a_date(raw) {
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

/// A year of this or the last century and the first digit of a month, as on-screen clocks have it.
fn starts_like_a_date(raw: &str) -> bool {
    let digits: Vec<char> = raw.chars().filter(char::is_ascii_digit).take(5).collect();
    matches!(
        digits.as_slice(),
        ['1', '9', '0'..='9', '0'..='9', '0' | '1'] | ['2', '0', '0'..='3', '0'..='9', '0' | '1']
    )
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
        ] {
            assert!(of(other, 4.0) < 0.5, "{other}: {}", of(other, 4.0));
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
