//! `bench detect DIR|CLIP...`: a detector by itself, on annotated pictures and on clips.
//!
//! A second detector runs in turn with the first on the very same pictures, so that whatever else the machine does meets
//! both alike. Times are medians, because a scheduler's pause says nothing about a network.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use ovr_domain::Picture;
use ovr_domain::port::FrameSource as _;
use ovr_domain::time::{Clock, SystemClock};
use ovr_domain::track::{Class, Detection};
use ovr_vision::detect::DetectorConfig;

use super::annotations::{self, Annotated, AnnotatedPlate};
use super::detect_clip::{self, ClipScore};
use super::detect_report::{Report, SetRow, Thresholds};
use super::models::{self, Detector, Look, Opener};
use super::reads::set_name;
use super::score::{Found, Matches, Truth, median};
use crate::app::rooms;
use crate::cli::{BenchDetect, InputSize};
use crate::config::Config;
use crate::print::{self, Refusal};

/// Confidence from which detections enter the average precision: below it the curve has hardly any precision left.
const AP_CONFIDENCE_MIN: f32 = 0.01;

/// Input of a model that leaves it free, when nothing else is asked for or configured.
const INPUT_SIZE: InputSize = InputSize::Fixed(640, 384);

/// The least overlap of a detection with a box that it finds, and a stricter one.
pub(super) const IOU_MIN: f32 = 0.5;
const IOU_STRICT: f32 = 0.7;

pub(super) fn run(config: &Config, args: &BenchDetect) -> anyhow::Result<ExitCode> {
    if let Some(missing) = args.sources.iter().find(|source| !source.exists()) {
        let missing = missing.display();
        return Err(Refusal(format!(
            "{missing}: there is no such folder or file; expected a folder with annotations.jsonl, or a video file"
        ))
        .into());
    }
    let opener = Opener::new(config)?;
    let usual = &config.tracking.detector.network;
    let confidence_min = args.confidence.unwrap_or(usual.confidence_min);
    let open = |named: Option<&Path>, network: DetectorConfig| {
        let configured = network.input_size.map(|(width, height)| InputSize::Fixed(width, height));
        let size = args.input_size.or(configured).unwrap_or(INPUT_SIZE);
        let network = DetectorConfig { confidence_min, input_size: None, ..network };
        opener.detector(&models::detector_file(named, config)?, network, size)
    };
    // What is configured of a network's output belongs to the configured model alone.
    let own = if args.model.is_none() { usual.clone() } else { DetectorConfig::default() };
    let mut detectors = vec![open(args.model.as_deref(), own)?];
    if let Some(file) = args.against.as_deref() {
        detectors.push(open(Some(file), DetectorConfig::default())?);
    }
    // What is not even counted starts no track.
    let track = config.tracking.tracker.new_track_threshold.max(confidence_min);
    let thresholds = Thresholds { counted: confidence_min, track };
    let mut bench = Bench { detectors, thresholds, every: args.every, report: Report::default() };
    for source in &args.sources {
        if source.is_dir() {
            bench.set(source)?;
        } else {
            bench.clip(source)?;
        }
    }
    bench.report.print(args.json, opener.threads(), thresholds)?;
    Ok(ExitCode::SUCCESS)
}

struct Bench {
    /// One, or two that are compared.
    detectors: Vec<Detector>,
    thresholds: Thresholds,
    every: u64,
    report: Report,
}

/// Times of one detector on the pictures of one source, in milliseconds.
#[derive(Debug, Clone, Default)]
pub(super) struct Times {
    pub(super) network: Vec<f64>,
    pub(super) all: Vec<f64>,
}

impl Times {
    /// Adds one picture.
    pub(super) fn add(&mut self, look: &Look) {
        self.network.push(look.network_ms);
        self.all.push(look.all_ms);
    }
}

/// One detector on one set.
#[derive(Debug, Default)]
struct SetScore {
    times: Times,
    /// Pictures whose plates are labelled.
    plate_pictures: usize,
    plates: Matches,
    plates_strict: Matches,
    vehicles: BTreeMap<Class, Matches>,
    /// Vehicles whatever their class.
    any_vehicle: Matches,
}

