//! What `wit-bindgen` makes of the contract in `wit/`: once, for all plugins. A plugin's own crate contains none of it, only the
//! call of an `export!` macro, which the macros of this crate expand to.
#![allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::indexing_slicing,
    clippy::allow_attributes_without_reason,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "generated: the canonical ABI passes raw pointers, and the generator's style is not ours"
)]

/// World `plate-format-plugin`, and the types that all three worlds share.
pub mod plate_format {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "plate-format-plugin",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_plate_format",
        default_bindings_module: "ovr_plugin_sdk::bindings::plate_format",
        additional_derives: [PartialEq],
    });
}

/// World `dedup-policy-plugin`.
pub mod dedup_policy {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "dedup-policy-plugin",
        with: {
            "ovr:alpr/types@0.1.0": crate::bindings::plate_format::ovr::alpr::types,
            "ovr:alpr/log@0.1.0": crate::bindings::plate_format::ovr::alpr::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_dedup_policy",
        default_bindings_module: "ovr_plugin_sdk::bindings::dedup_policy",
        additional_derives: [PartialEq],
    });
}

/// World `enrich-plugin`.
pub mod enrich {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "enrich-plugin",
        with: {
            "ovr:alpr/types@0.1.0": crate::bindings::plate_format::ovr::alpr::types,
            "ovr:alpr/log@0.1.0": crate::bindings::plate_format::ovr::alpr::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_enrich",
        default_bindings_module: "ovr_plugin_sdk::bindings::enrich",
        additional_derives: [PartialEq],
    });
}
