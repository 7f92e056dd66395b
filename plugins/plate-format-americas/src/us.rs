//! The United States.
//!
//! Plates are a matter of the states. Sources: each state's vehicle code or the rules of its department of
//! motor vehicles (California Vehicle Code, division 3, and the DMV's Vehicle Industry Registration
//! Procedures, appendix of plate formats; Texas Administrative Code, title 43, §217.27; New York 15 NYCRR
//! part 16; Illinois 625 ILCS 5/3-412; Florida Statutes §320.06; Alabama Code §40-12-270 for the county
//! numbers; Idaho Statutes §49-443 for the county letters), the Department of State's Office of Foreign
//! Missions for diplomatic plates and 41 CFR 102-34 for the federal fleet. Shares: Federal Highway
//! Administration, Highway Statistics 2022, table MV-1.
//!
//! A dozen states share `ABC 1234` and more share `ABC 123` or `123 ABC`: each state has its own format,
//! the scores say how probable each is, and the site's hint decides.

mod midwest;
mod northeast;
mod south;
mod state;
mod west;

use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// Plates of no one state. A chosen text does not tell its state; and of the many motifs for which states
/// issue their own short series only the shape is known.
const NATIONAL: &[Format] = &[
    // By length, because a format spreads its weight over all its texts; a word is likelier than a
    // mixture.
    Format::new("us-vanity-word", "@@@?@?", 0.002).series(Series::Vanity),
    Format::new("us-vanity-word-5", "@@@@@", 0.004).series(Series::Vanity),
    Format::new("us-vanity-word-6", "@@@@@@", 0.008).series(Series::Vanity),
    Format::new("us-vanity-word-7", "@@@@@@@", 0.010).series(Series::Vanity),
    Format::new("us-vanity-word-8", "@@@@@@@@", 0.001).series(Series::Vanity),
    Format::new("us-vanity", "***?", 0.0005).series(Series::Vanity).issued(has_a_letter),
    Format::new("us-vanity-4", "****", 0.001).series(Series::Vanity).issued(has_a_letter),
    Format::new("us-vanity-5", "*****", 0.0035).series(Series::Vanity).issued(has_a_letter),
    Format::new("us-vanity-6", "******", 0.008).series(Series::Vanity).issued(has_a_letter),
    Format::new("us-vanity-7", "*******", 0.016).series(Series::Vanity).issued(has_a_letter),
    Format::new("us-vanity-8", "********", 0.001).series(Series::Vanity).issued(has_a_letter),
    Format::new("us-specialty", "@@ ###?#?", 0.008),
    Format::new("us-specialty-digits-first", "####? @@", 0.006),
    Format::new("us-specialty-letter", "@ ####?#?", 0.004),
    Format::new("us-specialty-letter-last", "####?#? @", 0.004),
    // Agency, class of the vehicle, serial and a letter since 2008.
    Format::new("us-federal", "G## ####@", 0.002).series(Series::Official),
    // A for the secretariat of the United Nations, C consular, D diplomatic, S staff; two letters stand for
    // the state that sent.
    Format::new("us-diplomatic", "[ACDS]@@ ####", 0.0002).series(Series::Diplomatic),
];

const FORMATS_LEN: usize = west::FORMATS.len()
    + midwest::FORMATS.len()
    + south::FORMATS.len()
    + northeast::FORMATS.len()
    + NATIONAL.len();

const FORMATS: &[Format] = &crate::join::<FORMATS_LEN, 5>([
    west::FORMATS,
    midwest::FORMATS,
    south::FORMATS,
    northeast::FORMATS,
    NATIONAL,
]);

/// See the module.
pub(crate) const COUNTRY: Country = Country {
    code: "US",
    share: 0.25,
    sets: &[
        ("letter", "ABCDEFGHJKLMNPRSTUVWXYZ"),
        ("letter_no_io", "ABCDEFGHJKLMNPQRSTUVWXYZ"),
        ("letter_no_u", "ABCDEFGHJKLMNPRSTVWXYZ"),
        ("alnum_no_u", "0123456789ABCDEFGHJKLMNPRSTVWXYZ"),
        ("letter_fl", "ABCDEFGHIJKLMNPQRSTUVWXYZ"),
        ("letter_tx", "BCDFGHJKLMNPRSTVWXYZ"),
    ],
    codes: &[Codes { name: "county_id", list: COUNTIES_OF_IDAHO }],
    formats: FORMATS,
};

/// Idaho's county designators, which come before the number; the region stays the state.
const COUNTIES_OF_IDAHO: &[(&str, &str)] = &[
    ("10B", ""),
    ("1A", ""),
    ("1B", ""),
    ("1C", ""),
    ("1F", ""),
    ("1G", ""),
    ("1J", ""),
    ("1L", ""),
    ("1M", ""),
    ("1O", ""),
    ("1P", ""),
    ("1T", ""),
    ("2A", ""),
    ("2B", ""),
    ("2C", ""),
    ("2F", ""),
    ("2G", ""),
    ("2J", ""),
    ("2L", ""),
    ("2M", ""),
    ("2O", ""),
    ("2P", ""),
    ("2T", ""),
    ("3B", ""),
    ("3C", ""),
    ("3L", ""),
    ("4B", ""),
    ("4C", ""),
    ("4L", ""),
    ("5B", ""),
    ("5C", ""),
    ("6B", ""),
    ("6C", ""),
    ("7B", ""),
    ("7C", ""),
    ("8B", ""),
    ("9B", ""),
    ("E", ""),
    ("I", ""),
    ("K", ""),
    ("N", ""),
    ("S", ""),
    ("V", ""),
    ("W", ""),
];

/// Whether the two digits that `text` begins with are the number of a county.
fn number_of_county_is_in(text: &str, first: u32, last: u32) -> bool {
    text.get(..2)
        .and_then(|digits| digits.parse::<u32>().ok())
        .is_some_and(|county| (first..=last).contains(&county))
}

/// States issue no text of digits alone to those who choose; those are numbers of a series.
fn has_a_letter(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_alphabetic())
}
