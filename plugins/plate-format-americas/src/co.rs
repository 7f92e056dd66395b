//! Colombia.
//!
//! Sources: Ministerio de Transporte, Acuerdo 051 de 1993 and Resolución 5228 de 2016 (technical card of
//! the plate).

use ovr_plugin_sdk::{Country, Format, Series};

/// See the module.
pub(crate) const COUNTRY: Country = Country {
    code: "CO",
    share: 0.008,
    sets: &[],
    codes: &[],
    formats: &[
        Format::new("co-standard", "@@@ ###", 0.38),
        Format::new("co-motorcycle", "@@@ ##@", 0.55).series(Series::Motorcycle),
        Format::new("co-motorcycle-old", "@@@ ##", 0.02).series(Series::Motorcycle),
        Format::new("co-motor-tricycle", "### @@@", 0.01).series(Series::Motorcycle),
        Format::new("co-diplomatic", "[ACDO][ACDMT] ####", 0.0005).series(Series::Diplomatic),
        Format::new("co-trailer", "[RS] #####", 0.01).series(Series::Trailer),
    ],
};
