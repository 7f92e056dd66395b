//! Test vectors of a pack: a text file for each country, run by the component's `self-test` and natively by `cargo test`.
//!
//! ```text
//! # READ -> COUNTRY FORMAT [region="Name"] [series=diplomatic] [text=BOAB1234] [hint=none|DE,AT] [also=IT]
//! # READ -> none
//! B-AB 1234        -> DE de-standard region="Berlin"
//! B0 AB 1234       -> DE de-standard text=BOAB1234      # a repaired confusable: 0 read, O meant
//! [B8]-AB [1I]234  -> DE de-standard                    # alternatives, the most probable first
//! (I)B-AB 1234     -> DE de-standard text=BAB1234       # a character that may not be there
//! QX-AB 1234       -> none                              # see below
//! ```
//!
//! The first interpretation must be the one that the line names; `also` names the country of another one. Without `hint` a line
//! runs with the hint of the file's country. `none` asks that no format of the file's country fits the text as it was read: a
//! repair may still be offered, and other countries may know it.

use crate::answer;
use crate::bindings::plate_format::exports::ovr::alpr::plate_format::{Interpretation, Series};
use crate::bindings::plate_format::ovr::alpr::types::{Alternative, Place, PlateRead, Position};
use crate::lattice::is_text;
use crate::pack::Pack;

/// Probability of a character that is read without doubt.
const PLAIN: f32 = 0.96;

/// Probabilities of the alternatives of `[B8]`.
const ALTERNATIVES: [f32; 8] = [0.6, 0.3, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];

/// Of `(I)`: that no character stands here.
const DOUBTED_ABSENT: f32 = 0.4;

/// One line of a vector file.
#[derive(Debug, PartialEq)]
struct Vector<'a> {
    read: &'a str,
    /// Of the file.
    country: &'a str,
    positions: Vec<Position>,
    hint: Vec<String>,
    /// Nothing when no format fits.
    expected: Option<Expected<'a>>,
}

#[derive(Debug, PartialEq)]
struct Expected<'a> {
    country: &'a str,
    format: &'a str,
    region: Option<&'a str>,
    series: Option<Series>,
    text: Option<&'a str>,
    also: Option<&'a str>,
}

/// Runs the vectors of a pack: how many hold, and a line for each that does not.
pub fn run(pack: &Pack, files: &[(&str, &str)]) -> (u32, Vec<String>) {
    let mut held = 0;
    let mut failures = Vec::new();
    for (country, text) in files {
        for (index, line) in text.lines().enumerate() {
            let outcome = match parse(line, country) {
                Ok(None) => continue,
                Ok(Some(vector)) => vector.run(pack),
                Err(wrong) => Err(wrong),
            };
            match outcome {
                Ok(()) => held += 1,
                Err(wrong) => failures.push(format!("{country} line {}: {wrong}", index + 1)),
            }
        }
    }
    (held, failures)
}

/// As `self-test` wants it: the first failures in one line.
pub fn self_test(pack: &Pack, files: &[(&str, &str)]) -> Result<u32, String> {
    let (held, failures) = run(pack, files);
    if failures.is_empty() {
        return Ok(held);
    }
    let shown: Vec<&str> = failures.iter().take(3).map(String::as_str).collect();
    Err(format!("{} of {} vectors fail: {}", failures.len(), failures.len() as u32 + held, shown.join("; ")))
}

