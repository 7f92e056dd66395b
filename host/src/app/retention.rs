//! Pictures are kept as long as the configuration says, and no longer.
//!
//! Purging trusts the wall clock, and what a wrong clock purges is gone: one that jumps a year ahead would purge everything.
//! So the first look comes a while after the start, when a clock that was wrong has been set, and each look compares the
//! clock with what is known:
//!
//! - since the last look of this run, it must have gone on as the monotonic clock has, give or take an hour;
//! - at the first look it must not be behind the last look of an earlier run, which is noted beside the pictures, nor far
//!   ahead of it. A machine that was off for longer than that cannot be told from one whose clock is wrong.
//!
//! While it is in doubt nothing is purged, and an error says so once. The doubt ends when the clock is back, or when a camera
//! whose own clock is believed (see [`ovr_domain::CapturedAt`]) agrees with it: a second clock that is wrong by just as much
//! is unlikely, unless it is set by this one.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ovr_domain::Timestamp;
use ovr_domain::camera::CameraBoard;
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

/// How far the wall clock may leave the monotonic one between two looks, or be behind an earlier run.
const JUMP_MAX: Duration = Duration::from_hours(1);

/// How far the wall clock may be ahead of the last look of an earlier run.
const OFF_MAX: Duration = Duration::from_hours(24);

/// How often a look is noted.
const NOTE_PERIOD: Duration = Duration::from_mins(10);

/// A camera bears witness by a frame of the last minute.
const WITNESS: Duration = Duration::from_mins(1);

/// Why the wall clock is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// It left the monotonic clock by so much.
    Jumped(Duration),
    /// It is behind the last look of an earlier run by so much.
    Behind(Duration),
    /// It is ahead of the last look of an earlier run by so much.
    Ahead(Duration),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (span, what) = match self {
            Self::Jumped(span) => (span, "it was set while running, by"),
            Self::Behind(span) => (span, "compared with the last purge it is behind by"),
            Self::Ahead(span) => (span, "compared with the last purge it is ahead by"),
        };
        write!(f, "{what} {} h", span.as_secs() / 3_600)
    }
}

/// Purges the pictures of one folder.
pub(super) struct Retention {
    files: Arc<FilesStore>,
    tuning: Shared<AcceptTuning>,
    cameras: Arc<dyn CameraBoard>,
    clock: Arc<dyn Clock>,
    /// The last look of an earlier run.
    earlier: Option<Timestamp>,
    /// The last look of this run by both clocks.
    last: Option<(Timestamp, Duration)>,
    noted: Option<Timestamp>,
    doubted: bool,
}

impl Retention {
    pub(super) fn new(
        files: Arc<FilesStore>,
        tuning: Shared<AcceptTuning>,
        cameras: Arc<dyn CameraBoard>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let earlier = files.looked_at();
        Self { files, tuning, cameras, clock, earlier, last: None, noted: None, doubted: false }
    }

    /// One look. Blocks while files are removed.
    pub(super) fn purge(&mut self) {
        let (now, monotonic) = (self.clock.now(), self.clock.monotonic());
        if let Some(doubt) = self.doubt(now, monotonic).filter(|_| !self.has_witness(now)) {
            self.tell(doubt, now);
            return;
        }
        if std::mem::take(&mut self.doubted) {
            tracing::info!("the wall clock is believed again: pictures are purged");
        }
        self.last = Some((now, monotonic));
        self.note(now);
        self.purge_at(now);
    }

    /// The time, while the clock is believed.
    pub(super) fn believed_now(&self) -> Option<Timestamp> {
        (!self.doubted).then(|| self.clock.now())
    }

