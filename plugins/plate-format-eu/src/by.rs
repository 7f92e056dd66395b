use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// The digit at the end.
const REGIONS: &[(&str, &str)] = &[
    ("1", "Brest Region"),
    ("2", "Vitebsk Region"),
    ("3", "Gomel Region"),
    ("4", "Grodno Region"),
    ("5", "Minsk Region"),
    ("6", "Mogilev Region"),
    ("7", "Minsk"),
];

/// Belarus. Source: standard STB 914-99 with its changes of 2004 and later.
///
/// Only letters that the Cyrillic and the Latin alphabet share: A B C E H I K M O P T X.
pub(crate) const COUNTRY: Country = Country {
    code: "BY",
    share: 0.003,
    sets: &[("letter", "ABCEHIKMOPTX")],
    codes: &[Codes { name: "region", list: REGIONS }],
    formats: &[
        Format::new("by-car", "#### <letter><letter> {region}", 0.80),
        Format::new("by-lorry", "<letter><letter> #### {region}", 0.10),
        Format::new("by-trailer", "<letter> #### <letter> {region}", 0.04).series(Series::Trailer),
        Format::new("by-electric", "E ### <letter><letter> {region}", 0.02).series(Series::Electric),
        Format::new("by-taxi", "# T<letter><letter> ####", 0.01).series(Series::Taxi),
        Format::new("by-diplomatic", "C[CD] #### {region}", 0.001).series(Series::Diplomatic),
    ],
};
