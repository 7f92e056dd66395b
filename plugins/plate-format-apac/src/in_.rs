//! India.
//!
//! Sources: Central Motor Vehicles Rules 1989, rule 50 and S.O. 443(E) of 1989 with later notifications
//! (state codes), G.S.R. 594(E) of 2021 (BH series), rule 41 (trade certificates), rule 53 (temporary);
//! diplomatic and military marks after the Ministry of External Affairs and the army's own scheme. I and O
//! are left out of series letters.

use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// See the module.
pub(crate) const COUNTRY: Country = Country {
    code: "IN",
    share: 0.08,
    sets: &[("letter", "ABCDEFGHJKLMNPQRSTUVWXYZ")],
    codes: &[Codes { name: "state", list: STATES }],
    formats: &[
        Format::new("in-standard", "{state} #[1-9] <letter><letter> ####", 0.62).issued(office_and_number),
        Format::new("in-standard-tens", "{state} [1-9]0 <letter><letter> ####", 0.04)
            .issued(office_and_number),
        Format::new("in-standard-one-letter", "{state} ## <letter> ####", 0.14).issued(office_and_number),
        Format::new("in-standard-three-letters", "{state} ## <letter><letter><letter> ####", 0.02)
            .issued(office_and_number),
        // Delhi's first letter tells the class of the vehicle: C car, S two-wheeler, P bus, R
        // three-wheeler, T taxi and so on.
        Format::new("in-delhi", "DL [1-9]#? [CEGKLMNPRSTVYZ]<letter><letter> ####", 0.04)
            .region("Delhi")
            .issued(number_is_not_zero),
        // Offices 1 to 9 without a leading zero: Kerala, Gujarat, Delhi and old plates.
        Format::new("in-short-office", "{state} [1-9] <letter>?<letter>?<letter>? ####", 0.10)
            .issued(number_is_not_zero),
        Format::new("in-short-number", "{state} [1-9]#? <letter><letter>? [1-9]#?#?", 0.01),
        Format::new("in-no-letters", "{state} ## ####", 0.008).issued(office_and_number),
        Format::new("in-bharat", "2[1-9] BH #### <letter><letter>?", 0.006),
        Format::new("in-trade", "{state} ## TC ####", 0.001).series(Series::Dealer),
        // T, month and year, state, number.
        Format::new("in-temporary", "T [01]#2# {state} #### <letter><letter>?", 0.006)
            .series(Series::Temporary),
        // The country's number, the kind of mission, the vehicle's number.
        Format::new("in-diplomatic", "[1-9]#?#? C[CD] [1-9]#?#?#?", 0.0004).series(Series::Diplomatic),
        Format::new("in-united-nations", "[1-9]#?#? UN [1-9]#?#?#?", 0.0001).series(Series::Diplomatic),
        // An arrow, the year, the class, the serial and a check letter.
        Format::new("in-military", "## [A-HJ-NPR-Z] ######? [A-HJ-NP-Z]", 0.001).series(Series::Military),
    ],
};

/// Codes of the states and union territories, those that were replaced (OR, TS, UA, DN) included.
const STATES: &[(&str, &str)] = &[
    ("AN", "Andaman and Nicobar Islands"),
    ("AP", "Andhra Pradesh"),
    ("AR", "Arunachal Pradesh"),
    ("AS", "Assam"),
    ("BR", "Bihar"),
    ("CG", "Chhattisgarh"),
    ("CH", "Chandigarh"),
    ("DD", "Dadra and Nagar Haveli and Daman and Diu"),
    ("DL", "Delhi"),
    ("DN", "Dadra and Nagar Haveli"),
    ("GA", "Goa"),
    ("GJ", "Gujarat"),
    ("HP", "Himachal Pradesh"),
    ("HR", "Haryana"),
    ("JH", "Jharkhand"),
    ("JK", "Jammu and Kashmir"),
    ("KA", "Karnataka"),
    ("KL", "Kerala"),
    ("LA", "Ladakh"),
    ("LD", "Lakshadweep"),
    ("MH", "Maharashtra"),
    ("ML", "Meghalaya"),
    ("MN", "Manipur"),
    ("MP", "Madhya Pradesh"),
    ("MZ", "Mizoram"),
    ("NL", "Nagaland"),
    ("OD", "Odisha"),
    ("OR", "Odisha"),
    ("PB", "Punjab"),
    ("PY", "Puducherry"),
    ("RJ", "Rajasthan"),
    ("SK", "Sikkim"),
    ("TG", "Telangana"),
    ("TN", "Tamil Nadu"),
    ("TR", "Tripura"),
    ("TS", "Telangana"),
    ("UA", "Uttarakhand"),
    ("UK", "Uttarakhand"),
    ("UP", "Uttar Pradesh"),
    ("WB", "West Bengal"),
];

/// Numbers run from 0001 to 9999.
fn number_is_not_zero(text: &str) -> bool {
    !text.ends_with("0000")
}

/// Offices are counted from 01 as well, and small states have few.
fn office_and_number(text: &str) -> bool {
    let office = text.get(2..4).and_then(|office| office.parse().ok()).unwrap_or(0);
    let last = OFFICES_LAST.iter().find(|(state, _)| text.starts_with(state)).map_or(99, |(_, last)| *last);
    number_is_not_zero(text) && (1..=last).contains(&office)
}

/// Last numbers of the regional transport offices where there are far fewer than 99, with room for new ones.
const OFFICES_LAST: &[(&str, u8)] = &[
    ("AN", 9),
    ("AP", 49),
    ("AR", 39),
    ("AS", 49),
    ("CG", 49),
    ("CH", 9),
    ("DD", 9),
    ("DL", 29),
    ("DN", 9),
    ("GA", 19),
    ("GJ", 49),
    ("JH", 39),
    ("JK", 39),
    ("LA", 9),
    ("LD", 19),
    ("ML", 29),
    ("MN", 19),
    ("MZ", 19),
    ("NL", 19),
    ("OD", 49),
    ("OR", 49),
    ("PY", 9),
    ("SK", 19),
    ("TG", 49),
    ("TR", 19),
    ("TS", 49),
    ("UA", 29),
    ("UK", 29),
];
