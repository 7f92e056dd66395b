//! The networks, shared by all cameras.
//!
//! Each network runs one call at a time behind a lock of its own, and whoever asks first is served first. A camera asks for
//! one call at a time, so that with many cameras one may wait for a call of each of the others and for no second one;
//! meanwhile its queue drops its oldest frames, and theirs are not touched. A reload opens new networks beside the old
//! ones, tries them, and hands them to all cameras at once.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
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
use parking_lot::FairMutex;

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
        let mut opening = Opening::new(config, clock)?;
        let detector = opening.detector()?;
        let vehicles = opening.vehicles()?;
        let reader = opening.reader()?;
        let Opening { times, providers, .. } = opening;
        Ok(Self { detector, reader, vehicles, times, providers })
    }

    /// Loads ONNX Runtime and the models that single pictures need: nobody asks them for vehicles.
    pub(crate) fn still_reader(config: &Config, clock: &Arc<dyn Clock>) -> Result<StillReader, Unusable> {
        let mut opening = Opening::new(config, clock)?;
        Ok(StillReader::new(opening.detector()?, opening.reader()?))
    }

    /// Which models run on what, in a line.
    pub(crate) fn facts(&self) -> String {
        let vehicles = if self.vehicles.is_some() { ", vehicles" } else { "" };
        let mut providers = self.providers.clone();
        providers.dedup();
        format!("detector, reader{vehicles} on {}", providers.join(", "))
    }
}

/// Opens the configured models, each when it is asked for.
struct Opening<'a> {
    config: &'a Config,
    clock: &'a Arc<dyn Clock>,
    runtime: Runtime,
    options: Options,
    times: NetworkTimes,
    /// What each runs on, in the order in which they were opened.
    providers: Vec<String>,
}

impl<'a> Opening<'a> {
    /// Loads ONNX Runtime.
    fn new(config: &'a Config, clock: &'a Arc<dyn Clock>) -> Result<Self, Unusable> {
        let (runtime, options) = runtime_of(&config.host.runtime).map_err(at("host", "runtime.library"))?;
        let (times, providers) = (NetworkTimes::default(), Vec::new());
        Ok(Self { config, clock, runtime, options, times, providers })
    }

    fn open(&mut self, path: &Path, watch: &Stopwatch) -> Result<Box<dyn Inference>, InferenceError> {
        let model = self.runtime.open(path, &self.options)?;
        self.providers.push(model.info().provider.clone());
        Ok(Box::new(Timed::new(model, Arc::clone(self.clock), watch)))
    }

    fn detect(&mut self, path: &Path, network: &DetectorConfig) -> Result<OpenDetector, InferenceError> {
        let watch = self.times.detect.clone();
        YoloDetector::new(self.open(path, &watch)?, network.clone())
    }

    /// The network that finds plates.
    fn detector(&mut self) -> Result<OpenDetector, Unusable> {
        let configured = &self.config.tracking.detector;
        let file = model(configured.model.as_ref(), DETECTOR_FILE, "detector.model of tracking.yaml");
        let file = file.map_err(at("tracking", DETECTOR_KEY))?;
        let detector = self.detect(&file, &configured.network).map_err(at("tracking", DETECTOR_KEY))?;
        if detector.finds(Class::Plate) {
            return Ok(detector);
        }
        let name = &detector.info().name;
        let problem = format!("{name} finds no plates; expected a network with a class for them");
        Err(at("tracking", DETECTOR_KEY)(problem))
    }

    /// The other network that finds vehicles, where there is one.
    fn vehicles(&mut self) -> Result<Option<OpenDetector>, Unusable> {
        let Some(configured) = self.config.tracking.vehicle_detector.as_ref() else {
            return Ok(None);
        };
        let vehicles = self.detect(&configured.model, &configured.network);
        let vehicles = vehicles.map_err(at("tracking", VEHICLES_KEY))?;
        if vehicles.finds_vehicles() {
            return Ok(Some(vehicles));
        }
        let name = &vehicles.info().name;
        let problem = format!("{name} finds no vehicles; expected a network with a class for some");
        Err(at("tracking", VEHICLES_KEY)(problem))
    }

