//! Properties of the search over lattices of all kinds, on a pack that has every part of the pattern language.

use std::ops::RangeInclusive;

use proptest::prelude::*;

use crate::bindings::plate_format::exports::ovr::alpr::plate_format::Interpretation;
use crate::bounds::{TOGGLES_MAX, drop_score, gap_score};
use crate::extra::bands;
use crate::found::{LOG_RATIO_MAX, SKIPPED};
use crate::lattice::{Lattice, is_text};
use crate::pack::{NO_SEGMENT, Pack, Variant};
use crate::prior::Priors;
use crate::search::search;
use crate::types::{Alternative, Position};
use crate::{Codes, Country, Format, Series, check, vectors};

const COUNTRIES: &[Country] = &[
    Country {
        code: "DE",
        share: 0.5,
        sets: &[("umlaut", "ABÖ")],
        codes: &[Codes {
            name: "district",
            list: &[("B", "Berlin"), ("BO", "Bochum"), ("HH", "Hamburg"), ("LÖ", "")],
        }],
        formats: &[
            Format::new("de-standard", "{district}~@@? [1-9]#?#?", 0.9).chars_max(6),
            Format::new("de-umlaut", "<umlaut># *", 0.05),
            Format::new("de-diplomatic", "0 ## #?", 0.01).series(Series::Diplomatic).issued(is_even),
        ],
    },
    Country {
        code: "CN",
        share: 0.3,
        sets: &[],
        codes: &[Codes { name: "province", list: &[("沪", "Shanghai"), ("京", "Beijing")] }],
        formats: &[Format::new("cn-standard", "{province}@ ##", 0.9)],
    },
];

crate::compiled_pack!(static PACK: COUNTRIES);

fn is_even(text: &str) -> bool {
    text.ends_with(['0', '2', '4', '6', '8'])
}

fn position(alternatives: &[(char, f32)], absent: f32) -> Position {
    let alternatives =
        alternatives.iter().map(|&(character, probability)| Alternative { character, probability });
    Position { alternatives: alternatives.collect(), absent }
}

/// Positions as readers give them, and worse: characters of the pack and others, separators, odd probabilities.
fn positions(chars: &'static str, most: usize) -> impl Strategy<Value = Vec<Position>> {
    let character = proptest::sample::select(chars.chars().collect::<Vec<_>>());
    let alternative = (character, 0.001_f32..1.0);
    let one =
        (proptest::collection::vec(alternative, 1..4), prop_oneof![4 => Just(0.0_f32), 1 => 0.0_f32..1.0]);
    let place = one.prop_map(|(mut alternatives, absent)| {
        alternatives.sort_by(|a, b| b.1.total_cmp(&a.1));
        let sum: f32 = alternatives.iter().map(|(_, probability)| probability).sum();
        let scale = (1.0 - absent) / sum.max(1.0);
        let scaled: Vec<(char, f32)> = alternatives.iter().map(|&(c, p)| (c, p * scale)).collect();
        position(&scaled, absent)
    });
    proptest::collection::vec(place, 1..most)
}

/// The best score of all paths through the lattice and all variants, without any bound; behind a band the text is as long as
/// what was read.
fn brute_force(pack: &Pack, lattice: &Lattice, priors: &Priors) -> Option<f32> {
    let whole = best_path(pack, lattice, priors, 1..=16);
    let behind_bands = bands(pack, lattice).filter_map(|band| {
        let rest = lattice.without(band.places);
        best_path(pack, &rest, &priors.of_country(band.country, band.score), rest.present..=rest.present)
    });
    behind_bands.chain(whole).max_by(f32::total_cmp)
}

fn best_path(pack: &Pack, lattice: &Lattice, priors: &Priors, lengths: RangeInclusive<usize>) -> Option<f32> {
    let mut best: Option<f32> = None;
    for chars in lengths.filter(|chars| *chars > 0) {
        for shape in &pack.shapes[pack.shapes_of(chars)] {
            let from = usize::from(shape.variants_at);
            for variant in &pack.variants[from..from + usize::from(shape.variants)] {
                let mut paths = vec![(priors.of(variant), Vec::new(), 0)];
                for place in &lattice.places {
                    paths = paths
                        .iter()
                        .flat_map(|path| extend(pack, lattice, variant, chars, place, path))
                        .collect();
                }
                let whole = paths
                    .iter()
                    .filter(|(_, text, _)| text.len() == chars && is_admitted(pack, variant, text));
                best = whole.map(|(score, _, _)| *score).chain(best).max_by(f32::total_cmp);
            }
        }
    }
    best
}

type Path = (f32, Vec<u8>, usize);

