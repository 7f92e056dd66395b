//! How alike two plates are, for dedup policies.

use crate::confusable::{HARD_TWINS, twin_share};

/// Longest plate that is compared, in characters; what is longer counts as different.
pub const CHARS_MAX: usize = 32;

/// The plate with hard twins folded together (`O`, `Q`, `D` to `0`; `I` to `1`; `Z` to `2`; `S` to `5`; `B` to `8`; `G` to `6`):
/// two plates with one fold may be two reads of one plate.
pub fn fold(plate: &str) -> String {
    let fold = |character: char| {
        let twin = HARD_TWINS.iter().find(|(digit, letter)| *letter == character && digit.is_ascii_digit());
        twin.map_or(character, |&(digit, _)| digit)
    };
    plate.chars().map(fold).collect()
}

/// Whether two plates differ at most by characters that readers take for each other in print.
pub fn is_confusable(a: &str, b: &str) -> bool {
    a == b || fold(a) == fold(b)
}

/// Insertions, deletions and substitutions that turn one plate into the other (Levenshtein); nothing when one has more than
/// [`CHARS_MAX`] characters.
pub fn edit_distance(a: &str, b: &str) -> Option<u32> {
    weighted_distance(a, b, |_, _| 2).map(|halves| halves / 2)
}

/// The same in halves, where a confusable pair counts half a substitution: 0 for equal plates, 1 for `B0AB12` and `BOAB12`, 2
/// for one wrong character.
pub fn confusable_distance_halves(a: &str, b: &str) -> Option<u32> {
    weighted_distance(a, b, |a, b| if twin_share(a, b) > 0.0 { 1 } else { 2 })
}

/// Levenshtein distance in halves with a substitution's own cost.
fn weighted_distance(a: &str, b: &str, substitution: impl Fn(char, char) -> u32) -> Option<u32> {
    if a.chars().nth(CHARS_MAX).is_some() || b.chars().nth(CHARS_MAX).is_some() {
        return None;
    }
    let mut row: Vec<u32> = (0..=b.chars().count() as u32).map(|inserted| 2 * inserted).collect();
    for character in a.chars() {
        let mut diagonal = row.first().copied()?;
        let mut left = diagonal + 2;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (above, other) in row.iter_mut().skip(1).zip(b.chars()) {
            let cost = if character == other { 0 } else { substitution(character, other) };
            left = (diagonal + cost).min(left + 2).min(*above + 2);
            diagonal = *above;
            *above = left;
        }
    }
    row.last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_known_pairs() {
        assert_eq!(edit_distance("BAB1234", "BAB1234"), Some(0));
        assert_eq!(edit_distance("BAB1234", "8AB1234"), Some(1));
        assert_eq!(edit_distance("BAB1234", "BAB123"), Some(1));
        assert_eq!(edit_distance("KITTEN", "SITTING"), Some(3));
        assert_eq!(edit_distance("", "ABC"), Some(3));
        assert_eq!(confusable_distance_halves("B0AB12", "BOAB12"), Some(1));
        assert_eq!(confusable_distance_halves("BXAB12", "BOAB12"), Some(2));
        assert_eq!(edit_distance(&"A".repeat(33), "A"), None);
    }

    #[test]
    fn folded_plates_agree_where_print_does() {
        assert_eq!(fold("BOZ-5Q"), "802-50");
        assert!(is_confusable("BO1234", "80I234"));
        assert!(!is_confusable("BO1234", "CO1234"));
    }
}
