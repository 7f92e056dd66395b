//! Detection: from the planes of a picture to vehicles and plates.
//!
//! [`Letterbox`] samples a decoder's planes straight into the network's input, [`Layout`] says how the network's
//! output is written, and [`YoloDetector`] puts them together over any
//! [`Inference`](ovr_domain::port::Inference). Nothing here trusts a network: whatever numbers it gives, the
//! detections that come out are finite boxes inside the picture with a confidence between the floor and 1.

mod classes;
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

/// How a detector is set up. What is left out is told from the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DetectorConfig {
    /// How the output is written; told from the model's shape and metadata when left out.
    pub layout: Option<Layout>,
    /// Width and height of the network's input in pixels, for a model that leaves them free; multiples of 32.
    pub input_size: Option<(u32, u32)>,
    /// How pixels become input values; by the layout's usage when left out.
    pub preprocess: Option<Preprocess>,
    /// Which class each of the network's indices is; indices that are not here are dropped. Told from the model's
    /// `names` metadata when empty.
    #[schemars(with = "BTreeMap<usize, String>")]
    pub classes: BTreeMap<usize, Class>,
    /// Smallest confidence of a detection, 0 to 1.
    pub confidence_min: f32,
    /// Largest intersection over union that two detections of a class may have, 0 to 1.
    pub iou_max: f32,
    /// Most candidates that enter non-maximum suppression, the most confident first.
    pub candidates_max: usize,
    /// Most detections on one picture, the most confident first.
    pub detections_max: usize,
}

impl Default for DetectorConfig {
    fn default() -> Self {
        Self {
            layout: None,
            input_size: None,
            preprocess: None,
            classes: BTreeMap::new(),
            confidence_min: 0.25,
            iou_max: 0.5,
            candidates_max: 1_000,
            detections_max: 300,
        }
    }
}
