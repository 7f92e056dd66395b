//! Connectionist temporal classification (Graves et al. 2006): what a sequence of step probabilities says of texts.
//!
//! At each step the network gives probabilities of a blank and of each symbol. A path collapses to a text when repeats are
//! merged and blanks dropped; the probability of a text is the sum over its paths.

mod beam;

use super::alphabet::{FLOOR, NEVER, Row, Symbol};

/// Probability of the blank from which a step shows nothing but that repeats are apart. The floor of the symbols leaves the
/// blank no more than 0.9996.
const NOTHING_MIN: f32 = 0.999;

/// `ln(e^a + e^b)` without overflow.
pub(crate) fn log_add(a: f32, b: f32) -> f32 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    if low <= NEVER { high } else { high + (low - high).exp().ln_1p() }
}

/// Step log-probabilities of one crop, blank first.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Steps(Vec<Row>);

impl Steps {
    /// From step probabilities that add up to 1.
    pub(crate) fn new(probabilities: Vec<Row>) -> Self {
        let mut rows = probabilities;
        for row in &mut rows {
            for value in row.iter_mut() {
                // Not `max`, which would be right for NaN too but hide that it is meant.
                *value = if *value > FLOOR { *value } else { FLOOR };
            }
            let sum: f32 = row.iter().sum();
            for value in row.iter_mut() {
                *value = (*value / sum).ln();
            }
        }
        Self(merged(rows))
    }

    /// Log-probability of a symbol at a step.
    fn at(&self, step: usize, symbol: Symbol) -> f32 {
        self.0.get(step).and_then(|row| row.get(usize::from(symbol))).copied().unwrap_or(NEVER)
    }

    /// Log-probability of a text: the forward variable of Graves et al., equations 5 to 8.
    pub(crate) fn score(&self, label: &[Symbol]) -> f32 {
        let states = extended(label);
        let mut alpha = vec![NEVER; states.len()];
        let mut next = alpha.clone();
        for step in 0..self.0.len() {
            for (s, &symbol) in states.iter().enumerate() {
                let before = |back: usize| {
                    let from = s.checked_sub(back);
                    from.and_then(|from| alpha.get(from)).copied().unwrap_or(NEVER)
                };
                let mut sum =
                    if step == 0 { if s < 2 { 0.0 } else { NEVER } } else { log_add(before(0), before(1)) };
                let skips = symbol != 0 && s >= 2 && states.get(s - 2) != Some(&symbol);
                if step > 0 && skips {
                    sum = log_add(sum, before(2));
                }
                if let Some(slot) = next.get_mut(s) {
                    *slot = (sum + self.at(step, symbol)).max(NEVER);
                }
            }
            std::mem::swap(&mut alpha, &mut next);
        }
        let last = |back: usize| alpha.len().checked_sub(back).and_then(|at| alpha.get(at)).copied();
        log_add(last(1).unwrap_or(NEVER), last(2).unwrap_or(NEVER))
    }

    /// For each symbol of a text the step where it most probably stands (the best single path, Viterbi).
    pub(crate) fn align(&self, label: &[Symbol]) -> Vec<usize> {
        let states = extended(label);
        let mut best = vec![NEVER; states.len()];
        let mut came_from: Vec<Vec<usize>> = Vec::with_capacity(self.0.len());
        for step in 0..self.0.len() {
            let mut next = vec![NEVER; states.len()];
            let mut from = vec![0; states.len()];
            for (s, &symbol) in states.iter().enumerate() {
                let skips = symbol != 0 && s >= 2 && states.get(s - 2) != Some(&symbol);
                let reached = (0..=if skips { 2 } else { 1 })
                    .filter_map(|back| Some((s.checked_sub(back)?, back)))
                    .filter_map(|(at, _)| Some((*best.get(at)?, at)))
                    .max_by(|a, b| a.0.total_cmp(&b.0));
                let (log, at) = match reached {
                    _ if step == 0 => (if s < 2 { 0.0 } else { NEVER }, s),
                    Some(reached) => reached,
                    None => (NEVER, s),
                };
                if let (Some(slot), Some(origin)) = (next.get_mut(s), from.get_mut(s)) {
                    *slot = (log + self.at(step, symbol)).max(NEVER);
                    *origin = at;
                }
            }
            best = next;
            came_from.push(from);
        }
        self.trace_back(&states, &best, &came_from)
    }

    /// Walks the best path back and keeps for each symbol the step where it is most probable.
    fn trace_back(&self, states: &[Symbol], best: &[f32], came_from: &[Vec<usize>]) -> Vec<usize> {
        let mut steps: Vec<(usize, f32)> = vec![(0, f32::NEG_INFINITY); states.len() / 2];
        let ends = (states.len().saturating_sub(2)..states.len())
            .max_by(|&a, &b| best.get(a).unwrap_or(&NEVER).total_cmp(best.get(b).unwrap_or(&NEVER)));
        let mut state = ends.unwrap_or(0);
        for (step, from) in came_from.iter().enumerate().rev() {
            if state % 2 == 1
                && let (Some(slot), Some(&symbol)) = (steps.get_mut(state / 2), states.get(state))
            {
                let log = self.at(step, symbol);
                if log > slot.1 {
                    *slot = (step, log);
                }
            }
            state = from.get(state).copied().unwrap_or(0);
        }
        steps.into_iter().map(|(step, _)| step).collect()
    }

    /// Symbols with at least probability `min` at a step or beside it.
    pub(crate) fn near(&self, step: usize, min: f32) -> Vec<Symbol> {
        let floor = min.ln();
        let mut symbols = Vec::new();
        for row in self.0.iter().skip(step.saturating_sub(1)).take(if step == 0 { 2 } else { 3 }) {
            let probable = row.iter().enumerate().skip(1).filter(|(_, log)| **log >= floor);
            symbols.extend(probable.map(|(class, _)| class as Symbol));
        }
        symbols.sort_unstable();
        symbols.dedup();
        symbols
    }
}

