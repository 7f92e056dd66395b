//! A read as the search wants it: for each place the symbols that may stand there with their log-likelihoods.

use crate::bindings::plate_format::ovr::alpr::types::Position;
use crate::bounds::{LOG_DROPPED, greater};
use crate::confusable::{ABSENCE_FLOOR, HARD_TWIN_SHARE, HARD_TWINS, SOFT_TWIN_SHARE, SOFT_TWINS};
use crate::extra::log_seal;
use crate::pack::Pack;

/// Most places that are searched; a read with more characters is no plate.
pub(crate) const PLACES_MAX: usize = 24;

/// Least probability of a listed character.
const PROBABILITY_MIN: f32 = 1e-6;

/// Most candidates of a place: 8 listed ones and their twins.
const CANDIDATES_MAX: usize = 24;

/// What a candidate loses for each better one of its place: enough to order equals, too little to change anything else.
const LOG_RANK: f32 = 1e-4;

/// Most twins of a character.
const TWINS_MAX: usize = 8;

/// A symbol that may stand at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Candidate {
    /// See [`Pack::symbol`].
    pub symbol: u8,
    /// ln(probability).
    pub log: f32,
}

/// A place that holds a letter or digit, or may hold one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Index into the read's positions.
    pub position: u8,
    /// Index of its first candidate.
    pub candidates_at: u16,
    /// Number of candidates.
    pub candidates: u8,
    /// A character stands here, more likely than not; to leave it out is a correction. Otherwise to use it is one.
    pub is_present: bool,
    /// ln(probability that no character stands here).
    pub log_absent: f32,
    /// ln of the price of leaving it out where a seal may stand: not less than that of leaving out any character.
    pub log_sealed: f32,
    /// Separators were read between the last place and this one.
    pub gap: bool,
    /// Which symbols are candidates.
    pub mask: [u64; 2],
    /// ln-likelihood of the best digit, the best other symbol, and the best of both; the last is minus infinity, so that a
    /// shape's kind past its end admits nothing.
    pub best: [f32; 4],
    /// The character that was read.
    pub read: char,
}

/// All places of a read.
#[derive(Debug, Clone)]
pub(crate) struct Lattice {
    /// From left to right.
    pub places: Vec<Place>,
    /// The candidates of all places, those of each place the most probable first.
    pub candidates: Vec<Candidate>,
    /// Places where a character stands, more likely than not.
    pub present: usize,
    /// ln-likelihood of the text as it was read.
    pub log_read: f32,
}

/// The twins of the letters and digits with ln(share): made while the SDK is compiled.
static TWINS: [[Candidate; TWINS_MAX]; 36] = twins();

const NO_TWIN: Candidate = Candidate { symbol: u8::MAX, log: 0.0 };

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler: an index out of range is a compile error"
)]
const fn twins() -> [[Candidate; TWINS_MAX]; 36] {
    const fn symbol(character: char) -> usize {
        if character.is_ascii_digit() {
            character as usize - '0' as usize
        } else {
            character as usize - 'A' as usize + 10
        }
    }
    const fn add(row: &mut [Candidate; TWINS_MAX], symbol: usize, share: f32) {
        let mut at = 0;
        while row[at].symbol != u8::MAX {
            at += 1;
        }
        row[at] = Candidate { symbol: symbol as u8, log: crate::compile::ln(share as f64) as f32 };
    }
    let mut table = [[NO_TWIN; TWINS_MAX]; 36];
    let lists = [(HARD_TWINS, HARD_TWIN_SHARE), (SOFT_TWINS, SOFT_TWIN_SHARE)];
    let mut list = 0;
    while list < lists.len() {
        let (pairs, share) = lists[list];
        let mut pair = 0;
        while pair < pairs.len() {
            let (a, b) = (symbol(pairs[pair].0), symbol(pairs[pair].1));
            add(&mut table[a], b, share);
            add(&mut table[b], a, share);
            pair += 1;
        }
        list += 1;
    }
    table
}

/// Whether a character counts as text; all others separate.
pub(crate) fn is_text(character: char) -> bool {
    character.is_ascii_alphanumeric() || (!character.is_ascii() && character.is_alphanumeric())
}

/// ln of a probability, exact to 1e-6, in a fraction of the time of the library's: a call takes dozens. What is no probability
/// (NaN, negative) counts as the least one.
pub(crate) fn log(probability: f32) -> f32 {
    let known = if probability > PROBABILITY_MIN { probability.min(1.0) } else { PROBABILITY_MIN };
    let bits = known.to_bits();
    let mut exponent = (bits >> 23) as i32 - 127;
    let mut mantissa = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000);
    if mantissa > core::f32::consts::SQRT_2 {
        mantissa /= 2.0;
        exponent += 1;
    }
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let series = ratio * (1.0 + square * (1.0 / 3.0 + square * (0.2 + square / 7.0)));
    2.0 * series + exponent as f32 * core::f32::consts::LN_2
}

