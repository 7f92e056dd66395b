//! Shapes of plates in use, as a weak prior over texts.
//!
//! Whether a round character is an O or a zero the pixels often cannot say; that `AA00AAA` is a British plate and
//! `AA0A0A` one of Missouri can. A known shape is worth up to two natural logarithms over an unknown one: enough to decide
//! between twins, not enough to overrule what is clearly seen. Country rules proper are plugins' work; this table only knows
//! published formats, and a text of any other shape is read as it stands.

use super::alphabet::{Symbol, character, is_separator};

/// How strongly the table's weights count.
const STRENGTH: f32 = 1.6;

/// What it costs to be letters alone: few plates are, and readers take digits among letters for their twins.
const WORD: f32 = 0.4;

/// What a letter that a country does not use costs, in natural logarithms.
const UNUSED_LETTER: f32 = 6.0;

/// `A` a letter, `0` a digit; how much more likely than an unknown shape, in natural logarithms before [`STRENGTH`].
const SHAPES: [(&str, f32); 59] = [
    ("AAA0000", 2.2),
    ("AAA000", 2.0),
    ("AA00AAA", 2.0),
    ("0AAA000", 2.0),
    ("AA000AA", 2.0),
    ("AA00AA0000", 2.0),
    ("AA0A0A", 1.8),
    ("AAA0A00", 1.5),
    ("A000AAA", 1.5),
    ("AAA000A", 1.5),
    ("000AAA", 1.5),
    ("AA00A0000", 1.5),
    ("AA0000AA", 1.3),
    ("AA00000", 1.2),
    ("AA0000", 1.2),
    ("AA0A0000", 1.2),
    ("AA000", 1.2),
    ("00A00000", 1.2),
    ("0000000", 1.2),
    ("000000", 1.2),
    ("AAAA00", 1.2),
    ("00000000", 1.2),
    ("000000000", 0.5),
    ("AA000AAA", 1.0),
    ("0A00000", 1.0),
    ("A000000", 1.0),
    ("AA000000", 1.0),
    ("AAAA000", 1.0),
    ("00AA00", 0.8),
    ("00A0000", 0.8),
    ("00AA000", 0.8),
    ("00AA0000", 0.8),
    ("00AAA000", 0.8),
    ("AAA00", 0.8),
    ("00AAAA", 0.8),
    ("00AAA0", 0.7),
    ("0AAA00", 0.7),
    ("A00AAA", 0.7),
    ("AAA00A", 0.7),
    ("00000A0", 0.6),
    ("00000", 0.5),
    ("000A00000", 0.5),
    ("00AAA00", 0.5),
    ("0000AAA", 0.5),
    ("0000AA", 0.5),
    ("AA000A", 0.5),
    ("A00000", 0.5),
    ("AAAA0000", 0.5),
    ("AAA0000A", 0.5),
    ("AAAA00A", 0.4),
    ("AA0000A", 0.4),
    ("0AA000", 0.4),
    ("A0AAA", 0.4),
    ("0AA0000", 0.3),
    ("AA00AAAA", 0.3),
    ("AA00AA", 0.3),
    ("A000AA", 0.3),
    ("A0000", 0.3),
    ("A0000AA", 0.2),
];

/// Weight of the shape of a text, when it is known.
fn weight(text: &[Symbol]) -> Option<f32> {
    let of = |&symbol: &Symbol| {
        if character(symbol).is_ascii_digit() { '0' } else { 'A' }
    };
    let is_it = |shape: &str| shape.len() == text.len() && shape.chars().eq(text.iter().map(of));
    SHAPES.iter().find(|(shape, _)| is_it(shape)).map(|&(_, weight)| weight)
}

/// At least five letters and nothing else.
fn is_word(text: &[Symbol]) -> bool {
    text.len() >= 5 && text.iter().all(|&symbol| character(symbol).is_ascii_alphabetic())
}

/// Whether plates of this shape are in use.
pub(crate) fn is_known(text: &[Symbol]) -> bool {
    weight(text).is_some()
}

/// What is known of the country before the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nothing.
    Anywhere,
    /// A Chinese province stands before the text: any letters and digits may follow, but neither I nor O (GA 36-2018).
    China,
}

impl Origin {
    /// From what was read before folding.
    pub(crate) fn of(raw: &str) -> Self {
        let first = raw.chars().find(|&character| !is_separator(character));
        if first.is_some_and(is_ideograph) { Self::China } else { Self::Anywhere }
    }
}

fn is_ideograph(character: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&character)
}

/// Log-odds of a text's shape against an unknown one.
pub(crate) fn prior(text: &[Symbol], origin: Origin) -> f32 {
    match origin {
        Origin::Anywhere => STRENGTH * weight(text).unwrap_or(if is_word(text) { -WORD } else { 0.0 }),
        Origin::China => {
            let unused = text.iter().filter(|&&symbol| matches!(character(symbol), 'I' | 'O')).count();
            -UNUSED_LETTER * unused as f32
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::alphabet::symbol;
    use super::*;

    fn symbols(text: &str) -> Vec<Symbol> {
        text.chars().filter_map(symbol).collect()
    }

    #[test]
    fn shapes_are_told_from_texts() {
        assert!(is_known(&symbols("LS15EBC")));
        assert!(is_known(&symbols("34A36837")));
        assert!(!is_known(&symbols("CLEARWAY")));
        assert!(!is_known(&[]));
        assert!((prior(&symbols("LS15EBC"), Origin::Anywhere) - 3.2).abs() < 1e-6);
        assert!(prior(&symbols("X"), Origin::Anywhere).abs() < 1e-6);
        assert!(prior(&symbols("CLEARWAY"), Origin::Anywhere) < 0.0);
    }

    #[test]
    fn a_province_rules_out_i_and_o_and_every_shape() {
        assert_eq!(Origin::of("皖A·B113D"), Origin::China);
        assert_eq!(Origin::of("·A-B113D 京"), Origin::Anywhere);
        assert!(prior(&symbols("AB1I3D"), Origin::China) < prior(&symbols("AB113D"), Origin::China) - 5.0);
        assert!(prior(&symbols("ABC1234"), Origin::China).abs() < 1e-6);
    }

    #[test]
    fn no_shape_is_listed_twice_or_outweighs_what_is_seen() {
        let mut names: Vec<&str> = SHAPES.iter().map(|(shape, _)| *shape).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SHAPES.len());
        // The floor of one step is ln(1e-5) = -11.5: a shape never makes up for a character that nobody saw.
        assert!(SHAPES.iter().all(|(_, weight)| weight * STRENGTH < 4.0));
    }
}
