use ovr_plugin_sdk::{Country, Format, Series};

/// Regional units whose openings are certain: I, Y and Z are Attica's, N is Thessaloniki's, others have two letters. The longest one
/// counts.
const OPENINGS: &[(&str, &str)] = &[
    ("AO", "Achaea"),
    ("AP", "Argolis"),
    ("AT", "Arta"),
    ("AX", "Achaea"),
    ("AZ", "Achaea"),
    ("BI", "Boeotia"),
    ("BO", "Magnesia"),
    ("EM", "Cyclades"),
    ("EY", "Lefkada"),
    ("HM", "Imathia"),
    ("HP", "Heraklion"),
    ("I", "Attica"),
    ("II", "Ioannina"),
    ("IN", "Ioannina"),
    ("KE", "Kefalonia"),
    ("KO", "Rhodope"),
    ("KP", "Corinthia"),
    ("KT", "Kastoria"),
    ("KY", "Corfu"),
    ("KZ", "Kozani"),
    ("N", "Thessaloniki"),
    ("PE", "Rethymno"),
    ("PI", "Larissa"),
    ("PN", "Grevena"),
    ("PZ", "Preveza"),
    ("XA", "Euboea"),
    ("XN", "Chania"),
    ("Y", "Attica"),
    ("Z", "Attica"),
];

/// The regional unit of a plate of three letters, where its opening tells it.
fn regional_unit(text: &str) -> Option<&'static str> {
    let of_plate = OPENINGS.iter().filter(|(opening, _)| text.starts_with(opening));
    of_plate.max_by_key(|(opening, _)| opening.len()).map(|(_, name)| *name)
}

/// Greece. Source: the Ministry of Infrastructure and Transport's decisions on registration plates (Y.A. 2004 and
/// article 36 of the road code, Law 2696/1999).
///
/// Only letters that the Greek and the Latin alphabet share: A B E Z H I K M N O P T Y X. Numbers of cars run from 1000.
pub(crate) const COUNTRY: Country = Country {
    code: "GR",
    share: 0.006,
    sets: &[("letter", "ABEHIKMNOPTXYZ")],
    codes: &[],
    formats: &[
        Format::new("gr-standard", "<letter><letter><letter> [1-9]###", 0.76).region_of(regional_unit),
        Format::new("gr-motorcycle", "<letter><letter><letter> [1-9]#?#?", 0.16)
            .series(Series::Motorcycle)
            .region_of(regional_unit),
        Format::new("gr-taxi", "TA<letter> [1-9]###", 0.006).series(Series::Taxi),
        Format::new("gr-1972", "<letter><letter> ####", 0.01),
        Format::new("gr-police", "EA #####", 0.002).series(Series::Official),
    ],
};
