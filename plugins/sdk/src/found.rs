//! The best texts that a search has found so far.

use crate::lattice::PLACES_MAX;
use crate::pack::{Pack, TEXT_CHARS_MAX};

/// Most interpretations of a read. The contract admits 8; those behind the fifth have never a say, and each costs time.
pub(crate) const FOUND_MAX: usize = 5;

/// Most texts of one format: more would hide what other countries make of the read.
pub(crate) const FORMAT_TEXTS_MAX: usize = 2;

/// Interpretations less probable than the best one by this factor (ln 10,000) are left out.
pub(crate) const LOG_RATIO_MAX: f32 = 9.21;

/// What the path says of a place that gives no character.
pub(crate) const SKIPPED: u8 = u8::MAX;

/// One text in one format.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// ln-likelihood and ln-prior together.
    pub score: f32,
    /// The text, 7 bits a symbol behind a leading 1: equal for equal texts.
    pub text: u128,
    /// Index into the pack's formats.
    pub format: u16,
    /// Of the rows with one id, the first: what makes formats distinct.
    pub family: u16,
    /// Index into the pack's variants.
    pub variant: u16,
    /// Characters of the text.
    pub chars: u8,
    /// For each place the symbol that stands there, or [`SKIPPED`].
    pub path: [u8; PLACES_MAX],
    /// Places at the beginning of the read that are the country's band.
    pub band: u8,
    /// What the band costs, ln.
    pub log_band: f32,
}

impl Found {
    /// The symbols of the text.
    pub(crate) fn symbols(&self) -> impl Iterator<Item = u8> {
        self.path.into_iter().filter(|&symbol| symbol != SKIPPED)
    }

    /// The text itself.
    pub(crate) fn text(&self, pack: &Pack) -> String {
        let mut text = String::with_capacity(TEXT_CHARS_MAX);
        for symbol in self.symbols() {
            text.push(pack.character(symbol));
        }
        text
    }
}

/// What a search has found so far.
#[derive(Debug)]
pub(crate) struct Best {
    found: Vec<Found>,
    /// Score of the hypothesis that no format is right.
    log_unknown: f32,
    /// Of the best text.
    score: f32,
    needed: f32,
}

impl Best {
    /// Nothing yet.
    pub(crate) fn new(log_unknown: f32) -> Self {
        let needed = log_unknown - LOG_RATIO_MAX;
        Self { found: Vec::with_capacity(FOUND_MAX), log_unknown, score: f32::NEG_INFINITY, needed }
    }

    /// Least score that any text needs.
    #[inline]
    pub(crate) const fn needed(&self) -> f32 {
        self.needed
    }

    /// Least score that a text of a format needs.
    pub(crate) fn needed_of(&self, family: u16) -> f32 {
        let mut texts = 0;
        let mut least = f32::INFINITY;
        for found in self.found.iter().filter(|found| found.family == family) {
            texts += 1;
            least = least.min(found.score);
        }
        if texts >= FORMAT_TEXTS_MAX { self.needed.max(least) } else { self.needed }
    }

    /// Takes a text in, if it is better than what it replaces.
    pub(crate) fn offer(&mut self, new: &Found) {
        let of_family = |old: &Found| old.family == new.family;
        let same = self.found.iter().position(|old| of_family(old) && old.text == new.text);
        let replaced = if same.is_some() {
            same
        } else if self.found.iter().filter(|old| of_family(old)).count() >= FORMAT_TEXTS_MAX {
            self.worst(of_family)
        } else if self.found.len() >= FOUND_MAX {
            self.worst(|_| true)
        } else {
            self.found.push(*new);
            None
        };
        let replaced = replaced.and_then(|index| self.found.get_mut(index));
        if let Some(old) = replaced.filter(|old| old.score < new.score) {
            *old = *new;
        }
        self.score = self.score.max(new.score);
        self.needed = self.score.max(self.log_unknown) - LOG_RATIO_MAX;
        if self.found.len() >= FOUND_MAX {
            self.needed =
                self.found.iter().map(|found| found.score).fold(f32::INFINITY, f32::min).max(self.needed);
        }
    }

    fn worst(&self, of: impl Fn(&Found) -> bool) -> Option<usize> {
        let among = self.found.iter().enumerate().filter(|(_, old)| of(old));
        among.min_by(|(_, a), (_, b)| a.score.total_cmp(&b.score)).map(|(index, _)| index)
    }

    /// The texts that are in reach of the best one, the best first.
    pub(crate) fn into_found(mut self) -> Vec<Found> {
        let needed = self.score.max(self.log_unknown) - LOG_RATIO_MAX;
        self.found.retain(|found| found.score >= needed);
        self.found.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.found
    }
}
