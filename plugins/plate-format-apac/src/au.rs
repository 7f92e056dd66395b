//! Australia.
//!
//! Plates are a matter of the states. Sources: Road Transport (Vehicle Registration) Regulation 2017 (New
//! South Wales) and Service NSW's plate styles; Road Safety (Vehicles) Interim Regulations 2020 (Victoria);
//! Transport Operations (Road Use Management - Vehicle Registration) Regulation 2021 (Queensland); Motor
//! Vehicles Regulations 2010 (South Australia); Road Traffic (Vehicles) Regulations 2014 (Western
//! Australia); Vehicle and Traffic (Driver Licensing and Vehicle Registration) Regulations 2021 (Tasmania);
//! Access Canberra and the Northern Territory's Motor Vehicle Registry. Shares: BITRE, Road Vehicles
//! Australia, January 2024.

use ovr_plugin_sdk::{Country, Format, Series};

/// A state or territory.
#[derive(Clone, Copy)]
struct State {
    name: &'static str,
    /// Share of the vehicles registered in Australia.
    share: f32,
}

impl State {
    const fn new(name: &'static str, share: f32) -> Self {
        Self { name, share }
    }

    const fn format(self, id: &'static str, pattern: &'static str, within_state: f32) -> Format {
        Format::new(id, pattern, self.share * within_state).region(self.name)
    }
}

const AUSTRALIAN_CAPITAL_TERRITORY: State = State::new("Australian Capital Territory", 0.016);
const NEW_SOUTH_WALES: State = State::new("New South Wales", 0.285);
const NORTHERN_TERRITORY: State = State::new("Northern Territory", 0.008);
const QUEENSLAND: State = State::new("Queensland", 0.215);
const SOUTH_AUSTRALIA: State = State::new("South Australia", 0.07);
const TASMANIA: State = State::new("Tasmania", 0.024);
const VICTORIA: State = State::new("Victoria", 0.25);
const WESTERN_AUSTRALIA: State = State::new("Western Australia", 0.11);

/// See the module.
pub(crate) const COUNTRY: Country = Country {
    code: "AU",
    share: 0.015,
    sets: &[("letter", "ABCDEFGHJKLMNPRSTUVWXYZ")],
    codes: &[],
    formats: &[
        AUSTRALIAN_CAPITAL_TERRITORY.format("au-act-standard", "Y@@ ##@", 0.62),
        AUSTRALIAN_CAPITAL_TERRITORY.format("au-act-standard-1968", "Y@@ ###", 0.22),
        AUSTRALIAN_CAPITAL_TERRITORY.format("au-act-trailer", "T ####@?", 0.05).series(Series::Trailer),
        AUSTRALIAN_CAPITAL_TERRITORY.format("au-act-motorcycle", "C ####", 0.02).series(Series::Motorcycle),
        NEW_SOUTH_WALES.format("au-nsw-standard", "@@@ ##@", 0.42),
        NEW_SOUTH_WALES.format("au-nsw-standard-2004", "@@ ## @@", 0.34),
        NEW_SOUTH_WALES.format("au-nsw-standard-1951", "@@@ ###", 0.08),
        NEW_SOUTH_WALES.format("au-nsw-historic", "##### [HJ]", 0.01).series(Series::Historic),
        NEW_SOUTH_WALES.format("au-nsw-motorcycle", "@@@ ##", 0.03).series(Series::Motorcycle),
        NEW_SOUTH_WALES.format("au-nsw-taxi", "T ####", 0.001).series(Series::Taxi),
        NORTHERN_TERRITORY.format("au-nt-standard", "C[A-HJ-NP-Z] ## @@", 0.74),
        NORTHERN_TERRITORY.format("au-nt-standard-digits", "### ###", 0.10),
        NORTHERN_TERRITORY.format("au-nt-trailer", "T[A-Z] ####", 0.06).series(Series::Trailer),
        QUEENSLAND.format("au-qld-standard", "### @@#", 0.32),
        QUEENSLAND.format("au-qld-standard-1977", "### @@@", 0.48),
        QUEENSLAND.format("au-qld-motorcycle", "# @@ ##", 0.02).series(Series::Motorcycle),
        QUEENSLAND.format("au-qld-motorcycle-letters", "## @@@", 0.01).series(Series::Motorcycle),
        QUEENSLAND.format("au-qld-trailer", "### [QU]@@", 0.06).series(Series::Trailer),
        SOUTH_AUSTRALIA.format("au-sa-standard", "S ### @@@", 0.66),
        SOUTH_AUSTRALIA.format("au-sa-standard-1966", "@@@ ###", 0.14),
        SOUTH_AUSTRALIA.format("au-sa-heavy", "SB ## @@", 0.03),
        SOUTH_AUSTRALIA.format("au-sa-motorcycle", "S ## @@@", 0.03).series(Series::Motorcycle),
        SOUTH_AUSTRALIA.format("au-sa-trailer", "S ### T@@", 0.05).series(Series::Trailer),
        TASMANIA.format("au-tas-standard", "[A-M] ## @@", 0.66),
        TASMANIA.format("au-tas-standard-1970", "@@ ####", 0.16),
        TASMANIA.format("au-tas-motorcycle", "[A-C] ### @", 0.03).series(Series::Motorcycle),
        TASMANIA.format("au-tas-trailer", "[YZ] ## @@", 0.05).series(Series::Trailer),
        VICTORIA.format("au-vic-standard", "[12]@@ #@@", 0.50),
        VICTORIA.format("au-vic-standard-1953", "@@@ ###", 0.30),
        VICTORIA.format("au-vic-heavy", "X[A-Z] ## @@", 0.02),
        VICTORIA.format("au-vic-motorcycle", "[12]@ #@@", 0.03).series(Series::Motorcycle),
        VICTORIA.format("au-vic-trailer", "@## ###", 0.05).series(Series::Trailer),
        VICTORIA.format("au-vic-historic", "##### H", 0.01).series(Series::Historic),
        VICTORIA.format("au-vic-taxi", "[MT] ####", 0.001).series(Series::Taxi),
        WESTERN_AUSTRALIA.format("au-wa-standard", "[12]@@@ ###", 0.72),
        WESTERN_AUSTRALIA.format("au-wa-standard-1978", "[6-9]@@ ###", 0.05),
        // Shires outside Perth have letters of their own.
        WESTERN_AUSTRALIA.format("au-wa-country", "@@?@? [1-9]###?#?", 0.05).chars_max(7),
        WESTERN_AUSTRALIA.format("au-wa-motorcycle", "1@@ ###", 0.03).series(Series::Motorcycle),
        WESTERN_AUSTRALIA.format("au-wa-trailer", "1T@@ ###", 0.06).series(Series::Trailer),
        Format::new("au-personalised-word", "@@@?@?@?@?", 0.01).series(Series::Vanity),
        Format::new("au-personalised", "***?*?*?*?", 0.025).series(Series::Vanity),
        Format::new("au-diplomatic", "D[CX] ###@?", 0.0001).series(Series::Diplomatic),
        // Army, defence, navy and air force; the first two digits are the year.
        Format::new("au-defence", "[ADNR] #####", 0.001).series(Series::Military),
        // The Commonwealth's own vehicles.
        Format::new("au-government", "Z@@ ###", 0.002).series(Series::Official),
    ],
};
