//! Country codes of the site's hint: ISO 3166-1 alpha-2, ISO 3166-2, and `EU`.
//!
//! A code that no country has would be a hint that silently does nothing, so each is looked up.

/// ISO 3166-1 alpha-2, officially assigned, and XK, which vehicles of Kosovo show.
const CODES: &str = "\
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR \
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP \
KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT \
MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ \
UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// Checks one code; the error says what would be right.
pub(super) fn validate(code: &str) -> Result<(), &'static str> {
    const EXPECTED: &str = "an ISO 3166-1 code such as DE, an ISO 3166-2 code such as US-CA, or EU";
    let upper = |b: u8| b.is_ascii_uppercase();
    let (country, subdivision) = match code.split_once('-') {
        Some((country, subdivision)) => (country, Some(subdivision)),
        None => (code, None),
    };
    if country.len() != 2 || !country.bytes().all(upper) {
        return Err(EXPECTED);
    }
    if let Some(part) = subdivision {
        let allowed = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        if !(1..=3).contains(&part.len()) || !part.bytes().all(allowed) {
            return Err(EXPECTED);
        }
    }
    match country {
        "UK" => Err("GB for the United Kingdom"),
        "EU" if subdivision.is_none() => Ok(()),
        _ if CODES.split(' ').any(|known| known == country) => Ok(()),
        _ => Err(EXPECTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assigned_codes_are_taken_and_others_are_not() {
        for right in ["DE", "US-CA", "GB-ENG", "IN-MH", "EU", "XK", "AU-NSW"] {
            assert_eq!(validate(right), Ok(()), "{right}");
        }
        for wrong in ["", "D", "DEU", "de", "UK", "ZZ", "EU-DE", "US-", "US-CALI", "US_CA", "US-ca", "Ä"] {
            assert!(validate(wrong).is_err(), "{wrong} was taken");
        }
    }

    #[test]
    fn the_list_has_all_codes_once_and_in_order() {
        let codes: Vec<&str> = CODES.split(' ').collect();
        assert_eq!(codes.len(), 250, "249 assigned ones and XK");
        assert!(codes.is_sorted_by(|a, b| a < b));
        assert!(codes.iter().all(|code| code.len() == 2));
    }
}
