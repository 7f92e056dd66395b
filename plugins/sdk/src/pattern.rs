//! Reads a pattern (see [`crate::Format`]) into elements. Runs while a pack is compiled: a wrong pattern is a compile error that
//! names the format.
#![expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, where iterators cannot be used: an index out of range is a compile error"
)]

use crate::pack::{SYMBOLS_ASCII, SYMBOLS_MAX};
use crate::table::Country;

/// Most elements of a pattern.
pub(crate) const ELEMENTS_MAX: usize = 24;

/// Digits.
pub(crate) const DIGITS: u128 = (1 << 10) - 1;
/// Letters A-Z.
pub(crate) const LETTERS: u128 = ((1 << SYMBOLS_ASCII) - 1) & !DIGITS;
/// What `Element::codes` says of an element that is no code list.
pub(crate) const NO_CODES: u8 = u8::MAX;

/// The characters of a pack that are neither A-Z nor 0-9, in the order of their symbols.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alphabet {
    /// The first `count` are in use.
    pub others: [char; SYMBOLS_MAX - SYMBOLS_ASCII as usize],
    /// How many there are.
    pub count: usize,
}

impl Alphabet {
    /// Has no other characters.
    pub(crate) const EMPTY: Self = Self { others: ['\0'; SYMBOLS_MAX - SYMBOLS_ASCII as usize], count: 0 };

    /// The symbol of a character, which becomes one of the alphabet's.
    ///
    /// # Panics
    /// When the character can stand on no plate (lower case, punctuation), or the alphabet is full; `place` names who has it.
    pub(crate) const fn symbol(&mut self, character: char, place: &str) -> u8 {
        match character {
            '0'..='9' => return character as u8 - b'0',
            'A'..='Z' => return character as u8 - b'A' + 10,
            _ if character.is_ascii() => refuse(place, "only upper-case letters and digits stand on a plate"),
            _ => {}
        }
        let mut at = 0;
        while at < self.count {
            if self.others[at] == character {
                return SYMBOLS_ASCII + at as u8;
            }
            at += 1;
        }
        if self.count == self.others.len() {
            refuse(place, "the pack uses too many different characters besides A-Z and 0-9");
        }
        self.others[self.count] = character;
        self.count += 1;
        SYMBOLS_ASCII + at as u8
    }
}

/// One part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element {
    /// Bit `s` is set when symbol `s` may stand here; 0 for a code list.
    pub mask: u128,
    /// Index of the country's code list, or [`NO_CODES`].
    pub codes: u8,
    /// May be missing.
    pub optional: bool,
    /// A gap stands before it.
    pub gap: bool,
    /// A seal, sticker or coat of arms stands before it.
    pub mark: bool,
    /// Where in the pattern it begins, in bytes.
    pub at: u8,
}

/// The parts of a pattern.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Elements {
    /// The first `count` are in use.
    pub items: [Element; ELEMENTS_MAX],
    /// How many there are.
    pub count: usize,
}

/// Stops the compilation with what is wrong with whom.
pub(crate) const fn refuse(place: &str, what: &str) -> ! {
    let mut message = [b' '; 400];
    let mut length = 0;
    let parts = [place, ": ", what];
    let mut part = 0;
    while part < parts.len() {
        let bytes = parts[part].as_bytes();
        let mut at = 0;
        while at < bytes.len() && length < message.len() {
            message[length] = bytes[at];
            length += 1;
            at += 1;
        }
        part += 1;
    }
    match core::str::from_utf8(message.split_at(length).0) {
        Ok(message) => panic!("{}", message),
        Err(_) => panic!("a pattern cannot be read"),
    }
}

/// The character at byte `at` of a text, and how many bytes it has.
pub(crate) const fn char_at(text: &str, at: usize) -> (char, usize) {
    let bytes = text.as_bytes();
    let lead = bytes[at] as u32;
    let (mut code, length) = match lead {
        0..0x80 => (lead, 1),
        0x80..0xe0 => (lead & 0x1f, 2),
        0xe0..0xf0 => (lead & 0x0f, 3),
        _ => (lead & 0x07, 4),
    };
    let mut next = 1;
    while next < length {
        code = (code << 6) | (bytes[at + next] as u32 & 0x3f);
        next += 1;
    }
    match char::from_u32(code) {
        Some(character) => (character, length),
        None => panic!("a str is valid UTF-8"),
    }
}

