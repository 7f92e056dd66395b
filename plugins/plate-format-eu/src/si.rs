use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// Registration areas.
const AREAS: &[(&str, &str)] = &[
    ("CE", "Celje"),
    ("GO", "Nova Gorica"),
    ("KK", "Krško"),
    ("KP", "Koper"),
    ("KR", "Kranj"),
    ("LJ", "Ljubljana"),
    ("MB", "Maribor"),
    ("MS", "Murska Sobota"),
    ("NM", "Novo mesto"),
    ("PO", "Postojna"),
    ("SG", "Slovenj Gradec"),
];

/// Slovenia. Source: Pravilnik o registraciji motornih in priklopnih vozil, articles on registration plates and annexes
/// (registrska tablica), with the areas of 1992.
///
/// Č, Š and Ž occur in personal plates; readers give C, S and Z.
pub(crate) const COUNTRY: Country = Country {
    code: "SI",
    share: 0.0015,
    sets: &[("letter", "ABCDEFGHIJKLMNOPRSTUVZ")],
    codes: &[Codes { name: "area", list: AREAS }],
    formats: &[
        Format::new("si-aannn", "{area}~<letter><letter> ###", 0.50),
        Format::new("si-nnnaa", "{area}~### <letter><letter>", 0.12),
        Format::new("si-nnaaa", "{area}~## <letter><letter><letter>", 0.05),
        Format::new("si-annnn", "{area}~<letter># ###", 0.10),
        Format::new("si-nnnna", "{area}~## ##<letter>", 0.10),
        Format::new("si-nnann", "{area}~## <letter>##", 0.05),
        Format::new("si-personal", "{area}~@@@@*?*?", 0.01).series(Series::Vanity),
        Format::new("si-police", "P ## ###", 0.002).series(Series::Official),
        Format::new("si-army", "SV ####", 0.001).series(Series::Military),
        Format::new("si-diplomatic", "CD ## ##?#", 0.0005).series(Series::Diplomatic),
        Format::new("si-diplomatic-head", "CMD ## ##?#", 0.0001).series(Series::Diplomatic),
    ],
};
