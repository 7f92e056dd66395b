//! The networks, shared by all cameras.
//!
//! Each network runs one call at a time behind a lock of its own. With many cameras one may wait for a call of each of the
//! others; meanwhile its queue drops its oldest frames, and theirs are not touched. A reload opens new networks beside
//! the old ones, tries them, and hands them to all cameras at once.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ovr_domain::pixels::Picture;
use ovr_domain::port::{Detector, Inference, InferenceError};
use ovr_domain::read::CropQuality;
use ovr_domain::time::Clock;
use ovr_domain::track::{Class, Detection};
use ovr_domain::{BBox, CameraId, CapturedAt, Frame, PlateRead, Quad, RgbImage};
use ovr_events::assemble::{Digests, ReadOutcome, Unreadable};
use ovr_vision::detect::YoloDetector;
use ovr_vision::find::TextFinder;
use ovr_vision::infer::{self, Options, Runtime};
use ovr_vision::read::{PlateReader, StillReader, crop_quality};

use super::timed::{Stopwatch, Timed};
use crate::config::{Config, RuntimeConfig, VehicleDetectorConfig};
use crate::print::Refusal;

/// File names of the models that `./dev setup` fetches.
const FINDER_FILE: &str = "PP-OCRv6_det_small.onnx";
const READER_FILE: &str = "PP-OCRv6_rec_small.onnx";

/// Size and colour of the picture on which new networks are tried.
const BLANK_PX: (u32, u32) = (640, 360);
const BLANK_RGB: [u8; 3] = [128; 3];

/// The models, opened and checked, with a stopwatch on each.
pub(crate) struct Models {
    finder: TextFinder,
    reader: PlateReader,
    vehicles: Option<Box<dyn Detector>>,
    times: NetworkTimes,
    /// What each runs on, in the order in which they were opened.
    providers: Vec<String>,
}

/// A model that cannot be used, and the key that names it.
#[derive(Debug)]
pub(crate) struct Unusable {
    /// Without its ending.
    pub(crate) file: &'static str,
    pub(crate) key: &'static str,
    pub(crate) problem: String,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl From<Unusable> for Refusal {
    fn from(unusable: Unusable) -> Self {
        Self(unusable.problem)
    }
}

/// For the key of a file.
fn at<E: fmt::Display>(file: &'static str, key: &'static str) -> impl Fn(E) -> Unusable {
    move |error| Unusable { file, key, problem: error.to_string() }
}

/// What the networks themselves have taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct NetworkTimes {
    detect: Stopwatch,
    read: Stopwatch,
}

impl NetworkTimes {
    /// Of finder and vehicle detector, and of the reader.
    pub(crate) fn totals(&self) -> (Duration, Duration) {
        (self.detect.total(), self.read.total())
    }
}

