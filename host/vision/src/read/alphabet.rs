//! From a reader's classes to the 36 symbols of plates.
//!
//! A general text reader knows thousands of characters; a plate has A-Z and 0-9. Every class is folded onto the symbol
//! that it looks like (case, accents, full-width forms, Cyrillic and Greek twins); what looks like none is *other* and
//! counts as no character. Which of two twins a general reader says (0 or O, 1 or I) it guesses from the words it was
//! trained on, so part of its probability is lent to the twin, for the rules of the plate's country to decide. A reader of
//! plates is calibrated, and what it says stands.

use ovr_domain::port::InferenceError;

/// No character, and the 36 symbols after it.
pub(crate) const SYMBOLS: usize = 37;

/// The symbols, in the order of their indices from 1 on.
const LETTERS: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Probabilities (or their logarithms) of no character and of each symbol.
pub(crate) type Row = [f32; SYMBOLS];

/// Log-probability of what cannot be.
pub(crate) const NEVER: f32 = -1e30;

/// Smallest probability of a symbol at a step or in a slot: no single one may rule a text out.
pub(crate) const FLOOR: f32 = 1e-5;

/// Index of a symbol, 1 to 36; 0 is no character.
pub(crate) type Symbol = u8;

/// Characters that look like a symbol, and the symbol.
const LOOKALIKES: [(&str, char); 40] = [
    ("ÀÁÂÃÄÅĀĂĄàáâãäåāăąАаΑα", 'A'),
    ("ВвΒ", 'B'),
    ("ÇĆČçćčСсС", 'C'),
    ("ĎĐÐďđ", 'D'),
    ("ÈÉÊËĒĖĘĚèéêëēėęěЕеΕЁё", 'E'),
    ("ĜĞĠĢĝğġģ", 'G'),
    ("ĤĦНнΗ", 'H'),
    ("ÌÍÎÏĪĮİìíîïīįıІіΙ", 'I'),
    ("ĴĵЈј", 'J'),
    ("ĶķКкΚκ", 'K'),
    ("ĹĻĽŁĺļľł", 'L'),
    ("МмΜ", 'M'),
    ("ÑŃŅŇñńņňΝ", 'N'),
    ("ÒÓÔÕÖØŌŐòóôõöøōőОоΟο", 'O'),
    ("РрΡρ", 'P'),
    ("ŔŖŘŕŗř", 'R'),
    ("ŚŜŞŠśŝşšЅѕ", 'S'),
    ("ŢŤţťТтΤτ", 'T'),
    ("ÙÚÛÜŪŮŰŲùúûüūůűų", 'U'),
    ("Ŵŵ", 'W'),
    ("ХхΧχ", 'X'),
    ("ÝŶŸýÿУуΥ", 'Y'),
    ("ŹŻŽźżžΖ", 'Z'),
    ("¹①", '1'),
    ("²②", '2'),
    ("³③", '3'),
    ("⁴④", '4'),
    ("⁵⑤", '5'),
    ("⁶⑥", '6'),
    ("⁷⑦", '7'),
    ("⁸⑧", '8'),
    ("⁹⑨", '9'),
    ("⁰", '0'),
    ("ª", 'A'),
    ("º", 'O'),
    ("Ⅰ", 'I'),
    ("Ⅴ", 'V'),
    ("Ⅹ", 'X'),
    ("ℓ", 'L'),
    ("№", 'N'),
];

/// Symbols that readers take for each other, and the share of one's probability that is lent to the other.
const TWINS: [(char, char, f32); 13] = [
    ('O', '0', 0.15),
    ('I', '1', 0.15),
    ('D', '0', 0.02),
    ('Q', '0', 0.03),
    ('O', 'Q', 0.03),
    ('O', 'D', 0.02),
    ('Z', '2', 0.04),
    ('S', '5', 0.04),
    ('B', '8', 0.04),
    ('G', '6', 0.04),
    ('A', '4', 0.02),
    ('T', '7', 0.01),
    ('L', '1', 0.02),
];

/// The symbol of an upper-case letter or a digit.
pub(crate) fn symbol(character: char) -> Option<Symbol> {
    LETTERS.iter().position(|&letter| char::from(letter) == character).map(|at| at as Symbol + 1)
}

/// The character of a symbol; a blank for no character.
pub(crate) fn character(symbol: Symbol) -> char {
    let at = usize::from(symbol).checked_sub(1);
    at.and_then(|at| LETTERS.get(at)).map_or(' ', |&letter| char::from(letter))
}

/// Text of several symbols.
pub(crate) fn text(symbols: &[Symbol]) -> String {
    symbols.iter().map(|&symbol| character(symbol)).collect()
}

/// The symbol that a character looks like.
pub(crate) fn fold(character: char) -> Option<Symbol> {
    let code = u32::from(character);
    // Full-width forms follow ASCII at a fixed distance.
    let narrow = if (0xFF01..=0xFF5E).contains(&code) { char::from_u32(code - 0xFEE0)? } else { character };
    let twin = || LOOKALIKES.iter().find(|(looks, _)| looks.contains(narrow)).map(|&(_, like)| like);
    symbol(narrow.to_ascii_uppercase()).or_else(|| symbol(twin()?))
}

/// Symbols that a symbol is taken for.
pub(crate) fn twins(of: Symbol) -> impl Iterator<Item = Symbol> {
    TWINS.iter().filter_map(move |&(a, b, _)| {
        let (a, b) = (symbol(a)?, symbol(b)?);
        if a == of { Some(b) } else { (b == of).then_some(a) }
    })
}

/// What each class of a reader stands for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Alphabet {
    characters: Vec<Option<char>>,
    symbols: Vec<Option<Symbol>>,
    /// Whether the reader is a general one, whose probabilities are shared with twins.
    lends: bool,
}

