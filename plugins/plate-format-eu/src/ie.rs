//! Ireland.
//!
//! Source: Road Vehicles (Registration and Taxation) Regulations: year (two digits; since 2013 a third one for the half-year),
//! county, number. Before 2014 Limerick, Tipperary and Waterford had two codes each.

use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// The formats of Ireland.
pub(crate) const COUNTRY: Country = Country {
    code: "IE",
    share: 0.0021,
    sets: &[],
    codes: &[Codes { name: "county", list: COUNTIES }],
    formats: &[
        // 131 (January to June 2013) onwards.
        Format::new("ie-standard", "[1-4]#[12] {county} [1-9]####", 0.4).issued(is_half_year),
        Format::new("ie-standard", "[1-4]#[12] {county} [1-9]###", 0.24).issued(is_half_year),
        Format::new("ie-standard", "[1-4]#[12] {county} [1-9]#?#?", 0.1).issued(is_half_year),
        Format::new("ie-1987", "[089]# {county} [1-9]#####", 0.005).issued(is_year),
        Format::new("ie-1987", "[089]# {county} [1-9]####", 0.1).issued(is_year),
        Format::new("ie-1987", "[089]# {county} [1-9]#?#?#?", 0.08).issued(is_year),
        Format::new("ie-1987", "1[0-2] {county} [1-9]####", 0.025),
        Format::new("ie-1987", "1[0-2] {county} [1-9]#?#?#?", 0.025),
        // Imported vehicles of more than thirty years, by choice.
        Format::new("ie-historic", "ZV [1-9]#?#?#?#?", 0.005).series(Series::Historic),
        Format::new("ie-temporary", "ZZ [1-9]####?", 0.002).series(Series::Temporary),
        Format::new("ie-diplomatic", "[1-4]#[12] CD [1-9]#?#?#?", 0.0005).series(Series::Diplomatic),
    ],
};

/// Counties and cities.
const COUNTIES: &[(&str, &str)] = &[
    ("C", "Cork"),
    ("CE", "Clare"),
    ("CN", "Cavan"),
    ("CW", "Carlow"),
    ("D", "Dublin"),
    ("DL", "Donegal"),
    ("G", "Galway"),
    ("KE", "Kildare"),
    ("KK", "Kilkenny"),
    ("KY", "Kerry"),
    ("L", "Limerick"),
    ("LD", "Longford"),
    ("LH", "Louth"),
    ("LK", "County Limerick"),
    ("LM", "Leitrim"),
    ("LS", "Laois"),
    ("MH", "Meath"),
    ("MN", "Monaghan"),
    ("MO", "Mayo"),
    ("OY", "Offaly"),
    ("RN", "Roscommon"),
    ("SO", "Sligo"),
    ("T", "Tipperary"),
    ("TN", "Tipperary North"),
    ("TS", "Tipperary South"),
    ("W", "Waterford"),
    ("WD", "County Waterford"),
    ("WH", "Westmeath"),
    ("WW", "Wicklow"),
    ("WX", "Wexford"),
];

/// Whether the first two digits are a year from 2013 on.
fn is_half_year(text: &str) -> bool {
    text.get(..2).is_some_and(|year| year >= "13")
}

/// Whether the first two digits are a year of 1987 to 1999 or 2000 to 2009.
fn is_year(text: &str) -> bool {
    text.get(..2).is_some_and(|year| !("10".."87").contains(&year))
}
