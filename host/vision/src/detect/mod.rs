//! Detection: from the planes of a picture to vehicles and plates.
//!
//! [`Letterbox`] samples a decoder's planes straight into the network's input, [`Layout`] says how the network's
//! output is written, and [`YoloDetector`] puts them together over any
//! [`Inference`](ovr_domain::port::Inference). Nothing here trusts a network: whatever numbers it gives, the
//! detections that come out are finite boxes inside the picture with a confidence between the floor and 1.

mod classes;
mod corners;
mod decode;
mod layout;
mod letterbox;
mod nms;
mod sample;
mod yolo;

use std::collections::BTreeMap;

use ovr_domain::track::Class;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use classes::ClassMap;
pub use layout::Layout;
pub use letterbox::{Alignment, ChannelOrder, Letterbox, Placement, Preprocess};
pub use nms::{Candidate, suppress};
pub use yolo::YoloDetector;

use crate::InvalidKey;
use classes::CLASSES_MAX;
use yolo::{INPUT_SIDE_MAX, STRIDE_MAX};

/// How a detector is set up. What is left out is told from the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DetectorConfig {
    /// How the output is written; told from the model's shape and metadata when left out.
    pub layout: Option<Layout>,
    /// Width and height of the network's input in pixels, for a model that leaves them free; multiples of 32, at most
    /// 4096.
    pub input_size: Option<(u32, u32)>,
    /// How pixels become input values; by the layout's usage when left out.
    pub preprocess: Option<Preprocess>,
    /// Which class each of the network's indices is; indices that are not here are dropped. Told from the model's
    /// `names` metadata when empty.
    #[schemars(with = "BTreeMap<usize, String>")]
    pub classes: BTreeMap<usize, Class>,
    /// Smallest confidence of a detection, 0 to 1.
    pub confidence_min: f32,
    /// Largest intersection over union that two detections of a class may have, 0 to 1; two plates at most 0.2.
    pub iou_max: f32,
    /// Most candidates that enter non-maximum suppression, the most confident first. 1 to 10000.
    pub candidates_max: usize,
    /// Most detections on one picture, the most confident first. 1 to 10000.
    pub detections_max: usize,
}

impl Default for DetectorConfig {
    fn default() -> Self {
        Self {
            layout: None,
            input_size: None,
            preprocess: None,
            classes: BTreeMap::new(),
            confidence_min: 0.2,
            iou_max: 0.5,
            candidates_max: 1_000,
            detections_max: 300,
        }
    }
}

impl DetectorConfig {
    /// Whether every number can be used; the error names the first key that cannot, from the detector's section on
    /// (`network.iou_max`). Whether they fit the model is seen when it is opened.
    pub fn validate(&self) -> Result<(), InvalidKey> {
        for (key, share) in
            [("network.confidence_min", self.confidence_min), ("network.iou_max", self.iou_max)]
        {
            InvalidKey::outside(&(0.0..=1.0), key, &share, "0 to 1")?;
        }
        for (key, most) in
            [("network.candidates_max", self.candidates_max), ("network.detections_max", self.detections_max)]
        {
            InvalidKey::outside(&(1..=10_000), key, &most, "1 to 10000 boxes")?;
        }
        if let Some((width, height)) = self.input_size {
            let fits = [width, height].iter().all(|side| (STRIDE_MAX..=INPUT_SIDE_MAX).contains(side));
            let size = format!("{width}x{height}");
            InvalidKey::unless(fits, "network.input_size", &size, "sides of 32 to 4096 pixels")?;
        }
        let last = self.classes.keys().next_back().copied().unwrap_or_default();
        InvalidKey::unless(last < CLASSES_MAX, "network.classes", &last, "indices below 4096")?;
        self.preprocess.as_ref().map_or(Ok(()), Preprocess::validate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_that_cannot_be_used_is_named() {
        let good = DetectorConfig::default;
        let with = |preprocess| DetectorConfig { preprocess: Some(preprocess), ..good() };
        let unit = Preprocess::UNIT_RGB;
        for right in [good(), with(unit), with(Preprocess::BYTES_BGR)] {
            assert_eq!(right.validate(), Ok(()));
        }
        let far = BTreeMap::from([(4_096, Class::Car)]);
        let wrong = [
            ("network.confidence_min", DetectorConfig { confidence_min: 1.1, ..good() }),
            ("network.confidence_min", DetectorConfig { confidence_min: f32::NAN, ..good() }),
            ("network.iou_max", DetectorConfig { iou_max: -0.1, ..good() }),
            ("network.candidates_max", DetectorConfig { candidates_max: 0, ..good() }),
            ("network.candidates_max", DetectorConfig { candidates_max: 10_001, ..good() }),
            ("network.detections_max", DetectorConfig { detections_max: 0, ..good() }),
            ("network.detections_max", DetectorConfig { detections_max: 10_001, ..good() }),
            ("network.input_size", DetectorConfig { input_size: Some((640, 0)), ..good() }),
            ("network.input_size", DetectorConfig { input_size: Some((4_128, 640)), ..good() }),
            ("network.classes", DetectorConfig { classes: far, ..good() }),
            ("network.preprocess.scale", with(Preprocess { scale: 0.0, ..unit })),
            ("network.preprocess.scale", with(Preprocess { scale: f32::NAN, ..unit })),
            ("network.preprocess.mean", with(Preprocess { mean: [0.0, f32::INFINITY, 0.0], ..unit })),
            ("network.preprocess.std", with(Preprocess { std: [1.0, 1.0, 0.0], ..unit })),
        ];
        for (key, config) in wrong {
            let error = config.validate().unwrap_err();
            assert_eq!(error.key, key);
            assert!(error.to_string().starts_with(key), "{error}");
        }
    }
}
