//! Liechtenstein.
//!
//! Source: Verordnung über die Zulassung von Personen und Fahrzeugen zum Strassenverkehr (VZV, LGBl.): FL and a number of up
//! to five digits, which belongs to the keeper.

use ovr_plugin_sdk::{Country, Format, Series};

/// The formats of Liechtenstein.
pub(crate) const COUNTRY: Country = Country {
    code: "LI",
    share: 0.00004,
    sets: &[],
    codes: &[],
    formats: &[
        Format::new("li-standard", "FL~[1-9]#?#?#?#?", 0.97),
        Format::new("li-dealer", "FL~[1-9]#?#?#?#? U", 0.01).series(Series::Dealer),
    ],
};
