//! Switzerland.
//!
//! Source: Verkehrszulassungsverordnung (VZV, SR 741.51), Art. 82 to 87, and the register of plates of the federal roads
//! office (ASTRA).
//!
//! The plate belongs to the keeper; numbers run from 1 in each canton. Motorcycles, trailers, agricultural (green), work
//! (blue) and exceptional (brown) vehicles carry numbers of the same form.

use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// The formats of Switzerland.
pub(crate) const COUNTRY: Country = Country {
    code: "CH",
    share: 0.005,
    sets: &[],
    codes: &[Codes { name: "canton", list: CANTONS }],
    formats: &[
        Format::new("ch-standard", "~{canton}~[1-9]#####", 0.6),
        Format::new("ch-standard", "~{canton}~[1-9]####", 0.31),
        Format::new("ch-standard", "~{canton}~[1-9]###", 0.055),
        Format::new("ch-standard", "~{canton}~[1-9]##?", 0.01),
        Format::new("ch-standard", "~{canton}~[1-9]", 0.0001),
        Format::new("ch-dealer", "~{canton}~[1-9]##?#?#? U", 0.01).series(Series::Dealer),
        // Not cleared by customs.
        Format::new("ch-temporary", "~{canton}~[1-9]###?#?#? Z", 0.002).series(Series::Temporary),
        // Corps diplomatique, consulaire, administrative and technical staff: canton, sender, number.
        Format::new("ch-diplomatic", "CD {canton} [1-9]#?#?#?#?#?", 0.002).series(Series::Diplomatic),
        Format::new("ch-consular", "CC {canton} [1-9]#?#?#?#?#?", 0.0003).series(Series::Diplomatic),
        Format::new("ch-diplomatic-staff", "AT {canton} [1-9]#?#?#?#?#?", 0.0005).series(Series::Diplomatic),
        Format::new("ch-military", "M [1-9]####?", 0.004).series(Series::Military),
    ],
};

/// The cantons.
const CANTONS: &[(&str, &str)] = &[
    ("AG", "Aargau"),
    ("AI", "Appenzell Innerrhoden"),
    ("AR", "Appenzell Ausserrhoden"),
    ("BE", "Bern"),
    ("BL", "Basel-Landschaft"),
    ("BS", "Basel-Stadt"),
    ("FR", "Fribourg"),
    ("GE", "Genève"),
    ("GL", "Glarus"),
    ("GR", "Graubünden"),
    ("JU", "Jura"),
    ("LU", "Luzern"),
    ("NE", "Neuchâtel"),
    ("NW", "Nidwalden"),
    ("OW", "Obwalden"),
    ("SG", "St. Gallen"),
    ("SH", "Schaffhausen"),
    ("SO", "Solothurn"),
    ("SZ", "Schwyz"),
    ("TG", "Thurgau"),
    ("TI", "Ticino"),
    ("UR", "Uri"),
    ("VD", "Vaud"),
    ("VS", "Valais"),
    ("ZG", "Zug"),
    ("ZH", "Zürich"),
];
