use ovr_plugin_sdk::{Country, Format, Series};

/// Malta. Source: Registration and Licensing of Motor Vehicles Regulations, schedule on registration plates.
///
/// DMP stands on diplomatic vehicles, GV and GM on the government's. Rental vehicles have the standard text.
pub(crate) const COUNTRY: Country = Country {
    code: "MT",
    share: 0.0004,
    sets: &[],
    codes: &[],
    formats: &[
        Format::new("mt-standard", "@@@ ###", 0.90).issued(is_private),
        Format::new("mt-taxi", "TAXI ###", 0.004).series(Series::Taxi),
        Format::new("mt-diplomatic", "DMP ###", 0.002).series(Series::Diplomatic),
        Format::new("mt-government", "G[MV][A-Z] ###", 0.005).series(Series::Official),
    ],
};

/// Whether the letters are none of an authority's or a mission's.
fn is_private(text: &str) -> bool {
    !["DMP", "GV", "GM"].iter().any(|opening| text.starts_with(opening))
}
