//! Kosovo. Since December 2010 a plate says the region in two digits, then the state's arms, three digits and two letters:
//! 01 123 AB. The United Nations' administration issued 123 KS 456 before; diplomats have 01 CD 123.

use ovr_plugin_sdk::{Codes, Country, Format, Series};

pub(crate) const COUNTRY: Country = Country {
    // ISO 3166-1 reserves XK to users; Kosovo goes by it.
    code: "XK",
    // About 0.3 of the world's 1,500 million vehicles.
    share: 0.0002,
    sets: &[],
    codes: &[Codes {
        name: "region",
        list: &[
            ("01", "Pristina"),
            ("02", "Mitrovica"),
            ("03", "Peja"),
            ("04", "Prizren"),
            ("05", "Ferizaj"),
            ("06", "Gjilan"),
            ("07", "Gjakova"),
        ],
    }],
    formats: &[
        Format::new("xk-standard", "{region} ### @@", 0.95).issued(is_issued),
        Format::new("xk-2000", "### KS ###", 0.03),
        Format::new("xk-diplomatic", "## CD ###", 0.001).series(Series::Diplomatic),
    ],
};

/// Numbers begin at 101.
fn is_issued(text: &str) -> bool {
    text.get(2..5).is_some_and(|number| number > "100")
}
