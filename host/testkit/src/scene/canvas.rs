//! Drawing of textures: smooth shapes and text in the texture's own units (metres or millimetres), done once.

#![allow(clippy::indexing_slicing, reason = "pixel loops; every range is clipped to the canvas first")]

use ab_glyph::{Font as _, PxScale, point};

use super::font::Font;

/// A colour: red, green, blue.
pub(crate) type Colour = [u8; 3];

/// A rectangle in the canvas' units: left, top, right, bottom.
pub(crate) type Rect = [f32; 4];

/// What a shape is filled with: a colour at its top that runs into another at its bottom, and its opacity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    pub(crate) top: Colour,
    pub(crate) bottom: Colour,
    pub(crate) alpha: f32,
}

impl Paint {
    pub(crate) const fn flat(colour: Colour) -> Self {
        Self::fade(colour, colour)
    }

    pub(crate) const fn fade(top: Colour, bottom: Colour) -> Self {
        Self { top, bottom, alpha: 1.0 }
    }

    pub(crate) const fn clear(colour: Colour, alpha: f32) -> Self {
        Self { top: colour, bottom: colour, alpha }
    }
}

/// A picture with opacity while it is drawn: premultiplied, 0 to 1.
pub(crate) struct Canvas {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Pixels for one unit.
    pub(crate) scale: f32,
    pub(crate) data: Vec<[f32; 4]>,
}

/// A colour times a factor.
pub(crate) fn shaded(colour: Colour, factor: f32) -> Colour {
    colour.map(|c| (f32::from(c) * factor).clamp(0.0, 255.0) as u8)
}

impl Canvas {
    /// Transparent, `width` by `height` units at `scale` pixels a unit.
    pub(crate) fn new(width: f32, height: f32, scale: f32) -> Self {
        let pixels = |units: f32| ((units * scale).round() as usize).clamp(1, 2048);
        let (width, height) = (pixels(width), pixels(height));
        Self { width, height, scale, data: vec![[0.0; 4]; width * height] }
    }

    /// Fills a shape given by its signed distance in units (negative inside) within `bounds`.
    fn fill(&mut self, bounds: Rect, paint: Paint, distance: impl Fn(f32, f32) -> f32) {
        let [left, top, right, bottom] = bounds;
        let clip = |units: f32, end: usize| ((units * self.scale).max(0.0) as usize).min(end);
        let (x1, x2) =
            (clip(left - 1.0 / self.scale, self.width), clip(right + 2.0 / self.scale, self.width));
        let (y1, y2) =
            (clip(top - 1.0 / self.scale, self.height), clip(bottom + 2.0 / self.scale, self.height));
        for row in y1..y2 {
            let y = (row as f32 + 0.5) / self.scale;
            let share = ((y - top) / (bottom - top)).clamp(0.0, 1.0);
            let mix = |k: usize| {
                (f32::from(paint.top[k]) * (1.0 - share) + f32::from(paint.bottom[k]) * share) / 255.0
            };
            let colour = [mix(0), mix(1), mix(2)];
            for column in x1..x2 {
                let x = (column as f32 + 0.5) / self.scale;
                let coverage = (0.5 - distance(x, y) * self.scale).clamp(0.0, 1.0) * paint.alpha;
                self.blend(column, row, colour, coverage);
            }
        }
    }

    fn blend(&mut self, column: usize, row: usize, colour: [f32; 3], coverage: f32) {
        if coverage <= 0.0 {
            return;
        }
        let pixel = &mut self.data[row * self.width + column];
        for (channel, value) in pixel.iter_mut().zip([colour[0], colour[1], colour[2], 1.0]) {
            *channel = *channel * (1.0 - coverage) + value * coverage;
        }
    }

