//! Nothing that a plugin says is believed: every value is held against its range in `wit/`, and a plate must be what the
//! read says after the corrections. One value out of range makes the whole answer invalid.

use std::collections::{BTreeMap, BTreeSet};

use ovr_domain::event::Correction;
use ovr_domain::hook::{Neighbour, PolicyDecision};
use ovr_domain::ids::EventId;
use ovr_domain::read::{PLATE_CHARS_MAX, Position};

use super::call::is_hostile;
use super::likelihood::{is_plate_character, probability, read_character};
use super::plugin::{Answer, Description, Interpretation};
use crate::contract::dedup_policy::exports::ovr::alpr::dedup_policy as policy;
use crate::contract::plate_format::exports::ovr::alpr::plate_format as format;
use crate::contract::types;

const PLATES_MAX: usize = 8;
const RULE_CHARS_MAX: usize = 120;
const REASON_CHARS_MAX: usize = 200;
const NAME_CHARS_MAX: usize = 64;
const SUMMARY_CHARS_MAX: usize = 200;
const VALUE_CHARS_MAX: usize = 256;
const ATTRIBUTES_MAX: usize = 16;

/// Text that a person reads: `chars` characters, none of them hostile.
fn readable(what: &str, text: &str, chars: std::ops::RangeInclusive<usize>) -> Result<(), String> {
    let count = text.chars().count();
    if !chars.contains(&count) {
        return Err(format!(
            "{what} has {count} characters; it must have {} to {}",
            chars.start(),
            chars.end()
        ));
    }
    match text.chars().find(|c| is_hostile(*c)) {
        Some(c) => Err(format!("{what} has the control character {}", c.escape_unicode())),
        None => Ok(()),
    }
}

/// Text that a program reads: 1 to 64 of the allowed bytes.
fn identifier(what: &str, text: &str, allowed: fn(u8) -> bool) -> Result<(), String> {
    readable(what, text, 1..=NAME_CHARS_MAX)?;
    if text.bytes().all(allowed) {
        Ok(())
    } else {
        Err(format!("{what} {text:?} has a character that is not allowed"))
    }
}

/// Checks what a plugin says of itself.
pub(crate) fn description(description: types::Description) -> Result<Description, String> {
    let types::Description { name, version, summary } = description;
    readable("its name", &name, 1..=NAME_CHARS_MAX)?;
    readable("its version", &version, 1..=NAME_CHARS_MAX)?;
    if !is_semantic_version(&version) {
        return Err(format!("its version {version:?} is no semantic version such as 1.2.0"));
    }
    readable("its summary", &summary, 0..=SUMMARY_CHARS_MAX)?;
    Ok(Description { name, version, summary })
}

/// <https://semver.org>, item 2, 9 and 10.
fn is_semantic_version(text: &str) -> bool {
    let is_number = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        digits && (part == "0" || !part.starts_with('0'))
    };
    let is_label = |label: &str| {
        label
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
    };
    let (rest, build) = text.split_once('+').map_or((text, None), |(rest, build)| (rest, Some(build)));
    let (core, before) = rest.split_once('-').map_or((rest, None), |(core, before)| (core, Some(before)));
    let numbers = core.split('.').filter(|part| is_number(part)).count();
    numbers == 3 && core.split('.').count() == 3 && build.is_none_or(is_label) && before.is_none_or(is_label)
}

/// Checks the answer to a read. `positions`: the read as it was asked.
pub(crate) fn answer(
    answer: Result<Vec<format::Interpretation>, String>,
    positions: &[Position],
) -> Result<Answer, String> {
    let plates = match answer {
        Ok(plates) => plates,
        Err(reason) => {
            readable("the reason", &reason, 1..=REASON_CHARS_MAX)?;
            return Ok(Answer::NotMine(reason));
        }
    };
    if plates.is_empty() {
        return Ok(Answer::NotMine("no format fits".to_owned()));
    }
    if plates.len() > PLATES_MAX {
        return Err(format!("it returned {} plates; at most {PLATES_MAX} are allowed", plates.len()));
    }
    let mut seen = BTreeSet::new();
    let mut valid = Vec::with_capacity(plates.len());
    for plate in plates {
        let plate = interpretation(plate, positions)?;
        if !seen.insert((plate.text.clone(), plate.country.clone(), plate.format_id.clone())) {
            return Err(format!("it returned one plate twice in the format {}", plate.format_id));
        }
        valid.push(plate);
    }
    Ok(Answer::Plates(valid))
}

fn interpretation(plate: format::Interpretation, positions: &[Position]) -> Result<Interpretation, String> {
    readable("a plate", &plate.text, 1..=PLATE_CHARS_MAX)?;
    if !plate.text.chars().all(is_plate_character) {
        return Err("a plate has a character that is no upper-case letter or digit".to_owned());
    }
    if plate.country.len() != 2 || !plate.country.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(format!(
            "its country {:?} is no ISO 3166-1 alpha-2 code such as DE",
            clipped(&plate.country)
        ));
    }
    if let Some(region) = &plate.region {
        readable("a region", region, 1..=NAME_CHARS_MAX)?;
    }
    identifier("a format id", &plate.format_id, |b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))?;
    if !(plate.log_prior.is_finite() && plate.log_prior < 0.0) {
        return Err(format!("a log-prior is {}; it must be a number below 0", plate.log_prior));
    }
    let (log_likelihood, corrections) = retrace(&plate.text, plate.corrections, positions)?;
    Ok(Interpretation {
        text: plate.text,
        country: plate.country,
        region: plate.region,
        format_id: plate.format_id,
        series: series(plate.series),
        log_prior: plate.log_prior,
        log_likelihood,
        corrections,
    })
}

