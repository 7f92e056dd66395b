//! Pictures are kept as long as the configuration says, and no longer.
//!
//! Purging trusts the wall clock, and what a wrong clock purges is gone. So the first look comes a while after the start,
//! when a clock that was wrong has been set, and a clock that has left the monotonic one by more than an hour since the
//! start purges nothing until the next start.

use std::sync::Arc;
use std::time::Duration;

use ovr_domain::Timestamp;
use ovr_domain::event::EvidenceKind;
use ovr_domain::time::Clock;
use ovr_store::evidence::FilesStore;

use super::accept::AcceptTuning;
use super::shared::Shared;

/// How long after the start the first look for pictures whose time is over comes.
pub(super) const FIRST: Duration = Duration::from_mins(15);

/// How often there is a look from then on.
pub(super) const PERIOD: Duration = Duration::from_mins(1);

/// Most files of a kind that one look removes, so that a look stays short.
const FILES_MAX: u64 = 10_000;

/// How far the wall clock may leave the monotonic one.
const JUMP_MAX: Duration = Duration::from_hours(1);

/// Purges the pictures of one folder.
pub(super) struct Retention {
    files: Arc<FilesStore>,
    tuning: Shared<AcceptTuning>,
    clock: Arc<dyn Clock>,
    started: (Timestamp, Duration),
    jumped: bool,
}

impl Retention {
    pub(super) fn new(files: Arc<FilesStore>, tuning: Shared<AcceptTuning>, clock: Arc<dyn Clock>) -> Self {
        let started = (clock.now(), clock.monotonic());
        Self { files, tuning, clock, started, jumped: false }
    }

    /// One look. Blocks while files are removed.
    pub(super) fn purge(&mut self) {
        let now = self.clock.now();
        if self.has_jumped(now) {
            return;
        }
        let config = self.tuning.load().pictures;
        let keep = [
            (EvidenceKind::PlateCrop, config.plate_crop_keep_minutes),
            (EvidenceKind::VehicleCrop, config.vehicle_crop_keep_minutes),
            (EvidenceKind::Scene, config.scene_keep_minutes),
        ];
        for (kind, minutes) in keep {
            let cutoff = now.minus(Duration::from_mins(u64::from(minutes)));
            match self.files.purge_before(kind, cutoff, FILES_MAX) {
                Ok(purged) if purged.files > 0 => {
                    tracing::info!(?kind, files = purged.files, bytes = purged.bytes, "pictures purged");
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(?kind, "purging pictures: {error}"),
            }
        }
    }

    fn has_jumped(&mut self, now: Timestamp) -> bool {
        let (wall, monotonic) = self.started;
        let expected = wall.plus(self.clock.monotonic().saturating_sub(monotonic));
        let apart = now.since(expected).max(expected.since(now));
        if apart > JUMP_MAX && !self.jumped {
            self.jumped = true;
            tracing::error!(
                seconds = apart.as_secs(),
                "the wall clock was set while running: no picture is purged until the next start"
            );
        }
        self.jumped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::port::{Evidence, EvidenceStore as _};
    use ovr_domain::{CameraId, EvidenceId, InstallId};
    use ovr_events::dedup::DedupConfig;
    use ovr_events::evidence::PicturesConfig;
    use ovr_testkit::SimulatedClock;

    #[test]
    fn each_kind_goes_when_its_time_is_over_and_none_after_the_clock_was_set() {
        let dir = tempfile::tempdir().unwrap();
        let start = Timestamp::from_micros(1_795_421_700_000_000);
        let clock = Arc::new(SimulatedClock::at(start));
        let files = Arc::new(FilesStore::open(dir.path(), 1 << 30, InstallId::mint(start)).unwrap());
        let config = PicturesConfig {
            plate_crop_keep_minutes: 120,
            scene_keep_minutes: 10,
            ..PicturesConfig::default()
        };
        let tuning = AcceptTuning { dedup: DedupConfig::default(), pictures: config };
        let tuning = Shared::new(Arc::new(tuning));
        let clocked = Arc::clone(&clock) as Arc<dyn Clock>;
        let mut retention = Retention::new(Arc::clone(&files), tuning, clocked);
        let put = |kind| {
            let id = EvidenceId::mint(start);
            let camera = CameraId::new("gate").unwrap();
            files.put(&Evidence { id, kind, camera, captured_at: start, jpeg: vec![1, 2, 3] }).unwrap();
            id
        };
        let (crop, scene) = (put(EvidenceKind::PlateCrop), put(EvidenceKind::Scene));
        clock.advance(Duration::from_mins(11));
        retention.purge();
        assert!(files.get(crop).unwrap().is_some());
        assert!(files.get(scene).unwrap().is_none());
        clock.set(start.plus(Duration::from_hours(48)));
        retention.purge();
        assert!(files.get(crop).unwrap().is_some(), "a clock that was set purges nothing");
    }
}
