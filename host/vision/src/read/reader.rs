//! Plates from crops: one line or two, several views of each, judged by how much they are like a plate.

use ovr_domain::port::{Inference, InferenceError};
use ovr_domain::read::Alternative;
use ovr_domain::{Digest, Frame, PlateRead, Quad, RgbImage};

use super::alphabet;
use super::lattice::{self, Line, Reading};
use super::likeness::{Candidate, likeness};
use super::network::{Decoder, ReadingNetwork};
use super::quality::{crop_quality, gap};
use super::rectify::{self, Cut};

/// Width over height below which a crop may hold two lines.
const TWO_LINE_ASPECT_MAX: f32 = 2.3;

/// How far the halves of a two-line crop reach over the gap between them, as a share of the crop's height.
const GAP_OVERLAP: f32 = 0.02;

/// The views of a still picture's line. A video has a new view with every frame instead.
pub(super) const VIEWS: [Cut; 3] =
    [Cut::TIGHT, Cut { across: -0.05, down: -0.08 }, Cut { across: 0.25, down: 0.0 }];

/// A plate read from one or two lines.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ReadPlate {
    pub(super) text: Vec<alphabet::Symbol>,
    pub(super) positions: Vec<Vec<Alternative>>,
    /// See [`Reading::absent`].
    pub(super) absent: Vec<f32>,
    /// See [`Reading::between`].
    pub(super) between: Vec<(usize, Alternative)>,
    /// 0 to 1.
    pub(super) likeness: f32,
    pub(super) quad: Quad,
    /// 1 or 2.
    pub(super) lines: usize,
    /// Height of the higher line, in pixels.
    pub(super) line_height_px: f32,
}

impl ReadPlate {
    /// Judges what was concluded from the lines at these quads.
    fn new(reading: Reading, quads: &[Quad]) -> Option<Self> {
        let quad = match quads {
            [single] => *single,
            several => crate::find::rectangle::around(several)?,
        };
        let candidate = Candidate {
            text: &reading.text,
            raw: &reading.raw,
            log: reading.log,
            aspect: quad.width() / quad.height().max(1.0),
            lines: quads.len(),
        };
        Some(Self {
            likeness: likeness(&candidate),
            text: reading.text,
            positions: reading.positions,
            absent: reading.absent,
            between: reading.between,
            quad,
            lines: quads.len(),
            line_height_px: quads.iter().map(Quad::height).fold(0.0, f32::max),
        })
    }
}

/// A line that the network has seen.
#[derive(Debug, Clone)]
pub(super) struct SeenLine {
    pub(super) quad: Quad,
    pub(super) line: Line,
}

/// Concludes a plate from one line, or from two that make one plate.
pub(super) fn plate_of(lines: &[&SeenLine]) -> Option<ReadPlate> {
    let parts: Vec<&Line> = lines.iter().map(|line| &line.line).collect();
    let quads: Vec<Quad> = lines.iter().map(|line| line.quad).collect();
    ReadPlate::new(lattice::conclude(&parts)?, &quads)
}

