use ovr_plugin_sdk::{Country, Format, Series};

/// Lithuania. Source: the Minister of the Interior's order on registration plates (valstybinio numerio ženklai), and
/// Regitra's description of the series.
///
/// Q, W, X and Y and letters with marks are not issued.
pub(crate) const COUNTRY: Country = Country {
    code: "LT",
    share: 0.0016,
    sets: &[("letter", "ABCDEFGHIJKLMNOPRSTUVZ")],
    codes: &[],
    formats: &[
        Format::new("lt-standard", "<letter><letter><letter>~###", 0.88),
        Format::new("lt-trailer", "<letter><letter> ###", 0.05).series(Series::Trailer),
        Format::new("lt-motorcycle", "### <letter><letter>", 0.03).series(Series::Motorcycle),
        Format::new("lt-moped", "## <letter><letter><letter>", 0.006).series(Series::Motorcycle),
        Format::new("lt-electric", "E<letter> ####", 0.01).series(Series::Electric),
        Format::new("lt-taxi", "T #####", 0.003).series(Series::Taxi),
        Format::new("lt-historic", "H #####", 0.002).series(Series::Historic),
        Format::new("lt-dealer", "P #####", 0.002).series(Series::Dealer),
        Format::new("lt-diplomatic", "## # ###", 0.0006).series(Series::Diplomatic),
    ],
};
