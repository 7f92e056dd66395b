//! Packs code lists: the codes of one length stand together, sorted by symbols.
#![expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, where iterators cannot be used: an index out of range is a compile error"
)]

use super::{CODE_CHARS_MAX, Tables};
use crate::pack::{SYMBOLS_ASCII, Segment};
use crate::pattern::{Alphabet, char_at, refuse};
use crate::table::Codes;

/// The symbols of a code, and how many there are.
const fn code_symbols(code: &str, alphabet: &mut Alphabet, place: &str) -> ([u8; CODE_CHARS_MAX], usize) {
    let mut symbols = [0; CODE_CHARS_MAX];
    let (mut count, mut at) = (0, 0);
    while at < code.len() {
        let (character, length) = char_at(code, at);
        if count == CODE_CHARS_MAX {
            refuse(place, "a code has more than 8 characters");
        }
        symbols[count] = alphabet.symbol(character, place);
        count += 1;
        at += length;
    }
    if count == 0 {
        refuse(place, "a code is empty");
    }
    (symbols, count)
}

impl Tables {
    /// Packs the codes of each length of a list into a segment.
    pub(super) const fn add_codes(&mut self, codes: &Codes, country: u8, list: u8) {
        let mut present = [false; CODE_CHARS_MAX + 1];
        let mut entry = 0;
        while entry < codes.list.len() {
            let (_, chars) = code_symbols(codes.list[entry].0, &mut self.alphabet, codes.name);
            present[chars] = true;
            entry += 1;
        }
        let mut chars = 1;
        while chars <= CODE_CHARS_MAX {
            if present[chars] {
                self.add_segment(codes, country, list, chars);
            }
            chars += 1;
        }
    }

    const fn add_segment(&mut self, codes: &Codes, country: u8, list: u8, chars: usize) {
        let symbols_at = self.code_symbols.count;
        let entries_at = self.code_entries.count;
        let mut entry = 0;
        while entry < codes.list.len() {
            let (symbols, length) = code_symbols(codes.list[entry].0, &mut self.alphabet, codes.name);
            if length == chars {
                self.insert_code(symbols_at, entries_at, symbols, chars, entry as u16);
            }
            entry += 1;
        }
        let count = (self.code_entries.count - entries_at) as u16;
        let (symbols_at, entries_at) = (symbols_at as u32, entries_at as u16);
        let starts_at = self.code_starts.count as u16;
        let (mut symbol, mut code) = (0, 0);
        while symbol <= SYMBOLS_ASCII {
            while code < count
                && self.code_symbols.items[symbols_at as usize + code as usize * chars] < symbol
            {
                code += 1;
            }
            self.code_starts.push(code);
            symbol += 1;
        }
        self.segments.push(Segment {
            symbols_at,
            entries_at,
            count,
            chars: chars as u8,
            country,
            list,
            starts_at,
        });
    }

    /// Inserts a code where it belongs; the list is nearly always sorted already, so this is at the end.
    const fn insert_code(
        &mut self,
        symbols_at: usize,
        entries_at: usize,
        symbols: [u8; CODE_CHARS_MAX],
        chars: usize,
        entry: u16,
    ) {
        let mut at = self.code_entries.count - entries_at;
        self.code_entries.push(entry);
        let mut next = 0;
        while next < chars {
            self.code_symbols.push(symbols[next]);
            next += 1;
        }
        while at > 0 && self.is_less(symbols, chars, symbols_at + (at - 1) * chars) {
            self.code_entries.items[entries_at + at] = self.code_entries.items[entries_at + at - 1];
            let mut next = 0;
            while next < chars {
                let target = symbols_at + at * chars + next;
                self.code_symbols.items[target] = self.code_symbols.items[target - chars];
                next += 1;
            }
            at -= 1;
        }
        self.code_entries.items[entries_at + at] = entry;
        let mut next = 0;
        while next < chars {
            self.code_symbols.items[symbols_at + at * chars + next] = symbols[next];
            next += 1;
        }
    }

    const fn is_less(&self, symbols: [u8; CODE_CHARS_MAX], chars: usize, other_at: usize) -> bool {
        let mut at = 0;
        while at < chars {
            if symbols[at] != self.code_symbols.items[other_at + at] {
                return symbols[at] < self.code_symbols.items[other_at + at];
            }
            at += 1;
        }
        false
    }

    /// Segment of a country's list with so many characters.
    pub(super) const fn segment(&self, country: u8, list: u8, chars: u8) -> Option<usize> {
        let mut at = 0;
        while at < self.segments.count {
            let segment = &self.segments.items[at];
            if segment.country == country && segment.list == list && segment.chars == chars {
                return Some(at);
            }
            at += 1;
        }
        None
    }

    /// Which symbols stand at place `depth` of a segment's codes.
    pub(super) const fn segment_mask(&self, segment: usize, depth: u8) -> u128 {
        let segment = &self.segments.items[segment];
        let (mut mask, mut code) = (0, 0);
        while code < segment.count as usize {
            mask |= 1
                << self.code_symbols.items
                    [segment.symbols_at as usize + code * segment.chars as usize + depth as usize];
            code += 1;
        }
        mask
    }
}
