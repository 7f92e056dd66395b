//! Plates from crops, by a network that reads whole plates or by one that reads single lines of text.

use ovr_domain::port::{Inference, InferenceError};
use ovr_domain::read::Alternative;
use ovr_domain::{Digest, Frame, PlateRead, Quad, RgbImage};

use super::alphabet::Symbol;
use super::lattice::{self, Line, Reading};
use super::network::ReadingNetwork;
use super::policy::{CHARACTERS_FULL, GAP_OVERLAP, TWO_LINE_ASPECT_MAX, VIDEO_MARGIN};
use super::quality::{crop_quality, gap};
use super::rectify;

/// A plate that a detector has found on a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeenPlate {
    /// Its corners, or those of its box, in pixels of the picture.
    pub quad: Quad,
    /// The detector's confidence, 0 to 1.
    pub confidence: f32,
}

/// What was read in one or several views of one plate.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ReadText {
    pub(super) text: Vec<Symbol>,
    pub(super) positions: Vec<Vec<Alternative>>,
    /// See [`Reading::absent`].
    pub(super) absent: Vec<f32>,
    /// See [`Reading::between`].
    pub(super) between: Vec<(usize, Alternative)>,
    /// Log-probability of the whole text.
    pub(super) log: f32,
}

impl ReadText {
    /// Probability of the whole text, 0 to 1, less when it has fewer characters than a plate has.
    pub(super) fn probability(&self) -> f32 {
        let probability = self.weight().exp();
        if probability.is_finite() { probability.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// By which readings of one place are compared: the logarithm of [`probability`](Self::probability), which says more
    /// of improbable ones.
    pub(super) fn weight(&self) -> f32 {
        self.log + self.fullness().ln()
    }

    /// Geometric mean of what its characters are worth, 0 to 1, less when there are fewer than a plate has.
    pub(super) fn certainty(&self) -> f32 {
        let count = self.text.len() as f32;
        let certainty = (self.log / count.max(1.0)).exp() * self.fullness();
        if certainty.is_finite() { certainty.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// What its length is worth, 0 to 1.
    fn fullness(&self) -> f32 {
        (self.text.len() as f32 / CHARACTERS_FULL).min(1.0)
    }

    /// How likely the crop shows a plate at all: the detector saw one and the reader could read it. Their geometric mean,
    /// because either may doubt what the other is sure of.
    pub(super) fn likeness(&self, detected: f32) -> f32 {
        together(detected, self.certainty())
    }

    /// How sure it is that this is a plate with this text.
    pub(super) fn confidence(&self, detected: f32) -> f32 {
        together(detected, self.probability())
    }
}

impl From<Reading> for ReadText {
    fn from(reading: Reading) -> Self {
        let Reading { text, log, positions, absent, between } = reading;
        Self { text, positions, absent, between, log }
    }
}

impl From<(Vec<Symbol>, f32)> for ReadText {
    fn from((text, log): (Vec<Symbol>, f32)) -> Self {
        let (positions, absent, between) = (Vec::new(), Vec::new(), Vec::new());
        Self { text, positions, absent, between, log }
    }
}

/// How much is told of what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// The likeliest text alone, for choosing among places.
    Text,
    /// All that may stand at each position.
    Full,
}

/// Geometric mean of two confidences; 0 of what is none.
fn together(a: f32, b: f32) -> f32 {
    let product = a.clamp(0.0, 1.0) * b;
    if product.is_finite() { product.sqrt() } else { 0.0 }
}

/// The views of one plate: quads on one image.
pub(super) type Views<'a> = (&'a RgbImage, Vec<Quad>);

/// Reads plates from crops with a CTC or a fixed-slot network.
///
/// The network takes `[batch, 3 or 1, height, width or free]` with values from -1 to 1 and gives
/// `[batch, steps or slots, classes]` probabilities. One with a width of its own gets whole plates stretched to its input,
/// however many lines they have; one with a free width gets single lines in proportion, as general text readers do, and a
/// plate that may have two lines is given to it whole and in halves. Its metadata says the rest: `character` the
/// characters, one a line (the blank or empty class stands before them, and PP-OCR's space may stand behind), `decoder`
/// `ctc` (also when the key is missing) or `slots`.
pub struct PlateReader {
    network: ReadingNetwork,
}

impl PlateReader {
    /// Tells the decoder from the model.
    ///
    /// # Errors
    /// [`InferenceError::Layout`] when the model is no reader; the message says what was found and what would be right.
    pub fn new(network: Box<dyn Inference>) -> Result<Self, InferenceError> {
        Ok(Self { network: ReadingNetwork::new(network)? })
    }

    /// The same reader that asks the same network in another way.
    #[must_use]
    pub fn asking(&self, network: Box<dyn Inference>) -> Self {
        Self { network: self.network.asking(network) }
    }

    /// Whether the network reads single lines of text instead of whole plates.
    pub fn reads_lines(&self) -> bool {
        self.network.reads_lines()
    }

    /// The weights.
    pub fn digest(&self) -> Digest {
        self.network.digest()
    }

    /// Reads the plates of a frame in as few batches as their widths allow: one answer for each, in order, nothing where
    /// no text was read. Only the crops are converted from the frame's planes.
    ///
    /// # Errors
    /// [`InferenceError::Run`] when the network fails.
    pub fn read(
        &mut self,
        frame: &Frame,
        plates: &[SeenPlate],
    ) -> Result<Vec<Option<PlateRead>>, InferenceError> {
        let mut crops = Vec::with_capacity(plates.len());
        for (at, plate) in plates.iter().enumerate().filter(|(_, plate)| plate.quad.is_finite()) {
            let region = plate.quad.bounds().grown(0.1, 0.1);
            let (image, (left, top)) = frame.picture.rgb(region);
            crops.push((at, image, plate.quad.moved(-(left as f32), -(top as f32))));
        }
        let views: Vec<Views<'_>> = crops
            .iter()
            .map(|(_, image, quad)| (image, vec![rectify::grown(quad, VIDEO_MARGIN, VIDEO_MARGIN)]))
            .collect();
        let texts = self.read_views(&views, Depth::Full)?;
        let mut reads: Vec<Option<PlateRead>> = vec![None; plates.len()];
        for ((at, image, quad), text) in crops.iter().zip(texts) {
            let (Some(text), Some(given)) = (text, plates.get(*at)) else {
                continue;
            };
            if let Some(slot) = reads.get_mut(*at) {
                *slot = Some(PlateRead {
                    plate_likeness: text.likeness(given.confidence),
                    positions: text.positions,
                    quad: given.quad,
                    width_px: given.quad.width(),
                    quality: crop_quality(image, quad),
                    sequence: frame.sequence,
                    captured_at: frame.captured_at,
                    reader: self.network.digest(),
                });
            }
        }
        Ok(reads)
    }

    /// Reads plates in several views each: one answer for each plate, nothing where no view has an area or no text was
    /// read.
    pub(super) fn read_views(
        &mut self,
        plates: &[Views<'_>],
        depth: Depth,
    ) -> Result<Vec<Option<ReadText>>, InferenceError> {
        let mut crops = Vec::new();
        let mut parts = Vec::new();
        for (plate, (image, views)) in plates.iter().enumerate() {
            for view in views {
                for (part, quad) in self.parts_of(image, view) {
                    if let Some(crop) = self.network.cut(image, &quad) {
                        crops.push(crop);
                        parts.push((plate, part));
                    }
                }
            }
        }
        let mut seen = vec![SeenParts::default(); plates.len()];
        for (evidence, (plate, part)) in self.network.see(&crops)?.into_iter().zip(parts) {
            if let Some(slot) = seen.get_mut(plate) {
                slot.line(part).views.push(evidence);
            }
        }
        Ok(seen.iter().map(|seen| seen.read(depth)).collect())
    }

    /// What of a view the network is shown.
    fn parts_of(&self, image: &RgbImage, view: &Quad) -> Vec<(Part, Quad)> {
        let mut parts = vec![(Part::Whole, *view)];
        if self.network.reads_lines() && view.width() < TWO_LINE_ASPECT_MAX * view.height() {
            let gap = gap(image, view);
            parts.push((Part::Upper, rectify::band(view, 0.0, gap + GAP_OVERLAP)));
            parts.push((Part::Lower, rectify::band(view, gap - GAP_OVERLAP, 1.0)));
        }
        parts
    }
}

/// What a crop shows of a plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    Upper,
    Lower,
}

/// What was seen of one plate.
#[derive(Debug, Clone, Default)]
struct SeenParts {
    whole: Line,
    upper: Line,
    lower: Line,
}

impl SeenParts {
    fn line(&mut self, part: Part) -> &mut Line {
        match part {
            Part::Whole => &mut self.whole,
            Part::Upper => &mut self.upper,
            Part::Lower => &mut self.lower,
        }
    }

    /// The likelier of the whole and, where they were looked at, the two halves. Per character: a text of two lines has
    /// more of them.
    fn read(&self, depth: Depth) -> Option<ReadText> {
        let of = |lines: &[&Line]| {
            if lines.iter().any(|line| line.views.is_empty()) {
                return None;
            }
            match depth {
                Depth::Full => lattice::conclude(lines).map(ReadText::from),
                Depth::Text => lattice::glance(lines).map(ReadText::from),
            }
        };
        let readings = [of(&[&self.whole]), of(&[&self.upper, &self.lower])];
        readings.into_iter().flatten().max_by(|a, b| a.certainty().total_cmp(&b.certainty()))
    }
}

#[cfg(test)]
mod tests;
