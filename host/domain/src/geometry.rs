//! Points, boxes and quadrilaterals in pixels of the full-size picture: x to the right, y down, (0, 0) the outer
//! corner of the first pixel.

use serde::{Deserialize, Serialize};

/// A point in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Down.
    pub y: f32,
}

impl Point {
    /// Euclidean distance in pixels.
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// An axis-parallel box, `x1 < x2` and `y1 < y2` when it is sane.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct BBox {
    /// Left edge.
    pub x1: f32,
    /// Top edge.
    pub y1: f32,
    /// Right edge.
    pub x2: f32,
    /// Bottom edge.
    pub y2: f32,
}

impl BBox {
    /// From its edges, unchecked: a network may give anything, see [`BBox::is_sane`].
    pub const fn new(x1: f32, y1: f32, x2: f32, y2: f32) -> Self {
        Self { x1, y1, x2, y2 }
    }

    /// Finite, with an area above zero.
    pub fn is_sane(self) -> bool {
        let finite = [self.x1, self.y1, self.x2, self.y2].iter().all(|edge| edge.is_finite());
        finite && self.x2 > self.x1 && self.y2 > self.y1 && self.area().is_finite()
    }

    /// Width in pixels.
    pub fn width(self) -> f32 {
        self.x2 - self.x1
    }

    /// Height in pixels.
    pub fn height(self) -> f32 {
        self.y2 - self.y1
    }

    /// Area in square pixels; zero for a box that is turned inside out.
    pub fn area(self) -> f32 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    /// The middle.
    pub fn centre(self) -> Point {
        Point { x: f32::midpoint(self.x1, self.x2), y: f32::midpoint(self.y1, self.y2) }
    }

    /// Whether the point lies inside or on the edge.
    pub fn contains(self, point: Point) -> bool {
        (self.x1..=self.x2).contains(&point.x) && (self.y1..=self.y2).contains(&point.y)
    }

    /// Area that both cover, in square pixels.
    pub fn overlap(self, other: Self) -> f32 {
        let width = self.x2.min(other.x2) - self.x1.max(other.x1);
        let height = self.y2.min(other.y2) - self.y1.max(other.y1);
        width.max(0.0) * height.max(0.0)
    }

    /// Intersection over union, 0 to 1; 0 when either is not sane.
    pub fn iou(self, other: Self) -> f32 {
        if !self.is_sane() || !other.is_sane() {
            return 0.0;
        }
        let overlap = self.overlap(other);
        let union = self.area() + other.area() - overlap;
        let iou = overlap / union;
        if iou.is_finite() { iou.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Clipped to a picture of `width` by `height` pixels.
    #[must_use]
    pub fn clipped(self, width: u32, height: u32) -> Self {
        let (right, bottom) = (width as f32, height as f32);
        Self {
            x1: self.x1.clamp(0.0, right),
            y1: self.y1.clamp(0.0, bottom),
            x2: self.x2.clamp(0.0, right),
            y2: self.y2.clamp(0.0, bottom),
        }
    }

    /// Grown on every side by a share of its width (`across`) and height (`down`).
    #[must_use]
    pub fn grown(self, across: f32, down: f32) -> Self {
        let (dx, dy) = (self.width() * across, self.height() * down);
        Self { x1: self.x1 - dx, y1: self.y1 - dy, x2: self.x2 + dx, y2: self.y2 + dy }
    }

    /// The smallest box around both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
            x2: self.x2.max(other.x2),
            y2: self.y2.max(other.y2),
        }
    }

    /// The four corners, clockwise from the top left.
    pub fn quad(self) -> Quad {
        Quad([
            Point { x: self.x1, y: self.y1 },
            Point { x: self.x2, y: self.y1 },
            Point { x: self.x2, y: self.y2 },
            Point { x: self.x1, y: self.y2 },
        ])
    }
}

/// Four corners clockwise from the one that is top left when the text is upright.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quad(pub [Point; 4]);

impl Quad {
    /// The smallest axis-parallel box around the corners.
    pub fn bounds(&self) -> BBox {
        let start = BBox::new(f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY);
        self.0.iter().fold(start, |b, p| b.union(BBox::new(p.x, p.y, p.x, p.y)))
    }

