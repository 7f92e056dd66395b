//! Boxes from the probability map of a text detector: Differentiable Binarization (Liao et al. 2020, "Real-time Scene
//! Text Detection with Differentiable Binarization", section 3.5).
//!
//! The network is trained to mark *shrunken* text regions, so each marked region is moved outwards again by
//! `D = A * r / L` (area, unclip ratio, perimeter). A region is taken as its smallest rectangle, and a rectangle moved
//! outwards is a rectangle, so no polygon clipping is needed.

#![expect(
    clippy::indexing_slicing,
    reason = "pixel loops over a map whose length is checked against its sides first"
)]

use ovr_domain::{Point, Quad};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rectangle::Rectangle;
use crate::InvalidKey;

/// How a probability map becomes boxes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DbConfig {
    /// Probability above which a pixel of the map is text, 0 to 1.
    pub threshold: f32,
    /// Smallest mean probability of a region, 0 to 1.
    pub score_min: f32,
    /// How far a region is moved outwards: `r` of the paper. 1 to 5.
    pub unclip_ratio: f32,
    /// Smallest side of a region before it is moved outwards, in pixels of the map. 1 to 100.
    pub side_min_px: f32,
    /// Most regions that are looked at. 1 to 10000.
    pub regions_max: usize,
}

impl Default for DbConfig {
    fn default() -> Self {
        Self { threshold: 0.3, score_min: 0.4, unclip_ratio: 1.6, side_min_px: 3.0, regions_max: 1_000 }
    }
}

impl DbConfig {
    /// Whether every number can be used; the error names the first key that cannot, from the finder's section on.
    pub fn validate(&self) -> Result<(), InvalidKey> {
        for (key, share) in
            [("text.boxes.threshold", self.threshold), ("text.boxes.score_min", self.score_min)]
        {
            InvalidKey::outside(&(0.0..=1.0), key, &share, "0 to 1")?;
        }
        InvalidKey::outside(&(1.0..=5.0), "text.boxes.unclip_ratio", &self.unclip_ratio, "1 to 5")?;
        InvalidKey::outside(
            &(1.0..=100.0),
            "text.boxes.side_min_px",
            &self.side_min_px,
            "1 to 100 pixels of the map",
        )?;
        InvalidKey::outside(&(1..=10_000), "text.boxes.regions_max", &self.regions_max, "1 to 10000 regions")
    }
}

/// A region of text on the map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct MapBox {
    /// Its rectangle in pixels of the map, moved outwards.
    pub(crate) quad: Quad,
    /// Mean probability of its pixels, 0 to 1.
    pub(crate) score: f32,
}

/// The regions of text on `map`, `width * height` probabilities row after row. A map that is too short has none; values
/// that are not numbers are no text.
pub(crate) fn boxes(map: &[f32], width: usize, height: usize, config: &DbConfig) -> Vec<MapBox> {
    if width == 0 || height == 0 || map.len() < width * height {
        return Vec::new();
    }
    let mut open: Vec<bool> = map.iter().take(width * height).map(|&p| p > config.threshold).collect();
    let mut found = Vec::new();
    let mut pixels = Vec::new();
    let mut regions = 0;
    for start in 0..open.len() {
        if !open[start] {
            continue;
        }
        regions += 1;
        if regions > config.regions_max {
            break;
        }
        flood(&mut open, (width, height), start, &mut pixels);
        found.extend(region(map, width, &pixels, config));
    }
    found
}

/// Collects the pixels that hang together with `start` (eight neighbours) and closes them.
fn flood(open: &mut [bool], (width, height): (usize, usize), start: usize, pixels: &mut Vec<usize>) {
    pixels.clear();
    pixels.push(start);
    open[start] = false;
    let mut next = 0;
    while let Some(&at) = pixels.get(next) {
        next += 1;
        let (x, y) = (at % width, at / width);
        for row in y.saturating_sub(1)..=(y + 1).min(height - 1) {
            for column in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                let neighbour = row * width + column;
                if open[neighbour] {
                    open[neighbour] = false;
                    pixels.push(neighbour);
                }
            }
        }
    }
}

