//! The southern states and the District of Columbia.

use ovr_plugin_sdk::{Format, Series};

use super::state::State;

const ALABAMA: State = State::new("Alabama", 0.019);
const ARKANSAS: State = State::new("Arkansas", 0.011);
const DELAWARE: State = State::new("Delaware", 0.0035);
const DISTRICT_OF_COLUMBIA: State = State::new("District of Columbia", 0.0012);
const FLORIDA: State = State::new("Florida", 0.067);
const GEORGIA: State = State::new("Georgia", 0.032);
const KENTUCKY: State = State::new("Kentucky", 0.016);
const LOUISIANA: State = State::new("Louisiana", 0.013);
const MARYLAND: State = State::new("Maryland", 0.015);
const MISSISSIPPI: State = State::new("Mississippi", 0.0075);
const NORTH_CAROLINA: State = State::new("North Carolina", 0.031);
const OKLAHOMA: State = State::new("Oklahoma", 0.014);
const SOUTH_CAROLINA: State = State::new("South Carolina", 0.017);
const TENNESSEE: State = State::new("Tennessee", 0.022);
const TEXAS: State = State::new("Texas", 0.081);
const VIRGINIA: State = State::new("Virginia", 0.027);
const WEST_VIRGINIA: State = State::new("West Virginia", 0.006);

