//! Chile.
//!
//! Sources: Decreto Supremo 53/1984 (two letters, four digits), Decreto 100/2007 (four consonants, two
//! digits; vowels, M, N, Ñ and Q are left out), Registro Civil e Identificación on motorcycles.

use ovr_plugin_sdk::{Country, Format, Series};

/// See the module.
pub(crate) const COUNTRY: Country = Country {
    code: "CL",
    share: 0.005,
    sets: &[("consonant", "BCDFGHJKLPRSTVWXYZ")],
    codes: &[],
    formats: &[
        Format::new("cl-standard", "<consonant><consonant> <consonant><consonant> ##", 0.66),
        Format::new("cl-five-letters", "<consonant><consonant> <consonant><consonant> <consonant>#", 0.02),
        Format::new("cl-two-letters", "@@ ## ##", 0.22),
        Format::new("cl-motorcycle", "<consonant><consonant> <consonant> 0##", 0.05)
            .series(Series::Motorcycle),
        Format::new("cl-motorcycle-old", "@@ 0?###", 0.01).series(Series::Motorcycle),
        Format::new("cl-diplomatic", "CD ####", 0.0005).series(Series::Diplomatic),
        Format::new("cl-police", "[MRZ] ####", 0.001).series(Series::Official),
    ],
};
