//! Finds the texts that a read may be: branch and bound over the variants of all formats.
//!
//! Shapes (letters and digits at the same places) whose bound is out of reach are left out at once, which are nearly all of them;
//! then variants, by the best character of each place; what remains is searched depth first, code lists narrowing with each
//! character. What is found is exact: no admitted text is more probable than the first one, unless the read is so odd that the
//! search ends after [`STEPS_MAX`].

use crate::bounds::{Bounds, TOGGLES_MAX, drop_score, gap_score, is_within, shape_bound};
use crate::extra::bands;
use crate::found::{Best, Found, SKIPPED};
use crate::lattice::{Lattice, PLACES_MAX, Place};
use crate::pack::{NO_SEGMENT, Pack, Segment, Shape, TEXT_CHARS_MAX, Variant};
use crate::prior::Priors;

/// Most steps of a search, about 0.2 ms. Clear reads take less than 200.
pub(crate) const STEPS_MAX: u32 = 20_000;

/// Prior probability that a plate follows no format that any plugin knows; the host uses the same.
const UNKNOWN_SHARE: f32 = 0.02;

/// ln 36: what the identity of a character is worth.
const LOG_CHARACTERS: f32 = 3.583_519;

/// The search of one read.
struct Search<'a> {
    pack: &'a Pack,
    lattice: &'a Lattice,
    priors: &'a Priors,
    best: Best,
    bounds: Bounds,
    steps: u32,
    path: [u8; PLACES_MAX],
    /// Places at the beginning of the read that are a band, and what they cost.
    band: (usize, f32),
}

/// What stays the same while one variant is searched.
struct Walk<'a> {
    variant: &'a Variant,
    classes: &'a [u8],
    family: u16,
    index: u16,
    needed: f32,
}

/// Where a walk stands: the next place and slot, what was toggled, and the codes that the last characters leave.
#[derive(Clone, Copy)]
struct Stand {
    place: usize,
    slot: usize,
    toggles: usize,
    score: f32,
    codes: (u16, u16),
}

/// Finds the most probable texts, the best first.
pub(crate) fn search(pack: &Pack, lattice: &Lattice, priors: &Priors) -> Vec<Found> {
    let log_unknown = lattice.log_read + UNKNOWN_SHARE.ln() - lattice.present as f32 * LOG_CHARACTERS;
    let mut search = Search {
        pack,
        lattice,
        priors,
        best: Best::new(log_unknown),
        bounds: Bounds::new(lattice),
        steps: 0,
        path: [SKIPPED; PLACES_MAX],
        band: (0, 0.0),
    };
    let absent = lattice.places.len() - lattice.present;
    // The length that was read comes first: what is found there rules out most of the others.
    search.search_length(lattice.present);
    for toggled in 1..=TOGGLES_MAX {
        search.search_length(lattice.present.wrapping_sub(toggled));
        if toggled <= absent {
            search.search_length(lattice.present + toggled);
        }
    }
    let (mut best, mut steps) = (search.best, search.steps);
    for band in bands(pack, lattice) {
        let priors = priors.of_country(band.country, band.score);
        let rest = lattice.without(band.places);
        let mut search = Search {
            pack,
            lattice: &rest,
            priors: &priors,
            best,
            bounds: Bounds::new(&rest),
            steps,
            path: [SKIPPED; PLACES_MAX],
            band: (band.places, band.score),
        };
        search.search_length(rest.present);
        (best, steps) = (search.best, search.steps);
    }
    best.into_found()
}

