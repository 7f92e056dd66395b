use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// Registration areas; KU stands for Kumanovo, SK for Skopje.
const AREAS: &[(&str, &str)] = &[
    ("BE", "Berovo"),
    ("BT", "Bitola"),
    ("DB", "Debar"),
    ("DE", "Delčevo"),
    ("DH", "Demir Hisar"),
    ("DK", "Demir Kapija"),
    ("GE", "Gevgelija"),
    ("GV", "Gostivar"),
    ("KA", "Kavadarci"),
    ("KI", "Kičevo"),
    ("KO", "Kočani"),
    ("KP", "Kriva Palanka"),
    ("KR", "Kratovo"),
    ("KS", "Kruševo"),
    ("KU", "Kumanovo"),
    ("MB", "Makedonski Brod"),
    ("MK", "Makedonska Kamenica"),
    ("NE", "Negotino"),
    ("OH", "Ohrid"),
    ("PE", "Pehčevo"),
    ("PP", "Prilep"),
    ("PS", "Probištip"),
    ("RA", "Radoviš"),
    ("RE", "Resen"),
    ("SK", "Skopje"),
    ("SN", "Sveti Nikole"),
    ("SR", "Strumica"),
    ("ST", "Štip"),
    ("SU", "Struga"),
    ("TE", "Tetovo"),
    ("VA", "Valandovo"),
    ("VE", "Veles"),
    ("VI", "Vinica"),
    ("VV", "Vevčani"),
];

/// North Macedonia. Source: Правилник за регистрација на возилата, articles on registration plates (since February 2012).
pub(crate) const COUNTRY: Country = Country {
    code: "MK",
    share: 0.0006,
    sets: &[("letter", "ABCDEFGHIJKLMNOPRSTUVZ")],
    codes: &[Codes { name: "area", list: AREAS }],
    formats: &[
        Format::new("mk-2012", "{area} #### <letter><letter>", 0.80),
        Format::new("mk-1993", "{area} ### <letter><letter>", 0.14),
        Format::new("mk-diplomatic", "## [ACMP] ###", 0.001).series(Series::Diplomatic),
    ],
};
