//! Says why a read follows no format: the nearest one, and where it fails.

use crate::lattice::Lattice;
use crate::pack::{Pack, Shape, Variant};
use crate::pattern::element_name;

/// Most countries that are named one by one.
const COUNTRIES_MAX: usize = 12;

/// Longest reason, in characters; the contract admits 200.
const CHARS_MAX: usize = 200;

/// Why no format fits.
pub(crate) fn why_not(pack: &Pack, lattice: &Lattice) -> String {
    let mut reason = String::from("no format of ");
    if pack.countries.len() <= COUNTRIES_MAX {
        for (index, country) in pack.countries.iter().enumerate() {
            reason.push_str(if index == 0 { "" } else { ", " });
            reason.push_str(country.code);
        }
    } else {
        reason.push_str(&pack.countries.len().to_string());
        reason.push_str(" countries");
    }
    reason.push_str(" fits ");
    reason.push_str(&lattice.present.to_string());
    reason.push_str(if lattice.present == 1 { " character" } else { " characters" });
    match nearest(pack, lattice) {
        Some(near) => near.tell(pack, &mut reason),
        None => reason.push_str(": none has so many"),
    }
    if let Some((end, _)) = reason.char_indices().nth(CHARS_MAX) {
        reason.truncate(end);
    }
    reason
}

/// The variant with the fewest places that fail.
struct Nearest<'a> {
    variant: &'a Variant,
    failures: usize,
    log_weight: f32,
    /// Of the first failure: the slot, and the character that was read.
    first: Option<(usize, char)>,
}

fn nearest<'a>(pack: &'a Pack, lattice: &Lattice) -> Option<Nearest<'a>> {
    let read: Vec<char> =
        lattice.places.iter().filter(|place| place.is_present).map(|place| place.read).collect();
    let symbols: Vec<Option<u8>> = read.iter().map(|&character| pack.symbol(character)).collect();
    let shapes = pack.shapes.get(pack.shapes_of(read.len())).unwrap_or(&[]);
    let variants = |shape: &Shape| {
        let at = usize::from(shape.variants_at);
        pack.variants.get(at..at + usize::from(shape.variants)).unwrap_or(&[])
    };
    let mut nearest: Option<Nearest<'a>> = None;
    for variant in shapes.iter().flat_map(variants) {
        let (failures, first) = failures(pack, variant, &symbols);
        let log_weight =
            pack.formats.get(usize::from(variant.format)).map_or(f32::NEG_INFINITY, |row| row.log_weight);
        let is_nearer =
            nearest.as_ref().is_none_or(|old| (failures, -log_weight) < (old.failures, -old.log_weight));
        if is_nearer {
            let first = first.and_then(|slot| Some((slot, *read.get(slot)?)));
            nearest = Some(Nearest { variant, failures, log_weight, first });
        }
    }
    nearest
}

/// How many places of a text fail in a variant, and the first of them. A code that is not in its list fails at its last
/// character.
fn failures(pack: &Pack, variant: &Variant, symbols: &[Option<u8>]) -> (usize, Option<usize>) {
    let (mut failures, mut first, mut codes) = (0, None, (0, 0));
    for (slot, (class, symbol)) in pack.classes_of(variant, symbols.len()).iter().zip(symbols).enumerate() {
        let Some(class) = pack.classes.get(usize::from(*class)) else { continue };
        let mut fits = symbol.is_some_and(|symbol| class.admits(symbol));
        if let (Some(segment), Some(symbol)) = (pack.segments.get(usize::from(class.segment)), *symbol) {
            let (from, to) = if class.depth == 0 { (0, segment.count) } else { codes };
            codes = pack.narrow(segment, from, to, class.depth, symbol);
            fits &= class.depth + 1 < segment.chars || codes.0 < codes.1;
        }
        if !fits {
            failures += 1;
            first = first.or(Some(slot));
        }
    }
    (failures, first)
}

impl Nearest<'_> {
    fn tell(&self, pack: &Pack, reason: &mut String) {
        let row = pack.formats.get(usize::from(self.variant.format)).and_then(|row| pack.format(row));
        let Some((_, format)) = row else { return };
        reason.push_str("; nearest ");
        reason.push_str(format.id);
        let Some((slot, read)) = self.first else {
            reason.push_str(": this text is not issued, or too improbable here");
            return;
        };
        let element = pack.elements.get(usize::from(self.variant.slots_at) + slot).copied().unwrap_or(0);
        reason.push_str(": position ");
        reason.push_str(&(slot + 1).to_string());
        reason.push_str(" is '");
        reason.push(read);
        reason.push_str("', expected ");
        reason.push_str(match element_name(format.pattern, usize::from(element)) {
            "letter" => "a letter",
            "digit" => "a digit",
            other => other,
        });
    }
}
