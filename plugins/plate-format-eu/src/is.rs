use ovr_plugin_sdk::{Country, Format, Series};

/// Iceland. Source: reglugerð um skráningu ökutækja 751/2003, articles on registration plates.
///
/// Q, C and W and letters with marks are not issued in the usual series.
pub(crate) const COUNTRY: Country = Country {
    code: "IS",
    share: 0.0004,
    sets: &[("letter", "ABDEFGHIJKLMNOPRSTUVXYZ")],
    codes: &[],
    formats: &[
        Format::new("is-2004", "<letter><letter>~<letter>##", 0.62),
        Format::new("is-1989", "<letter><letter>~###", 0.34),
        Format::new("is-diplomatic", "CD ###", 0.001).series(Series::Diplomatic),
    ],
};
