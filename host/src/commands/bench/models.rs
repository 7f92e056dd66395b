//! Networks opened for measuring, each with a stopwatch of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ovr_domain::port::{Inference as _, InferenceError, ModelInfo};
use ovr_domain::time::{CapturedAt, Clock, SystemClock, Timestamp};
use ovr_domain::track::{Class, Detection};
use ovr_domain::{CameraId, Frame, Picture, PlateRead, Quad};
use ovr_vision::detect::{ClassMap, DetectorConfig, YoloDetector};
use ovr_vision::infer::{self, Options, OrtModel, Runtime};
use ovr_vision::read::{PlateReader, SeenPlate};

use crate::app::models::{DETECTOR_FILE, runtime_of};
use crate::app::timed::{Stopwatch, Timed};
use crate::cli::InputSize;
use crate::config::Config;
use crate::print::Refusal;

/// Classes of COCO (Lin et al. 2014), which the public networks are trained on.
const COCO_CLASSES: usize = 80;

/// Milliseconds of a span.
fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

/// Opens models as the program does: on the configured providers, with the configured number of threads.
pub(super) struct Opener {
    runtime: Runtime,
    options: Options,
    clock: Arc<dyn Clock>,
}

impl Opener {
    pub(super) fn new(config: &Config) -> Result<Self, Refusal> {
        let (runtime, options) = runtime_of(&config.host.runtime)?;
        Ok(Self { runtime, options, clock: Arc::new(SystemClock::start()) })
    }

    /// Threads that each network gets.
    pub(super) fn threads(&self) -> usize {
        self.options.intra_threads
    }

    fn open(&self, file: &Path) -> Result<(Timed<OrtModel>, Stopwatch), Refusal> {
        let model = self.runtime.open(file, &self.options).map_err(|error| Refusal(error.to_string()))?;
        let watch = Stopwatch::default();
        Ok((Timed::new(model, Arc::clone(&self.clock), &watch), watch))
    }

    /// A detector. One that does not say which classes it knows is taken to know COCO's when it has as many.
    /// Pictures are given to it in the size of `input_size`, where it leaves that free.
    pub(super) fn detector(
        &self,
        file: &Path,
        mut config: DetectorConfig,
        input_size: InputSize,
    ) -> Result<Detector, Refusal> {
        let (network, watch) = self.open(file)?;
        let confidence_min = config.confidence_min;
        if config.classes.is_empty() && knows_coco(network.info()) {
            config.classes = ClassMap::coco().into_inner();
        }
        let yolo = YoloDetector::new(network, config).map_err(|error| Refusal(error.to_string()))?;
        Ok(Detector {
            name: name_of(file),
            finds_plates: yolo.finds(Class::Plate),
            yolo,
            input_size,
            confidence_min,
            watch,
            clock: Arc::clone(&self.clock),
        })
    }

    /// A reader.
    pub(super) fn reader(&self, file: &Path) -> Result<Reader, Refusal> {
        let (network, watch) = self.open(file)?;
        let plates = PlateReader::new(Box::new(network)).map_err(|error| Refusal(error.to_string()))?;
        Ok(Reader { name: name_of(file), plates, watch, clock: Arc::clone(&self.clock) })
    }
}

/// Whether a model that does not name its classes has as many as COCO, behind the box and perhaps an objectness.
fn knows_coco(info: &ModelInfo) -> bool {
    let shape = info.outputs.first().map(|output| output.shape.as_slice()).unwrap_or_default();
    let has = |length| shape.contains(&Some(length));
    !info.metadata.contains_key("names") && (has(COCO_CLASSES + 4) || has(COCO_CLASSES + 5))
}

/// File name of a model, as tables show it.
fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

/// The detector that is meant: the one named, else the one that a run would use.
pub(super) fn detector_file(named: Option<&Path>, config: &Config) -> Result<PathBuf, Refusal> {
    let configured = config.tracking.detector.model.as_deref();
    file(named.or(configured).unwrap_or(Path::new(DETECTOR_FILE)))
}

