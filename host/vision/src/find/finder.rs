//! The network around the boxes: scale a picture, run, find boxes, go back to the picture's pixels.

use ovr_domain::pixels::Picture;
use ovr_domain::port::{Detector, Inference, InferenceError};
use ovr_domain::track::{Class, Detection};
use ovr_domain::{Digest, Point, Quad};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::db::{self, DbConfig};
use super::group;
use crate::InvalidKey;
use crate::detect::{Alignment, ChannelOrder, Letterbox, Placement, Preprocess};

/// The network halves its input five times.
const STRIDE: u32 = 32;

/// Largest side of the network's input, in pixels.
const INPUT_SIDE_MAX: u32 = 4_096;

/// Narrowest and widest line that may be (part of) a plate, width over height.
const ASPECT: std::ops::RangeInclusive<f32> = 0.9..=14.0;

/// PP-OCR takes RGB from -1 to 1.
const PREPROCESS: Preprocess = Preprocess {
    order: ChannelOrder::Rgb,
    alignment: Alignment::TopLeft,
    scale: 1.0 / 255.0,
    mean: [0.5; 3],
    std: [0.5; 3],
    fill: 128,
};

/// How text is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TextFinderConfig {
    /// The longer side of the network's input, in pixels; the cost grows with its square. 64 to 4096.
    pub long_side_px: u32,
    /// How much a small picture is enlarged at most. 1 to 8.
    pub enlarge_max: f32,
    /// Smallest height of a line, in pixels of the picture. 1 to 200.
    pub line_height_min_px: f32,
    /// Most lines on one picture, the most certain first. 1 to 256.
    pub lines_max: usize,
    /// How the probability map becomes boxes.
    pub boxes: DbConfig,
}

impl Default for TextFinderConfig {
    fn default() -> Self {
        Self {
            long_side_px: 960,
            enlarge_max: 2.0,
            line_height_min_px: 5.0,
            lines_max: 64,
            boxes: DbConfig::default(),
        }
    }
}

impl TextFinderConfig {
    /// Whether every number can be used; the error names the first key that cannot, from the finder's section on
    /// (`text.boxes.threshold`).
    pub fn validate(&self) -> Result<(), InvalidKey> {
        let outside = InvalidKey::outside::<f32>;
        InvalidKey::outside(&(64..=4_096), "text.long_side_px", &self.long_side_px, "64 to 4096 pixels")?;
        outside(&(1.0..=8.0), "text.enlarge_max", &self.enlarge_max, "1 to 8")?;
        let height = self.line_height_min_px;
        outside(&(1.0..=200.0), "text.line_height_min_px", &height, "1 to 200 pixels")?;
        InvalidKey::outside(&(1..=256), "text.lines_max", &self.lines_max, "1 to 256 lines")?;
        self.boxes.validate()
    }
}

/// A line of text on a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextLine {
    /// In pixels of the picture that was looked at.
    pub quad: Quad,
    /// Mean probability of its pixels, 0 to 1.
    pub score: f32,
}

/// Finds lines of text over any [`Inference`] that takes `[1, 3, height, width]` with free sides and gives one
/// probability for each input pixel, `[1, 1, height, width]`.
pub struct TextFinder {
    network: Box<dyn Inference>,
    config: TextFinderConfig,
    /// For the input size of the last full picture, so that a camera's tables are made once.
    letterbox: Option<((u32, u32), Letterbox)>,
}

impl TextFinder {
    /// Checks that the model is a text detector.
    ///
    /// # Errors
    /// [`InferenceError::Layout`] when the model's input is not `[any, 3, any, any]`.
    pub fn new(network: Box<dyn Inference>, config: TextFinderConfig) -> Result<Self, InferenceError> {
        let info = network.info();
        let shape = info.inputs.first().map(|spec| spec.shape.clone()).unwrap_or_default();
        let (inputs, outputs) = (info.inputs.len(), info.outputs.len());
        let fits = matches!(shape.as_slice(), [_, None | Some(3), None, None]) && inputs == 1 && outputs >= 1;
        if !fits {
            return Err(InferenceError::Layout {
                model: info.name.clone(),
                reason: format!(
                    "a text detector takes one input [1, 3, any height, any width] and gives a map of that size; \
                     found {inputs} inputs, the first {shape:?}, and {outputs} outputs"
                ),
            });
        }
        Ok(Self { network, config, letterbox: None })
    }

