//! Rectification: a quadrilateral on a picture becomes an upright crop.
//!
//! The crop is sampled through the projective map of the unit square onto the quad (Heckbert 1989, "Fundamentals of
//! Texture Mapping", section 2.2.3): bilinear where it enlarges, the mean of several samples where it shrinks.

#![expect(clippy::indexing_slicing, reason = "pixel loops; positions are clamped to the picture first")]

use ovr_domain::pixels::luma_of;
use ovr_domain::{Point, Quad, RgbImage};

/// Most samples in each direction for one pixel of the crop.
const SAMPLES_MAX: u32 = 8;

/// What of the colours of a picture a crop holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channels {
    /// Red, green and blue.
    Rgb,
    /// Luma alone, which is a third of the work.
    Luma,
}

impl Channels {
    /// Bytes of a pixel.
    pub(crate) fn count(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Luma => 1,
        }
    }
}

/// What was sampled: the channels of each pixel side by side, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Crop {
    /// In pixels.
    pub(crate) width: u32,
    /// In pixels.
    pub(crate) height: u32,
    /// A byte for each channel of each pixel.
    pub(crate) data: Vec<u8>,
}

/// The quad moved outwards at the left and the right by a share of its own width, above and below by a share of its
/// height; inwards by a negative one. The shares are taken along the plate's own edges, so that perspective stays.
pub(crate) fn grown(quad: &Quad, across: f32, down: f32) -> Quad {
    let [a, b, c, d] = quad.0;
    // Beyond a corner along both edges that meet there.
    let moved = |corner: Point, along: Point, below: Point| Point {
        x: corner.x + across * (corner.x - along.x) + down * (corner.x - below.x),
        y: corner.y + across * (corner.y - along.y) + down * (corner.y - below.y),
    };
    Quad([moved(a, b, d), moved(b, a, c), moved(c, d, b), moved(d, c, a)])
}

/// The part of a quad between two heights, 0 its upper and 1 its lower edge.
pub(crate) fn band(quad: &Quad, from: f32, to: f32) -> Quad {
    let [a, b, c, d] = quad.0;
    let between = |p: Point, q: Point, t: f32| Point { x: p.x + (q.x - p.x) * t, y: p.y + (q.y - p.y) * t };
    Quad([between(a, d, from), between(b, c, from), between(b, c, to), between(a, d, to)])
}

/// Samples the quad into a strip of `height` pixels, its width in proportion and at most `width_max`. Nothing when the
/// quad is not finite or has no area.
pub(crate) fn strip(
    image: &RgbImage,
    quad: &Quad,
    height: u32,
    width_max: u32,
    channels: Channels,
) -> Option<Crop> {
    let (across, down) = extent(image, quad)?;
    let width = ((height as f32 * across / down).round() as u32).clamp(height / 3, width_max.max(height / 3));
    let samples = samples_for(down, height);
    sample(image, quad, (width, height), (samples, samples), channels)
}

/// Samples the quad into exactly `size` pixels, whatever its proportions. Nothing when the quad is not finite or has no
/// area.
pub(crate) fn stretched(image: &RgbImage, quad: &Quad, size: (u32, u32), channels: Channels) -> Option<Crop> {
    let (across, down) = extent(image, quad)?;
    let samples = (samples_for(across, size.0), samples_for(down, size.1));
    sample(image, quad, size, samples, channels)
}

/// Width and height of a quad that can be cut out of an image.
fn extent(image: &RgbImage, quad: &Quad) -> Option<(f32, f32)> {
    let (across, down) = (quad.width(), quad.height().max(1.0));
    let whole =
        image.data.len() == image.width as usize * image.height as usize * 3 && !image.data.is_empty();
    let measurable = quad.is_finite() && across.is_finite() && down.is_finite() && across >= 1.0;
    (measurable && whole).then_some((across, down))
}

/// Samples in one direction for one pixel, so that none of the image's pixels is passed over.
fn samples_for(extent: f32, pixels: u32) -> u32 {
    ((extent / pixels as f32 - 0.25).ceil() as u32).clamp(1, SAMPLES_MAX)
}