    /// Mean length of the upper and lower edge, in pixels.
    pub fn width(&self) -> f32 {
        let [a, b, c, d] = self.0;
        f32::midpoint(a.distance(b), d.distance(c))
    }

    /// Mean length of the left and right edge, in pixels.
    pub fn height(&self) -> f32 {
        let [a, b, c, d] = self.0;
        f32::midpoint(a.distance(d), b.distance(c))
    }

    /// The middle: the mean of the corners.
    pub fn centre(&self) -> Point {
        let (x, y) = self.0.iter().fold((0.0, 0.0), |(x, y), point| (x + point.x, y + point.y));
        Point { x: x / 4.0, y: y / 4.0 }
    }

    /// Unit vectors along the text and down through its lines, each the mean direction of two opposite edges; a vector
    /// is shorter, down to zero, where the quad has no extent.
    pub fn axes(&self) -> [Point; 2] {
        let [a, b, c, d] = self.0;
        let unit = |x: f32, y: f32| {
            let length = x.hypot(y).max(1e-6);
            Point { x: x / length, y: y / length }
        };
        [
            unit(b.x - a.x + c.x - d.x, b.y - a.y + c.y - d.y),
            unit(d.x - a.x + c.x - b.x, d.y - a.y + c.y - b.y),
        ]
    }

    /// The same shape elsewhere.
    #[must_use]
    pub fn moved(&self, right: f32, down: f32) -> Self {
        Self(self.0.map(|p| Point { x: p.x + right, y: p.y + down }))
    }

    /// All corners finite.
    pub fn is_finite(&self) -> bool {
        self.0.iter().all(|p| p.x.is_finite() && p.y.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn iou_of_known_boxes() {
        let unit = BBox::new(0.0, 0.0, 2.0, 2.0);
        assert!((unit.iou(BBox::new(1.0, 0.0, 3.0, 2.0)) - 1.0 / 3.0).abs() < 1e-6);
        assert!((unit.iou(unit) - 1.0).abs() < 1e-6);
        assert!(unit.iou(BBox::new(5.0, 5.0, 6.0, 6.0)).abs() < 1e-6);
        assert!(unit.iou(BBox::new(f32::NAN, 0.0, 1.0, 1.0)).abs() < 1e-6);
    }

    #[test]
    fn quad_of_a_box_has_its_bounds_and_size() {
        let bbox = BBox::new(1.0, 2.0, 5.0, 4.0);
        assert_eq!(bbox.quad().bounds(), bbox);
        assert!((bbox.quad().width() - 4.0).abs() < 1e-6);
        assert!((bbox.quad().height() - 2.0).abs() < 1e-6);
    }

    #[test]
    fn centre_and_axes_of_upright_leaning_and_empty_quads() {
        let bbox = BBox::new(1.0, 2.0, 5.0, 4.0);
        assert_eq!(bbox.quad().centre(), bbox.centre());
        assert_eq!(bbox.quad().axes(), [Point { x: 1.0, y: 0.0 }, Point { x: 0.0, y: 1.0 }]);
        // A square on its corner: the text runs down to the right, its lines follow each other down to the left.
        let corners = [(2.0, 0.0), (4.0, 2.0), (2.0, 4.0), (0.0, 2.0)].map(|(x, y)| Point { x, y });
        let leaning = Quad(corners);
        assert_eq!(leaning.centre(), Point { x: 2.0, y: 2.0 });
        let [along, down] = leaning.axes();
        let half = std::f32::consts::FRAC_1_SQRT_2;
        assert!(along.distance(Point { x: half, y: half }) < 1e-6, "{along:?}");
        assert!(down.distance(Point { x: -half, y: half }) < 1e-6, "{down:?}");
        assert_eq!(Quad::default().axes(), [Point::default(); 2]);
    }

    proptest! {
        #[test]
        fn iou_is_symmetric_and_between_zero_and_one(a in any::<[f32; 4]>(), b in any::<[f32; 4]>()) {
            let (a, b) = (BBox::new(a[0], a[1], a[2], a[3]), BBox::new(b[0], b[1], b[2], b[3]));
            let iou = a.iou(b);
            prop_assert!((0.0..=1.0).contains(&iou), "{iou}");
            prop_assert!((iou - b.iou(a)).abs() < 1e-6);
        }
    }
}