pub(super) const FORMATS: &[Format] = &[
    // The county's number, 1 to 67, comes first.
    // 1A2345B came first; as it ran out, letters took the places of digits: 1A23B4C, 1A23BCD.
    ALABAMA.format("us-al-passenger", "[1-9] @####@", 0.22),
    ALABAMA.format("us-al-passenger", "[1-9] @##@#@", 0.10),
    ALABAMA.format("us-al-passenger", "[1-9] @##@@@", 0.08),
    // 10A123B, 10A12B3, 10A1B23, 10A1BC2, 10A1BCD.
    ALABAMA.format("us-al-passenger-two", "[1-6]# @###@", 0.09).issued(county_al),
    ALABAMA.format("us-al-passenger-two", "[1-6]# @##@#", 0.07).issued(county_al),
    ALABAMA.format("us-al-passenger-two", "[1-6]# @#@##", 0.06).issued(county_al),
    ALABAMA.format("us-al-passenger-two", "[1-6]# @#@@#", 0.04).issued(county_al),
    ALABAMA.format("us-al-passenger-two", "[1-6]# @#@@@", 0.02).issued(county_al),
    ALABAMA.format("us-al-passenger-2014", "[1-9] @@####", 0.08),
    ALABAMA.format("us-al-passenger-2014-two", "[1-6]# @@###", 0.07).issued(county_al),
    ALABAMA.format("us-al-passenger-2009", "[1-9] @#####", 0.03),
    ARKANSAS.format("us-ar-passenger", "@@@ ##@", 0.42),
    ARKANSAS.format("us-ar-passenger-2006", "### @@@", 0.40),
    ARKANSAS.format("us-ar-truck", "@ ######", 0.04),
    ARKANSAS.format("us-ar-passenger-1990", "@@@ ###", 0.03),
    DELAWARE.format("us-de-passenger", "[1-9]#?#?#?#?#?", 0.70).chars_min(3),
    DELAWARE.format("us-de-station-wagon", "PC ###?#?#?#?", 0.06),
    DELAWARE.format("us-de-commercial", "CL? ####?#?#?", 0.12),
    DELAWARE.format("us-de-motorcycle", "MC #####?", 0.03).series(Series::Motorcycle),
    DELAWARE.format("us-de-trailer", "T #####?", 0.03).series(Series::Trailer),
    DISTRICT_OF_COLUMBIA.format("us-dc-passenger", "@@ ####", 0.84),
    DISTRICT_OF_COLUMBIA.format("us-dc-passenger-digits", "### ###", 0.02),
    DISTRICT_OF_COLUMBIA.format("us-dc-commercial", "C #####", 0.02),
    DISTRICT_OF_COLUMBIA.format("us-dc-taxi", "H #####?", 0.04).series(Series::Taxi),
    DISTRICT_OF_COLUMBIA.format("us-dc-official", "DC ####?#?", 0.03).series(Series::Official),
    // O is left out.
    FLORIDA.format("us-fl-passenger", "<letter_fl><letter_fl><letter_fl> <letter_fl>##", 0.36),
    FLORIDA.format("us-fl-passenger-two", "<letter_fl><letter_fl># #<letter_fl><letter_fl>", 0.13),
    FLORIDA.format("us-fl-passenger-one", "<letter_fl>## #<letter_fl><letter_fl>", 0.11),
    FLORIDA.format("us-fl-passenger-digits-first", "##<letter_fl> <letter_fl><letter_fl><letter_fl>", 0.08),
    FLORIDA.format("us-fl-passenger-three-digits", "### #<letter_fl><letter_fl>", 0.05),
    FLORIDA.format("us-fl-passenger-last-letter", "<letter_fl>## ##<letter_fl>", 0.05),
    FLORIDA.format("us-fl-passenger-letters", "<letter_fl><letter_fl><letter_fl> ###", 0.03),
    FLORIDA.format("us-fl-specialty", "@ ###?#? @", 0.02),
    FLORIDA.format("us-fl-specialty-digits", "##### @", 0.02),
    FLORIDA.format("us-fl-motorcycle", "@@@@ ##", 0.03).series(Series::Motorcycle),
    FLORIDA.format("us-fl-temporary", "@@@ ####", 0.04).series(Series::Temporary),
    FLORIDA.format("us-fl-official", "X@ #####?", 0.01).series(Series::Official),
    GEORGIA.format("us-ga-passenger", "@@@ ####", 0.78),
    GEORGIA.format("us-ga-passenger-2003", "#### @@@?", 0.01),
    GEORGIA.format("us-ga-passenger-1997", "### @@@", 0.01),
    GEORGIA.format("us-ga-motorcycle", "@@ ###@?", 0.02).series(Series::Motorcycle),
    GEORGIA.format("us-ga-government", "GV ####@?", 0.02).series(Series::Official),
    GEORGIA.format("us-ga-temporary", "[PST] #######?", 0.04).series(Series::Temporary),
    KENTUCKY.format("us-ky-passenger", "@#@ ###", 0.34),
    KENTUCKY.format("us-ky-passenger-2003", "### @@@", 0.36),
    KENTUCKY.format("us-ky-passenger-1990", "@@@ ###", 0.04),
    KENTUCKY.format("us-ky-specialty", "#### @@", 0.08),
    KENTUCKY.format("us-ky-truck", "@# ####", 0.04),
    LOUISIANA.format("us-la-passenger", "### @@@", 0.42),
    LOUISIANA.format("us-la-passenger-1989", "@@@ ###", 0.22),
    LOUISIANA.format("us-la-truck", "<letter> ######", 0.22),
    LOUISIANA.format("us-la-temporary", "########", 0.03).series(Series::Temporary),
    LOUISIANA.format("us-la-motorcycle", "MC ####?#?#?", 0.02).series(Series::Motorcycle),
    MARYLAND.format("us-md-passenger", "[1-9] <letter_no_u><letter_no_u> ####", 0.62),
    MARYLAND.format("us-md-passenger-2004", "#<letter_no_u><letter_no_u> <letter_no_u>##", 0.05),
    MARYLAND.format("us-md-passenger-1986", "@@@ ###", 0.05),
    MARYLAND.format("us-md-multipurpose", "##### M#", 0.05),
    MARYLAND.format("us-md-truck", "#@@ ###", 0.06),
    MARYLAND.format("us-md-specialty", "@ ######", 0.01),
    MARYLAND.format("us-md-motorcycle", "##### D", 0.02).series(Series::Motorcycle),
    MARYLAND.format("us-md-government", "[LS]G #####", 0.02).series(Series::Official),
    MARYLAND.format("us-md-temporary", "T ######", 0.03).series(Series::Temporary),
    MISSISSIPPI.format("us-ms-passenger", "@@@ ####", 0.36),
    MISSISSIPPI.format("us-ms-passenger-letters", "@@@ ###", 0.34),
    MISSISSIPPI.format("us-ms-passenger-digits-first", "### @@@", 0.12),
    MISSISSIPPI.format("us-ms-truck", "@# #####", 0.05),
    NORTH_CAROLINA.format("us-nc-passenger", "@@@ ####", 0.66),
    NORTH_CAROLINA.format("us-nc-passenger-1982", "@@@ ###", 0.02),
    NORTH_CAROLINA.format("us-nc-weighted", "@@ ####", 0.08),
    NORTH_CAROLINA.format("us-nc-specialty", "#### @@", 0.02),
    NORTH_CAROLINA.format("us-nc-motorcycle", "# @ ####", 0.02).series(Series::Motorcycle),
    NORTH_CAROLINA.format("us-nc-trailer", "@@ #####", 0.06).series(Series::Trailer),
    NORTH_CAROLINA.format("us-nc-permanent", "#####? [STVX]", 0.02).series(Series::Official),
    NORTH_CAROLINA.format("us-nc-temporary", "########", 0.02).series(Series::Temporary),
    OKLAHOMA.format("us-ok-passenger", "@@@ ###", 0.52),
    OKLAHOMA.format("us-ok-passenger-digits-first", "### @@@", 0.20),
    OKLAHOMA.format("us-ok-commercial", "# @@ ###", 0.10),
    OKLAHOMA.format("us-ok-motorcycle", "@@ ###", 0.02).series(Series::Motorcycle),
    SOUTH_CAROLINA.format("us-sc-passenger", "@@@ ###", 0.60),
    SOUTH_CAROLINA.format("us-sc-passenger-digits-first", "### @@@", 0.12),
    SOUTH_CAROLINA.format("us-sc-specialty", "#### @@", 0.08),
    SOUTH_CAROLINA.format("us-sc-truck", "P ######", 0.06),
    SOUTH_CAROLINA.format("us-sc-temporary", "@ ######", 0.02).series(Series::Temporary),
    TENNESSEE.format("us-tn-passenger", "@@@ ####", 0.40),
    TENNESSEE.format("us-tn-passenger-2006", "@## ##@", 0.16),
    TENNESSEE.format("us-tn-passenger-2016", "#@# #@#", 0.18),
    TENNESSEE.format("us-tn-passenger-2000", "### @@@", 0.03),
    TENNESSEE.format("us-tn-specialty", "#### @@", 0.04),
    TENNESSEE.format("us-tn-truck", "@ #####", 0.02),
    // Vowels and Q are left out.
    TEXAS.format("us-tx-passenger", "<letter_tx><letter_tx><letter_tx> ####", 0.60),
    TEXAS.format("us-tx-passenger-2009", "<letter_tx><letter_tx># <letter_tx>###", 0.06),
    TEXAS.format("us-tx-passenger-2004", "### <letter_tx><letter_tx><letter_tx>", 0.02),
    TEXAS.format("us-tx-passenger-2007", "<letter_tx>## <letter_tx><letter_tx><letter_tx>", 0.01),
    TEXAS.format("us-tx-passenger-1990", "<letter_tx><letter_tx><letter_tx> ##<letter_tx>", 0.01),
    TEXAS.format("us-tx-truck", "<letter_tx><letter_tx># ####", 0.09),
    TEXAS.format("us-tx-truck-2004", "##<letter_tx> <letter_tx><letter_tx>#", 0.02),
    TEXAS.format("us-tx-truck-1990", "#<letter_tx><letter_tx> <letter_tx>##", 0.01),
    TEXAS.format("us-tx-specialty", "<letter_tx><letter_tx><letter_tx>##", 0.01),
    TEXAS.format("us-tx-disabled", "### <letter_tx><letter_tx>?", 0.01),
    TEXAS.format("us-tx-motorcycle", "### <letter_tx>##", 0.01).series(Series::Motorcycle),
    TEXAS.format("us-tx-trailer", "### ### <letter_tx>", 0.02).series(Series::Trailer),
    TEXAS.format("us-tx-exempt", "### ####", 0.02).series(Series::Official),
    TEXAS.format("us-tx-temporary", "##### @ #", 0.04).series(Series::Temporary),
    VIRGINIA.format("us-va-passenger", "<letter><letter><letter> ####", 0.52),
    VIRGINIA.format("us-va-passenger-1979", "@@@ ###", 0.03),
    VIRGINIA.format("us-va-specialty", "#### @@", 0.09),
    VIRGINIA.format("us-va-specialty-letters", "@@ ####", 0.03),
    VIRGINIA.format("us-va-truck", "T@ #####", 0.03),
    VIRGINIA.format("us-va-trailer", "### ### T@?", 0.03).series(Series::Trailer),
    VIRGINIA.format("us-va-motorcycle", "##### @", 0.01).series(Series::Motorcycle),
    VIRGINIA.format("us-va-government", "### ### [LS]", 0.01).series(Series::Official),
    // The first character tells the month of expiry: 1 to 9, O, N, D.
    WEST_VIRGINIA.format("us-wv-passenger", "[1-9OND]@@ ####", 0.12),
    WEST_VIRGINIA.format("us-wv-passenger-mixed", "[1-9OND]#@ ####", 0.08),
    WEST_VIRGINIA.format("us-wv-passenger-1996", "[1-9OND] @@ ###", 0.34),
    WEST_VIRGINIA.format("us-wv-passenger-1996-mixed", "[1-9OND] @# ###", 0.18),
    WEST_VIRGINIA.format("us-wv-passenger-1996-digits", "[1-9OND] #####", 0.08),
    WEST_VIRGINIA.format("us-wv-specialty", "#### @@", 0.04),
];

/// Alabama numbers its counties from 1 to 67.
fn county_al(text: &str) -> bool {
    super::number_of_county_is_in(text, 10, 67)
}
