use ovr_plugin_sdk::{Codes, Country, Format, Series};

/// Provinces of the plates of 1971 to 2000; GE and PM became GI and IB, OR became OU.
const PROVINCES: &[(&str, &str)] = &[
    ("A", "Alicante"),
    ("AB", "Albacete"),
    ("AL", "Almería"),
    ("AV", "Ávila"),
    ("B", "Barcelona"),
    ("BA", "Badajoz"),
    ("BI", "Bizkaia"),
    ("BU", "Burgos"),
    ("C", "A Coruña"),
    ("CA", "Cádiz"),
    ("CC", "Cáceres"),
    ("CE", "Ceuta"),
    ("CO", "Córdoba"),
    ("CR", "Ciudad Real"),
    ("CS", "Castellón"),
    ("CU", "Cuenca"),
    ("GC", "Las Palmas"),
    ("GE", "Girona"),
    ("GI", "Girona"),
    ("GR", "Granada"),
    ("GU", "Guadalajara"),
    ("H", "Huelva"),
    ("HU", "Huesca"),
    ("IB", "Illes Balears"),
    ("J", "Jaén"),
    ("L", "Lleida"),
    ("LE", "León"),
    ("LO", "La Rioja"),
    ("LU", "Lugo"),
    ("M", "Madrid"),
    ("MA", "Málaga"),
    ("ML", "Melilla"),
    ("MU", "Murcia"),
    ("NA", "Navarra"),
    ("O", "Asturias"),
    ("OR", "Ourense"),
    ("OU", "Ourense"),
    ("P", "Palencia"),
    ("PM", "Illes Balears"),
    ("PO", "Pontevedra"),
    ("S", "Cantabria"),
    ("SA", "Salamanca"),
    ("SE", "Sevilla"),
    ("SG", "Segovia"),
    ("SO", "Soria"),
    ("SS", "Gipuzkoa"),
    ("T", "Tarragona"),
    ("TE", "Teruel"),
    ("TF", "Santa Cruz de Tenerife"),
    ("TO", "Toledo"),
    ("V", "Valencia"),
    ("VA", "Valladolid"),
    ("VI", "Álava"),
    ("Z", "Zaragoza"),
    ("ZA", "Zamora"),
];

/// Armed forces: army, air force, navy, emergency unit.
const FORCES: &[(&str, &str)] = &[("EA", ""), ("ET", ""), ("FN", ""), ("UME", "")];

/// Spain. Source: Real Decreto 2822/1998, Reglamento General de Vehículos, annex XVIII (Placas de matrícula), as amended
/// by the Orden of 15 September 2000 for the current series; the Código de la Circulación before for the provincial ones.
///
/// The current series leaves out vowels, Ñ, Q, LL and CH. Provincial plates have no Ñ, Q and R in the serial (R was kept
/// for trailers). Electric vehicles and taxis (blue rear plate) have the standard text. Plates are issued in order: the first
/// letter reached N in 2025, so the rest of the alphabet is a format of its own with little weight.
pub(crate) const COUNTRY: Country = Country {
    code: "ES",
    share: 0.026,
    sets: &[("letter", "BCDFGHJKLMNPRSTVWXYZ"), ("serial", "ABCDEFGHIJKLMNOPSTUVWXYZ")],
    codes: &[Codes { name: "province", list: PROVINCES }, Codes { name: "force", list: FORCES }],
    formats: &[
        Format::new("es-standard", "#### [BCDFGHJKLMN]<letter><letter>", 0.87),
        Format::new("es-standard-later", "#### [PRSTVWXYZ]<letter><letter>", 0.01),
        Format::new("es-provincial", "{province} #### <serial><serial>?", 0.06),
        Format::new("es-provincial-numeric", "{province} [1-9]###?#?#?", 0.003).series(Series::Historic),
        Format::new("es-special-vehicle", "E #### <letter><letter><letter>", 0.012)
            .series(Series::Agricultural),
        Format::new("es-trailer", "R #### <letter><letter><letter>", 0.012).series(Series::Trailer),
        Format::new("es-moped", "C #### <letter><letter><letter>", 0.02).series(Series::Motorcycle),
        Format::new("es-historic", "H #### <letter><letter><letter>", 0.002).series(Series::Historic),
        Format::new("es-tourist", "T #### <letter><letter><letter>", 0.0003).series(Series::Temporary),
        Format::new("es-temporary", "P #### <letter><letter><letter>", 0.0015).series(Series::Temporary),
        Format::new("es-dealer", "V #### <letter><letter><letter>", 0.0015).series(Series::Dealer),
        Format::new("es-dealer-unregistered", "S #### <letter><letter><letter>", 0.0015)
            .series(Series::Dealer),
        Format::new("es-diplomatic", "CD ##?# ###", 0.0003).series(Series::Diplomatic),
        Format::new("es-consular", "CC ##?# ###", 0.0001).series(Series::Diplomatic),
        Format::new("es-organisation", "OI ##?# ###", 0.0001).series(Series::Diplomatic),
        Format::new("es-diplomatic-staff", "TA ##?# ###", 0.0001).series(Series::Diplomatic),
        Format::new("es-police", "CNP #### @@?", 0.0006).series(Series::Official),
        Format::new("es-police-previous", "DGP #### @@?", 0.0002).series(Series::Official),
        Format::new("es-guardia-civil", "PGC #### @@?", 0.0008).series(Series::Official),
        Format::new("es-mossos", "CME ####", 0.0001).series(Series::Official).region("Cataluña"),
        Format::new("es-state", "PME #### @@?", 0.0002).series(Series::Official),
        Format::new("es-ministry", "MF #### @@?", 0.0001).series(Series::Official),
        Format::new("es-environment", "MMA #### @@?", 0.0001).series(Series::Official),
        Format::new("es-military", "{force} #####?#?", 0.0008).series(Series::Military),
    ],
};
