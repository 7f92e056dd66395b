//! Textures and their projection onto the frame: a homography for each face, smaller copies against aliasing, and
//! several exposures averaged where the face moved.

#![allow(
    clippy::indexing_slicing,
    reason = "pixel loops; coordinates are clamped to the texture and the frame before they are used"
)]

use ovr_domain::{Point, RgbImage};

use super::canvas::Canvas;

/// Most exposures averaged for one frame.
pub(crate) const EXPOSURES_MAX: usize = 4;

struct Level {
    width: usize,
    height: usize,
    /// Premultiplied red, green, blue and opacity, 0 to 255, red in the lowest byte.
    texels: Vec<u32>,
}

/// A picture with opacity at full size, half size and so on down to a few pixels (Williams, "Pyramidal
/// parametrics", 1983).
pub(crate) struct Texture {
    levels: Vec<Level>,
}

impl Texture {
    pub(crate) fn new(canvas: &Canvas) -> Self {
        let byte = |value: f32| (value * 255.0 + 0.5).clamp(0.0, 255.0) as u8;
        let mut current = (canvas.width, canvas.height, canvas.data.clone());
        let mut levels = Vec::new();
        loop {
            let (width, height, data) = &current;
            levels.push(Level {
                width: *width,
                height: *height,
                texels: data.iter().map(|pixel| u32::from_le_bytes(pixel.map(byte))).collect(),
            });
            if (*width).min(*height) < 8 {
                return Self { levels };
            }
            current = halved(*width, *height, data);
        }
    }

    /// The level whose texels come nearest to the pixels of a face `width` by `height` pixels large on the frame.
    fn level(&self, width: f32, height: f32) -> &Level {
        let full = &self.levels[0];
        let ratio = (full.width as f32 / width.max(1.0)).min(full.height as f32 / height.max(1.0));
        let index = ratio.max(1.0).log2().round() as usize;
        &self.levels[index.min(self.levels.len() - 1)]
    }
}

fn halved(width: usize, height: usize, data: &[[f32; 4]]) -> (usize, usize, Vec<[f32; 4]>) {
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let at = |x: usize, y: usize| data[y.min(height - 1) * width + x.min(width - 1)];
    let mut half = Vec::with_capacity(half_width * half_height);
    for y in 0..half_height {
        for x in 0..half_width {
            let corners =
                [at(2 * x, 2 * y), at(2 * x + 1, 2 * y), at(2 * x, 2 * y + 1), at(2 * x + 1, 2 * y + 1)];
            half.push(std::array::from_fn(|k| corners.iter().map(|c| c[k]).sum::<f32>() / 4.0));
        }
    }
    (half_width, half_height, half)
}

/// Two texels mixed, `share` of 256 of the second: two channels in each multiplication.
#[inline]
fn mix(a: u32, b: u32, share: u32) -> u32 {
    const EVEN: u32 = 0x00FF_00FF;
    let rest = 256 - share;
    let even = ((a & EVEN) * rest + (b & EVEN) * share) >> 8;
    let odd = ((a >> 8) & EVEN) * rest + ((b >> 8) & EVEN) * share;
    (even & EVEN) | (odd & !EVEN)
}

impl Level {
    /// Bilinear sample at `u`, `v` of 0 to 1.
    #[inline]
    fn sample(&self, u: f32, v: f32) -> u32 {
        let x = (u * self.width as f32 - 0.5).clamp(0.0, (self.width - 1) as f32);
        let y = (v * self.height as f32 - 0.5).clamp(0.0, (self.height - 1) as f32);
        let (x, y) = ((x * 256.0) as u32, (y * 256.0) as u32);
        let (x0, y0) = ((x >> 8) as usize, (y >> 8) as usize);
        let (x1, y1) = ((x0 + 1).min(self.width - 1), (y0 + 1).min(self.height - 1));
        let (upper, lower) = (&self.texels[y0 * self.width..], &self.texels[y1 * self.width..]);
        let across = x & 255;
        mix(mix(upper[x0], upper[x1], across), mix(lower[x0], lower[x1], across), y & 255)
    }
}

/// Where a face stands on the frame at one instant: its corners clockwise from the texture's top left, and the part
/// of the texture between them (left, top, right, bottom, 0 to 1).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patch {
    pub(crate) corners: [Point; 4],
    pub(crate) window: [f32; 4],
}

