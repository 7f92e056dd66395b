//! Decides between the plates that all plugins together take a read for.
//!
//! Bayes' rule over everything that the read may be. Each interpretation weighs `exp(log_likelihood + log_prior)`: how
//! well the text fits what was seen, times how common such a plate is here. Against them all stands one more hypothesis:
//! that the plate follows no format that any plugin knows, and is what was observed. What remains after normalisation is
//! the posterior. One text may be a plate of several countries; its mass is that of all of them, because which text it
//! is counts before whose it is.
//!
//! Pure: no clock, no state, no plugin is called here.

use ovr_domain::event::{Correction, FORMATS_MAX, FormatMatch, PluginFailure, Verdict};
use ovr_domain::hook::{FormatReport, Lattice};
use ovr_domain::ids::Digest;
use ovr_domain::read::normalize;

use crate::engine::{Answer, Interpretation, log_likelihood_observed};

/// Share of vehicles whose plate follows none of the formats that the plugins know (foreign, old, home-made).
const UNKNOWN_SHARE: f64 = 0.02;

/// Letters and digits: such a plate may have any of them at each place.
const UNKNOWN_ALPHABET: f64 = 36.0;

/// Longest reason of a verdict, in characters.
const REASON_CHARS_MAX: usize = 200;

/// What one plugin said of a read.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Name of the plugin.
    pub plugin: String,
    /// Its component.
    pub digest: Digest,
    /// What it said.
    pub answer: Answer,
}

/// A plate in a format with its share among everything that the read may be.
struct Ranked {
    interpretation: Interpretation,
    posterior: f64,
    /// Of all interpretations with this text together.
    text_posterior: f64,
}

/// What all plugins together say of a read. `failures`: the plugins that were asked and gave no answer.
pub fn report(read: &Lattice, said: Vec<Said>, failures: Vec<PluginFailure>) -> FormatReport {
    if said.is_empty() {
        let why = if failures.is_empty() {
            "no plate-format plugin is loaded"
        } else {
            "no plate-format plugin gave an answer"
        };
        return FormatReport { failures, ..FormatReport::unchecked(why) };
    }
    let digests = said.iter().map(|one| one.digest.clone()).collect();
    let mut refusals = Vec::new();
    let mut interpretations = Vec::new();
    for one in said {
        match one.answer {
            Answer::Plates(plates) => interpretations.extend(plates),
            Answer::NotMine(reason) => refusals.push((one.plugin, reason)),
        }
    }
    let unknown = unknown_log_weight(read);
    let (mut ranked, unknown_posterior) = rank(interpretations, unknown);
    let known = prefer_what_was_read(&mut ranked, &normalize(&read.observed()), unknown_posterior);
    let best = ranked.first().filter(|best| known && best.text_posterior > unknown_posterior);
    let (verdict, plate, corrections) = match (best, ranked.first()) {
        (Some(best), _) => {
            let Interpretation { text, corrections, .. } = &best.interpretation;
            (Verdict::Valid, Some(text.clone()), corrections.clone())
        }
        // The one that failed may be the one that knows the plate.
        (None, _) if !failures.is_empty() => (unchecked(&failures), None, Vec::new()),
        (None, Some(nearest)) => (invalid(&unlikely(nearest, unknown_posterior)), None, Vec::new()),
        (None, None) => (invalid(&join(&refusals)), None, Vec::<Correction>::new()),
    };
    let formats = ranked.into_iter().take(FORMATS_MAX).map(FormatMatch::from).collect();
    FormatReport { verdict, plate, corrections, formats, digests, failures }
}

