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
use ovr_vision::detect::{DetectorConfig, YoloDetector};
use ovr_vision::infer::{self, Options, Runtime};
use ovr_vision::read::{PlateReader, SeenPlate, StillReader, crop_quality};

use super::timed::{Stopwatch, Timed};
use crate::config::{Config, ReaderEngine, RuntimeConfig};
use crate::print::Refusal;

/// File name of the detector that ships with the program.
pub(crate) const DETECTOR_FILE: &str = "plate-detector-nano.onnx";

/// Keys of the models, as messages name them.
const DETECTOR_KEY: &str = "detector.model";
const VEHICLES_KEY: &str = "vehicle_detector.model";
const READER_KEY: &str = "reader.model";

/// A network with a stopwatch that detects.
type OpenDetector = YoloDetector<Box<dyn Inference>>;

/// Size and colour of the picture on which new networks are tried.
const BLANK_PX: (u32, u32) = (640, 360);
const BLANK_RGB: [u8; 3] = [128; 3];

/// The models, opened and checked, with a stopwatch on each.
pub(crate) struct Models {
    detector: OpenDetector,
    reader: PlateReader,
    vehicles: Option<OpenDetector>,
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
    /// Of the detectors, and of the reader.
    pub(crate) fn totals(&self) -> (Duration, Duration) {
        (self.detect.total(), self.read.total())
    }
}

