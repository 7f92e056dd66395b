//! Austria.
//!
//! Source: Kraftfahrgesetz 1967 (KFG) § 48, § 48a and Kraftfahrgesetz-Durchführungsverordnung 1967 (KDV) § 26, with the
//! list of authorities' codes there.
//!
//! Since 1990: code of the district, then digits before letters (allotted) or letters before digits (chosen by the keeper).
//! Behind the code of a provincial capital or Vienna (one letter) stand up to six characters, behind the others up to five.
//! Q and umlauts are never used, nor a leading zero. Electric vehicles (green print), trailers, trial (blue) and transfer
//! plates carry text of the same form.

use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// The formats of Austria.
pub(crate) const COUNTRY: Country = Country {
    code: "AT",
    share: 0.0055,
    sets: &[("letter", "ABCDEFGHIJKLMNOPRSTUVWXYZ")],
    codes: &[
        Codes { name: "capital", list: CAPITALS },
        Codes { name: "district", list: DISTRICTS },
        Codes { name: "diplomatic", list: DIPLOMATIC },
        Codes { name: "service", list: SERVICES },
        Codes { name: "land", list: LANDS },
    ],
    formats: &[
        Format::new("at-standard", "{capital}~[1-9]#### <letter>", 0.2),
        Format::new("at-standard", "{capital}~[1-9]##?#? <letter>", 0.02),
        Format::new("at-standard", "{capital}~[1-9]##?# <letter><letter>", 0.06),
        Format::new("at-standard", "{capital}~[1-9]# <letter><letter>", 0.005),
        Format::new("at-standard", "{capital}~[1-9]#? <letter><letter><letter>", 0.02),
        Format::new("at-standard", "{capital}~[1-9]## <letter><letter><letter>", 0.02),
        Format::new("at-standard", "{district}~[1-9]## <letter><letter>", 0.35),
        Format::new("at-standard", "{district}~[1-9]#? <letter><letter>", 0.03),
        Format::new("at-standard", "{district}~[1-9]# <letter><letter><letter>", 0.12),
        Format::new("at-standard", "{district}~[1-9] <letter><letter><letter>", 0.05),
        Format::new("at-standard", "{district}~[1-9]##?#? <letter>", 0.04),
        vanity("{capital}~<letter><letter>?<letter>? [1-9]##?", 0.012),
        vanity("{capital}~<letter><letter><letter>?<letter>? [1-9]", 0.01),
        vanity("{capital}~<letter><letter><letter><letter><letter> [1-9]", 0.005),
        vanity("{capital}~<letter><letter><letter><letter> [1-9]#", 0.005),
        vanity("{capital}~<letter><letter>? [1-9]###", 0.003),
        vanity("{district}~<letter><letter>?<letter>? [1-9]#", 0.015),
        vanity("{district}~<letter><letter>? [1-9]##", 0.01),
        vanity("{district}~<letter><letter><letter>? [1-9]", 0.005),
        vanity("{district}~<letter><letter><letter><letter> [1-9]", 0.015),
        vanity("{district}~<letter> [1-9]###", 0.002),
        // Taxis of Vienna and other towns.
        Format::new("at-taxi", "{capital}~[1-9]#?#?#? TX", 0.002).series(Series::Taxi),
        Format::new("at-taxi", "{district}~[1-9]#?#? TX", 0.001).series(Series::Taxi),
        Format::new("at-diplomatic", "{diplomatic}~[1-9]#?#?#?#?#?", 0.001).series(Series::Diplomatic),
        Format::new("at-official", "{service}~[1-9]#?#?#?#?", 0.005).series(Series::Official),
        Format::new("at-military", "BH [1-9]#?#?#?#?", 0.002).series(Series::Military),
        // President, ministers, parliament: A; the governments of the states: their letters.
        Format::new("at-government", "A [1-9]#?#?", 0.0001).series(Series::Official),
        // Black plates of 1947 to 1989, which stay valid: state (or Graz, Linz) and digits.
        Format::new("at-black", "{land}~[1-9]##?#?#?#?", 0.005).chars_min(4).series(Series::Historic),
    ],
};

/// Corps diplomatique (D) and consulaire (K) in the states.
const DIPLOMATIC: &[(&str, &str)] = &[
    ("BD", "Burgenland"),
    ("BK", "Burgenland"),
    ("GD", "Steiermark"),
    ("GK", "Steiermark"),
    ("KD", "Kärnten"),
    ("KK", "Kärnten"),
    ("LD", "Oberösterreich"),
    ("LK", "Oberösterreich"),
    ("ND", "Niederösterreich"),
    ("NK", "Niederösterreich"),
    ("OD", "Oberösterreich"),
    ("OK", "Oberösterreich"),
    ("SD", "Salzburg"),
    ("SK", "Salzburg"),
    ("TD", "Tirol"),
    ("TK", "Tirol"),
    ("VD", "Vorarlberg"),
    ("VK", "Vorarlberg"),
    ("WD", "Wien"),
    ("WK", "Wien"),
];

/// Railways (BB), police (BP, formerly BG), finance (FV), prisons (JW), post (PT), customs (ZW).
const SERVICES: &[(&str, &str)] =
    &[("BB", ""), ("BG", ""), ("BP", ""), ("FV", ""), ("JW", ""), ("PT", ""), ("ZW", "")];

