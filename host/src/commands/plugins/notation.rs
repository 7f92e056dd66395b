//! A read as people write it down, the same as in the test vectors of a pack.
//!
//! `B-AB 1234` is read as it stands; `[B8]` is B, less likely 8; `(I)` is an I that may not be there at all. Blanks and
//! dashes are separators that were read.

use ovr_domain::hook::{Lattice, POSITIONS_MAX};
use ovr_domain::read::{ALTERNATIVES_MAX, Alternative, Position};
use ovr_domain::{CameraId, SiteId};

/// Probability of a plain character.
const PLAIN: f32 = 0.96;

/// Probabilities of alternatives, in their order; together 0.97.
const ALTERNATIVES: [f32; ALTERNATIVES_MAX] = [0.6, 0.3, 0.04, 0.01, 0.005, 0.005, 0.005, 0.005];

/// Probability that a character in round brackets is not there.
const ABSENT: f32 = 0.4;

/// What the notation says; the error says what is wrong with it and what would be right.
pub(super) fn parse(text: &str) -> Result<Lattice, String> {
    let fail = |problem: &str| {
        let expected = "expected such as \"B[O0]-AB (I)123\": characters, [alternatives], (perhaps)";
        format!("{text:?} is no read: {problem}; {expected}")
    };
    let mut positions = Vec::new();
    let mut chars = text.chars();
    while let Some(first) = chars.next() {
        let position = if first == '(' {
            let inner = chars.next().ok_or_else(|| fail("( is not closed"))?;
            let position = position(inner, &mut chars).map_err(|problem| fail(&problem))?;
            if chars.next() != Some(')') {
                return Err(fail("( holds one character or one [ ] and is closed by )"));
            }
            perhaps(position)
        } else {
            position(first, &mut chars).map_err(|problem| fail(&problem))?
        };
        positions.push(position);
    }
    if positions.is_empty() || positions.len() > POSITIONS_MAX {
        return Err(fail(&format!("it has {} characters, not 1 to {POSITIONS_MAX}", positions.len())));
    }
    Ok(Lattice {
        positions,
        confidence: PLAIN,
        quality: None,
        width_px: None,
        site: SiteId::default(),
        camera: CameraId::numbered("camera", 1),
    })
}

fn position(first: char, rest: &mut std::str::Chars<'_>) -> Result<Position, String> {
    match first {
        '[' => {
            let inner: Vec<char> = rest.take_while(|c| *c != ']').collect();
            if inner.is_empty() || inner.len() > ALTERNATIVES_MAX {
                return Err(format!("[ ] holds 1 to {ALTERNATIVES_MAX} characters"));
            }
            let alternatives = inner.iter().zip(ALTERNATIVES).map(|(c, p)| alternative(*c, p));
            Ok(Position { alternatives: alternatives.collect::<Result<_, _>>()?, absent: 0.0 })
        }
        plain => Ok(Position { alternatives: vec![alternative(plain, PLAIN)?], absent: 0.0 }),
    }
}

fn alternative(character: char, probability: f32) -> Result<Alternative, String> {
    if !character.is_alphanumeric() && !matches!(character, ' ' | '-' | '·' | '.') {
        return Err(format!("{character:?} stands on no plate"));
    }
    let upper = character.to_uppercase().next().unwrap_or(character);
    Ok(Alternative { character: upper, probability })
}

fn perhaps(mut position: Position) -> Position {
    for alternative in &mut position.alternatives {
        alternative.probability *= 1.0 - ABSENT;
    }
    Position { absent: ABSENT, ..position }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_and_perhaps_become_probabilities_that_add_up() {
        let read = parse("b[O0]-(I)([8B])3").unwrap();
        assert_eq!(read.observed(), "BO-I83");
        let second: Vec<_> =
            read.positions[1].alternatives.iter().map(|a| (a.character, a.probability)).collect();
        assert_eq!(second, [('O', 0.6), ('0', 0.3)]);
        assert!((read.positions[3].absent - 0.4).abs() < 1e-6);
        for position in &read.positions {
            let sum: f32 = position.alternatives.iter().map(|a| a.probability).sum();
            assert!(sum + position.absent <= 1.0, "{position:?}");
        }
        assert_eq!(parse("[ABCDEFGH]").unwrap().positions[0].alternatives.len(), 8);
    }

    #[test]
    fn what_is_no_read_is_said_in_one_line() {
        for (text, problem) in [
            ("", "it has 0 characters"),
            ("A[", "[ ] holds 1 to 8 characters"),
            ("A[]", "[ ] holds"),
            ("[ABCDEFGHI]", "[ ] holds"),
            ("(A", "( holds one character"),
            ("(AB)", "( holds one character"),
            ("(", "( is not closed"),
            ("A$B", "'$' stands on no plate"),
            ("A\nB", "stands on no plate"),
            (&"A".repeat(33), "it has 33 characters"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(problem), "{error}");
            assert_eq!(error.lines().count(), 1);
        }
    }
}
