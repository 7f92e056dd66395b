//! The western states.

use ovr_plugin_sdk::{Format, Series};

use super::state::State;

const ALASKA: State = State::new("Alaska", 0.0028);
const ARIZONA: State = State::new("Arizona", 0.022);
const CALIFORNIA: State = State::new("California", 0.109);
const COLORADO: State = State::new("Colorado", 0.019);
const HAWAII: State = State::new("Hawaii", 0.0044);
const IDAHO: State = State::new("Idaho", 0.007);
const MONTANA: State = State::new("Montana", 0.007);
const NEVADA: State = State::new("Nevada", 0.0095);
const NEW_MEXICO: State = State::new("New Mexico", 0.0067);
const OREGON: State = State::new("Oregon", 0.015);
const UTAH: State = State::new("Utah", 0.009);
const WASHINGTON: State = State::new("Washington", 0.028);
const WYOMING: State = State::new("Wyoming", 0.003);

pub(super) const FORMATS: &[Format] = &[
    ALASKA.format("us-ak-passenger", "@@@ ###", 0.86),
    ALASKA.format("us-ak-commercial", "#### @@", 0.06),
    ALASKA.format("us-ak-motorcycle", "#### @", 0.03).series(Series::Motorcycle),
    // Since 2020 seven characters of which the first, second and sixth may be digits; I, O, Q and U are left out.
    ARIZONA.format(
        "us-az-passenger",
        "<alnum_no_u><alnum_no_u><letter_no_u> #<letter_no_u><alnum_no_u><letter_no_u>",
        0.34,
    ),
    ARIZONA.format("us-az-passenger-2008", "@@@ ####", 0.42),
    ARIZONA.format("us-az-passenger-1980", "### @@@", 0.06),
    ARIZONA.format("us-az-commercial", "C@ #####", 0.06),
    ARIZONA.format("us-az-government", "G ###@@", 0.01).series(Series::Official),
    ARIZONA.format("us-az-motorcycle", "# @@@#", 0.03).series(Series::Motorcycle),
    // I, O and Q stand only between the two other letters.
    CALIFORNIA.format("us-ca-passenger", "[1-9] <letter>@<letter> ###", 0.645),
    // The rule is broken now and then; such plates are on the road.
    CALIFORNIA.format("us-ca-passenger", "[1-9] @@@ ###", 0.015),
    CALIFORNIA.format("us-ca-passenger-2026", "### <letter>@<letter> #", 0.008),
    CALIFORNIA.format("us-ca-passenger-1970", "### @@@", 0.006),
    CALIFORNIA.format("us-ca-passenger-1963", "@@@ ###", 0.006),
    CALIFORNIA.format("us-ca-commercial", "##### <letter> #", 0.14),
    CALIFORNIA.format("us-ca-commercial-1973", "[1-9] <letter> #####", 0.03),
    CALIFORNIA.format("us-ca-trailer", "[1-9] <letter><letter> ####", 0.02).series(Series::Trailer),
    CALIFORNIA.format("us-ca-motorcycle", "## <letter> ####", 0.025).series(Series::Motorcycle),
    CALIFORNIA.format("us-ca-motorcycle-old", "# <letter> ####", 0.003).series(Series::Motorcycle),
    CALIFORNIA.format("us-ca-exempt", "1######", 0.02).series(Series::Official),
    CALIFORNIA.format("us-ca-disabled", "DP ###@@", 0.003),
    CALIFORNIA.format("us-ca-temporary", "@@ ## @ ##", 0.03).series(Series::Temporary),
    COLORADO.format("us-co-passenger", "@@@ @##", 0.42),
    COLORADO.format("us-co-passenger-2000", "@@@ ###", 0.14),
    COLORADO.format("us-co-passenger-digits-first", "### @@@", 0.28),
    COLORADO.format("us-co-motorcycle", "## @@@", 0.03).series(Series::Motorcycle),
    COLORADO.format("us-co-temporary", "#######@", 0.03).series(Series::Temporary),
    // The first letter tells the county: H, M, K and L for Hawaii, Maui and Kauai, all others Honolulu.
    HAWAII.format("us-hi-passenger", "@@@ ###", 0.88),
    HAWAII.format("us-hi-motorcycle", "### @@@", 0.04).series(Series::Motorcycle),
    IDAHO.format("us-id-passenger", "{county_id} [1-9]#?#?#?#?#?", 0.34).chars_min(3).chars_max(7),
    IDAHO.format("us-id-passenger-letters", "{county_id} @@ ###", 0.20).chars_max(7),
    IDAHO.format("us-id-passenger-letter", "{county_id} @ ####", 0.18).chars_max(7),
    IDAHO.format("us-id-passenger-last-letter", "{county_id} ####@", 0.12).chars_max(7),
    IDAHO.format("us-id-passenger-mixed", "{county_id} #@ ###", 0.03).chars_max(7),
    IDAHO.format("us-id-truck", "{county_id} ##?#?#? T", 0.03).chars_min(5).chars_max(7),
    IDAHO.format("us-id-specialty", "@ #####", 0.04),
    MONTANA.format("us-mt-passenger", "[1-9] #####@", 0.38),
    MONTANA.format("us-mt-passenger-two", "[1-5]# ####@", 0.22).issued(county_mt),
    MONTANA.format("us-mt-passenger-old", "[1-9] ######?", 0.04),
    MONTANA.format("us-mt-sponsored", "@@@ ###", 0.25),
    NEVADA.format("us-nv-passenger", "### @##", 0.30),
    NEVADA.format("us-nv-passenger-2000", "### @@@", 0.18),
    NEVADA.format("us-nv-passenger-2010", "## @ ###", 0.28),
    NEVADA.format("us-nv-passenger-2023", "@@@ ###", 0.05),
    NEVADA.format("us-nv-specialty", "#####", 0.03),
    NEW_MEXICO.format("us-nm-passenger", "@@@@ ##", 0.42),
    NEW_MEXICO.format("us-nm-passenger-1991", "### @@@", 0.34),
    NEW_MEXICO.format("us-nm-passenger-letters", "@@@ ###", 0.14),
    OREGON.format("us-or-passenger", "### @@@", 0.66),
    OREGON.format("us-or-passenger-1988", "@@@ ###", 0.12),
    OREGON.format("us-or-truck", "T ######", 0.03),
    OREGON.format("us-or-motorcycle", "M ######", 0.03).series(Series::Motorcycle),
    OREGON.format("us-or-exempt", "E ######", 0.02).series(Series::Official),
    OREGON.format("us-or-trailer", "[UR] ######", 0.02).series(Series::Trailer),
    UTAH.format("us-ut-passenger", "@## #@@", 0.55),
    UTAH.format("us-ut-passenger-2020", "#@# #@@", 0.12),
    UTAH.format("us-ut-passenger-1985", "### @@@", 0.16),
    UTAH.format("us-ut-specialty", "@### @", 0.04),
    UTAH.format("us-ut-specialty-2020", "## @@ #", 0.02),
    UTAH.format("us-ut-specialty-old", "#### @", 0.02),
    UTAH.format("us-ut-exempt", "######EX", 0.01).series(Series::Official),
    UTAH.format("us-ut-motorcycle", "@@ ###", 0.02).series(Series::Motorcycle),
    WASHINGTON.format("us-wa-passenger", "<letter><letter><letter> ####", 0.62),
    WASHINGTON.format("us-wa-passenger-1987", "### <letter><letter><letter>", 0.10),
    WASHINGTON.format("us-wa-truck", "<letter> ##### <letter>", 0.12),
    WASHINGTON.format("us-wa-truck-old", "<letter> #####", 0.02),
    WASHINGTON.format("us-wa-motorcycle", "# <letter> ####", 0.03).series(Series::Motorcycle),
    WASHINGTON.format("us-wa-trailer", "#### <letter><letter>", 0.03).series(Series::Trailer),
    WASHINGTON.format("us-wa-exempt", "##### [CDE]", 0.01).series(Series::Official),
    WASHINGTON.format("us-wa-temporary", "@ #######", 0.02).series(Series::Temporary),
    WYOMING.format("us-wy-passenger", "[1-9] ###?#?#?", 0.50).chars_min(3),
    WYOMING.format("us-wy-passenger-two", "[12]# ##?#?#?", 0.20).chars_min(3).issued(county_wy),
    WYOMING.format("us-wy-passenger-letter", "[1-9] ####?@", 0.10),
    WYOMING.format("us-wy-passenger-two-letter", "[12]# ###?@", 0.08).issued(county_wy),
];

/// Montana numbers its counties from 1 to 56.
fn county_mt(text: &str) -> bool {
    super::number_of_county_is_in(text, 10, 56)
}

/// Wyoming numbers its counties from 1 to 23.
fn county_wy(text: &str) -> bool {
    super::number_of_county_is_in(text, 10, 23)
}
