//! Puts what the search found into the contract's words.

use crate::bindings::plate_format::exports::ovr::alpr::plate_format::{
    self as contract, Correction, Interpretation,
};
use crate::bindings::plate_format::ovr::alpr::types::PlateRead;
use crate::bounds::{drop_score, gap_score};
use crate::extra::is_mark;
use crate::found::{FOUND_MAX, Found, SKIPPED};
use crate::lattice::Lattice;
use crate::pack::{NO_SEGMENT, Pack, Variant};
use crate::pattern::element_name;
use crate::prior::Priors;
use crate::reason;
use crate::search::search;
use crate::table::{Format, Series};

/// Greatest prior that is returned: the contract wants one below 0.
const LOG_PRIOR_MAX: f32 = -1e-3;

/// Answers a `check` call.
pub fn check(pack: &Pack, read: &PlateRead) -> Result<Vec<Interpretation>, String> {
    let Some(lattice) = Lattice::new(pack, &read.positions) else {
        return Err(format!("more than {} characters: no plate has so many", crate::lattice::PLACES_MAX));
    };
    let priors = Priors::new(pack, &read.place.countries);
    let found = search(pack, &lattice, &priors);
    debug_assert!(found.len() <= FOUND_MAX);
    if found.is_empty() {
        return Err(reason::why_not(pack, &lattice));
    }
    let interpret = |found: &Found| interpretation(pack, &lattice, &priors, found);
    Ok(found.iter().filter_map(interpret).collect())
}

fn interpretation(pack: &Pack, lattice: &Lattice, priors: &Priors, found: &Found) -> Option<Interpretation> {
    let (country, format) = pack.format(pack.formats.get(usize::from(found.format))?)?;
    let variant = pack.variants.get(usize::from(found.variant))?;
    let text = found.text(pack);
    let prior = priors.of(variant) + evidence(lattice, variant, found);
    Some(Interpretation {
        country: country.code.to_owned(),
        region: region(pack, format, variant, found, &text).map(str::to_owned),
        format_id: format.id.to_owned(),
        series: series(format.series),
        log_prior: prior.min(LOG_PRIOR_MAX),
        corrections: corrections(pack, lattice, format, variant, found),
        text,
    })
}

/// What the host's likelihood of the text does not know: how the separators that were read fit the variant, that characters
/// which are left out came from somewhere, and how often a band or a seal is read as characters.
fn evidence(lattice: &Lattice, variant: &Variant, found: &Found) -> f32 {
    let band = usize::from(found.band);
    let (mut score, mut slot) = (found.log_band, 0);
    for (index, (place, &symbol)) in lattice.places.iter().zip(&found.path).enumerate() {
        if symbol != SKIPPED {
            score += gap_score(variant, slot, place.gap);
            slot += 1;
        } else if index < band {
            score -= place.log_absent;
        } else if place.is_present {
            score += drop_score(variant.marks, slot, place) - place.log_absent;
        }
    }
    score
}

/// Every difference between the read and the text.
fn corrections(
    pack: &Pack,
    lattice: &Lattice,
    format: &Format,
    variant: &Variant,
    found: &Found,
) -> Vec<Correction> {
    let mut corrections = Vec::new();
    let mut slot = 0;
    for (index, (place, &symbol)) in lattice.places.iter().zip(&found.path).enumerate() {
        let position = u32::from(place.position);
        if symbol == SKIPPED {
            if place.is_present {
                let mut rule = String::with_capacity(format.id.len() + 16);
                rule.push_str(format.id);
                rule.push_str(if index < usize::from(found.band) {
                    ": band"
                } else if is_mark(variant, slot) {
                    ": seal"
                } else {
                    ": no character"
                });
                corrections.push(Correction { position, character: None, rule });
            }
            continue;
        }
        let character = pack.character(symbol);
        if !place.is_present || character != place.read {
            let element = pack.elements.get(usize::from(variant.slots_at) + slot).copied().unwrap_or(0);
            let name = element_name(format.pattern, usize::from(element));
            let mut rule = String::with_capacity(format.id.len() + name.len() + 2);
            rule.push_str(format.id);
            rule.push_str(": ");
            rule.push_str(name);
            corrections.push(Correction { position, character: Some(character), rule });
        }
        slot += 1;
    }
    corrections
}

/// The region that the plate tells: by the format's function, by a code, or because all plates of the format belong to one.
fn region(
    pack: &Pack,
    format: &Format,
    variant: &Variant,
    found: &Found,
    text: &str,
) -> Option<&'static str> {
    let by_text = || format.region_of.and_then(|region_of| region_of(text));
    by_text().or_else(|| region_by_code(pack, variant, found)).or(format.region)
}

fn region_by_code(pack: &Pack, variant: &Variant, found: &Found) -> Option<&'static str> {
    let classes = pack.classes_of(variant, usize::from(found.chars));
    let mut symbols = found.symbols();
    let mut codes = (0, 0);
    for class in classes {
        let symbol = symbols.next()?;
        let class = pack.classes.get(usize::from(*class))?;
        if class.segment == NO_SEGMENT {
            continue;
        }
        let segment = pack.segments.get(usize::from(class.segment))?;
        let (from, to) = if class.depth == 0 { (0, segment.count) } else { codes };
        codes = pack.narrow(segment, from, to, class.depth, symbol);
        if class.depth + 1 == segment.chars {
            let entry = pack.code_entries.get(usize::from(segment.entries_at) + usize::from(codes.0))?;
            let name = pack.codes(segment)?.list.get(usize::from(*entry))?.1;
            if !name.is_empty() {
                return Some(name);
            }
        }
    }
    None
}

/// The contract's word for a series.
pub(crate) const fn series(series: Series) -> contract::Series {
    match series {
        Series::Standard => contract::Series::Standard,
        Series::Vanity => contract::Series::Vanity,
        Series::Diplomatic => contract::Series::Diplomatic,
        Series::Military => contract::Series::Military,
        Series::Official => contract::Series::Official,
        Series::Taxi => contract::Series::Taxi,
        Series::Temporary => contract::Series::Temporary,
        Series::Dealer => contract::Series::Dealer,
        Series::Historic => contract::Series::Historic,
        Series::Electric => contract::Series::Electric,
        Series::Motorcycle => contract::Series::Motorcycle,
        Series::Trailer => contract::Series::Trailer,
        Series::Agricultural => contract::Series::Agricultural,
        Series::Other => contract::Series::Other,
    }
}
