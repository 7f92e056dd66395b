//! From evidence to a reading: which texts are possible, which is best, and what else could stand at each position.
//!
//! A plate, or one line of it, may be seen several times (crops with other margins); a text is scored by every view with
//! the exact probability that the view gives it, and the mean of the logarithms counts. Texts come from the views' own
//! searches. For each position of the best text the other symbols are scored the same way, by substitution, which gives a
//! posterior over the position. Nothing here knows what plates look like in which country: that is plugins' business.

use std::collections::BTreeMap;

use ovr_domain::read::{ALTERNATIVES_MAX, Alternative, PLATE_CHARS_MAX};

use super::alphabet::{Symbol, character, twins};
use super::ctc::{Steps, log_add};
use super::slots::Slots;

/// Width of the search for texts. Among ten texts is the right one for all but one or two of a hundred plates.
const BEAM: usize = 10;
/// Texts taken from each view; the views share most of them.
const TEXTS_A_VIEW: usize = 6;
/// Longest text of a crop, in characters.
const LINE_CHARS_MAX: usize = 12;
/// Texts of each line that are combined on a two-line plate.
const COMBINED: usize = 12;
/// Probability from which a character that the best text leaves out is worth telling.
const BETWEEN_MIN: f32 = 0.02;
/// Most such characters.
const BETWEEN_MAX: usize = 2;
/// Probability at a step from which a symbol is tried as an alternative.
const ALTERNATIVE_MIN: f32 = 0.01;

/// What a reader saw in one view of one line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Evidence {
    /// Step probabilities.
    Ctc(Steps),
    /// Slot probabilities.
    Slots(Slots),
}

impl Evidence {
    /// Log-probability of a text.
    pub(crate) fn score(&self, label: &[Symbol]) -> f32 {
        match self {
            Self::Ctc(steps) => steps.score(label),
            Self::Slots(slots) => slots.score(label),
        }
    }

    /// The most probable texts.
    fn texts(&self) -> Vec<Vec<Symbol>> {
        match self {
            Self::Ctc(steps) => {
                steps.beam(BEAM).into_iter().map(|(text, _)| text).take(TEXTS_A_VIEW).collect()
            }
            Self::Slots(slots) => slots.texts(TEXTS_A_VIEW),
        }
    }

    /// For each position of a text the symbols that this view sees there.
    fn alternatives(&self, label: &[Symbol]) -> Vec<Vec<Symbol>> {
        match self {
            Self::Ctc(steps) => {
                steps.align(label).into_iter().map(|step| steps.near(step, ALTERNATIVE_MIN)).collect()
            }
            Self::Slots(slots) => (0..label.len()).map(|slot| slots.near(slot, ALTERNATIVE_MIN)).collect(),
        }
    }
}

/// A plate, or one line of it, as it was seen.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Line {
    /// At least one.
    pub(crate) views: Vec<Evidence>,
}

impl Line {
    fn score(&self, label: &[Symbol]) -> f32 {
        let sum: f32 = self.views.iter().map(|view| view.score(label)).sum();
        sum / self.views.len().max(1) as f32
    }

    /// Possible texts with their scores, the best first.
    fn texts(&self) -> Vec<(Vec<Symbol>, f32)> {
        let found = self.views.iter().flat_map(Evidence::texts).filter(|text| text.len() <= LINE_CHARS_MAX);
        let mut scored: BTreeMap<Vec<Symbol>, f32> = BTreeMap::new();
        for text in found {
            scored.entry(text).or_insert_with_key(|text| self.score(text));
        }
        ranked(&scored)
    }
}

fn ranked(scored: &BTreeMap<Vec<Symbol>, f32>) -> Vec<(Vec<Symbol>, f32)> {
    let mut list: Vec<(Vec<Symbol>, f32)> =
        scored.iter().map(|(text, &score)| (text.clone(), score)).collect();
    list.sort_by(|a, b| b.1.total_cmp(&a.1));
    list
}

/// A plate's text with what else it could be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    /// The best text.
    pub(crate) text: Vec<Symbol>,
    /// Its log-probability.
    pub(crate) log: f32,
    /// For each position the alternatives, the best first.
    pub(crate) positions: Vec<Vec<Alternative>>,
    /// For each position the probability that no character stands there.
    pub(crate) absent: Vec<f32>,
    /// Characters that may stand between them: before which position, which one, and how probable that is.
    pub(crate) between: Vec<(usize, Alternative)>,
}

/// A text made of one part a line, and its log-probability.
struct Hypothesis {
    parts: Vec<Vec<Symbol>>,
    log: f32,
}