/// Follows the corrections from the read to the text: nothing else may lie between the two. Gives the probability of what was
/// read for this text, and the corrections as they stand on an event.
fn retrace(
    text: &str,
    corrections: Vec<format::Correction>,
    positions: &[Position],
) -> Result<(f32, Vec<Correction>), String> {
    let mut by_position = BTreeMap::new();
    for correction in corrections {
        readable("a rule", &correction.rule, 1..=RULE_CHARS_MAX)?;
        let index = correction.position as usize;
        if index >= positions.len() {
            return Err(format!("a correction names position {index}; the read has {}", positions.len()));
        }
        if by_position.insert(index, correction).is_some() {
            return Err(format!("two corrections name position {index}"));
        }
    }
    let mut rest = text.chars();
    let mut log_likelihood = 0.0;
    let mut made = Vec::with_capacity(by_position.len());
    let mut observed_index = 0;
    for (index, position) in positions.iter().enumerate() {
        let read = read_character(position);
        let character = match by_position.remove(&index) {
            Some(correction) => {
                let character = correction.character;
                if character.is_some() && character == read {
                    return Err(format!("a correction of position {index} changes nothing"));
                }
                if character != read {
                    let from = position.best().filter(|_| position.is_present());
                    made.push(Correction {
                        position: observed_index,
                        from,
                        to: character,
                        rule: correction.rule,
                    });
                }
                character
            }
            None => read,
        };
        let Some(probability) = probability(position, character) else {
            return Err(format!(
                "position {index} of the plate was not read so: no alternative and no twin of one"
            ));
        };
        log_likelihood += probability.ln();
        if character.is_some() && rest.next() != character {
            return Err(format!(
                "a plate is not what was read after its corrections, from position {index} on"
            ));
        }
        observed_index += u32::from(position.is_present());
    }
    if rest.next().is_some() {
        return Err("a plate is longer than what was read after its corrections".to_owned());
    }
    Ok((log_likelihood, made))
}

fn clipped(text: &str) -> String {
    text.chars().take(8).collect()
}

fn series(series: format::Series) -> &'static str {
    use format::Series;
    match series {
        Series::Standard => "standard",
        Series::Vanity => "vanity",
        Series::Diplomatic => "diplomatic",
        Series::Military => "military",
        Series::Official => "official",
        Series::Taxi => "taxi",
        Series::Temporary => "temporary",
        Series::Dealer => "dealer",
        Series::Historic => "historic",
        Series::Electric => "electric",
        Series::Motorcycle => "motorcycle",
        Series::Trailer => "trailer",
        Series::Agricultural => "agricultural",
        Series::Other => "other",
    }
}

/// Checks the decision about an event: a repeat must name the head of one of its neighbours.
pub(crate) fn decision(
    decision: policy::Decision,
    neighbours: &[Neighbour],
) -> Result<PolicyDecision, String> {
    let head = |repeat: policy::Repeat| -> Result<(EventId, String), String> {
        readable("the reason", &repeat.reason, 1..=REASON_CHARS_MAX)?;
        let id: Option<EventId> = repeat.event_id.parse().ok();
        let known = id.filter(|id| neighbours.iter().any(|neighbour| neighbour.head == *id));
        known
            .map(|id| (id, repeat.reason))
            .ok_or_else(|| "it names an event that is no neighbour's head".to_owned())
    };
    match decision {
        policy::Decision::Emit(reason) => {
            readable("the reason", &reason, 1..=REASON_CHARS_MAX)?;
            Ok(PolicyDecision::Emit(reason))
        }
        policy::Decision::Suppress(repeat) => {
            head(repeat).map(|(id, reason)| PolicyDecision::Suppress(id, reason))
        }
        policy::Decision::Merge(repeat) => head(repeat).map(|(id, reason)| PolicyDecision::Merge(id, reason)),
    }
}

/// Checks the attributes for an event; of two with one key the last counts.
pub(crate) fn attributes(attributes: Vec<types::Attribute>) -> Result<Vec<(String, String)>, String> {
    if attributes.len() > ATTRIBUTES_MAX {
        return Err(format!(
            "it returned {} attributes; at most {ATTRIBUTES_MAX} are allowed",
            attributes.len()
        ));
    }
    let mut by_key = BTreeMap::new();
    for types::Attribute { key, value } in attributes {
        attribute(&key, &value)?;
        by_key.insert(key, value);
    }
    Ok(by_key.into_iter().collect())
}

fn attribute(key: &str, value: &str) -> Result<(), String> {
    identifier("a key", key, is_key_byte)?;
    readable("a value", value, 0..=VALUE_CHARS_MAX)
}

fn is_key_byte(b: u8) -> bool {
    matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.')
}

/// Whether the contract allows this key, of an attribute or a setting.
pub(crate) fn is_key(key: &str) -> bool {
    identifier("a key", key, is_key_byte).is_ok()
}

/// Whether the contract allows this value, of an attribute or a setting.
pub(crate) fn is_value(value: &str) -> bool {
    readable("a value", value, 0..=VALUE_CHARS_MAX).is_ok()
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
