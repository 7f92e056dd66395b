//! A YOLO network as a detector.

use ovr_domain::Digest;
use ovr_domain::pixels::Picture;
use ovr_domain::port::{Detector, Inference, InferenceError, ModelInfo, Tensor};
use ovr_domain::track::{Class, Detection};
use tracing::info;

use super::DetectorConfig;
use super::classes::{ClassMap, parse_names};
use super::corners;
use super::decode::{Decoder, Raw};
use super::layout::{Evidence, Layout, shape_at};
use super::letterbox::{Letterbox, Placement, Preprocess};
use super::nms::{Candidate, most_confident, suppress};
use crate::infer::shape_text;

/// Width and height of an input that a model leaves free and nobody configures, in pixels: cameras' pictures are wide.
const INPUT_SIZE_DEFAULT: (u32, u32) = (640, 384);

/// Largest side of a network's input, in pixels.
pub(super) const INPUT_SIDE_MAX: u32 = 4_096;

/// Coarsest stride of the usual networks: sides of a free input are multiples of it.
pub(super) const STRIDE_MAX: u32 = 32;

/// Most input sizes whose buffers are kept at a time; a video needs one, a single picture up to four.
const SCALES_MAX: usize = 4;

/// Detects over any [`Inference`]: letterbox, run, decode, suppress, back to the full-size picture.
///
/// The first output holds the boxes. Of a model that has an output named `corners`, `[1, 8, N]`, plates also get their
/// four corners where these fit the box.
#[derive(Debug)]
pub struct YoloDetector<I> {
    network: I,
    config: DetectorConfig,
    classes: ClassMap,
    layout: Layout,
    preprocess: Preprocess,
    /// Input and shape of its output, without the leading 1, by which those of other inputs are told.
    input: (u32, u32),
    shape: (usize, usize),
    /// Sides that the model declares; the others are free.
    declared: (Option<u32>, Option<u32>),
    /// Which output holds corners.
    corners: Option<usize>,
    /// What depends on the input's size, the last used first.
    scales: Vec<Scale>,
}

/// What depends on the input's size.
#[derive(Debug)]
struct Scale {
    size: (u32, u32),
    letterbox: Letterbox,
    decoder: Decoder,
}

impl<I: Inference> YoloDetector<I> {
    /// Tells input size, layout and classes from the model and the configuration. A model that leaves its output's
    /// shape free is run once to see it.
    ///
    /// # Errors
    /// [`InferenceError::Layout`] when the model is none that can be decoded, or its classes are not known; the
    /// message says what was found and what would be right.
    pub fn new(mut network: I, config: DetectorConfig) -> Result<Self, InferenceError> {
        let model = network.info().name.clone();
        let refuse = |reason| InferenceError::Layout { model: model.clone(), reason };
        let info = network.info();
        if let Some(task) = info.metadata.get("task").filter(|task| *task != "detect") {
            return Err(refuse(format!("it is exported for {task:?}; expected \"detect\"")));
        }
        let input = input_size(info, config.input_size).map_err(refuse)?;
        let declared = declared_sides(info);
        let corners = info.outputs.iter().skip(1).position(|spec| spec.name == corners::OUTPUT);
        let names = info.metadata.get("names").and_then(|text| parse_names(text));
        let shape = info.outputs.first().map(|spec| spec.shape.as_slice());
        let shape: Option<Vec<usize>> = shape.unwrap_or_default().iter().copied().collect();
        let shape = match shape {
            Some(shape) => shape,
            None => probe(&mut network, input)?,
        };
        let evidence = Evidence {
            shape: &shape,
            input,
            class_count: names.as_ref().map(std::collections::BTreeMap::len),
        };
        let layout = evidence.layout(config.layout).map_err(refuse)?;
        let classes = if config.classes.is_empty() {
            ClassMap::from_names(&names.unwrap_or_default())
        } else {
            ClassMap::new(config.classes.clone())
        };
        let count = evidence.classes(layout).unwrap_or_default();
        check_classes(&classes, count).map_err(refuse)?;
        let &[_, a, b] = shape.as_slice() else {
            return Err(refuse(format!("the output has shape {shape:?}; expected three dimensions")));
        };
        let preprocess = config.preprocess.unwrap_or(match layout {
            Layout::Yolox => Preprocess::BYTES_BGR,
            _ => Preprocess::UNIT_RGB,
        });
        info!(model, %layout, width = input.0, height = input.1, "detector is ready");
        Ok(Self {
            network,
            config,
            classes,
            layout,
            preprocess,
            input,
            shape: (a, b),
            declared,
            corners: corners.map(|at| at + 1),
            scales: Vec::new(),
        })
    }