/// Reads one crop, or two lines as one plate. Nothing when a line has no text that is short enough, or the best has no
/// character or more than a plate can have.
pub(crate) fn conclude(lines: &[&Line]) -> Option<Reading> {
    let hypotheses = match lines {
        [line] => {
            let texts = line.texts().into_iter();
            texts.map(|(text, log)| Hypothesis { parts: vec![text], log }).collect()
        }
        [upper, lower] => combined(&upper.texts(), &lower.texts()),
        _ => Vec::new(),
    };
    let best = hypotheses.iter().max_by(|a, b| a.log.total_cmp(&b.log))?;
    let text = best.parts.concat();
    if text.is_empty() || text.len() > PLATE_CHARS_MAX {
        return None;
    }
    let (positions, absent) = positions(lines, best, &hypotheses);
    Some(Reading { positions, absent, between: between(best, &hypotheses), text, log: best.log })
}

/// The likeliest text of one crop, or of two lines as one plate, and its log-probability: what [`conclude`] reads, without
/// what else it could be.
pub(crate) fn glance(lines: &[&Line]) -> Option<(Vec<Symbol>, f32)> {
    let best: Option<Vec<(Vec<Symbol>, f32)>> =
        lines.iter().map(|line| line.texts().into_iter().next()).collect();
    let best = best?;
    let log = best.iter().map(|(_, log)| log).sum();
    let text: Vec<Symbol> = best.into_iter().flat_map(|(text, _)| text).collect();
    (!text.is_empty() && text.len() <= PLATE_CHARS_MAX).then_some((text, log))
}

fn combined(upper: &[(Vec<Symbol>, f32)], lower: &[(Vec<Symbol>, f32)]) -> Vec<Hypothesis> {
    let pairs = upper
        .iter()
        .take(COMBINED)
        .flat_map(|above| lower.iter().take(COMBINED).map(move |below| (above, below)));
    pairs.map(|((a, p), (b, q))| Hypothesis { parts: vec![a.clone(), b.clone()], log: p + q }).collect()
}

/// Posterior of each position of the best text, and the probability that nothing stands there. Texts of another length
/// are "no character here" for every position.
fn positions(lines: &[&Line], best: &Hypothesis, all: &[Hypothesis]) -> (Vec<Vec<Alternative>>, Vec<f32>) {
    let length = best.parts.concat().len();
    let other_lengths = all.iter().filter(|other| other.parts.concat().len() != length);
    let elsewhere = other_lengths.fold(f32::NEG_INFINITY, |sum, other| log_add(sum, other.log));
    let (mut positions, mut absent) = (Vec::new(), Vec::new());
    for (part, line) in best.parts.iter().zip(lines) {
        let own = line.score(part);
        let mut candidates = vec![Vec::new(); part.len()];
        for view in &line.views {
            for (list, seen) in candidates.iter_mut().zip(view.alternatives(part)) {
                list.extend(seen);
            }
        }
        for (place, (&symbol, mut list)) in part.iter().zip(candidates).enumerate() {
            list.extend(twins(symbol));
            list.sort_unstable();
            list.dedup();
            list.retain(|&other| other != symbol);
            let mut scored = vec![(symbol, best.log)];
            for other in list {
                let substituted: Vec<Symbol> =
                    part.iter().enumerate().map(|(k, &kept)| if k == place { other } else { kept }).collect();
                scored.push((other, best.log - own + line.score(&substituted)));
            }
            let without: Vec<Symbol> =
                part.iter().enumerate().filter(|(k, _)| *k != place).map(|(_, &kept)| kept).collect();
            let removed = best.log - own + line.score(&without);
            absent.push((removed - log_add(best.log, removed)).exp().clamp(0.0, 1.0));
            positions.push(posterior(&mut scored, elsewhere));
        }
    }
    (positions, absent)
}

/// What texts that are one character longer than the best say of that character.
fn between(best: &Hypothesis, all: &[Hypothesis]) -> Vec<(usize, Alternative)> {
    let text = best.parts.concat();
    let mut found: Vec<(usize, Alternative)> = Vec::new();
    for other in all {
        let longer = other.parts.concat();
        let at = longer.iter().zip(&text).take_while(|(a, b)| a == b).count();
        let is_one_more = longer.len() == text.len() + 1 && longer.get(at + 1..) == text.get(at..);
        let probability = (other.log - log_add(best.log, other.log)).exp();
        if let (true, Some(&symbol)) = (is_one_more && probability >= BETWEEN_MIN, longer.get(at)) {
            found.push((at, Alternative { character: character(symbol), probability }));
        }
    }
    found.sort_by(|a, b| b.1.probability.total_cmp(&a.1.probability));
    found.truncate(BETWEEN_MAX);
    found
}

/// Probabilities from log-weights; `elsewhere` is the weight of no character here.
fn posterior(scored: &mut [(Symbol, f32)], elsewhere: f32) -> Vec<Alternative> {
    // The best text's own symbol is the first, and a stable sort keeps it before its equals.
    scored.sort_by(|a, b| b.1.total_cmp(&a.1));
    let total = scored.iter().fold(elsewhere, |sum, (_, log)| log_add(sum, *log));
    let alternative = |&(symbol, log): &(Symbol, f32)| Alternative {
        character: character(symbol),
        probability: (log - total).exp().clamp(0.0, 1.0),
    };
    scored.iter().take(ALTERNATIVES_MAX).map(alternative).collect()
}

