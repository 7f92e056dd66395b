//! The networks, shared by all cameras.
//!
//! Each network has a room of its own ([`InferenceRoom`]) in which it runs one call at a time, for one camera or for several
//! at once, and whoever asks first is served first. A camera asks for one call at a time, so that with many cameras one may
//! wait for a call of each of the others and for no second one; meanwhile its queue drops its oldest frames, and theirs are
//! not touched. A reload opens new networks beside the old ones, tries them, and hands them to all cameras at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ovr_domain::pixels::Picture;
use ovr_domain::port::{Detector as _, InferenceError};
use ovr_domain::read::CropQuality;
use ovr_domain::time::Clock;
use ovr_domain::track::{Class, Detection};
use ovr_domain::{BBox, CameraId, CapturedAt, Frame, PlateRead, Quad, RgbImage};
use ovr_events::assemble::{Digests, ReadOutcome, Unreadable};
use ovr_vision::infer::InferenceRoom;
use ovr_vision::read::{PlateReader, SeenPlate, crop_quality};

use super::models::{
    DETECTOR_KEY, Models, NetworkTimes, OpenDetector, Opened, READER_KEY, Unusable, VEHICLES_KEY, at,
};
use crate::config::Config;

/// Size and colour of the picture on which new networks are tried.
const BLANK_PX: (u32, u32) = (640, 360);
const BLANK_RGB: [u8; 3] = [128; 3];

/// The networks at work.
pub(crate) struct Vision {
    networks: Arc<Networks>,
    plate_width_min_px: f32,
}

/// One camera's way to the networks. What is done to its pictures before a network and after it is done here, by the
/// camera's own thread and with buffers of its own, while the networks work for others.
pub(crate) struct Session {
    detector: OpenDetector,
    vehicles: Option<OpenDetector>,
    reader: PlateReader,
    plate_width_min_px: f32,
}

struct Networks {
    /// What the seats of cameras are made after.
    models: Mutex<Models>,
    digests: Digests,
    times: NetworkTimes,
}

