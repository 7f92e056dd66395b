//! Norway.
//!
//! Source: forskrift om bruk av kjøretøy, chapter 2, and Statens vegvesen: two letters (without G, I, M, O, Q, Å, Æ, Ø) and
//! five digits, four on motorcycles, trailers and tractors. E as the first letter: electric and other new drives.

use ovr_plugin_sdk::{Country, Format, Series};

/// The formats of Norway.
pub(crate) const COUNTRY: Country = Country {
    code: "NO",
    share: 0.0031,
    sets: &[("letter", "ABCDEFHJKLNPRSTUVWXYZ"), ("first", "ABCDFHJKLNPRSTUVWXYZ")],
    codes: &[],
    formats: &[
        Format::new("no-standard", "<first><letter>~[1-9]####", 0.73),
        Format::new("no-electric", "E[BCDEFHJKLNPRSTUV]~[1-9]####", 0.16).series(Series::Electric),
        Format::new("no-gas", "GA [1-9]####", 0.001),
        Format::new("no-four-digits", "<letter><letter> [1-9]###", 0.09).series(Series::Motorcycle),
        Format::new("no-diplomatic", "CD ## ###", 0.0005).series(Series::Diplomatic),
    ],
};
