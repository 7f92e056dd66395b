//! How far two plate texts are apart.

/// Cost of a character too many or too few; costs are counted in halves so that a confusion can cost half an edit.
const EDIT: usize = 2;

/// Longest text compared, in characters: it bounds the cost of a comparison.
const TEXT_CHARS_MAX: usize = 32;

/// Shortest text that counts as a part of a longer one: one or two characters lie in almost any plate.
const PART_CHARS_MIN: usize = 3;

/// Characters that look alike on a plate, a group a string.
const CONFUSABLE: [&str; 6] = ["0ODQ", "1I", "2Z", "5S", "8B", "6G"];

/// Whether two different characters look alike on a plate.
pub(crate) fn confusable(a: char, b: char) -> bool {
    a != b && CONFUSABLE.iter().any(|group| group.contains(a) && group.contains(b))
}

/// Levenshtein distance with costs in halves. With `free_ends`, characters of `long` before and after the match
/// cost nothing (Sellers 1980, "The theory and computation of evolutionary distances").
fn cost(short: &[char], long: &[char], free_ends: bool, substitute: impl Fn(char, char) -> usize) -> usize {
    let skip = if free_ends { 0 } else { EDIT };
    let mut row: Vec<usize> = (0..=long.len()).map(|i| i * skip).collect();
    for (i, &x) in short.iter().enumerate() {
        let (mut diagonal, mut left) = (i * EDIT, (i + 1) * EDIT);
        if let Some(first) = row.first_mut() {
            diagonal = std::mem::replace(first, left);
        }
        for (cell, &y) in row.iter_mut().skip(1).zip(long) {
            let best = (diagonal + substitute(x, y)).min(*cell + EDIT).min(left + EDIT);
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
    }
    let end = if free_ends { row.iter().min() } else { row.last() };
    end.copied().unwrap_or(0)
}

fn plain(x: char, y: char) -> usize {
    if x == y { 0 } else { EDIT }
}

fn by_looks(x: char, y: char) -> usize {
    match (x == y, confusable(x, y)) {
        (true, _) => 0,
        (false, true) => EDIT / 2,
        (false, false) => EDIT,
    }
}

fn letters(text: &str) -> Vec<char> {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

/// Characters to insert, delete or replace to make one text of the other (Levenshtein 1966).
pub(crate) fn edit_distance(a: &str, b: &str) -> usize {
    cost(&letters(a), &letters(b), false, plain) / EDIT
}

/// Whether one text is a part of the other, and long enough to mean something.
pub(crate) fn contained(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.chars().count() >= PART_CHARS_MIN && long.contains(short)
}

/// How alike two normalised texts are, 0 to 1. Confusable characters cost half, and a text that is a part of the
/// other, as a half-hidden plate gives it, counts by its own length.
pub(crate) fn similarity(a: &str, b: &str) -> f32 {
    let (a, b) = (letters(a), letters(b));
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.is_empty() || short.is_empty() {
        return 0.0;
    }
    let share = |cost: usize, length: usize| 1.0 - cost as f32 / (EDIT * length) as f32;
    let whole = share(cost(&short, &long, false, by_looks), long.len());
    let is_part =
        short.len() >= PART_CHARS_MIN && short.len() < long.len() && short.len() * 5 >= long.len() * 2;
    let part = if is_part { share(cost(&short, &long, true, by_looks), short.len()) } else { 0.0 };
    whole.max(part).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn distances_of_known_pairs() {
        for (a, b, distance) in
            [("kitten", "sitting", 3), ("", "abc", 3), ("AB123", "AB123", 0), ("AB123", "B123", 1)]
        {
            assert_eq!(edit_distance(a, b), distance, "{a} {b}");
        }
    }

    #[test]
    fn a_part_and_a_confusion_are_alike_and_another_plate_is_not() {
        assert!(similarity("LS15EBC", "LS15E") > 0.99);
        assert!(similarity("LS15EBC", "L515E8C") > 0.8);
        assert!(similarity("34A36837", "89C20339") < 0.5);
        assert!(similarity("ABC1234", "XYZ9876") < 0.3);
        assert!(similarity("1", "ABC1234") < 0.5);
        assert!(contained("15EB", "LS15EBC") && !contained("LS", "LS15EBC"));
    }

    proptest! {
        #[test]
        fn similarity_is_symmetric_and_between_zero_and_one(a in "[A-Z0-9]{0,40}", b in "[A-Z0-9äö沪]{0,40}") {
            let forth = similarity(&a, &b);
            prop_assert!((0.0..=1.0).contains(&forth));
            prop_assert!((forth - similarity(&b, &a)).abs() < 1e-6);
            prop_assert_eq!(edit_distance(&a, &b), edit_distance(&b, &a));
        }
    }
}
