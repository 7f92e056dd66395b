use ovr_plugin_sdk::{Country, Format, Series};

/// Albania. Source: Vendim i Këshillit të Ministrave on the plates of road vehicles, under Ligj 8378/1998 (Kodi Rrugor),
/// with the national series since February 2011.
///
/// I, O and Q are not issued.
pub(crate) const COUNTRY: Country = Country {
    code: "AL",
    share: 0.0008,
    sets: &[("letter", "ABCDEFGHJKLMNPRSTUVWXYZ")],
    codes: &[],
    formats: &[
        Format::new("al-2011", "A<letter> ### <letter><letter>", 0.94),
        Format::new("al-agricultural", "<letter><letter> MB ##", 0.004).series(Series::Agricultural),
        Format::new("al-diplomatic", "TR ### [CHDK]", 0.001).series(Series::Diplomatic),
        Format::new("al-police", "MBR ### <letter>", 0.001).series(Series::Official),
    ],
};