    fn purge_at(&self, now: Timestamp) {
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

    fn doubt(&self, now: Timestamp, monotonic: Duration) -> Option<Doubt> {
        if let Some((wall, then)) = self.last {
            let expected = wall.plus(monotonic.saturating_sub(then));
            let apart = now.since(expected).max(expected.since(now));
            return (apart > JUMP_MAX).then_some(Doubt::Jumped(apart));
        }
        let earlier = self.earlier?;
        let (ahead, behind) = (now.since(earlier), earlier.since(now));
        if behind > JUMP_MAX {
            return Some(Doubt::Behind(behind));
        }
        (ahead > OFF_MAX).then_some(Doubt::Ahead(ahead))
    }

    /// Whether a camera's own clock agrees with this machine's.
    fn has_witness(&self, now: Timestamp) -> bool {
        let statuses = self.cameras.statuses();
        let mut told = statuses.iter().filter(|camera| camera.clock_synchronised == Some(true));
        told.any(|camera| camera.last_frame_at.is_some_and(|at| now.since(at).max(at.since(now)) <= WITNESS))
    }

    fn tell(&mut self, doubt: Doubt, now: Timestamp) {
        if !std::mem::replace(&mut self.doubted, true) {
            let file = self.files.look_file();
            tracing::error!(
                "no picture is purged, because the wall clock may be wrong: it says {now}; {doubt}. Synchronise the clock; if \
                 it is right, say so by `date -u +%FT%TZ >{}` and restart",
                file.display()
            );
        }
    }

    fn note(&mut self, now: Timestamp) {
        if self.noted.is_some_and(|noted| now.since(noted).max(noted.since(now)) < NOTE_PERIOD) {
            return;
        }
        match self.files.note_look(now) {
            Ok(()) => self.noted = Some(now),
            Err(error) => tracing::warn!("noting when pictures were last purged: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::board::{About, Board, Card};
    use crate::app::queue::{FrameQueue, WhenFull};
    use ovr_domain::port::{Evidence, EvidenceStore as _};
    use ovr_domain::view::View;
    use ovr_domain::{CameraId, CapturedAt, EvidenceId, Frame, InstallId, Picture, RgbImage};
    use ovr_events::dedup::DedupConfig;
    use ovr_events::evidence::PicturesConfig;
    use ovr_testkit::SimulatedClock;

    const START: Timestamp = Timestamp::from_micros(1_795_421_700_000_000);
    const YEAR: Duration = Duration::from_hours(365 * 24);

    /// A folder whose crops are kept for two hours and whose scenes for ten minutes.
    struct Bench {
        files: Arc<FilesStore>,
        clock: Arc<SimulatedClock>,
        board: Arc<Board>,
        _dir: tempfile::TempDir,
    }

    impl Bench {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let clock = Arc::new(SimulatedClock::at(START));
            let files = Arc::new(FilesStore::open(dir.path(), 1 << 30, InstallId::mint(START)).unwrap());
            Self { files, clock, board: Arc::new(Board::default()), _dir: dir }
        }

        /// A new run of the program.
        fn run(&self) -> Retention {
            let pictures = PicturesConfig {
                plate_crop_keep_minutes: 120,
                scene_keep_minutes: 10,
                ..PicturesConfig::default()
            };
            let tuning = Shared::new(Arc::new(AcceptTuning { dedup: DedupConfig::default(), pictures }));
            let (board, clock) = (Arc::clone(&self.board), Arc::clone(&self.clock));
            Retention::new(Arc::clone(&self.files), tuning, board, clock)
        }

        fn put(&self, kind: EvidenceKind) -> EvidenceId {
            let captured_at = self.clock.now();
            let id = EvidenceId::mint(captured_at);
            let camera = CameraId::numbered("gate", 1);
            self.files.put(&Evidence { id, kind, camera, captured_at, jpeg: vec![1, 2, 3] }).unwrap();
            id
        }

        fn has(&self, id: EvidenceId) -> bool {
            self.files.get(id).unwrap().is_some()
        }

        /// A camera gives a frame now.
        fn frame(&self, synchronised: bool) {
            let camera = CameraId::numbered("gate", 1);
            let (id, source) = (camera.clone(), "gate.mp4".to_owned());
            let about = About { id, source, view: View::default(), link: None, facts: None };
            let queue = Arc::new(FrameQueue::new(4, WhenFull::DropOldest));
            let card = Arc::new(Card::new(about, queue, Arc::clone(&self.clock) as Arc<dyn Clock>));
            let at = self.clock.now();
            card.arrived(&Frame {
                camera,
                sequence: 1,
                captured_at: CapturedAt { at, synchronised },
                received_at: at,
                presented_at: Duration::ZERO,
                picture: Picture::from_rgb(RgbImage::filled(32, 16, [40; 3])).unwrap(),
            });
            self.board.put(card);
        }
    }

    #[test]
    fn each_kind_goes_when_its_time_is_over() {
        let bench = Bench::new();
        let mut retention = bench.run();
        let (crop, scene) = (bench.put(EvidenceKind::PlateCrop), bench.put(EvidenceKind::Scene));
        bench.clock.advance(Duration::from_mins(11));
        retention.purge();
        assert_eq!((bench.has(crop), bench.has(scene)), (true, false));
        bench.clock.advance(Duration::from_hours(2));
        retention.purge();
        assert!(!bench.has(crop));
    }

    #[test]
    fn a_clock_that_jumps_a_year_ahead_purges_nothing_until_it_is_back() {
        let bench = Bench::new();
        let mut retention = bench.run();
        let crop = bench.put(EvidenceKind::PlateCrop);
        retention.purge();
        for _ in 0..3 {
            bench.clock.set(START.plus(YEAR));
            bench.clock.advance(PERIOD);
            retention.purge();
            assert!(bench.has(crop) && retention.doubted);
        }
        bench.clock.set(START.plus(3 * PERIOD));
        retention.purge();
        assert!(bench.has(crop) && !retention.doubted);
        bench.clock.advance(Duration::from_mins(70));
        bench.clock.set(START.plus(Duration::from_mins(125)));
        // A step of less than an hour is believed.
        retention.purge();
        assert!(!bench.has(crop));
    }

    #[test]
    fn a_clock_that_is_a_year_ahead_at_the_start_purges_nothing_and_neither_does_one_of_1970() {
        for noted in [true, false] {
            let bench = Bench::new();
            let crop = bench.put(EvidenceKind::PlateCrop);
            if noted {
                bench.run().purge();
            }
            for wall in [START.plus(YEAR), Timestamp::default(), START.plus(YEAR)] {
                bench.clock.set(wall);
                let mut retention = bench.run();
                retention.purge();
                assert!(bench.has(crop) && retention.doubted, "{wall}");
            }
            bench.clock.set(START.plus(Duration::from_hours(20)));
            bench.run().purge();
            assert!(!bench.has(crop), "off for a night");
        }
    }

    #[test]
    fn a_camera_with_a_clock_of_its_own_bears_witness_and_one_without_does_not() {
        let bench = Bench::new();
        let crop = bench.put(EvidenceKind::PlateCrop);
        bench.run().purge();
        bench.frame(true);
        bench.clock.advance(Duration::from_hours(60));
        let mut retention = bench.run();
        retention.purge();
        assert!(bench.has(crop) && retention.doubted, "its frame is of another time");
        bench.frame(false);
        retention.purge();
        assert!(bench.has(crop) && retention.doubted, "it has no clock that is believed");
        bench.frame(true);
        retention.purge();
        assert!(!bench.has(crop) && !retention.doubted);
    }

    #[test]
    fn who_says_that_the_clock_is_right_is_believed() {
        let bench = Bench::new();
        let crop = bench.put(EvidenceKind::PlateCrop);
        bench.run().purge();
        bench.clock.advance(YEAR);
        bench.put(EvidenceKind::Scene);
        bench.run().purge();
        assert!(bench.has(crop));
        std::fs::remove_file(bench.files.look_file()).unwrap();
        bench.run().purge();
        assert!(!bench.has(crop));
    }

    #[test]
    fn the_time_that_a_person_writes_into_the_note_counts_also_when_a_picture_is_of_the_future() {
        let bench = Bench::new();
        bench.clock.advance(YEAR);
        bench.put(EvidenceKind::Scene);
        bench.clock.set(START);
        let crop = bench.put(EvidenceKind::PlateCrop);
        bench.clock.set(START.plus(Duration::from_hours(3)));
        bench.run().purge();
        assert!(bench.has(crop), "the newest picture says that the clock is a year behind");
        // What `date -u +%FT%TZ` prints.
        let whole: String = bench.clock.now().to_string().chars().take(19).collect();
        std::fs::write(bench.files.look_file(), format!("{whole}Z\n")).unwrap();
        bench.run().purge();
        assert!(!bench.has(crop));
    }
}
