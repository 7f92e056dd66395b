//! How alike two plate texts are.

use ovr_plugin_sdk::confusable::HARD_TWINS;

/// Longest text compared, in characters: it bounds the cost of a comparison. A plate has at most 16.
const TEXT_CHARS_MAX: usize = 32;

/// Shortest text that counts as a part of a longer one: one or two characters lie in almost any plate.
const PART_CHARS_MIN: usize = 3;

/// How one text compares with another, from the same to nothing in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// Character by character.
    Same,
    /// But for digits and letters that look alike.
    LookAlike,
    /// But for one character too many, too few or another, look-alikes aside.
    OneEdit,
    /// One is a part of the other, as a half-hidden plate gives it.
    Part,
    /// Another plate.
    Other,
}

/// Compares two plates.
pub(crate) fn likeness(a: &str, b: &str) -> Likeness {
    if a == b {
        return Likeness::Same;
    }
    match distance(a, b) {
        0 => Likeness::LookAlike,
        1 => Likeness::OneEdit,
        _ if contained(a, b) => Likeness::Part,
        _ => Likeness::Other,
    }
}

/// Whether one is a digit and the other a letter that readers take for it where no format says which it must be. Two letters
/// that look alike are two plates wherever one of them is: `O` and `D`.
fn look_alike(a: char, b: char) -> bool {
    let twins = HARD_TWINS.iter().any(|&(x, y)| (x, y) == (a, b) || (x, y) == (b, a));
    twins && a.is_ascii_digit() != b.is_ascii_digit()
}

/// Characters to insert, delete or replace to make one text of the other (Levenshtein 1966); look-alikes cost nothing.
fn distance(a: &str, b: &str) -> usize {
    let columns: Vec<char> = b.chars().take(TEXT_CHARS_MAX).collect();
    let mut row: Vec<usize> = (0..=columns.len()).collect();
    for (above, x) in a.chars().take(TEXT_CHARS_MAX).enumerate() {
        let (mut diagonal, mut left) = (above, above + 1);
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, &y) in row.iter_mut().skip(1).zip(&columns) {
            let replaced = diagonal + usize::from(x != y && !look_alike(x, y));
            left = replaced.min(*cell + 1).min(left + 1);
            diagonal = std::mem::replace(cell, left);
        }
    }
    row.last().copied().unwrap_or(0)
}

fn contained(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.chars().count() >= PART_CHARS_MIN && long.contains(short)
}