impl Patch {
    /// Whether its corners run clockwise on the picture: seen from the front.
    pub(crate) fn faces_viewer(&self) -> bool {
        let [a, b, c, d] = self.corners;
        (c.x - a.x) * (d.y - b.y) - (d.x - b.x) * (c.y - a.y) > 0.0
    }
}

/// From the frame to the unit square of a face, scaled so that the divisor is positive on the face.
struct Inverse([f32; 9]);

impl Inverse {
    /// Heckbert, "Fundamentals of texture mapping and image warping" (1989), section 2.2.3: the square-to-quad
    /// mapping in closed form and its adjoint; nothing for a quad without an area.
    fn of(corners: &[Point; 4]) -> Option<Self> {
        let [p0, p1, p2, p3] = *corners;
        let (dx1, dx2, sx) = (p1.x - p2.x, p3.x - p2.x, p0.x - p1.x + p2.x - p3.x);
        let (dy1, dy2, sy) = (p1.y - p2.y, p3.y - p2.y, p0.y - p1.y + p2.y - p3.y);
        let area = dx1 * dy2 - dx2 * dy1;
        if !area.is_finite() || area.abs() < 1e-3 {
            return None;
        }
        let (g, h) = ((sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area);
        let (a, b, c) = (p1.x - p0.x + g * p1.x, p3.x - p0.x + h * p3.x, p0.x);
        let (d, e, f) = (p1.y - p0.y + g * p1.y, p3.y - p0.y + h * p3.y, p0.y);
        let mut inverse = [
            e - f * h,
            c * h - b,
            b * f - c * e,
            f * g - d,
            a - c * g,
            c * d - a * f,
            d * h - e * g,
            b * g - a * h,
            a * e - b * d,
        ];
        let middle = corners.iter().fold([0.0, 0.0], |m, p| [m[0] + p.x / 4.0, m[1] + p.y / 4.0]);
        let divisor = inverse[6] * middle[0] + inverse[7] * middle[1] + inverse[8];
        if divisor == 0.0 || !divisor.is_finite() {
            return None;
        }
        for value in &mut inverse {
            *value /= divisor;
        }
        Some(Self(inverse))
    }
}

struct Exposure<'a> {
    inverse: Inverse,
    window: [f32; 4],
    /// Size of the face on the frame, in pixels.
    width: f32,
    height: f32,
    level: &'a Level,
}

impl<'a> Exposure<'a> {
    fn new(texture: &'a Texture, patch: &Patch) -> Option<Self> {
        let inverse = Inverse::of(&patch.corners)?;
        let quad = ovr_domain::Quad(patch.corners);
        let (width, height) = (quad.width(), quad.height());
        let [left, top, right, bottom] = patch.window;
        let whole = (width / (right - left).max(1e-3), height / (bottom - top).max(1e-3));
        Some(Self { inverse, window: patch.window, width, height, level: texture.level(whole.0, whole.1) })
    }

    /// Adds this exposure of the pixel at `x`, `y`: premultiplied colour and opacity, 0 to 255.
    #[inline]
    fn add(&self, x: f32, y: f32, sum: &mut [f32; 4]) {
        let m = &self.inverse.0;
        let divisor = m[6] * x + m[7] * y + m[8];
        if divisor <= 1e-6 {
            return;
        }
        let scale = 1.0 / divisor;
        let u = (m[0] * x + m[1] * y + m[2]) * scale;
        let v = (m[3] * x + m[4] * y + m[5]) * scale;
        // Faces reach three quarters of a pixel beyond their edge, so that neighbours leave no gap.
        let across = u.min(1.0 - u) * self.width + 0.75;
        let down = v.min(1.0 - v) * self.height + 0.75;
        let coverage = across.clamp(0.0, 1.0) * down.clamp(0.0, 1.0);
        if coverage <= 0.0 {
            return;
        }
        let [left, top, right, bottom] = self.window;
        let texel = self
            .level
            .sample(left + u.clamp(0.0, 1.0) * (right - left), top + v.clamp(0.0, 1.0) * (bottom - top));
        for (total, value) in sum.iter_mut().zip(texel.to_le_bytes()) {
            *total += f32::from(value) * coverage;
        }
    }
}

