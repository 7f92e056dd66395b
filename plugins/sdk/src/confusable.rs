//! Characters that readers take for each other, and how probable a character is where the reader did not list it.
//!
//! The host scores a text in the same way and with the same numbers (`host/plugins/src/engine/likelihood.rs`; a test
//! compares the two tables): a character that is neither listed nor a twin of a listed one is impossible, so a plugin
//! corrects what was read and cannot invent a plate.

/// Pairs that hardly differ in print: many fonts draw them alike.
pub const HARD_TWINS: &[(char, char)] = &[
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
pub const SOFT_TWINS: &[(char, char)] = &[
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
pub const HARD_TWIN_SHARE: f32 = 0.003;

/// The same for a soft twin.
pub const SOFT_TWIN_SHARE: f32 = 0.0003;

/// The least probability that a position is empty although a character was read, and the other way round.
pub const ABSENCE_FLOOR: f32 = 0.002;

/// Share of the twin's probability that an unlisted character gets; 0 when the two are no twins.
pub fn twin_share(listed: char, other: char) -> f32 {
    let is = |&(a, b): &(char, char)| (a == listed && b == other) || (a == other && b == listed);
    if HARD_TWINS.iter().any(is) {
        HARD_TWIN_SHARE
    } else if SOFT_TWINS.iter().any(is) {
        SOFT_TWIN_SHARE
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_are_symmetric_and_no_pair_stands_twice() {
        assert!((twin_share('O', '0') - HARD_TWIN_SHARE).abs() < f32::EPSILON);
        assert!((twin_share('0', 'O') - HARD_TWIN_SHARE).abs() < f32::EPSILON);
        assert!((twin_share('U', 'V') - SOFT_TWIN_SHARE).abs() < f32::EPSILON);
        assert!(twin_share('A', 'X') == 0.0);
        let all: Vec<_> = HARD_TWINS.iter().chain(SOFT_TWINS).collect();
        for (index, (a, b)) in all.iter().enumerate() {
            assert!(
                all.iter().skip(index + 1).all(|(c, d)| !((a, b) == (c, d) || (a, b) == (d, c))),
                "{a}{b}"
            );
        }
    }
}
