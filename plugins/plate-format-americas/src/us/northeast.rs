//! The states of the Northeast.

use ovr_plugin_sdk::{Format, Series};

use super::state::State;

const CONNECTICUT: State = State::new("Connecticut", 0.010);
const MAINE: State = State::new("Maine", 0.004);
const MASSACHUSETTS: State = State::new("Massachusetts", 0.018);
const NEW_HAMPSHIRE: State = State::new("New Hampshire", 0.0048);
const NEW_JERSEY: State = State::new("New Jersey", 0.021);
const NEW_YORK: State = State::new("New York", 0.040);
const PENNSYLVANIA: State = State::new("Pennsylvania", 0.038);
const RHODE_ISLAND: State = State::new("Rhode Island", 0.003);
const VERMONT: State = State::new("Vermont", 0.002);

pub(super) const FORMATS: &[Format] = &[
    CONNECTICUT.format("us-ct-passenger", "@@ #####", 0.48),
    CONNECTICUT.format("us-ct-passenger-2013", "#@@ @@#", 0.14),
    CONNECTICUT.format("us-ct-passenger-1988", "### @@@", 0.16),
    CONNECTICUT.format("us-ct-combination", "C ######", 0.05),
    CONNECTICUT.format("us-ct-combination-old", "## C@ ##", 0.02),
    CONNECTICUT.format("us-ct-commercial", "##### @", 0.02),
    MAINE.format("us-me-passenger", "#### @@", 0.62),
    MAINE.format("us-me-passenger-three", "### @@@", 0.10),
    MAINE.format("us-me-passenger-2025", "@@@ ###", 0.06),
    MAINE.format("us-me-commercial", "### ###", 0.06),
    MAINE.format("us-me-specialty", "### @@?@?", 0.04),
    // The last digit of most passenger plates is the month of expiry.
    MASSACHUSETTS.format("us-ma-passenger", "# @@@ ##", 0.36),
    MASSACHUSETTS.format("us-ma-passenger-mixed", "# @@ ###", 0.16),
    MASSACHUSETTS.format("us-ma-passenger-four", "## @@ ##", 0.10),
    MASSACHUSETTS.format("us-ma-passenger-three", "### @@ #", 0.10),
    MASSACHUSETTS.format("us-ma-passenger-letters-last", "#### @@", 0.06),
    MASSACHUSETTS.format("us-ma-passenger-1977", "### @@@", 0.02),
    MASSACHUSETTS.format("us-ma-commercial", "@## ###", 0.08),
    MASSACHUSETTS.format("us-ma-reserved", "[1-9]####?#?", 0.01),
    NEW_HAMPSHIRE.format("us-nh-passenger", "### ####", 0.56),
    NEW_HAMPSHIRE.format("us-nh-passenger-six", "### ###", 0.16),
    NEW_HAMPSHIRE.format("us-nh-motorcycle", "#####", 0.03).series(Series::Motorcycle),
    NEW_HAMPSHIRE.format("us-nh-trailer", "T ######", 0.03).series(Series::Trailer),
    NEW_JERSEY.format("us-nj-passenger", "<letter>## <letter><letter><letter>", 0.56),
    NEW_JERSEY.format("us-nj-passenger-1999", "<letter><letter><letter> ##<letter>", 0.18),
    NEW_JERSEY.format("us-nj-passenger-1991", "@@ ###@", 0.02),
    NEW_JERSEY.format("us-nj-passenger-1979", "### @@@", 0.01),
    NEW_JERSEY.format("us-nj-specialty", "#### @@", 0.02),
    NEW_JERSEY.format("us-nj-commercial", "X@ ##@@?", 0.06),
    NEW_JERSEY.format("us-nj-motorcycle", "# @@ ##", 0.02).series(Series::Motorcycle),
    NEW_JERSEY.format("us-nj-government", "[CMS]G #####?", 0.02).series(Series::Official),
    NEW_JERSEY.format("us-nj-temporary", "@ ######", 0.02).series(Series::Temporary),
    NEW_YORK.format("us-ny-passenger", "<letter><letter><letter> ####", 0.72),
    NEW_YORK.format("us-ny-passenger-1986", "@@@ ###", 0.01),
    NEW_YORK.format("us-ny-passenger-1986-mixed", "@#@ ###", 0.01),
    NEW_YORK.format("us-ny-commercial", "##### @@", 0.08),
    NEW_YORK.format("us-ny-motorcycle", "## @@ ##", 0.03).series(Series::Motorcycle),
    NEW_YORK.format("us-ny-official", "@@ ####", 0.02).series(Series::Official),
    NEW_YORK.format("us-ny-livery", "T ###### C", 0.012).series(Series::Taxi),
    NEW_YORK.format("us-ny-taxi", "#@##@?", 0.002).series(Series::Taxi),
    PENNSYLVANIA.format("us-pa-passenger", "<letter_no_u><letter_no_u><letter_no_u> ####", 0.74),
    PENNSYLVANIA.format("us-pa-passenger-1987", "@@@ ###", 0.01),
    PENNSYLVANIA.format("us-pa-truck-old", "[YZ]@ #####", 0.02),
    PENNSYLVANIA.format("us-pa-motorcycle", "# @@ ##", 0.02).series(Series::Motorcycle),
    PENNSYLVANIA.format("us-pa-motorcycle-letters", "@@@ ##", 0.02).series(Series::Motorcycle),
    PENNSYLVANIA.format("us-pa-government", "[MP][AG] #####?@?", 0.02).series(Series::Official),
    PENNSYLVANIA.format("us-pa-temporary", "#### ###", 0.03).series(Series::Temporary),
    RHODE_ISLAND.format("us-ri-passenger", "### ###", 0.50),
    RHODE_ISLAND.format("us-ri-passenger-letters", "@@ ###", 0.22),
    RHODE_ISLAND.format("us-ri-passenger-2022", "# @@ ###", 0.14),
    RHODE_ISLAND.format("us-ri-commercial", "#####", 0.06),
    VERMONT.format("us-vt-passenger", "@@@ ###", 0.78),
    VERMONT.format("us-vt-truck", "### @ ###", 0.12),
];
