//! Pictures: planes as a decoder gives them, and packed RGB for what has been cut out of them.
//!
//! A [`Picture`] keeps the decoder's own memory (I420 or NV12) behind an `Arc`, so cloning it costs a counter and
//! full-size colour conversion never happens: a detector samples the planes straight into its tensor, and
//! [`Picture::rgb`] converts only the region that somebody looks at.

// Every index below is bounded by the plane sizes that `Picture::new` has checked.
#![allow(
    clippy::indexing_slicing,
    reason = "pixel loops; the planes' sizes are checked once in Picture::new"
)]

use std::fmt;
use std::sync::Arc;

use crate::geometry::BBox;

/// Largest width or height of a picture, in pixels.
pub const SIDE_MAX: u32 = 16_384;

/// How the samples of a picture lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelLayout {
    /// Three planes Y, U, V; chroma at half size in both directions.
    I420,
    /// Two planes Y and interleaved UV; chroma at half size in both directions.
    Nv12,
    /// One plane of packed R, G, B.
    Rgb,
}

/// The matrix between Y'CbCr and R'G'B'.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matrix {
    /// ITU-R BT.601: standard definition and JPEG.
    Bt601,
    /// ITU-R BT.709: high definition.
    Bt709,
}

/// Which values stand for black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// 16 to 235, as video has it.
    Limited,
    /// 0 to 255, as JPEG has it.
    Full,
}

/// One plane of a picture.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// The samples, row after row.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// Memory that holds the planes of a picture: a decoder's buffer or a vector.
pub trait PixelBuffer: Send + Sync {
    /// Plane `index`, or nothing when there is no such plane.
    fn plane(&self, index: usize) -> Option<Plane<'_>>;
}

/// Planes in vectors of our own: `(samples, stride)` each.
#[derive(Debug, Clone)]
pub struct OwnedPlanes(pub Vec<(Vec<u8>, usize)>);

impl PixelBuffer for OwnedPlanes {
    fn plane(&self, index: usize) -> Option<Plane<'_>> {
        let (data, stride) = self.0.get(index)?;
        Some(Plane { data, stride: *stride })
    }
}

/// The pixels of an image as the one plane of [`PixelLayout::Rgb`].
impl PixelBuffer for RgbImage {
    fn plane(&self, index: usize) -> Option<Plane<'_>> {
        (index == 0).then_some(Plane { data: &self.data, stride: self.width as usize * 3 })
    }
}

/// Why planes make no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// A side is zero or above [`SIDE_MAX`].
    #[error("a picture of {width}x{height} pixels: each side must be 1 to {SIDE_MAX}")]
    Size {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// A plane is missing or shorter than its rows.
    #[error("plane {plane} of a {width}x{height} {layout:?} picture is missing or too short")]
    Plane {
        /// Which plane.
        plane: usize,
        /// Width of the picture in pixels.
        width: u32,
        /// Height of the picture in pixels.
        height: u32,
        /// The layout that asked for it.
        layout: PixelLayout,
    },
}

/// A picture at full size; cheap to clone.
#[derive(Clone)]
pub struct Picture {
    width: u32,
    height: u32,
    layout: PixelLayout,
    matrix: Matrix,
    range: Range,
    buffer: Arc<dyn PixelBuffer>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { width, height, layout, matrix, range, .. } = self;
        write!(f, "Picture({width}x{height} {layout:?} {matrix:?} {range:?})")
    }
}

/// Rows and bytes a row that plane `index` must have: `(rows, bytes)`, or nothing when the layout has no such plane.
fn plane_size(layout: PixelLayout, width: usize, height: usize, index: usize) -> Option<(usize, usize)> {
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    match (layout, index) {
        (PixelLayout::I420 | PixelLayout::Nv12, 0) => Some((height, width)),
        (PixelLayout::I420, 1 | 2) => Some((half_height, half_width)),
        (PixelLayout::Nv12, 1) => Some((half_height, half_width * 2)),
        (PixelLayout::Rgb, 0) => Some((height, width * 3)),
        _ => None,
    }
}

impl Picture {
    /// Takes planes and checks that they hold `width` by `height` pixels in `layout`.
    pub fn new(
        (width, height): (u32, u32),
        layout: PixelLayout,
        (matrix, range): (Matrix, Range),
        buffer: Arc<dyn PixelBuffer>,
    ) -> Result<Self, PictureError> {
        if width == 0 || height == 0 || width > SIDE_MAX || height > SIDE_MAX {
            return Err(PictureError::Size { width, height });
        }
        for index in 0..3 {
            let Some((rows, bytes)) = plane_size(layout, width as usize, height as usize, index) else {
                break;
            };
            let plane = buffer.plane(index);
            let fits =
                plane.is_some_and(|p| p.stride >= bytes && p.data.len() >= p.stride * (rows - 1) + bytes);
            if !fits {
                return Err(PictureError::Plane { plane: index, width, height, layout });
            }
        }
        Ok(Self { width, height, layout, matrix, range, buffer })
    }