    /// How text is looked for.
    pub fn config(&self) -> &TextFinderConfig {
        &self.config
    }

    /// Every line on the picture, its longer side scaled to the configured size, the most certain first.
    pub fn lines(&mut self, picture: &Picture) -> Result<Vec<TextLine>, InferenceError> {
        let longer = picture.width().max(picture.height()) as f32;
        let wanted = (longer * self.config.enlarge_max).min(self.config.long_side_px as f32);
        self.lines_at(picture, wanted)
    }

    /// Every line on the picture, its longer side scaled to `long_side_px` (rounded so that both sides are multiples of
    /// 32), the most certain first.
    pub fn lines_at(
        &mut self,
        picture: &Picture,
        long_side_px: f32,
    ) -> Result<Vec<TextLine>, InferenceError> {
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let scale = long_side_px / width.max(height);
        let side = |length: f32| {
            let strides = (length * scale / STRIDE as f32).round() as u32;
            (strides * STRIDE).clamp(STRIDE, INPUT_SIDE_MAX)
        };
        let input = (side(width), side(height));
        let mut letterbox = match self.letterbox.take() {
            Some((size, letterbox)) if size == input => letterbox,
            _ => Letterbox::new(input, PREPROCESS),
        };
        let (tensor, placement) = letterbox.apply(picture);
        let outputs = self.network.run(tensor);
        self.letterbox = Some((input, letterbox));
        let outputs = outputs?;
        let map = outputs.first().filter(|map| map.data.len() == input.0 as usize * input.1 as usize);
        let map = map.ok_or_else(|| InferenceError::Run {
            model: self.network.info().name.clone(),
            reason: format!(
                "the output has shape {:?}; expected one value for each of {}x{} pixels",
                outputs.first().map(|output| output.shape.clone()).unwrap_or_default(),
                input.0,
                input.1
            ),
        })?;
        let found = db::boxes(&map.data, input.0 as usize, input.1 as usize, &self.config.boxes);
        let mut lines: Vec<TextLine> = found
            .into_iter()
            .map(|found| TextLine { quad: to_picture(&found.quad, &placement), score: found.score })
            .filter(|line| self.may_be_a_plate(&line.quad))
            .collect();
        lines.sort_by(|a, b| b.score.total_cmp(&a.score));
        lines.truncate(self.config.lines_max);
        Ok(lines)
    }

    fn may_be_a_plate(&self, quad: &Quad) -> bool {
        let height = quad.height();
        quad.is_finite()
            && height >= self.config.line_height_min_px
            && ASPECT.contains(&(quad.width() / height))
    }
}

fn to_picture(quad: &Quad, placement: &Placement) -> Quad {
    let (across, down) = placement.step();
    let (left, top) = (placement.left as f32, placement.top as f32);
    Quad(quad.0.map(|point| Point { x: (point.x - left) * across, y: (point.y - top) * down }))
}

impl Detector for TextFinder {
    /// Lines of text as plates: parts of one row are joined, and so are two rows that stand like a two-line plate. The
    /// confidence is the text's, not the plate's.
    fn detect(&mut self, picture: &Picture) -> Result<Vec<Detection>, InferenceError> {
        let lines = self.lines(picture)?;
        let (width, height) = (picture.width(), picture.height());
        let detection = |line: TextLine| {
            let bbox = line.quad.bounds().clipped(width, height);
            let confidence = line.score.clamp(0.0, 1.0);
            let found = Detection { class: Class::Plate, bbox, confidence, quad: Some(line.quad) };
            bbox.is_sane().then_some(found)
        };
        Ok(join_stacks(&join_rows(lines)).into_iter().filter_map(detection).collect())
    }

