//! Peru.
//!
//! Source: Decreto Supremo 017-2008-MTC, Reglamento de Placa Única Nacional de Rodaje.

use ovr_plugin_sdk::{Country, Format, Series};

/// See the module.
pub(crate) const COUNTRY: Country = Country {
    code: "PE",
    share: 0.003,
    sets: &[("letter", "ABCDEFGHJKLMNPQRSTUVWXYZ")],
    codes: &[],
    formats: &[
        Format::new("pe-standard", "<letter>*<letter> ###", 0.50),
        Format::new("pe-motorcycle", "#### #?<letter>", 0.24).series(Series::Motorcycle),
        Format::new("pe-motorcycle-letters", "#### <letter><letter>", 0.10).series(Series::Motorcycle),
        Format::new("pe-police", "[EP][LGP][A-Z] ###", 0.004).series(Series::Official),
        Format::new("pe-diplomatic", "C[CD] ###", 0.0005).series(Series::Diplomatic),
    ],
};
