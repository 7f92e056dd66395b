//! Plates of the Americas.

mod ar;
mod br;
mod ca;
mod cl;
mod co;
mod mx;
mod pe;
mod py;
mod ranges;
mod us;
mod uy;

use ovr_plugin_sdk::Format;

ovr_plugin_sdk::plate_format_pack! {
    name: "plate-format-americas",
    summary: "Plates of the United States, Canada, Mexico, Brazil, Argentina, Chile, Colombia, Peru, Uruguay and Paraguay",
    countries: [
        us::COUNTRY,
        ca::COUNTRY,
        mx::COUNTRY,
        br::COUNTRY,
        ar::COUNTRY,
        cl::COUNTRY,
        co::COUNTRY,
        pe::COUNTRY,
        uy::COUNTRY,
        py::COUNTRY,
    ],
    vectors: [
        ("US", include_str!("../vectors/us.txt")),
        ("CA", include_str!("../vectors/ca.txt")),
        ("MX", include_str!("../vectors/mx.txt")),
        ("BR", include_str!("../vectors/br.txt")),
        ("AR", include_str!("../vectors/ar.txt")),
        ("CL", include_str!("../vectors/cl.txt")),
        ("CO", include_str!("../vectors/co.txt")),
        ("PE", include_str!("../vectors/pe.txt")),
        ("UY", include_str!("../vectors/uy.txt")),
        ("PY", include_str!("../vectors/py.txt")),
    ],
}

/// One table of several: a country whose states fill files of their own. `N` is the sum of their lengths,
/// which the compiler checks.
#[expect(
    clippy::indexing_slicing,
    reason = "runs while compiling, where an index out of bounds is a compile error"
)]
const fn join<const N: usize, const PARTS: usize>(parts: [&[Format]; PARTS]) -> [Format; N] {
    let mut joined = [parts[0][0]; N];
    let (mut part, mut row, mut at) = (0, 0, 0);
    while part < PARTS {
        if row == parts[part].len() {
            part += 1;
            row = 0;
            continue;
        }
        joined[at] = parts[part][row];
        at += 1;
        row += 1;
    }
    assert!(at == N, "N is the sum of the lengths of all parts");
    joined
}
