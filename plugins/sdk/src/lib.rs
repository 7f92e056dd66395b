//! What a plugin is written with. A country pack is mostly tables ([`Country`], [`Format`], [`Codes`]) and test vectors
//! ([`vectors`]).
//!
//! A pack is one call, in its `lib.rs`:
//!
//! ```ignore
//! mod de;
//! mod fr;
//!
//! ovr_plugin_sdk::plate_format_pack! {
//!     name: "plate-format-eu",
//!     summary: "Plates of Europe",
//!     countries: [de::COUNTRY, fr::COUNTRY],
//!     vectors: [("DE", include_str!("../vectors/de.txt")), ("FR", include_str!("../vectors/fr.txt"))],
//! }
//! ```
//!
//! It gives the component's exports, the compiled tables and two tests (tables, vectors): `cargo test -p plate-format-eu`.
//!
//! # The other two worlds
//! A dedup policy is one function, and so is enrichment; the records of the contract are in [`types`], the operator's settings in
//! [`Settings`], the likeness of two plates in [`dedup`], a word to the operator in [`log`]:
//!
//! ```
//! use ovr_plugin_sdk::dedup_policy::{Decision, Repeat};
//! use ovr_plugin_sdk::types::{Event, Neighbour};
//! use ovr_plugin_sdk::{Settings, dedup};
//!
//! fn decide(event: &Event, neighbours: &[Neighbour], settings: &Settings) -> Decision {
//!     let window_us = settings.parsed("window_s", 300_u64) * 1_000_000;
//!     let repeated = neighbours.iter().find(|other| {
//!         let plates = event.plate.as_deref().zip(other.event.plate.as_deref());
//!         other.gap_us <= window_us && plates.is_some_and(|(a, b)| dedup::is_confusable(a, b))
//!     });
//!     match repeated {
//!         Some(other) => Decision::Suppress(Repeat { event_id: other.head.clone(), reason: "the same plate".to_owned() }),
//!         None => Decision::Emit("a new plate".to_owned()),
//!     }
//! }
//!
//! fn self_test() -> Result<u32, String> {
//!     Ok(0)
//! }
//!
//! ovr_plugin_sdk::dedup_policy_plugin! {
//!     name: "same-plate",
//!     summary: "Suppresses a plate that was seen shortly before",
//!     decide: decide,
//!     self_test: self_test,
//! }
//! ```
//!
//! ```
//! use ovr_plugin_sdk::Settings;
//! use ovr_plugin_sdk::types::{Attribute, Event};
//!
//! fn enrich(event: &Event, settings: &Settings) -> Vec<Attribute> {
//!     let owner = settings.get(&format!("{}.owner", event.camera));
//!     owner.map(|owner| ovr_plugin_sdk::attribute("owner", owner)).into_iter().collect()
//! }
//!
//! fn self_test() -> Result<u32, String> {
//!     Ok(0)
//! }
//!
//! ovr_plugin_sdk::enrich_plugin! { name: "owner", summary: "Who runs the camera", enrich: enrich, self_test: self_test }
//! ```
//!
//! `Plugin` is the type that a macro defines; in tests its functions can be called through the `Guest` trait of the world
//! ([`plate_format::Guest`], [`dedup_policy::Guest`], [`enrich::Guest`]), or your own functions directly.

mod answer;
pub mod bindings;
mod bounds;
#[doc(hidden)]
pub mod compile;
pub mod confusable;
pub mod dedup;
mod extra;
mod found;
#[cfg(target_arch = "wasm32")]
mod heap;
mod lattice;
mod macros;
#[doc(hidden)]
pub mod pack;
mod pattern;
mod prior;
mod reason;
mod regions;
mod search;
#[cfg(test)]
mod search_tests;
mod settings;
mod table;
pub mod tables;
pub mod vectors;

pub use answer::check;
pub use settings::Settings;
pub use table::{Codes, Country, Format, Series};

/// The records of the contract, the same for all three worlds.
pub mod types {
    pub use crate::bindings::plate_format::ovr::alpr::types::{
        Alternative, Attribute, Bbox, Description, Direction, Event, Neighbour, Place, PlateRead, Position,
        Quality, VehicleClass,
    };
}

/// World `plate-format`.
pub mod plate_format {
    pub use crate::bindings::plate_format::exports::ovr::alpr::plate_format::{
        Correction, Guest, Interpretation, Series,
    };
}

/// World `dedup-policy`.
pub mod dedup_policy {
    pub use crate::bindings::dedup_policy::exports::ovr::alpr::dedup_policy::{Decision, Guest, Repeat};
}

/// World `enrich`.
pub mod enrich {
    pub use crate::bindings::enrich::exports::ovr::alpr::enrich::Guest;
}

/// A word to the operator; natively, in tests, it goes nowhere.
pub mod log {
    #[cfg(target_arch = "wasm32")]
    use crate::bindings::plate_format::ovr::alpr::log::{Level, log};

    /// The only level at which a plate, a track or an event id may be named.
    pub fn debug(message: &str) {
        #[cfg(target_arch = "wasm32")]
        log(Level::Debug, message);
        let _ = message;
    }

    /// What the operator may want to know.
    pub fn info(message: &str) {
        #[cfg(target_arch = "wasm32")]
        log(Level::Info, message);
        let _ = message;
    }

    /// What the operator should look at.
    pub fn warn(message: &str) {
        #[cfg(target_arch = "wasm32")]
        log(Level::Warn, message);
        let _ = message;
    }
}

/// An attribute.
pub fn attribute(key: &str, value: &str) -> types::Attribute {
    types::Attribute { key: key.to_owned(), value: value.to_owned() }
}

/// What a plugin says of itself.
pub fn describe(name: &str, version: &str, summary: &str) -> types::Description {
    types::Description { name: name.to_owned(), version: version.to_owned(), summary: summary.to_owned() }
}
