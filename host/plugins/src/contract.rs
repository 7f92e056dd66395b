//! The Rust side of `wit/`, generated. The three worlds share one set of types, so that a conversion is written once.

#![allow(missing_debug_implementations, unreachable_pub, clippy::pedantic, reason = "generated code")]

/// The world of plates.
pub(crate) mod plate_format {
    wasmtime::component::bindgen!({ path: "../../wit", world: "plate-format-plugin" });
}

/// The world of repeats.
pub(crate) mod dedup_policy {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "dedup-policy-plugin",
        with: {
            "ovr:alpr/types": super::plate_format::ovr::alpr::types,
            "ovr:alpr/log": super::plate_format::ovr::alpr::log,
        },
    });
}

/// The world of attributes.
pub(crate) mod enrich {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "enrich-plugin",
        with: {
            "ovr:alpr/types": super::plate_format::ovr::alpr::types,
            "ovr:alpr/log": super::plate_format::ovr::alpr::log,
        },
    });
}

pub(crate) use plate_format::ovr::alpr::{log, types};