    /// A picture of packed RGB, from an image or a shared one; the pixels are not copied.
    pub fn from_rgb(image: impl Into<Arc<RgbImage>>) -> Result<Self, PictureError> {
        let image = image.into();
        Self::new((image.width, image.height), PixelLayout::Rgb, (Matrix::Bt601, Range::Full), image)
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// How the samples lie.
    pub fn layout(&self) -> PixelLayout {
        self.layout
    }

    /// Matrix and range of the samples.
    pub fn colour(&self) -> (Matrix, Range) {
        (self.matrix, self.range)
    }

    /// Plane `index`; empty when the layout has no such plane.
    pub fn plane(&self, index: usize) -> Plane<'_> {
        self.buffer.plane(index).unwrap_or(Plane { data: &[], stride: 0 })
    }

    /// The whole picture as a box.
    pub fn bounds(&self) -> BBox {
        BBox::new(0.0, 0.0, self.width as f32, self.height as f32)
    }

    /// Converts a region to RGB: the region is clipped to the picture and rounded outwards to whole pixels. Returns
    /// the pixels and the top left pixel of what was cut; at least 1x1.
    pub fn rgb(&self, region: BBox) -> (RgbImage, (u32, u32)) {
        let clipped = region.clipped(self.width, self.height);
        let left = (clipped.x1.floor() as u32).min(self.width - 1);
        let top = (clipped.y1.floor() as u32).min(self.height - 1);
        let right = (clipped.x2.ceil() as u32).clamp(left + 1, self.width);
        let bottom = (clipped.y2.ceil() as u32).clamp(top + 1, self.height);
        let (width, height) = (right - left, bottom - top);
        let mut data = vec![0_u8; (width * height) as usize * 3];
        for (row, out) in data.chunks_exact_mut(width as usize * 3).enumerate() {
            self.rgb_row(top as usize + row, left as usize, out);
        }
        (RgbImage { width, height, data }, (left, top))
    }

    /// Converts the pixels of row `y` from column `left` on; `out` holds three bytes a pixel.
    fn rgb_row(&self, y: usize, left: usize, out: &mut [u8]) {
        let first = self.plane(0);
        let count = out.len() / 3;
        if self.layout == PixelLayout::Rgb {
            let start = y * first.stride + left * 3;
            out.copy_from_slice(&first.data[start..start + count * 3]);
            return;
        }
        let conversion = Conversion::new(self.matrix, self.range);
        let luma = &first.data[y * first.stride + left..];
        let second = self.plane(1);
        let chroma = &second.data[(y / 2) * second.stride..];
        let third = self.plane(2);
        for (i, pixel) in out.chunks_exact_mut(3).enumerate() {
            let k = (left + i) >> 1;
            let (u, v) = match self.layout {
                PixelLayout::Nv12 => (chroma[k * 2], chroma[k * 2 + 1]),
                _ => (chroma[k], third.data[(y / 2) * third.stride + k]),
            };
            pixel.copy_from_slice(&conversion.rgb(luma[i], u, v));
        }
    }
}

/// Y'CbCr to R'G'B' in 8-bit fixed point (ITU-R BT.601-7 and BT.709-6, section 3).
#[derive(Debug, Clone, Copy)]
pub struct Conversion {
    /// Value of black.
    pub luma_offset: i32,
    /// Gain of luma, times 256.
    pub luma: i32,
    /// Share of V in red, times 256.
    pub red_v: i32,
    /// Share of U in green, times 256.
    pub green_u: i32,
    /// Share of V in green, times 256.
    pub green_v: i32,
    /// Share of U in blue, times 256.
    pub blue_u: i32,
}

impl Conversion {
    /// The factors of a matrix and a range.
    pub const fn new(matrix: Matrix, range: Range) -> Self {
        let (luma_offset, luma, red_v, green_u, green_v, blue_u) = match (matrix, range) {
            (Matrix::Bt601, Range::Limited) => (16, 298, 409, -100, -208, 516),
            (Matrix::Bt601, Range::Full) => (0, 256, 359, -88, -183, 454),
            (Matrix::Bt709, Range::Limited) => (16, 298, 459, -55, -136, 541),
            (Matrix::Bt709, Range::Full) => (0, 256, 403, -48, -120, 475),
        };
        Self { luma_offset, luma, red_v, green_u, green_v, blue_u }
    }

    /// One pixel.
    #[inline]
    pub fn rgb(self, y: u8, u: u8, v: u8) -> [u8; 3] {
        let luma = self.luma * (i32::from(y) - self.luma_offset) + 128;
        let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
        let channel = |value: i32| (value >> 8).clamp(0, 255) as u8;
        [
            channel(luma + self.red_v * v),
            channel(luma + self.green_u * u + self.green_v * v),
            channel(luma + self.blue_u * u),
        ]
    }
}