/// States on plates before 1990, and of their governments today.
const LANDS: &[(&str, &str)] = &[
    ("B", "Burgenland"),
    ("G", "Graz"),
    ("K", "Kärnten"),
    ("L", "Linz"),
    ("N", "Niederösterreich"),
    ("O", "Oberösterreich"),
    ("S", "Salzburg"),
    ("ST", "Steiermark"),
    ("T", "Tirol"),
    ("V", "Vorarlberg"),
    ("W", "Wien"),
];

const fn vanity(pattern: &'static str, weight: f32) -> Format {
    Format::new("at-vanity", pattern, weight).series(Series::Vanity)
}

/// Provincial capitals and Vienna.
const CAPITALS: &[(&str, &str)] = &[
    ("B", "Bregenz"),
    ("E", "Eisenstadt"),
    ("G", "Graz"),
    ("I", "Innsbruck"),
    ("K", "Klagenfurt"),
    ("L", "Linz"),
    ("P", "Sankt Pölten"),
    ("S", "Salzburg"),
    ("W", "Wien"),
];

/// Districts; in brackets a former district whose plates are still carried.
const DISTRICTS: &[(&str, &str)] = &[
    ("AM", "Amstetten"),
    ("BA", "Liezen (Bad Aussee)"),
    ("BL", "Bruck an der Leitha"),
    ("BM", "Bruck-Mürzzuschlag"),
    ("BN", "Baden"),
    ("BR", "Braunau am Inn"),
    ("BZ", "Bludenz"),
    ("DL", "Deutschlandsberg"),
    ("DO", "Dornbirn"),
    ("EF", "Eferding"),
    ("EU", "Eisenstadt-Umgebung"),
    ("FB", "Südoststeiermark (Feldbach)"),
    ("FE", "Feldkirchen"),
    ("FF", "Hartberg-Fürstenfeld (Fürstenfeld)"),
    ("FK", "Feldkirch"),
    ("FR", "Freistadt"),
    ("GB", "Liezen (Gröbming)"),
    ("GD", "Gmünd"),
    ("GF", "Gänserndorf"),
    ("GM", "Gmunden"),
    ("GR", "Grieskirchen"),
    ("GS", "Güssing"),
    ("GU", "Graz-Umgebung"),
    ("HA", "Hallein"),
    ("HB", "Hartberg-Fürstenfeld (Hartberg)"),
    ("HE", "Hermagor"),
    ("HF", "Hartberg-Fürstenfeld"),
    ("HL", "Hollabrunn"),
    ("HO", "Horn"),
    ("IL", "Innsbruck-Land"),
    ("IM", "Imst"),
    ("JE", "Jennersdorf"),
    ("JO", "Sankt Johann im Pongau"),
    ("JU", "Murtal (Judenburg)"),
    ("KB", "Kitzbühel"),
    ("KF", "Murtal (Knittelfeld)"),
    ("KG", "Klosterneuburg"),
    ("KI", "Kirchdorf"),
    ("KL", "Klagenfurt-Land"),
    ("KO", "Korneuburg"),
    ("KR", "Krems-Land"),
    ("KS", "Krems an der Donau"),
    ("KU", "Kufstein"),
    ("LA", "Landeck"),
    ("LB", "Leibnitz"),
    ("LE", "Leoben"),
    ("LF", "Lilienfeld"),
    ("LI", "Liezen"),
    ("LL", "Linz-Land"),
    ("LN", "Leoben-Land"),
    ("LZ", "Lienz"),
    ("MA", "Mattersburg"),
    ("MD", "Mödling"),
    ("ME", "Melk"),
    ("MI", "Mistelbach"),
    ("MT", "Murtal"),
    ("MU", "Murau"),
    ("MZ", "Bruck-Mürzzuschlag (Mürzzuschlag)"),
    ("ND", "Neusiedl am See"),
    ("NK", "Neunkirchen"),
    ("OP", "Oberpullendorf"),
    ("OW", "Oberwart"),
    ("PE", "Perg"),
    ("PL", "Sankt Pölten-Land"),
    ("RA", "Südoststeiermark (Radkersburg)"),
    ("RE", "Reutte"),
    ("RI", "Ried im Innkreis"),
    ("RO", "Rohrbach"),
    ("SB", "Scheibbs"),
    ("SD", "Schärding"),
    ("SE", "Steyr-Land"),
    ("SL", "Salzburg-Umgebung"),
    ("SO", "Südoststeiermark"),
    ("SP", "Spittal an der Drau"),
    ("SR", "Steyr"),
    ("SV", "Sankt Veit an der Glan"),
    ("SW", "Schwechat"),
    ("SZ", "Schwaz"),
    ("TA", "Tamsweg"),
    ("TU", "Tulln"),
    ("UU", "Urfahr-Umgebung"),
    ("VB", "Vöcklabruck"),
    ("VI", "Villach"),
    ("VK", "Völkermarkt"),
    ("VL", "Villach-Land"),
    ("VO", "Voitsberg"),
    ("WB", "Wiener Neustadt-Land"),
    ("WE", "Wels"),
    ("WL", "Wels-Land"),
    ("WN", "Wiener Neustadt"),
    ("WO", "Wolfsberg"),
    ("WT", "Waidhofen an der Thaya"),
    ("WU", "Wien-Umgebung"),
    ("WY", "Waidhofen an der Ybbs"),
    ("WZ", "Weiz"),
    ("ZE", "Zell am See"),
    ("ZT", "Zwettl"),
];