    /// The same detector, with buffers of its own, that asks the same network in another way.
    pub fn asking<J: Inference>(&self, network: J) -> YoloDetector<J> {
        YoloDetector {
            network,
            config: self.config.clone(),
            classes: self.classes.clone(),
            layout: self.layout,
            preprocess: self.preprocess,
            input: self.input,
            shape: self.shape,
            declared: self.declared,
            corners: self.corners,
            scales: Vec::new(),
        }
    }

    /// The layout that was told or configured.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// What the model says of itself.
    pub fn info(&self) -> &ModelInfo {
        self.network.info()
    }

    /// Whether it tells things of this class at all.
    pub fn finds(&self, class: Class) -> bool {
        self.classes.has(class)
    }

    /// Whether it tells any kind of vehicle.
    pub fn finds_vehicles(&self) -> bool {
        self.classes.has_vehicles()
    }

    /// Everything of at least `confidence_min` on a picture, looked at with an input of about `size` pixels (width and
    /// height): sides that the model leaves free become the next multiples of 32 from 32 to 4096, the others are the
    /// model's own.
    ///
    /// # Errors
    /// [`InferenceError::Run`] when the network fails or gives an output of another shape than it promised.
    pub fn detect_at(
        &mut self,
        picture: &Picture,
        size: (u32, u32),
        confidence_min: f32,
    ) -> Result<Vec<Detection>, InferenceError> {
        let fitted = |declared: Option<u32>, side: u32| {
            declared.unwrap_or_else(|| side.clamp(1, INPUT_SIDE_MAX).next_multiple_of(STRIDE_MAX))
        };
        let size = (fitted(self.declared.0, size.0), fitted(self.declared.1, size.1));
        self.look(picture, size, confidence_min)
    }

    fn look(
        &mut self,
        picture: &Picture,
        size: (u32, u32),
        confidence_min: f32,
    ) -> Result<Vec<Detection>, InferenceError> {
        self.prepare(size)?;
        let Self { network, scales, .. } = self;
        let Some(Scale { letterbox, decoder, .. }) = scales.first_mut() else {
            return Ok(Vec::new());
        };
        let (input, placement) = letterbox.apply(picture);
        let outputs = network.run(input)?;
        let refuse = |reason: String| InferenceError::Run { model: network.info().name.clone(), reason };
        let (a, b) = decoder.shape();
        let Some(output) = outputs.first() else {
            return Err(refuse("it gave no output".to_owned()));
        };
        if output.shape != [1, a, b] {
            let shape = &output.shape;
            return Err(refuse(format!("it gave an output of shape {shape:?}; expected [1, {a}, {b}]")));
        }
        let rows = if self.layout == Layout::YoloV8 { b } else { a };
        let corners = match self.corners {
            None => None,
            Some(at) => {
                let values = corners::VALUES;
                let found = outputs.get(at).ok_or_else(|| {
                    refuse(format!("it gave no corners; expected an output of shape [1, {values}, {rows}]"))
                })?;
                if found.shape != [1, values, rows] {
                    let shape = &found.shape;
                    return Err(refuse(format!(
                        "it gave corners of shape {shape:?}; expected [1, {values}, {rows}]"
                    )));
                }
                Some(found)
            }
        };
        let found = decoder.decode(&output.data, confidence_min);
        Ok(self.conclude(found, placement, corners.map(|corners| (corners.data.as_slice(), rows))))
    }

    /// Puts what belongs to an input of this size first.
    fn prepare(&mut self, size: (u32, u32)) -> Result<(), InferenceError> {
        if let Some(at) = self.scales.iter().position(|scale| scale.size == size) {
            if let Some(later) = self.scales.get_mut(..=at) {
                later.rotate_right(1);
            }
            return Ok(());
        }
        let shape = shape_at(self.layout, self.shape, self.input, size);
        let shape = if size == self.input { Some(self.shape) } else { shape };
        let shape = shape.ok_or_else(|| InferenceError::Run {
            model: self.network.info().name.clone(),
            reason: format!("its output for {}x{} pixels cannot be told", size.0, size.1),
        })?;
        let scale = Scale {
            size,
            letterbox: Letterbox::new(size, self.preprocess),
            decoder: Decoder::new(self.layout, shape, size),
        };
        self.scales.truncate(SCALES_MAX - 1);
        self.scales.insert(0, scale);
        Ok(())
    }

