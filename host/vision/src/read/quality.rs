//! How well a crop can be read, from its pixels.

#![expect(clippy::indexing_slicing, reason = "pixel loops inside sides that are checked first")]

use ovr_domain::read::CropQuality;
use ovr_domain::{Quad, RgbImage};

use super::rectify::{self, Channels};

/// Rows to which a crop is scaled before its sharpness is taken, so that crops of any size compare.
const ROWS: u32 = 32;

/// Widest crop that is looked at, in pixels of [`ROWS`] rows.
const COLUMNS_MAX: u32 = 256;

/// Quality of what the quad covers; zero of everything when it covers nothing.
pub fn crop_quality(image: &RgbImage, quad: &Quad) -> CropQuality {
    let Some(strip) = rectify::strip(image, quad, ROWS, COLUMNS_MAX, Channels::Luma) else {
        return CropQuality::default();
    };
    let luma = strip.data;
    let mut sorted = luma.clone();
    sorted.sort_unstable();
    let share = |percent: usize| f32::from(sorted[(sorted.len() - 1) * percent / 100]) / 255.0;
    let sum: f32 = luma.iter().map(|&value| f32::from(value)).sum();
    CropQuality {
        sharpness: laplacian_variance(&luma, strip.width as usize, strip.height as usize),
        contrast: share(95) - share(5),
        exposure: sum / luma.len() as f32 / 255.0,
    }
}

/// Variance of the 4-neighbour Laplacian (Pertuz et al. 2013, LAP4), on values of 0 to 255.
fn laplacian_variance(luma: &[u8], width: usize, height: usize) -> f32 {
    if width < 3 || height < 3 || luma.len() < width * height {
        return 0.0;
    }
    let (mut sum, mut squares, mut count) = (0.0_f64, 0.0_f64, 0.0_f64);
    for y in 1..height - 1 {
        for x in 1..width - 1 {
            let at = y * width + x;
            let value = |at: usize| f64::from(luma[at]);
            let laplacian =
                value(at - 1) + value(at + 1) + value(at - width) + value(at + width) - 4.0 * value(at);
            sum += laplacian;
            squares += laplacian * laplacian;
            count += 1.0;
        }
    }
    let mean = sum / count;
    (squares / count - mean * mean).max(0.0) as f32
}

/// Where the gap between the two rows of a two-line crop is, as a share of its height: the row with the least change
/// from column to column in the middle third.
pub(crate) fn gap(image: &RgbImage, quad: &Quad) -> f32 {
    let Some(strip) = rectify::strip(image, quad, ROWS, COLUMNS_MAX, Channels::Luma) else {
        return 0.5;
    };
    let luma = strip.data;
    let width = strip.width as usize;
    let change = |row: usize| -> u32 {
        let line = &luma[row * width..(row + 1) * width];
        line.windows(2).map(|pair| u32::from(pair[0].abs_diff(pair[1]))).sum()
    };
    let rows = ROWS as usize;
    let quietest = (rows * 36 / 100..rows * 64 / 100).min_by_key(|&row| change(row) + change(row + 1));
    quietest.map_or(0.5, |row| (row + 1) as f32 / rows as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::BBox;

    #[test]
    fn the_laplacian_of_a_known_patch() {
        // One bright pixel in a 4x4 patch: the four inner values are -4v, v, v and 0.
        let mut luma = vec![0; 16];
        luma[5] = 10;
        let mean = (-40.0 + 10.0 + 10.0) / 4.0;
        let squares = (1600.0 + 100.0 + 100.0) / 4.0;
        assert!((laplacian_variance(&luma, 4, 4) - (squares - mean * mean)).abs() < 1e-3);
    }

    #[test]
    fn flat_gray_has_exposure_and_nothing_else() {
        let image = RgbImage::filled(64, 32, [128; 3]);
        let quality = crop_quality(&image, &BBox::new(0.0, 0.0, 64.0, 32.0).quad());
        assert!(quality.sharpness.abs() < 1e-3 && quality.contrast.abs() < 1e-6);
        assert!((quality.exposure - 128.0 / 255.0).abs() < 0.01);
    }

    #[test]
    fn stripes_are_sharper_than_their_blur_and_a_broken_quad_is_nothing() {
        let mut image = RgbImage::filled(128, 32, [20; 3]);
        for (at, pixel) in image.data.chunks_exact_mut(3).enumerate() {
            pixel.fill(if (at % 128) / 4 % 2 == 0 { 20 } else { 220 });
        }
        let whole = BBox::new(0.0, 0.0, 128.0, 32.0).quad();
        let sharp = crop_quality(&image, &whole);
        let before = image.data.clone();
        for at in 12..image.data.len() - 12 {
            let sum: u32 = (0..7).map(|k| u32::from(before[at + k * 3 - 9])).sum();
            image.data[at] = (sum / 7) as u8;
        }
        let blurred = crop_quality(&image, &whole);
        assert!(sharp.sharpness > 4.0 * blurred.sharpness && sharp.contrast > 0.7);
        let nothing = Quad([ovr_domain::Point { x: f32::NAN, y: 0.0 }; 4]);
        assert_eq!(crop_quality(&image, &nothing), CropQuality::default());
    }

    #[test]
    fn the_gap_of_two_rows_is_between_them() {
        let mut image = RgbImage::filled(64, 64, [200; 3]);
        for (at, pixel) in image.data.chunks_exact_mut(3).enumerate() {
            let (x, y) = (at % 64, at / 64);
            if x / 4 % 2 == 0 && !(34..40).contains(&y) {
                pixel.fill(10);
            }
        }
        let gap = gap(&image, &BBox::new(0.0, 0.0, 64.0, 64.0).quad());
        assert!((gap - 37.0 / 64.0).abs() < 0.05, "{gap}");
    }
}
