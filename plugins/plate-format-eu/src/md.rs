use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// Districts of the plates of 1992 to 2015, as far as they are certain.
const DISTRICTS: &[(&str, &str)] = &[
    ("BL", "Bălți"),
    ("C", "Chișinău"),
    ("HN", "Hîncești"),
    ("K", "Chișinău"),
    ("OR", "Orhei"),
    ("UN", "Ungheni"),
];

/// Moldova. Source: Hotărârea Guvernului 1047/1999 on the state register of transport,
/// chapters on registration plates (national series without district since April 2015).
///
/// Q is not issued.
pub(crate) const COUNTRY: Country = Country {
    code: "MD",
    share: 0.0011,
    sets: &[("letter", "ABCDEFGHIJKLMNOPRSTUVWXYZ")],
    codes: &[Codes { name: "district", list: DISTRICTS }],
    formats: &[
        Format::new("md-2015", "<letter><letter><letter> ###", 0.72),
        Format::new("md-district", "{district} <letter><letter> ###", 0.24),
        Format::new("md-diplomatic", "CD ### <letter><letter>?", 0.001).series(Series::Diplomatic),
        Format::new("md-interior", "MAI ####", 0.003).series(Series::Official),
        Format::new("md-army", "FA ####", 0.002).series(Series::Military),
        Format::new("md-government", "RM [AGP] ###", 0.001).series(Series::Official),
    ],
};
