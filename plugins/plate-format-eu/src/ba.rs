use ovr_plugin_sdk::{Country, Format, Series};

/// Bosnia and Herzegovina. Source: Pravilnik o registrovanju vozila (Službeni glasnik BiH), articles on registration plates: a
/// number without region since 1998, longer since 2009.
///
/// Only letters that the Latin and the Cyrillic alphabet share: A E J K M O T.
pub(crate) const COUNTRY: Country = Country {
    code: "BA",
    share: 0.0012,
    sets: &[("letter", "AEJKMOT")],
    codes: &[],
    formats: &[
        Format::new("ba-2009", "<letter>## <letter> ###", 0.85),
        Format::new("ba-1998", "### <letter> ###", 0.10),
        Format::new("ba-taxi", "TA ######", 0.006).series(Series::Taxi),
        Format::new("ba-diplomatic", "## [AMT] ###", 0.001).series(Series::Diplomatic),
    ],
};
