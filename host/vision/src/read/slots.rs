//! Fixed-slot readers: one distribution a slot, texts aligned to the left, empty slots after them.

use super::alphabet::{FLOOR, NEVER, Row, Symbol};

/// Slot log-probabilities of one crop, the empty slot first.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Slots(Vec<Row>);

impl Slots {
    /// From slot probabilities that add up to 1.
    pub(crate) fn new(probabilities: Vec<Row>) -> Self {
        let mut rows = probabilities;
        for value in rows.iter_mut().flatten() {
            *value = if *value > FLOOR { *value } else { FLOOR }.ln();
        }
        Self(rows)
    }

    fn at(&self, slot: usize, symbol: Symbol) -> f32 {
        self.0.get(slot).and_then(|row| row.get(usize::from(symbol))).copied().unwrap_or(NEVER)
    }

    /// Log-probability of a text: its symbols in the first slots, the others empty.
    pub(crate) fn score(&self, label: &[Symbol]) -> f32 {
        if label.len() > self.0.len() {
            return NEVER;
        }
        let padded = label.iter().copied().chain(std::iter::repeat(0));
        (0..self.0.len()).zip(padded).map(|(slot, symbol)| self.at(slot, symbol)).sum()
    }

    /// The most probable text and those that differ from it in one slot, the best first, at most `count`.
    pub(crate) fn texts(&self, count: usize) -> Vec<Vec<Symbol>> {
        let ranked: Vec<Vec<Symbol>> = self.0.iter().map(ranked).collect();
        let pick = |other: Option<usize>| -> Vec<Symbol> {
            let of =
                |(slot, list): (usize, &Vec<Symbol>)| list.get(usize::from(other == Some(slot))).copied();
            ranked.iter().enumerate().filter_map(of).filter(|&symbol| symbol != 0).collect()
        };
        let mut texts: Vec<Vec<Symbol>> =
            std::iter::once(None).chain((0..ranked.len()).map(Some)).map(pick).collect();
        texts.sort_by(|a, b| self.score(b).total_cmp(&self.score(a)));
        texts.dedup();
        texts.truncate(count);
        texts
    }

    /// Symbols with at least probability `min` in a slot.
    pub(crate) fn near(&self, slot: usize, min: f32) -> Vec<Symbol> {
        let row = self.0.get(slot).into_iter().flatten().enumerate().skip(1);
        row.filter(|(_, log)| **log >= min.ln()).map(|(symbol, _)| symbol as Symbol).collect()
    }
}

/// The symbols of a slot, the most probable first.
fn ranked(row: &Row) -> Vec<Symbol> {
    let mut symbols: Vec<(Symbol, f32)> =
        row.iter().enumerate().map(|(at, &log)| (at as Symbol, log)).collect();
    symbols.sort_by(|a, b| b.1.total_cmp(&a.1));
    symbols.into_iter().map(|(symbol, _)| symbol).collect()
}

#[cfg(test)]
mod tests {
    use super::super::alphabet::SYMBOLS;
    use super::*;

    fn slots(rows: &[[f32; 3]]) -> Slots {
        let row = |r: &[f32; 3]| {
            let mut row = [0.0; SYMBOLS];
            row[..3].copy_from_slice(r);
            row
        };
        Slots::new(rows.iter().map(row).collect())
    }

    #[test]
    fn scores_multiply_the_slots_and_the_empty_ones_behind() {
        let slots = slots(&[[0.1, 0.9, 0.0], [0.2, 0.3, 0.5], [0.8, 0.1, 0.1]]);
        assert!((slots.score(&[1, 2]).exp() - 0.9 * 0.5 * 0.8).abs() < 1e-4);
        assert!((slots.score(&[1]).exp() - 0.9 * 0.2 * 0.8).abs() < 1e-4);
        assert!(slots.score(&[1, 1, 1, 1]) <= NEVER);
        assert_eq!(slots.texts(2), [vec![1, 2], vec![1, 1]]);
        assert_eq!(slots.near(1, 0.25), [1, 2]);
    }

    #[test]
    fn broken_slots_do_not_panic() {
        let broken = slots(&[[f32::NAN; 3], [0.0, 1.0, 0.0]]);
        assert!(broken.score(&[1, 1]).is_finite());
        assert!(!broken.texts(3).is_empty());
        assert_eq!(Slots::default().texts(3), [Vec::<Symbol>::new()]);
    }
}