impl Vision {
    /// Opens the networks.
    pub(crate) fn open(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self, Unusable> {
        let models = Models::open(config, clock)?;
        let (detector, reader) = (models.detector.network.digest(), models.reader.network.digest());
        let digests = Digests { detector: Some(detector), reader: Some(reader) };
        let times = models.times.clone();
        let networks = Networks { models: Mutex::new(models), digests, times };
        let plate_width_min_px = config.ocr.reader.plate_width_min_px;
        Ok(Self { networks: Arc::new(networks), plate_width_min_px })
    }

    // Seats are taken while this is held, and nothing is run.
    fn models(&self) -> MutexGuard<'_, Models> {
        self.networks.models.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A way to the networks for one camera.
    pub(crate) fn session(&self) -> Session {
        let models = self.models();
        Session {
            detector: models.detector.seated(),
            vehicles: models.vehicles.as_ref().map(Opened::<OpenDetector>::seated),
            reader: models.reader.seated(),
            plate_width_min_px: self.plate_width_min_px,
        }
    }

    /// The same networks for plates of another least width.
    pub(crate) fn with_width_min(&self, plate_width_min_px: f32) -> Self {
        Self { networks: Arc::clone(&self.networks), plate_width_min_px }
    }

    /// Runs every network once on a blank picture: what fails now would fail on every frame.
    pub(crate) fn self_test(&self, clock: &Arc<dyn Clock>) -> Result<(), Unusable> {
        let (width, height) = BLANK_PX;
        let blank = Picture::from_rgb(RgbImage::filled(width, height, BLANK_RGB));
        let picture = blank.map_err(at("tracking", DETECTOR_KEY))?;
        let now = clock.now();
        let frame = Frame {
            camera: CameraId::numbered("self-test", 1),
            sequence: 0,
            captured_at: CapturedAt { at: now, synchronised: false },
            received_at: now,
            presented_at: Duration::ZERO,
            picture,
        };
        let mut session = self.session();
        session.detector.detect(&frame.picture).map_err(at("tracking", DETECTOR_KEY))?;
        if let Some(vehicles) = &mut session.vehicles {
            vehicles.detect(&frame.picture).map_err(at("tracking", VEHICLES_KEY))?;
        }
        let plate =
            BBox::new(0.25 * width as f32, 0.4 * height as f32, 0.75 * width as f32, 0.6 * height as f32);
        let plate = SeenPlate { quad: plate.quad(), confidence: 1.0 };
        session.reader.read(&frame, &[plate]).map_err(at("ocr", READER_KEY))?;
        self.rehearse()
    }

    /// Whether any network serves several cameras in one run.
    pub(crate) fn gathers(&self) -> bool {
        self.rooms().iter().any(|(_, room)| room.gathering().rows_max > 1)
    }

    /// Runs each network that gathers on as many rows as it will ever be given: an accelerator prepares for a size when it
    /// first meets it, and TensorRT for minutes.
    fn rehearse(&self) -> Result<(), Unusable> {
        for ((file, key), room) in self.rooms() {
            room.rehearse().map_err(at(file, key))?;
        }
        Ok(())
    }

    /// The networks' rooms, with the files and keys that name the models.
    fn rooms(&self) -> Vec<((&'static str, &'static str), InferenceRoom)> {
        let models = self.models();
        let vehicles = models.vehicles.as_ref();
        let vehicles = vehicles.map(|vehicles| (("tracking", VEHICLES_KEY), vehicles.room.clone()));
        let detector = (("tracking", DETECTOR_KEY), models.detector.room.clone());
        let reader = (("ocr", READER_KEY), models.reader.room.clone());
        [Some(detector), vehicles, Some(reader)].into_iter().flatten().collect()
    }

    /// The weights that are at work.
    pub(crate) fn digests(&self) -> Digests {
        self.networks.digests.clone()
    }

    /// What the networks themselves have taken.
    pub(crate) fn times(&self) -> &NetworkTimes {
        &self.networks.times
    }
}

impl Session {
    /// Plates and vehicles on a picture.
    pub(crate) fn detect(&mut self, picture: &Picture) -> Result<Vec<Detection>, InferenceError> {
        let mut found = self.detector.detect(picture)?;
        if let Some(vehicles) = &mut self.vehicles {
            let seen = vehicles.detect(picture)?;
            found.retain(|detection| detection.class == Class::Plate);
            found.extend(seen.into_iter().filter(|detection| detection.class != Class::Plate));
        }
        Ok(found)
    }

    /// Reads the plates of one frame: one outcome each, in order.
    pub(crate) fn read(
        &mut self,
        frame: &Frame,
        plates: &[SeenPlate],
    ) -> Result<Vec<ReadOutcome>, InferenceError> {
        let wide: Vec<SeenPlate> = plates.iter().copied().filter(|plate| self.is_wide(&plate.quad)).collect();
        let reads = if wide.is_empty() { Vec::new() } else { self.reader.read(frame, &wide)? };
        let mut reads = reads.into_iter();
        let outcome = |SeenPlate { quad, .. }: &SeenPlate| {
            if self.is_wide(quad) {
                return outcome_of(frame, quad, reads.next().flatten());
            }
            unreadable(frame, quad, Unreadable::TooSmall)
        };
        Ok(plates.iter().map(outcome).collect())
    }

    fn is_wide(&self, quad: &Quad) -> bool {
        quad.width() >= self.plate_width_min_px
    }
}

fn outcome_of(frame: &Frame, quad: &Quad, read: Option<PlateRead>) -> ReadOutcome {
    read.map_or_else(|| unreadable(frame, quad, Unreadable::PoorPicture), ReadOutcome::Read)
}

fn unreadable(frame: &Frame, quad: &Quad, reason: Unreadable) -> ReadOutcome {
    ReadOutcome::Unreadable { reason, quality: quality_of(frame, quad), width_px: quad.width() }
}

fn quality_of(frame: &Frame, quad: &Quad) -> CropQuality {
    let (image, (left, top)) = frame.picture.rgb(quad.bounds());
    let moved = quad.moved(-(left as f32), -(top as f32));
    crop_quality(&image, &moved)
}
