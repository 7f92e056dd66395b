//! ocr.yaml

use std::path::PathBuf;

use ovr_events::assemble::AssembleConfig;
use ovr_vision::find::TextFinderConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;

/// ocr.yaml: how plates are found, read and agreed on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OcrConfig {
    /// What finds the places that may be plates.
    pub(crate) finder: FinderConfig,
    /// What reads them.
    pub(crate) reader: ReaderConfig,
    /// When the reads of a vehicle agree.
    pub(crate) assemble: AssembleConfig,
}

/// What finds the places that may be plates.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FinderConfig {
    /// ONNX file of a PP-OCR text detection network; null takes the one that `./dev setup` fetched.
    pub(crate) model: Option<PathBuf>,
    /// How its output becomes places.
    pub(crate) text: TextFinderConfig,
}

/// What reads plates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ReaderConfig {
    /// ONNX file of a reader, CTC or fixed slots by its metadata; null takes the one that `./dev setup` fetched.
    pub(crate) model: Option<PathBuf>,
    /// Plates narrower than this are not read, in pixels.
    pub(crate) plate_width_min_px: f32,
}

impl Default for ReaderConfig {
    fn default() -> Self {
        Self { model: None, plate_width_min_px: 40.0 }
    }
}

impl OcrConfig {
    pub(super) fn validate(&self) -> Result<(), Problem> {
        let width = self.reader.plate_width_min_px;
        if !(1.0..=1000.0).contains(&width) {
            return Err(Problem::new(
                "reader.plate_width_min_px",
                format!("{width} pixels: expected 1 to 1000"),
            ));
        }
        self.finder.text.validate().map_err(|error| Problem::within("finder", &error))?;
        self.assemble.validate().map_err(Problem::from)
    }
}
