//! United Kingdom.
//!
//! Source: Road Vehicles (Display of Registration Marks) Regulations 2001, DVLA leaflet INF104, and the registration of
//! Northern Ireland; diplomatic and forces' marks after the same regulations.
//!
//! Current (since September 2001): memory tag, age identifier (year from March on; year plus 50 from September on), three
//! letters without I and Q. Earlier: prefix (1983 to 2001), suffix (1963 to 1983), dateless, all of which may be transferred to a
//! newer vehicle.

mod tags;

use ovr_plugin_sdk::{Codes, Country, Format, Series};

use tags::TAGS;

/// The formats of the United Kingdom.
pub(crate) const COUNTRY: Country = Country {
    code: "GB",
    share: 0.034,
    sets: &[
        ("letter", "ABCDEFGHJKLMNOPRSTUVWXYZ"),
        // Area letters before 2001; Z is Northern Ireland's.
        ("area", "ABCDEFGHJKLMNOPRSTUVWXY"),
        ("year", "ABCDEFGHJKLMNPRSTVWXY"),
    ],
    codes: &[Codes { name: "tag", list: TAGS }, Codes { name: "ni", list: NORTHERN_IRELAND }],
    formats: &[
        Format::new("gb-current", "{tag} [0-8]# <letter><letter><letter>", 0.86).issued(is_age_known),
        // Personal export.
        Format::new("gb-export", "X[A-F] [0-8]# <letter><letter><letter>", 0.0005)
            .series(Series::Temporary)
            .issued(is_age_known),
        Format::new("gb-prefix", "<year> [1-9]#?#? <area><area><area>", 0.06),
        Format::new("gb-suffix", "<area><area><area> [1-9]#?#? <year>", 0.015),
        // Kits and vehicles of unknown age.
        Format::new("gb-unknown-age", "Q [1-9]#?#? <area><area><area>", 0.001).series(Series::Other),
        Format::new("gb-northern-ireland", "<letter>{ni} [1-9]#?#?#?", 0.03),
        Format::new("gb-northern-ireland", "{ni} [1-9]#?#?#?", 0.001),
        Format::new("gb-dateless", "<area><area><area> [1-9]#?#?", 0.006).series(Series::Vanity),
        Format::new("gb-dateless", "[1-9]#?#? <area><area><area>", 0.005).series(Series::Vanity),
        Format::new("gb-dateless", "<area><area>? [1-9]#?#?#?", 0.005).series(Series::Vanity),
        Format::new("gb-dateless", "[1-9]#?#?#? <area><area>?", 0.005).series(Series::Vanity),
        // Red on white, in the trade: five digits since 2015.
        Format::new("gb-trade", "#####", 0.0005).series(Series::Dealer),
        // State, D (diplomats) or X (staff of organisations), number.
        Format::new("gb-diplomatic", "[1-9]## D ###", 0.0002).series(Series::Diplomatic),
        Format::new("gb-diplomatic-staff", "[1-9]## X ###", 0.0002).series(Series::Diplomatic),
        Format::new("gb-military", "## <area><area> ##", 0.0005).series(Series::Military),
        Format::new("gb-military-letters", "<area><area> ## <area><area>", 0.0005).series(Series::Military),
    ],
};

/// The second and third letter in Northern Ireland, with the county or town.
const NORTHERN_IRELAND: &[(&str, &str)] = &[
    ("AZ", "Belfast"),
    ("BZ", "County Down"),
    ("CZ", "Belfast"),
    ("DZ", "County Antrim"),
    ("EZ", "Belfast"),
    ("FZ", "Belfast"),
    ("GZ", "Belfast"),
    ("HZ", "County Tyrone"),
    ("IA", "County Antrim"),
    ("IB", "County Armagh"),
    ("IG", "County Fermanagh"),
    ("IJ", "County Down"),
    ("IL", "County Fermanagh"),
    ("IW", "County Londonderry"),
    ("JI", "County Tyrone"),
    ("JZ", "County Down"),
    ("KZ", "County Antrim"),
    ("LZ", "County Armagh"),
    ("MZ", "Belfast"),
    ("NZ", "County Londonderry"),
    ("OI", "Belfast"),
    ("OZ", "Belfast"),
    ("PZ", "Belfast"),
    ("RZ", "County Antrim"),
    ("SZ", "County Down"),
    ("TZ", "Belfast"),
    ("UI", "Derry"),
    ("UZ", "Belfast"),
    ("VZ", "County Tyrone"),
    ("WZ", "Belfast"),
    ("XI", "Belfast"),
    ("XZ", "County Armagh"),
    ("YZ", "County Londonderry"),
];

/// Whether the age identifier was issued or will be within the next years: 02 to 34 in March, 51 to 84 in September.
fn is_age_known(text: &str) -> bool {
    text.get(2..4).is_some_and(|age| ("02"..="34").contains(&age) || ("51"..="84").contains(&age))
}
