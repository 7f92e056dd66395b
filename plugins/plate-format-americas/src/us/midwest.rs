//! The states of the Midwest.

use ovr_plugin_sdk::{Format, Series};

use super::state::State;

const ILLINOIS: State = State::new("Illinois", 0.037);
const INDIANA: State = State::new("Indiana", 0.022);
const IOWA: State = State::new("Iowa", 0.013);
const KANSAS: State = State::new("Kansas", 0.009);
const MICHIGAN: State = State::new("Michigan", 0.029);
const MINNESOTA: State = State::new("Minnesota", 0.020);
const MISSOURI: State = State::new("Missouri", 0.020);
const NEBRASKA: State = State::new("Nebraska", 0.007);
const NORTH_DAKOTA: State = State::new("North Dakota", 0.0032);
const OHIO: State = State::new("Ohio", 0.037);
const SOUTH_DAKOTA: State = State::new("South Dakota", 0.0046);
const WISCONSIN: State = State::new("Wisconsin", 0.020);

pub(super) const FORMATS: &[Format] = &[
    ILLINOIS.format("us-il-passenger", "<letter><letter> #####", 0.44),
    ILLINOIS.format("us-il-passenger-2001", "@## ####", 0.24),
    ILLINOIS.format("us-il-passenger-digits", "### ####?", 0.06),
    ILLINOIS.format("us-il-passenger-1984", "@@@ ###", 0.02),
    // Trucks end in the letter of their weight class; B, up to 8,000 pounds, is by far the commonest.
    ILLINOIS.format("us-il-truck", "######?#? B", 0.10),
    ILLINOIS.format("us-il-truck-heavy", "#####? [CDFHJKLNPQRSTVXZ]", 0.02),
    ILLINOIS.format("us-il-motorcycle", "@@ ####", 0.02).series(Series::Motorcycle),
    ILLINOIS.format("us-il-temporary", "### @ ###", 0.02).series(Series::Temporary),
    ILLINOIS.format("us-il-municipal", "M# ####?#?", 0.01).series(Series::Official),
    INDIANA.format("us-in-passenger", "### @@@", 0.58),
    INDIANA.format("us-in-passenger-short", "### @@?", 0.10),
    INDIANA.format("us-in-passenger-2020", "@@@ ###", 0.08),
    // Until 2008 the first two digits were the number of the county.
    INDIANA.format("us-in-passenger-county", "##? @ ####", 0.04),
    INDIANA.format("us-in-truck", "TK ### @@@", 0.08),
    INDIANA.format("us-in-truck-digits", "#######", 0.01),
    INDIANA.format("us-in-motorcycle", "MC ### @@?", 0.02).series(Series::Motorcycle),
    INDIANA.format("us-in-temporary", "@ ######", 0.01).series(Series::Temporary),
    IOWA.format("us-ia-passenger", "@@@ ###", 0.74),
    IOWA.format("us-ia-passenger-digits-first", "### @@@", 0.04),
    IOWA.format("us-ia-specialty", "#### @@", 0.06),
    IOWA.format("us-ia-specialty-letters", "@@ ####", 0.02),
    IOWA.format("us-ia-official", "######", 0.01).series(Series::Official),
    KANSAS.format("us-ks-passenger", "#### <letter><letter><letter>", 0.24),
    KANSAS.format("us-ks-passenger-2007", "### @@@", 0.48),
    KANSAS.format("us-ks-passenger-1989", "@@@ ###", 0.06),
    KANSAS.format("us-ks-specialty", "##### @", 0.05),
    KANSAS.format("us-ks-temporary", "@ ######", 0.03).series(Series::Temporary),
    MICHIGAN.format("us-mi-passenger", "<letter_no_io><letter_no_io><letter_no_io> ####", 0.56),
    MICHIGAN.format("us-mi-passenger-2007", "# <letter_no_io><letter_no_io><letter_no_io> ##", 0.14),
    MICHIGAN.format("us-mi-passenger-1983", "@@@ ###", 0.04),
    MICHIGAN.format("us-mi-commercial", "@@ #####", 0.10),
    MICHIGAN.format("us-mi-specialty", "##### @?", 0.02),
    MICHIGAN.format("us-mi-official", "### @ ###", 0.01).series(Series::Official),
    MICHIGAN.format("us-mi-trailer", "@ ######", 0.03).series(Series::Trailer),
    MINNESOTA.format("us-mn-passenger", "@@@ ###", 0.48),
    MINNESOTA.format("us-mn-passenger-digits-first", "### @@@", 0.32),
    MINNESOTA.format("us-mn-truck", "Y@@ ####", 0.06),
    MINNESOTA.format("us-mn-motorcycle", "##### M@", 0.03).series(Series::Motorcycle),
    MINNESOTA.format("us-mn-exempt", "9## ###", 0.01).series(Series::Official),
    MISSOURI.format("us-mo-passenger", "@@# @#@", 0.60),
    MISSOURI.format("us-mo-passenger-1997", "### @@@", 0.06),
    MISSOURI.format("us-mo-passenger-1980", "@@@ ###", 0.02),
    MISSOURI.format("us-mo-truck", "#@@ ###", 0.12),
    MISSOURI.format("us-mo-truck-letters", "##@ ###", 0.04),
    MISSOURI.format("us-mo-motorcycle", "@@ ##@", 0.02).series(Series::Motorcycle),
    // The three most populous counties have no number.
    NEBRASKA.format("us-ne-passenger", "@@@ ###", 0.50),
    NEBRASKA.format("us-ne-county", "##? @ ##?#?#?", 0.24),
    NEBRASKA.format("us-ne-county-digits", "##? ##?#?#?", 0.10).chars_min(3),
    NORTH_DAKOTA.format("us-nd-passenger", "### @@@", 0.60),
    NORTH_DAKOTA.format("us-nd-passenger-1993", "@@@ ###", 0.30),
    OHIO.format("us-oh-passenger", "@@@ ####", 0.74),
    OHIO.format("us-oh-passenger-1997", "@@## @@", 0.03),
    OHIO.format("us-oh-passenger-1990", "@@@ ###", 0.02),
    OHIO.format("us-oh-motorcycle", "## @@@", 0.03).series(Series::Motorcycle),
    OHIO.format("us-oh-specialty", "### @@", 0.02),
    OHIO.format("us-oh-temporary", "@ ######", 0.03).series(Series::Temporary),
    SOUTH_DAKOTA.format("us-sd-passenger", "[1-9] @@ ###", 0.30),
    SOUTH_DAKOTA.format("us-sd-passenger-mixed", "[1-9] @# ###", 0.20),
    SOUTH_DAKOTA.format("us-sd-passenger-mixed-last", "[1-9] @###@", 0.10),
    SOUTH_DAKOTA.format("us-sd-passenger-two", "[1-6]# @ ###", 0.24).issued(county_sd),
    SOUTH_DAKOTA.format("us-sd-passenger-two-letters", "[1-6]# @@ ##", 0.06).issued(county_sd),
    WISCONSIN.format("us-wi-passenger", "@@@ ####", 0.38),
    WISCONSIN.format("us-wi-passenger-2000", "### @@@", 0.34),
    WISCONSIN.format("us-wi-passenger-1986", "@@@ ###", 0.02),
    WISCONSIN.format("us-wi-truck", "@@ ####", 0.10),
    WISCONSIN.format("us-wi-truck-digits", "##### @", 0.02),
    WISCONSIN.format("us-wi-specialty", "##### @@?", 0.02),
    WISCONSIN.format("us-wi-temporary", "@ #### @", 0.02).series(Series::Temporary),
];

/// South Dakota numbers its counties from 1 to 67.
fn county_sd(text: &str) -> bool {
    super::number_of_county_is_in(text, 10, 67)
}
