//! One read as the fusion takes it: a checked lattice, its weight, and the sides on which the picture cut it off.

use ovr_domain::read::{ALTERNATIVES_MAX, Alternative, CropQuality, PLATE_CHARS_MAX, PlateRead, normalize};
use ovr_domain::{BBox, Picture};

/// Most positions of a read that are looked at: a plate and as much again that a reader may add around it.
pub(super) const POSITIONS_MAX: usize = 2 * PLATE_CHARS_MAX;

/// Plate width in pixels from which on more pixels do not make a read better.
const WIDTH_FULL_PX: f32 = 100.0;

/// Plate width in pixels that nobody can read.
const WIDTH_NONE_PX: f32 = 20.0;

/// Variance of the Laplacian from which on a crop counts as sharp, see [`CropQuality::sharpness`].
const SHARP: f32 = 100.0;

/// The least that size and sharpness leave of a weight, because both are guesses about the text.
const FLOOR: f32 = 0.2;

/// Sides on which the border of the picture hides a part of the plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CutOff {
    /// The first characters may be missing.
    pub left: bool,
    /// The last characters may be missing.
    pub right: bool,
}

impl CutOff {
    /// A plate whose box comes within 2 pixels of the picture's left or right border is cut off there.
    pub fn of(plate: BBox, picture: &Picture) -> Self {
        const MARGIN_PX: f32 = 2.0;
        Self { left: plate.x1 <= MARGIN_PX, right: plate.x2 >= picture.width() as f32 - MARGIN_PX }
    }
}

/// A read that is kept.
#[derive(Debug, Clone)]
pub(super) struct Lattice {
    /// Alternatives of each position, the most probable first, probabilities 0 to 1 and at most 1 together.
    pub(super) positions: Vec<Vec<Alternative>>,
    /// How much the read counts, above 0 and at most 1.
    pub(super) weight: f32,
    /// How likely the crop shows a plate, 0 to 1.
    pub(super) likeness: f32,
    /// Where the border of the picture hides something.
    pub(super) cut_off: CutOff,
}

impl Lattice {
    /// Takes what is sane of a read; nothing when no letter or digit is left.
    pub(super) fn new(read: &PlateRead, cut_off: CutOff) -> Option<Self> {
        let positions: Vec<_> = read.positions.iter().take(POSITIONS_MAX).filter_map(|p| sane(p)).collect();
        let lattice = Self { positions, weight: weight(read), likeness: unit(read.plate_likeness), cut_off };
        (!lattice.text().is_empty()).then_some(lattice)
    }

    /// The normalised text of the most probable characters.
    pub(super) fn text(&self) -> String {
        let best: String = self.positions.iter().filter_map(|p| p.first()).map(|a| a.character).collect();
        normalize(&best)
    }
}

/// 0 to 1, and 0 for what is no number.
fn unit(value: f32) -> f32 {
    if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 }
}

/// The alternatives in order, none twice, with probabilities that add up to at most 1.
fn sane(position: &[Alternative]) -> Option<Vec<Alternative>> {
    let mut kept: Vec<Alternative> = Vec::with_capacity(position.len().min(ALTERNATIVES_MAX));
    for alternative in position.iter().take(ALTERNATIVES_MAX) {
        let probability = unit(alternative.probability);
        let known = kept.iter().any(|a| a.character == alternative.character);
        if probability > 0.0 && !known {
            kept.push(Alternative { character: alternative.character, probability });
        }
    }
    kept.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let sum: f32 = kept.iter().map(|a| a.probability).sum();
    if sum > 1.0 {
        for alternative in &mut kept {
            alternative.probability /= sum;
        }
    }
    (!kept.is_empty()).then_some(kept)
}

/// How much a read counts, above 0 and at most 1: the product of size, sharpness and light of the crop, the
/// reader's own confidence (squared, because readers are overconfident) and plate-likeness. None of them alone
/// takes a read's whole voice away.
pub fn weight(read: &PlateRead) -> f32 {
    let confidence = unit(read.confidence());
    let likeness = 0.25 + 0.75 * unit(read.plate_likeness);
    let weight = crop_score(read.quality, read.width_px) * confidence * confidence * likeness;
    weight.clamp(0.01, 1.0)
}

/// How well a crop can be read by its size and quality alone, 0 to 1: it compares crops of one track.
pub fn crop_score(quality: CropQuality, width_px: f32) -> f32 {
    let width = unit((width_px - WIDTH_NONE_PX) / (WIDTH_FULL_PX - WIDTH_NONE_PX)).max(FLOOR);
    let sharp = unit(quality.sharpness / SHARP).max(FLOOR);
    // Letters vanish in a crop that is nearly black or nearly white, whatever the focus.
    let off_middle = (unit(quality.exposure) - 0.5).abs();
    let light = unit((0.5 - off_middle) / 0.15).max(0.5);
    width * sharp.sqrt() * light
}
