//! How probable a country's plates are at a site, before anything was read.

use crate::lattice::log;
use crate::pack::{Pack, Variant};
use crate::regions;
use crate::table::Country;

/// What the countries of the hint have together; the others keep the rest by their shares.
const HINTED_MASS: f32 = 0.9;

/// ln of the rest.
const LOG_OTHERS_MASS: f32 = -core::f32::consts::LN_10;

/// Share of Europe's vehicles among all that a site with no hint sees: the hint `EU` is spread over the countries by their
/// shares of it.
const EUROPE_SHARE: f32 = 0.33;

/// What a hint such as `US-CA` gives the state's own formats of the country's mass.
const REGION_MASS: f32 = 0.8;

/// Most countries of a hint that count.
const HINTS_MAX: usize = 16;

/// The countries that `EU` stands for: all of Europe, as a site's operator means it.
const EUROPE: &[&str] = &[
    "AD", "AL", "AT", "BA", "BE", "BG", "BY", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FO", "FR",
    "GB", "GG", "GI", "GR", "HR", "HU", "IE", "IM", "IS", "IT", "JE", "LI", "LT", "LU", "LV", "MC", "MD",
    "ME", "MK", "MT", "NL", "NO", "PL", "PT", "RO", "RS", "RU", "SE", "SI", "SK", "SM", "TR", "UA", "VA",
    "XK",
];

/// ln-priors of a pack's formats under a hint.
#[derive(Debug)]
pub(crate) struct Priors {
    /// ln(share) of each country.
    countries: Vec<f32>,
    /// What a hint such as `US-CA` adds to each format; empty without one.
    regions: Vec<f32>,
    /// The most that country and region add to a format's weight.
    pub max: f32,
}

impl Priors {
    /// Under the countries that the operator configured.
    pub(crate) fn new(pack: &Pack, hint: &[String]) -> Self {
        let hint = hint.get(..HINTS_MAX).unwrap_or(hint);
        let mut countries = Vec::with_capacity(pack.countries.len());
        let shares = pack.countries.iter().zip(pack.log_shares);
        countries.extend(shares.map(|(country, log_share)| hinted_log_share(country, *log_share, hint)));
        let mut regions = Vec::new();
        for hinted in hint.iter().filter(|hinted| hinted.len() > 2) {
            prefer_region(pack, hinted, &mut regions);
        }
        let max = |logs: &[f32]| logs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let region_max = if regions.is_empty() { 0.0 } else { max(&regions).max(0.0) };
        Self { max: max(&countries) + region_max, countries, regions }
    }

    /// Of one country alone, with what else its plates are weighed by.
    pub(crate) fn of_country(&self, country: usize, score: f32) -> Self {
        let mut countries = vec![f32::NEG_INFINITY; self.countries.len()];
        let own = self.countries.get(country).map_or(f32::NEG_INFINITY, |own| own + score);
        if let Some(cell) = countries.get_mut(country) {
            *cell = own;
        }
        let region_max = self.regions.iter().copied().fold(0.0, f32::max);
        Self { countries, regions: self.regions.clone(), max: own + region_max }
    }

    /// ln(prior probability of each text) of a variant's format.
    #[inline]
    pub(crate) fn of(&self, variant: &Variant) -> f32 {
        let country = self.countries.get(usize::from(variant.country)).copied().unwrap_or(f32::NEG_INFINITY);
        variant.log_weight + country + self.regions.get(usize::from(variant.format)).copied().unwrap_or(0.0)
    }
}

/// ln(share of a country) under a hint.
fn hinted_log_share(country: &Country, log_share: f32, hint: &[String]) -> f32 {
    if hint.is_empty() {
        return log_share;
    }
    // Each hinted country has half of what the one before it has: 0.6 and 0.3 for two.
    let whole: f32 = 2.0 - 0.5_f32.powi(hint.len() as i32 - 1);
    let mut mass = 0.0;
    let mut slot = HINTED_MASS / whole;
    for hinted in hint {
        if hinted == "EU" {
            if EUROPE.contains(&country.code) {
                mass += slot * country.share / EUROPE_SHARE;
            }
        } else if hinted.get(..2).unwrap_or(hinted) == country.code {
            mass += slot;
        }
        slot /= 2.0;
    }
    if mass > 0.0 { log(mass + (1.0 - HINTED_MASS) * country.share) } else { LOG_OTHERS_MASS + log_share }
}

/// Gives the formats of the region that a hint such as `US-CA` names most of the country's mass. A region that no format
/// names changes nothing.
fn prefer_region(pack: &Pack, hinted: &str, regions: &mut Vec<f32>) {
    let Some(region) = regions::name(hinted) else { return };
    let of_country = |country: &Country| hinted.get(..2) == Some(country.code);
    let formats = || pack.formats.iter().filter_map(|row| pack.format(row));
    let weight: f32 = formats()
        .filter(|(country, format)| of_country(country) && format.region == Some(region))
        .map(|(_, format)| format.weight)
        .sum();
    if weight <= 0.0 {
        return;
    }
    regions.resize(pack.formats.len(), 0.0);
    let (inside, outside) = ((REGION_MASS / weight + 1.0 - REGION_MASS).ln(), (1.0 - REGION_MASS).ln());
    for ((country, format), prior) in formats().zip(regions) {
        if of_country(country) {
            *prior += if format.region == Some(region) { inside } else { outside };
        }
    }
}
