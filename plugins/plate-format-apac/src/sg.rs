//! Singapore.
//!
//! Source: Road Traffic (Motor Vehicles, Registration and Licensing) Rules and the Land Transport
//! Authority's description of vehicle registration numbers: a prefix, a number without leading zeros and a
//! check letter. The check letter is the sum of the prefix's last two letters (A = 1 to Z = 26) and the
//! number's four digits, weighted 9, 4, 5, 4, 3, 2, modulo 19.

use ovr_plugin_sdk::{Country, Format, Series};

/// Check letters of the remainders 0 to 18.
const CHECK_LETTERS: &[u8; 19] = b"AZYXUTSRPMLKJHGEDCB";

/// Weights of the prefix's last two letters.
const PREFIX_WEIGHTS: [u32; 2] = [9, 4];

/// Weights of the four digits.
const NUMBER_WEIGHTS: [u32; 4] = [5, 4, 3, 2];

/// See the module.
pub(crate) const COUNTRY: Country = Country {
    code: "SG",
    share: 0.001,
    sets: &[("letter", "ABCDEFGHJKLMNPQRSTUVWXYZ"), ("check", "ABCDEGHJKLMPRSTUXYZ")],
    codes: &[],
    formats: &[
        Format::new("sg-car", "S[A-GJ-NP-Z]<letter> [1-9]#?#?#? <check>", 0.62).issued(check_letter_is_right),
        Format::new("sg-car-old", "E<letter>? [1-9]#?#?#? <check>", 0.01).issued(check_letter_is_right),
        Format::new("sg-taxi", "SH<letter> [1-9]#?#?#? <check>", 0.03)
            .series(Series::Taxi)
            .issued(check_letter_is_right),
        Format::new("sg-goods", "[GXY]<letter> [1-9]#?#?#? <check>", 0.06).issued(check_letter_is_right),
        Format::new("sg-goods-light", "GB<letter> [1-9]#?#?#? <check>", 0.10).issued(check_letter_is_right),
        Format::new("sg-bus", "P[A-DHZ] [1-9]#?#?#? <check>", 0.02).issued(check_letter_is_right),
        Format::new("sg-motorcycle", "F<letter><letter>? [1-9]#?#?#? <check>", 0.14)
            .series(Series::Motorcycle)
            .issued(check_letter_is_right),
        Format::new("sg-diplomatic", "S [1-9]#?#?#? C[CD]", 0.001).series(Series::Diplomatic),
        Format::new("sg-military", "MID [1-9]####?", 0.003).series(Series::Military),
    ],
};

/// Whether the last letter is the check letter of what stands before it.
fn check_letter_is_right(text: &str) -> bool {
    let digits_at = text.find(|character: char| character.is_ascii_digit()).unwrap_or(text.len());
    let (prefix, rest) = text.split_at(digits_at);
    let Some((number, check)) = rest.split_at_checked(rest.len().saturating_sub(1)) else { return false };
    if number.is_empty() || number.len() > NUMBER_WEIGHTS.len() {
        return false;
    }
    let rank = |letter: u8| u32::from(letter.saturating_sub(b'A')) + 1;
    let letters =
        prefix.bytes().rev().zip(PREFIX_WEIGHTS.iter().rev()).map(|(letter, weight)| rank(letter) * weight);
    let digits = number
        .bytes()
        .rev()
        .zip(NUMBER_WEIGHTS.iter().rev())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight);
    let remainder = (letters.sum::<u32>() + digits.sum::<u32>()) % 19;
    check.bytes().next() == CHECK_LETTERS.get(remainder as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::check_letter_is_right;

    #[test]
    fn published_examples_have_the_right_check_letter() {
        for right in ["SBA1234G", "SBS3229P", "E23H"] {
            assert!(check_letter_is_right(right), "{right}");
        }
        for wrong in ["SBA1234H", "SBA1235G", "SBA", "1", ""] {
            assert!(!check_letter_is_right(wrong), "{wrong}");
        }
    }
}