/// The box of one region, when it is large and certain enough.
fn region(map: &[f32], width: usize, pixels: &[usize], config: &DbConfig) -> Option<MapBox> {
    let sum: f32 = pixels.iter().map(|&at| map[at].min(1.0)).sum();
    let score = sum / pixels.len() as f32;
    if score < config.score_min {
        return None;
    }
    let rectangle = Rectangle::around(&outline(pixels, width))?;
    // From the middles of the outermost pixels to their outer edges.
    let rectangle = rectangle.grown(0.5);
    if rectangle.short_side() < config.side_min_px {
        return None;
    }
    let (w, h) = (rectangle.width, rectangle.height);
    let distance = w * h * config.unclip_ratio / (2.0 * (w + h));
    Some(MapBox { quad: rectangle.grown(distance).quad(), score })
}

/// The first and the last pixel's middle of every row of a region: its convex hull has no other corners.
fn outline(pixels: &[usize], width: usize) -> Vec<Point> {
    let mut sorted = pixels.to_vec();
    sorted.sort_unstable();
    let mut ends: Vec<Point> = Vec::new();
    let mut row = usize::MAX;
    for &at in &sorted {
        let point = Point { x: (at % width) as f32 + 0.5, y: (at / width) as f32 + 0.5 };
        if at / width == row {
            let last = ends.len() - 1;
            ends[last] = point;
        } else {
            row = at / width;
            ends.extend([point, point]);
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map_with(
        width: usize,
        height: usize,
        filled: &[(std::ops::Range<usize>, std::ops::Range<usize>, f32)],
    ) -> Vec<f32> {
        let mut map = vec![0.0; width * height];
        for (columns, rows, value) in filled {
            for y in rows.clone() {
                for x in columns.clone() {
                    map[y * width + x] = *value;
                }
            }
        }
        map
    }

    #[test]
    fn a_bar_is_moved_outwards_by_area_times_ratio_over_perimeter() {
        let map = map_with(64, 32, &[(10..50, 12..20, 0.9)]);
        let found = boxes(&map, 64, 32, &DbConfig::default());
        assert_eq!(found.len(), 1);
        // 40 * 8 * 1.6 / (2 * 48) = 5.333
        let bounds = found[0].quad.bounds();
        for (got, expected) in [
            (bounds.x1, 10.0 - 5.333),
            (bounds.x2, 50.0 + 5.333),
            (bounds.y1, 12.0 - 5.333),
            (bounds.y2, 20.0 + 5.333),
        ] {
            assert!((got - expected).abs() < 0.01, "{got} is not {expected}");
        }
        assert!((found[0].score - 0.9).abs() < 1e-5);
    }

    #[test]
    fn faint_thin_and_separate_regions_are_told_apart() {
        let map = map_with(
            80,
            40,
            &[
                (2..30, 2..10, 0.9),
                (40..70, 2..10, 0.8),
                (2..30, 20..22, 0.9),
                (40..70, 20..30, 0.35),
                (79..80, 39..40, 1.0),
            ],
        );
        let found = boxes(&map, 80, 40, &DbConfig::default());
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn diagonal_neighbours_hang_together() {
        let mut map = vec![0.0; 40 * 40];
        for i in 0..30 {
            for k in 0..5 {
                map[(i + 2) * 40 + (i + k).min(39)] = 0.9;
            }
        }
        let found = boxes(&map, 40, 40, &DbConfig::default());
        assert_eq!(found.len(), 1);
        let quad = found[0].quad;
        let slope = (quad.0[1].y - quad.0[0].y) / (quad.0[1].x - quad.0[0].x);
        assert!((slope - 1.0).abs() < 0.2, "{quad:?}");
    }

    #[test]
    fn broken_maps_have_no_text() {
        let config = DbConfig::default();
        assert!(boxes(&[f32::NAN; 64], 8, 8, &config).is_empty());
        assert!(boxes(&[1.0; 10], 8, 8, &config).is_empty());
        assert!(boxes(&[], 0, 0, &config).is_empty());
        let full = boxes(&[f32::INFINITY; 64], 8, 8, &config);
        assert!(full.len() == 1 && full[0].quad.is_finite() && full[0].score <= 1.0);
    }
}
