use ovr_plugin_sdk::{Country, Format, Series};

/// A plate of digits alone is the armed forces', not a personal one.
fn is_personal(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Sweden. Source: vägtrafikdataförordningen (2019:382) and Transportstyrelsen's regulations on registration plates
/// (since January 2019 a letter may end the plate).
///
/// I, Q, V, Å, Ä and Ö are not issued, nor O at the end. A few combinations of three letters are no longer issued, but were
/// once and are on the road, so none is refused here. Personal plates with Å, Ä or Ö come from readers as A or O.
pub(crate) const COUNTRY: Country = Country {
    code: "SE",
    share: 0.007,
    sets: &[("letter", "ABCDEFGHJKLMNOPRSTUWXYZ"), ("last", "ABCDEFGHJKLMNPRSTUWXYZ")],
    codes: &[],
    formats: &[
        Format::new("se-standard", "<letter><letter><letter> ###", 0.80),
        Format::new("se-2019", "<letter><letter><letter> ##<last>", 0.18),
        Format::new("se-taxi", "<letter><letter><letter> ##* T", 0.01).series(Series::Taxi),
        Format::new("se-diplomatic", "<letter><letter> ### <letter>", 0.0005).series(Series::Diplomatic),
        Format::new("se-military", "####?#?#?", 0.001).series(Series::Military).chars_min(4),
        Format::new("se-personal-2", "**", 0.0001).series(Series::Vanity).issued(is_personal),
        Format::new("se-personal-3", "***", 0.0002).series(Series::Vanity).issued(is_personal),
        Format::new("se-personal-4", "****", 0.0004).series(Series::Vanity).issued(is_personal),
        Format::new("se-personal-5", "*****", 0.0006).series(Series::Vanity).issued(is_personal),
        Format::new("se-personal-6", "******", 0.0008).series(Series::Vanity).issued(is_personal),
        Format::new("se-personal-7", "*******", 0.0006).series(Series::Vanity).issued(is_personal),
    ],
};