impl Lattice {
    /// Reads the positions. Nothing when there are more places than any plate has.
    pub(crate) fn new(pack: &Pack, positions: &[Position]) -> Option<Self> {
        let mut lattice = Self {
            places: Vec::with_capacity(positions.len().min(PLACES_MAX)),
            candidates: Vec::with_capacity(positions.len() * 10),
            present: 0,
            log_read: 0.0,
        };
        let mut gap = false;
        for (index, position) in positions.iter().enumerate() {
            let Some(best) = position.alternatives.first() else { continue };
            let is_separator = !is_text(best.character);
            let is_present = !is_separator && position.absent <= 0.5;
            // Where a separator was read, the text has no character, unless an alternative says so.
            let separators = position.alternatives.iter().filter(|other| !is_text(other.character));
            let empty = position.absent + separators.map(|other| other.probability).sum::<f32>();
            let log_absent = log(empty.max(ABSENCE_FLOOR));
            gap |= is_separator && position.absent <= 0.5;
            lattice.log_read += if is_present { log(best.probability) } else { log_absent };
            let mut place = Place {
                position: index as u8,
                candidates_at: lattice.candidates.len() as u16,
                candidates: 0,
                is_present,
                log_absent,
                log_sealed: greater(log_seal(best.character), log_absent + LOG_DROPPED),
                gap,
                mask: [0; 2],
                best: [f32::NEG_INFINITY; 4],
                read: best.character,
            };
            let row = Row::new(pack, position);
            row.describe(&mut place);
            if place.candidates == 0 && !is_present {
                continue;
            }
            if lattice.places.len() == PLACES_MAX {
                return None;
            }
            lattice.candidates.extend_from_slice(row.candidates());
            lattice.present += usize::from(is_present);
            lattice.places.push(place);
            gap = false;
        }
        Some(lattice)
    }

    /// The read without its first places.
    pub(crate) fn without(&self, places: usize) -> Self {
        let rest = self.places.get(places..).unwrap_or(&[]).to_vec();
        let present = rest.iter().filter(|place| place.is_present).count();
        Self { places: rest, candidates: self.candidates.clone(), present, log_read: self.log_read }
    }

    /// The candidates of a place.
    #[inline]
    pub(crate) fn candidates_of(&self, place: &Place) -> &[Candidate] {
        let at = usize::from(place.candidates_at);
        self.candidates.get(at..at + usize::from(place.candidates)).unwrap_or(&[])
    }
}

/// The candidates of one position, the most probable first.
struct Row {
    candidates: [Candidate; CANDIDATES_MAX],
    count: usize,
}

impl Row {
    /// The listed characters of a position and, with a share of their probability, twins that are not listed.
    fn new(pack: &Pack, position: &Position) -> Self {
        let mut row = Self { candidates: [NO_TWIN; CANDIDATES_MAX], count: 0 };
        let mut listed = 0_u128;
        // The characters of a reader that is sure of "nothing here" are raised together until their sum is the floor.
        let present: f32 = position.alternatives.iter().map(|alternative| alternative.probability).sum();
        let raised =
            if present > 0.0 && present < ABSENCE_FLOOR { log(ABSENCE_FLOOR) - log(present) } else { 0.0 };
        for alternative in position.alternatives.iter().take(8) {
            if let Some(symbol) =
                pack.symbol(alternative.character).filter(|symbol| (listed >> symbol) & 1 == 0)
            {
                listed |= 1 << symbol;
                row.insert(Candidate { symbol, log: log(alternative.probability) + raised });
            }
        }
        let sources = row.candidates;
        let mut twins = 0_u128;
        for source in sources.iter().take(row.count) {
            let of_source = TWINS.get(usize::from(source.symbol)).map_or(&[][..], |row| &row[..]);
            for twin in of_source.iter().take_while(|twin| twin.symbol != u8::MAX) {
                let bit = 1 << twin.symbol;
                if listed & bit == 0 {
                    let candidate = Candidate { symbol: twin.symbol, log: source.log + twin.log };
                    if twins & bit == 0 || row.remove_less(candidate) {
                        row.insert(candidate);
                    }
                    twins |= bit;
                }
            }
        }
        // Of two equally likely twins the one that the table names first is tried first.
        for (index, candidate) in row.candidates.iter_mut().enumerate() {
            candidate.log -= index as f32 * LOG_RANK;
        }
        row
    }

    fn candidates(&self) -> &[Candidate] {
        self.candidates.get(..self.count).unwrap_or(&[])
    }

    /// Puts a candidate behind all that are at least as probable; the least probable one falls out of a full row.
    fn insert(&mut self, new: Candidate) {
        self.count = (self.count + 1).min(CANDIDATES_MAX);
        let mut moving = new;
        let mut is_placed = false;
        for candidate in self.candidates.iter_mut().take(self.count) {
            if is_placed || candidate.symbol == NO_TWIN.symbol || candidate.log < moving.log {
                core::mem::swap(candidate, &mut moving);
                is_placed = true;
            }
        }
    }

    /// Takes out a candidate with the same symbol that is less probable; tells whether there was one.
    fn remove_less(&mut self, than: Candidate) -> bool {
        let is_less = |known: &Candidate| known.symbol == than.symbol && known.log < than.log;
        let Some(at) = self.candidates().iter().position(is_less) else { return false };
        if let Some(behind) = self.candidates.get_mut(at..) {
            behind.rotate_left(1);
        }
        self.count -= 1;
        if let Some(last) = self.candidates.get_mut(self.count) {
            *last = NO_TWIN;
        }
        true
    }

    /// Fills in what a place says of its candidates.
    fn describe(&self, place: &mut Place) {
        place.candidates = self.count as u8;
        for candidate in self.candidates() {
            let kind = usize::from(candidate.symbol >= 10);
            if let Some(word) = place.mask.get_mut(usize::from(candidate.symbol >> 6)) {
                *word |= 1 << (candidate.symbol & 63);
            }
            for best in [kind, 2] {
                if let Some(best) = place.best.get_mut(best) {
                    *best = greater(*best, candidate.log);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_exact_enough() {
        for step in 1..=10_000_u16 {
            let probability = f32::from(step) / 10_000.0;
            assert!((log(probability) - probability.ln()).abs() < 2e-6, "{probability}");
        }
        assert!(log(f32::NAN).is_finite() && log(-1.0).is_finite() && log(2.0).abs() < 1e-6);
    }
}