impl Alphabet {
    /// From the characters of the classes, in their order; `None` is the class that means no character.
    pub(crate) fn new(characters: Vec<Option<char>>) -> Self {
        let symbols = characters.iter().map(|character| character.map_or(Some(0), fold)).collect();
        Self { characters, symbols, lends: false }
    }

    /// The same for a general reader: part of a symbol's probability goes to its twins.
    pub(crate) fn lending(mut self) -> Self {
        self.lends = true;
        self
    }

    /// PP-OCR's `character` metadata: one character a line, the CTC blank before them and the space after them.
    pub(crate) fn from_lines(lines: &str) -> Self {
        let named = lines.split('\n').map(|line| line.trim_end_matches('\r').chars().next());
        // A line that holds nothing is kept as a class that is no symbol, so that the rest stays in step.
        let named = named.map(|first| Some(first.unwrap_or(' ')));
        Self::new(std::iter::once(None).chain(named).chain([Some(' ')]).collect())
    }

    /// The same without its last class.
    pub(crate) fn without_last(&self) -> Self {
        let kept = self.characters.len().saturating_sub(1);
        Self::new(self.characters.iter().copied().take(kept).collect())
    }

    /// Number of classes.
    pub(crate) fn len(&self) -> usize {
        self.characters.len()
    }

    /// Checks that a model's output has this many classes.
    pub(crate) fn check(&self, model: &str, classes: usize) -> Result<(), InferenceError> {
        if classes == self.len() {
            return Ok(());
        }
        Err(InferenceError::Layout {
            model: model.to_owned(),
            reason: format!("its output has {classes} classes and its metadata names {}", self.len()),
        })
    }

    /// Folds the probabilities of all classes onto the symbols; of a general reader, twins get their part. Values that are not
    /// numbers or negative count as 0; a row without any probability is taken as no character. The result adds up to 1.
    pub(crate) fn fold_row(&self, probabilities: &[f32]) -> Row {
        let mut row = [0.0; SYMBOLS];
        for (&probability, symbol) in probabilities.iter().zip(&self.symbols) {
            if probability > 0.0
                && let Some(slot) = row.get_mut(usize::from(symbol.unwrap_or(0)))
            {
                *slot += probability.min(1.0);
            }
        }
        normalise(&mut row);
        if self.lends {
            lend(&mut row);
        }
        row
    }
}

fn normalise(row: &mut Row) {
    let sum: f32 = row.iter().sum();
    if sum > 0.0 {
        for value in row.iter_mut() {
            *value /= sum;
        }
    } else if let Some(blank) = row.first_mut() {
        *blank = 1.0;
    }
}

fn lend(row: &mut Row) {
    let before = *row;
    for (a, b, share) in TWINS {
        let (Some(a), Some(b)) = (symbol(a).map(usize::from), symbol(b).map(usize::from)) else {
            continue;
        };
        let (Some(&of_a), Some(&of_b)) = (before.get(a), before.get(b)) else {
            continue;
        };
        let moved = share * (of_a - of_b);
        if let Some(slot) = row.get_mut(a) {
            *slot -= moved;
        }
        if let Some(slot) = row.get_mut(b) {
            *slot += moved;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_fold_onto_what_they_look_like() {
        for (character, like) in
            [('a', 'A'), ('Ä', 'A'), ('О', 'O'), ('７', '7'), ('ｂ', 'B'), ('Ş', 'S'), ('0', '0')]
        {
            assert_eq!(fold(character).map(super::character), Some(like), "{character}");
        }
        for other in ['京', '-', '·', ' ', '金'] {
            assert_eq!(fold(other), None, "{other}");
        }
    }

    #[test]
    fn the_character_list_has_a_blank_before_and_a_space_behind() {
        let alphabet = Alphabet::from_lines("-\nA\n京\n7");
        assert_eq!(alphabet.len(), 6);
        assert_eq!(alphabet.characters, [None, Some('-'), Some('A'), Some('京'), Some('7'), Some(' ')]);
        assert!(alphabet.check("m", 6).is_ok());
        assert!(alphabet.check("m", 7).unwrap_err().to_string().contains("7 classes"));
    }

    #[test]
    fn other_characters_count_as_none_and_twins_share_when_the_reader_is_a_general_one() {
        let alphabet = Alphabet::from_lines("O\n京\n7");
        let own = alphabet.fold_row(&[0.1, 0.6, 0.2, 0.0, 0.1]);
        assert!((own[usize::from(symbol('O').unwrap())] - 0.6).abs() < 1e-6);
        let alphabet = alphabet.lending();
        let row = alphabet.fold_row(&[0.1, 0.6, 0.2, 0.0, 0.1]);
        assert!((row[0] - 0.4).abs() < 1e-6);
        let at = |c| row[usize::from(symbol(c).unwrap())];
        assert!((at('O') - 0.6 * 0.8).abs() < 1e-6);
        assert!((at('0') - 0.6 * 0.15).abs() < 1e-6);
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }

    #[test]
    fn broken_rows_are_no_character() {
        let alphabet = Alphabet::from_lines("A");
        for row in [[f32::NAN; 3], [-1.0; 3], [0.0; 3]] {
            let folded = alphabet.fold_row(&row);
            assert!((folded[0] - 1.0).abs() < 1e-6);
        }
        assert!(alphabet.fold_row(&[f32::INFINITY, 0.0, 0.0]).iter().all(|p| p.is_finite()));
    }

    #[test]
    fn twins_are_mutual() {
        let of = |c| -> String { twins(symbol(c).unwrap()).map(character).collect() };
        assert_eq!(of('8'), "B");
        assert_eq!(of('B'), "8");
        assert_eq!(of('O'), "0QD");
        assert_eq!(of('W'), "");
    }
}
