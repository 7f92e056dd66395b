//! Makes events of the tracks of one camera.
//!
//! A track's reads are fused as they come ([`crate::fuse`]). As soon as they agree there is a `new` event, for a gate
//! must open; an `update` when they come to agree on another text; a `final` one when the track ends. All have one
//! `event_id` and a growing `revision`.
//!
//! What becomes of a track that ends without consensus:
//! - reads that are few but clear give a `final` event with their low votes and confidence;
//! - reads that contradict each other, or none at all, give a `final` event without plate but with the reason, if
//!   something says that it was a plate: plate-likeness, a vehicle, or a moving thing seen again and again;
//! - what never looked like a plate gives nothing and is counted ([`ovr_domain::metric::track`]).
//!
//! Two plates that share a track give two events, and two tracks that are parts of one plate give one (see `parts`).
//! Invariants: one frame at most is held for a track, and at most `tracks_max` tracks; when a camera shows more, the
//! track that was seen least recently is ended.
//!
//! ```
//! use ovr_domain::{CameraId, SiteId};
//! use ovr_events::assemble::{AssembleConfig, Assembler, Digests};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (site, camera) = (SiteId::new("yard")?, CameraId::new("gate")?);
//! let mut assembler = Assembler::new(AssembleConfig::default(), site, camera, Digests::default())?;
//! // for each track of each frame:  for emission in assembler.observe(&observation) { .. }
//! // for each track that ends:      for emission in assembler.end(track) { .. }
//! for emission in assembler.finish() {
//!     println!("{} {:?}", emission.event.event_id, emission.event.plate_observed);
//! }
//! # Ok(())
//! # }
//! ```

mod config;
mod consensus;
mod direction;
mod event;
mod lane;
mod observation;
mod parts;
mod pass;
mod shots;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use ovr_domain::event::{Lifecycle, Votes};
use ovr_domain::view::Lane;
use ovr_domain::{CameraId, EventId, SiteId, TrackId, metric};

pub(crate) use config::require;
pub use config::{AssembleConfig, InvalidKey};
pub use observation::{Digests, Emission, Observation, ReadOutcome, Unreadable};

use crate::fuse::{Fused, Fusion};
use consensus::{agree, suffice};
use event::Plate;
use pass::{Pass, Report};
use shots::UNREAD;

/// Most vehicles remembered as carrying a plate; track ids grow, so the oldest is forgotten first.
const CARRIERS_MAX: usize = 1_024;

/// Makes events of the tracks of one camera.
#[derive(Debug)]
pub struct Assembler {
    config: AssembleConfig,
    site: SiteId,
    camera: CameraId,
    digests: Digests,
    lanes: Vec<Lane>,
    passes: BTreeMap<TrackId, Pass>,
    /// Vehicles whose plate has a track of its own.
    carriers: BTreeSet<TrackId>,
}

impl Assembler {
    /// For one camera; the configuration is checked.
    pub fn new(
        config: AssembleConfig,
        site: SiteId,
        camera: CameraId,
        digests: Digests,
    ) -> Result<Self, InvalidKey> {
        config.validate()?;
        let (passes, carriers) = (BTreeMap::new(), BTreeSet::new());
        Ok(Self { config, site, camera, digests, lanes: Vec::new(), passes, carriers })
    }

    /// The lanes of the camera, of which there are none to begin with.
    #[must_use]
    pub fn with_lanes(mut self, lanes: Vec<Lane>) -> Self {
        self.lanes = lanes;
        self
    }

    /// Changes the numbers and keeps the tracks; after an error the old numbers stand. `reads_max` holds for tracks that
    /// begin from now on.
    pub fn reconfigure(&mut self, config: AssembleConfig) -> Result<(), InvalidKey> {
        config.validate()?;
        self.config = config;
        Ok(())
    }

    /// The weights that are at work from now on.
    pub fn use_models(&mut self, digests: Digests) {
        self.digests = digests;
    }