/// First and last-but-one column of row `row` that a quadrilateral may touch, a pixel added on each side.
fn span(patches: &[Patch], row: f32) -> (f32, f32) {
    let (top, bottom) = (row - 1.0, row + 2.0);
    let mut reach = (f32::INFINITY, f32::NEG_INFINITY);
    for Patch { corners: [a, b, c, d], .. } in patches {
        for (from, to) in [(a, b), (b, c), (c, d), (d, a)] {
            let (upper, lower) = if from.y <= to.y { (from, to) } else { (to, from) };
            if upper.y > bottom || lower.y < top {
                continue;
            }
            let slope = (lower.x - upper.x) / (lower.y - upper.y).max(1e-3);
            let at = |y: f32| upper.x + slope * (y.clamp(upper.y, lower.y) - upper.y);
            for x in [at(top), at(bottom)] {
                reach = (reach.0.min(x - 1.0), reach.1.max(x + 2.0));
            }
        }
    }
    reach
}

/// Draws a face; `patches` are its places during the exposure, at most [`EXPOSURES_MAX`], averaged.
pub(crate) fn draw(frame: &mut RgbImage, texture: &Texture, patches: &[Patch]) {
    let exposures: Vec<Exposure<'_>> =
        patches.iter().take(EXPOSURES_MAX).filter_map(|patch| Exposure::new(texture, patch)).collect();
    if exposures.is_empty() {
        return;
    }
    let share = 1.0 / exposures.len() as f32;
    let bounds = patches
        .iter()
        .map(|patch| ovr_domain::Quad(patch.corners).bounds())
        .reduce(ovr_domain::BBox::union)
        .unwrap_or_default()
        .clipped(frame.width, frame.height);
    let (y1, y2) = (bounds.y1.floor().max(1.0) as usize - 1, bounds.y2.ceil() as usize + 1);
    let stride = frame.width as usize * 3;
    for row in y1..y2.min(frame.height as usize) {
        let (first, end) = span(patches, row as f32);
        let (x1, x2) =
            (first.max(bounds.x1 - 1.0).max(0.0) as usize, end.min(bounds.x2 + 1.0).max(0.0) as usize);
        let line = &mut frame.data[row * stride..(row + 1) * stride];
        for column in x1..x2.min(frame.width as usize) {
            let mut sum = [0.0_f32; 4];
            for exposure in &exposures {
                exposure.add(column as f32 + 0.5, row as f32 + 0.5, &mut sum);
            }
            if sum[3] <= 0.5 {
                continue;
            }
            let keep = 1.0 - sum[3] * share / 255.0;
            let pixel = &mut line[column * 3..column * 3 + 3];
            for (channel, value) in pixel.iter_mut().zip(sum) {
                *channel = (f32::from(*channel) * keep + value * share + 0.5) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::canvas::Paint;
    use ovr_domain::BBox;

    fn checked() -> Texture {
        let mut canvas = Canvas::new(64.0, 64.0, 1.0);
        canvas.rect([0.0, 0.0, 64.0, 64.0], 0.0, Paint::flat([255, 255, 255]));
        canvas.rect([0.0, 0.0, 32.0, 32.0], 0.0, Paint::flat([255, 0, 0]));
        Texture::new(&canvas)
    }

    fn patch(corners: [[f32; 2]; 4]) -> Patch {
        Patch { corners: corners.map(|[x, y]| Point { x, y }), window: [0.0, 0.0, 1.0, 1.0] }
    }

    #[test]
    fn a_face_lands_on_its_corners_the_right_way_up() {
        let mut frame = RgbImage::filled(100, 100, [0, 0, 0]);
        let corners = BBox::new(20.0, 10.0, 80.0, 90.0).quad().0;
        let window = [0.0, 0.0, 1.0, 1.0];
        draw(&mut frame, &checked(), &[Patch { corners, window }]);
        assert_eq!(frame.pixel(30, 20), [255, 0, 0]);
        assert_eq!(frame.pixel(70, 80), [255, 255, 255]);
        assert_eq!(frame.pixel(10, 50), [0, 0, 0]);
    }

    #[test]
    fn a_moving_face_is_smeared_and_one_without_area_is_not_drawn() {
        let mut frame = RgbImage::filled(100, 100, [0, 0, 0]);
        let at = |x: f32| patch([[x, 40.0], [x + 20.0, 40.0], [x + 20.0, 60.0], [x, 60.0]]);
        draw(&mut frame, &checked(), &[at(20.0), at(30.0)]);
        let edge = frame.pixel(25, 55)[1];
        assert!((100..156).contains(&edge), "half exposed is {edge}");
        let before = frame.clone();
        draw(&mut frame, &checked(), &[patch([[5.0, 5.0]; 4])]);
        assert_eq!(frame, before);
    }
}
