//! The pictures of an event: the plate, the vehicle, the scene.
//!
//! An event never waits for a picture that cannot be kept and never is lost with it: what the store sheds or fails
//! to take is left out of the event and counted, and a store that has failed is not asked again for a moment.
//!
//! Pictures are named and expire by when their frame reached this program and not by when it was taken: a file that is
//! replayed long after would lose its pictures the moment they are stored.
//!
//! Later revisions get new pictures only when a better crop came up ([`Emission::best`]); otherwise they carry those
//! of the revision before, which [`Pictures`] remembers. Pictures that are replaced stay in the store until they
//! expire, for a revision that names them may already be on its way.
//!
//! ```
//! use std::sync::Arc;
//! use ovr_domain::port::EvidenceStore;
//! use ovr_domain::time::Clock;
//! use ovr_events::assemble::Emission;
//! use ovr_events::evidence::{Pictures, PicturesConfig};
//!
//! fn with_pictures(pictures: &Pictures, store: &dyn EvidenceStore, mut emission: Emission) -> Emission {
//!     let cut = pictures.cut(&emission); // processor time only; may run on a worker
//!     pictures.attach(store, &mut emission.event, cut);
//!     emission
//! }
//! ```

mod config;
mod cut;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ovr_domain::event::{EvidenceKind, EvidenceRef, Lifecycle, PlateEvent};
use ovr_domain::port::{Evidence, EvidenceStore, Kept};
use ovr_domain::time::Clock;
use ovr_domain::{BBox, Digest, EventId, EvidenceId, Frame, Timestamp, metric};

use crate::assemble::{Emission, InvalidKey};
pub use config::PicturesConfig;
pub use cut::{jpeg, scaled};

/// Most events in view whose pictures are remembered for their next revision.
const EVENTS_MAX: usize = 4_096;

/// Cuts, stores and remembers pictures. Shared by all cameras and workers.
#[derive(Debug)]
pub struct Pictures {
    config: PicturesConfig,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Pictures of the events that are not final yet; ids sort by time, so the first is the oldest.
    attached: BTreeMap<EventId, Vec<EvidenceRef>>,
    /// Until when the store is left alone, on the monotonic clock.
    paused_until: Option<Duration>,
}

/// When the picture's frame was received: the time part of its id, by which the store purges it.
fn minted_at(picture: &Evidence) -> Timestamp {
    let time = picture.id.0.get_timestamp().map(|time| time.to_unix());
    time.map_or(picture.captured_at, |(s, nanos)| Timestamp::default().plus(Duration::new(s, nanos)))
}

impl Pictures {
    /// With nothing remembered; the configuration is checked.
    pub fn new(config: PicturesConfig, clock: Arc<dyn Clock>) -> Result<Self, InvalidKey> {
        config.validate()?;
        Ok(Self { config, clock, state: Mutex::default() })
    }

    /// Changes what is cut and kept, for events from now on; after an error the old numbers stand.
    pub fn reconfigure(&mut self, config: PicturesConfig) -> Result<(), InvalidKey> {
        config.validate()?;
        self.config = config;
        Ok(())
    }

    /// Cuts and encodes the pictures of an event out of its best frame, the plate first. Nothing when the event comes
    /// without a frame; kinds that are not kept or show nothing are left out.
    pub fn cut(&self, emission: &Emission) -> Vec<Evidence> {
        let Some(frame) = &emission.best else {
            return Vec::new();
        };
        let start = self.clock.monotonic();
        let event = &emission.event;
        let plate = event.plate_quad.map(|quad| quad.bounds()).filter(|b| b.is_sane());
        let vehicle = event.vehicle_box.filter(|b| b.is_sane());
        let regions = [
            (EvidenceKind::PlateCrop, plate.map(cut::plate_region), u32::MAX),
            (EvidenceKind::VehicleCrop, cut::vehicle_region(vehicle, plate), self.config.vehicle_width_px),
            (EvidenceKind::Scene, Some(frame.picture.bounds()), self.config.scene_width_px),
        ];
        let pictures = regions
            .into_iter()
            .filter_map(|(kind, region, width_max)| self.cut_one(frame, kind, region?, width_max))
            .collect();
        metric::stage("evidence", self.clock.monotonic().saturating_sub(start));
        pictures
    }

    fn cut_one(&self, frame: &Frame, kind: EvidenceKind, region: BBox, width_max: u32) -> Option<Evidence> {
        self.config.keep(kind)?;
        if !cut::shows(region, &frame.picture) {
            return None;
        }
        let image = cut::scaled(&frame.picture, region, width_max);
        let quality = match kind {
            EvidenceKind::PlateCrop => self.config.plate_jpeg_quality,
            EvidenceKind::VehicleCrop | EvidenceKind::Scene => self.config.jpeg_quality,
        };
        match cut::jpeg(&image, quality) {
            Ok(jpeg) => Some(Evidence {
                id: EvidenceId::mint(frame.received_at),
                kind,
                camera: frame.camera.clone(),
                captured_at: frame.captured_at.at,
                jpeg,
            }),
            Err(error) => {
                tracing::warn!(camera = %frame.camera, ?kind, %error, "a picture could not be encoded");
                metric::evidence("failed");
                None
            }
        }
    }

    /// Stores pictures and names in the event those that were kept, together with the kinds that earlier revisions
    /// have and these do not replace. To be called for every revision, with an empty list where nothing was cut.
    /// Blocks as long as the store takes.
    pub fn attach(&self, store: &dyn EvidenceStore, event: &mut PlateEvent, pictures: Vec<Evidence>) {
        let mut attached = self.recall(event.event_id);
        for picture in pictures {
            if let Some(reference) = self.put(store, &picture) {
                attached.retain(|known| known.kind != reference.kind);
                attached.push(reference);
            }
        }
        attached.sort_by_key(|reference| reference.kind);
        event.evidence.clone_from(&attached);
        if event.lifecycle != Lifecycle::Final {
            self.remember(event.event_id, attached);
        }
    }

    fn put(&self, store: &dyn EvidenceStore, picture: &Evidence) -> Option<EvidenceRef> {
        let keep = self.config.keep(picture.kind)?;
        let paused = self.state().paused_until.is_some_and(|until| self.clock.monotonic() < until);
        if paused {
            metric::evidence("failed");
            return None;
        }
        match store.put(picture) {
            Ok(Kept::Stored) => {
                metric::evidence("stored");
                Some(EvidenceRef {
                    kind: picture.kind,
                    id: picture.id,
                    sha256: Digest::of(&picture.jpeg),
                    expires_at: minted_at(picture).plus(keep),
                })
            }
            Ok(Kept::Shed) => {
                metric::evidence("shed");
                None
            }
            Err(error) => {
                metric::evidence("failed");
                let pause = Duration::from_secs(u64::from(self.config.failed_store_pause_s));
                self.state().paused_until = Some(self.clock.monotonic() + pause);
                tracing::warn!(camera = %picture.camera, %error, "events go on without pictures for a moment");
                None
            }
        }
    }

    fn recall(&self, event: EventId) -> Vec<EvidenceRef> {
        self.state().attached.remove(&event).unwrap_or_default()
    }

    fn remember(&self, event: EventId, attached: Vec<EvidenceRef>) {
        let mut state = self.state();
        state.attached.insert(event, attached);
        if state.attached.len() > EVENTS_MAX {
            state.attached.pop_first();
        }
    }

    /// The state is a few plain values that are right after every statement, so a worker that panicked while it held
    /// the lock has left nothing half done.
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
