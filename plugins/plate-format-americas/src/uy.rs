//! Uruguay.
//!
//! Sources: Congreso de Intendentes, SUCIVE's uniform plate (since 2001 three letters, the first of which
//! tells the department, and four digits; motorcycles have three), Ley 18.860, and the Mercosur plate of
//! 2015, which kept the texts.

use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// See the module.
pub(crate) const COUNTRY: Country = Country {
    code: "UY",
    share: 0.002,
    sets: &[],
    codes: &[Codes {
        name: "department",
        list: &[
            ("A", "Canelones"),
            ("B", "Maldonado"),
            ("C", "Rocha"),
            ("D", "Treinta y Tres"),
            ("E", "Cerro Largo"),
            ("F", "Rivera"),
            ("G", "Artigas"),
            ("H", "Salto"),
            ("I", "Paysandú"),
            ("J", "Río Negro"),
            ("K", "Soriano"),
            ("L", "Colonia"),
            ("M", "San José"),
            ("N", "Flores"),
            ("O", "Florida"),
            ("P", "Lavalleja"),
            ("Q", "Durazno"),
            ("R", "Tacuarembó"),
            ("S", "Montevideo"),
        ],
    }],
    formats: &[
        Format::new("uy-standard", "{department}@@ ####", 0.62),
        Format::new("uy-motorcycle", "{department}@@ ###", 0.36).series(Series::Motorcycle),
    ],
};
