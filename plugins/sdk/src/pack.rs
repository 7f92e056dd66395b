//! The compiled form of a pack: what [`crate::compile`] makes of the tables while the pack is compiled, and what
//! [`crate::search`] reads. All of it is constant data, laid out so that a call touches few pages of memory.

use crate::table::{Codes, Country, Format};

/// Most characters of a text.
pub const TEXT_CHARS_MAX: usize = 16;

/// Symbols 0 to 9 are the digits, 10 to 35 the letters, the following ones the pack's other characters.
pub const SYMBOLS_ASCII: u8 = 36;

/// Most symbols of a pack.
pub const SYMBOLS_MAX: usize = 128;

/// What `Class::segment` says of a class that belongs to no code.
pub const NO_SEGMENT: u16 = u16::MAX;

/// What may stand at one place of a text.
#[derive(Debug, Clone, Copy)]
pub struct Class {
    /// Bit `s` is set when symbol `s` may stand here.
    pub mask: [u64; 2],
    /// The segment that a code is taken from, or [`NO_SEGMENT`].
    pub segment: u16,
    /// Which character of the code this is, from 0.
    pub depth: u8,
}

impl Class {
    /// Whether a symbol may stand here.
    #[inline]
    pub const fn admits(&self, symbol: u8) -> bool {
        let word = if symbol < 64 { self.mask[0] } else { self.mask[1] };
        (word >> (symbol & 63)) & 1 == 1
    }
}

/// The codes of one list that have one length, sorted by symbols.
#[derive(Debug, Clone, Copy)]
pub struct Segment {
    /// Index of the first code's first symbol in [`Pack::code_symbols`].
    pub symbols_at: u32,
    /// Index of the first code in [`Pack::code_entries`].
    pub entries_at: u16,
    /// Number of codes.
    pub count: u16,
    /// Symbols of a code.
    pub chars: u8,
    /// Index of the country in the pack.
    pub country: u8,
    /// Index of the list in the country.
    pub list: u8,
    /// Index of this segment's row in [`Pack::code_starts`].
    pub starts_at: u16,
}

/// A pattern with all its optional parts decided: a class for each character.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// Of the format; here too, because the search asks every variant for it.
    pub log_weight: f32,
    /// Index of the country in the pack.
    pub country: u8,
    /// Index into [`Pack::formats`].
    pub format: u16,
    /// Index of the first class in [`Pack::slots`].
    pub slots_at: u16,
    /// Bit `j` is set when the pattern has a gap before character `j`.
    pub gaps: u16,
    /// Bit `j` is set when character `j` continues a code.
    pub inside: u16,
    /// Bit `j` is set when a seal, sticker or coat of arms stands before character `j`.
    pub marks: u16,
}

/// All variants whose characters are letters and digits at the same places.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Two bits a character, the first one lowest: 0 only digits, 1 no digits, 2 both.
    pub kinds: u32,
    /// Index of the first variant.
    pub variants_at: u16,
    /// Number of variants.
    pub variants: u16,
    /// The greatest `log_weight` of the formats.
    pub log_weight_max: f32,
    /// Characters of the text.
    pub chars: u8,
    /// Where one of the variants has a mark.
    pub marks: u16,
}

/// A format within the pack.
#[derive(Debug, Clone, Copy)]
pub struct FormatRow {
    /// ln(weight / number of texts that the pattern admits).
    pub log_weight: f32,
    /// Index of the country in the pack.
    pub country: u8,
    /// Index of the format in the country.
    pub index: u16,
    /// The pack's first row with the same id: several rows may describe one format.
    pub family: u16,
}

