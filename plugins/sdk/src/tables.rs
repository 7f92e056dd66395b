//! What `cargo test` checks of a pack's tables, beyond what the compiler has refused already.

use std::collections::{BTreeMap, BTreeSet};

use crate::table::{Codes, Country, Format};

/// Everything that is wrong with the tables, a line each.
pub fn faults(countries: &[Country]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut ids = BTreeMap::new();
    let mut codes = BTreeSet::new();
    for country in countries {
        if !codes.insert(country.code) {
            faults.push(format!("{}: the country stands twice", country.code));
        }
        faults.extend(country_faults(country));
        for format in country.formats {
            if ids.insert(format.id, format.series).is_some_and(|series| series != format.series) {
                faults.push(format!("{}: the id stands twice, with two series", format.id));
            }
            faults.extend(format_fault(country, format));
        }
        faults.extend(country.codes.iter().flat_map(|list| codes_faults(country, list)));
    }
    faults
}

fn country_faults(country: &Country) -> Vec<String> {
    let code = country.code;
    let mut faults = Vec::new();
    if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        faults.push(format!("{code}: a country's code is two upper-case letters"));
    }
    if !(country.share > 0.0 && country.share <= 1.0) {
        faults.push(format!("{code}: the share must be above 0 and at most 1, it is {}", country.share));
    }
    if country.formats.is_empty() {
        faults.push(format!("{code}: the country has no format"));
    }
    let weight: f32 = country.formats.iter().map(|format| format.weight).sum();
    if weight > 1.05 {
        faults.push(format!("{code}: the formats' weights add up to {weight}, more than 1"));
    }
    faults
}

fn format_fault(country: &Country, format: &Format) -> Option<String> {
    let prefix = country.code.to_ascii_lowercase() + "-";
    let is_id =
        |id: &str| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !format.id.starts_with(&prefix) || format.id.len() > 64 || !is_id(format.id) {
        return Some(format!(
            "{}: an id is {prefix} and a name out of a-z 0-9 -, of at most 64 characters in all",
            format.id
        ));
    }
    if !(format.weight > 0.0 && format.weight <= 1.0) {
        return Some(format!(
            "{}: the weight must be above 0 and at most 1, it is {}",
            format.id, format.weight
        ));
    }
    None
}

fn codes_faults(country: &Country, codes: &Codes) -> Vec<String> {
    let place = format!("{} {{{}}}", country.code, codes.name);
    let mut faults = Vec::new();
    for (a, b) in codes.list.iter().zip(codes.list.iter().skip(1)) {
        if a.0 == b.0 {
            faults.push(format!("{place}: the code {} stands twice", a.0));
        } else if a.0 > b.0 {
            faults.push(format!("{place}: {} stands before {}, codes are sorted", a.0, b.0));
        }
    }
    let is_long = |region: &str| region.chars().count() > 64 || region.chars().any(char::is_control);
    faults.extend(codes.list.iter().filter(|(_, region)| is_long(region)).map(|(code, _)| {
        format!("{place}: the region of {code} has more than 64 characters or a control character")
    }));
    faults
}
