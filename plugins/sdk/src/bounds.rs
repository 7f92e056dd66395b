//! How probable a text can be at most, before it is searched for.

use crate::lattice::{Lattice, PLACES_MAX, Place};
use crate::pack::{Pack, Shape, Variant};

/// Most characters that are left out or kept against what was read.
pub(crate) const TOGGLES_MAX: usize = 2;

/// A character that is left out was not the plate's, so it could have been any: it costs what a character's identity is worth,
/// ln(1 / 36), besides its likelihood. Without this, shorter formats would win by their smaller number of texts.
pub(crate) const LOG_DROPPED: f32 = -3.583_519;

/// Separators where the pattern has a gap: readers seldom invent one.
const LOG_GAP_FITS: f32 = 1.0;

/// Separators inside a code: a bolt or a seal may look like one.
const LOG_GAP_INSIDE: f32 = -2.0;

/// Combinations of left out and kept characters, as `drops * 3 + keeps`.
const TOGGLES: usize = 9;

/// Whether so many drops and keeps are admitted.
#[inline]
pub(crate) const fn is_within(toggles: usize) -> bool {
    toggles / 3 + toggles % 3 <= TOGGLES_MAX
}

/// What a gap before a character says of a variant.
#[inline]
pub(crate) fn gap_score(variant: &Variant, slot: usize, gap: bool) -> f32 {
    if !gap {
        0.0
    } else if (variant.gaps >> slot) & 1 == 1 {
        LOG_GAP_FITS
    } else if (variant.inside >> slot) & 1 == 1 {
        LOG_GAP_INSIDE
    } else {
        0.0
    }
}

/// What it costs to leave out a place that holds a character, before the character `slot` of a text.
#[inline]
pub(crate) const fn drop_score(marks: u16, slot: usize, place: &Place) -> f32 {
    if (marks >> (slot & 15)) & 1 == 1 { place.log_sealed } else { place.log_absent + LOG_DROPPED }
}

/// The most that a gap can give.
#[inline]
const fn gap_most(place: &Place) -> f32 {
    if place.gap { LOG_GAP_FITS } else { 0.0 }
}

/// Bound for all texts of a shape: the best digit or letter at each place, with the best choice of places that are left out.
///
/// Dynamic programming from left to right over the number of places that were left out so far.
pub(crate) fn shape_bound(lattice: &Lattice, shape: &Shape) -> f32 {
    if lattice.places.len() > lattice.present {
        return keeping_bound(lattice, shape);
    }
    let drops = lattice.present.wrapping_sub(usize::from(shape.chars));
    // Behind the last slot stands a kind that admits nothing.
    let kinds = u64::from(shape.kinds) | u64::MAX << (2 * shape.chars);
    let best = |place: &Place, kinds: u64| {
        place.best.get((kinds & 3) as usize).copied().unwrap_or(f32::NEG_INFINITY)
    };
    let mut sums = [0.0, f32::NEG_INFINITY, f32::NEG_INFINITY];
    // The kinds of the slots that the place takes when none, one or two places before it were left out.
    let mut at = [kinds, u64::MAX, u64::MAX];
    for (index, place) in lattice.places.iter().enumerate() {
        let gap = gap_most(place);
        let dropped = |drops: usize| drop_score(shape.marks, index.wrapping_sub(drops), place);
        if drops >= 2 {
            sums[2] = greater(sums[2] + best(place, at[2]) + gap, sums[1] + dropped(1));
            at[2] = at[1];
        }
        if drops >= 1 {
            sums[1] = greater(sums[1] + best(place, at[1]) + gap, sums[0] + dropped(0));
            at[1] = at[0];
        }
        sums[0] += best(place, at[0]) + gap;
        at[0] >>= 2;
    }
    sums.get(drops).copied().unwrap_or(f32::NEG_INFINITY)
}

/// The same where some places are probably empty: a coarse bound, in which each place gives its best.
fn keeping_bound(lattice: &Lattice, shape: &Shape) -> f32 {
    let taken = |place: &Place| place.best[2] + gap_most(place);
    let sum: f32 = lattice
        .places
        .iter()
        .map(|place| {
            if place.is_present {
                taken(place).max(place.log_absent).max(place.log_sealed)
            } else {
                taken(place).max(0.0)
            }
        })
        .sum();
    if shape.chars == 0 { f32::NEG_INFINITY } else { sum }
}

