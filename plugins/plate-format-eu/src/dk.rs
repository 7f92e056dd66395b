//! Denmark.
//!
//! Source: bekendtgørelse om registrering af køretøjer (Motorregisteret): two letters (without I, O, Q, Å, Æ and Ø) and five
//! digits, whose first ones tell the kind of vehicle; four digits on mopeds and trailers of old.

use ovr_plugin_sdk::{Country, Format, Series};

/// The formats of Denmark.
pub(crate) const COUNTRY: Country = Country {
    code: "DK",
    share: 0.0028,
    sets: &[("letter", "ABCDEFGHJKLMNPRSTUVWXYZ")],
    codes: &[],
    formats: &[
        Format::new("dk-standard", "<letter><letter> [2-9]####", 0.9),
        // 10 000 to 18 999 are motorcycles and mopeds that are registered.
        Format::new("dk-motorcycle", "<letter><letter> 1[0-8]###", 0.05).series(Series::Motorcycle),
        Format::new("dk-other", "<letter><letter> 19###", 0.005),
        Format::new("dk-trailer", "<letter><letter> [1-9]###", 0.03).series(Series::Trailer),
        // Embassies: number of the state, number of the vehicle.
        Format::new("dk-diplomatic", "[1-9]# ###", 0.0005).series(Series::Diplomatic),
    ],
};
