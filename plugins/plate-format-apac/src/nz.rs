//! New Zealand.
//!
//! Source: Land Transport (Motor Vehicle Registration and Licensing) Regulations 2011 and Waka Kotahi's
//! list of plate types.

use ovr_plugin_sdk::{Country, Format, Series};

/// See the module.
pub(crate) const COUNTRY: Country = Country {
    code: "NZ",
    share: 0.003,
    sets: &[("letter", "ABCDEFGHJKLMNPQRSTUVWXYZ")],
    codes: &[],
    formats: &[
        // I, O and V are left out of the third place only in part; the table admits them all.
        Format::new("nz-standard", "[A-HJ-NP-R]@@ ###", 0.74),
        Format::new("nz-standard-1964", "@@ ####?", 0.10).chars_min(5),
        Format::new("nz-trailer", "[A-HJ-NP-Z] ###@", 0.06).series(Series::Trailer),
        Format::new("nz-trailer-digits", "#### [A-Z]", 0.02).series(Series::Trailer),
        Format::new("nz-motorcycle", "[A-F]#@@@", 0.03).series(Series::Motorcycle),
        Format::new("nz-motorcycle-old", "##?@@@", 0.01).series(Series::Motorcycle),
        Format::new("nz-trade", "X###@?", 0.002).series(Series::Dealer),
        Format::new("nz-diplomatic", "[CDF]C #?###?", 0.0003).series(Series::Diplomatic),
        Format::new("nz-personalised-word", "@@@?@?@?@?", 0.01).series(Series::Vanity),
        Format::new("nz-personalised", "***?*?*?*?", 0.02).series(Series::Vanity),
    ],
};
