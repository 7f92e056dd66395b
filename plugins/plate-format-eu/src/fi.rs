//! Finland.
//!
//! Source: Valtioneuvoston asetus ajoneuvojen rekisteröinnistä and Traficom: three letters and one to three digits; motorcycles,
//! tractors and mopeds in two lines with two or three letters; Åland has series of its own (ÅL, ÅLA).

use ovr_plugin_sdk::{Country, Format, Series};

/// The formats of Finland.
pub(crate) const COUNTRY: Country = Country {
    code: "FI",
    share: 0.0031,
    sets: &[("letter", "ABCDEFGHIJKLMNOPRSTUVXYZ"), ("first", "ABCEFGHIJKLMNORSTUVXYZ")],
    codes: &[],
    formats: &[
        Format::new("fi-standard", "<first><letter><letter> [1-9]#?#?", 0.85),
        Format::new("fi-two-letters", "<letter><letter> [1-9]#?#?", 0.01),
        Format::new("fi-motorcycle", "<letter><letter> [1-9]###?", 0.01).series(Series::Motorcycle),
        // D, P and W are trailers.
        Format::new("fi-trailer", "[DPW]<letter><letter> [1-9]#?#?", 0.11).series(Series::Trailer),
        Format::new("fi-aland", "AL [1-9]#?#?#?#?", 0.005).region("Åland"),
        Format::new("fi-diplomatic", "CD [1-9]###?", 0.0005).series(Series::Diplomatic),
        Format::new("fi-tax-free", "C [1-9]###?#?", 0.0005).series(Series::Diplomatic),
        // Yellow transfer plates.
        Format::new("fi-transfer", "[0-9]### [A-Z]", 0.001).series(Series::Temporary),
    ],
};