fn extend(
    pack: &Pack,
    lattice: &Lattice,
    variant: &Variant,
    chars: usize,
    place: &crate::lattice::Place,
    path: &Path,
) -> Vec<Path> {
    let (score, text, toggles) = path;
    let mut longer = Vec::new();
    let dropped = || drop_score(variant.marks, text.len(), place);
    let skip = if place.is_present { dropped() } else { place.log_absent };
    longer.push((score + skip, text.clone(), toggles + usize::from(place.is_present)));
    if text.len() < chars {
        let class = pack.classes_of(variant, chars)[text.len()];
        let gap = gap_score(variant, text.len(), place.gap);
        for candidate in lattice.candidates_of(place) {
            if pack.classes[usize::from(class)].admits(candidate.symbol) {
                let text = [text.as_slice(), &[candidate.symbol]].concat();
                longer.push((score + candidate.log + gap, text, toggles + usize::from(!place.is_present)));
            }
        }
    }
    longer.retain(|(_, _, toggles)| *toggles <= TOGGLES_MAX);
    longer
}

/// Looks every code up in the author's list and asks the format's function.
fn is_admitted(pack: &Pack, variant: &Variant, symbols: &[u8]) -> bool {
    let text: String = symbols.iter().map(|&symbol| pack.character(symbol)).collect();
    let characters: Vec<char> = text.chars().collect();
    let (_, format) = pack.format(&pack.formats[usize::from(variant.format)]).unwrap();
    let codes = pack.classes_of(variant, symbols.len()).iter().enumerate().all(|(slot, class)| {
        let class = pack.classes[usize::from(*class)];
        if class.segment == NO_SEGMENT || class.depth > 0 {
            return true;
        }
        let segment = pack.segments[usize::from(class.segment)];
        let code: String = characters[slot..slot + usize::from(segment.chars)].iter().collect();
        pack.codes(&segment).unwrap().list.iter().any(|(known, _)| *known == code)
    });
    codes && format.issued.is_none_or(|issued| issued(&text))
}

/// The text that a read gives after corrections, as the host works it out.
fn corrected(positions: &[Position], found: &Interpretation) -> String {
    let read = positions.iter().map(|position| {
        let best = position.alternatives[0].character;
        (position.absent <= 0.5 && is_text(best)).then_some(best)
    });
    let mut characters: Vec<Option<char>> = read.collect();
    for correction in &found.corrections {
        characters[correction.position as usize] = correction.character;
    }
    characters.into_iter().flatten().collect()
}

proptest! {
    #[test]
    fn nothing_is_more_probable_than_the_first_interpretation(positions in positions("B8O0HDL1I26-Ö沪京AQ", 7)) {
        let lattice = Lattice::new(&PACK, &positions).unwrap();
        let priors = Priors::new(&PACK, &["DE".to_owned()]);
        let found = search(&PACK, &lattice, &priors);
        let best = brute_force(&PACK, &lattice, &priors);
        match (found.first(), best) {
            (Some(found), Some(best)) => prop_assert!((found.score - best).abs() < 1e-3, "{} is not {best}", found.score),
            // What is less probable than an unknown format is left out.
            (None, Some(best)) => {
                let unknown = lattice.log_read + 0.02_f32.ln() - lattice.present as f32 * 36_f32.ln();
                prop_assert!(best < unknown - LOG_RATIO_MAX + 1e-3, "{best} was not found");
            }
            (Some(_), None) => prop_assert!(false, "found what is not admitted"),
            (None, None) => {}
        }
    }

    #[test]
    fn every_interpretation_is_the_read_after_its_corrections(positions in positions("B8O0HDL1I26-·Ö沪京AQ ", 10)) {
        let read = vectors::read(positions.clone(), vec![]);
        for found in check(&PACK, &read).unwrap_or_default() {
            prop_assert_eq!(corrected(&positions, &found), found.text.clone());
            prop_assert!(found.log_prior < 0.0 && found.log_prior.is_finite());
            for correction in &found.corrections {
                prop_assert!(correction.rule.starts_with(&found.format_id) && correction.rule.len() <= 120);
                let read = &positions[correction.position as usize];
                prop_assert!(correction.character != Some(read.alternatives[0].character) || read.absent > 0.5);
            }
        }
    }

    #[test]
    fn no_lattice_makes_it_panic_or_answer_out_of_range(
        rows in proptest::collection::vec(
            (proptest::collection::vec((any::<char>(), any::<f32>()), 0..12), any::<f32>()), 0..48),
        hint in proptest::collection::vec(".{0,6}", 0..20),
    ) {
        let positions = rows.iter().map(|(alternatives, absent)| position(alternatives, *absent)).collect();
        match check(&PACK, &vectors::read(positions, hint)) {
            Ok(found) => prop_assert!((1..=8).contains(&found.len()) && found.iter().all(|one| one.log_prior < 0.0)),
            Err(reason) => prop_assert!((1..=200).contains(&reason.chars().count())),
        }
    }
}

fn answer(read: &str) -> Result<Vec<Interpretation>, String> {
    check(&PACK, &vectors::read(vectors::positions(read).unwrap(), vec![]))
}

