//! Mexico.
//!
//! Source: NOM-001-SCT-2-2000 and its successor NOM-001-SCT-2-2016 on metal plates, which allot a range of
//! first letters to each state; I, O, Q and Ñ are not used. Shares: INEGI, registered motor vehicles.

use ovr_plugin_sdk::{Country, Format, Series};

use crate::ranges;

/// First and last letters of a private car's plate, and the state; sorted.
const PRIVATE_CARS: &[(&str, &str, &str)] = &[
    ("AAA", "AFZ", "Aguascalientes"),
    ("AGA", "CYZ", "Baja California"),
    ("CZA", "DEZ", "Baja California Sur"),
    ("DFA", "DKZ", "Campeche"),
    ("DLA", "DSZ", "Chiapas"),
    ("DTA", "ETZ", "Chihuahua"),
    ("EUA", "FPZ", "Coahuila"),
    ("FRA", "FWZ", "Colima"),
    ("FXA", "GFZ", "Durango"),
    ("GGA", "GYZ", "Guanajuato"),
    ("GZA", "HFZ", "Guerrero"),
    ("HGA", "HRZ", "Hidalgo"),
    ("HSA", "LFZ", "Jalisco"),
    ("LGA", "PEZ", "México"),
    ("PFA", "PUZ", "Michoacán"),
    ("PVA", "RDZ", "Morelos"),
    ("REA", "RJZ", "Nayarit"),
    ("RKA", "TGZ", "Nuevo León"),
    ("THA", "TMZ", "Oaxaca"),
    ("TNA", "UJZ", "Puebla"),
    ("UKA", "UPZ", "Querétaro"),
    ("URA", "UVZ", "Quintana Roo"),
    ("UWA", "VEZ", "San Luis Potosí"),
    ("VFA", "VSZ", "Sinaloa"),
    ("VTA", "WKZ", "Sonora"),
    ("WLA", "WWZ", "Tabasco"),
    ("WXA", "XSZ", "Tamaulipas"),
    ("XTA", "XXZ", "Tlaxcala"),
    ("XYA", "YVZ", "Veracruz"),
    ("YWA", "ZCZ", "Yucatán"),
    ("ZDA", "ZHZ", "Zacatecas"),
];

/// See the module.
pub(crate) const COUNTRY: Country = Country {
    code: "MX",
    share: 0.04,
    sets: &[("letter", "ABCDEFGHJKLMNPRSTUVWXYZ")],
    codes: &[],
    formats: &[
        Format::new("mx-private", "<letter><letter><letter> ### <letter>", 0.36)
            .issued(is_of_a_state)
            .region_of(state),
        Format::new("mx-private-1992", "<letter><letter><letter> [1-9]# ##", 0.14)
            .issued(is_of_a_state)
            .region_of(state),
        Format::new("mx-cdmx-private", "<letter>## <letter><letter><letter>", 0.08)
            .region("Ciudad de México"),
        Format::new("mx-cdmx-private-1998", "[1-9]## <letter><letter><letter>", 0.05)
            .region("Ciudad de México"),
        // Trucks and pick-ups.
        Format::new("mx-truck", "<letter><letter> #### <letter>", 0.09),
        Format::new("mx-truck-1992", "<letter><letter> ## ###", 0.11),
        Format::new("mx-cdmx-truck", "[1-9]### <letter><letter>", 0.01).region("Ciudad de México"),
        Format::new("mx-cdmx-hybrid", "##<letter> ###", 0.002)
            .series(Series::Electric)
            .region("Ciudad de México"),
        Format::new("mx-public", "<letter> ### <letter><letter><letter>", 0.02).series(Series::Taxi),
        Format::new("mx-public-1992", "#### <letter><letter><letter>", 0.01).series(Series::Taxi),
        Format::new("mx-cdmx-taxi", "<letter> ##### <letter>?", 0.006)
            .series(Series::Taxi)
            .region("Ciudad de México"),
        Format::new("mx-federal", "## <letter><letter> #<letter>", 0.02),
        Format::new("mx-federal-1992", "### <letter><letter> #", 0.01),
        Format::new("mx-trailer", "#<letter><letter> ####", 0.01).series(Series::Trailer),
        Format::new("mx-border", "<letter>## <letter><letter><letter> #", 0.01),
        Format::new("mx-motorcycle", "##<letter><letter><letter>#", 0.03).series(Series::Motorcycle),
        Format::new("mx-motorcycle-1992", "<letter> ####<letter>?", 0.02).series(Series::Motorcycle),
    ],
};

fn state(text: &str) -> Option<&'static str> {
    ranges::region(PRIVATE_CARS, text)
}

/// What lies outside the states' ranges is not issued.
fn is_of_a_state(text: &str) -> bool {
    state(text).is_some()
}