/// A compiled pack.
#[derive(Debug, Clone, Copy)]
pub struct Pack {
    /// As the author wrote them.
    pub countries: &'static [Country],
    /// ln(share) of each country.
    pub log_shares: &'static [f32],
    /// The formats of all countries.
    pub formats: &'static [FormatRow],
    /// Ordered by length.
    pub shapes: &'static [Shape],
    /// First shape of each length; those of length `n` end where those of length `n + 1` begin.
    pub shapes_at: &'static [u16; TEXT_CHARS_MAX + 2],
    /// Ordered by shape.
    pub variants: &'static [Variant],
    /// Indices into `classes`.
    pub slots: &'static [u8],
    /// For each slot, where in the format's pattern its element begins.
    pub elements: &'static [u8],
    /// What may stand at a place.
    pub classes: &'static [Class],
    /// Code lists by length.
    pub segments: &'static [Segment],
    /// The codes' symbols.
    pub code_symbols: &'static [u8],
    /// For each segment and each first symbol up to [`SYMBOLS_ASCII`], the first code that begins with it or a later one.
    pub code_starts: &'static [u16],
    /// For each code, its index in the author's list.
    pub code_entries: &'static [u16],
    /// The characters of the symbols from [`SYMBOLS_ASCII`] on.
    pub others: &'static [char],
}

impl Pack {
    /// The symbol of an upper-case character; nothing when no pattern of the pack has it.
    #[inline]
    pub fn symbol(&self, character: char) -> Option<u8> {
        match character {
            '0'..='9' => Some(character as u8 - b'0'),
            'A'..='Z' => Some(character as u8 - b'A' + 10),
            _ if character.is_ascii() => None,
            _ => {
                let index = self.others.iter().position(|&other| other == character)?;
                Some(SYMBOLS_ASCII + index as u8)
            }
        }
    }

    /// The character of a symbol.
    #[inline]
    pub fn character(&self, symbol: u8) -> char {
        match symbol {
            0..=9 => char::from(b'0' + symbol),
            10..=35 => char::from(b'A' + symbol - 10),
            _ => self.others.get(usize::from(symbol - SYMBOLS_ASCII)).copied().unwrap_or('?'),
        }
    }

    /// The author's row of a format.
    pub fn format(&self, row: &FormatRow) -> Option<(&'static Country, &'static Format)> {
        let country = self.countries.get(usize::from(row.country))?;
        Some((country, country.formats.get(usize::from(row.index))?))
    }

    /// The author's list of a segment.
    pub fn codes(&self, segment: &Segment) -> Option<&'static Codes> {
        self.countries.get(usize::from(segment.country))?.codes.get(usize::from(segment.list))
    }

    /// Shapes of texts with so many characters.
    pub fn shapes_of(&self, chars: usize) -> core::ops::Range<usize> {
        match (self.shapes_at.get(chars), self.shapes_at.get(chars + 1)) {
            (Some(&from), Some(&to)) => usize::from(from)..usize::from(to),
            _ => 0..0,
        }
    }

    /// The classes of a variant with so many characters.
    #[inline]
    pub fn classes_of(&self, variant: &Variant, chars: usize) -> &'static [u8] {
        let at = usize::from(variant.slots_at);
        self.slots.get(at..at + chars).unwrap_or(&[])
    }

    /// Of the codes `from..to` of a segment, those whose character `depth` is `symbol`; `from..to` share all before it.
    #[inline]
    pub fn narrow(&self, segment: &Segment, from: u16, to: u16, depth: u8, symbol: u8) -> (u16, u16) {
        if depth == 0 && symbol < SYMBOLS_ASCII {
            let start = usize::from(segment.starts_at) + usize::from(symbol);
            return match self.code_starts.get(start..start + 2) {
                Some(&[from, to]) => (from, to),
                _ => (0, 0),
            };
        }
        let chars = usize::from(segment.chars);
        let at = segment.symbols_at as usize + usize::from(depth);
        let symbol_of =
            |code: u16| self.code_symbols.get(at + usize::from(code) * chars).copied().unwrap_or(0);
        let first = |mut low: u16, mut high: u16, least: u8| {
            while low < high {
                let middle = u16::midpoint(low, high);
                if symbol_of(middle) < least {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            low
        };
        let low = first(from, to, symbol);
        (low, first(low, to, symbol + 1))
    }
}
