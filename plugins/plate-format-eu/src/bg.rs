use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// Provinces.
const PROVINCES: &[(&str, &str)] = &[
    ("A", "Burgas"),
    ("B", "Varna"),
    ("BH", "Vidin"),
    ("BP", "Vratsa"),
    ("BT", "Veliko Tarnovo"),
    ("C", "Sofia"),
    ("CA", "Sofia"),
    ("CB", "Sofia"),
    ("CC", "Silistra"),
    ("CH", "Sliven"),
    ("CM", "Smolyan"),
    ("CO", "Sofia Province"),
    ("CT", "Stara Zagora"),
    ("E", "Blagoevgrad"),
    ("EB", "Gabrovo"),
    ("EH", "Pleven"),
    ("H", "Shumen"),
    ("K", "Kardzhali"),
    ("KH", "Kyustendil"),
    ("M", "Montana"),
    ("OB", "Lovech"),
    ("P", "Ruse"),
    ("PA", "Pazardzhik"),
    ("PB", "Plovdiv"),
    ("PK", "Pernik"),
    ("PP", "Razgrad"),
    ("T", "Targovishte"),
    ("TX", "Dobrich"),
    ("X", "Haskovo"),
    ("Y", "Yambol"),
];

/// Bulgaria. Source: Наредба № I-45 of 24 March 2000 of the Ministry of the Interior on the registration of vehicles,
/// with the annex of the provinces' codes.
///
/// Only letters that the Cyrillic and the Latin alphabet share: A B C E H K M O P T X Y.
pub(crate) const COUNTRY: Country = Country {
    code: "BG",
    share: 0.003,
    sets: &[("letter", "ABCEHKMOPTXY")],
    codes: &[Codes { name: "province", list: PROVINCES }],
    formats: &[
        Format::new("bg-standard", "{province} #### <letter><letter>", 0.93),
        Format::new("bg-one-letter", "{province} #### <letter>", 0.02),
        Format::new("bg-electric", "EA #### <letter><letter>", 0.004).series(Series::Electric),
        Format::new("bg-personal", "{province} @@@@@@", 0.001).series(Series::Vanity),
        Format::new("bg-temporary", "### <letter> ###", 0.006).series(Series::Temporary),
        Format::new("bg-diplomatic", "C ####", 0.0004).series(Series::Diplomatic),
        Format::new("bg-diplomatic-staff", "CT ####", 0.0003).series(Series::Diplomatic),
        Format::new("bg-consular", "CC ####", 0.0002).series(Series::Diplomatic),
        Format::new("bg-military", "BA ### ###", 0.001).series(Series::Military),
        Format::new("bg-civil-protection", "CP #####", 0.0005).series(Series::Official),
    ],
};
