//! Aligns the lattices of several reads of one plate position by position.
//!
//! Progressive alignment: the read that counts most makes the first profile, and one read after the other is laid
//! against it by dynamic programming (Needleman and Wunsch 1970) as ROVER does it with transcripts of speech
//! (Fiscus 1997, "A post-processing system to yield reduced word error rates"). Afterwards each read is taken out
//! and laid against the rest once more (Barton and Sternberg 1987), because the first ones were placed when little
//! was known.

use super::distance::confusable;
use super::lattice::{Lattice, POSITIONS_MAX};

/// Most columns of a profile; a read whose characters would need more leaves them out.
pub(super) const COLUMNS_MAX: usize = POSITIONS_MAX + 16;

/// Score of a position on a column that shares nothing with it; what they share lifts it by up to [`MATCH_GAIN`].
const MISMATCH: f32 = -0.5;
/// See [`MISMATCH`].
const MATCH_GAIN: f32 = 1.5;
/// Lift for a best character that looks like the column's best: O lies on 0 rather than beside it.
const LOOKS_GAIN: f32 = 0.4;
/// Score of a character too many or too few inside the text; two of them are worse than one mismatch.
const GAP: f32 = -0.6;
/// The same before the first or after the last character, where a post or the border hides characters.
const END_GAP: f32 = -0.3;

/// One character position of the plate: which position of which read lies here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Column {
    /// `(read, position)`, at most one a read.
    pub(super) entries: Vec<(usize, usize)>,
}

impl Column {
    /// The position of `read` that lies here.
    pub(super) fn position_of(&self, read: usize) -> Option<usize> {
        self.entries.iter().find(|(r, _)| *r == read).map(|(_, position)| *position)
    }
}

/// What a column says, ready to be compared: characters with their share (0 to 1 together).
struct Shares {
    characters: Vec<(char, f32)>,
    /// Weight of the reads that have a character here, as a share of all reads.
    occupied: f32,
}

/// Lays all reads over each other. `reads` are ordered by weight, the heaviest first.
pub(super) fn align(reads: &[Lattice]) -> Vec<Column> {
    let mut columns = Vec::new();
    for index in 0..reads.len() {
        columns = lay(columns, reads, index);
    }
    if reads.len() > 2 {
        for index in 0..reads.len() {
            for column in &mut columns {
                column.entries.retain(|(read, _)| *read != index);
            }
            columns.retain(|column| !column.entries.is_empty());
            columns = lay(columns, reads, index);
        }
    }
    columns
}

fn shares(column: &Column, reads: &[Lattice], weight_sum: f32) -> Shares {
    let mut characters: Vec<(char, f32)> = Vec::new();
    let mut present = 0.0;
    for &(read, position) in &column.entries {
        let Some(lattice) = reads.get(read) else { continue };
        present += lattice.weight;
        for alternative in lattice.positions.get(position).into_iter().flatten() {
            let mass = lattice.weight * alternative.probability;
            match characters.iter_mut().find(|(c, _)| *c == alternative.character) {
                Some((_, sum)) => *sum += mass,
                None => characters.push((alternative.character, mass)),
            }
        }
    }
    let sum: f32 = characters.iter().map(|(_, mass)| mass).sum();
    for (_, mass) in &mut characters {
        *mass /= sum.max(f32::MIN_POSITIVE);
    }
    characters.sort_by(|a, b| b.1.total_cmp(&a.1));
    Shares { characters, occupied: present / weight_sum.max(f32::MIN_POSITIVE) }
}

/// Score of laying a position on a column.
fn agreement(column: &Shares, lattice: &Lattice, position: usize) -> f32 {
    let Some(alternatives) = lattice.positions.get(position) else {
        return MISMATCH;
    };
    let sum: f32 = alternatives.iter().map(|a| a.probability).sum();
    let share = |c: char| column.characters.iter().find(|(x, _)| *x == c).map_or(0.0, |(_, s)| *s);
    let common: f32 = alternatives.iter().map(|a| a.probability * share(a.character)).sum();
    let common = common / sum.max(f32::MIN_POSITIVE);
    let looks_alike = match (alternatives.first(), column.characters.first()) {
        (Some(a), Some((b, _))) => confusable(a.character, *b),
        _ => false,
    };
    let looks = if looks_alike { LOOKS_GAIN * (1.0 - common) } else { 0.0 };
    MISMATCH + MATCH_GAIN * common + looks
}

