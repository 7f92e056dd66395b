//! The letterbox: a picture scaled to fit a network's input, its proportions kept, the rest filled.

use ovr_domain::geometry::{BBox, Point, Quad};
use ovr_domain::pixels::{Picture, PixelLayout};
use ovr_domain::port::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::InvalidKey;

use super::sample::{Colouring, Sampler};

/// Order of the colour planes in a network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChannelOrder {
    /// Red first.
    Rgb,
    /// Blue first.
    Bgr,
}

/// Where the picture lies in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Alignment {
    /// In the top left corner, as YOLOX has it.
    TopLeft,
    /// In the middle, as the other YOLOs have it.
    Centred,
}

/// How pixels become input values: `(pixel * scale - mean) / std` for each channel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Preprocess {
    /// Order of the planes.
    pub order: ChannelOrder,
    /// Where the picture lies.
    pub alignment: Alignment,
    /// Factor on a pixel of 0 to 255: 1/255 for networks that take 0 to 1. 0.000001 to 1000.
    pub scale: f32,
    /// Subtracted after scaling, red, green and blue. -1000 to 1000.
    pub mean: [f32; 3],
    /// Divided by, red, green and blue. 0.000001 to 1000.
    pub std: [f32; 3],
    /// Pixel value of what the picture does not cover, 0 to 255.
    pub fill: u8,
}

impl Preprocess {
    /// RGB from 0 to 1, in the middle of gray 114: YOLOv5, YOLOv8, YOLO11 and their end-to-end exports.
    pub const UNIT_RGB: Self = Self {
        order: ChannelOrder::Rgb,
        alignment: Alignment::Centred,
        scale: 1.0 / 255.0,
        mean: [0.0; 3],
        std: [1.0; 3],
        fill: 114,
    };

    /// BGR from 0 to 255, in the top left corner of gray 114: YOLOX.
    pub const BYTES_BGR: Self =
        Self { order: ChannelOrder::Bgr, alignment: Alignment::TopLeft, scale: 1.0, ..Self::UNIT_RGB };

    /// Whether the values that come out are numbers; the error names the first key whose value rules that out.
    pub(super) fn validate(&self) -> Result<(), InvalidKey> {
        let factor = 1e-6..=1e3;
        let expected = "0.000001 to 1000";
        InvalidKey::outside(&factor, "network.preprocess.scale", &self.scale, expected)?;
        for mean in &self.mean {
            InvalidKey::outside(&(-1e3..=1e3), "network.preprocess.mean", mean, "-1000 to 1000")?;
        }
        self.std
            .iter()
            .try_for_each(|std| InvalidKey::outside(&factor, "network.preprocess.std", std, expected))
    }

    /// The channel (0 red, 1 green, 2 blue) that stands in each plane of the input.
    fn channels(&self) -> [usize; 3] {
        match self.order {
            ChannelOrder::Rgb => [0, 1, 2],
            ChannelOrder::Bgr => [2, 1, 0],
        }
    }

    /// Factor and summand of one channel.
    fn affine(&self, channel: usize) -> (f32, f32) {
        let mean = self.mean.get(channel).copied().unwrap_or(0.0);
        let std = self.std.get(channel).copied().unwrap_or(1.0);
        (self.scale / std, -mean / std)
    }
}

/// Where a picture lies in a network's input, and the way back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// First column that the picture covers.
    pub left: u32,
    /// First row that the picture covers.
    pub top: u32,
    /// Columns that the picture covers.
    pub width: u32,
    /// Rows that the picture covers.
    pub height: u32,
    /// Width and height of the picture in its own pixels.
    pub picture: (u32, u32),
}

impl Placement {
    /// Fits a picture of `picture` pixels into an input of `input` pixels, both width and height above zero.
    pub fn new(picture: (u32, u32), input: (u32, u32), alignment: Alignment) -> Self {
        let across = f64::from(input.0) / f64::from(picture.0);
        let down = f64::from(input.1) / f64::from(picture.1);
        let scale = across.min(down);
        let width = ((f64::from(picture.0) * scale).round() as u32).clamp(1, input.0);
        let height = ((f64::from(picture.1) * scale).round() as u32).clamp(1, input.1);
        let (left, top) = match alignment {
            Alignment::TopLeft => (0, 0),
            Alignment::Centred => ((input.0 - width) / 2, (input.1 - height) / 2),
        };
        Self { left, top, width, height, picture }
    }

    /// Pixels of the picture for one of the input, across and down.
    pub fn step(&self) -> (f32, f32) {
        let across = self.picture.0 as f32 / self.width as f32;
        (across, self.picture.1 as f32 / self.height as f32)
    }