impl Models {
    /// Loads ONNX Runtime and the models.
    pub(crate) fn open(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self, Unusable> {
        let runtime = library(&config.host.runtime)
            .and_then(|library| Runtime::load(&library).map_err(|error| Refusal(error.to_string())))
            .map_err(at("host", "runtime.library"))?;
        let options = Options {
            providers: config.host.runtime.providers.clone(),
            intra_threads: config.host.runtime.threads(),
            ..Options::default()
        };
        let times = NetworkTimes::default();
        let mut providers = Vec::new();
        let mut open = |path: PathBuf, watch: &Stopwatch| -> Result<Box<dyn Inference>, InferenceError> {
            let model = runtime.open(&path, &options)?;
            providers.push(model.info().provider.clone());
            Ok(Box::new(Timed::new(model, Arc::clone(clock), watch)))
        };
        let finder_file = model(config.ocr.finder.model.as_ref(), FINDER_FILE, "finder.model");
        let finder = open(finder_file.map_err(at("ocr", "finder.model"))?, &times.detect);
        let finder = finder.and_then(|opened| TextFinder::new(opened, config.ocr.finder.text));
        let finder = finder.map_err(at("ocr", "finder.model"))?;
        let reader_file = model(config.ocr.reader.model.as_ref(), READER_FILE, "reader.model");
        let reader = open(reader_file.map_err(at("ocr", "reader.model"))?, &times.read);
        let reader = reader.and_then(PlateReader::new).map_err(at("ocr", "reader.model"))?;
        let vehicles = match &config.tracking.vehicle_detector {
            None => None,
            Some(VehicleDetectorConfig { model, network }) => {
                let opened = open(model.clone(), &times.detect);
                let detector = opened.and_then(|opened| YoloDetector::new(opened, network.clone()));
                let detector = detector.map_err(at("tracking", "vehicle_detector.model"))?;
                Some(Box::new(detector) as Box<dyn Detector>)
            }
        };
        Ok(Self { finder, reader, vehicles, times, providers })
    }

    /// Which models run on what, in a line.
    pub(crate) fn facts(&self) -> String {
        let vehicles = if self.vehicles.is_some() { ", vehicles" } else { "" };
        let mut providers = self.providers.clone();
        providers.dedup();
        format!("finder, reader{vehicles} on {}", providers.join(", "))
    }

    /// For single pictures.
    pub(crate) fn still_reader(self) -> StillReader {
        StillReader::new(self.finder, self.reader)
    }
}

fn library(runtime: &RuntimeConfig) -> Result<PathBuf, Refusal> {
    let found = runtime.library.clone().or_else(infer::library_file);
    found.ok_or_else(|| {
        Refusal(
            "ONNX Runtime's shared library was not found: run ./dev setup, or name it in OVR_ORT_LIBRARY or in \
             runtime.library of host.yaml"
                .to_owned(),
        )
    })
}

fn model(named: Option<&PathBuf>, file: &str, key: &str) -> Result<PathBuf, Refusal> {
    named.cloned().or_else(|| infer::model_file(file)).ok_or_else(|| {
        Refusal(format!("model {file} was not found: run ./dev setup, or name a model in {key} of ocr.yaml"))
    })
}

/// The networks at work.
pub(crate) struct Vision {
    networks: Arc<Networks>,
    plate_width_min_px: f32,
}

struct Networks {
    plates: Mutex<TextFinder>,
    vehicles: Option<Mutex<Box<dyn Detector>>>,
    reader: Mutex<PlateReader>,
    digests: Digests,
    times: NetworkTimes,
}

// A network whose thread died in the middle of a call holds buffers, no invariants: the next call starts afresh.
fn lock<T>(network: &Mutex<T>) -> MutexGuard<'_, T> {
    network.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Vision {
    /// Opens the networks.
    pub(crate) fn open(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self, Unusable> {
        let Models { finder, reader, vehicles, times, .. } = Models::open(config, clock)?;
        let digests = Digests { detector: Some(finder.digest()), reader: Some(reader.digest()) };
        let networks = Networks {
            plates: Mutex::new(finder),
            vehicles: vehicles.map(Mutex::new),
            reader: Mutex::new(reader),
            digests,
            times,
        };
        let plate_width_min_px = config.ocr.reader.plate_width_min_px;
        Ok(Self { networks: Arc::new(networks), plate_width_min_px })
    }

    /// The same networks for plates of another least width.
    pub(crate) fn with_width_min(&self, plate_width_min_px: f32) -> Self {
        Self { networks: Arc::clone(&self.networks), plate_width_min_px }
    }

    /// Runs every network once on a blank picture: what fails now would fail on every frame.
    pub(crate) fn self_test(&self, clock: &Arc<dyn Clock>) -> Result<(), Unusable> {
        let (width, height) = BLANK_PX;
        let blank = Picture::from_rgb(RgbImage::filled(width, height, BLANK_RGB));
        let picture = blank.map_err(at("ocr", "finder.model"))?;
        let now = clock.now();
        let frame = Frame {
            camera: CameraId::numbered("self-test", 1),
            sequence: 0,
            captured_at: CapturedAt { at: now, synchronised: false },
            received_at: now,
            presented_at: Duration::ZERO,
            picture,
        };
        let networks = &self.networks;
        lock(&networks.plates).detect(&frame.picture).map_err(at("ocr", "finder.model"))?;
        if let Some(vehicles) = &networks.vehicles {
            let seen = lock(vehicles).detect(&frame.picture);
            seen.map_err(at("tracking", "vehicle_detector.model"))?;
        }
        let plate =
            BBox::new(0.25 * width as f32, 0.4 * height as f32, 0.75 * width as f32, 0.6 * height as f32);
        lock(&networks.reader).read(&frame, &[plate.quad()]).map_err(at("ocr", "reader.model"))?;
        Ok(())
    }

    /// The weights that are at work.
    pub(crate) fn digests(&self) -> Digests {
        self.networks.digests.clone()
    }

    /// What the networks themselves have taken.
    pub(crate) fn times(&self) -> &NetworkTimes {
        &self.networks.times
    }

    /// Plates and vehicles on a picture.
    pub(crate) fn detect(&self, picture: &Picture) -> Result<Vec<Detection>, InferenceError> {
        let mut found = lock(&self.networks.plates).detect(picture)?;
        if let Some(vehicles) = &self.networks.vehicles {
            let seen = lock(vehicles).detect(picture)?;
            found.extend(seen.into_iter().filter(|detection| detection.class != Class::Plate));
        }
        Ok(found)
    }

    /// Reads the crops of one frame: one outcome each, in order.
    pub(crate) fn read(&self, frame: &Frame, quads: &[Quad]) -> Result<Vec<ReadOutcome>, InferenceError> {
        let wide: Vec<Quad> = quads.iter().copied().filter(|quad| self.is_wide(quad)).collect();
        let mut reads =
            if wide.is_empty() { Vec::new() } else { lock(&self.networks.reader).read(frame, &wide)? }
                .into_iter();
        let outcome = |quad: &Quad| {
            if self.is_wide(quad) {
                return outcome_of(frame, quad, reads.next().flatten());
            }
            unreadable(frame, quad, Unreadable::TooSmall)
        };
        Ok(quads.iter().map(outcome).collect())
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
