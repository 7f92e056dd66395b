//! A YOLO network as a detector.

use ovr_domain::Digest;
use ovr_domain::pixels::Picture;
use ovr_domain::port::{Detector, Inference, InferenceError, ModelInfo, Tensor};
use ovr_domain::track::Detection;
use tracing::info;

use super::DetectorConfig;
use super::classes::{ClassMap, parse_names};
use super::decode::{Decoder, Raw};
use super::layout::{Evidence, Layout};
use super::letterbox::{Letterbox, Placement, Preprocess};
use super::nms::{Candidate, most_confident, suppress};

/// Width and height of an input that a model leaves free and nobody configures, in pixels.
const INPUT_SIZE_DEFAULT: (u32, u32) = (640, 640);

/// Largest side of a network's input, in pixels.
pub(super) const INPUT_SIDE_MAX: u32 = 4_096;

/// Coarsest stride of the usual networks: sides of a free input are multiples of it.
pub(super) const STRIDE_MAX: u32 = 32;

/// Detects over any [`Inference`]: letterbox, run, decode, suppress, back to the full-size picture.
#[derive(Debug)]
pub struct YoloDetector<I> {
    network: I,
    config: DetectorConfig,
    classes: ClassMap,
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
        let names = info.metadata.get("names").and_then(|text| parse_names(text));
        let declared = info.outputs.first().map(|spec| spec.shape.as_slice());
        let declared: Option<Vec<usize>> = declared.unwrap_or_default().iter().copied().collect();
        let shape = match declared {
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
            letterbox: Letterbox::new(input, preprocess),
            decoder: Decoder::new(layout, (a, b), input, config.confidence_min),
            network,
            config,
            classes,
        })
    }

    /// The layout that was told or configured.
    pub fn layout(&self) -> Layout {
        self.decoder.layout()
    }

    /// What the model says of itself.
    pub fn info(&self) -> &ModelInfo {
        self.network.info()
    }

    /// Maps classes and boxes and drops what repeats.
    fn conclude(&self, found: Vec<Raw>, placement: Placement) -> Vec<Detection> {
        let candidates = found.into_iter().filter_map(|raw| {
            let (width, height) = placement.picture;
            let bbox = placement.to_picture(raw.bbox).clipped(width, height);
            let class = self.classes.get(raw.class)?;
            bbox.is_sane().then_some(Candidate { class, bbox, confidence: raw.score })
        });
        let candidates = candidates.collect();
        let config = &self.config;
        let kept = if self.layout() == Layout::EndToEnd {
            // The network has suppressed already, and by more than overlap.
            most_confident(candidates, config.detections_max)
        } else {
            suppress(candidates, config.iou_max, config.candidates_max, config.detections_max)
        };
        let detection = |candidate: Candidate| Detection {
            class: candidate.class,
            bbox: candidate.bbox,
            confidence: candidate.confidence,
            quad: None,
        };
        kept.into_iter().map(detection).collect()
    }
}

impl<I: Inference> Detector for YoloDetector<I> {
    fn detect(&mut self, picture: &Picture) -> Result<Vec<Detection>, InferenceError> {
        let (input, placement) = self.letterbox.apply(picture);
        let outputs = self.network.run(input)?;
        let Some(output) = outputs.first() else {
            return Err(InferenceError::Run {
                model: self.network.info().name.clone(),
                reason: "it gave no output".to_owned(),
            });
        };
        let (a, b) = self.decoder.shape();
        if output.shape != [1, a, b] {
            let shape = &output.shape;
            return Err(InferenceError::Run {
                model: self.network.info().name.clone(),
                reason: format!("it gave an output of shape {shape:?}; expected [1, {a}, {b}]"),
            });
        }
        let found = self.decoder.decode(&output.data);
        Ok(self.conclude(found, placement))
    }

    fn digest(&self) -> Digest {
        self.network.info().digest.clone()
    }
}

/// Width and height of the input: the model's own, else the configured, else the exporter's `imgsz`, else 640x640.
fn input_size(info: &ModelInfo, configured: Option<(u32, u32)>) -> Result<(u32, u32), String> {
    let shape = info.inputs.first().map(|spec| spec.shape.as_slice());
    let shape = shape.unwrap_or_default();
    let &[batch, channels, height, width] = shape else {
        return Err(format!("the input has shape {}; expected [1, 3, height, width]", written(shape)));
    };
    if batch.is_some_and(|batch| batch != 1) || channels.is_some_and(|channels| channels != 3) {
        return Err(format!("the input has shape {}; expected [1, 3, height, width]", written(shape)));
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

/// A declared shape as people write it.
fn written(shape: &[Option<usize>]) -> String {
    let sides: Vec<String> =
        shape.iter().map(|side| side.map_or_else(|| "?".to_owned(), |side| side.to_string())).collect();
    format!("[{}]", sides.join(", "))
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