/// The reader that is meant: the one named, else the one that a run would use.
pub(super) fn reader_file(named: Option<&Path>, config: &Config) -> Result<PathBuf, Refusal> {
    let reader = &config.ocr.reader;
    file(named.or(reader.model.as_deref()).unwrap_or(Path::new(reader.engine.file())))
}

/// A file, also by its name alone when it is where the program's models are.
fn file(named: &Path) -> Result<PathBuf, Refusal> {
    if named.is_file() {
        return Ok(named.to_owned());
    }
    let known = named.to_str().and_then(infer::model_file);
    known.ok_or_else(|| {
        let named = named.display();
        Refusal(format!(
            "{named}: there is no such model; expected an ONNX file, or the name of one that ships with the program or \
             that ./dev setup fetches"
        ))
    })
}

impl InputSize {
    /// For one picture.
    fn of(self, picture: &Picture) -> (u32, u32) {
        let (width, height) = (picture.width(), picture.height());
        match self {
            Self::Fixed(width, height) => (width, height),
            Self::LongSide(side) => {
                let scale = f64::from(side) / f64::from(width.max(height).max(1));
                let scaled = |side: u32| (f64::from(side) * scale).round().max(1.0) as u32;
                (scaled(width), scaled(height))
            }
        }
    }
}

/// A detector that is measured.
pub(super) struct Detector {
    pub(super) name: String,
    /// Whether a plate is among its classes.
    pub(super) finds_plates: bool,
    yolo: YoloDetector<Timed<OrtModel>>,
    input_size: InputSize,
    confidence_min: f32,
    watch: Stopwatch,
    clock: Arc<dyn Clock>,
}

/// One picture, looked at.
pub(super) struct Look {
    pub(super) detections: Vec<Detection>,
    /// Of the network alone.
    pub(super) network_ms: f64,
    /// From the picture to the detections.
    pub(super) all_ms: f64,
}

impl Detector {
    /// What is at least as confident as configured, as a run would see it.
    pub(super) fn look(&mut self, picture: &Picture) -> Result<Look, InferenceError> {
        let before = self.watch.spent();
        let start = self.clock.monotonic();
        let detections = self.at_least(picture, self.confidence_min)?;
        let all_ms = ms(self.clock.monotonic().saturating_sub(start));
        Ok(Look { detections, network_ms: ms(self.watch.spent().since(before).time), all_ms })
    }

    /// Everything of at least some confidence.
    pub(super) fn at_least(
        &mut self,
        picture: &Picture,
        confidence_min: f32,
    ) -> Result<Vec<Detection>, InferenceError> {
        self.yolo.detect_at(picture, self.input_size.of(picture), confidence_min)
    }
}

/// A reader that is measured.
pub(super) struct Reader {
    pub(super) name: String,
    plates: PlateReader,
    watch: Stopwatch,
    clock: Arc<dyn Clock>,
}

/// One plate, read.
pub(super) struct Reading {
    pub(super) read: Option<PlateRead>,
    /// Of the network for one crop by itself; nothing when all crops of this plate ran in larger batches.
    pub(super) crop_ms: Option<f64>,
    /// From the picture to the read, whatever number of crops that takes.
    pub(super) all_ms: f64,
}

impl Reader {
    pub(super) fn read(&mut self, frame: &Frame, quad: Quad) -> Result<Reading, InferenceError> {
        let before = self.watch.spent();
        let start = self.clock.monotonic();
        let plate = SeenPlate { quad, confidence: 1.0 };
        let read = self.plates.read(frame, &[plate])?.into_iter().next().flatten();
        let all_ms = ms(self.clock.monotonic().saturating_sub(start));
        let spent = self.watch.spent().since(before);
        let crop_ms = (spent.single_runs > 0).then(|| ms(spent.single_time) / spent.single_runs as f64);
        Ok(Reading { read, crop_ms, all_ms })
    }
}

/// A frame of no camera in particular.
pub(super) fn frame_of(picture: Picture, sequence: u64) -> Frame {
    let at = Timestamp::from_micros(0);
    Frame {
        camera: CameraId::numbered("bench", 1),
        sequence,
        captured_at: CapturedAt { at, synchronised: false },
        received_at: at,
        presented_at: Duration::ZERO,
        picture,
    }
}
