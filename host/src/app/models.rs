//! The models: found, opened, understood and checked, each with a room in which all cameras ask it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ovr_domain::port::{Inference, InferenceError};
use ovr_domain::time::Clock;
use ovr_domain::track::Class;
use ovr_vision::detect::{DetectorConfig, YoloDetector};
use ovr_vision::infer::{self, InferenceRoom, Options, Runtime};
use ovr_vision::read::{PlateReader, StillReader};

use super::timed::{Stopwatch, Timed};
use crate::config::{Config, ReaderEngine, RuntimeConfig};
use crate::print::Refusal;

/// File name of the detector that ships with the program.
pub(crate) const DETECTOR_FILE: &str = "plate-detector-nano.onnx";

/// Keys of the models, as messages name them.
pub(super) const DETECTOR_KEY: &str = "detector.model";
pub(super) const VEHICLES_KEY: &str = "vehicle_detector.model";
pub(super) const READER_KEY: &str = "reader.model";

/// A network that detects.
pub(super) type OpenDetector = YoloDetector<Box<dyn Inference>>;

/// A network that was understood, and the room in which it is asked.
pub(super) struct Opened<N> {
    pub(super) network: N,
    pub(super) room: InferenceRoom,
}

/// A way to a network for one who asks.
fn seat(room: &InferenceRoom) -> Box<dyn Inference> {
    Box::new(room.seat())
}

impl Opened<OpenDetector> {
    /// For one more who asks.
    pub(super) fn seated(&self) -> OpenDetector {
        self.network.asking(seat(&self.room))
    }
}

impl Opened<PlateReader> {
    /// For one more who asks.
    pub(super) fn seated(&self) -> PlateReader {
        self.network.asking(seat(&self.room))
    }
}

/// The models, opened and checked, with a stopwatch on each.
pub(crate) struct Models {
    pub(super) detector: Opened<OpenDetector>,
    pub(super) reader: Opened<PlateReader>,
    pub(super) vehicles: Option<Opened<OpenDetector>>,
    pub(super) times: NetworkTimes,
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
pub(super) fn at<E: fmt::Display>(file: &'static str, key: &'static str) -> impl Fn(E) -> Unusable {
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
        Ok(StillReader::new(opening.detector()?.network, opening.reader()?.network))
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

    fn open(&mut self, path: &Path, watch: &Stopwatch) -> Result<InferenceRoom, InferenceError> {
        let model = self.runtime.open(path, &self.options)?;
        let provider = model.info().provider.clone();
        let gathering = self.config.host.runtime.gathering(&provider);
        self.providers.push(provider);
        let timed = Timed::new(model, Arc::clone(self.clock), watch);
        Ok(InferenceRoom::new(Box::new(timed), gathering, Arc::clone(self.clock)))
    }

    fn detect(
        &mut self,
        path: &Path,
        network: &DetectorConfig,
    ) -> Result<Opened<OpenDetector>, InferenceError> {
        let watch = self.times.detect.clone();
        let room = self.open(path, &watch)?;
        let network = YoloDetector::new(seat(&room), network.clone())?;
        Ok(Opened { network, room })
    }

    /// The network that finds plates.
    fn detector(&mut self) -> Result<Opened<OpenDetector>, Unusable> {
        let configured = &self.config.tracking.detector;
        let file = model(configured.model.as_ref(), DETECTOR_FILE, "detector.model of tracking.yaml");
        let file = file.map_err(at("tracking", DETECTOR_KEY))?;
        let detector = self.detect(&file, &configured.network).map_err(at("tracking", DETECTOR_KEY))?;
        if detector.network.finds(Class::Plate) {
            return Ok(detector);
        }
        let name = &detector.network.info().name;
        let problem = format!("{name} finds no plates; expected a network with a class for them");
        Err(at("tracking", DETECTOR_KEY)(problem))
    }

    /// The other network that finds vehicles, where there is one.
    fn vehicles(&mut self) -> Result<Option<Opened<OpenDetector>>, Unusable> {
        let Some(configured) = self.config.tracking.vehicle_detector.as_ref() else {
            return Ok(None);
        };
        let vehicles = self.detect(&configured.model, &configured.network);
        let vehicles = vehicles.map_err(at("tracking", VEHICLES_KEY))?;
        if vehicles.network.finds_vehicles() {
            return Ok(Some(vehicles));
        }
        let name = &vehicles.network.info().name;
        let problem = format!("{name} finds no vehicles; expected a network with a class for some");
        Err(at("tracking", VEHICLES_KEY)(problem))
    }

    /// The reader of the configured engine.
    fn reader(&mut self) -> Result<Opened<PlateReader>, Unusable> {
        let configured = &self.config.ocr.reader;
        let engine = configured.engine;
        let file = model(configured.model.as_ref(), engine.file(), "reader.model of ocr.yaml");
        let file = file.map_err(at("ocr", READER_KEY))?;
        let watch = self.times.read.clone();
        let room = self.open(&file, &watch).map_err(at("ocr", READER_KEY))?;
        let network = PlateReader::new(seat(&room)).map_err(at("ocr", READER_KEY))?;
        if network.reads_lines() == engine.reads_lines() {
            return Ok(Opened { network, room });
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

#[cfg(test)]
mod tests {
    use ovr_domain::time::SystemClock;

    use super::*;

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