/// Packed 8-bit R, G, B, row after row without padding.
#[derive(Clone, PartialEq, Eq)]
pub struct RgbImage {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width * height * 3` bytes.
    pub data: Vec<u8>,
}

impl fmt::Debug for RgbImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RgbImage({}x{})", self.width, self.height)
    }
}

impl RgbImage {
    /// A picture in one colour.
    pub fn filled(width: u32, height: u32, colour: [u8; 3]) -> Self {
        Self { width, height, data: colour.repeat((width * height) as usize) }
    }

    /// The pixel at column `x` and row `y`.
    ///
    /// # Panics
    /// When the pixel lies outside.
    pub fn pixel(&self, x: u32, y: u32) -> [u8; 3] {
        let start = (y * self.width + x) as usize * 3;
        [self.data[start], self.data[start + 1], self.data[start + 2]]
    }

    /// Luma of every pixel by BT.601 weights, `width * height` bytes.
    pub fn luma(&self) -> Vec<u8> {
        let (pixels, _) = self.data.as_chunks();
        pixels.iter().map(|pixel| luma_of(*pixel)).collect()
    }
}

/// Luma of a pixel in red, green and blue by BT.601 weights.
#[inline]
pub fn luma_of([red, green, blue]: [u8; 3]) -> u8 {
    ((u32::from(red) * 77 + u32::from(green) * 150 + u32::from(blue) * 29) >> 8) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nv12_and_i420(luma: u8, u: u8, v: u8) -> [Picture; 2] {
        let colour = (Matrix::Bt709, Range::Limited);
        let i420 = OwnedPlanes(vec![(vec![luma; 15], 5), (vec![u; 6], 3), (vec![v; 6], 3)]);
        let nv12 = OwnedPlanes(vec![(vec![luma; 15], 5), ([u, v].repeat(6), 6)]);
        [
            Picture::new((5, 3), PixelLayout::I420, colour, Arc::new(i420)).unwrap(),
            Picture::new((5, 3), PixelLayout::Nv12, colour, Arc::new(nv12)).unwrap(),
        ]
    }

    #[test]
    fn primaries_come_back_from_bt_709_limited_range() {
        // Y'CbCr of the primaries by BT.709-6, items 3.2 to 3.4, at 8 bits.
        let cases = [
            ((235, 128, 128), [255, 255, 255]),
            ((16, 128, 128), [0, 0, 0]),
            ((63, 102, 240), [255, 0, 0]),
            ((32, 240, 118), [0, 0, 255]),
        ];
        for ((y, u, v), expected) in cases {
            for picture in nv12_and_i420(y, u, v) {
                let (image, _) = picture.rgb(picture.bounds());
                let pixel = image.pixel(4, 2);
                let close = pixel.iter().zip(expected).all(|(&a, b)| a.abs_diff(b) <= 2);
                assert!(close, "{:?}: {pixel:?} is not {expected:?}", picture.layout());
            }
        }
    }

    #[test]
    fn a_region_outside_or_inside_out_still_gives_a_pixel() {
        let [picture, _] = nv12_and_i420(100, 128, 128);
        for region in [
            BBox::new(90.0, 90.0, 99.0, 99.0),
            BBox::new(3.0, 2.0, 1.0, 1.0),
            BBox::new(f32::NAN, 0.0, 1.0, 1.0),
        ] {
            let (image, _) = picture.rgb(region);
            assert!(image.width >= 1 && image.height >= 1);
        }
        let (image, origin) = picture.rgb(BBox::new(1.2, 0.9, 3.1, 2.0));
        assert_eq!((image.width, image.height, origin), (3, 2, (1, 0)));
    }

    #[test]
    fn a_shared_image_becomes_a_picture_without_a_copy() {
        let image = Arc::new(RgbImage::filled(5, 3, [10, 20, 30]));
        let picture = Picture::from_rgb(Arc::clone(&image)).unwrap();
        assert!(std::ptr::eq(picture.plane(0).data, image.data.as_slice()));
        assert_eq!(picture.rgb(picture.bounds()).0, *image);
        assert!(picture.plane(1).data.is_empty());
        let short = RgbImage { width: 5, height: 3, data: vec![0; 44] };
        assert!(matches!(Picture::from_rgb(short), Err(PictureError::Plane { plane: 0, .. })));
    }

    #[test]
    fn planes_that_are_too_short_are_refused() {
        let colour = (Matrix::Bt601, Range::Full);
        let short = Arc::new(OwnedPlanes(vec![(vec![0; 15], 5), (vec![0; 6], 3), (vec![0; 5], 3)]));
        let refused = Picture::new((5, 3), PixelLayout::I420, colour, short);
        assert!(matches!(refused, Err(PictureError::Plane { plane: 2, .. })));
        let empty = Arc::new(OwnedPlanes(vec![]));
        assert!(matches!(
            Picture::new((0, 3), PixelLayout::Rgb, colour, empty),
            Err(PictureError::Size { .. })
        ));
    }
}
