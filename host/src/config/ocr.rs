//! ocr.yaml

use std::path::PathBuf;

use ovr_events::assemble::AssembleConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;

/// ocr.yaml: how plates are read and agreed on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OcrConfig {
    /// What reads plates.
    pub(crate) reader: ReaderConfig,
    /// When the reads of a vehicle agree.
    pub(crate) assemble: AssembleConfig,
}

/// What reads plates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ReaderConfig {
    /// What kind of network it is.
    pub(crate) engine: ReaderEngine,
    /// ONNX file of such a network, CTC or fixed slots by its metadata; null takes the engine's own.
    pub(crate) model: Option<PathBuf>,
    /// Plates narrower than this are not read, in pixels.
    pub(crate) plate_width_min_px: f32,
}

/// What kind of network reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ReaderEngine {
    /// Reads whole plates, all their lines at once; the one that ships with the program.
    #[default]
    Ovr,
    /// The same in 8-bit integers: about twice as fast on processors with VNNI, and within 0.3 points as exact.
    #[serde(rename = "ovr_int8")]
    OvrInt8,
    /// PaddleOCR's reader of single lines of any text; the one that `./dev setup` fetches.
    PaddleOcr,
}

impl ReaderEngine {
    /// File name of the engine's own model.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Ovr => "plate-reader.onnx",
            Self::OvrInt8 => "plate-reader-int8.onnx",
            Self::PaddleOcr => "PP-OCRv6_rec_small.onnx",
        }
    }

    /// The name in the configuration.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ovr => "ovr",
            Self::OvrInt8 => "ovr_int8",
            Self::PaddleOcr => "paddleocr",
        }
    }

    /// Whether its networks read single lines of text.
    pub(crate) fn reads_lines(self) -> bool {
        self == Self::PaddleOcr
    }
}

impl Default for ReaderConfig {
    fn default() -> Self {
        Self { engine: ReaderEngine::default(), model: None, plate_width_min_px: 30.0 }
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
        self.assemble.validate().map_err(Problem::from)
    }
}