    /// Takes in one track on one frame. Mostly gives nothing; a `new` or `update` event when the reads come to
    /// agree; and the last event of the track seen least recently when there are too many tracks.
    pub fn observe(&mut self, observation: &Observation<'_>) -> Vec<Emission> {
        let id = observation.track.id;
        let mut emissions = Vec::new();
        let is_new = !self.passes.contains_key(&id);
        // More than one where a reload has made the number smaller.
        while is_new && !self.passes.is_empty() && self.passes.len() >= self.config.tracks_max as usize {
            emissions.extend(self.end_stalest());
        }
        let reads_max = self.config.reads_max;
        let mut pass = self.passes.remove(&id).unwrap_or_else(|| Pass::new(observation, reads_max));
        let group = pass.see(observation, &self.lanes);
        parts::note(&mut pass, &mut self.passes);
        if let Some(lost) = group.and_then(|group| parts::lost_before(&pass, group, &self.passes))
            && let Some(mut earlier) = self.passes.remove(&lost)
        {
            metric::track(&self.camera, "joined");
            earlier.go_on_as(pass);
            self.passes.insert(id, earlier);
            return emissions;
        }
        if let Some(emission) = group.and_then(|group| self.report_agreement(&mut pass, group)) {
            let decided_at = Some(observation.frame.received_at);
            emissions.push(Emission { decided_at, ..emission });
        }
        self.passes.insert(id, pass);
        emissions
    }

    /// Tells that a plate with a track of its own was seen on a vehicle: the vehicle's track says nothing new about
    /// the pass and ends without an event, although it may have been seen without its plate before.
    pub fn carries_plate(&mut self, vehicle: TrackId) {
        if self.carriers.len() >= CARRIERS_MAX {
            self.carriers.pop_first();
        }
        self.carriers.insert(vehicle);
    }

    /// Ends a track. Mostly one `final` event; none for what was no plate; two when two plates shared the track. A
    /// track that is not known gives nothing.
    pub fn end(&mut self, track: TrackId) -> Vec<Emission> {
        let pass = self.passes.remove(&track);
        let carried_a_plate = self.carriers.remove(&track);
        let Some(pass) = pass.filter(|pass| !(carried_a_plate && pass.is_vehicle())) else {
            return Vec::new();
        };
        let unreported = pass.reports.is_empty() && !pass.is_vehicle();
        let whole = if unreported { parts::whole_of(&pass, &self.passes) } else { None };
        if let Some(whole) = whole.and_then(|track| self.passes.get_mut(&track)) {
            whole.absorb(pass);
        } else if !unreported || !parts::of_reported(&pass, &self.passes) {
            return self.close(pass);
        }
        metric::track(&self.camera, "joined");
        Vec::new()
    }

    /// Ends all tracks: the stream is over.
    pub fn finish(&mut self) -> Vec<Emission> {
        let tracks: Vec<TrackId> = self.passes.keys().copied().collect();
        tracks.into_iter().flat_map(|track| self.end(track)).collect()
    }

    /// Tracks in view.
    pub fn tracks(&self) -> usize {
        self.passes.len()
    }

    fn end_stalest(&mut self) -> Vec<Emission> {
        let stalest = self.passes.values().min_by_key(|pass| (pass.last_seen, pass.track));
        let Some(track) = stalest.map(|pass| pass.track) else {
            return Vec::new();
        };
        metric::track(&self.camera, "evicted");
        tracing::debug!(camera = %self.camera, track = %track, "more tracks than tracks_max, ended one early");
        self.end(track)
    }

    /// The `new` event of a group that has come to agree, or an `update` when it agrees on another text.
    fn report_agreement(&self, pass: &mut Pass, group: u32) -> Option<Emission> {
        let fusion = pass.readings.group(group)?;
        let fused = agree(fusion, pass.share(fusion), &self.config)?.clone();
        let votes = fusion.votes();
        let report = pass.reports.iter().find(|r| r.group == group);
        let lifecycle = match report {
            None if parts::of_reported(pass, &self.passes) => return None,
            None => Lifecycle::New,
            Some(report) => {
                let agreed = report.agreed.as_ref().map(|(fused, _)| fused.normalized.as_str());
                let changed = agreed != Some(fused.normalized.as_str());
                if !changed || report.revision > self.config.updates_max {
                    return None;
                }
                Lifecycle::Update
            }
        };
        pass.readings.lock(group);
        self.emit(pass, group, lifecycle, Plate::Read(fused, votes))
    }

