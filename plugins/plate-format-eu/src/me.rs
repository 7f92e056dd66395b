use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// Registration areas, without the marks that readers do not give.
const AREAS: &[(&str, &str)] = &[
    ("AN", "Andrijevica"),
    ("BA", "Berane"),
    ("BD", "Budva"),
    ("BP", "Bijelo Polje"),
    ("BR", "Bar"),
    ("CT", "Cetinje"),
    ("DG", "Danilovgrad"),
    ("GS", "Gusinje"),
    ("HN", "Herceg Novi"),
    ("KL", "Kolašin"),
    ("KO", "Kotor"),
    ("MK", "Mojkovac"),
    ("NK", "Nikšić"),
    ("PG", "Podgorica"),
    ("PL", "Plav"),
    ("PT", "Petnjica"),
    ("PV", "Pljevlja"),
    ("PZ", "Plužine"),
    ("RO", "Rožaje"),
    ("SN", "Šavnik"),
    ("TV", "Tivat"),
    ("TZ", "Tuzi"),
    ("UL", "Ulcinj"),
    ("ZB", "Žabljak"),
    ("ZT", "Zeta"),
];

/// Montenegro. Source: Pravilnik o registraciji motornih i priključnih vozila, articles on registration plates with the list of
/// areas (since June 2008).
pub(crate) const COUNTRY: Country = Country {
    code: "ME",
    share: 0.0003,
    sets: &[("letter", "ABCDEFGHIJKLMNOPRSTUVZ")],
    codes: &[Codes { name: "area", list: AREAS }],
    formats: &[
        Format::new("me-standard", "{area}~<letter><letter> ###", 0.94),
        Format::new("me-personal", "{area}~@@@@@?", 0.004).series(Series::Vanity),
        Format::new("me-police", "P ## ###", 0.004).series(Series::Official),
        Format::new("me-diplomatic", "## [AMP] ###", 0.001).series(Series::Diplomatic),
    ],
};
