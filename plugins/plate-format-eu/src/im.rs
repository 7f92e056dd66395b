//! Isle of Man.
//!
//! Source: Isle of Man Government, "Vehicle registration": MN or MAN among the letters, with a number and, since 1974, a
//! serial letter before or behind.

use ovr_plugin_sdk::{Country, Format, Series};

/// The formats of the Isle of Man.
pub(crate) const COUNTRY: Country = Country {
    code: "IM",
    share: 0.00008,
    sets: &[("letter", "ABCDEFGHJKLMNPRSTUVWXYZ")],
    codes: &[],
    formats: &[
        Format::new("im-standard", "<letter>MN [1-9]#?#? <letter>", 0.6),
        Format::new("im-man", "MAN [1-9]#?#? <letter>", 0.1),
        Format::new("im-reversed", "[1-9]#?#? MAN <letter>?", 0.05),
        Format::new("im-serial", "<letter>MN [1-9]#?#?", 0.1),
        Format::new("im-man-number", "MAN [1-9]#?#?#?", 0.03),
        Format::new("im-old", "MN [1-9]#?#?#?#?", 0.05).series(Series::Vanity),
    ],
};