/// Where the best path came from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The position lies on the column.
    On,
    /// The read has nothing on the column.
    Skip,
    /// The position needs a column of its own.
    Own,
}

/// Lays read `index` against the columns and gives the columns with it.
fn lay(columns: Vec<Column>, reads: &[Lattice], index: usize) -> Vec<Column> {
    let Some(lattice) = reads.get(index) else {
        return columns;
    };
    let laid = |c: &Column| c.entries.iter().map(|(read, _)| *read).max();
    let placed = columns.iter().filter_map(laid).max().map_or(0, |last| last + 1);
    let weight_sum: f32 = reads.iter().take(placed).map(|l| l.weight).sum();
    let profile: Vec<Shares> = columns.iter().map(|c| shares(c, reads, weight_sum)).collect();
    let steps = best_path(&profile, lattice);
    let mut free = COLUMNS_MAX.saturating_sub(columns.len());
    let (mut old, mut position) = (columns.into_iter(), 0);
    let mut new = Vec::with_capacity(steps.len());
    for step in steps {
        match step {
            Step::Own => {
                if free > 0 {
                    free -= 1;
                    new.push(Column { entries: vec![(index, position)] });
                }
                position += 1;
            }
            Step::On | Step::Skip => {
                let Some(mut column) = old.next() else { continue };
                if step == Step::On {
                    column.entries.push((index, position));
                    position += 1;
                }
                new.push(column);
            }
        }
    }
    new
}

/// The alignment with the best score, as steps from the left.
fn best_path(profile: &[Shares], lattice: &Lattice) -> Vec<Step> {
    let (rows, width) = (lattice.positions.len(), profile.len() + 1);
    let mut table: Vec<Vec<Step>> = Vec::with_capacity(rows + 1);
    let mut scores = vec![0.0_f32; width];
    let skip_before = |row: usize, column: &Shares| {
        let at_an_end = row == 0 || row == rows;
        column.occupied * if at_an_end { END_GAP } else { GAP }
    };
    for row in 0..=rows {
        let mut steps = vec![Step::Own; width];
        let mut diagonal = scores.first().copied().unwrap_or(0.0);
        if let (true, Some(first)) = (row > 0, scores.first_mut()) {
            *first += END_GAP;
        }
        let mut left = scores.first().copied().unwrap_or(0.0);
        let cells = scores.iter_mut().zip(steps.iter_mut()).skip(1);
        for (column, ((score, step), shares)) in cells.zip(profile).enumerate() {
            let skip = left + skip_before(row, shares);
            let above = *score;
            let (best, from) = if row == 0 {
                (skip, Step::Skip)
            } else {
                let on = diagonal + agreement(shares, lattice, row - 1);
                let own = above + if column + 2 == width { END_GAP } else { GAP };
                let (best, from) = if on >= skip { (on, Step::On) } else { (skip, Step::Skip) };
                if own > best { (own, Step::Own) } else { (best, from) }
            };
            diagonal = above;
            (*score, *step) = (best, from);
            left = best;
        }
        table.push(steps);
    }
    trace_back(&table, rows, profile.len())
}

fn trace_back(table: &[Vec<Step>], mut row: usize, mut column: usize) -> Vec<Step> {
    let mut path = Vec::with_capacity(row + column);
    while row > 0 || column > 0 {
        let step = match (row, column) {
            (0, _) => Step::Skip,
            (_, 0) => Step::Own,
            _ => table.get(row).and_then(|steps| steps.get(column)).copied().unwrap_or(Step::On),
        };
        match step {
            Step::On => (row, column) = (row - 1, column - 1),
            Step::Skip => column -= 1,
            Step::Own => row -= 1,
        }
        path.push(step);
    }
    path.reverse();
    path
}
