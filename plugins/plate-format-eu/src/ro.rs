use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// Counties; Bucharest has B and formats of its own.
const COUNTIES: &[(&str, &str)] = &[
    ("AB", "Alba"),
    ("AG", "Argeș"),
    ("AR", "Arad"),
    ("BC", "Bacău"),
    ("BH", "Bihor"),
    ("BN", "Bistrița-Năsăud"),
    ("BR", "Brăila"),
    ("BT", "Botoșani"),
    ("BV", "Brașov"),
    ("BZ", "Buzău"),
    ("CJ", "Cluj"),
    ("CL", "Călărași"),
    ("CS", "Caraș-Severin"),
    ("CT", "Constanța"),
    ("CV", "Covasna"),
    ("DB", "Dâmbovița"),
    ("DJ", "Dolj"),
    ("GJ", "Gorj"),
    ("GL", "Galați"),
    ("GR", "Giurgiu"),
    ("HD", "Hunedoara"),
    ("HR", "Harghita"),
    ("IF", "Ilfov"),
    ("IL", "Ialomița"),
    ("IS", "Iași"),
    ("MH", "Mehedinți"),
    ("MM", "Maramureș"),
    ("MS", "Mureș"),
    ("NT", "Neamț"),
    ("OT", "Olt"),
    ("PH", "Prahova"),
    ("SB", "Sibiu"),
    ("SJ", "Sălaj"),
    ("SM", "Satu Mare"),
    ("SV", "Suceava"),
    ("TL", "Tulcea"),
    ("TM", "Timiș"),
    ("TR", "Teleorman"),
    ("VL", "Vâlcea"),
    ("VN", "Vrancea"),
    ("VS", "Vaslui"),
];

/// Counties and Bucharest, for the series that both share.
const ALL: &[(&str, &str)] = &with_bucharest();

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler: an index out of range is a compile error"
)]
const fn with_bucharest() -> [(&'static str, &'static str); COUNTIES.len() + 1] {
    // B stands behind AB, AG and AR.
    const BEFORE: usize = 3;
    let mut all = [("B", "București"); COUNTIES.len() + 1];
    let mut at = 0;
    while at < COUNTIES.len() {
        all[if at < BEFORE { at } else { at + 1 }] = COUNTIES[at];
        at += 1;
    }
    all
}

/// Numbers start at 01, and 100 in the three-digit series of Bucharest.
fn has_number(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.bytes().any(|digit| digit != b'0')
}

/// Romania. Source: Ordinul ministrului administrației și internelor 1501/2006 privind procedura înmatriculării,
/// with its annexes on registration plates, diplomatic ones included.
///
/// Q is not issued, and the three letters begin with neither I nor O. Red numbers: short-term registration, a number that
/// begins with 0. Long-term and leasing registrations have black numbers in the same way.
pub(crate) const COUNTRY: Country = Country {
    code: "RO",
    share: 0.008,
    sets: &[("first", "ABCDEFGHJKLMNPRSTUVWXYZ"), ("letter", "ABCDEFGHIJKLMNOPRSTUVWXYZ")],
    codes: &[Codes { name: "county", list: COUNTIES }, Codes { name: "all", list: ALL }],
    formats: &[
        Format::new("ro-county", "{county} ## <first><letter><letter>", 0.80).issued(has_number),
        Format::new("ro-bucharest-2", "B ## <first><letter><letter>", 0.06)
            .issued(has_number)
            .region("București"),
        Format::new("ro-bucharest-3", "B [1-9]## <first><letter><letter>", 0.10).region("București"),
        Format::new("ro-temporary", "{all} 0 [1-9]##?#?#?", 0.02).series(Series::Temporary),
        Format::new("ro-trial", "{all} [1-9]## PROBE", 0.002).series(Series::Dealer),
        Format::new("ro-diplomatic", "CD [1-9]## [1-9]##", 0.0003).series(Series::Diplomatic),
        Format::new("ro-consular", "CO [1-9]## [1-9]##", 0.0001).series(Series::Diplomatic),
        Format::new("ro-diplomatic-staff", "TC [1-9]## [1-9]##", 0.0003).series(Series::Diplomatic),
        Format::new("ro-interior", "MAI #####", 0.002).series(Series::Official),
        Format::new("ro-army", "A ####?#?#?#?", 0.001).series(Series::Military),
    ],
};