#[test]
fn a_correction_names_format_and_element() {
    let found = answer("B0-A 12").unwrap();
    assert_eq!((found[0].text.as_str(), found[0].region.as_deref()), ("BOA12", Some("Bochum")));
    assert_eq!(found[0].corrections.len(), 1);
    assert_eq!(
        (found[0].corrections[0].position, found[0].corrections[0].rule.as_str()),
        (1, "de-standard: district")
    );
    assert_eq!(found[0].corrections[0].character, Some('O'));
}

/// The first interpretation's text, and the rules of its corrections.
fn first(read: &str) -> (String, Vec<String>) {
    let found = answer(read).unwrap().swap_remove(0);
    (found.text, found.corrections.into_iter().map(|correction| correction.rule).collect())
}

#[test]
fn the_sign_on_the_band_is_left_out() {
    assert_eq!(first("DBO-AB1"), ("BOAB1".to_owned(), vec!["de-standard: band".to_owned()]));
    // An empty place between the band and the district.
    let mut positions = vectors::positions("DIBO-AB1").unwrap();
    positions[1] = position(&[('I', 0.1)], 0.9);
    let found = check(&PACK, &vectors::read(positions, vec![])).unwrap();
    assert_eq!((found[0].text.as_str(), found[0].corrections.len()), ("BOAB1", 1));
    assert!(answer("LBO-AB1").unwrap_or_default().iter().all(|found| found.text != "BOAB1"
        || !found.corrections.iter().any(|correction| correction.rule.ends_with("band"))));
}

#[test]
fn a_seal_is_left_out_where_the_pattern_has_one() {
    assert_eq!(first("HH8AB1"), ("HHAB1".to_owned(), vec!["de-standard: seal".to_owned()]));
    let elsewhere = answer("HHAB81").unwrap();
    assert!(elsewhere.iter().all(|found| found.corrections.iter().all(|one| !one.rule.ends_with("seal"))));
}

#[test]
fn a_gap_decides_where_a_code_ends() {
    assert_eq!(answer("B-OA 12").unwrap()[0].region.as_deref(), Some("Berlin"));
    assert_eq!(answer("BO-A 12").unwrap()[0].region.as_deref(), Some("Bochum"));
}

#[test]
fn other_letters_than_latin_ones_are_read() {
    let found = answer("沪A·12").unwrap();
    assert_eq!((found[0].text.as_str(), found[0].region.as_deref()), ("沪A12", Some("Shanghai")));
    assert_eq!(answer("LÖ-A 1").unwrap()[0].region, None);
}

#[test]
fn a_reason_names_the_nearest_format_and_where_it_fails() {
    assert_eq!(
        answer("WWWW").unwrap_err(),
        "no format of DE, CN fits 4 characters; nearest de-standard: position 1 is 'W', expected district"
    );
    assert_eq!(
        answer("BXX").unwrap_err(),
        "no format of DE, CN fits 3 characters; nearest de-umlaut: position 2 is 'X', expected a digit"
    );
    assert!(answer(&"W".repeat(30)).unwrap_err().starts_with("more than 24 characters"));
}

#[test]
fn what_is_not_issued_is_not_found() {
    assert!(
        answer("0 12 4")
            .unwrap()
            .iter()
            .any(|found| found.format_id == "de-diplomatic" && found.text == "0124")
    );
    assert!(answer("0 12 5").unwrap_or_default().iter().all(|found| found.text != "0125"));
}

#[test]
fn a_hint_raises_its_country_and_lowers_the_others() {
    let prior = |hint: &[&str], country: &str| {
        let hint: Vec<String> = hint.iter().map(|&code| code.to_owned()).collect();
        let variant =
            PACK.variants.iter().find(|variant| PACK.countries[usize::from(variant.country)].code == country);
        Priors::new(&PACK, &hint).of(variant.unwrap()) - variant.unwrap().log_weight
    };
    let close = |a: f32, b: f32| (a - b).abs() < 1e-3;
    assert!(close(prior(&[], "DE"), 0.5_f32.ln()));
    assert!(close(prior(&["DE"], "DE"), 0.95_f32.ln()));
    assert!(close(prior(&["DE"], "CN"), 0.03_f32.ln()));
    assert!(close(prior(&["CN", "DE"], "CN"), 0.63_f32.ln()));
    assert!(prior(&["EU"], "DE") > prior(&["EU"], "CN"));
}

#[test]
fn the_path_of_a_skipped_place_is_not_text() {
    let lattice = Lattice::new(&PACK, &vectors::positions("(I)B-A 1").unwrap()).unwrap();
    let found = search(&PACK, &lattice, &Priors::new(&PACK, &[]));
    assert!(found.iter().any(|found| found.text(&PACK) == "BA1" && found.path[0] == SKIPPED));
}