/// Puts what was read before a text that is less probable than it; false when no format knows what was read and none that
/// is known is more probable. What was read may also be a plate of no known format, because the tables of formats are
/// never complete; another text is a plate only where a format knows it.
fn prefer_what_was_read(ranked: &mut [Ranked], observed: &str, unknown_posterior: f64) -> bool {
    let Some(first) = ranked.first().filter(|first| first.interpretation.text != observed) else {
        return true;
    };
    let as_read = ranked.iter().find(|one| one.interpretation.text == observed);
    let kept = as_read.map_or(0.0, |one| one.text_posterior) + unknown_posterior;
    if first.text_posterior > kept {
        return true;
    }
    let is_known = as_read.is_some();
    ranked.sort_by_key(|one| one.interpretation.text != observed);
    is_known
}

/// Natural logarithm of the weight of "this follows no format that anybody knows, and is what was observed".
fn unknown_log_weight(read: &Lattice) -> f64 {
    let chars = normalize(&read.observed()).chars().count() as f64;
    f64::from(log_likelihood_observed(read)) + UNKNOWN_SHARE.ln() - chars * UNKNOWN_ALPHABET.ln()
}

/// Interpretations with their posteriors, those of the most probable text first, and the posterior of the unknown.
fn rank(interpretations: Vec<Interpretation>, unknown: f64) -> (Vec<Ranked>, f64) {
    let weighed = merge(interpretations);
    let greatest = weighed.iter().map(|(log_weight, _)| *log_weight).fold(unknown, f64::max);
    // The greatest weight becomes 1, so that nothing underflows that matters.
    let scaled = |log_weight: f64| (log_weight - greatest).exp();
    let sum = scaled(unknown) + weighed.iter().map(|(log_weight, _)| scaled(*log_weight)).sum::<f64>();
    let text_weight = |text: &str| -> f64 {
        let same = weighed.iter().filter(|(_, other)| other.text == text);
        same.map(|(log_weight, _)| scaled(*log_weight)).sum()
    };
    let mut ranked: Vec<Ranked> = weighed
        .iter()
        .map(|(log_weight, interpretation)| Ranked {
            posterior: scaled(*log_weight) / sum,
            text_posterior: text_weight(&interpretation.text) / sum,
            interpretation: interpretation.clone(),
        })
        .collect();
    ranked.sort_by(|a, b| {
        let by_text = b.text_posterior.total_cmp(&a.text_posterior);
        // Equal masses of two texts must not interleave them, and equal input must give equal output.
        by_text
            .then_with(|| a.interpretation.text.cmp(&b.interpretation.text))
            .then_with(|| b.posterior.total_cmp(&a.posterior))
            .then_with(|| a.interpretation.format_id.cmp(&b.interpretation.format_id))
    });
    (ranked, scaled(unknown) / sum)
}

/// Interpretations with the logarithm of their weights. Two plugins that know one format count once, with the greater
/// weight: having a pack twice makes its plates no more common.
fn merge(interpretations: Vec<Interpretation>) -> Vec<(f64, Interpretation)> {
    let mut merged: Vec<(f64, Interpretation)> = Vec::new();
    for one in interpretations {
        let log_weight = f64::from(one.log_likelihood) + f64::from(one.log_prior);
        if !log_weight.is_finite() {
            continue;
        }
        let same = merged.iter_mut().find(|(_, other)| {
            (&other.text, &other.country, &other.format_id) == (&one.text, &one.country, &one.format_id)
        });
        match same {
            Some(same) if same.0 < log_weight => *same = (log_weight, one),
            Some(_) => {}
            None => merged.push((log_weight, one)),
        }
    }
    merged
}

fn invalid(reason: &str) -> Verdict {
    Verdict::Invalid { reason: reason.chars().take(REASON_CHARS_MAX).collect() }
}

fn unchecked(failures: &[PluginFailure]) -> Verdict {
    let named: Vec<&str> = failures.iter().map(|failure| failure.plugin.as_str()).collect();
    let why = format!("no answer from {}, and no other plugin knows the plate", named.join(", "));
    Verdict::Unchecked { why: why.chars().take(REASON_CHARS_MAX).collect() }
}

