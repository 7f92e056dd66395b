//! Cuts pictures out of a frame and encodes them.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageError};
use ovr_domain::{BBox, Picture, RgbImage};

/// What is seen around a plate when the vehicle's box is not known, in plate widths to each side and in plate
/// heights up and down: a car is about four plates wide.
const AROUND_PLATE: (f32, f32) = (1.6, 5.0);

/// Share of the plate's size that is kept around it, so that a skewed plate is whole.
const PLATE_MARGIN: (f32, f32) = (0.1, 0.25);

/// Share of the vehicle's size that is kept around it.
const VEHICLE_MARGIN: (f32, f32) = (0.05, 0.05);

/// What the plate's picture shows.
pub(super) fn plate_region(plate: BBox) -> BBox {
    plate.grown(PLATE_MARGIN.0, PLATE_MARGIN.1)
}

/// What the vehicle's picture shows.
pub(super) fn vehicle_region(vehicle: Option<BBox>, plate: Option<BBox>) -> Option<BBox> {
    let around_plate = || plate.map(|p| p.grown(AROUND_PLATE.0, AROUND_PLATE.1));
    vehicle.map(|v| v.grown(VEHICLE_MARGIN.0, VEHICLE_MARGIN.1)).or_else(around_plate)
}

/// Whether a region shows anything of the picture.
pub(super) fn shows(region: BBox, picture: &Picture) -> bool {
    region.is_sane() && region.overlap(picture.bounds()) >= 1.0
}

/// A region of a picture as RGB, scaled down to at most `width_max` pixels by averaging.
///
/// The region is converted in bands of a few rows, so that the memory needed is that of the result and not that of
/// the full-size picture.
pub fn scaled(picture: &Picture, region: BBox, width_max: u32) -> RgbImage {
    let clipped = region.clipped(picture.width(), picture.height());
    let (left, top) = (clipped.x1.floor(), clipped.y1.floor());
    let source_width = (clipped.x2.ceil() - left).max(1.0) as u32;
    let source_height = (clipped.y2.ceil() - top).max(1.0) as u32;
    if source_width <= width_max {
        return picture.rgb(clipped).0;
    }
    let width = width_max.max(1);
    let height = (u64::from(source_height) * u64::from(width) / u64::from(source_width)).max(1) as u32;
    let edge = |i: u32| (u64::from(i) * u64::from(source_height) / u64::from(height)) as f32;
    let mut data = Vec::with_capacity((width * height) as usize * 3);
    for row in 0..height {
        let band = BBox::new(left, top + edge(row), left + source_width as f32, top + edge(row + 1));
        average_row(&picture.rgb(band).0, width as usize, &mut data);
    }
    RgbImage { width, height, data }
}

/// Averages a band of rows into one row of `width` pixels.
fn average_row(band: &RgbImage, width: usize, out: &mut Vec<u8>) {
    let band_width = band.width as usize;
    let mut sums = vec![[0_u32; 4]; width];
    for row in band.data.chunks_exact(band_width * 3) {
        for (x, pixel) in row.chunks_exact(3).enumerate() {
            let Some(sum) = sums.get_mut(x * width / band_width) else {
                continue;
            };
            for (total, value) in sum.iter_mut().zip(pixel.iter().copied().chain([1])) {
                *total += u32::from(value);
            }
        }
    }
    for [red, green, blue, count] in sums {
        let count = count.max(1);
        out.extend([red, green, blue].map(|sum| ((sum + count / 2) / count) as u8));
    }
}

/// Encodes as baseline JPEG; `quality` is 1 to 100.
pub fn jpeg(image: &RgbImage, quality: u8) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    encoder.encode(&image.data, image.width, image.height, ExtendedColorType::Rgb8)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn checkered(width: u32, height: u32) -> Picture {
        let mut image = RgbImage::filled(width, height, [200, 100, 0]);
        for (i, pixel) in image.data.chunks_exact_mut(3).enumerate() {
            if (i as u32 % width) < width / 2 {
                pixel.copy_from_slice(&[0, 100, 200]);
            }
        }
        Picture::from_rgb(image).unwrap()
    }

    #[test]
    fn a_wide_region_is_scaled_down_and_keeps_its_colours_and_shape() {
        let picture = checkered(400, 100);
        let small = scaled(&picture, picture.bounds(), 101);
        assert_eq!((small.width, small.height), (101, 25));
        assert_eq!(small.pixel(10, 10), [0, 100, 200]);
        assert_eq!(small.pixel(90, 20), [200, 100, 0]);
        let whole = scaled(&picture, BBox::new(10.0, 10.0, 60.0, 20.0), 101);
        assert_eq!((whole.width, whole.height), (50, 10));
    }

    #[test]
    fn a_jpeg_decodes_to_about_what_was_encoded() {
        let picture = checkered(64, 32);
        let bytes = jpeg(&picture.rgb(picture.bounds()).0, 95).unwrap();
        let decoded = image::load_from_memory(&bytes).unwrap().to_rgb8();
        assert_eq!(decoded.dimensions(), (64, 32));
        let pixel = decoded.get_pixel(60, 16).0;
        assert!(pixel.iter().zip([200, 100, 0]).all(|(a, b): (&u8, u8)| a.abs_diff(b) < 12), "{pixel:?}");
    }

    proptest! {
        #[test]
        fn any_region_gives_a_picture_within_the_limit(edges in any::<[f32; 4]>(), width_max in 1_u32..80) {
            let picture = checkered(100, 40);
            let region = BBox::new(edges[0], edges[1], edges[2], edges[3]);
            if shows(region, &picture) {
                let image = scaled(&picture, region, width_max);
                prop_assert!(image.width <= width_max.max(1) && image.height >= 1);
                prop_assert_eq!(image.data.len(), (image.width * image.height) as usize * 3);
            }
        }
    }
}
