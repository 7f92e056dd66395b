//! France.
//!
//! Source: Code de la route R317-8, R322-2; arrêté of 9 February 2009 on the registration of vehicles (SIV) and arrêté of 5
//! November 1984 (FNI, the system of departments, whose plates stay until the keeper changes).
//!
//! SIV: two letters, three digits, two letters, without I, O and U, without SS, from AA-001-AA on; the text tells no region (the
//! department in the band is the keeper's choice). FNI: number, one to three letters (without I and O, since 1984 without U),
//! department.

use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// The formats of France.
pub(crate) const COUNTRY: Country = Country {
    code: "FR",
    share: 0.037,
    sets: &[("siv", "ABCDEFGHJKLMNPQRSTVWXYZ"), ("fni", "ABCDEFGHJKLMNPQRSTUVWXYZ")],
    codes: &[Codes { name: "department", list: DEPARTMENTS }, Codes { name: "corps", list: CORPS }],
    formats: &[
        // What is issued up to about 2028; the letters behind H are years away.
        Format::new("fr-siv", "[A-H]<siv> ### <siv><siv>", 0.93).issued(is_siv),
        Format::new("fr-siv", "[J-NP-TV-Z]<siv> ### <siv><siv>", 0.0005).issued(is_siv),
        Format::new("fr-siv-temporary", "WW ### <siv><siv>", 0.004).series(Series::Temporary).issued(is_siv),
        Format::new("fr-siv-dealer", "W ### <siv><siv>", 0.003).series(Series::Dealer).issued(is_siv),
        // Mopeds before they joined the common series.
        Format::new("fr-moped", "<siv><siv> ##? <siv>", 0.01).series(Series::Motorcycle),
        Format::new("fr-moped", "<siv><siv> ### <siv>", 0.005).series(Series::Motorcycle),
        Format::new("fr-fni", "[1-9]#?#?#? <fni><fni>? {department}", 0.02).issued(is_fni),
        Format::new("fr-fni", "[1-9]#?#? <siv><siv><siv> {department}", 0.025).issued(is_fni),
        Format::new("fr-fni-temporary", "[1-9]#?#?#? WW<fni>? {department}", 0.0005)
            .series(Series::Temporary),
        Format::new("fr-fni-dealer", "[1-9]#?#?#? W<fni>? {department}", 0.0005).series(Series::Dealer),
        // Number of the state or organisation, corps, vehicle; green plates.
        Format::new("fr-diplomatic", "[1-9]#?#? {corps} [1-9]#?#?#?", 0.0005).series(Series::Diplomatic),
        // The first digit tells the service: 2 gendarmerie, 6 army, 7 air force, 8 navy.
        Format::new("fr-military", "[2678]### ####", 0.001).series(Series::Military),
    ],
};

/// Heads of mission (CMD), diplomats (CD), consuls (C), staff (K).
const CORPS: &[(&str, &str)] = &[("C", ""), ("CD", ""), ("CMD", ""), ("K", "")];

/// Departments as FNI plates end; `20` is Corsica before 1976.
const DEPARTMENTS: &[(&str, &str)] = &[
    ("01", "Ain"),
    ("02", "Aisne"),
    ("03", "Allier"),
    ("04", "Alpes-de-Haute-Provence"),
    ("05", "Hautes-Alpes"),
    ("06", "Alpes-Maritimes"),
    ("07", "Ardèche"),
    ("08", "Ardennes"),
    ("09", "Ariège"),
    ("10", "Aube"),
    ("11", "Aude"),
    ("12", "Aveyron"),
    ("13", "Bouches-du-Rhône"),
    ("14", "Calvados"),
    ("15", "Cantal"),
    ("16", "Charente"),
    ("17", "Charente-Maritime"),
    ("18", "Cher"),
    ("19", "Corrèze"),
    ("20", "Corse"),
    ("21", "Côte-d'Or"),
    ("22", "Côtes-d'Armor"),
    ("23", "Creuse"),
    ("24", "Dordogne"),
    ("25", "Doubs"),
    ("26", "Drôme"),
    ("27", "Eure"),
    ("28", "Eure-et-Loir"),
    ("29", "Finistère"),
    ("2A", "Corse-du-Sud"),
    ("2B", "Haute-Corse"),
    ("30", "Gard"),
    ("31", "Haute-Garonne"),
    ("32", "Gers"),
    ("33", "Gironde"),
    ("34", "Hérault"),
    ("35", "Ille-et-Vilaine"),
    ("36", "Indre"),
    ("37", "Indre-et-Loire"),
    ("38", "Isère"),
    ("39", "Jura"),
    ("40", "Landes"),
    ("41", "Loir-et-Cher"),
    ("42", "Loire"),
    ("43", "Haute-Loire"),
    ("44", "Loire-Atlantique"),
    ("45", "Loiret"),
    ("46", "Lot"),
    ("47", "Lot-et-Garonne"),
    ("48", "Lozère"),
    ("49", "Maine-et-Loire"),
    ("50", "Manche"),
    ("51", "Marne"),
    ("52", "Haute-Marne"),
    ("53", "Mayenne"),
    ("54", "Meurthe-et-Moselle"),
    ("55", "Meuse"),
    ("56", "Morbihan"),
    ("57", "Moselle"),
    ("58", "Nièvre"),
    ("59", "Nord"),
    ("60", "Oise"),
    ("61", "Orne"),
    ("62", "Pas-de-Calais"),
    ("63", "Puy-de-Dôme"),
    ("64", "Pyrénées-Atlantiques"),
    ("65", "Hautes-Pyrénées"),
    ("66", "Pyrénées-Orientales"),
    ("67", "Bas-Rhin"),
    ("68", "Haut-Rhin"),
    ("69", "Rhône"),
    ("70", "Haute-Saône"),
    ("71", "Saône-et-Loire"),
    ("72", "Sarthe"),
    ("73", "Savoie"),
    ("74", "Haute-Savoie"),
    ("75", "Paris"),
    ("76", "Seine-Maritime"),
    ("77", "Seine-et-Marne"),
    ("78", "Yvelines"),
    ("79", "Deux-Sèvres"),
    ("80", "Somme"),
    ("81", "Tarn"),
    ("82", "Tarn-et-Garonne"),
    ("83", "Var"),
    ("84", "Vaucluse"),
    ("85", "Vendée"),
    ("86", "Vienne"),
    ("87", "Haute-Vienne"),
    ("88", "Vosges"),
    ("89", "Yonne"),
    ("90", "Territoire de Belfort"),
    ("91", "Essonne"),
    ("92", "Hauts-de-Seine"),
    ("93", "Seine-Saint-Denis"),
    ("94", "Val-de-Marne"),
    ("95", "Val-d'Oise"),
    ("971", "Guadeloupe"),
    ("972", "Martinique"),
    ("973", "Guyane"),
    ("974", "La Réunion"),
    ("975", "Saint-Pierre-et-Miquelon"),
    ("976", "Mayotte"),
];

/// Whether no pair of letters is SS and the number is not 000.
fn is_siv(text: &str) -> bool {
    !text.starts_with("SS") && !text.ends_with("SS") && !text.contains("000")
}

/// Whether the letters are none of the series W (dealers), WW (temporary) and SS.
fn is_fni(text: &str) -> bool {
    let letters = text.trim_start_matches(|c: char| c.is_ascii_digit());
    !letters.starts_with('W') && !letters.starts_with("SS")
}
