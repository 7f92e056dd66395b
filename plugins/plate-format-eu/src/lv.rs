use ovr_plugin_sdk::{Country, Format, Series};

/// Pairs of letters that belong to missions and taxis.
fn is_ordinary(text: &str) -> bool {
    !["CD", "CC", "TX", "TQ", "EX"].iter().any(|pair| text.starts_with(pair))
}

/// Latvia. Source: standard LVS 20 on registration plates and Ministru kabineta noteikumi on vehicle registration
/// (CSDD publishes the series).
///
/// Q, W, X and Y and letters with marks are not issued in the usual series; numbers have no leading zero.
pub(crate) const COUNTRY: Country = Country {
    code: "LV",
    share: 0.0009,
    sets: &[("letter", "ABCDEFGHIJKLMNOPRSTUVZ")],
    codes: &[],
    formats: &[
        Format::new("lv-standard", "<letter><letter> [1-9]###", 0.80).issued(is_ordinary),
        Format::new("lv-short", "<letter><letter> [1-9]#?#?", 0.06).issued(is_ordinary),
        Format::new("lv-trailer", "<letter> [1-9]###", 0.06).series(Series::Trailer),
        Format::new("lv-taxi", "T[QX] [1-9]###", 0.003).series(Series::Taxi),
        Format::new("lv-electric-taxi", "EX [1-9]###", 0.0006).series(Series::Taxi),
        Format::new("lv-diplomatic", "C[CD] [1-9]###", 0.001).series(Series::Diplomatic),
    ],
};
