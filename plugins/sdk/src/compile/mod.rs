//! Turns the tables of a pack into constant data while the pack is compiled, so that a call starts with no work: patterns are
//! expanded into variants of fixed length, grouped by shape, and code lists are packed and sorted.
#![expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, where iterators cannot be used: an index out of range is a compile error"
)]

mod codes;
mod variants;

use crate::pack::{Class, FormatRow, NO_SEGMENT, Segment, Shape, TEXT_CHARS_MAX, Variant};
use crate::pattern::Alphabet;
use crate::table::Country;

/// Room while compiling; the finished tables have exactly the size that they need.
const FORMATS_MAX: usize = 1024;
const VARIANTS_MAX: usize = 8192;
const SLOTS_MAX: usize = VARIANTS_MAX * 8;
const SHAPES_MAX: usize = 1024;
const CLASSES_MAX: usize = 256;
const SEGMENTS_MAX: usize = 512;
const CODE_STARTS_MAX: usize = SEGMENTS_MAX * 37;
const CODES_MAX: usize = 16384;
const CODE_SYMBOLS_MAX: usize = CODES_MAX * 4;
/// Most characters of a code.
const CODE_CHARS_MAX: usize = 8;

/// A list that grows up to a fixed size.
#[derive(Clone, Copy)]
pub struct Rows<T: Copy, const N: usize> {
    items: [T; N],
    /// Number of rows.
    pub count: usize,
}

impl<T: Copy, const N: usize> Rows<T, N> {
    const fn new(empty: T) -> Self {
        Self { items: [empty; N], count: 0 }
    }

    const fn push(&mut self, item: T) {
        assert!(self.count < N, "the pack is too large: split it into two plugins");
        self.items[self.count] = item;
        self.count += 1;
    }

    /// The rows alone.
    pub const fn exact<const M: usize>(&self) -> [T; M] {
        assert!(M == self.count);
        let mut exact = [self.items[0]; M];
        let mut at = 0;
        while at < M {
            exact[at] = self.items[at];
            at += 1;
        }
        exact
    }
}

/// A variant before it is sorted into its shape.
#[derive(Clone, Copy)]
struct Draft {
    variant: Variant,
    classes: [u8; TEXT_CHARS_MAX],
    elements: [u8; TEXT_CHARS_MAX],
    chars: u8,
    shape: u16,
}

const DRAFT: Draft = Draft {
    variant: Variant { log_weight: 0.0, country: 0, format: 0, slots_at: 0, gaps: 0, inside: 0, marks: 0 },
    classes: [0; TEXT_CHARS_MAX],
    elements: [0; TEXT_CHARS_MAX],
    chars: 0,
    shape: 0,
};

/// All tables of a pack, with room to spare.
pub struct Tables {
    /// See [`crate::pack::Pack`]; the same names.
    pub formats: Rows<FormatRow, FORMATS_MAX>,
    /// Ordered by length.
    pub shapes: Rows<Shape, SHAPES_MAX>,
    /// First shape of each length.
    pub shapes_at: [u16; TEXT_CHARS_MAX + 2],
    /// Ordered by shape.
    pub variants: Rows<Variant, VARIANTS_MAX>,
    /// Class of each slot.
    pub slots: Rows<u8, SLOTS_MAX>,
    /// Pattern offset of each slot.
    pub elements: Rows<u8, SLOTS_MAX>,
    /// What may stand at a place.
    pub classes: Rows<Class, CLASSES_MAX>,
    /// Code lists by length.
    pub segments: Rows<Segment, SEGMENTS_MAX>,
    /// Packed codes.
    pub code_symbols: Rows<u8, CODE_SYMBOLS_MAX>,
    /// Where the codes of each first symbol begin.
    pub code_starts: Rows<u16, CODE_STARTS_MAX>,
    /// Their rows in the author's list.
    pub code_entries: Rows<u16, CODES_MAX>,
    /// Other characters than A-Z and 0-9.
    pub others: Rows<char, 92>,
    drafts: Rows<Draft, VARIANTS_MAX>,
    alphabet: Alphabet,
}