impl Models {
    /// Loads ONNX Runtime and the models.
    pub(crate) fn open(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self, Unusable> {
        let (runtime, options) = runtime_of(&config.host.runtime).map_err(at("host", "runtime.library"))?;
        let times = NetworkTimes::default();
        let mut providers = Vec::new();
        let mut open = |path: PathBuf, watch: &Stopwatch| -> Result<Box<dyn Inference>, InferenceError> {
            let model = runtime.open(&path, &options)?;
            providers.push(model.info().provider.clone());
            Ok(Box::new(Timed::new(model, Arc::clone(clock), watch)))
        };
        let mut detect = |path: PathBuf, network: &DetectorConfig| -> Result<OpenDetector, InferenceError> {
            open(path, &times.detect).and_then(|opened| YoloDetector::new(opened, network.clone()))
        };
        let tracking = &config.tracking;
        let file = model(tracking.detector.model.as_ref(), DETECTOR_FILE, "detector.model of tracking.yaml");
        let file = file.map_err(at("tracking", DETECTOR_KEY))?;
        let detector = detect(file, &tracking.detector.network).map_err(at("tracking", DETECTOR_KEY))?;
        if !detector.finds(Class::Plate) {
            let name = &detector.info().name;
            let problem = format!("{name} finds no plates; expected a network with a class for them");
            return Err(at("tracking", DETECTOR_KEY)(problem));
        }
        let vehicles = tracking.vehicle_detector.as_ref();
        let vehicles = vehicles.map(|vehicles| detect(vehicles.model.clone(), &vehicles.network));
        let vehicles = vehicles.transpose().map_err(at("tracking", VEHICLES_KEY))?;
        if let Some(blind) = vehicles.as_ref().filter(|network| !network.finds_vehicles()) {
            let name = &blind.info().name;
            let problem = format!("{name} finds no vehicles; expected a network with a class for some");
            return Err(at("tracking", VEHICLES_KEY)(problem));
        }
        let reader = open_reader(config, |path| open(path, &times.read))?;
        Ok(Self { detector, reader, vehicles, times, providers })
    }

    /// Which models run on what, in a line.
    pub(crate) fn facts(&self) -> String {
        let vehicles = if self.vehicles.is_some() { ", vehicles" } else { "" };
        let mut providers = self.providers.clone();
        providers.dedup();
        format!("detector, reader{vehicles} on {}", providers.join(", "))
    }

    /// For single pictures.
    pub(crate) fn still_reader(self) -> StillReader {
        StillReader::new(self.detector, self.reader)
    }
}

/// ONNX Runtime, loaded, and how it opens models: on the configured providers, with the configured number of threads.
pub(crate) fn runtime_of(settings: &RuntimeConfig) -> Result<(Runtime, Options), Refusal> {
    let runtime = Runtime::load(&library(settings)?).map_err(|error| Refusal(error.to_string()))?;
    let options = Options {
        providers: settings.providers.clone(),
        intra_threads: settings.threads(),
        ..Options::default()
    };
    Ok((runtime, options))
}

/// The shared library of ONNX Runtime: the configured one, else the one that is found.
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

/// The reader of the configured engine.
fn open_reader(
    config: &Config,
    mut open: impl FnMut(PathBuf) -> Result<Box<dyn Inference>, InferenceError>,
) -> Result<PlateReader, Unusable> {
    let engine = config.ocr.reader.engine;
    let file = model(config.ocr.reader.model.as_ref(), engine.file(), "reader.model of ocr.yaml");
    let file = file.map_err(at("ocr", READER_KEY))?;
    let name = file.display().to_string();
    let reader = open(file).and_then(PlateReader::new).map_err(at("ocr", READER_KEY))?;
    if reader.reads_lines() == engine.reads_lines() {
        return Ok(reader);
    }
    let (reads, right) = match engine {
        ReaderEngine::Ovr => ("single lines of text", ReaderEngine::PaddleOcr),
        ReaderEngine::PaddleOcr => ("whole plates", ReaderEngine::Ovr),
    };
    let (engine, right) = (engine.as_str(), right.as_str());
    let problem =
        format!("{name} reads {reads}, which `engine: {engine}` does not; expected `engine: {right}`");
    Err(at("ocr", READER_KEY)(problem))
}

fn model(named: Option<&PathBuf>, file: &str, key: &str) -> Result<PathBuf, Refusal> {
    named.cloned().or_else(|| infer::model_file(file)).ok_or_else(|| {
        Refusal(format!(
            "model {file} was not found: run ./dev setup, name its folder in OVR_MODELS, or name a model in {key}"
        ))
    })
}

/// The networks at work.
pub(crate) struct Vision {
    networks: Arc<Networks>,
    plate_width_min_px: f32,
}

struct Networks {
    detector: Mutex<OpenDetector>,
    vehicles: Option<Mutex<OpenDetector>>,
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
        let Models { detector, reader, vehicles, times, .. } = Models::open(config, clock)?;
        let digests = Digests { detector: Some(detector.digest()), reader: Some(reader.digest()) };
        let networks = Networks {
            detector: Mutex::new(detector),
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
        let networks = &self.networks;
        lock(&networks.detector).detect(&frame.picture).map_err(at("tracking", DETECTOR_KEY))?;
        if let Some(vehicles) = &networks.vehicles {
            let seen = lock(vehicles).detect(&frame.picture);
            seen.map_err(at("tracking", VEHICLES_KEY))?;
        }
        let plate =
            BBox::new(0.25 * width as f32, 0.4 * height as f32, 0.75 * width as f32, 0.6 * height as f32);
        let plate = SeenPlate { quad: plate.quad(), confidence: 1.0 };
        lock(&networks.reader).read(&frame, &[plate]).map_err(at("ocr", READER_KEY))?;
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
        let mut found = lock(&self.networks.detector).detect(picture)?;
        if let Some(vehicles) = &self.networks.vehicles {
            let seen = lock(vehicles).detect(picture)?;
            found.retain(|detection| detection.class == Class::Plate);
            found.extend(seen.into_iter().filter(|detection| detection.class != Class::Plate));
        }
        Ok(found)
    }

    /// Reads the plates of one frame: one outcome each, in order.
    pub(crate) fn read(
        &self,
        frame: &Frame,
        plates: &[SeenPlate],
    ) -> Result<Vec<ReadOutcome>, InferenceError> {
        let wide: Vec<SeenPlate> = plates.iter().copied().filter(|plate| self.is_wide(&plate.quad)).collect();
        let mut reads =
            if wide.is_empty() { Vec::new() } else { lock(&self.networks.reader).read(frame, &wide)? }
                .into_iter();
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