impl<'a> Search<'a> {
    /// Searches the shapes with so many characters, the most promising first.
    #[inline(never)]
    fn search_length(&mut self, chars: usize) {
        if !(1..=TEXT_CHARS_MAX).contains(&chars) {
            return;
        }
        let pack: &'a Pack = self.pack;
        let shapes = pack.shapes.get(pack.shapes_of(chars)).unwrap_or(&[]);
        let needed = self.best.needed();
        let [most, most_marked] = self.bounds.most(self.lattice, chars);
        let mut reachable: Vec<(f32, &'a Shape)> = Vec::with_capacity(16);
        for shape in shapes {
            let prior = shape.log_weight_max + self.priors.max;
            let most = if shape.marks == 0 { most } else { most_marked };
            if most + prior >= needed {
                let bound = prior + shape_bound(self.lattice, shape);
                if bound >= needed {
                    reachable.push((bound, shape));
                }
            }
        }
        while let Some((index, &(bound, shape))) =
            reachable.iter().enumerate().max_by(|(_, a), (_, b)| a.0.total_cmp(&b.0))
        {
            if bound < self.best.needed() {
                break;
            }
            reachable.swap_remove(index);
            self.search_shape(shape, bound - shape.log_weight_max - self.priors.max);
        }
    }

    fn search_shape(&mut self, shape: &Shape, bound: f32) {
        let from = usize::from(shape.variants_at);
        let pack: &'a Pack = self.pack;
        let variants = pack.variants.get(from..from + usize::from(shape.variants)).unwrap_or(&[]);
        for (index, variant) in variants.iter().enumerate() {
            let prior = self.priors.of(variant);
            if bound + prior < self.best.needed() {
                continue;
            }
            let Some(row) = pack.formats.get(usize::from(variant.format)) else { continue };
            let classes = pack.classes_of(variant, usize::from(shape.chars));
            let needed = self.best.needed_of(row.family);
            if self.bounds.fill(pack, self.lattice, variant, classes, needed - prior) + prior < needed {
                continue;
            }
            let mut walk =
                Walk { variant, classes, family: row.family, index: (from + index) as u16, needed };
            self.step(&mut walk, Stand { place: 0, slot: 0, toggles: 0, score: prior, codes: (0, 0) });
        }
    }

    fn step(&mut self, walk: &mut Walk<'a>, stand: Stand) {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return;
        }
        let lattice: &'a Lattice = self.lattice;
        let Some(place) = lattice.places.get(stand.place) else {
            if stand.slot == walk.classes.len() {
                self.offer(walk, &stand);
            }
            return;
        };
        self.take(walk, &stand, place);
        let toggles = stand.toggles + if place.is_present { 3 } else { 0 };
        if is_within(toggles) {
            let left_out = if place.is_present {
                drop_score(walk.variant.marks, stand.slot, place)
            } else {
                place.log_absent
            };
            let score = stand.score + left_out;
            if score + self.bounds.rest(stand.place + 1, toggles) >= walk.needed {
                self.put(stand.place, SKIPPED);
                self.step(walk, Stand { place: stand.place + 1, toggles, score, ..stand });
            }
        }
    }

    /// Tries all characters of a place in the next slot.
    fn take(&mut self, walk: &mut Walk<'a>, stand: &Stand, place: &Place) {
        let pack: &'a Pack = self.pack;
        let toggles = stand.toggles + usize::from(!place.is_present);
        let Some(&class) = walk.classes.get(stand.slot) else { return };
        let Some(class) = pack.classes.get(usize::from(class)) else { return };
        let rest = self.bounds.rest(stand.place + 1, toggles);
        if !is_within(toggles) || stand.score + place.best[2] + rest + 1.0 < walk.needed {
            return;
        }
        let base = stand.score + gap_score(walk.variant, stand.slot, place.gap);
        let lattice: &'a Lattice = self.lattice;
        let segment =
            if class.segment == NO_SEGMENT { None } else { pack.segments.get(usize::from(class.segment)) };
        for candidate in lattice.candidates_of(place) {
            let score = base + candidate.log;
            if score + rest < walk.needed {
                break;
            }
            if !class.admits(candidate.symbol) {
                continue;
            }
            let Some(codes) = narrow(pack, segment, class.depth, stand.codes, candidate.symbol) else {
                continue;
            };
            self.put(stand.place, candidate.symbol);
            self.step(walk, Stand { place: stand.place + 1, slot: stand.slot + 1, toggles, score, codes });
        }
    }

    #[inline]
    fn put(&mut self, place: usize, symbol: u8) {
        if let Some(cell) = self.path.get_mut(place) {
            *cell = symbol;
        }
    }

    fn offer(&mut self, walk: &mut Walk<'a>, stand: &Stand) {
        let places = self.path.get(..self.lattice.places.len()).unwrap_or(&[]);
        let mut found = Found {
            score: stand.score,
            text: places
                .iter()
                .filter(|&&symbol| symbol != SKIPPED)
                .fold(1, |text, &symbol| text << 7 | u128::from(symbol)),
            format: walk.variant.format,
            family: walk.family,
            variant: walk.index,
            chars: walk.classes.len() as u8,
            path: [SKIPPED; PLACES_MAX],
            band: self.band.0 as u8,
            log_band: self.band.1,
        };
        for (to, &from) in found.path.iter_mut().skip(self.band.0).zip(places) {
            *to = from;
        }
        if is_issued(self.pack, &found) {
            self.best.offer(&found);
            walk.needed = self.best.needed_of(walk.family);
        }
    }
}

/// The codes that still fit after one more character; nothing when there are none.
#[inline]
fn narrow(
    pack: &Pack,
    segment: Option<&Segment>,
    depth: u8,
    codes: (u16, u16),
    symbol: u8,
) -> Option<(u16, u16)> {
    let Some(segment) = segment else { return Some((0, 0)) };
    let (from, to) = if depth == 0 { (0, segment.count) } else { codes };
    let (from, to) = pack.narrow(segment, from, to, depth, symbol);
    (from < to).then_some((from, to))
}

/// Asks the format's own function, where it has one.
fn is_issued(pack: &Pack, found: &Found) -> bool {
    let Some((_, format)) = pack.formats.get(usize::from(found.format)).and_then(|row| pack.format(row))
    else {
        return false;
    };
    match format.issued {
        None => true,
        Some(issued) => issued(&found.text(pack)),
    }
}