/// For one variant, how much each rest of the read can add at most.
#[derive(Debug)]
pub(crate) struct Bounds {
    /// For each place and combination of toggles.
    rest: [[f32; TOGGLES]; PLACES_MAX + 1],
    /// Of a whole text, whatever its format.
    most: f32,
    /// Of one left-out place, at most.
    dropped: f32,
    /// Of one left-out place where a seal may stand, at most.
    sealed: f32,
    /// The gaps of the whole read, at most.
    gaps: f32,
}

impl Bounds {
    /// For one read.
    pub(crate) fn new(lattice: &Lattice) -> Self {
        let present = lattice.places.iter().filter(|place| place.is_present);
        let gaps: f32 = lattice.places.iter().map(gap_most).sum();
        let most: f32 = present.clone().map(|place| place.best[2].max(place.log_absent)).sum();
        let sealed = |place: &Place| place.log_sealed - place.best[2].max(place.log_absent);
        let sealed = present.clone().map(sealed).fold(f32::NEG_INFINITY, f32::max);
        // What it costs to leave a place out instead of taking its best character.
        let cost = |place: &Place| (place.log_absent - place.best[2]).min(0.0);
        let dropped = present.map(cost).fold(f32::NEG_INFINITY, f32::max) + LOG_DROPPED;
        Self {
            rest: [[f32::NEG_INFINITY; TOGGLES]; PLACES_MAX + 1],
            most: most + gaps,
            dropped,
            sealed: sealed.max(dropped),
            gaps,
        }
    }

    /// Bound for all texts with so many characters, without marks and with them.
    pub(crate) fn most(&self, lattice: &Lattice, chars: usize) -> [f32; 2] {
        let drops = lattice.present.saturating_sub(chars) as f32;
        [self.dropped, self.sealed].map(|dropped| self.most + dropped * drops)
    }

    /// What the places from `place` on can add, after these toggles.
    #[inline]
    pub(crate) fn rest(&self, place: usize, toggles: usize) -> f32 {
        self.rest.get(place).and_then(|row| row.get(toggles)).copied().unwrap_or(f32::NEG_INFINITY)
    }

    /// Fills the table for a variant and tells the bound of a whole text; stops early when it falls below `needed`.
    pub(crate) fn fill(
        &mut self,
        pack: &Pack,
        lattice: &Lattice,
        variant: &Variant,
        classes: &[u8],
        needed: f32,
    ) -> f32 {
        let (present, chars) = (lattice.present, classes.len());
        let keeps_max = (lattice.places.len() - present).min(TOGGLES_MAX);
        let drops_max = (present + keeps_max).saturating_sub(chars).min(TOGGLES_MAX);
        if keeps_max == 0 {
            return self.fill_dropping(pack, lattice, variant, classes, needed);
        }
        let mut slots = present;
        let mut next = end_row(present, chars);
        self.put(lattice.places.len(), next);
        let least = needed - self.gaps;
        for (index, place) in lattice.places.iter().enumerate().rev() {
            slots -= usize::from(place.is_present);
            let mut row = [f32::NEG_INFINITY; TOGGLES];
            let mut most = f32::NEG_INFINITY;
            for drops in 0..=drops_max {
                for keeps in 0..=keeps_max.min(TOGGLES_MAX - drops) {
                    let toggles = drops * 3 + keeps;
                    let slot = (slots + keeps).wrapping_sub(drops);
                    let taken = class_best(pack, lattice, place, classes, slot)
                        + gap_score(variant, slot & 15, place.gap);
                    let dropped = drop_score(variant.marks, slot, place);
                    let bound = either(place, taken, dropped, toggles, &next);
                    most = most.max(bound);
                    if let Some(cell) = row.get_mut(toggles) {
                        *cell = bound;
                    }
                }
            }
            if most < least {
                return f32::NEG_INFINITY;
            }
            self.put(index, row);
            next = row;
        }
        next[0]
    }