    /// A rectangle with rounded corners.
    pub(crate) fn rect(&mut self, rect: Rect, radius: f32, paint: Paint) {
        let [left, top, right, bottom] = rect;
        let (cx, cy) = (f32::midpoint(left, right), f32::midpoint(top, bottom));
        let (hx, hy) = ((right - left) / 2.0 - radius, (bottom - top) / 2.0 - radius);
        self.fill(rect, paint, |x, y| {
            let (dx, dy) = ((x - cx).abs() - hx, (y - cy).abs() - hy);
            dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0) - radius
        });
    }

    /// The outline of a rectangle with rounded corners; `stroke` units wide, drawn inwards.
    pub(crate) fn frame(&mut self, rect: Rect, radius: f32, stroke: f32, paint: Paint) {
        let [left, top, right, bottom] = rect;
        let (cx, cy) = (f32::midpoint(left, right), f32::midpoint(top, bottom));
        let (hx, hy) = ((right - left) / 2.0 - radius, (bottom - top) / 2.0 - radius);
        self.fill(rect, paint, |x, y| {
            let (dx, dy) = ((x - cx).abs() - hx, (y - cy).abs() - hy);
            let outer = dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0) - radius;
            outer.max(-outer - stroke)
        });
    }

    /// An ellipse that fills `rect`.
    pub(crate) fn ellipse(&mut self, rect: Rect, paint: Paint) {
        let [left, top, right, bottom] = rect;
        let (cx, cy) = (f32::midpoint(left, right), f32::midpoint(top, bottom));
        let (rx, ry) = ((right - left) / 2.0, (bottom - top) / 2.0);
        self.fill(rect, paint, |x, y| (((x - cx) / rx).hypot((y - cy) / ry) - 1.0) * rx.min(ry));
    }

    /// An ellipse whose opacity falls off softly towards `rect`: shadows and glows.
    pub(crate) fn glow(&mut self, rect: Rect, paint: Paint) {
        let [left, top, right, bottom] = rect;
        let (cx, cy) = (f32::midpoint(left, right), f32::midpoint(top, bottom));
        let (rx, ry) = ((right - left) / 2.0, (bottom - top) / 2.0);
        let scale = self.scale;
        self.fill(rect, paint, |x, y| {
            // A fourth power keeps the middle full and lets the edge run out.
            let radius = ((x - cx) / rx).powi(4) + ((y - cy) / ry).powi(4);
            (radius.min(1.0) - 0.5) / scale
        });
    }

    /// A convex polygon, its corners clockwise as seen.
    pub(crate) fn polygon(&mut self, corners: &[[f32; 2]], paint: Paint) {
        let start = [f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
        let bounds = corners
            .iter()
            .fold(start, |b, c| [b[0].min(c[0]), b[1].min(c[1]), b[2].max(c[0]), b[3].max(c[1])]);
        self.fill(bounds, paint, |x, y| {
            let next = corners.iter().cycle().skip(1);
            let edge = |(a, b): (&[f32; 2], &[f32; 2])| {
                let (ex, ey) = (b[0] - a[0], b[1] - a[1]);
                ((x - a[0]) * ey - (y - a[1]) * ex) / ex.hypot(ey).max(1e-6)
            };
            corners.iter().zip(next).map(edge).fold(f32::NEG_INFINITY, f32::max)
        });
    }

    /// Text in capitals that fills the height of `rect`, centred; pressed together where it would be too wide, and
    /// spaced out a little where there is room, as plates are.
    pub(crate) fn text(&mut self, font: &Font, text: &str, rect: Rect, paint: Paint) {
        let [left, top, right, bottom] = rect.map(|units| units * self.scale);
        let (width, height) = (right - left, bottom - top);
        let scale_y = font.scale_for_capitals(height);
        let natural = font.advance(text, scale_y);
        let gaps = text.chars().count().saturating_sub(1).max(1) as f32;
        let squeeze = (width / natural.max(1.0)).min(1.15);
        let spare = (width - natural * squeeze).max(0.0);
        let spacing = (spare / gaps).min(height * 0.16);
        let mut x = left + (width - natural * squeeze - spacing * gaps) / 2.0;
        let scale = PxScale { x: scale_y * squeeze, y: scale_y };
        let colour = paint.top.map(|c| f32::from(c) / 255.0);
        for character in text.chars() {
            let glyph = font.face().glyph_id(character);
            let placed = glyph.with_scale_and_position(scale, point(x, bottom));
            if let Some(outline) = font.face().outline_glyph(placed) {
                let origin = outline.px_bounds().min;
                outline.draw(|gx, gy, coverage| {
                    let (column, row) = (origin.x + gx as f32, origin.y + gy as f32);
                    let inside = column >= 0.0 && row >= 0.0;
                    if inside && (column as usize) < self.width && (row as usize) < self.height {
                        self.blend(column as usize, row as usize, colour, coverage.min(1.0) * paint.alpha);
                    }
                });
            }
            x += font.advance_of(character, scale_y) * squeeze + spacing;
        }
    }

    /// Multiplies every pixel with `factor(column, row)`: dirt, folds, gradients of light.
    pub(crate) fn modulate(&mut self, factor: impl Fn(f32, f32) -> f32) {
        for (index, pixel) in self.data.iter_mut().enumerate() {
            let (column, row) = (index % self.width, index / self.width);
            let factor = factor(column as f32 / self.scale, row as f32 / self.scale);
            let opacity = pixel[3];
            for channel in &mut pixel[..3] {
                *channel = (*channel * factor).clamp(0.0, opacity);
            }
        }
    }
}
