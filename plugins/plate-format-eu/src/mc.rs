//! Monaco.
//!
//! Source: sovereign ordinance on road traffic (Code de la route) and the notices of the Service des Titres de Circulation.
//! Cars carry four characters, motorcycles three to four, trailers and historic vehicles alike; one is a letter.

use ovr_plugin_sdk::{Country, Format, Series};

/// The formats of Monaco.
pub(crate) const COUNTRY: Country = Country {
    code: "MC",
    share: 0.00003,
    sets: &[("letter", "ABCDEFGHJKLMNPQRSTUVWXYZ")],
    codes: &[],
    formats: &[
        Format::new("mc-standard", "<letter>###", 0.3),
        Format::new("mc-standard", "#<letter>##", 0.25),
        Format::new("mc-standard", "##<letter>#", 0.2),
        Format::new("mc-standard", "###<letter>", 0.15),
        Format::new("mc-motorcycle", "[A-HJ-NP-Z]##", 0.05).series(Series::Motorcycle),
    ],
};
