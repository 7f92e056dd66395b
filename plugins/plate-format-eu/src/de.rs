//! Germany.
//!
//! Source: Fahrzeug-Zulassungsverordnung (FZV) with Anlagen 1 to 4 (districts, authorities, recognition numbers, special
//! plates); Auslandsfahrzeuge and diplomatic numbers after the same ordinance.
//!
//! A plate has at most eight characters in all, the `E` (electric) or `H` (historic) at its end included. Seasonal plates show
//! two months behind the number; these belong to no plate text. Taxis, trailers, tax-exempt vehicles (green) and
//! motorcycles carry the standard text.

mod districts;

use ovr_plugin_sdk::{Codes, Country, Format, Series};

use districts::DISTRICTS;

/// The formats of Germany.
pub(crate) const COUNTRY: Country = Country {
    code: "DE",
    share: 0.044,
    sets: &[],
    codes: &[
        Codes { name: "district1", list: &DISTRICTS_1 },
        Codes { name: "district2", list: &DISTRICTS_2 },
        Codes { name: "district3", list: &DISTRICTS_3 },
        Codes { name: "land", list: LANDS },
        Codes { name: "federal", list: FEDERAL },
    ],
    formats: &[
        // Large cities have a code of one letter and need two letters and four digits; elsewhere keepers choose letters and
        // number, so short ones are far more frequent than chance would have it.
        standard("{district1}~@@ [1-9]###", 0.085).issued(are_letters_issued),
        standard("{district1}~@@ [1-9]##", 0.025).issued(are_letters_issued),
        standard("{district1}~@@ [1-9]#?", 0.004).issued(are_letters_issued),
        standard("{district1}~@ [1-9]###", 0.008),
        standard("{district1}~@ [1-9]#?#?", 0.003),
        standard("{district2}~@@ [1-9]###", 0.2).issued(are_letters_issued),
        standard("{district2}~@@ [1-9]##", 0.16).issued(are_letters_issued),
        standard("{district2}~@@ [1-9]#", 0.05).issued(are_letters_issued),
        standard("{district2}~@@ [1-9]", 0.007).issued(are_letters_issued),
        standard("{district2}~@ [1-9]###", 0.055),
        standard("{district2}~@ [1-9]##", 0.045),
        standard("{district2}~@ [1-9]#?", 0.016),
        standard("{district3}~@@ [1-9]##", 0.12).issued(are_letters_issued),
        standard("{district3}~@@ [1-9]#", 0.05).issued(are_letters_issued),
        standard("{district3}~@@ [1-9]", 0.008).issued(are_letters_issued),
        standard("{district3}~@ [1-9]###", 0.03),
        standard("{district3}~@ [1-9]##", 0.04),
        standard("{district3}~@ [1-9]#?", 0.014),
        electric("{district1}~@@ [1-9]## E", 0.005).issued(are_letters_issued),
        electric("{district1}~@@ [1-9]### E", 0.003).issued(are_letters_issued),
        electric("{district1}~@@ [1-9]#? E", 0.001).issued(are_letters_issued),
        electric("{district1}~@ [1-9]##?#? E", 0.001),
        electric("{district2}~@@ [1-9]## E", 0.013).issued(are_letters_issued),
        electric("{district2}~@@ [1-9]#? E", 0.004).issued(are_letters_issued),
        electric("{district2}~@ [1-9]##?#? E", 0.006),
        electric("{district3}~@@ [1-9]#? E", 0.005).issued(are_letters_issued),
        electric("{district3}~@ [1-9]#?#? E", 0.003),
        historic("{district1}~@@ [1-9]#?#? H", 0.0012).issued(are_letters_issued),
        historic("{district2}~@@ [1-9]#?#? H", 0.003).issued(are_letters_issued),
        historic("{district2}~@ [1-9]##?#? H", 0.003),
        historic("{district3}~@@ [1-9]#? H", 0.002).issued(are_letters_issued),
        historic("{district3}~@ [1-9]#?#? H", 0.0015),
        // Red: 06 for dealers and workshops, 05 for inspectors, 07 for collectors.
        dealer("{district1}~0[56] ##?#?#?", 0.0005),
        dealer("{district2}~0[56] ##?#?#?", 0.0015),
        dealer("{district3}~0[56] ##?#?", 0.001),
        Format::new("de-historic-red", "{district1}~07 ##?#?#?", 0.0002).series(Series::Historic),
        Format::new("de-historic-red", "{district2}~07 ##?#?#?", 0.0005).series(Series::Historic),
        Format::new("de-historic-red", "{district3}~07 ##?#?", 0.0003).series(Series::Historic),
        // Five days, with a yellow strip.
        temporary("de-short-term", "{district1}~0[34] ##?#?#?", 0.0002),
        temporary("de-short-term", "{district2}~0[34] ##?#?#?", 0.0005),
        temporary("de-short-term", "{district3}~0[34] ##?#?", 0.0003),
        // With a red strip: the letter stands behind the number.
        temporary("de-export", "{district1}~[1-9]##?#? [A-DFGI-Z]", 0.0004),
        temporary("de-export", "{district2}~[1-9]##?#? [A-DFGI-Z]", 0.0012),
        temporary("de-export", "{district3}~[1-9]##? [A-DFGI-Z]", 0.0006),
        official("de-official", "{district1}~[1-8]##?#?#?", 0.0004),
        official("de-official", "{district2}~[1-8]##?#?#?", 0.0014),
        official("de-official", "{district3}~[1-8]##?#?", 0.001),
        official("de-official-land", "{land}~[1-9]#?#?#?#?", 0.0015),
        official("de-official-federal", "{federal} [1-9]#?#?#?#?#?", 0.001),
        // Consuls: 9, 90 to 99, 900 to 999 and so on, in the district of the consulate.
        Format::new("de-consular", "{district1}~9##?#?#?", 0.0002).series(Series::Diplomatic),
        Format::new("de-consular", "{district2}~9##?#?#?", 0.0001).series(Series::Diplomatic),
        // 0, the number of the state or organisation (10 upwards), the vehicle's number, a letter for some staff.
        Format::new("de-diplomatic", "0 [1-9]##? [1-9]#?#? A?", 0.0002)
            .chars_min(4)
            .series(Series::Diplomatic),
        Format::new("de-military", "Y [1-9]#####?", 0.001).chars_min(6).series(Series::Military),
        Format::new("de-nato", "X [1-9]###", 0.0001).series(Series::Military),
        // The insurance year's plate of mopeds and scooters.
        Format::new("de-insurance", "[1-9]## @@@", 0.015).series(Series::Motorcycle),
    ],
};