    /// Maps classes, boxes and corners and drops what repeats.
    fn conclude(
        &self,
        found: Vec<Raw>,
        placement: Placement,
        corners: Option<(&[f32], usize)>,
    ) -> Vec<Detection> {
        let candidates = found.into_iter().filter_map(|raw| {
            let (width, height) = placement.picture;
            let bbox = placement.to_picture(raw.bbox).clipped(width, height);
            let class = self.classes.get(raw.class).filter(|_| bbox.is_sane())?;
            let quad = corners
                .filter(|_| class == Class::Plate)
                .and_then(|(values, rows)| corners::at(values, rows, raw.row, raw.bbox))
                .map(|quad| placement.corners_to_picture(&quad));
            Some(Candidate { class, bbox, confidence: raw.score, quad })
        });
        let candidates = candidates.collect();
        let config = &self.config;
        let kept = if self.layout == Layout::EndToEnd {
            // The network has suppressed already, and by more than overlap.
            most_confident(candidates, config.detections_max)
        } else {
            suppress(candidates, config.iou_max, config.candidates_max, config.detections_max)
        };
        let detection = |Candidate { class, bbox, confidence, quad }: Candidate| Detection {
            class,
            bbox,
            confidence,
            quad,
        };
        kept.into_iter().map(detection).collect()
    }
}

impl<I: Inference> Detector for YoloDetector<I> {
    fn detect(&mut self, picture: &Picture) -> Result<Vec<Detection>, InferenceError> {
        self.look(picture, self.input, self.config.confidence_min)
    }

    fn digest(&self) -> Digest {
        self.network.info().digest.clone()
    }
}

/// Width and height that a model declares for its input.
fn declared_sides(info: &ModelInfo) -> (Option<u32>, Option<u32>) {
    let shape = info.inputs.first().map(|spec| spec.shape.as_slice());
    let side = |side: Option<usize>| side.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    match shape.unwrap_or_default() {
        &[_, _, height, width] => (side(width), side(height)),
        _ => (None, None),
    }
}

/// Width and height of the input: the model's own, else the configured, else the exporter's `imgsz`, else 640x384.
fn input_size(info: &ModelInfo, configured: Option<(u32, u32)>) -> Result<(u32, u32), String> {
    let shape = info.inputs.first().map(|spec| spec.shape.as_slice());
    let shape = shape.unwrap_or_default();
    let &[batch, channels, height, width] = shape else {
        return Err(format!("the input has shape {}; expected [1, 3, height, width]", shape_text(shape)));
    };
    if batch.is_some_and(|batch| batch != 1) || channels.is_some_and(|channels| channels != 3) {
        return Err(format!("the input has shape {}; expected [1, 3, height, width]", shape_text(shape)));
    }
    let exported = || info.metadata.get("imgsz").and_then(|text| parse_size(text));
    let wanted = configured.or_else(exported).unwrap_or(INPUT_SIZE_DEFAULT);
    let free = width.is_none() || height.is_none();
    let side = |declared: Option<usize>, wanted: u32| {
        declared.map_or(wanted, |side| u32::try_from(side).unwrap_or(u32::MAX))
    };
    let size = (side(width, wanted.0), side(height, wanted.1));
    if let Some(asked) = configured.filter(|&asked| asked != size) {
        return Err(format!(
            "the input is {}x{} pixels and cannot be {}x{}; expected an 'input_size' that fits, or none",
            size.0, size.1, asked.0, asked.1
        ));
    }
    let sides = [size.0, size.1];
    let in_range = sides.iter().all(|side| (1..=INPUT_SIDE_MAX).contains(side));
    if !in_range || (free && sides.iter().any(|side| side % STRIDE_MAX != 0)) {
        return Err(format!(
            "an input of {}x{} pixels; expected sides of at most {INPUT_SIDE_MAX}, multiples of {STRIDE_MAX}",
            size.0, size.1
        ));
    }
    Ok(size)
}

/// Ultralytics' `imgsz`, `[height, width]`, as width and height.
fn parse_size(text: &str) -> Option<(u32, u32)> {
    let inside = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let (height, width) = inside.split_once(',')?;
    Some((width.trim().parse().ok()?, height.trim().parse().ok()?))
}

/// Runs the network on gray to see the shape of its output.
fn probe(network: &mut impl Inference, (width, height): (u32, u32)) -> Result<Vec<usize>, InferenceError> {
    let shape = vec![1, 3, height as usize, width as usize];
    let data = vec![0.5; shape.iter().product()];
    let outputs = network.run(&Tensor { shape, data })?;
    Ok(outputs.into_iter().next().map(|output| output.shape).unwrap_or_default())
}

/// Whether there are classes to detect, and the network has room for all of them.
fn check_classes(classes: &ClassMap, count: usize) -> Result<(), String> {
    let Some(last) = classes.last() else {
        return Err(
            "its metadata names no vehicle and no plate; expected 'classes' in the detector's configuration, \
             network index to car, truck, bus, motorcycle or plate"
                .to_owned(),
        );
    };
    if last >= count {
        return Err(format!(
            "'classes' of the detector's configuration has index {last}, and the network has {count} classes; \
             expected indices below {count}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
