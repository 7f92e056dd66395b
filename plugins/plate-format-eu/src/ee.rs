use ovr_plugin_sdk::{Country, Format, Series};

/// Estonia. Source: the Minister of Economic Affairs' regulation on the registration of motor vehicles and trailers, annex on
/// registration plates (Transpordiamet).
///
/// I, O and Q and letters with marks are not issued in the usual series; numbers start at 001.
pub(crate) const COUNTRY: Country = Country {
    code: "EE",
    share: 0.0009,
    sets: &[("letter", "ABCDEFGHJKLMNPRSTUVWXYZ")],
    codes: &[],
    formats: &[
        Format::new("ee-standard", "### <letter><letter><letter>", 0.86).issued(has_number),
        Format::new("ee-trailer", "### <letter><letter>", 0.06).series(Series::Trailer).issued(has_number),
        Format::new("ee-motorcycle", "## <letter><letter>", 0.04)
            .series(Series::Motorcycle)
            .issued(has_number),
        Format::new("ee-dealer", "PROOV ###", 0.001).series(Series::Dealer),
        Format::new("ee-diplomatic", "CD ####", 0.0005).series(Series::Diplomatic),
        Format::new("ee-diplomatic-head", "CMD ####", 0.0001).series(Series::Diplomatic),
    ],
};

/// 000 and 00 are not issued.
fn has_number(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit() && byte != b'0')
}
