use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// Districts on plates of trailers.
const DISTRICTS: &[(&str, &str)] = &[
    ("AV", "Aveiro"),
    ("BE", "Beja"),
    ("BN", "Bragança"),
    ("BR", "Braga"),
    ("C", "Coimbra"),
    ("CB", "Castelo Branco"),
    ("E", "Évora"),
    ("FA", "Faro"),
    ("GD", "Guarda"),
    ("L", "Lisboa"),
    ("LE", "Leiria"),
    ("P", "Porto"),
    ("PT", "Portalegre"),
    ("SA", "Santarém"),
    ("SE", "Setúbal"),
    ("VC", "Viana do Castelo"),
    ("VI", "Viseu"),
    ("VR", "Vila Real"),
];

/// Portugal. Source: Decreto-Lei 54/2005 (Regulamento do número e chapa de matrícula) as amended by Decreto-Lei 2/2020,
/// and what the IMT publishes about the order of the series.
///
/// K, W and Y are issued in the series of 2020 only; K stood besides in 00-00-KA and following, for imports of 1997.
/// Taxis, electric vehicles and motorcycles have the standard text. The series of 2020 is issued in order and reached C in
/// 2025, so the rest of the alphabet is a format of its own with little weight.
pub(crate) const COUNTRY: Country = Country {
    code: "PT",
    share: 0.007,
    sets: &[("letter", "ABCDEFGHIJLMNOPQRSTUVXZ")],
    codes: &[Codes { name: "district", list: DISTRICTS }],
    formats: &[
        Format::new("pt-2020", "[A-C]@ ## @@", 0.25),
        Format::new("pt-2020-later", "[D-Z]@ ## @@", 0.01),
        Format::new("pt-2005", "## <letter><letter> ##", 0.42),
        Format::new("pt-1992", "## ## <letter><letter>", 0.26),
        Format::new("pt-import-1997", "## ## K<letter>", 0.001),
        Format::new("pt-1937", "<letter><letter> ## ##", 0.03).issued(is_civil),
        Format::new("pt-army", "M[EGX] ## ##", 0.0004).series(Series::Military),
        Format::new("pt-navy", "AP ## ##", 0.0001).series(Series::Military),
        Format::new("pt-air-force", "AM ## ##", 0.0001).series(Series::Military),
        Format::new("pt-gnr", "GNR [BCEFGJLMPT] ###?#?", 0.0006).series(Series::Official),
        Format::new("pt-trailer", "{district} ####?#?#?", 0.02).series(Series::Trailer),
        Format::new("pt-diplomatic", "### CD ###", 0.0003).series(Series::Diplomatic),
        Format::new("pt-consular", "### CC ###", 0.0001).series(Series::Diplomatic),
        Format::new("pt-foreign-mission", "### FM ###", 0.0002).series(Series::Diplomatic),
    ],
};

/// Whether the opening is not one of the armed forces'.
fn is_civil(text: &str) -> bool {
    !["ME", "MG", "MX", "AP", "AM"].iter().any(|opening| text.starts_with(opening))
}