/// Reads plates from crops with a CTC or a fixed-slot network.
///
/// The network takes `[batch, 3 or 1, height, width or free]` with values from -1 to 1 and gives
/// `[batch, steps or slots, classes]` probabilities. Its metadata says the rest: `character` the characters, one a line
/// (the blank or empty class stands before them, and PP-OCR's space may stand behind), `decoder` `ctc` (also when the
/// key is missing) or `slots`.
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

    /// How the output is decoded.
    pub fn decoder(&self) -> Decoder {
        self.network.decoder()
    }

    /// The weights.
    pub fn digest(&self) -> Digest {
        self.network.digest()
    }

    /// Reads the plates at `quads` of a frame in as few batches as their widths allow: one answer for each quad, nothing
    /// where no text was read. A crop that is not wide is also read as two lines, and the more plate-like reading counts.
    /// Only the crops are converted from the frame's planes.
    pub fn read(&mut self, frame: &Frame, quads: &[Quad]) -> Result<Vec<Option<PlateRead>>, InferenceError> {
        let mut crops = Vec::with_capacity(quads.len());
        for (at, quad) in quads.iter().enumerate().filter(|(_, quad)| quad.is_finite()) {
            let region = quad.bounds().grown(0.1, 0.1);
            let (image, (left, top)) = frame.picture.rgb(region);
            crops.push((at, image, quad.moved(-(left as f32), -(top as f32))));
        }
        let mut jobs = Vec::new();
        for (at, image, quad) in &crops {
            jobs.push((*at, image, *quad));
            jobs.extend(halves(image, quad).into_iter().flatten().map(|half| (*at, image, half)));
        }
        let pairs: Vec<(&RgbImage, Quad)> = jobs.iter().map(|(_, image, quad)| (*image, *quad)).collect();
        let seen = self.see(&pairs, &[Cut::TIGHT])?;
        let mut reads: Vec<Option<PlateRead>> = vec![None; quads.len()];
        for (at, image, quad) in &crops {
            let own: Vec<&SeenLine> = jobs
                .iter()
                .zip(&seen)
                .filter(|((job, ..), _)| job == at)
                .filter_map(|(_, line)| line.as_ref())
                .collect();
            let (Some(best), Some(given)) = (most_like_a_plate(&own), quads.get(*at)) else {
                continue;
            };
            if let Some(slot) = reads.get_mut(*at) {
                *slot = Some(PlateRead {
                    positions: best.positions,
                    quad: *given,
                    width_px: given.width(),
                    plate_likeness: best.likeness,
                    quality: crop_quality(image, quad),
                    sequence: frame.sequence,
                    captured_at: frame.captured_at,
                    reader: self.network.digest(),
                });
            }
        }
        Ok(reads)
    }

    /// Looks at lines in several views each; nothing where a line has no area.
    pub(super) fn see(
        &mut self,
        lines: &[(&RgbImage, Quad)],
        views: &[Cut],
    ) -> Result<Vec<Option<SeenLine>>, InferenceError> {
        let mut crops = Vec::new();
        let mut of = Vec::new();
        for (at, (image, quad)) in lines.iter().enumerate() {
            for view in views {
                if let Some(crop) = self.network.cut(image, quad, *view) {
                    crops.push(crop);
                    of.push(at);
                }
            }
        }
        let mut seen: Vec<Option<SeenLine>> = vec![None; lines.len()];
        for (answer, at) in self.network.see(&crops)?.into_iter().zip(of) {
            let (Some(slot), Some((_, quad))) = (seen.get_mut(at), lines.get(at)) else {
                continue;
            };
            let line = slot.get_or_insert_with(|| SeenLine {
                quad: *quad,
                line: Line { views: Vec::new(), raw: answer.raw },
            });
            line.line.views.push(answer.evidence);
        }
        Ok(seen)
    }
}

/// The upper and the lower half of a crop that may hold two lines.
fn halves(image: &RgbImage, quad: &Quad) -> Option<[Quad; 2]> {
    if quad.width() >= TWO_LINE_ASPECT_MAX * quad.height() {
        return None;
    }
    let gap = gap(image, quad);
    Some([rectify::band(quad, 0.0, gap + GAP_OVERLAP), rectify::band(quad, gap - GAP_OVERLAP, 1.0)])
}

/// Of a crop read whole and, when there are three lines, its halves: the reading that is most like a plate.
fn most_like_a_plate(lines: &[&SeenLine]) -> Option<ReadPlate> {
    let mut plates: Vec<ReadPlate> = lines.iter().filter_map(|line| plate_of(&[line])).collect();
    if let &[_, upper, lower] = lines {
        plates.extend(plate_of(&[upper, lower]));
    }
    plates.into_iter().max_by(|a, b| a.likeness.total_cmp(&b.likeness))
}

#[cfg(test)]
mod tests;