/// Reads one line; nothing when it is blank or a comment.
fn parse<'a>(line: &'a str, country: &'a str) -> Result<Option<Vector<'a>>, String> {
    let line = without_comment(line).trim();
    if line.is_empty() {
        return Ok(None);
    }
    let (read, rest) = line.split_once("->").ok_or("a vector is READ -> COUNTRY FORMAT or READ -> none")?;
    let read = read.trim();
    let mut words = words(rest)?.into_iter();
    let first = words.next().ok_or("nothing stands after ->: write COUNTRY FORMAT or none")?;
    let mut vector =
        Vector { read, country, positions: positions(read)?, hint: vec![country.to_owned()], expected: None };
    if first != "none" {
        let format = words.next().ok_or("the format is missing: write COUNTRY FORMAT")?;
        vector.expected =
            Some(Expected { country: first, format, region: None, series: None, text: None, also: None });
    }
    for word in words {
        let (key, value) = word.split_once('=').ok_or_else(|| format!("'{word}' is not key=value"))?;
        match (key, &mut vector.expected) {
            ("hint", _) if value == "none" => vector.hint.clear(),
            ("hint", _) => vector.hint = value.split(',').map(str::to_owned).collect(),
            ("region", Some(expected)) => expected.region = Some(value.trim_matches('"')),
            ("series", Some(expected)) => expected.series = Some(series(value)?),
            ("text", Some(expected)) => expected.text = Some(value),
            ("also", Some(expected)) => expected.also = Some(value),
            _ => {
                return Err(format!(
                    "'{key}' is not known here: use region, series, text, also (not with none) or hint"
                ));
            }
        }
    }
    Ok(Some(vector))
}

/// The line up to a `#` that stands outside quotes.
fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    for (index, character) in line.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '#' if !quoted => return line.get(..index).unwrap_or(line),
            _ => {}
        }
    }
    line
}

/// Splits at blanks outside quotes.
fn words(text: &str) -> Result<Vec<&str>, String> {
    let mut words = Vec::new();
    let (mut start, mut quoted) = (None, false);
    for (index, character) in text.char_indices() {
        if character == '"' {
            quoted = !quoted;
        }
        if character.is_whitespace() && !quoted {
            words.extend(start.take().and_then(|start: usize| text.get(start..index)));
        } else {
            start = start.or(Some(index));
        }
    }
    words.extend(start.and_then(|start| text.get(start..)));
    if quoted { Err("a quote is not closed".to_owned()) } else { Ok(words) }
}

fn series(name: &str) -> Result<Series, String> {
    Ok(match name {
        "standard" => Series::Standard,
        "vanity" => Series::Vanity,
        "diplomatic" => Series::Diplomatic,
        "military" => Series::Military,
        "official" => Series::Official,
        "taxi" => Series::Taxi,
        "temporary" => Series::Temporary,
        "dealer" => Series::Dealer,
        "historic" => Series::Historic,
        "electric" => Series::Electric,
        "motorcycle" => Series::Motorcycle,
        "trailer" => Series::Trailer,
        "agricultural" => Series::Agricultural,
        "other" => Series::Other,
        _ => return Err(format!("there is no series '{name}'")),
    })
}

/// The lattice that a READ stands for; see the module.
pub fn positions(read: &str) -> Result<Vec<Position>, String> {
    let mut positions = Vec::new();
    let mut characters = read.chars();
    while let Some(character) = characters.next() {
        match character {
            '(' => {
                let inner: String = characters.by_ref().take_while(|&c| c != ')').collect();
                let inner = inner.trim_matches(['[', ']']);
                let scale =
                    (1.0 - DOUBTED_ABSENT) * if inner.chars().count() == 1 { PLAIN / 0.6 } else { 1.0 };
                positions.push(position(inner, scale, DOUBTED_ABSENT)?);
            }
            '[' => {
                let inner: String = characters.by_ref().take_while(|&c| c != ']').collect();
                positions.push(position(&inner, 1.0, 0.0)?);
            }
            plain => positions.push(position(plain.encode_utf8(&mut [0; 4]), PLAIN / 0.6, 0.0)?),
        }
    }
    if positions.is_empty() || positions.len() > 32 {
        return Err(format!("a read has 1 to 32 positions, this one {}", positions.len()));
    }
    Ok(positions)
}

fn position(characters: &str, scale: f32, absent: f32) -> Result<Position, String> {
    let alternatives: Vec<Alternative> = characters
        .chars()
        .zip(ALTERNATIVES)
        .map(|(character, share)| Alternative {
            character: character.to_ascii_uppercase(),
            probability: share * scale,
        })
        .collect();
    if alternatives.is_empty() {
        return Err("a bracket of the read is empty".to_owned());
    }
    Ok(Position { alternatives, absent })
}