impl Bench {
    /// All pictures of an annotated set.
    fn set(&mut self, folder: &Path) -> anyhow::Result<()> {
        let rows = annotations::load(folder)?;
        let shown = Shown::of(&rows);
        let mut scores: Vec<SetScore> = self.detectors.iter().map(|_| SetScore::default()).collect();
        let bar = print::progress("detecting on pictures", rows.len() as u64);
        for (index, row) in rows.iter().enumerate() {
            let image = print::load_image(&folder.join(&row.image))?;
            let picture =
                Picture::from_rgb(image).map_err(|error| Refusal(format!("{}: {error}", row.image)))?;
            self.look(index, &picture, |at, look| {
                if let Some(score) = scores.get_mut(at) {
                    score.times.add(look);
                }
            })?;
            for (detector, score) in self.detectors.iter_mut().zip(&mut scores) {
                let all = detector.at_least(&picture, AP_CONFIDENCE_MIN.min(self.thresholds.counted))?;
                score.add(row, &all, shown);
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        let set = set_name(folder);
        for (detector, score) in self.detectors.iter().zip(&scores) {
            let row = score.row(&set, rows.len(), detector, self.thresholds.counted, shown);
            self.report.sets.push(row);
        }
        self.count_times(scores.iter().map(|score| &score.times));
        Ok(())
    }

    /// The pictures of a clip, whose plates nobody has boxed: they are only counted.
    fn clip(&mut self, file: &Path) -> anyhow::Result<()> {
        let plates_shown = detect_clip::plates_listed(file)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let named = [file.display().to_string()];
        let thresholds = self.thresholds;
        let mut scores: Vec<ClipScore> = self.detectors.iter().map(|_| ClipScore::default()).collect();
        let mut pictures = 0_usize;
        for camera in rooms::cameras_named(&named)? {
            let mut source = rooms::open_camera(&camera, false, &clock)?.source;
            while let Some(frame) = source.next_frame().map_err(Refusal::from)? {
                if frame.sequence % self.every != 0 {
                    continue;
                }
                self.look(pictures, &frame.picture, |at, look| {
                    if let Some(score) = scores.get_mut(at) {
                        score.add(look, thresholds);
                    }
                })?;
                pictures += 1;
            }
        }
        let clip = set_name(file);
        for (at, (detector, score)) in self.detectors.iter().zip(&scores).enumerate() {
            let row = score.row(&clip, (at, &detector.name), detector.finds_plates, plates_shown);
            self.report.clips.push(row);
        }
        self.count_times(scores.iter().map(|score| &score.times));
        Ok(())
    }

    /// Runs the detectors on a picture, the one that goes first changing from picture to picture. The first picture of a
    /// source is looked at once more before, because a network's first run is slower than all others.
    fn look(
        &mut self,
        index: usize,
        picture: &Picture,
        mut seen: impl FnMut(usize, &Look),
    ) -> anyhow::Result<()> {
        if index == 0 {
            for detector in &mut self.detectors {
                detector.look(picture)?;
            }
        }
        let count = self.detectors.len();
        for turn in 0..count {
            let at = (index + turn) % count;
            if let Some(detector) = self.detectors.get_mut(at) {
                let look = detector.look(picture)?;
                seen(at, &look);
            }
        }
        Ok(())
    }

    fn count_times<'a>(&mut self, times: impl Iterator<Item = &'a Times>) {
        for (at, (detector, times)) in self.detectors.iter().zip(times).enumerate() {
            self.report.count(at, &detector.name, &times.network, &times.all);
        }
    }
}

/// What a set shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shown {
    vehicles: bool,
    /// Some vehicles have no class.
    unclassed: bool,
}

impl Shown {
    fn of(rows: &[Annotated]) -> Self {
        let mut vehicles = rows.iter().flat_map(|row| &row.vehicles).peekable();
        Self { vehicles: vehicles.peek().is_some(), unclassed: vehicles.any(|v| v.class().is_none()) }
    }
}

/// Detections of some classes.
fn found(detections: &[Detection], is_meant: impl Fn(Class) -> bool) -> Vec<Found> {
    let meant = detections.iter().filter(|detection| is_meant(detection.class));
    meant.map(|detection| Found { bbox: detection.bbox, confidence: detection.confidence }).collect()
}

impl SetScore {
    fn add(&mut self, row: &Annotated, detections: &[Detection], shown: Shown) {
        if row.plates_labelled {
            let truth = |plate: &AnnotatedPlate| Truth { bbox: plate.bbox(), ignore: plate.ignore };
            let truths: Vec<Truth> = row.plates.iter().map(truth).collect();
            let plates = found(detections, |class| class == Class::Plate);
            self.plate_pictures += 1;
            self.plates.add(&truths, &plates, IOU_MIN);
            self.plates_strict.add(&truths, &plates, IOU_STRICT);
        }
        if !shown.vehicles {
            return;
        }
        for class in Class::VEHICLES {
            // A vehicle without a class may be of this one: finding it is neither right nor wrong.
            let truths =
                row.vehicles.iter().filter(|vehicle| vehicle.class().is_none_or(|other| other == class));
            let truths: Vec<Truth> = truths
                .map(|vehicle| Truth {
                    bbox: vehicle.bbox(),
                    ignore: vehicle.ignore || vehicle.class().is_none(),
                })
                .collect();
            let vehicles = found(detections, |other| other == class);
            self.vehicles.entry(class).or_default().add(&truths, &vehicles, IOU_MIN);
        }
        let truths =
            row.vehicles.iter().map(|vehicle| Truth { bbox: vehicle.bbox(), ignore: vehicle.ignore });
        let truths: Vec<Truth> = truths.collect();
        self.any_vehicle.add(&truths, &found(detections, Class::is_vehicle), IOU_MIN);
    }

    fn row(
        &self,
        set: &str,
        pictures: usize,
        detector: &Detector,
        confidence_min: f32,
        shown: Shown,
    ) -> SetRow {
        let plates = detector.finds_plates && self.plate_pictures > 0;
        let of_plates = |value: Option<f64>| value.filter(|_| plates);
        let unmatched = self.plates.unmatched(confidence_min) as f64 / self.plate_pictures.max(1) as f64;
        let classes = Class::VEHICLES
            .iter()
            .filter_map(|class| Some((*class, self.vehicles.get(class)?.average_precision()?)));
        let classes: BTreeMap<&'static str, f64> = classes.map(|(class, ap)| (class.as_str(), ap)).collect();
        let mean = classes.values().sum::<f64>() / classes.len().max(1) as f64;
        SetRow {
            set: set.to_owned(),
            model: detector.name.clone(),
            pictures,
            plates: self.plates.truths,
            recall_50: of_plates(self.plates.recall(confidence_min)),
            recall_70: of_plates(self.plates_strict.recall(confidence_min)),
            unmatched_per_picture: of_plates(Some(unmatched)),
            plate_ap50: of_plates(self.plates.average_precision()),
            vehicle_ap50: self.any_vehicle.average_precision().filter(|_| shown.unclassed),
            vehicle_map50: (!classes.is_empty()).then_some(mean),
            class_ap50: classes,
            network_ms: median(&self.times.network),
            all_ms: median(&self.times.all),
        }
    }
}
