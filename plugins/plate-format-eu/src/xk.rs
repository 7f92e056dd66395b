use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// Regions.
const REGIONS: &[(&str, &str)] = &[
    ("01", "Pristina"),
    ("02", "Mitrovica"),
    ("03", "Peja"),
    ("04", "Prizren"),
    ("05", "Ferizaj"),
    ("06", "Gjilan"),
    ("07", "Gjakova"),
];

/// Kosovo. Source: Udhëzim administrativ of the Ministry of Internal Affairs on the registration of vehicles (since 2011).
///
/// Only letters that the Albanian and the Serbian alphabet share in Latin script; Q and W are left out.
pub(crate) const COUNTRY: Country = Country {
    code: "XK",
    share: 0.0005,
    sets: &[("letter", "ABCDEFGHIJKLMNOPRSTUVXYZ")],
    codes: &[Codes { name: "region", list: REGIONS }],
    formats: &[
        Format::new("xk-2011", "{region} ### <letter><letter>", 0.94),
        Format::new("xk-official", "{region} ### ##", 0.004).series(Series::Official),
        Format::new("xk-diplomatic", "## ### CD", 0.001).series(Series::Diplomatic),
    ],
};
