//! The macros that make a component: they join a plugin's own functions or tables with the contract's exports.

/// A country pack; see the crate's documentation.
#[macro_export]
macro_rules! plate_format_pack {
    (
        name: $name:expr,
        summary: $summary:expr,
        countries: [$($country:expr),+ $(,)?],
        vectors: [$(($code:expr, $vectors:expr)),* $(,)?] $(,)?
    ) => {
        /// The countries of this pack.
        pub const COUNTRIES: &[$crate::Country] = &[$($country),+];

        $crate::compiled_pack!(pub static PACK: COUNTRIES);

        /// The test vectors, by country.
        pub const VECTORS: &[(&str, &str)] = &[$(($code, $vectors)),*];

        /// The component.
        #[derive(Debug, Clone, Copy)]
        pub struct Plugin;

        impl $crate::plate_format::Guest for Plugin {
            fn describe() -> $crate::types::Description {
                $crate::describe($name, env!("CARGO_PKG_VERSION"), $summary)
            }

            fn self_test() -> ::core::result::Result<u32, ::std::string::String> {
                $crate::vectors::self_test(&PACK, VECTORS)
            }

            fn check(
                read: $crate::types::PlateRead,
                _settings: ::std::vec::Vec<$crate::types::Attribute>,
            ) -> ::core::result::Result<::std::vec::Vec<$crate::plate_format::Interpretation>, ::std::string::String> {
                $crate::check(&PACK, &read)
            }
        }

        // Natively the same crate is a library for tests: the exports' names mean nothing to a native linker.
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::plate_format::export_plate_format!(Plugin with_types_in $crate::bindings::plate_format);

        #[cfg(test)]
        mod pack_tests {
            #[test]
            fn the_tables_are_sound() {
                let faults = $crate::tables::faults(super::COUNTRIES);
                assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
            }

            #[test]
            fn all_vectors_hold() {
                let (held, failures) = $crate::vectors::run(&super::PACK, super::VECTORS);
                assert!(failures.is_empty(), "{held} vectors hold, {} fail:\n{}", failures.len(), failures.join("\n"));
                assert!(held > 0, "there are no vectors");
            }
        }
    };
}

/// A dedup policy: `decide` is a `fn(&Event, &[Neighbour], &Settings) -> Decision`, `self_test` a `fn() -> Result<u32, String>`.
#[macro_export]
macro_rules! dedup_policy_plugin {
    (name: $name:expr, summary: $summary:expr, decide: $decide:path, self_test: $self_test:path $(,)?) => {
        /// The component.
        #[derive(Debug, Clone, Copy)]
        pub struct Plugin;

        impl $crate::dedup_policy::Guest for Plugin {
            fn describe() -> $crate::types::Description {
                $crate::describe($name, env!("CARGO_PKG_VERSION"), $summary)
            }

            fn self_test() -> ::core::result::Result<u32, ::std::string::String> {
                $self_test()
            }

            fn decide(
                event: $crate::types::Event,
                neighbours: ::std::vec::Vec<$crate::types::Neighbour>,
                settings: ::std::vec::Vec<$crate::types::Attribute>,
            ) -> $crate::dedup_policy::Decision {
                $decide(&event, &neighbours, &$crate::Settings::new(&settings))
            }
        }

        #[cfg(target_arch = "wasm32")]
        $crate::bindings::dedup_policy::export_dedup_policy!(Plugin with_types_in $crate::bindings::dedup_policy);
    };
}

/// Enrichment: `enrich` is a `fn(&Event, &Settings) -> Vec<Attribute>`, `self_test` a `fn() -> Result<u32, String>`.
#[macro_export]
macro_rules! enrich_plugin {
    (name: $name:expr, summary: $summary:expr, enrich: $enrich:path, self_test: $self_test:path $(,)?) => {
        /// The component.
        #[derive(Debug, Clone, Copy)]
        pub struct Plugin;

        impl $crate::enrich::Guest for Plugin {
            fn describe() -> $crate::types::Description {
                $crate::describe($name, env!("CARGO_PKG_VERSION"), $summary)
            }

            fn self_test() -> ::core::result::Result<u32, ::std::string::String> {
                $self_test()
            }

            fn enrich(
                event: $crate::types::Event,
                settings: ::std::vec::Vec<$crate::types::Attribute>,
            ) -> ::std::vec::Vec<$crate::types::Attribute> {
                $enrich(&event, &$crate::Settings::new(&settings))
            }
        }

        #[cfg(target_arch = "wasm32")]
        $crate::bindings::enrich::export_enrich!(Plugin with_types_in $crate::bindings::enrich);
    };
}
