//! Luxembourg.
//!
//! Source: règlement grand-ducal on the identification of road vehicles and the notices of the Société Nationale de
//! Circulation Automobile (SNCA): two letters and four digits since 2003 (without I and O); older and personal plates have
//! one or two letters and three or four digits, or four or five digits.

use ovr_plugin_sdk::{Country, Format, Series};

/// The formats of Luxembourg.
pub(crate) const COUNTRY: Country = Country {
    code: "LU",
    share: 0.0005,
    sets: &[("letter", "ABCDEFGHJKLMNPQRSTUVWXYZ")],
    codes: &[],
    formats: &[
        Format::new("lu-standard", "<letter><letter> ####", 0.82),
        Format::new("lu-three-digits", "<letter><letter> ###", 0.02),
        Format::new("lu-one-letter", "<letter> ####", 0.03),
        Format::new("lu-digits", "[1-9]###", 0.04),
        Format::new("lu-digits", "[1-9]####", 0.08),
        Format::new("lu-diplomatic", "CD ## ##", 0.002).series(Series::Diplomatic),
    ],
};
