//! The networks, shared by all cameras.
//!
//! Each network runs one call at a time behind a lock of its own. With many cameras one may wait for a call of each of the
//! others; meanwhile its queue drops its oldest frames, and theirs are not touched.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ovr_domain::pixels::Picture;
use ovr_domain::port::{Detector, Inference, InferenceError};
use ovr_domain::read::CropQuality;
use ovr_domain::time::Clock;
use ovr_domain::track::{Class, Detection};
use ovr_domain::{Frame, PlateRead, Quad};
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

/// The models, opened and checked, with a stopwatch on each.
pub(crate) struct Models {
    finder: TextFinder,
    reader: PlateReader,
    vehicles: Option<Box<dyn Detector>>,
    times: NetworkTimes,
    /// What each runs on, in the order in which they were opened.
    providers: Vec<String>,
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
    /// Loads ONNX Runtime and the models. What is wrong with them is a refusal.
    pub(crate) fn open(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self, Refusal> {
        let refuse = |error: InferenceError| Refusal(error.to_string());
        let runtime = Runtime::load(&library(&config.host.runtime)?).map_err(refuse)?;
        let options = Options {
            providers: config.host.runtime.providers.clone(),
            intra_threads: config.host.runtime.threads(),
            ..Options::default()
        };
        let times = NetworkTimes::default();
        let mut providers = Vec::new();
        let mut open = |path: PathBuf, watch: &Stopwatch| -> Result<Box<dyn Inference>, Refusal> {
            let model = runtime.open(&path, &options).map_err(refuse)?;
            providers.push(model.info().provider.clone());
            Ok(Box::new(Timed::new(model, Arc::clone(clock), watch)))
        };
        let finder_file = model(config.ocr.finder.model.as_ref(), FINDER_FILE, "finder.model")?;
        let reader_file = model(config.ocr.reader.model.as_ref(), READER_FILE, "reader.model")?;
        let finder = open(finder_file, &times.detect)?;
        let reader = open(reader_file, &times.read)?;
        let vehicles = match &config.tracking.vehicle_detector {
            None => None,
            Some(VehicleDetectorConfig { model, network }) => {
                let opened = open(model.clone(), &times.detect)?;
                let detector = YoloDetector::new(opened, network.clone()).map_err(refuse)?;
                Some(Box::new(detector) as Box<dyn Detector>)
            }
        };
        Ok(Self {
            finder: TextFinder::new(finder, config.ocr.finder.text).map_err(refuse)?,
            reader: PlateReader::new(reader).map_err(refuse)?,
            vehicles,
            times,
            providers,
        })
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
    plates: Mutex<TextFinder>,
    vehicles: Option<Mutex<Box<dyn Detector>>>,
    reader: Mutex<PlateReader>,
    digests: Digests,
    plate_width_min_px: f32,
    times: NetworkTimes,
}

// A network whose thread died in the middle of a call holds buffers, no invariants: the next call starts afresh.
fn lock<T>(network: &Mutex<T>) -> MutexGuard<'_, T> {
    network.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Vision {
    /// Opens the networks.
    pub(crate) fn open(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self, Refusal> {
        let Models { finder, reader, vehicles, times, .. } = Models::open(config, clock)?;
        let digests = Digests { detector: Some(finder.digest()), reader: Some(reader.digest()) };
        Ok(Self {
            plates: Mutex::new(finder),
            vehicles: vehicles.map(Mutex::new),
            reader: Mutex::new(reader),
            digests,
            plate_width_min_px: config.ocr.reader.plate_width_min_px,
            times,
        })
    }

    /// The weights that are at work.
    pub(crate) fn digests(&self) -> Digests {
        self.digests.clone()
    }

    /// What the networks themselves have taken.
    pub(crate) fn times(&self) -> &NetworkTimes {
        &self.times
    }

    /// Plates and vehicles on a picture.
    pub(crate) fn detect(&self, picture: &Picture) -> Result<Vec<Detection>, InferenceError> {
        let mut found = lock(&self.plates).detect(picture)?;
        if let Some(vehicles) = &self.vehicles {
            let seen = lock(vehicles).detect(picture)?;
            found.extend(seen.into_iter().filter(|detection| detection.class != Class::Plate));
        }
        Ok(found)
    }

    /// Reads the crops of one frame: one outcome each, in order.
    pub(crate) fn read(&self, frame: &Frame, quads: &[Quad]) -> Result<Vec<ReadOutcome>, InferenceError> {
        let wide: Vec<Quad> = quads.iter().copied().filter(|quad| self.is_wide(quad)).collect();
        let mut reads =
            if wide.is_empty() { Vec::new() } else { lock(&self.reader).read(frame, &wide)? }.into_iter();
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