const fn standard(pattern: &'static str, weight: f32) -> Format {
    Format::new("de-standard", pattern, weight)
}

const fn electric(pattern: &'static str, weight: f32) -> Format {
    Format::new("de-electric", pattern, weight).series(Series::Electric)
}

const fn historic(pattern: &'static str, weight: f32) -> Format {
    Format::new("de-historic", pattern, weight).series(Series::Historic)
}

const fn dealer(pattern: &'static str, weight: f32) -> Format {
    Format::new("de-dealer", pattern, weight).series(Series::Dealer)
}

const fn temporary(id: &'static str, pattern: &'static str, weight: f32) -> Format {
    Format::new(id, pattern, weight).series(Series::Temporary)
}

const fn official(id: &'static str, pattern: &'static str, weight: f32) -> Format {
    Format::new(id, pattern, weight).series(Series::Official)
}

/// The districts whose code has `chars` characters; `N` of them, which the compiler checks.
#[expect(
    clippy::indexing_slicing,
    reason = "runs while compiling, where an index out of bounds is a compile error"
)]
const fn districts<const N: usize>(chars: usize) -> [(&'static str, &'static str); N] {
    let mut found = [("", ""); N];
    let (mut row, mut at) = (0, 0);
    while row < DISTRICTS.len() {
        if DISTRICTS[row].0.len() == chars {
            found[at] = DISTRICTS[row];
            at += 1;
        }
        row += 1;
    }
    assert!(at == N);
    found
}

/// How many districts have a code of `chars` characters.
#[expect(
    clippy::indexing_slicing,
    reason = "runs while compiling, where an index out of bounds is a compile error"
)]
const fn count(chars: usize) -> usize {
    let (mut row, mut count) = (0, 0);
    while row < DISTRICTS.len() {
        if DISTRICTS[row].0.len() == chars {
            count += 1;
        }
        row += 1;
    }
    count
}

const DISTRICTS_1: [(&str, &str); count(1)] = districts(1);
const DISTRICTS_2: [(&str, &str); count(2)] = districts(2);
const DISTRICTS_3: [(&str, &str); count(3)] = districts(3);

/// Governments, parliaments and police of the states.
const LANDS: &[(&str, &str)] = &[
    ("BBL", "Brandenburg"),
    ("BWL", "Baden-Württemberg"),
    ("BYL", "Bayern"),
    ("HEL", "Hessen"),
    ("LSA", "Sachsen-Anhalt"),
    ("LSN", "Sachsen"),
    ("MVL", "Mecklenburg-Vorpommern"),
    ("NL", "Niedersachsen"),
    ("NRW", "Nordrhein-Westfalen"),
    ("RPL", "Rheinland-Pfalz"),
    ("SAL", "Saarland"),
    ("SH", "Schleswig-Holstein"),
    ("THL", "Thüringen"),
];

/// Bundestag, Bundesrat and ministries (BD), federal police (BP, formerly BG), waterways (BW), technical relief (THW).
const FEDERAL: &[(&str, &str)] = &[("BD", ""), ("BG", ""), ("BP", ""), ("BW", ""), ("THW", "")];

/// Letters between district and number that no authority issues (FZV: against good morals).
const FORBIDDEN: &[&str] = &["HJ", "KZ", "NS", "SA", "SS"];

/// Whether the two letters before the number are none of those.
fn are_letters_issued(text: &str) -> bool {
    let letters = text.find(|c: char| c.is_ascii_digit()).and_then(|end| text.get(end.checked_sub(2)?..end));
    letters.is_none_or(|pair| !FORBIDDEN.contains(&pair))
}
