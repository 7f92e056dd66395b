use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// Districts of the plates of 1997 to 2022.
const DISTRICTS: &[(&str, &str)] = &[
    ("BA", "Bratislava"),
    ("BB", "Banská Bystrica"),
    ("BD", "Bratislava"),
    ("BE", "Bratislava"),
    ("BI", "Bratislava"),
    ("BJ", "Bardejov"),
    ("BL", "Bratislava"),
    ("BN", "Bánovce nad Bebravou"),
    ("BR", "Brezno"),
    ("BS", "Banská Štiavnica"),
    ("BT", "Bratislava"),
    ("BY", "Bytča"),
    ("CA", "Čadca"),
    ("DK", "Dolný Kubín"),
    ("DS", "Dunajská Streda"),
    ("DT", "Detva"),
    ("GA", "Galanta"),
    ("GL", "Gelnica"),
    ("HC", "Hlohovec"),
    ("HE", "Humenné"),
    ("IL", "Ilava"),
    ("KA", "Krupina"),
    ("KC", "Košice"),
    ("KE", "Košice"),
    ("KI", "Košice"),
    ("KK", "Kežmarok"),
    ("KM", "Kysucké Nové Mesto"),
    ("KN", "Komárno"),
    ("KS", "Košice-okolie"),
    ("LC", "Lučenec"),
    ("LE", "Levoča"),
    ("LM", "Liptovský Mikuláš"),
    ("LV", "Levice"),
    ("MA", "Malacky"),
    ("MI", "Michalovce"),
    ("ML", "Medzilaborce"),
    ("MT", "Martin"),
    ("MY", "Myjava"),
    ("NC", "Nové Zámky"),
    ("NI", "Nitra"),
    ("NM", "Nové Mesto nad Váhom"),
    ("NO", "Námestovo"),
    ("NR", "Nitra"),
    ("NT", "Nitra"),
    ("NZ", "Nové Zámky"),
    ("PB", "Považská Bystrica"),
    ("PD", "Prievidza"),
    ("PE", "Partizánske"),
    ("PK", "Pezinok"),
    ("PN", "Piešťany"),
    ("PO", "Prešov"),
    ("PP", "Poprad"),
    ("PT", "Poltár"),
    ("PU", "Púchov"),
    ("PV", "Prešov"),
    ("RA", "Revúca"),
    ("RK", "Ružomberok"),
    ("RS", "Rimavská Sobota"),
    ("RV", "Rožňava"),
    ("SA", "Šaľa"),
    ("SB", "Sabinov"),
    ("SC", "Senec"),
    ("SE", "Senica"),
    ("SI", "Skalica"),
    ("SK", "Svidník"),
    ("SL", "Stará Ľubovňa"),
    ("SN", "Spišská Nová Ves"),
    ("SO", "Sobrance"),
    ("SP", "Stropkov"),
    ("SV", "Snina"),
    ("TA", "Trnava"),
    ("TB", "Trnava"),
    ("TC", "Trenčín"),
    ("TE", "Trenčín"),
    ("TN", "Trenčín"),
    ("TO", "Topoľčany"),
    ("TR", "Turčianske Teplice"),
    ("TS", "Tvrdošín"),
    ("TT", "Trnava"),
    ("TV", "Trebišov"),
    ("VK", "Veľký Krtíš"),
    ("VT", "Vranov nad Topľou"),
    ("ZA", "Žilina"),
    ("ZC", "Žarnovica"),
    ("ZH", "Žiar nad Hronom"),
    ("ZI", "Žilina"),
    ("ZL", "Žilina"),
    ("ZM", "Zlaté Moravce"),
    ("ZV", "Zvolen"),
];

/// Whether a plate of the national series opens with none of the combinations that a district or a special series had.
fn is_national(text: &str) -> bool {
    let opening = text.get(..2).unwrap_or_default();
    !["EE", "EL", "EV", "ZZ"].contains(&opening) && DISTRICTS.iter().all(|(code, _)| *code != opening)
}

/// The openings that are still to come.
fn is_later(text: &str) -> bool {
    is_national(text) && !matches!(text.as_bytes(), [b'A', b'A'..=b'E', ..])
}

/// A personal plate of 2023 starts with a letter and is none of the ordered series.
fn is_personal(text: &str) -> bool {
    text.bytes().filter(u8::is_ascii_alphabetic).count() >= 3
}

/// Slovakia. Source: zákon 8/2009 Z. z. o cestnej premávke, §§ 122 to 127, with vyhláška 9/2009 Z. z.; the national series
/// without district since 1 January 2023.
///
/// The national series is issued in order from AA, so what follows AE is a format of its own with little weight; pairs of letters that stood for a district are left out. Plates of electric
/// vehicles had the text of their district until 2022 and open with EL or EV since. Q and W are not issued.
pub(crate) const COUNTRY: Country = Country {
    code: "SK",
    share: 0.003,
    sets: &[("national", "ABCDEFGHIJKLMNOPRSTUVXYZ")],
    codes: &[Codes { name: "district", list: DISTRICTS }],
    formats: &[
        Format::new("sk-district", "{district}~### <national><national>", 0.78),
        Format::new("sk-2023", "A[A-E]~### <national><national>", 0.13).issued(is_national),
        Format::new("sk-2023-later", "<national><national>~### <national><national>", 0.01).issued(is_later),
        Format::new("sk-electric", "E[LV]~### <national><national>", 0.006).series(Series::Electric),
        Format::new("sk-district-personal", "{district}~@@@@@", 0.006).series(Series::Vanity),
        Format::new("sk-district-personal-1", "{district}~@@@@[1-9]", 0.004).series(Series::Vanity),
        Format::new("sk-district-personal-2", "{district}~@@@[1-9][1-9]", 0.004).series(Series::Vanity),
        Format::new("sk-personal", "@******", 0.002).series(Series::Vanity).issued(is_personal),
        Format::new("sk-diplomatic", "EE ## ###", 0.0004).series(Series::Diplomatic),
        Format::new("sk-diplomatic-staff", "ZZ ## ###", 0.0004).series(Series::Diplomatic),
        Format::new("sk-police", "P #####", 0.002).series(Series::Official),
        Format::new("sk-military", "## #####", 0.0006).series(Series::Military),
        Format::new("sk-special", "C@? #####", 0.0008).series(Series::Agricultural),
    ],
};
