//! Characters that readers see although they are no part of the registration: the country's sign on the band at the left,
//! and the seal, sticker or coat of arms between two groups.
//!
//! Both are left out by a rule of their own, at a price that says how often readers fall for them, and not at that of any
//! character that is left out.

use crate::lattice::Lattice;
use crate::pack::{Pack, Variant};

/// ln of the share of plates whose band is read as the first characters: 1 in 50. It counts once for the whole sign, which a band
/// cannot but show, so no letter of it is a coincidence.
const LOG_BAND: f32 = -3.912_023;

/// ln of the share of plates whose seal is read as a character, 3 in 100, times the share of the character that was read
/// among those that seals are taken for: half of them are one of eleven round ones.
/// Without this second factor every KO-AX 59 would be taken for K-AX 59, since there are 36 times fewer of the shorter texts.
const LOG_SEAL_ROUND: f32 = -6.597_6;

/// The same for one of the other 25 characters.
const LOG_SEAL_OTHER: f32 = -7.418_6;

/// A letter of a sign is at most this much less probable than what was read (ln 20): a band is no twin of a twin.
const LOG_LISTED: f32 = 2.995_732;

/// What a disc looks most like.
const ROUND: &[char] = &['O', '0', 'Q', 'D', 'C', 'G', 'U', '8', 'B', '6', '9'];

/// Distinguishing signs (Convention on Road Traffic, Vienna 1968, annex 3; the list of the United Nations' treaty collection) that
/// stand at the left of the country's plates, by ISO 3166-1 alpha-2. Countries whose plates carry none, or one at
/// the right as in Russia, are left out.
const SIGNS: &[(&str, &str)] = &[
    ("AL", "AL"),
    ("AT", "A"),
    ("BA", "BIH"),
    ("BE", "B"),
    ("BG", "BG"),
    ("BR", "BR"),
    ("BY", "BY"),
    ("CY", "CY"),
    ("CZ", "CZ"),
    ("DE", "D"),
    ("DK", "DK"),
    ("EE", "EST"),
    ("ES", "E"),
    ("FI", "FIN"),
    ("FR", "F"),
    ("GB", "GB"),
    ("GB", "UK"),
    ("GR", "GR"),
    ("HR", "HR"),
    ("HU", "H"),
    ("IE", "IRL"),
    ("IM", "GBM"),
    ("IS", "IS"),
    ("IT", "I"),
    ("JE", "GBJ"),
    ("LT", "LT"),
    ("LU", "L"),
    ("LV", "LV"),
    ("MC", "MC"),
    ("MD", "MD"),
    ("ME", "MNE"),
    ("MK", "MK"),
    ("MK", "NMK"),
    ("MT", "M"),
    ("NL", "NL"),
    ("NO", "N"),
    ("PL", "PL"),
    ("PT", "P"),
    ("RO", "RO"),
    ("RS", "SRB"),
    ("SE", "S"),
    ("SI", "SLO"),
    ("SK", "SK"),
    ("TR", "TR"),
    ("UA", "UA"),
    ("XK", "RKS"),
];

/// A band that the read may begin with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Band {
    /// Index of the country in the pack.
    pub country: usize,
    /// How many places it takes, with those between its letters that are empty.
    pub places: usize,
    /// What the places cost together.
    pub score: f32,
}

/// The bands of the pack's countries that a read may begin with.
pub(crate) fn bands<'a>(pack: &'a Pack, lattice: &'a Lattice) -> impl Iterator<Item = Band> + 'a {
    SIGNS.iter().filter_map(|(code, sign)| {
        let (places, score) = spelled(pack, lattice, sign)?;
        let country = pack.countries.iter().position(|country| country.code == *code)?;
        Some(Band { country, places, score })
    })
}

/// How many places of the read spell a sign, and what they cost.
#[inline(never)]
fn spelled(pack: &Pack, lattice: &Lattice, sign: &str) -> Option<(usize, f32)> {
    let mut letters = sign.chars().peekable();
    let (mut places, mut seen, mut absent, mut empty) = (0, LOG_BAND, 0.0, 0.0);
    for place in &lattice.places {
        if place.is_present {
            let Some(letter) = letters.next() else { break };
            let symbol = pack.symbol(letter)?;
            let candidates = lattice.candidates_of(place);
            let candidate = candidates.iter().find(|candidate| candidate.symbol == symbol)?;
            if candidate.log < place.best[2] - LOG_LISTED {
                return None;
            }
            seen += candidate.log;
            absent += place.log_absent;
        } else if letters.peek().is_some() {
            empty += place.log_absent;
        } else {
            break;
        }
        places += 1;
    }
    // Where the reader itself doubts that anything stands there, its doubt may be worth more.
    letters.next().is_none().then_some((places, empty + seen.max(absent)))
}

/// ln of the share of plates whose seal is read as this character.
pub(crate) fn log_seal(read: char) -> f32 {
    if ROUND.contains(&read) { LOG_SEAL_ROUND } else { LOG_SEAL_OTHER }
}

/// Whether a mark stands before a character of a variant.
#[inline]
pub(crate) const fn is_mark(variant: &Variant, slot: usize) -> bool {
    (variant.marks >> (slot & 15)) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_sorted_and_of_one_to_three_letters() {
        assert!(SIGNS.is_sorted());
        for (code, sign) in SIGNS {
            assert!(code.len() == 2 && (1..=3).contains(&sign.len()), "{code} {sign}");
        }
    }

    #[test]
    fn seals_are_taken_for_every_character_with_a_probability_of_three_in_a_hundred() {
        let all: f32 = ('A'..='Z').chain('0'..='9').map(|read| log_seal(read).exp()).sum();
        assert!((all - 0.03).abs() < 1e-4, "{all}");
    }
}