    /// A box of the input in pixels of the full-size picture; not clipped.
    pub fn to_picture(&self, bbox: BBox) -> BBox {
        let (across, down) = self.step();
        let (left, top) = (self.left as f32, self.top as f32);
        BBox::new(
            (bbox.x1 - left) * across,
            (bbox.y1 - top) * down,
            (bbox.x2 - left) * across,
            (bbox.y2 - top) * down,
        )
    }

    /// Corners on the input in pixels of the full-size picture; not clipped.
    pub fn corners_to_picture(&self, quad: &Quad) -> Quad {
        let (across, down) = self.step();
        let (left, top) = (self.left as f32, self.top as f32);
        Quad(quad.0.map(|point| Point { x: (point.x - left) * across, y: (point.y - top) * down }))
    }

    /// A box of the full-size picture in pixels of the input.
    pub fn to_input(&self, bbox: BBox) -> BBox {
        let (across, down) = self.step();
        let (left, top) = (self.left as f32, self.top as f32);
        BBox::new(
            bbox.x1 / across + left,
            bbox.y1 / down + top,
            bbox.x2 / across + left,
            bbox.y2 / down + top,
        )
    }
}

/// Makes a network's input from pictures; the tensor and all tables are reused while the pictures keep their size.
#[derive(Debug)]
pub struct Letterbox {
    input: (u32, u32),
    preprocess: Preprocess,
    tensor: Tensor,
    fitted: Option<Fitted>,
}

/// What depends on the size and layout of the pictures.
#[derive(Debug)]
struct Fitted {
    layout: PixelLayout,
    placement: Placement,
    sampler: Sampler,
}

impl Letterbox {
    /// For a network that takes `[1, 3, height, width]`; `input` is width and height, taken as at least 1.
    pub fn new(input: (u32, u32), preprocess: Preprocess) -> Self {
        let input = (input.0.max(1), input.1.max(1));
        Self { input, preprocess, tensor: Tensor::default(), fitted: None }
    }

    /// Samples a picture: area average when it is scaled down, bilinear when it is scaled up, straight from the
    /// planes, with the picture's own matrix and range. Gives the input and where the picture lies in it.
    pub fn apply(&mut self, picture: &Picture) -> (&Tensor, Placement) {
        let size = (picture.width(), picture.height());
        let wanted = Placement::new(size, self.input, self.preprocess.alignment);
        let keeps = |f: &Fitted| f.placement == wanted && f.layout == picture.layout();
        let mut fitted = match self.fitted.take() {
            Some(fitted) if keeps(&fitted) => fitted,
            _ => {
                self.fill();
                Fitted {
                    layout: picture.layout(),
                    placement: wanted,
                    sampler: Sampler::new(picture.layout(), &wanted),
                }
            }
        };
        let colouring = self.colouring(picture);
        let (width, height) = (self.input.0 as usize, self.input.1 as usize);
        let (left, count) = (wanted.left as usize, wanted.width as usize);
        let (first, rest) = self.tensor.data.split_at_mut(width * height);
        let (second, third) = rest.split_at_mut(width * height);
        let rows = first
            .chunks_exact_mut(width)
            .zip(second.chunks_exact_mut(width))
            .zip(third.chunks_exact_mut(width))
            .skip(wanted.top as usize)
            .take(wanted.height as usize);
        for (row, ((a, b), c)) in rows.enumerate() {
            let covered = [a, b, c].map(|line| line.get_mut(left..left + count).unwrap_or_default());
            fitted.sampler.row(picture, row, &colouring, covered);
        }
        self.fitted = Some(fitted);
        (&self.tensor, wanted)
    }

    /// Fills the whole input, which later pictures of the same size only overwrite where they lie.
    fn fill(&mut self) {
        let (width, height) = (self.input.0 as usize, self.input.1 as usize);
        self.tensor.shape = vec![1, 3, height, width];
        self.tensor.data.clear();
        for channel in self.preprocess.channels() {
            let (factor, summand) = self.preprocess.affine(channel);
            let value = f32::from(self.preprocess.fill) * factor + summand;
            let filled = self.tensor.data.len() + width * height;
            self.tensor.data.resize(filled, value);
        }
    }

    /// How this picture's samples become values of the three planes.
    fn colouring(&self, picture: &Picture) -> Colouring {
        let channels = self.preprocess.channels();
        let affine = channels.map(|channel| self.preprocess.affine(channel));
        Colouring::new(picture, channels, affine)
    }
}

#[cfg(test)]
mod tests;