/// Samples the quad into exactly `size` pixels, each the mean of `samples` points across and down.
fn sample(
    image: &RgbImage,
    quad: &Quad,
    size: (u32, u32),
    samples: (u32, u32),
    channels: Channels,
) -> Option<Crop> {
    let map = Projection::of(quad)?;
    let data = match channels {
        Channels::Rgb => sampled(image, map, size, samples, |pixel| pixel.map(f32::from)),
        // Luma of the picture's own pixels: to sample the colours first would cost three times as much and round twice.
        Channels::Luma => sampled(image, map, size, samples, |pixel| [f32::from(luma_of(pixel))]),
    };
    Some(Crop { width: size.0, height: size.1, data })
}

/// The pixels of a crop; `values` makes of a pixel of the image what is sampled.
///
/// The places of a whole row are worked out before any pixel is looked up, because a compiler can do several of them at
/// once then, and they cost more than the pixels.
fn sampled<const COUNT: usize>(
    image: &RgbImage,
    map: Projection,
    (width, height): (u32, u32),
    (across, down): (u32, u32),
    values: impl Fn([u8; 3]) -> [f32; COUNT],
) -> Vec<u8> {
    let (us, vs) = (middles(width * across), middles(height * down));
    let share = 1.0 / (across * down) as f32;
    // From outer corners to the middles of pixels, edges continued outwards.
    let last = [image.width, image.height].map(|side| side.saturating_sub(1) as f32);
    let inside = |at: f32, last: f32| (at - 0.5).clamp(0.0, last);
    let (mut xs, mut ys) = (vec![0.0_f32; us.len()], vec![0.0_f32; us.len()]);
    let mut sums = vec![[0.0_f32; COUNT]; width as usize];
    let mut data = Vec::with_capacity((width * height) as usize * COUNT);
    for row in vs.chunks_exact(down as usize) {
        sums.fill([0.0; COUNT]);
        for &v in row {
            for ((x, y), &u) in xs.iter_mut().zip(&mut ys).zip(&us) {
                let point = map.at(u, v);
                (*x, *y) = (inside(point.x, last[0]), inside(point.y, last[1]));
            }
            let places = xs.chunks_exact(across as usize).zip(ys.chunks_exact(across as usize));
            for (sum, (xs, ys)) in sums.iter_mut().zip(places) {
                for (&x, &y) in xs.iter().zip(ys) {
                    let found = bilinear(image, (x, y), &values);
                    sum.iter_mut().zip(found).for_each(|(sum, value)| *sum += value);
                }
            }
        }
        for sum in &sums {
            data.extend(sum.map(|value| (value * share + 0.5) as u8));
        }
    }
    data
}

/// The middles of `count` equal parts of 0 to 1.
fn middles(count: u32) -> Vec<f32> {
    (0..count).map(|part| (part as f32 + 0.5) / count as f32).collect()
}

/// The values at a place, counted from the middle of the first pixel and not beyond that of the last one.
#[inline]
fn bilinear<const COUNT: usize>(
    image: &RgbImage,
    (x, y): (f32, f32),
    values: impl Fn([u8; 3]) -> [f32; COUNT],
) -> [f32; COUNT] {
    let (pixels, _) = image.data.as_chunks();
    let (left, top) = (x as u32, y as u32);
    let (right, bottom) = ((left + 1).min(image.width - 1), (top + 1).min(image.height - 1));
    let (fx, fy) = (x - left as f32, y - top as f32);
    let at = |column: u32, row: u32| values(pixels[row as usize * image.width as usize + column as usize]);
    let (a, b, c, d) = (at(left, top), at(right, top), at(left, bottom), at(right, bottom));
    std::array::from_fn(|channel| {
        let above = a[channel] * (1.0 - fx) + b[channel] * fx;
        let below = c[channel] * (1.0 - fx) + d[channel] * fx;
        above * (1.0 - fy) + below * fy
    })
}

/// The projective map of the unit square onto a quad.
#[derive(Debug, Clone, Copy)]
struct Projection {
    x: [f32; 3],
    y: [f32; 3],
    w: [f32; 2],
}

