//! How probable a text is on the lattice that was read. The SDK's search uses the same numbers (`plugins/sdk/src/confusable.rs`);
//! a test compares the two tables.

use ovr_domain::hook::Lattice;
use ovr_domain::read::{ALTERNATIVES_MAX, Alternative, Position};

/// Pairs that hardly differ in print: many fonts draw them alike.
const HARD_TWINS: &[(char, char)] = &[
    ('0', 'O'),
    ('0', 'Q'),
    ('0', 'D'),
    ('O', 'Q'),
    ('O', 'D'),
    ('1', 'I'),
    ('2', 'Z'),
    ('5', 'S'),
    ('8', 'B'),
    ('6', 'G'),
];

/// Pairs that differ, but not at a distance, at an angle or under dirt.
const SOFT_TWINS: &[(char, char)] = &[
    ('Q', 'D'),
    ('1', 'L'),
    ('1', 'T'),
    ('I', 'L'),
    ('I', 'T'),
    ('4', 'A'),
    ('7', 'T'),
    ('7', 'Z'),
    ('7', 'Y'),
    ('1', '7'),
    ('G', 'C'),
    ('U', 'V'),
    ('V', 'Y'),
    ('K', 'X'),
    ('M', 'N'),
    ('M', 'W'),
    ('H', 'N'),
    ('E', 'F'),
    ('P', 'R'),
    ('P', 'F'),
    ('B', 'R'),
    ('8', '3'),
    ('3', 'B'),
    ('6', '8'),
];

/// Probability of an unlisted character whose hard twin is listed, as a share of the twin's own.
const HARD_TWIN_SHARE: f32 = 0.003;

/// The same for a soft twin.
const SOFT_TWIN_SHARE: f32 = 0.0003;

/// The least probability that a position is empty although a character was read.
const ABSENCE_FLOOR: f32 = 0.002;

/// The least probability of a character that was listed at all: a reader's zero is not to be taken for impossible, and
/// the logarithm stays finite.
const LISTED_FLOOR: f32 = 1e-6;

/// Share of the twin's probability that an unlisted character gets; 0 when the two are no twins.
fn twin_share(listed: char, other: char) -> f32 {
    let is = |&(a, b): &(char, char)| (a == listed && b == other) || (a == other && b == listed);
    if HARD_TWINS.iter().any(is) {
        HARD_TWIN_SHARE
    } else if SOFT_TWINS.iter().any(is) {
        SOFT_TWIN_SHARE
    } else {
        0.0
    }
}

/// Whether a character is part of a plate's text; what is not (a dash, a dot, a blank) separates.
pub(crate) fn is_plate_character(c: char) -> bool {
    c.is_alphanumeric() && upper(c) == c
}

/// `c` in upper case, where upper case is one character too.
pub(crate) fn upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// Positions as plugins get them: upper case, at most 8 alternatives each, every probability a number from 0 to 1, and no
/// listed twin less probable than one that is not listed; a position without alternatives says nothing and is left out.
///
/// The reader's probabilities count as they are: of alternatives that it holds for a tenth as likely as what it read, one
/// in ten is right (its card has the curve).
pub(crate) fn sane_positions(positions: &[Position]) -> Vec<Position> {
    positions.iter().filter(|position| !position.alternatives.is_empty()).map(sane).collect()
}

fn sane(position: &Position) -> Position {
    let unit = |value: f32, otherwise: f32| if value.is_nan() { otherwise } else { value.clamp(0.0, 1.0) };
    let mut alternatives: Vec<Alternative> =
        position.alternatives.iter().take(ALTERNATIVES_MAX).copied().collect();
    for alternative in &mut alternatives {
        alternative.character = upper(alternative.character);
        alternative.probability = unit(alternative.probability, 0.0);
    }
    if let Some((read, others)) = alternatives.split_first_mut() {
        for other in &mut *others {
            // To be listed never makes a character less probable than not to be.
            let unlisted = read.probability * twin_share(read.character, other.character);
            other.probability = other.probability.max(unlisted);
        }
        // The contract says: the most probable first. A twin that keeps more than its neighbour moves up.
        others.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    }
    Position { alternatives, absent: unit(position.absent, 1.0) }
}

