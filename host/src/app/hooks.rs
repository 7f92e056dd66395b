//! What plugins say of an event, written into the event.

use std::sync::Arc;

use ovr_domain::PlateEvent;
use ovr_domain::event::{ATTRIBUTES_MAX, Verdict};
use ovr_domain::hook::{DedupPolicy, Enrich, FormatCheck, FormatReport, Lattice};
use ovr_domain::read::Position;

/// The three hooks. Every call is bounded by the plugins' own limits.
#[derive(Clone)]
pub(crate) struct Hooks {
    pub(crate) format: Arc<dyn FormatCheck>,
    pub(crate) dedup: Arc<dyn DedupPolicy>,
    pub(crate) enrich: Arc<dyn Enrich>,
}

impl Hooks {
    /// All three asked of one.
    pub(crate) fn of(plugins: &Arc<impl FormatCheck + DedupPolicy + Enrich + 'static>) -> Self {
        Self {
            format: Arc::clone(plugins) as _,
            dedup: Arc::clone(plugins) as _,
            enrich: Arc::clone(plugins) as _,
        }
    }

    /// Asks the format checks about a plate that was read.
    pub(crate) fn check(&self, event: &mut PlateEvent, positions: Vec<Position>) {
        if positions.is_empty() {
            event.verdict = Verdict::Unchecked { why: "no plate was read".to_owned() };
            return;
        }
        let read = Lattice {
            positions,
            confidence: event.confidence,
            quality: event.quality,
            width_px: event.plate_width_px,
            site: event.site_id.clone(),
            camera: event.camera_id.clone(),
        };
        let report = self.format.check(&read, &self.format.countries());
        write_format(event, report);
    }

    /// Asks for attributes, once everything else about the event is decided.
    pub(crate) fn enrich(&self, event: &mut PlateEvent) {
        let added = self.enrich.enrich(event);
        event.attributes = added.attributes;
        event.attributes.truncate(ATTRIBUTES_MAX);
        event.plugin_failures.extend(added.failures);
        event.plugin_digests.extend(added.digests);
        // One plugin may serve one hook only, but two copies of a file have one digest.
        event.plugin_digests.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        event.plugin_digests.dedup();
    }
}

fn write_format(event: &mut PlateEvent, report: FormatReport) {
    let FormatReport { verdict, plate, corrections, formats, digests, failures } = report;
    event.verdict = verdict;
    event.plate_corrected = plate.filter(|plate| event.plate_normalized.as_ref() != Some(plate));
    // What was dropped in one place and added in another may leave the text as it was: then nothing was corrected.
    event.corrections = if event.plate_corrected.is_some() { corrections } else { Vec::new() };
    let best = formats.first().filter(|_| event.verdict == Verdict::Valid);
    event.country = best.map(|best| best.country.clone());
    event.region = best.and_then(|best| best.region.clone());
    event.format_id = best.map(|best| best.format_id.clone());
    event.series = best.map(|best| best.series.clone());
    event.formats = formats;
    event.plugin_digests = digests;
    event.plugin_failures = failures;
}

#[cfg(test)]
mod tests {
    use ovr_domain::event::{Attribute, Correction, FormatMatch, PluginFailure, Votes};
    use ovr_domain::hook::{Enrichment, NoPlugins};
    use ovr_domain::ids::TrackId;
    use ovr_domain::read::Alternative;
    use ovr_domain::{CameraId, Digest, EventId, SiteId, Timestamp};

    use super::*;

    /// Says the same of every read and event.
    struct Says(FormatReport, Enrichment);

    impl FormatCheck for Says {
        fn check(&self, _: &Lattice, _: &[String]) -> FormatReport {
            self.0.clone()
        }

        fn countries(&self) -> Vec<String> {
            Vec::new()
        }
    }

    impl Enrich for Says {
        fn enrich(&self, _: &PlateEvent) -> Enrichment {
            self.1.clone()
        }
    }

    fn asked(report: FormatReport, enrichment: Enrichment, positions: Vec<Position>) -> PlateEvent {
        let says = Arc::new(Says(report, enrichment));
        let hooks = Hooks { format: Arc::clone(&says) as _, dedup: Arc::new(NoPlugins), enrich: says };
        let mut event = event();
        hooks.check(&mut event, positions);
        hooks.enrich(&mut event);
        event
    }

