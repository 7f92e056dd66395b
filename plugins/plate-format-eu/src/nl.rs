//! The Netherlands.
//!
//! Source: Kentekenreglement and the RDW's description of the series ("sidecodes"). Three groups, one format for
//! each order of groups; since 1951 a plate tells neither place nor keeper.
//!
//! Sidecodes 1 to 3 use vowels but neither C, I, O, Q nor W, and Y only late; from sidecode 4 on vowels, C and Q are left
//! out, and Y from sidecode 5 on. Some letters stand for a kind of vehicle: B and V commercial, D and F mopeds, L and T agricultural,
//! M motorcycles, O semi-trailers, W trailers. Taxis (blue plates) carry the standard text.

use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// The formats of the Netherlands.
pub(crate) const COUNTRY: Country = Country {
    code: "NL",
    share: 0.0095,
    sets: &[
        ("early", "ABDEFGHJKLMNPRSTUVXZ"),
        ("third", "ABDEFGHJKLMNPRSTUVXYZ"),
        ("late", "BDFGHJKLMNPRSTVWXYZ"),
        ("modern", "BDFGHJKLMNPRSTVWXZ"),
    ],
    codes: &[Codes { name: "forces", list: FORCES }, Codes { name: "trade", list: TRADE }],
    formats: &[
        Format::new("nl-sidecode-1", "<early><early> ## ##", 0.004)
            .issued(is_issued)
            .series(Series::Historic),
        Format::new("nl-sidecode-2", "## ## <early><early>", 0.008)
            .issued(is_issued)
            .series(Series::Historic),
        Format::new("nl-sidecode-3", "## <third><third> ##", 0.01).issued(is_issued).series(Series::Historic),
        Format::new("nl-sidecode-4", "<late><late> ## <late><late>", 0.06).issued(is_issued),
        Format::new("nl-sidecode-5", "<modern><modern> <modern><modern> ##", 0.08).issued(is_issued),
        Format::new("nl-sidecode-6", "## <modern><modern> <modern><modern>", 0.2).issued(is_issued),
        Format::new("nl-sidecode-7", "## <modern><modern><modern> #", 0.15).issued(is_issued),
        Format::new("nl-sidecode-8", "# <modern><modern><modern> ##", 0.15).issued(is_issued),
        Format::new("nl-sidecode-9", "<modern><modern> ### <modern>", 0.16).issued(is_issued),
        Format::new("nl-sidecode-10", "<modern> ### <modern><modern>", 0.11).issued(is_issued),
        Format::new("nl-sidecode-11", "<modern><modern><modern> ## <modern>", 0.03).issued(is_issued),
        // Reserved for the years after sidecode 11, which began in 2024: none is issued yet.
        Format::new("nl-sidecode-12", "<modern> ## <modern><modern><modern>", 0.00002).issued(is_issued),
        Format::new("nl-sidecode-13", "# <modern><modern> ###", 0.00002).issued(is_issued),
        Format::new("nl-sidecode-14", "### <modern><modern> #", 0.00002).issued(is_issued),
        // Semi-trailers since 2002.
        Format::new("nl-semi-trailer", "O<modern> ## <modern><modern>", 0.01)
            .series(Series::Trailer)
            .issued(is_issued),
        // Green plates of dealers and workshops.
        Format::new("nl-trade", "{trade} ## ##", 0.002).series(Series::Dealer),
        Format::new("nl-trade", "{trade} ## <modern><modern>", 0.002).series(Series::Dealer),
        Format::new("nl-military", "{forces} ## ##", 0.003).series(Series::Military),
        Format::new("nl-royal", "AA ## #?#?", 0.0001).series(Series::Official),
        Format::new("nl-diplomatic", "CD ## ##", 0.0005).series(Series::Diplomatic),
        // The International Court of Justice.
        Format::new("nl-court", "CDJ ###", 0.0001).series(Series::Diplomatic),
    ],
};

/// Army (K and the year's letter), air force (LM), joint services (DM), navy (KX), as their plates begin.
const FORCES: &[(&str, &str)] = &[
    ("DM", ""),
    ("KL", ""),
    ("KN", ""),
    ("KP", ""),
    ("KR", ""),
    ("KS", ""),
    ("KT", ""),
    ("KU", ""),
    ("KV", ""),
    ("KX", ""),
    ("KZ", ""),
    ("LM", ""),
];

/// Light vehicles and cars, commercial vehicles, trailers, motorcycles, mopeds.
const TRADE: &[(&str, &str)] = &[
    ("FF", ""),
    ("FH", ""),
    ("HA", ""),
    ("HC", ""),
    ("HF", ""),
    ("HH", ""),
    ("HN", ""),
    ("MH", ""),
    ("OA", ""),
    ("OG", ""),
    ("OH", ""),
    ("OO", ""),
    ("WH", ""),
];

/// Groups of three letters that are left out: parties, words and organisations.
const FORBIDDEN: &[&str] =
    &["BBB", "GVD", "KKK", "KVT", "LPF", "NSB", "PKK", "PSV", "PVV", "SGP", "TBS", "VVD"];

/// Whether no group of letters is left out. SA, SD and SS stand in no group of two.
fn is_issued(text: &str) -> bool {
    let letters: Vec<&str> =
        text.split(|c: char| c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    letters.iter().all(|group| match group.len() {
        2 => !matches!(*group, "SA" | "SD" | "SS"),
        3 => !FORBIDDEN.contains(group),
        // Two groups of two stand side by side.
        4 => [group.get(..2), group.get(2..)].iter().all(|pair| !matches!(pair, Some("SA" | "SD" | "SS"))),
        _ => true,
    })
}
