//! A plate-format plugin to start from: the plates of Kosovo, which is small enough to be read in a minute.
//!
//! Yours takes three edits: the name in `Cargo.toml` and below, the table in `xk.rs`, and the vectors beside it.

mod xk;

ovr_plugin_sdk::plate_format_pack! {
    name: "plate-format-template",
    summary: "Plates of Kosovo; copy this plugin to write your own",
    countries: [xk::COUNTRY],
    vectors: [("XK", include_str!("../vectors/xk.txt"))],
}
