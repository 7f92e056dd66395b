//! What plugins say of an event, written into the event.

use std::sync::Arc;

use ovr_domain::PlateEvent;
use ovr_domain::event::ATTRIBUTES_MAX;
use ovr_domain::hook::{DedupPolicy, Enrich, FormatCheck, FormatReport, Lattice};
use ovr_domain::read::Position;

/// The three hooks. Every call is bounded by the plugins' own limits.
#[derive(Clone)]
pub(crate) struct Hooks {
    pub(crate) format: Arc<dyn FormatCheck>,
    pub(crate) dedup: Arc<dyn DedupPolicy>,
    pub(crate) enrich: Arc<dyn Enrich>,
    /// Where most vehicles come from, as it is configured now.
    pub(crate) countries: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
}

impl Hooks {
    /// Asks the format checks about a plate that was read.
    pub(crate) fn check(&self, event: &mut PlateEvent, positions: Vec<Position>) {
        if positions.is_empty() {
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
        let report = self.format.check(&read, &(self.countries)());
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
    event.corrections = corrections;
    let best = formats.first().filter(|_| event.verdict == ovr_domain::event::Verdict::Valid);
    event.country = best.map(|best| best.country.clone());
    event.region = best.and_then(|best| best.region.clone());
    event.format_id = best.map(|best| best.format_id.clone());
    event.series = best.map(|best| best.series.clone());
    event.formats = formats;
    event.plugin_digests = digests;
    event.plugin_failures = failures;
}
