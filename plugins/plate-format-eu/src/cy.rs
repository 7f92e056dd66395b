use ovr_plugin_sdk::{Country, Format, Series};

/// Cyprus. Source: the Motor Vehicles Regulations, part on registration marks (Road Transport Department): three letters and
/// a number since 1990, two letters before.
///
/// Only letters that the Greek and the Latin alphabet share: A B E H I K M N O P T X Y Z, of which O is rare.
pub(crate) const COUNTRY: Country = Country {
    code: "CY",
    share: 0.0008,
    sets: &[("letter", "ABEHIKMNOPTXYZ")],
    codes: &[],
    formats: &[
        Format::new("cy-standard", "<letter><letter><letter> ###", 0.90),
        Format::new("cy-1973", "<letter><letter> ###", 0.02),
        Format::new("cy-taxi", "T<letter><letter><letter> ###", 0.006).series(Series::Taxi),
        Format::new("cy-rental", "Z<letter><letter><letter> ###", 0.02).series(Series::Other),
        Format::new("cy-diplomatic", "## CD ##", 0.001).series(Series::Diplomatic),
    ],
};