/// Compiles a pack's tables.
///
/// # Panics
/// While the pack is compiled, with a message that names the format or code list which is wrong.
pub const fn compile(countries: &[Country]) -> Tables {
    let mut tables = Tables {
        formats: Rows::new(FormatRow { log_weight: 0.0, country: 0, index: 0, family: 0 }),
        shapes: Rows::new(Shape {
            kinds: 0,
            variants_at: 0,
            variants: 0,
            log_weight_max: 0.0,
            chars: 0,
            marks: 0,
        }),
        shapes_at: [0; TEXT_CHARS_MAX + 2],
        variants: Rows::new(DRAFT.variant),
        slots: Rows::new(0),
        elements: Rows::new(0),
        classes: Rows::new(Class { mask: [0; 2], segment: NO_SEGMENT, depth: 0 }),
        segments: Rows::new(Segment {
            symbols_at: 0,
            entries_at: 0,
            count: 0,
            chars: 0,
            country: 0,
            list: 0,
            starts_at: 0,
        }),
        code_symbols: Rows::new(0),
        code_starts: Rows::new(0),
        code_entries: Rows::new(0),
        others: Rows::new('\0'),
        drafts: Rows::new(DRAFT),
        alphabet: Alphabet::EMPTY,
    };
    let mut country = 0;
    while country < countries.len() {
        let mut list = 0;
        while list < countries[country].codes.len() {
            tables.add_codes(&countries[country].codes[list], country as u8, list as u8);
            list += 1;
        }
        let mut format = 0;
        while format < countries[country].formats.len() {
            tables.add_format(&countries[country], country as u8, format);
            format += 1;
        }
        country += 1;
    }
    tables.group();
    let mut other = 0;
    while other < tables.alphabet.count {
        tables.others.push(tables.alphabet.others[other]);
        other += 1;
    }
    tables
}

/// ln(share) of each country.
pub const fn log_shares<const N: usize>(countries: &[Country]) -> [f32; N] {
    let mut logs = [0.0; N];
    let mut at = 0;
    while at < N {
        logs[at] = ln(countries[at].share as f64) as f32;
        at += 1;
    }
    logs
}

/// Natural logarithm of a positive number, exact to 1e-9: the exponent, and atanh's series for the mantissa.
pub const fn ln(x: f64) -> f64 {
    if x <= 0.0 {
        return -1e9;
    }
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mut mantissa = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    if mantissa > core::f64::consts::SQRT_2 {
        mantissa /= 2.0;
        exponent += 1;
    }
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let (mut power, mut series, mut term) = (ratio, 0.0, 0);
    while term < 14 {
        series += power / (2 * term + 1) as f64;
        power *= ratio * ratio;
        term += 1;
    }
    2.0 * series + exponent as f64 * core::f64::consts::LN_2
}

/// Compiles tables into a [`crate::pack::Pack`]: `compiled_pack!(static PACK: COUNTRIES)`.
#[doc(hidden)]
#[macro_export]
macro_rules! compiled_pack {
    ($visibility:vis static $name:ident: $countries:expr) => {
        $visibility static $name: $crate::pack::Pack = {
            #[allow(long_running_const_eval, reason = "the tables are compiled here, so that no call has to")]
            const TABLES: &$crate::compile::Tables = &$crate::compile::compile($countries);
            $crate::pack::Pack {
                countries: $countries,
                log_shares: { static ROWS: [f32; $countries.len()] = $crate::compile::log_shares($countries); &ROWS },
                formats: { static ROWS: [$crate::pack::FormatRow; TABLES.formats.count] = TABLES.formats.exact(); &ROWS },
                shapes: { static ROWS: [$crate::pack::Shape; TABLES.shapes.count] = TABLES.shapes.exact(); &ROWS },
                shapes_at: { static ROWS: [u16; $crate::pack::TEXT_CHARS_MAX + 2] = TABLES.shapes_at; &ROWS },
                variants: { static ROWS: [$crate::pack::Variant; TABLES.variants.count] = TABLES.variants.exact(); &ROWS },
                slots: { static ROWS: [u8; TABLES.slots.count] = TABLES.slots.exact(); &ROWS },
                elements: { static ROWS: [u8; TABLES.elements.count] = TABLES.elements.exact(); &ROWS },
                classes: { static ROWS: [$crate::pack::Class; TABLES.classes.count] = TABLES.classes.exact(); &ROWS },
                segments: { static ROWS: [$crate::pack::Segment; TABLES.segments.count] = TABLES.segments.exact(); &ROWS },
                code_symbols: { static ROWS: [u8; TABLES.code_symbols.count] = TABLES.code_symbols.exact(); &ROWS },
                code_starts: { static ROWS: [u16; TABLES.code_starts.count] = TABLES.code_starts.exact(); &ROWS },
                code_entries: { static ROWS: [u16; TABLES.code_entries.count] = TABLES.code_entries.exact(); &ROWS },
                others: { static ROWS: [char; TABLES.others.count] = TABLES.others.exact(); &ROWS },
            }
        };
    };
}