    fn digest(&self) -> Digest {
        self.network.info().digest.clone()
    }
}

/// Replaces lines that stand side by side by one around them.
fn join_rows(mut lines: Vec<TextLine>) -> Vec<TextLine> {
    let mut joined: Vec<TextLine> = Vec::new();
    while let Some(line) = lines.pop() {
        let neighbour = lines
            .iter()
            .enumerate()
            .find_map(|(at, other)| Some((at, group::side_by_side(&line.quad, &other.quad)?)));
        match neighbour {
            Some((at, quad)) if ASPECT.contains(&(quad.width() / quad.height())) => {
                let other = lines.swap_remove(at);
                lines.push(TextLine { quad, score: line.score.min(other.score) });
            }
            _ => joined.push(line),
        }
    }
    joined
}

/// Replaces a pair of lines that stand above each other by one quad around both. A line that has neighbours on both
/// sides belongs to a text, not to a plate.
fn join_stacks(lines: &[TextLine]) -> Vec<TextLine> {
    let below = |upper: &TextLine| -> Vec<usize> {
        let pairs = lines.iter().enumerate().filter(|(_, lower)| group::stacked(&upper.quad, &lower.quad));
        pairs.map(|(at, _)| at).collect()
    };
    let under: Vec<Vec<usize>> = lines.iter().map(below).collect();
    let is_single_pair = |at: usize, lower: usize| {
        let uppers = under.iter().filter(|list| list.contains(&lower)).count();
        let has_upper = under.iter().any(|list| list.contains(&at));
        uppers == 1 && !has_upper && under.get(lower).is_some_and(Vec::is_empty)
    };
    let mut used = vec![false; lines.len()];
    let mut joined = Vec::new();
    for (at, upper) in lines.iter().enumerate() {
        let &[lower] = under.get(at).map(Vec::as_slice).unwrap_or_default() else {
            continue;
        };
        let pair = lines.get(lower).filter(|_| is_single_pair(at, lower));
        if let Some(other) = pair
            && let Some(quad) = super::rectangle::around(&[upper.quad, other.quad])
        {
            for slot in [at, lower] {
                if let Some(used) = used.get_mut(slot) {
                    *used = true;
                }
            }
            joined.push(TextLine { quad, score: upper.score.min(other.score) });
        }
    }
    joined.extend(lines.iter().zip(&used).filter(|(_, used)| !**used).map(|(line, _)| *line));
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infer::Recorded;
    use ovr_domain::port::Tensor;
    use ovr_domain::{BBox, RgbImage};

    fn finder_with(bars: &[BBox]) -> TextFinder {
        let (width, height) = (640, 320);
        let mut data = vec![0.0; width * height];
        for bar in bars {
            for y in bar.y1 as usize..bar.y2 as usize {
                data[y * width + bar.x1 as usize..y * width + bar.x2 as usize].fill(0.9);
            }
        }
        let map = Tensor { shape: vec![1, 1, height, width], data };
        let network = Recorded::new("text", &[None, Some(3), None, None], &[], vec![vec![map]]);
        let config = TextFinderConfig { long_side_px: 640, ..TextFinderConfig::default() };
        TextFinder::new(Box::new(network), config).unwrap()
    }

    fn gray(width: u32, height: u32) -> Picture {
        Picture::from_rgb(RgbImage::filled(width, height, [128; 3])).unwrap()
    }

    #[test]
    fn every_number_that_cannot_be_used_is_named() {
        let good = TextFinderConfig::default();
        assert_eq!(good.validate(), Ok(()));
        let boxes = |boxes: DbConfig| TextFinderConfig { boxes, ..good };
        let db = DbConfig::default();
        let wrong = [
            ("text.long_side_px", TextFinderConfig { long_side_px: 63, ..good }),
            ("text.long_side_px", TextFinderConfig { long_side_px: 4_097, ..good }),
            ("text.enlarge_max", TextFinderConfig { enlarge_max: f32::NAN, ..good }),
            ("text.enlarge_max", TextFinderConfig { enlarge_max: 8.1, ..good }),
            ("text.line_height_min_px", TextFinderConfig { line_height_min_px: 0.0, ..good }),
            ("text.line_height_min_px", TextFinderConfig { line_height_min_px: f32::INFINITY, ..good }),
            ("text.lines_max", TextFinderConfig { lines_max: 0, ..good }),
            ("text.lines_max", TextFinderConfig { lines_max: 257, ..good }),
            ("text.boxes.threshold", boxes(DbConfig { threshold: -0.1, ..db })),
            ("text.boxes.threshold", boxes(DbConfig { threshold: f32::NAN, ..db })),
            ("text.boxes.score_min", boxes(DbConfig { score_min: 1.1, ..db })),
            ("text.boxes.unclip_ratio", boxes(DbConfig { unclip_ratio: 0.9, ..db })),
            ("text.boxes.unclip_ratio", boxes(DbConfig { unclip_ratio: 5.1, ..db })),
            ("text.boxes.side_min_px", boxes(DbConfig { side_min_px: 0.5, ..db })),
            ("text.boxes.regions_max", boxes(DbConfig { regions_max: 0, ..db })),
            ("text.boxes.regions_max", boxes(DbConfig { regions_max: 10_001, ..db })),
        ];
        for (key, config) in wrong {
            let error = config.validate().unwrap_err();
            assert_eq!(error.key, key);
            assert!(error.to_string().starts_with(key), "{error}");
        }
    }

    #[test]
    fn a_line_comes_back_in_pixels_of_the_picture() {
        let mut finder = finder_with(&[BBox::new(100.0, 100.0, 200.0, 120.0)]);
        let found = finder.detect(&gray(1280, 640)).unwrap();
        assert_eq!(found.len(), 1);
        // Moved outwards by 100 * 20 * 1.6 / 240 = 13.33 of the map, which is twice that on the picture.
        let expected = BBox::new(173.33, 173.33, 426.67, 266.67);
        assert!(found[0].bbox.iou(expected) > 0.999, "{:?}", found[0].bbox);
        assert_eq!(found[0].class, Class::Plate);
    }

    #[test]
    fn two_rows_become_one_plate_and_three_rows_stay_text() {
        let row = |n: f32| BBox::new(100.0, 100.0 + 44.0 * n, 170.0, 118.0 + 44.0 * n);
        let pair = finder_with(&[row(0.0), row(1.0)]).detect(&gray(640, 320)).unwrap();
        assert_eq!(pair.len(), 1, "{pair:?}");
        assert!(pair[0].bbox.height() > 70.0);
        let text = finder_with(&[row(0.0), row(1.0), row(2.0)]).detect(&gray(640, 320)).unwrap();
        assert_eq!(text.len(), 3, "{text:?}");
    }

    #[test]
    fn other_models_and_other_maps_are_refused() {
        let other = Recorded::new(
            "yolo",
            &[Some(1), Some(3), Some(640), Some(640)],
            &[],
            vec![vec![Tensor::default()]],
        );
        let refused = TextFinder::new(Box::new(other), TextFinderConfig::default());
        assert!(matches!(refused, Err(InferenceError::Layout { .. })));
        let short = Tensor { shape: vec![1, 1, 2, 2], data: vec![0.0; 4] };
        let network = Recorded::new("text", &[None, Some(3), None, None], &[], vec![vec![short]]);
        let mut finder = TextFinder::new(Box::new(network), TextFinderConfig::default()).unwrap();
        let error = finder.detect(&gray(64, 64)).unwrap_err();
        assert!(error.to_string().contains("[1, 1, 2, 2]"), "{error}");
    }
}