#[cfg(test)]
mod tests {
    use super::super::alphabet::{SYMBOLS, symbol, text};
    use super::*;

    /// A line that shows `shown`, each character with a blank step behind it; `doubts` gives part of a character's
    /// probability to another.
    fn line(shown: &str, doubts: &[(usize, char, f32)]) -> Line {
        let mut rows = Vec::new();
        for (at, character) in shown.chars().enumerate() {
            let mut row = [0.0; SYMBOLS];
            row[usize::from(symbol(character).unwrap())] = 1.0;
            for &(_, other, share) in doubts.iter().filter(|(place, _, _)| *place == at) {
                row[usize::from(symbol(character).unwrap())] -= share;
                row[usize::from(symbol(other).unwrap())] += share;
            }
            let mut blank = [0.0; SYMBOLS];
            blank[0] = 1.0;
            rows.extend([row, blank]);
        }
        Line { views: vec![Evidence::Ctc(Steps::new(rows))] }
    }

    #[test]
    fn what_the_reader_saw_is_what_is_read_and_its_doubts_are_told() {
        let seen = line("LSI5EBC", &[(2, '1', 0.15)]);
        let reading = conclude(&[&seen]).unwrap();
        assert_eq!(text(&reading.text), "LSI5EBC");
        let third = &reading.positions[2];
        assert_eq!((third[0].character, third[1].character), ('I', '1'));
        assert!((third[1].probability - 0.15).abs() < 0.02, "{third:?}");
        assert!((reading.log.exp() - 0.85).abs() < 0.02);
        assert_eq!(glance(&[&seen]), Some((reading.text, reading.log)));
    }

    #[test]
    fn the_best_alternative_spells_the_text_and_probabilities_add_up() {
        let seen = line("AB12CDE", &[(0, 'H', 0.4), (4, 'G', 0.3)]);
        let reading = conclude(&[&seen]).unwrap();
        let spelled: String = reading.positions.iter().map(|p| p[0].character).collect();
        assert_eq!(spelled, text(&reading.text));
        for position in &reading.positions {
            let sum: f32 = position.iter().map(|a| a.probability).sum();
            assert!(sum <= 1.0 + 1e-4 && sum > 0.9, "{position:?}");
        }
        assert!((reading.positions[0][1].probability - 0.4).abs() < 0.02, "{:?}", reading.positions[0]);
    }

    #[test]
    fn a_mark_that_may_be_no_character_is_told_with_how_likely_that_is() {
        // The first symbol is as likely a blank as the letter I.
        let mut seen = line("IAB1234", &[]);
        if let Evidence::Ctc(steps) = &mut seen.views[0] {
            let mut rows = vec![[0.0; SYMBOLS]; 14];
            for (at, symbol) in "IAB1234".chars().filter_map(symbol).enumerate() {
                rows[2 * at][usize::from(symbol)] = if at == 0 { 0.6 } else { 1.0 };
                rows[2 * at][0] = if at == 0 { 0.4 } else { 0.0 };
                rows[2 * at + 1][0] = 1.0;
            }
            *steps = Steps::new(rows);
        }
        let reading = conclude(&[&seen]).unwrap();
        let told = if text(&reading.text) == "IAB1234" {
            reading.absent[0]
        } else {
            1.0 - reading.between.iter().find(|(at, _)| *at == 0).unwrap().1.probability
        };
        assert!((told - 0.4).abs() < 0.05, "{reading:?}");
        assert!(reading.absent[reading.absent.len() - 1] < 0.01);
    }

    #[test]
    fn two_lines_make_one_text() {
        let (upper, lower) = (line("34A", &[]), line("36837", &[(4, 'T', 0.4)]));
        let reading = conclude(&[&upper, &lower]).unwrap();
        assert_eq!(text(&reading.text), "34A36837");
        assert_eq!(reading.positions.len(), 8);
        assert_eq!(glance(&[&upper, &lower]).unwrap().0, reading.text);
    }

    #[test]
    fn several_views_outvote_one() {
        let mut seen = line("ABC1234", &[(0, 'H', 0.7)]);
        seen.views.extend(line("ABC1234", &[(0, 'H', 0.2)]).views);
        seen.views.extend(line("ABC1234", &[(0, 'H', 0.2)]).views);
        assert_eq!(text(&conclude(&[&seen]).unwrap().text), "ABC1234");
    }

    #[test]
    fn nothing_and_too_much_are_no_reading() {
        assert!(conclude(&[&line("", &[])]).is_none());
        assert!(conclude(&[&line("ABCDEFGHIJKLMNOPQRSTUVW", &[])]).is_none());
        assert!(conclude(&[]).is_none() && glance(&[]).is_none());
        assert!(glance(&[&line("", &[])]).is_none());
    }
}