fn unlikely(nearest: &Ranked, unknown_posterior: f64) -> String {
    let format = &nearest.interpretation.format_id;
    let share = nearest.text_posterior;
    format!(
        "{format} is the nearest format ({share:.2}), but not more likely than none ({unknown_posterior:.2})"
    )
}

/// The reason of one plugin as it is, of several each with its name.
fn join(refusals: &[(String, String)]) -> String {
    match refusals {
        [(_, reason)] => reason.clone(),
        several => {
            let named: Vec<String> =
                several.iter().map(|(plugin, reason)| format!("{plugin}: {reason}")).collect();
            named.join("; ")
        }
    }
}

impl From<Ranked> for FormatMatch {
    fn from(ranked: Ranked) -> Self {
        let Interpretation { text, country, region, format_id, series, .. } = ranked.interpretation;
        let score = ranked.posterior as f32;
        Self { plate: text, country, region, format_id, series: series.to_owned(), score }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::read::{Alternative, Position};
    use ovr_domain::{CameraId, SiteId};

    fn read(text: &str) -> Lattice {
        let position = |character| Position {
            alternatives: vec![Alternative { character, probability: 0.9 }],
            absent: 0.0,
        };
        Lattice {
            positions: text.chars().map(position).collect(),
            confidence: 0.9,
            quality: None,
            width_px: None,
            site: SiteId::default(),
            camera: CameraId::new("gate").unwrap(),
        }
    }

    fn plate(text: &str, country: &str, log_likelihood: f32, log_prior: f32) -> Interpretation {
        Interpretation {
            text: text.to_owned(),
            country: country.to_owned(),
            region: None,
            format_id: format!("{}-standard", country.to_lowercase()),
            series: "standard",
            log_prior,
            log_likelihood,
            corrections: Vec::new(),
        }
    }

    fn said(plugin: &str, answer: Answer) -> Said {
        Said { plugin: plugin.to_owned(), digest: Digest::of(plugin.as_bytes()), answer }
    }

    fn report_of(plates: Vec<Interpretation>) -> FormatReport {
        report(&read("BAB1234"), vec![said("eu", Answer::Plates(plates))], Vec::new())
    }

    /// About what a pack gives a German plate: 13 % of vehicles over some 10^8 texts.
    const COMMON: f32 = -20.0;

    #[test]
    fn a_plate_that_fits_is_valid_and_shares_add_up_to_at_most_one() {
        let report =
            report_of(vec![plate("BAB1234", "DE", -0.7, COMMON), plate("8AB1234", "XX", -6.0, COMMON)]);
        assert_eq!(report.verdict, Verdict::Valid);
        assert_eq!(report.plate.as_deref(), Some("BAB1234"));
        let scores: Vec<f32> = report.formats.iter().map(|one| one.score).collect();
        assert!(scores[0] > 0.9 && scores[1] < 0.05, "{scores:?}");
        assert!(scores.iter().sum::<f32>() < 1.0, "the unknown has its share");
    }

    #[test]
    fn a_far_fetched_repair_loses_against_the_unknown_and_is_still_shown() {
        let report = report_of(vec![plate("BA81234", "DE", -14.0, COMMON)]);
        let Verdict::Invalid { reason } = &report.verdict else { panic!("{:?}", report.verdict) };
        assert!(reason.starts_with("de-standard is the nearest format"), "{reason}");
        assert_eq!((report.plate, report.corrections.len(), report.formats.len()), (None, 0, 1));
    }

    #[test]
    fn a_text_that_two_countries_know_counts_before_one_that_is_likelier_in_one() {
        let ambiguous = [plate("BAB1234", "DE", -1.0, -20.0), plate("BAB1234", "AT", -1.0, -20.1)];
        let other = plate("8AB1234", "XX", -1.0, -19.7);
        let report = report_of([vec![other], ambiguous.to_vec()].concat());
        let rows: Vec<_> =
            report.formats.iter().map(|one| (one.plate.as_str(), one.country.as_str())).collect();
        assert_eq!(rows, [("BAB1234", "DE"), ("BAB1234", "AT"), ("8AB1234", "XX")]);
        assert_eq!(report.plate.as_deref(), Some("BAB1234"));
    }

    #[test]
    fn what_was_read_stays_unless_another_text_is_more_probable_than_it_is_with_and_without_a_format() {
        let as_read = plate("BAB1234", "DE", -1.0, -20.0);
        let close = report_of(vec![as_read.clone(), plate("8AB1234", "XX", -1.0, -20.1)]);
        assert_eq!(close.plate.as_deref(), Some("BAB1234"));
        assert_eq!(close.formats[0].country, "DE");
        let other = plate("8AB1234", "XX", -1.0, -19.9);
        let likelier = report_of(vec![as_read, other.clone()]);
        assert_eq!(likelier.plate.as_deref(), Some("8AB1234"));
        // Sure of what was read, the plate of no known format outweighs a rare format that needs another character.
        let rare = Interpretation { log_likelihood: -5.0, log_prior: -26.0, ..other };
        let unknown = report_of(vec![rare]);
        assert!(matches!(unknown.verdict, Verdict::Invalid { .. }), "{:?}", unknown.verdict);
    }

    #[test]
    fn one_format_of_two_plugins_counts_once() {
        let mut named = plate("BAB1234", "DE", -1.0, -19.0);
        named.region = Some("Berlin".to_owned());
        let answers = vec![
            said("de", Answer::Plates(vec![plate("BAB1234", "DE", -1.0, -20.0)])),
            said("eu", Answer::Plates(vec![named])),
        ];
        let report = report(&read("BAB1234"), answers, Vec::new());
        assert_eq!(report.formats.len(), 1);
        assert_eq!(report.formats[0].region.as_deref(), Some("Berlin"));
        assert_eq!(report.digests.len(), 2);
    }

    #[test]
    fn nobody_who_knows_a_format_is_invalid_and_nobody_who_answers_is_unchecked() {
        let no = |plugin| said(plugin, Answer::NotMine("too short".to_owned()));
        let one = report(&read("AB"), vec![no("eu")], Vec::new());
        assert_eq!(one.verdict, Verdict::Invalid { reason: "too short".to_owned() });
        let two = report(&read("AB"), vec![no("eu"), no("us")], Vec::new());
        assert_eq!(two.verdict, Verdict::Invalid { reason: "eu: too short; us: too short".to_owned() });

        let failure = PluginFailure { plugin: "eu".to_owned(), reason: "trap: unreachable".to_owned() };
        let failed = report(&read("AB"), Vec::new(), vec![failure.clone()]);
        assert!(matches!(&failed.verdict, Verdict::Unchecked { why } if why.ends_with("gave an answer")));
        assert_eq!(failed.failures, std::slice::from_ref(&failure));
        let half = report(&read("AB"), vec![no("us")], vec![failure]);
        let why = "no answer from eu, and no other plugin knows the plate".to_owned();
        assert_eq!(half.verdict, Verdict::Unchecked { why });
        assert_eq!((half.digests.len(), half.failures.len()), (1, 1));
    }

    #[test]
    fn at_most_eight_are_shown_and_weights_that_are_no_numbers_are_left_out() {
        let many = (0..20).map(|n| plate(&format!("BAB12{n}"), "DE", -1.0, COMMON)).collect();
        assert_eq!(report_of(many).formats.len(), FORMATS_MAX);
        let broken = vec![plate("A", "DE", f32::NAN, COMMON), plate("B", "DE", f32::NEG_INFINITY, COMMON)];
        assert!(report_of(broken).formats.is_empty());
        let extreme = report_of(vec![plate("BAB1234", "DE", -3e38, -1.0), plate("C", "AT", 0.0, -1e-6)]);
        assert!(extreme.formats.iter().all(|one| (0.0..=1.0).contains(&one.score)));
    }
}