impl Projection {
    /// Nothing when the quad has no area.
    fn of(quad: &Quad) -> Option<Self> {
        let [a, b, c, d] = quad.0;
        let (dx1, dy1) = (b.x - c.x, b.y - c.y);
        let (dx2, dy2) = (d.x - c.x, d.y - c.y);
        let (sx, sy) = (a.x - b.x + c.x - d.x, a.y - b.y + c.y - d.y);
        let area = dx1 * dy2 - dx2 * dy1;
        if area.abs() < 1e-3 || !area.is_finite() {
            return None;
        }
        let g = (sx * dy2 - dx2 * sy) / area;
        let h = (dx1 * sy - sx * dy1) / area;
        Some(Self {
            x: [b.x - a.x + g * b.x, d.x - a.x + h * d.x, a.x],
            y: [b.y - a.y + g * b.y, d.y - a.y + h * d.y, a.y],
            w: [g, h],
        })
    }

    #[inline]
    fn at(&self, u: f32, v: f32) -> Point {
        let w = self.w[0] * u + self.w[1] * v + 1.0;
        let point = |row: &[f32; 3]| (row[0] * u + row[1] * v + row[2]) / w;
        let (x, y) = (point(&self.x), point(&self.y));
        // A quad that crosses the horizon has points at infinity: they read the corner.
        if x.is_finite() && y.is_finite() { Point { x, y } } else { Point { x: 0.0, y: 0.0 } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::BBox;

    fn pixel(crop: &Crop, x: u32, y: u32) -> [u8; 3] {
        let at = (y * crop.width + x) as usize * 3;
        crop.data[at..at + 3].try_into().unwrap()
    }

    fn gradient(width: u32, height: u32) -> RgbImage {
        let pixels =
            (0..height).flat_map(|y| (0..width).flat_map(move |x| [(x * 2) as u8, (y * 4) as u8, 7]));
        RgbImage { width, height, data: pixels.collect() }
    }

    #[test]
    fn an_upright_box_of_the_same_size_is_copied() {
        let image = gradient(100, 60);
        let cut = strip(&image, &BBox::new(10.0, 5.0, 58.0, 29.0).quad(), 24, 640, Channels::Rgb).unwrap();
        assert_eq!((cut.width, cut.height), (48, 24));
        assert_eq!(pixel(&cut, 0, 0), image.pixel(10, 5));
        assert_eq!(pixel(&cut, 47, 23), image.pixel(57, 28));
    }

    #[test]
    fn a_perspective_quad_maps_its_corners_and_its_diagonals() {
        let corners = [(10.0, 10.0), (90.0, 20.0), (80.0, 50.0), (15.0, 40.0)].map(|(x, y)| Point { x, y });
        let map = Projection::of(&Quad(corners)).unwrap();
        for ((u, v), corner) in [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].into_iter().zip(corners) {
            assert!(map.at(u, v).distance(corner) < 1e-3);
        }
        // The diagonals of the square cross in the middle, so those of the quad cross at its image.
        let middle = map.at(0.5, 0.5);
        let side = |p: Point, q: Point| (q.x - p.x) * (middle.y - p.y) - (q.y - p.y) * (middle.x - p.x);
        assert!(side(corners[0], corners[2]).abs() < 0.1 && side(corners[1], corners[3]).abs() < 0.1);
    }

    #[test]
    fn shrinking_averages_and_edges_continue() {
        let mut image = RgbImage::filled(96, 96, [0; 3]);
        for (at, pixel) in image.data.chunks_exact_mut(3).enumerate() {
            pixel.fill(if at % 2 == 0 { 0 } else { 200 });
        }
        let cut = strip(&image, &BBox::new(0.0, 0.0, 96.0, 96.0).quad(), 48, 640, Channels::Rgb).unwrap();
        assert!(cut.data.iter().all(|&value| value == 100), "{:?}", pixel(&cut, 3, 3));
        let outside =
            strip(&gradient(20, 10), &BBox::new(-30.0, -30.0, -10.0, -20.0).quad(), 10, 64, Channels::Rgb)
                .unwrap();
        assert_eq!(pixel(&outside, 5, 5), [0, 0, 7]);
    }

    #[test]
    fn growing_and_bands_keep_the_sides_parallel() {
        let quad = BBox::new(10.0, 10.0, 50.0, 20.0).quad();
        assert_eq!(grown(&quad, 0.1, 0.2).bounds(), BBox::new(6.0, 8.0, 54.0, 22.0));
        assert_eq!(grown(&quad, -0.25, -0.25).bounds(), BBox::new(20.0, 12.5, 40.0, 17.5));
        assert_eq!(band(&quad, 0.5, 1.0).bounds(), BBox::new(10.0, 15.0, 50.0, 20.0));
    }

    #[test]
    fn stretching_fills_the_size_whatever_the_proportions() {
        let image = gradient(120, 60);
        let cut =
            stretched(&image, &BBox::new(0.0, 0.0, 120.0, 10.0).quad(), (40, 20), Channels::Rgb).unwrap();
        assert_eq!((cut.width, cut.height), (40, 20));
        // Three columns of the image are one of the crop, half a row is one of its rows.
        assert_eq!(pixel(&cut, 10, 0)[0], image.pixel(31, 0)[0]);
        assert!(pixel(&cut, 0, 19)[1] > pixel(&cut, 0, 10)[1]);
        let mut broken = BBox::new(1.0, 1.0, 9.0, 5.0).quad();
        broken.0[0].y = f32::INFINITY;
        assert!(stretched(&image, &broken, (40, 20), Channels::Rgb).is_none());
    }

    #[test]
    fn luma_alone_is_that_of_the_colours_within_rounding() {
        let mut image = RgbImage::filled(90, 70, [0; 3]);
        let mut state = 1_u32;
        for value in &mut image.data {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *value = (state >> 24) as u8;
        }
        let tilted = [(5.3, 4.1), (80.2, 12.7), (74.9, 60.4), (-8.5, 52.0)].map(|(x, y)| Point { x, y });
        let quads =
            [BBox::new(3.0, 4.0, 43.0, 24.0).quad(), BBox::new(0.0, 0.0, 90.0, 70.0).quad(), Quad(tilted)];
        let luma_of_colours = |crop: Option<Crop>| {
            let Crop { width, height, data } = crop.unwrap();
            RgbImage { width, height, data }.luma()
        };
        let mut differences = 0;
        for quad in quads {
            for size in [(40, 20), (160, 64), (12, 9)] {
                let colours = luma_of_colours(stretched(&image, &quad, size, Channels::Rgb));
                let luma = stretched(&image, &quad, size, Channels::Luma).unwrap();
                assert_eq!((luma.width, luma.height, luma.data.len()), (size.0, size.1, colours.len()));
                // Each of the two is rounded twice, the one before and the other behind the sampling.
                assert!(luma.data.iter().zip(&colours).all(|(a, b)| a.abs_diff(*b) <= 1));
                differences += luma.data.iter().zip(&colours).filter(|(a, b)| a != b).count();
            }
            let line = strip(&image, &quad, 32, 256, Channels::Luma).unwrap();
            let colours = luma_of_colours(strip(&image, &quad, 32, 256, Channels::Rgb));
            assert!(line.data.iter().zip(&colours).all(|(a, b)| a.abs_diff(*b) <= 1));
        }
        assert!(differences > 0, "the sampling of luma was never put to the test");
        // Without a colour to weigh there is nothing to round.
        image.data.chunks_exact_mut(3).for_each(|pixel| pixel.fill(pixel[0]));
        for quad in quads {
            let colours = luma_of_colours(stretched(&image, &quad, (160, 64), Channels::Rgb));
            assert_eq!(stretched(&image, &quad, (160, 64), Channels::Luma).unwrap().data, colours);
        }
    }

    #[test]
    fn broken_quads_and_pictures_give_nothing() {
        let image = gradient(20, 10);
        let mut broken = BBox::new(1.0, 1.0, 9.0, 5.0).quad();
        broken.0[2].x = f32::NAN;
        assert!(strip(&image, &broken, 48, 640, Channels::Rgb).is_none());
        assert!(strip(&image, &BBox::new(3.0, 3.0, 3.0, 3.0).quad(), 48, 640, Channels::Rgb).is_none());
        let empty = RgbImage { width: 0, height: 0, data: Vec::new() };
        assert!(strip(&empty, &BBox::new(1.0, 1.0, 9.0, 5.0).quad(), 48, 640, Channels::Rgb).is_none());
        let huge = BBox::new(-1e9, -1e9, 1e9, 1e9).quad();
        assert!(strip(&image, &huge, 48, 640, Channels::Rgb).is_some_and(|cut| cut.width <= 640));
    }
}
