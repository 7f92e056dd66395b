//! Jersey.
//!
//! Source: Motor Vehicle Registration (Jersey) Order 1993: J and a number of up to six digits. EJ is lent to visitors and
//! vehicles not yet registered.

use ovr_plugin_sdk::{Country, Format, Series};

/// The formats of Jersey.
pub(crate) const COUNTRY: Country = Country {
    code: "JE",
    share: 0.0001,
    sets: &[],
    codes: &[],
    formats: &[
        Format::new("je-standard", "J [1-9]#####", 0.5),
        Format::new("je-standard", "J [1-9]####", 0.38),
        Format::new("je-standard", "J [1-9]#?#?#?", 0.1),
        Format::new("je-temporary", "EJ [1-9]#?#?#?#?", 0.005).series(Series::Temporary),
    ],
};
