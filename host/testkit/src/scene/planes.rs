//! From the rendered frame to what a camera delivers: changing light, noise of the sensor, and I420.

#![allow(
    clippy::indexing_slicing,
    reason = "pixel loops; every plane is made here with the size that is used"
)]

use std::sync::Arc;

use ovr_domain::pixels::{Matrix, OwnedPlanes, PixelLayout, Range};
use ovr_domain::{Picture, RgbImage};

use super::camera::SIZE;
use crate::Error;
use crate::random::Random;

/// Samples in the tile of noise; rows take theirs from anywhere in it, so that it never shows a pattern.
const TILE: usize = 1 << 18;

/// Deviation of the noise in steps of luma.
const NOISE: f32 = 2.4;

/// A sensor with its noise.
pub(crate) struct Sensor {
    tile: Vec<i8>,
    random: Random,
}

/// Light at second `t`: a slow swing, and a cloud that passes around the eighth second.
fn light(t: f32) -> f32 {
    let cloud = (-((t - 8.0) / 1.4).powi(2)).exp();
    1.0 + 0.05 * (t * 0.9).sin() - 0.2 * cloud
}

impl Sensor {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let tile = (0..TILE).map(|_| (random.normal() * NOISE).round() as i8).collect();
        Self { tile, random }
    }

    /// BT.709, limited range (ITU-R BT.709-6, items 3.2 to 3.4, at 8 bits, in fixed point).
    pub(crate) fn expose(&mut self, frame: &RgbImage, t: f32) -> Result<Picture, Error> {
        let (width, height) = (frame.width as usize, frame.height as usize);
        let gain = (light(t) * 256.0) as i32;
        let mut luma = vec![0_u8; width * height];
        let half = width / 2;
        let mut blue = vec![0_u8; half * (height / 2)];
        let mut red = blue.clone();
        for (row, line) in frame.data.chunks_exact(width * 3).enumerate() {
            let start = self.random.below(TILE - width);
            let noise = &self.tile[start..start + width];
            let out = &mut luma[row * width..(row + 1) * width];
            for ((pixel, grain), value) in line.chunks_exact(3).zip(noise).zip(out) {
                let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(i32::from);
                let lit = ((47 * r + 157 * g + 16 * b) * gain) >> 16;
                *value = (16 + lit + i32::from(*grain)).clamp(16, 235) as u8;
            }
            if row % 2 == 1 {
                continue;
            }
            let below = &frame.data[(row + 1) * width * 3..(row + 2) * width * 3];
            let at = row / 2 * half;
            let chroma = blue[at..at + half].iter_mut().zip(&mut red[at..at + half]);
            for ((upper, lower), (u, v)) in line.chunks_exact(6).zip(below.chunks_exact(6)).zip(chroma) {
                let sum = |k: usize| {
                    i32::from(upper[k])
                        + i32::from(upper[k + 3])
                        + i32::from(lower[k])
                        + i32::from(lower[k + 3])
                };
                let (r, g, b) = (sum(0), sum(1), sum(2));
                let scaled = |value: i32| (128 + (((value >> 2) * gain) >> 16)).clamp(16, 240) as u8;
                *u = scaled(-26 * r - 86 * g + 112 * b);
                *v = scaled(112 * r - 102 * g - 10 * b);
            }
        }
        let planes = OwnedPlanes(vec![(luma, width), (blue, half), (red, half)]);
        let colour = (Matrix::Bt709, Range::Limited);
        Ok(Picture::new(SIZE, PixelLayout::I420, colour, Arc::new(planes))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_back_from_the_planes_within_the_noise() {
        let colour = [180, 90, 60];
        let frame = RgbImage::filled(SIZE.0, SIZE.1, colour);
        let picture = Sensor::new(3).expose(&frame, 0.0).unwrap();
        let (image, _) = picture.rgb(picture.bounds());
        for (k, expected) in colour.into_iter().map(u64::from).enumerate() {
            let values = image.data.iter().skip(k).step_by(3);
            let mean = values.map(|v| u64::from(*v)).sum::<u64>() / (1280 * 720);
            assert!(mean.abs_diff(expected) <= 3, "channel {k} is {mean}, not {expected}");
        }
        let luma = picture.plane(0).data;
        let spread = luma.iter().max().unwrap() - luma.iter().min().unwrap();
        assert!((10..40).contains(&spread), "noise spreads over {spread}");
    }
}
