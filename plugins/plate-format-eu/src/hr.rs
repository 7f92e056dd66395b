use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// Registration areas, without the marks of Č, Š, Ž and Đ that readers do not give.
const AREAS: &[(&str, &str)] = &[
    ("BJ", "Bjelovar"),
    ("BM", "Beli Manastir"),
    ("CK", "Čakovec"),
    ("DA", "Daruvar"),
    ("DE", "Delnice"),
    ("DJ", "Đakovo"),
    ("DU", "Dubrovnik"),
    ("GS", "Gospić"),
    ("IM", "Imotski"),
    ("KA", "Karlovac"),
    ("KC", "Koprivnica"),
    ("KR", "Krapina"),
    ("KT", "Kutina"),
    ("KZ", "Križevci"),
    ("MA", "Makarska"),
    ("NA", "Našice"),
    ("NG", "Nova Gradiška"),
    ("OG", "Ogulin"),
    ("OS", "Osijek"),
    ("PU", "Pula"),
    ("PZ", "Požega"),
    ("RI", "Rijeka"),
    ("SB", "Slavonski Brod"),
    ("SI", "Šibenik"),
    ("SK", "Sisak"),
    ("SL", "Slatina"),
    ("ST", "Split"),
    ("VK", "Vinkovci"),
    ("VT", "Virovitica"),
    ("VU", "Vukovar"),
    ("VZ", "Varaždin"),
    ("ZD", "Zadar"),
    ("ZG", "Zagreb"),
    ("ZU", "Županja"),
];

/// Croatia. Source: Pravilnik o registraciji i označavanju vozila, articles on registration plates and the list of
/// registration areas (Narodne novine 151/2008 and later).
///
/// Q, W, X and Y and letters with marks are not issued in the serial.
pub(crate) const COUNTRY: Country = Country {
    code: "HR",
    share: 0.002,
    sets: &[("letter", "ABCDEFGHIJKLMNOPRSTUVZ")],
    codes: &[Codes { name: "area", list: AREAS }],
    formats: &[
        Format::new("hr-4-2", "{area}~#### <letter><letter>", 0.62),
        Format::new("hr-3-2", "{area}~### <letter><letter>", 0.20),
        Format::new("hr-4-1", "{area}~#### <letter>", 0.04),
        Format::new("hr-3-1", "{area}~### <letter>", 0.06),
        Format::new("hr-personal", "{area}~@@@@@?@?@?", 0.006).series(Series::Vanity),
        Format::new("hr-personal-digit", "{area}~@@@@@? ##?", 0.002).series(Series::Vanity),
        Format::new("hr-police", "### ###", 0.002).series(Series::Official),
        Format::new("hr-army", "HV ### <letter><letter>", 0.002).series(Series::Military),
        Format::new("hr-diplomatic", "### [ACEMP] ###", 0.0006).series(Series::Diplomatic),
    ],
};
