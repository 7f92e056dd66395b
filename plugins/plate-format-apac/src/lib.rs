//! Plates of Asia and the Pacific.

mod au;
mod cn;
mod in_;
mod my;
mod nz;
mod sg;

ovr_plugin_sdk::plate_format_pack! {
    name: "plate-format-apac",
    summary: "Plates of China, India, Australia, New Zealand, Malaysia and Singapore",
    countries: [cn::COUNTRY, in_::COUNTRY, au::COUNTRY, my::COUNTRY, nz::COUNTRY, sg::COUNTRY],
    vectors: [
        ("CN", include_str!("../vectors/cn.txt")),
        ("IN", include_str!("../vectors/in.txt")),
        ("AU", include_str!("../vectors/au.txt")),
        ("MY", include_str!("../vectors/my.txt")),
        ("NZ", include_str!("../vectors/nz.txt")),
        ("SG", include_str!("../vectors/sg.txt")),
    ],
}
