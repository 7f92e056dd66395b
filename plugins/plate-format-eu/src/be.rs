//! Belgium.
//!
//! Source: royal decree of 20 July 2001 on the registration of vehicles, ministerial decree of 23 July 2001 on plates, and
//! the notices of the Direction pour l'Immatriculation des Véhicules (DIV).
//!
//! Since 16 November 2010 an index digit (1, since 2021 also 2; 9 is chosen by the keeper, 8 for international staff), three
//! letters and three digits; a letter in place of the index tells special vehicles. Before, three letters and three digits (1973 to
//! 2008) and three digits and three letters (2008 to 2010), which the keeper may take along to the next vehicle.

use ovr_plugin_sdk::{Country, Format, Series};

/// The formats of Belgium.
pub(crate) const COUNTRY: Country = Country {
    code: "BE",
    share: 0.0065,
    sets: &[("letter", "ABCDEFGHJKLMNPRSTUVWXYZ")],
    codes: &[],
    formats: &[
        Format::new("be-standard", "[12] @@@ ###", 0.72).issued(is_ordinary),
        Format::new("be-1973", "@@@ ###", 0.09).issued(is_ordinary),
        Format::new("be-2008", "### @@@", 0.05),
        // 1962 to 1973: two letters and three digits.
        Format::new("be-1962", "<letter><letter> ###", 0.002).series(Series::Historic),
        Format::new("be-1962", "### <letter><letter>", 0.001).series(Series::Historic),
        Format::new("be-motorcycle", "M @@@ ###", 0.04).series(Series::Motorcycle),
        Format::new("be-motorcycle", "[12]? M@@ ###", 0.02).series(Series::Motorcycle),
        Format::new("be-moped", "S @@@ ###", 0.02).series(Series::Motorcycle),
        Format::new("be-trailer", "Q @@@ ###", 0.05).series(Series::Trailer),
        Format::new("be-trailer", "[12]? [QU]@@ ###", 0.01).series(Series::Trailer),
        Format::new("be-agricultural", "G @@@ ###", 0.005).series(Series::Agricultural),
        Format::new("be-historic", "O @@@ ###", 0.01).series(Series::Historic),
        Format::new("be-historic", "[12]? O@@ ###", 0.005).series(Series::Historic),
        // X: taxis; L: hired with a driver.
        Format::new("be-taxi", "T [XL]@@ ###", 0.004).series(Series::Taxi),
        Format::new("be-taxi", "[12]? T[XL]@ ###", 0.002).series(Series::Taxi),
        Format::new("be-dealer", "Z @@@ ###", 0.004).series(Series::Dealer),
        Format::new("be-dealer", "[12]? Z@@ ###", 0.002).series(Series::Dealer),
        Format::new("be-international", "8 @@@ ###", 0.004).series(Series::Diplomatic),
        // Red with white edge: leaves the country within a month or two.
        Format::new("be-transit", "W @@@ ###", 0.002).series(Series::Temporary),
        Format::new("be-personal", "9 @@@ ###", 0.003).series(Series::Vanity),
        Format::new("be-diplomatic", "CD @@ ###", 0.001).series(Series::Diplomatic),
        Format::new("be-diplomatic", "CD ####", 0.0005).series(Series::Diplomatic),
        Format::new("be-europe", "EUR ####", 0.0005).series(Series::Diplomatic),
        // Ministers, members of parliament, governments and parliaments of the regions.
        Format::new("be-official", "[APE] [1-9]#?#?", 0.0002).series(Series::Official),
        Format::new("be-military", "[0-9]####", 0.001).series(Series::Military),
    ],
};

/// Whether the first letter is none of a special series.
fn is_ordinary(text: &str) -> bool {
    let letters = text.trim_start_matches(|c: char| c.is_ascii_digit());
    !letters.starts_with(['M', 'O', 'Q', 'U', 'Z']) && !letters.starts_with("TX")
}
