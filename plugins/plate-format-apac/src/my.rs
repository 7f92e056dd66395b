//! Malaysia.
//!
//! Source: Motor Vehicles (Registration and Licensing) Rules 1959 and the Road Transport Department's (JPJ)
//! list of series. Numbers have no leading zero; I, O and (as a suffix or second letter) Z are left out of
//! the series.

use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// See the module.
pub(crate) const COUNTRY: Country = Country {
    code: "MY",
    share: 0.012,
    sets: &[("letter", "ABCDEFGHJKLMNPQRSTUVWXY")],
    codes: &[
        Codes {
            name: "state",
            list: &[
                ("A", "Perak"),
                ("B", "Selangor"),
                ("C", "Pahang"),
                ("D", "Kelantan"),
                ("F", "Putrajaya"),
                ("J", "Johor"),
                ("K", "Kedah"),
                ("KV", "Langkawi"),
                ("L", "Labuan"),
                ("M", "Malacca"),
                ("N", "Negeri Sembilan"),
                ("P", "Penang"),
                ("R", "Perlis"),
                ("T", "Terengganu"),
                ("V", "Kuala Lumpur"),
                ("W", "Kuala Lumpur"),
            ],
        },
        Codes { name: "borneo", list: BORNEO },
        Codes {
            name: "taxi",
            list: &[
                ("HA", "Perak"),
                ("HB", "Selangor"),
                ("HC", "Pahang"),
                ("HD", "Kelantan"),
                ("HJ", "Johor"),
                ("HK", "Kedah"),
                ("HM", "Malacca"),
                ("HN", "Negeri Sembilan"),
                ("HP", "Penang"),
                ("HR", "Perlis"),
                ("HT", "Terengganu"),
                ("HW", "Kuala Lumpur"),
            ],
        },
    ],
    formats: &[
        Format::new("my-standard", "{state}<letter><letter> [1-9]#?#?#?", 0.72),
        // At most 240,000 plates a state, which all but the smallest states had used up before 2000.
        Format::new("my-standard-two", "{state}<letter> [1-9]#?#?#?", 0.02),
        Format::new("my-standard-one", "{state} [1-9]#?#?#?", 0.0005),
        // Kuala Lumpur's series came to an end twice and went on with a letter behind the number.
        Format::new("my-suffix", "W [1-9]#?#?#? <letter>", 0.02).region("Kuala Lumpur"),
        Format::new("my-suffix-two", "W<letter> [1-9]#?#?#? <letter>", 0.06).region("Kuala Lumpur"),
        Format::new("my-borneo", "{borneo}<letter>? [1-9]#?#?#?", 0.06),
        Format::new("my-borneo-suffix", "{borneo}<letter>? [1-9]#?#?#? <letter>", 0.06),
        Format::new("my-taxi", "{taxi}<letter>? [1-9]#?#?#?", 0.006).series(Series::Taxi),
        Format::new("my-military", "Z<letter>?<letter>? [1-9]#?#?#?", 0.003).series(Series::Military),
        Format::new("my-diplomatic", "[1-9]#?#? [1-9]#? [CDUP][CNA]", 0.0002)
            .series(Series::Diplomatic)
            .issued(is_mission),
    ],
};

/// Sabah and Sarawak: a letter for the state and one for the division.
const BORNEO: &[(&str, &str)] = &[
    ("QA", "Sarawak"),
    ("QB", "Sarawak"),
    ("QC", "Sarawak"),
    ("QD", "Sarawak"),
    ("QK", "Sarawak"),
    ("QL", "Sarawak"),
    ("QM", "Sarawak"),
    ("QP", "Sarawak"),
    ("QR", "Sarawak"),
    ("QS", "Sarawak"),
    ("QT", "Sarawak"),
    ("SA", "Sabah"),
    ("SB", "Sabah"),
    ("SD", "Sabah"),
    ("SJ", "Sabah"),
    ("SK", "Sabah"),
    ("SL", "Sabah"),
    ("SM", "Sabah"),
    ("SS", "Sabah"),
    ("ST", "Sabah"),
    ("SU", "Sabah"),
    ("SW", "Sabah"),
    ("SY", "Sabah"),
];

/// Diplomats, consuls, the United Nations and other international organisations.
fn is_mission(text: &str) -> bool {
    ["DC", "CC", "UN", "PA"].iter().any(|mission| text.ends_with(mission))
}