/// What a position contributes to the text that was read: nothing when it is empty or holds a separator.
pub(crate) fn read_character(position: &Position) -> Option<char> {
    position.best().filter(|c| position.is_present() && is_plate_character(*c))
}

/// Probability that `character` stands at `position` (or nothing does), 0 to 1; nothing when that is impossible.
pub(crate) fn probability(position: &Position, character: Option<char>) -> Option<f32> {
    let Some(character) = character else {
        let separators = position.alternatives.iter().filter(|a| !is_plate_character(a.character));
        let empty = position.absent + separators.map(|a| a.probability).sum::<f32>();
        return Some(empty.clamp(ABSENCE_FLOOR, 1.0));
    };
    let listed = position.alternatives.iter().find(|a| a.character == character);
    let twin = || {
        let shares = position.alternatives.iter();
        shares
            .map(|a| a.probability.max(LISTED_FLOOR) * twin_share(a.character, character))
            .fold(0.0, f32::max)
    };
    let seen = listed.map_or_else(twin, |listed| listed.probability.max(LISTED_FLOOR));
    if seen <= 0.0 {
        return None;
    }
    Some(seen.min(1.0))
}

/// Natural logarithm of the probability of the text that was read, on the lattice that says so: what every other text is
/// weighed against.
pub fn log_likelihood_observed(read: &Lattice) -> f32 {
    let positions = sane_positions(&read.positions);
    let each = positions.iter().map(|position| {
        let certain = probability(position, read_character(position));
        certain.unwrap_or(LISTED_FLOOR).ln()
    });
    each.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(alternatives: &[(char, f32)], absent: f32) -> Position {
        let alternatives =
            alternatives.iter().map(|&(character, probability)| Alternative { character, probability });
        Position { alternatives: alternatives.collect(), absent }
    }

    fn close(a: Option<f32>, b: f32) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-7)
    }

    #[test]
    fn the_tables_are_those_of_the_sdk() {
        let sdk = include_str!("../../../../plugins/sdk/src/confusable.rs");
        let own = include_str!("likelihood.rs");
        for (name, end) in [
            ("HARD_TWINS", "];"),
            ("SOFT_TWINS", "];"),
            ("HARD_TWIN_SHARE", ";"),
            ("SOFT_TWIN_SHARE", ";"),
            ("ABSENCE_FLOOR", ";"),
        ] {
            let table = |source: &'static str| {
                let start = source.find(&format!("const {name}:")).expect(name);
                source[start..].split(end).next().expect(name).split_whitespace().collect::<String>()
            };
            assert_eq!(table(own), table(sdk), "{name}");
        }
    }

    #[test]
    fn listed_characters_twins_and_absence_have_their_probability_and_nothing_else() {
        let read = position(&[('0', 0.7), ('8', 0.2)], 0.05);
        assert!(close(probability(&read, Some('0')), 0.7));
        assert!(close(probability(&read, Some('O')), 0.7 * HARD_TWIN_SHARE));
        assert!(close(probability(&read, Some('B')), 0.2 * HARD_TWIN_SHARE));
        assert!(close(probability(&read, Some('3')), 0.2 * SOFT_TWIN_SHARE));
        assert_eq!(probability(&read, Some('X')), None);
        assert!(close(probability(&read, None), 0.05));
        assert!(close(probability(&position(&[('A', 1.0)], 0.0), None), ABSENCE_FLOOR));
    }

    #[test]
    fn a_separator_says_that_no_character_stands_here() {
        let dash = position(&[('-', 0.8), ('1', 0.1)], 0.05);
        assert_eq!(read_character(&dash), None);
        assert!(close(probability(&dash, None), 0.85));
        assert!(close(probability(&dash, Some('1')), 0.1));
    }

    #[test]
    fn a_character_that_the_reader_is_sure_is_not_there_stays_possible() {
        let screw = position(&[('I', 0.0)], 1.0);
        assert_eq!(read_character(&screw), None);
        assert!(close(probability(&screw, Some('I')), LISTED_FLOOR));
        assert!(close(probability(&screw, None), 1.0));
    }
}
