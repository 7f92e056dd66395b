//! Plates of Europe: a table for each country, in a file named by its code, and test vectors beside.

mod al;
mod at;
mod ba;
mod be;
mod bg;
mod by;
mod ch;
mod cy;
mod cz;
mod de;
mod dk;
mod ee;
mod es;
mod fi;
mod fr;
mod gb;
mod gr;
mod hr;
mod hu;
mod ie;
mod im;
mod is;
mod it;
mod je;
mod li;
mod lt;
mod lu;
mod lv;
mod mc;
mod md;
mod me;
mod mk;
mod mt;
mod nl;
mod no;
mod pl;
mod pt;
mod ro;
mod rs;
mod ru;
mod se;
mod si;
mod sk;
mod tr;
mod ua;
mod xk;

ovr_plugin_sdk::plate_format_pack! {
    name: "plate-format-eu",
    summary: "Plates of the countries of Europe",
    // Sorted by code.
    countries: [
        al::COUNTRY,
        at::COUNTRY,
        ba::COUNTRY,
        be::COUNTRY,
        bg::COUNTRY,
        by::COUNTRY,
        ch::COUNTRY,
        cy::COUNTRY,
        cz::COUNTRY,
        de::COUNTRY,
        dk::COUNTRY,
        ee::COUNTRY,
        es::COUNTRY,
        fi::COUNTRY,
        fr::COUNTRY,
        gb::COUNTRY,
        gr::COUNTRY,
        hr::COUNTRY,
        hu::COUNTRY,
        ie::COUNTRY,
        im::COUNTRY,
        is::COUNTRY,
        it::COUNTRY,
        je::COUNTRY,
        li::COUNTRY,
        lt::COUNTRY,
        lu::COUNTRY,
        lv::COUNTRY,
        mc::COUNTRY,
        md::COUNTRY,
        me::COUNTRY,
        mk::COUNTRY,
        mt::COUNTRY,
        nl::COUNTRY,
        no::COUNTRY,
        pl::COUNTRY,
        pt::COUNTRY,
        ro::COUNTRY,
        rs::COUNTRY,
        ru::COUNTRY,
        se::COUNTRY,
        si::COUNTRY,
        sk::COUNTRY,
        tr::COUNTRY,
        ua::COUNTRY,
        xk::COUNTRY,
    ],
    vectors: [
        ("AL", include_str!("../vectors/al.txt")),
        ("AT", include_str!("../vectors/at.txt")),
        ("BA", include_str!("../vectors/ba.txt")),
        ("BE", include_str!("../vectors/be.txt")),
        ("BG", include_str!("../vectors/bg.txt")),
        ("BY", include_str!("../vectors/by.txt")),
        ("CH", include_str!("../vectors/ch.txt")),
        ("CY", include_str!("../vectors/cy.txt")),
        ("CZ", include_str!("../vectors/cz.txt")),
        ("DE", include_str!("../vectors/de.txt")),
        ("DK", include_str!("../vectors/dk.txt")),
        ("EE", include_str!("../vectors/ee.txt")),
        ("ES", include_str!("../vectors/es.txt")),
        ("FI", include_str!("../vectors/fi.txt")),
        ("FR", include_str!("../vectors/fr.txt")),
        ("GB", include_str!("../vectors/gb.txt")),
        ("GR", include_str!("../vectors/gr.txt")),
        ("HR", include_str!("../vectors/hr.txt")),
        ("HU", include_str!("../vectors/hu.txt")),
        ("IE", include_str!("../vectors/ie.txt")),
        ("IM", include_str!("../vectors/im.txt")),
        ("IS", include_str!("../vectors/is.txt")),
        ("IT", include_str!("../vectors/it.txt")),
        ("JE", include_str!("../vectors/je.txt")),
        ("LI", include_str!("../vectors/li.txt")),
        ("LT", include_str!("../vectors/lt.txt")),
        ("LU", include_str!("../vectors/lu.txt")),
        ("LV", include_str!("../vectors/lv.txt")),
        ("MC", include_str!("../vectors/mc.txt")),
        ("MD", include_str!("../vectors/md.txt")),
        ("ME", include_str!("../vectors/me.txt")),
        ("MK", include_str!("../vectors/mk.txt")),
        ("MT", include_str!("../vectors/mt.txt")),
        ("NL", include_str!("../vectors/nl.txt")),
        ("NO", include_str!("../vectors/no.txt")),
        ("PL", include_str!("../vectors/pl.txt")),
        ("PT", include_str!("../vectors/pt.txt")),
        ("RO", include_str!("../vectors/ro.txt")),
        ("RS", include_str!("../vectors/rs.txt")),
        ("RU", include_str!("../vectors/ru.txt")),
        ("SE", include_str!("../vectors/se.txt")),
        ("SI", include_str!("../vectors/si.txt")),
        ("SK", include_str!("../vectors/sk.txt")),
        ("TR", include_str!("../vectors/tr.txt")),
        ("UA", include_str!("../vectors/ua.txt")),
        ("XK", include_str!("../vectors/xk.txt")),
    ],
}
