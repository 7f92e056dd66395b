use ovr_plugin_sdk::{Country, Format, Series};

/// The number counts from 001.
fn has_number(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit() && byte != b'0')
}

/// Since 2022 the first pair is two vowels or two consonants, and none of the consonants that Hungarian writes with two
/// letters; pairs kept for services and taxis stand in formats of their own, and so do those with A, which come first.
fn is_current(text: &str) -> bool {
    const DIGRAPHS: [&str; 7] = ["CS", "GY", "LY", "NY", "SZ", "TY", "ZS"];
    const KEPT: [&str; 4] = ["CD", "HC", "TX", "CK"];
    let is_vowel = |byte: u8| b"AEIOU".contains(&byte);
    let (Some(pair), &[first, second, ..]) = (text.get(..2), text.as_bytes()) else {
        return false;
    };
    first != b'A'
        && is_vowel(first) == is_vowel(second)
        && !DIGRAPHS.contains(&pair)
        && !KEPT.contains(&pair)
        && has_number(text)
}

/// Hungary. Source: 326/2011. (XII. 28.) Korm. rendelet, annexes on registration plates, as amended by 303/2021. (VI. 1.) Korm.
/// rendelet for the plates of four letters since 1 July 2022; 35/2000. (XI. 30.) BM rendelet before.
///
/// Green plates of electric vehicles and yellow ones of taxis before 2022 have the standard text. The series of 1990 ran from A to T;
/// U, W, X and Y open the plates of motorcycles, trailers and slow vehicles.
pub(crate) const COUNTRY: Country = Country {
    code: "HU",
    share: 0.005,
    sets: &[],
    codes: &[],
    formats: &[
        Format::new("hu-1990", "[A-T]@@~###", 0.77).issued(has_number),
        Format::new("hu-1990-chosen", "[VZ]@@ ###", 0.003).series(Series::Vanity).issued(has_number),
        Format::new("hu-2022", "A[AEIOU] @@ ###", 0.10).issued(has_number),
        Format::new("hu-2022-later", "@@ @@ ###", 0.005).issued(is_current),
        Format::new("hu-trailer", "[XW]@@ ###", 0.04).series(Series::Trailer).issued(has_number),
        Format::new("hu-motorcycle", "U@@ ###", 0.02).series(Series::Motorcycle).issued(has_number),
        Format::new("hu-slow", "Y@@ ###", 0.015).series(Series::Agricultural).issued(has_number),
        Format::new("hu-personal-4", "@@@@ ##", 0.003).series(Series::Vanity),
        Format::new("hu-personal-5", "@@@@@ #", 0.003).series(Series::Vanity),
        Format::new("hu-taxi", "TX @@ ###", 0.001).series(Series::Taxi),
        Format::new("hu-historic", "OT @@ ##", 0.001).series(Series::Historic),
        Format::new("hu-historic-2022", "OT @@ ###", 0.001).series(Series::Historic),
        Format::new("hu-police", "R[A-F] ## ##", 0.001).series(Series::Official),
        Format::new("hu-police-rr", "RR ## ##", 0.001).series(Series::Official),
        Format::new("hu-ambulance", "MA ## ##", 0.0006).series(Series::Official),
        Format::new("hu-customs", "NA ## ##", 0.0003).series(Series::Official),
        Format::new("hu-prison", "BA ## ##", 0.0003).series(Series::Official),
        Format::new("hu-army", "HA ## ##", 0.0008).series(Series::Military),
        Format::new("hu-service-2022", "[BMNR]A [A-D][A-D] ###", 0.0005).series(Series::Official),
        Format::new("hu-army-2022", "HA [A-D][A-D] ###", 0.0002).series(Series::Military),
        Format::new("hu-diplomatic", "DT ## ##", 0.0003).series(Series::Diplomatic),
        Format::new("hu-consular", "CK ## ##", 0.0003).series(Series::Diplomatic),
        Format::new("hu-diplomatic-previous", "CD ### ###", 0.0003).series(Series::Diplomatic),
        Format::new("hu-temporary", "[EPVZ] #####", 0.002).series(Series::Temporary),
        Format::new("hu-test", "[EPVZ] ## ## ##", 0.0005).series(Series::Temporary),
    ],
};