    /// The last events of a track.
    fn close(&self, mut pass: Pass) -> Vec<Emission> {
        let mut endings: Vec<(u32, Plate)> = pass
            .reports
            .iter()
            .filter_map(|report| Some((report.group, final_plate(&pass, report, &self.config)?)))
            .collect();
        let lone = pass.readings.leading().map(Fusion::id).filter(|_| pass.reports.is_empty());
        for group in pass.readings.groups() {
            let reported = pass.reports.iter().any(|r| r.group == group.id());
            // Beside a plate that is known, another one must have been read more than once.
            let enough = |fused: &&Fused| lone == Some(group.id()) || fused.support >= 2;
            if let (false, Some(fused)) =
                (reported, suffice(group, pass.share(group), &self.config).filter(enough))
            {
                endings.push((group.id(), Plate::Read(fused.clone(), group.votes())));
            }
        }
        if endings.is_empty() {
            let Some(reason) = pass.unread_reason(&self.config) else {
                metric::track(&self.camera, "no_plate");
                return Vec::new();
            };
            let group = pass.shots.best().map_or(UNREAD, |shot| shot.group);
            endings.push((group, Plate::Unread(reason)));
        }
        metric::track(&self.camera, "reported");
        let emit = |(group, plate)| self.emit(&mut pass, group, Lifecycle::Final, plate);
        endings.into_iter().filter_map(emit).collect()
    }

    fn emit(&self, pass: &mut Pass, group: u32, lifecycle: Lifecycle, plate: Plate) -> Option<Emission> {
        let captured_at = pass.shots.of(group)?.captured_at;
        let received_at = pass.shots.of(group)?.received_at;
        let index = if let Some(index) = pass.reports.iter().position(|r| r.group == group) {
            index
        } else {
            pass.reports.push(Report {
                group,
                event_id: EventId::mint(captured_at.at),
                revision: 0,
                captured_at,
                received_at,
                agreed: None,
            });
            pass.reports.len() - 1
        };
        let report = pass.reports.get_mut(index)?;
        report.revision = report.revision.saturating_add(1);
        if let Plate::Read(fused, votes) = &plate {
            report.agreed = Some((fused.clone(), *votes));
        }
        let positions = match &plate {
            Plate::Read(fused, _) => fused.positions.clone(),
            Plate::Unread(_) => Vec::new(),
        };
        let report = report.clone();
        let best = pass.shots.report(group);
        let event = self.event(pass, &report, lifecycle, plate)?;
        let outcome = match lifecycle {
            Lifecycle::New => "new",
            Lifecycle::Update => "update",
            Lifecycle::Final if event.plate_observed.is_none() => "unread",
            Lifecycle::Final => "final",
        };
        metric::event(&self.camera, outcome);
        Some(Emission { event, positions, best, decided_at: None })
    }
}

/// The plate of the last revision of an event: what the reads say now if it still holds, else what they agreed on.
fn final_plate(pass: &Pass, report: &Report, config: &AssembleConfig) -> Option<Plate> {
    let (agreed, votes) = report.agreed.as_ref()?;
    let group = pass.readings.group(report.group)?;
    let now = group.fused().filter(|fused| {
        fused.normalized == agreed.normalized || agree(group, pass.share(group), config).is_some()
    });
    Some(match now {
        Some(fused) => Plate::Read(fused.clone(), group.votes()),
        None => Plate::Read(
            agreed.clone(),
            Votes { agreeing: group.count_of(&agreed.normalized).max(votes.agreeing), ..*votes },
        ),
    })
}