/// Whether `text[from..to]` is `name`.
const fn is_name(text: &str, from: usize, to: usize, name: &str) -> bool {
    let (text, name) = (text.as_bytes(), name.as_bytes());
    if to - from != name.len() {
        return false;
    }
    let mut at = 0;
    while at < name.len() {
        if text[from + at] != name[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Position of `close` in the pattern, from `from` on.
const fn closing(pattern: &str, from: usize, close: u8, place: &str) -> usize {
    let bytes = pattern.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        if bytes[at] == close {
            return at;
        }
        at += 1;
    }
    refuse(place, "a bracket of the pattern is not closed")
}

/// The characters of a set: `text[from..to]`, with ranges such as `A-F` when `ranges` is set.
const fn set(text: &str, from: usize, to: usize, ranges: bool, alphabet: &mut Alphabet, place: &str) -> u128 {
    let mut mask = 0;
    let mut at = from;
    while at < to {
        let (first, length) = char_at(text, at);
        at += length;
        let low = alphabet.symbol(first, place);
        let mut high = low;
        if ranges && at + 1 < to && text.as_bytes()[at] == b'-' {
            let (last, length) = char_at(text, at + 1);
            at += 1 + length;
            high = alphabet.symbol(last, place);
            if high < low || (low < 10) != (high < 10) || high >= SYMBOLS_ASCII {
                refuse(
                    place,
                    "a range of the pattern runs from a letter to a later one, or from a digit to a greater one",
                );
            }
        }
        let mut symbol = low;
        while symbol <= high {
            mask |= 1 << symbol;
            symbol += 1;
        }
    }
    if mask == 0 {
        refuse(place, "a set of characters is empty");
    }
    mask
}

/// The named set of a country.
const fn named_set(
    country: &Country,
    pattern: &str,
    from: usize,
    to: usize,
    alphabet: &mut Alphabet,
    place: &str,
) -> u128 {
    let mut index = 0;
    while index < country.sets.len() {
        let (name, characters) = country.sets[index];
        if is_name(pattern, from, to, name) {
            return set(characters, 0, characters.len(), false, alphabet, place);
        }
        index += 1;
    }
    refuse(place, "the country has no set of the name that stands in <> in the pattern")
}

/// Index of the named code list of a country.
const fn named_codes(country: &Country, pattern: &str, from: usize, to: usize, place: &str) -> u8 {
    let mut index = 0;
    while index < country.codes.len() {
        if is_name(pattern, from, to, country.codes[index].name) {
            return index as u8;
        }
        index += 1;
    }
    refuse(place, "the country has no code list of the name that stands in {} in the pattern")
}

/// Reads the pattern of a format.
///
/// # Panics
/// When it is wrong; the message names the format.
pub(crate) const fn parse(
    country: &Country,
    pattern: &str,
    place: &str,
    alphabet: &mut Alphabet,
) -> Elements {
    let none = Element { mask: 0, codes: NO_CODES, optional: false, gap: false, mark: false, at: 0 };
    let mut elements = Elements { items: [none; ELEMENTS_MAX], count: 0 };
    let bytes = pattern.as_bytes();
    let (mut at, mut gap, mut mark) = (0, false, false);
    while at < bytes.len() {
        let mut element = Element { gap, mark, at: at as u8, ..none };
        let mut end = at + 1;
        match bytes[at] {
            b' ' | b'-' | b'~' => {
                gap = elements.count > 0;
                mark |= bytes[at] == b'~';
                at += 1;
                continue;
            }
            b'?' => {
                if elements.count == 0
                    || elements.items[elements.count - 1].optional
                    || at == 0
                    || bytes[at - 1] == b' '
                    || bytes[at - 1] == b'~'
                {
                    refuse(place, "a ? of the pattern has nothing before it that may be missing");
                }
                elements.items[elements.count - 1].optional = true;
                at += 1;
                continue;
            }
            b'@' => element.mask = LETTERS,
            b'#' => element.mask = DIGITS,
            b'*' => element.mask = LETTERS | DIGITS,
            b'[' => {
                end = closing(pattern, at, b']', place) + 1;
                element.mask = set(pattern, at + 1, end - 1, true, alphabet, place);
            }
            b'<' => {
                end = closing(pattern, at, b'>', place) + 1;
                element.mask = named_set(country, pattern, at + 1, end - 1, alphabet, place);
            }
            b'{' => {
                end = closing(pattern, at, b'}', place) + 1;
                element.codes = named_codes(country, pattern, at + 1, end - 1, place);
            }
            _ => {
                let (character, length) = char_at(pattern, at);
                end = at + length;
                element.mask = 1 << alphabet.symbol(character, place);
            }
        }
        if elements.count == ELEMENTS_MAX {
            refuse(place, "the pattern has more than 24 elements");
        }
        elements.items[elements.count] = element;
        elements.count += 1;
        (at, gap, mark) = (end, false, false);
    }
    if elements.count == 0 || bytes.len() > 250 {
        refuse(place, "the pattern is empty or longer than 250 bytes");
    }
    elements
}

/// What an element of a pattern is called in a rule: the name of a code list or set, `letter`, `digit`, or the characters.
pub(crate) fn element_name(pattern: &str, at: usize) -> &str {
    let rest = pattern.get(at..).unwrap_or_default();
    let inner = |close: char| rest.get(1..rest.find(close).unwrap_or(rest.len())).unwrap_or(rest);
    match rest.chars().next() {
        Some('@') => "letter",
        Some('#') => "digit",
        Some('*') => "letter or digit",
        Some('{') => inner('}'),
        Some('<') => inner('>'),
        Some('[') => inner(']'),
        Some(literal) => rest.get(..literal.len_utf8()).unwrap_or(rest),
        None => "end",
    }
}