    /// The same where every place holds a character, as in nearly all reads: a place is taken or left out, and how many places
    /// are left out behind it is all that counts.
    fn fill_dropping(
        &mut self,
        pack: &Pack,
        lattice: &Lattice,
        variant: &Variant,
        classes: &[u8],
        needed: f32,
    ) -> f32 {
        let drops_max = lattice.present.wrapping_sub(classes.len());
        let least = needed - self.gaps;
        if drops_max == 0 {
            return self.fill_straight(pack, lattice, variant, classes, least);
        }
        // sums[d]: what the rest adds when d places before it were left out.
        let mut sums = [f32::NEG_INFINITY; TOGGLES_MAX + 2];
        let Some(end) = sums.get_mut(drops_max).filter(|_| drops_max <= TOGGLES_MAX) else {
            return f32::NEG_INFINITY;
        };
        *end = 0.0;
        if let Some(row) = self.rest.get_mut(lattice.places.len()) {
            *row = [
                sums[0],
                f32::NEG_INFINITY,
                f32::NEG_INFINITY,
                sums[1],
                f32::NEG_INFINITY,
                f32::NEG_INFINITY,
                sums[2],
                0.0,
                0.0,
            ];
        }
        for ((index, place), row) in lattice.places.iter().enumerate().zip(&mut self.rest).rev() {
            let mut most = f32::NEG_INFINITY;
            for drops in 0..=drops_max {
                let slot = index.wrapping_sub(drops);
                let taken = class_best(pack, lattice, place, classes, slot)
                    + gap_score(variant, slot & 15, place.gap);
                let next = sums.get(drops + 1).copied().unwrap_or(f32::NEG_INFINITY);
                let (Some(sum), Some(cell)) = (sums.get_mut(drops), row.get_mut(drops * 3)) else { break };
                let dropped = drop_score(variant.marks, slot, place);
                *sum = greater(taken + *sum, dropped + next);
                *cell = *sum;
                most = greater(most, *sum);
            }
            if most < least {
                return f32::NEG_INFINITY;
            }
        }
        sums[0]
    }

    /// The same where the text is as long as the read.
    fn fill_straight(
        &mut self,
        pack: &Pack,
        lattice: &Lattice,
        variant: &Variant,
        classes: &[u8],
        least: f32,
    ) -> f32 {
        let mut sum = 0.0;
        if let Some(row) = self.rest.get_mut(lattice.places.len()) {
            row[0] = 0.0;
            row[3] = f32::NEG_INFINITY;
        }
        let slots = lattice.places.iter().zip(classes).zip(&mut self.rest).enumerate();
        for (slot, ((place, &class), row)) in slots.rev() {
            sum += best_of_class(pack, lattice, place, class) + gap_score(variant, slot, place.gap);
            if sum < least {
                return f32::NEG_INFINITY;
            }
            row[0] = sum;
            row[3] = f32::NEG_INFINITY;
        }
        sum
    }

    #[inline]
    fn put(&mut self, index: usize, row: [f32; TOGGLES]) {
        if let Some(cell) = self.rest.get_mut(index) {
            *cell = row;
        }
    }
}

/// The greater of two numbers, none of which is NaN: one instruction, where `f32::max` has to look for NaN.
#[inline]
pub(crate) const fn greater(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// Behind the last place the whole text must be there.
fn end_row(present: usize, chars: usize) -> [f32; TOGGLES] {
    let mut row = [f32::NEG_INFINITY; TOGGLES];
    for (toggles, cell) in row.iter_mut().enumerate() {
        if present + toggles % 3 == chars + toggles / 3 {
            *cell = 0.0;
        }
    }
    row
}

/// The better of taking a place's character and leaving it out.
#[inline]
fn either(place: &Place, taken: f32, dropped: f32, toggles: usize, next: &[f32; TOGGLES]) -> f32 {
    let rest = |toggles: usize| {
        if is_within(toggles) {
            next.get(toggles).copied().unwrap_or(f32::NEG_INFINITY)
        } else {
            f32::NEG_INFINITY
        }
    };
    if place.is_present {
        (taken + rest(toggles)).max(dropped + rest(toggles + 3))
    } else {
        (taken + rest(toggles + 1)).max(place.log_absent + rest(toggles))
    }
}

/// The best character of a place that a slot admits.
#[inline]
fn class_best(pack: &Pack, lattice: &Lattice, place: &Place, classes: &[u8], slot: usize) -> f32 {
    classes.get(slot).map_or(f32::NEG_INFINITY, |&class| best_of_class(pack, lattice, place, class))
}

#[inline]
fn best_of_class(pack: &Pack, lattice: &Lattice, place: &Place, class: u8) -> f32 {
    let Some(class) = pack.classes.get(usize::from(class)) else { return f32::NEG_INFINITY };
    if (class.mask[0] & place.mask[0]) | (class.mask[1] & place.mask[1]) == 0 {
        return f32::NEG_INFINITY;
    }
    let admitted = lattice.candidates_of(place).iter().find(|candidate| class.admits(candidate.symbol));
    admitted.map_or(f32::NEG_INFINITY, |candidate| candidate.log)
}