/// Runs of steps that show nothing as one step each, which halves the work and more: a path that goes through them by
/// blanks keeps its exact probability, and the others have next to none.
fn merged(rows: Vec<Row>) -> Vec<Row> {
    let shows_nothing = |row: &Row| row.first().is_some_and(|blank| *blank >= NOTHING_MIN.ln());
    let mut kept: Vec<Row> = Vec::with_capacity(rows.len());
    let mut goes_on = false;
    for row in rows {
        let nothing = shows_nothing(&row);
        match kept.last_mut().filter(|_| nothing && goes_on) {
            Some(run) => {
                for (symbol, (value, other)) in run.iter_mut().zip(row).enumerate() {
                    *value = if symbol == 0 { *value + other } else { value.max(other) };
                }
            }
            None => kept.push(row),
        }
        goes_on = nothing;
    }
    kept
}

/// Blanks around and between the symbols of a text.
fn extended(label: &[Symbol]) -> Vec<Symbol> {
    let mut states = vec![0; label.len() * 2 + 1];
    for (slot, &symbol) in states.iter_mut().skip(1).step_by(2).zip(label) {
        *slot = symbol;
    }
    states
}

#[cfg(test)]
mod tests {
    use super::super::alphabet::SYMBOLS;
    use super::*;

    /// Steps over blank, A (1) and B (2).
    fn steps(rows: &[[f32; 3]]) -> Steps {
        let row = |r: &[f32; 3]| {
            let mut row = [0.0; SYMBOLS];
            row[..3].copy_from_slice(r);
            row
        };
        Steps::new(rows.iter().map(row).collect())
    }

    fn close(log: f32, probability: f32) -> bool {
        (log.exp() - probability).abs() < 2e-3
    }

    #[test]
    fn scores_are_sums_over_paths() {
        // Two steps: blank .4, A .5, B .1, then blank .3, A .6, B .1.
        let steps = steps(&[[0.4, 0.5, 0.1], [0.3, 0.6, 0.1]]);
        // "A": A-, -A, AA = .5*.3 + .4*.6 + .5*.6
        assert!(close(steps.score(&[1]), 0.69));
        // "AB": only A B; "AA" needs a blank between, which two steps have no room for.
        assert!(close(steps.score(&[1, 2]), 0.05));
        assert!(steps.score(&[1, 1]) < -10.0);
        assert!(close(steps.score(&[]), 0.12));
    }

    #[test]
    fn a_repeat_needs_a_blank_between() {
        let with_blank = steps(&[[0.1, 0.9, 0.0], [0.9, 0.1, 0.0], [0.1, 0.9, 0.0]]);
        assert!(close(with_blank.score(&[1, 1]), 0.9 * 0.9 * 0.9));
        assert_eq!(with_blank.beam(4)[0].0, [1, 1]);
        let without = steps(&[[0.1, 0.9, 0.0], [0.1, 0.9, 0.0], [0.1, 0.9, 0.0]]);
        assert_eq!(without.beam(4)[0].0, [1]);
    }

    #[test]
    fn the_beam_finds_the_text_that_the_best_path_misses() {
        // The single best path is blank, blank (.36), but "A" collects .64 - .
        let steps = steps(&[[0.6, 0.4, 0.0], [0.6, 0.4, 0.0]]);
        let found = steps.beam(4);
        assert_eq!(found[0].0, [1]);
        assert!(close(found[0].1, 0.4 * 0.6 * 2.0 + 0.16));
        assert!((found[0].1 - steps.score(&[1])).abs() < 1e-3);
    }

    #[test]
    fn symbols_are_aligned_with_their_steps() {
        let rows = [[0.9, 0.1, 0.0], [0.1, 0.9, 0.0], [0.9, 0.05, 0.05], [0.3, 0.0, 0.7], [0.1, 0.0, 0.9]];
        let steps = steps(&rows);
        assert_eq!(steps.align(&[1, 2]), [1, 4]);
        assert_eq!(steps.near(2, 0.04), [1, 2]);
        assert!(steps.align(&[]).is_empty());
    }

    #[test]
    fn steps_that_show_nothing_are_merged_and_change_no_score() {
        let nothing = [1.0, 0.0, 0.0];
        let long = steps(&[nothing, nothing, [0.2, 0.8, 0.0], nothing, nothing, nothing, [0.3, 0.7, 0.0]]);
        assert_eq!(long.0.len(), 4);
        assert!(close(long.score(&[1, 1]), 0.56));
        assert!(close(long.score(&[1]), 0.8 * 0.3 + 0.2 * 0.7));
        assert_eq!(long.align(&[1, 1]), [1, 3]);
        assert_eq!(long.beam(2)[0].0, [1, 1]);
        // A blank of the first of two merged steps counts, too.
        let alone = steps(&[nothing; 40]);
        assert!(alone.0.len() == 1 && alone.score(&[]).exp() > 0.98, "{alone:?}");
    }

    #[test]
    fn empty_and_broken_steps_do_not_panic() {
        let none = Steps::default();
        assert_eq!(none.beam(3), [(Vec::new(), 0.0)]);
        assert!(none.score(&[1]) <= NEVER);
        assert_eq!(none.align(&[1]), [0]);
        let broken = steps(&[[f32::NAN, 0.5, 0.1], [0.2, f32::NAN, f32::NAN]]);
        assert!(broken.score(&[1]).is_finite());
        assert!(!broken.beam(3).is_empty());
    }
}
