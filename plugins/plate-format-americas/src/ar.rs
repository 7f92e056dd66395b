//! Argentina.
//!
//! Sources: Decreto 779/95 (three letters, three digits, since 1995), Resolución GMC 33/14 and Disposición
//! DNRPA 275/2015 (the Mercosur plate, since 2016), Decreto-Ley 6582/58 with the province letters of the
//! plates before 1995.

use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// See the module.
pub(crate) const COUNTRY: Country = Country {
    code: "AR",
    share: 0.013,
    sets: &[],
    codes: &[Codes {
        name: "province",
        list: &[
            ("A", "Salta"),
            ("B", "Buenos Aires"),
            ("C", "Ciudad de Buenos Aires"),
            ("D", "San Luis"),
            ("E", "Entre Ríos"),
            ("F", "La Rioja"),
            ("G", "Santiago del Estero"),
            ("H", "Chaco"),
            ("J", "San Juan"),
            ("K", "Catamarca"),
            ("L", "La Pampa"),
            ("M", "Mendoza"),
            ("N", "Misiones"),
            ("P", "Formosa"),
            ("Q", "Neuquén"),
            ("R", "Río Negro"),
            ("S", "Santa Fe"),
            ("T", "Tucumán"),
            ("U", "Chubut"),
            ("V", "Tierra del Fuego"),
            ("W", "Corrientes"),
            ("X", "Córdoba"),
            ("Y", "Jujuy"),
            ("Z", "Santa Cruz"),
        ],
    }],
    formats: &[
        // The first letter is still A.
        Format::new("ar-mercosur", "A@ ### @@", 0.32),
        // AAA to PPZ before the Mercosur plate came; R, S and T were for vehicles registered before and for
        // replacements.
        Format::new("ar-standard", "[A-T]@@ ###", 0.46),
        Format::new("ar-mercosur-motorcycle", "A ### @@@", 0.10).series(Series::Motorcycle),
        Format::new("ar-motorcycle", "### @@@", 0.09).series(Series::Motorcycle),
        Format::new("ar-trailer", "101 @@@ ###", 0.002).series(Series::Trailer),
        Format::new("ar-diplomatic", "[DCM] ### @@@", 0.0005).series(Series::Diplomatic),
        Format::new("ar-province-1964", "{province} ######", 0.001),
        Format::new("ar-province-1964-million", "[BC] [1-2]######", 0.0005),
    ],
};
