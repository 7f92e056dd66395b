//! Plugin hooks: what the host asks its plugins. Real: WASM components. Second: the native defaults of this file.

use std::time::Duration;

use crate::event::{Attribute, Correction, FormatMatch, PlateEvent, PluginFailure, Verdict};
use crate::ids::{CameraId, Digest, EventId, SiteId};
use crate::read::{CropQuality, Position};

/// Most positions that a hook is given.
pub const POSITIONS_MAX: usize = 32;

/// Most neighbours that a dedup policy is given.
pub const NEIGHBOURS_MAX: usize = 32;

/// What all reads of a pass say together, as a format check gets it.
#[derive(Debug, Clone, PartialEq)]
pub struct Lattice {
    /// From left to right, the upper line first; at most [`POSITIONS_MAX`].
    pub positions: Vec<Position>,
    /// Of the whole text, 0 to 1.
    pub confidence: f32,
    /// Of the best crop.
    pub quality: Option<CropQuality>,
    /// Width of the plate on the best frame, in pixels.
    pub width_px: Option<f32>,
    /// The site.
    pub site: SiteId,
    /// The camera.
    pub camera: CameraId,
}

impl Lattice {
    /// The most probable text: the best character of each position where one stands.
    pub fn observed(&self) -> String {
        self.positions.iter().filter(|p| p.is_present()).filter_map(Position::best).collect()
    }
}

/// What the format checks of all plugins say together.
#[derive(Debug, Clone, PartialEq)]
pub struct FormatReport {
    /// Valid when any plugin knows the plate, invalid when all that were asked say no.
    pub verdict: Verdict,
    /// The plate of the best match, normalised; nothing unless valid.
    pub plate: Option<String>,
    /// What was changed for it.
    pub corrections: Vec<Correction>,
    /// The plates and formats that the read may be, the most probable first, at most [`crate::event::FORMATS_MAX`]. The first is
    /// the one that stands on the event.
    pub formats: Vec<FormatMatch>,
    /// Plugins that answered.
    pub digests: Vec<Digest>,
    /// Plugins that did not.
    pub failures: Vec<PluginFailure>,
}

impl FormatReport {
    /// Nobody checked.
    pub fn unchecked(why: &str) -> Self {
        Self {
            verdict: Verdict::Unchecked { why: why.to_owned() },
            plate: None,
            corrections: Vec::new(),
            formats: Vec::new(),
            digests: Vec::new(),
            failures: Vec::new(),
        }
    }
}

/// Says which plate a read is. Never fails: what a plugin could not do stands in the report.
pub trait FormatCheck: Send + Sync {
    /// Checks one read against the formats of all plugins. `countries` as in the configuration: ISO 3166-1 or 3166-2
    /// codes or `EU`, the most frequent first; empty for no hint.
    fn check(&self, read: &Lattice, countries: &[String]) -> FormatReport;
    /// Where most vehicles come from, as it is configured now.
    fn countries(&self) -> Vec<String>;
}

/// A recent event that another may repeat.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    /// Its latest revision.
    pub event: PlateEvent,
    /// The first event of its row.
    pub head: EventId,
    /// Time during which neither was in view.
    pub gap: Duration,
    /// Between the plates' centres, in widths of the wider one; nothing when unknown or on two cameras.
    pub distance_widths: Option<f32>,
}

/// What a dedup policy decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyDecision {
    /// A pass of its own, and why.
    Emit(String),
    /// A repeat of the row that this event heads, and why.
    Suppress(EventId, String),
    /// The same pass as the row that this event heads, and why.
    Merge(EventId, String),
}

/// An answer with who gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyAnswer {
    /// Nothing when no plugin answered: the native policy decides.
    pub decision: Option<PolicyDecision>,
    /// The plugin that answered.
    pub digest: Option<Digest>,
    /// Why the plugin that was asked did not answer.
    pub failure: Option<PluginFailure>,
}

impl PolicyAnswer {
    /// No plugin is loaded: the native policy decides.
    pub const NATIVE: Self = Self { decision: None, digest: None, failure: None };
}

/// Says whether an event repeats another. Never fails.
pub trait DedupPolicy: Send + Sync {
    /// Whether a plugin is loaded; neighbours are gathered only then.
    fn is_loaded(&self) -> bool;
    /// Decides about one event. `neighbours`: at most [`NEIGHBOURS_MAX`].
    fn decide(&self, event: &PlateEvent, neighbours: &[Neighbour]) -> PolicyAnswer;
}

/// What plugins added to an event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Enrichment {
    /// In the plugins' order; keys may repeat over plugins.
    pub attributes: Vec<Attribute>,
    /// Plugins that answered.
    pub digests: Vec<Digest>,
    /// Plugins that did not.
    pub failures: Vec<PluginFailure>,
}

/// Adds attributes to an event. Never fails.
pub trait Enrich: Send + Sync {
    /// What all plugins add to one event.
    fn enrich(&self, event: &PlateEvent) -> Enrichment;
}

/// The native default: nobody checks, the native dedup policy decides, nothing is added.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPlugins;

impl FormatCheck for NoPlugins {
    fn check(&self, _: &Lattice, _: &[String]) -> FormatReport {
        FormatReport::unchecked("no plate-format plugin is loaded")
    }

    fn countries(&self) -> Vec<String> {
        Vec::new()
    }
}

impl DedupPolicy for NoPlugins {
    fn is_loaded(&self) -> bool {
        false
    }

    fn decide(&self, _: &PlateEvent, _: &[Neighbour]) -> PolicyAnswer {
        PolicyAnswer::NATIVE
    }
}

impl Enrich for NoPlugins {
    fn enrich(&self, _: &PlateEvent) -> Enrichment {
        Enrichment::default()
    }
}