/// A read with these positions, as a host would give it.
pub fn read(positions: Vec<Position>, countries: Vec<String>) -> PlateRead {
    let present = positions.iter().filter(|position| position.absent <= 0.5);
    let observed =
        present.filter_map(|position| position.alternatives.first()).map(|best| best.character).collect();
    let place = Place { site: "test".to_owned(), camera: "test".to_owned(), countries };
    PlateRead { positions, observed, confidence: 0.9, quality: None, place, extra: Vec::new() }
}

impl Vector<'_> {
    fn run(self, pack: &Pack) -> Result<(), String> {
        let name = self.read;
        let read = read(self.positions, self.hint);
        let answer = answer::check(pack, &read);
        let outcome = match &self.expected {
            None => expect_none(self.country, &answer),
            Some(expected) => {
                let observed: String = read.observed.chars().filter(|&c| is_text(c)).collect();
                expected.compare(&observed, &answer)
            }
        };
        outcome.map_err(|wrong| format!("{name}: {wrong}"))
    }
}

/// `none`: no format of the country fits without a correction.
fn expect_none(country: &str, answer: &Result<Vec<Interpretation>, String>) -> Result<(), String> {
    let found = answer.as_ref().map_or(&[][..], Vec::as_slice);
    match found.iter().find(|found| found.country == country && found.corrections.is_empty()) {
        Some(found) => Err(format!("expected none, found {}", tell(found))),
        None => Ok(()),
    }
}

impl Expected<'_> {
    fn compare(&self, observed: &str, answer: &Result<Vec<Interpretation>, String>) -> Result<(), String> {
        let wanted = self.text.unwrap_or(observed);
        let found = answer.as_ref().map_err(|why| {
            format!("expected {} {} {wanted}, found none: {why}", self.country, self.format)
        })?;
        let best = found.first().ok_or("an answer without interpretations")?;
        let is_right = best.country == self.country
            && best.format_id == self.format
            && best.text == wanted
            && self.region.is_none_or(|region| best.region.as_deref() == Some(region))
            && self.series.is_none_or(|series| best.series == series);
        if !is_right {
            let all: Vec<String> = found.iter().map(tell).collect();
            return Err(format!(
                "expected {} {} {wanted}{}, found {}",
                self.country,
                self.format,
                self.more(),
                all.join(", then ")
            ));
        }
        match self.also {
            Some(also) if !found.iter().any(|other| other.country == also) => Err(format!(
                "expected also {also}, found {}",
                found.iter().map(tell).collect::<Vec<_>>().join(", then ")
            )),
            _ => Ok(()),
        }
    }

    fn more(&self) -> String {
        let region = self.region.map(|region| format!(" region=\"{region}\"")).unwrap_or_default();
        let series = self.series.map(|series| format!(" series={series:?}")).unwrap_or_default();
        region + &series
    }
}

fn tell(found: &Interpretation) -> String {
    let Interpretation { country, format_id, text, region, series, log_prior, corrections } = found;
    let region = region.as_deref().unwrap_or("-");
    let corrections = corrections.len();
    format!(
        "{country} {format_id} {text} region=\"{region}\" {series:?} (prior {log_prior:.1}, {corrections} corrections)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_with_all_its_parts() {
        let vector =
            parse("(I)[B8]-1 -> DE de-x region=\"Bad Ems\" series=taxi hint=DE,AT also=IT # why", "DE")
                .unwrap()
                .unwrap();
        let expected = vector.expected.unwrap();
        assert_eq!((expected.country, expected.format, expected.also), ("DE", "de-x", Some("IT")));
        assert_eq!((expected.region, expected.series), (Some("Bad Ems"), Some(Series::Taxi)));
        assert_eq!(vector.hint, ["DE", "AT"]);
        assert_eq!(vector.positions.len(), 4);
        assert!((vector.positions[0].absent - 0.4).abs() < 1e-6);
        assert_eq!(vector.positions[1].alternatives.len(), 2);
        assert_eq!(parse("  # nothing", "DE"), Ok(None));
    }

    #[test]
    fn a_wrong_line_says_what_would_be_right() {
        for line in [
            "B-AB 1",
            "B ->",
            "B -> DE",
            "B -> DE de-x colour=red",
            "B -> none text=B",
            "B -> DE de-x region=\"a",
        ] {
            assert!(parse(line, "DE").is_err(), "{line}");
        }
    }
}