    fn one_position() -> Vec<Position> {
        let alternatives = vec![Alternative { character: '0', probability: 0.9 }];
        vec![Position { alternatives, absent: 0.0 }]
    }

    fn valid(plate: &str) -> FormatReport {
        let format = FormatMatch {
            plate: plate.to_owned(),
            country: "DE".to_owned(),
            region: Some("Bochum".to_owned()),
            format_id: "de-standard".to_owned(),
            series: "standard".to_owned(),
            score: 0.9,
        };
        let correction = Correction {
            position: 1,
            from: Some('0'),
            to: Some('O'),
            rule: "de-standard: district".to_owned(),
        };
        FormatReport {
            verdict: Verdict::Valid,
            plate: Some(plate.to_owned()),
            corrections: vec![correction],
            formats: vec![format],
            digests: vec![Digest::of(b"eu")],
            failures: Vec::new(),
        }
    }

    fn event() -> PlateEvent {
        let at = Timestamp::from_micros(1_795_421_700_000_000);
        PlateEvent {
            clock_synchronised: true,
            frames_seen: 1,
            plate_observed: Some("B0 AB1".to_owned()),
            plate_normalized: Some("B0AB1".to_owned()),
            confidence: 0.9,
            votes: Votes { frames: 1, agreeing: 1 },
            unread_reason: None,
            verdict: Verdict::Unchecked { why: "nobody was asked".to_owned() },
            ..PlateEvent::of_pass(
                EventId::mint(at),
                SiteId::default(),
                CameraId::numbered("camera", 1),
                TrackId(1),
                at,
            )
        }
    }

    #[test]
    fn a_corrected_plate_stands_beside_what_was_read_and_one_that_was_right_is_not_corrected() {
        let fixed = asked(valid("BOAB1"), Enrichment::default(), one_position());
        assert_eq!((fixed.plate(), fixed.plate_normalized.as_deref()), (Some("BOAB1"), Some("B0AB1")));
        assert_eq!((fixed.country.as_deref(), fixed.corrections.len()), (Some("DE"), 1));
        assert_eq!(fixed.plugin_digests, [Digest::of(b"eu")]);
        let right = asked(valid("B0AB1"), Enrichment::default(), one_position());
        assert_eq!((right.plate_corrected, right.corrections.len()), (None, 0));
        assert_eq!(right.format_id.as_deref(), Some("de-standard"));
    }

    #[test]
    fn what_no_plugin_knows_names_no_country_and_what_was_not_read_is_not_asked_about() {
        let verdict = Verdict::Invalid { reason: "too far".to_owned() };
        let nearest = FormatReport { verdict, plate: None, ..valid("BOAB1") };
        let invalid = asked(nearest, Enrichment::default(), one_position());
        assert_eq!((invalid.plate(), &invalid.country, invalid.formats.len()), (Some("B0AB1"), &None, 1));
        let unread = asked(valid("BOAB1"), Enrichment::default(), Vec::new());
        assert_eq!(unread.verdict, Verdict::Unchecked { why: "no plate was read".to_owned() });
        assert!(unread.plate_corrected.is_none() && unread.plugin_digests.is_empty());
    }

    #[test]
    fn an_event_goes_on_with_the_failures_of_all_hooks_and_each_digest_once() {
        let failure =
            |plugin: &str| PluginFailure { plugin: plugin.to_owned(), reason: "trap: x".to_owned() };
        let report = FormatReport { failures: vec![failure("us")], ..valid("BOAB1") };
        let attribute =
            Attribute { key: "gate".to_owned(), value: "north".to_owned(), plugin: "site".to_owned() };
        let enrichment = Enrichment {
            attributes: vec![attribute; ATTRIBUTES_MAX + 1],
            digests: vec![Digest::of(b"site"), Digest::of(b"eu")],
            failures: vec![failure("weather")],
        };
        let event = asked(report, enrichment, one_position());
        assert_eq!(event.plate(), Some("BOAB1"));
        assert_eq!(event.plugin_failures, [failure("us"), failure("weather")]);
        assert_eq!((event.plugin_digests.len(), event.attributes.len()), (2, ATTRIBUTES_MAX));
    }
}
