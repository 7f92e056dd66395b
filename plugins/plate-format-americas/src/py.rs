//! Paraguay.
//!
//! Sources: Dirección del Registro de Automotores, Ley 2405/04 (three letters, three digits) and Acordada
//! 1309/2019 of the Corte Suprema de Justicia (the Mercosur plate: four letters, three digits; motorcycles
//! the other way round).

use ovr_plugin_sdk::{Country, Format, Series};

/// See the module.
pub(crate) const COUNTRY: Country = Country {
    code: "PY",
    share: 0.001,
    sets: &[],
    codes: &[],
    formats: &[
        Format::new("py-standard", "@@@ ###", 0.50),
        Format::new("py-mercosur", "@@@@ ###", 0.26),
        Format::new("py-motorcycle", "### @@@", 0.12).series(Series::Motorcycle),
        Format::new("py-mercosur-motorcycle", "### @@@@", 0.10).series(Series::Motorcycle),
    ],
};