    /// The reader of the configured engine.
    fn reader(&mut self) -> Result<PlateReader, Unusable> {
        let configured = &self.config.ocr.reader;
        let engine = configured.engine;
        let file = model(configured.model.as_ref(), engine.file(), "reader.model of ocr.yaml");
        let file = file.map_err(at("ocr", READER_KEY))?;
        let watch = self.times.read.clone();
        let reader = self.open(&file, &watch).and_then(PlateReader::new).map_err(at("ocr", READER_KEY))?;
        if reader.reads_lines() == engine.reads_lines() {
            return Ok(reader);
        }
        let (reads, right) = match engine {
            ReaderEngine::Ovr | ReaderEngine::OvrInt8 => ("single lines of text", ReaderEngine::PaddleOcr),
            ReaderEngine::PaddleOcr => ("whole plates", ReaderEngine::Ovr),
        };
        let (name, engine, right) = (file.display(), engine.as_str(), right.as_str());
        let problem =
            format!("{name} reads {reads}, which `engine: {engine}` does not; expected `engine: {right}`");
        Err(at("ocr", READER_KEY)(problem))
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

/// A network that one camera uses at a time. Its lock is handed to whoever has waited longest, where the standard
/// library's may be taken again and again by the camera that has just had it.
///
/// It does not poison: a network whose thread died in the middle of a call holds buffers, no invariants, and the next
/// call starts afresh.
type InTurn<T> = FairMutex<T>;

struct Networks {
    detector: InTurn<OpenDetector>,
    vehicles: Option<InTurn<OpenDetector>>,
    reader: InTurn<PlateReader>,
    digests: Digests,
    times: NetworkTimes,
}

impl Vision {
    /// Opens the networks.
    pub(crate) fn open(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self, Unusable> {
        let Models { detector, reader, vehicles, times, .. } = Models::open(config, clock)?;
        let digests = Digests { detector: Some(detector.digest()), reader: Some(reader.digest()) };
        let networks = Networks {
            detector: InTurn::new(detector),
            vehicles: vehicles.map(InTurn::new),
            reader: InTurn::new(reader),
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
        networks.detector.lock().detect(&frame.picture).map_err(at("tracking", DETECTOR_KEY))?;
        if let Some(vehicles) = &networks.vehicles {
            let seen = vehicles.lock().detect(&frame.picture);
            seen.map_err(at("tracking", VEHICLES_KEY))?;
        }
        let plate =
            BBox::new(0.25 * width as f32, 0.4 * height as f32, 0.75 * width as f32, 0.6 * height as f32);
        let plate = SeenPlate { quad: plate.quad(), confidence: 1.0 };
        networks.reader.lock().read(&frame, &[plate]).map_err(at("ocr", READER_KEY))?;
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
        let mut found = self.networks.detector.lock().detect(picture)?;
        if let Some(vehicles) = &self.networks.vehicles {
            let seen = vehicles.lock().detect(picture)?;
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
            if wide.is_empty() { Vec::new() } else { self.networks.reader.lock().read(frame, &wide)? }
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use ovr_domain::time::SystemClock;

    use super::*;

    const ASKING: usize = 4;
    const CALLS: u32 = 50;
    /// By how many calls one may be behind another: whoever asks waits for one call of each of the others at most, and
    /// the scheduler may let one come late now and then: it has said that it asks, and does not yet.
    const BEHIND_MAX: u32 = 8;

    #[test]
    fn whoever_waits_for_a_network_is_served_before_another_is_served_again() {
        let network = InTurn::new([0_u32; ASKING]);
        let asks: [AtomicBool; ASKING] = Default::default();
        let all_others_ask = |own: usize| {
            asks.iter().enumerate().all(|(other, asks)| other == own || asks.load(Ordering::Acquire))
        };
        // The furthest that any was behind another after a call of `own`.
        let ask = |own: usize| {
            let mut behind_max = 0;
            for _ in 0..CALLS {
                asks[own].store(true, Ordering::Release);
                let mut served = network.lock();
                asks[own].store(false, Ordering::Release);
                // A call that ended before the others had asked would say nothing of whose turn is next.
                while !all_others_ask(own) {
                    thread::sleep(Duration::from_micros(100));
                }
                thread::sleep(Duration::from_millis(4));
                served[own] += 1;
                let behind = served.iter().max().unwrap() - served.iter().min().unwrap();
                behind_max = behind_max.max(behind);
            }
            asks[own].store(true, Ordering::Release);
            behind_max
        };
        let behind_max: Vec<u32> = thread::scope(|scope| {
            let asking: Vec<_> = (0..ASKING).map(|own| scope.spawn(move || ask(own))).collect();
            asking.into_iter().map(|asking| asking.join().unwrap()).collect()
        });
        assert_eq!(*network.lock(), [CALLS; ASKING]);
        assert!(behind_max.iter().all(|behind| *behind <= BEHIND_MAX), "{behind_max:?}");
    }

    #[test]
    fn a_thread_that_dies_in_a_call_leaves_the_network_to_the_others() {
        let network = InTurn::new(7);
        let died = thread::scope(|scope| {
            let dying = scope.spawn(|| {
                let _in_the_call = network.lock();
                panic!("this test means it");
            });
            dying.join().is_err()
        });
        assert!(died);
        assert_eq!(*network.lock(), 7);
    }

    #[test]
    fn single_pictures_are_read_without_the_network_of_vehicles() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let mut config = Config::default();
        if let Err(unusable) = Models::open(&config, &clock) {
            println!("skipped: {unusable}");
            return;
        }
        let vehicles = serde_json::from_str(r#"{"model": "no-such-vehicles.onnx"}"#);
        config.tracking.vehicle_detector = Some(vehicles.unwrap());
        let refused = Models::open(&config, &clock).err().unwrap();
        assert_eq!((refused.file, refused.key), ("tracking", VEHICLES_KEY));
        assert!(Models::still_reader(&config, &clock).is_ok());
    }
}
