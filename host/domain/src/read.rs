//! One OCR result: a lattice of characters with their probabilities, and how good the crop was.

use serde::{Deserialize, Serialize};

use crate::geometry::Quad;
use crate::ids::Digest;
use crate::time::CapturedAt;

/// Longest plate text, in characters; the longest in use have 10, with room for what a reader adds.
pub const PLATE_CHARS_MAX: usize = 16;

/// Most alternatives kept for one position.
pub const ALTERNATIVES_MAX: usize = 8;

/// A character that may stand at a position.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// The character, upper case.
    pub character: char,
    /// 0 to 1; the alternatives of a position and "no character here" add up to at most 1.
    pub probability: f32,
}

/// One place of a plate: what may stand there, and that nothing may.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Position {
    /// At most [`ALTERNATIVES_MAX`], the most probable first; with `absent` they add up to at most 1.
    pub alternatives: Vec<Alternative>,
    /// Probability that no character stands here (a screw, the border, an emblem), 0 to 1.
    pub absent: f32,
}

impl Position {
    /// Whether a character stands here, more likely than not.
    pub fn is_present(&self) -> bool {
        self.absent <= 0.5
    }

    /// The most probable character.
    pub fn best(&self) -> Option<char> {
        self.alternatives.first().map(|best| best.character)
    }
}

/// How well a crop can be read.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct CropQuality {
    /// Variance of the Laplacian of the luma (0 to 255 scale) after scaling the crop to 32 rows; above 100 is sharp.
    pub sharpness: f32,
    /// Spread between the 5th and the 95th percentile of the luma, 0 to 1.
    pub contrast: f32,
    /// Mean luma, 0 (black) to 1 (white).
    pub exposure: f32,
}

/// One reading of one crop.
#[derive(Debug, Clone, PartialEq)]
pub struct PlateRead {
    /// For each character position from left to right (upper line first), its alternatives, the most probable first.
    pub positions: Vec<Vec<Alternative>>,
    /// Where on the picture.
    pub quad: Quad,
    /// Width of the plate on the picture, in pixels.
    pub width_px: f32,
    /// How likely the crop shows a plate at all, 0 to 1, by shape and text.
    pub plate_likeness: f32,
    /// How well the crop can be read.
    pub quality: CropQuality,
    /// Which frame.
    pub sequence: u64,
    /// When.
    pub captured_at: CapturedAt,
    /// The reader's weights.
    pub reader: Digest,
}

impl PlateRead {
    /// The most probable character of every position.
    pub fn text(&self) -> String {
        self.positions.iter().filter_map(|p| p.first()).map(|best| best.character).collect()
    }

    /// Probability of the best character, for each position.
    pub fn char_confidences(&self) -> Vec<f32> {
        self.positions.iter().filter_map(|p| p.first()).map(|best| best.probability).collect()
    }

    /// Geometric mean of the best characters' probabilities, 0 to 1; 0 when nothing was read.
    pub fn confidence(&self) -> f32 {
        let probabilities = self.char_confidences();
        if probabilities.is_empty() {
            return 0.0;
        }
        let logs: f32 = probabilities.iter().map(|p| p.max(1e-6).ln()).sum();
        (logs / probabilities.len() as f32).exp()
    }
}

/// A plate text reduced to what is compared: letters in upper case and digits; separators, blanks and case dropped.
pub fn normalize(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_uppercase).take(PLATE_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalized_text_has_no_separators_and_no_case() {
        assert_eq!(normalize("b-ab 1234·e"), "BAB1234E");
        assert_eq!(normalize("沪C·21F13"), "沪C21F13");
        assert_eq!(normalize(" - "), "");
    }
}
