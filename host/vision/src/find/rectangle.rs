//! The smallest rectangle around points: convex hull, then one rectangle for each side of the hull.
//!
//! One side of the smallest rectangle lies on a side of the hull (Freeman and Shapira 1975), so trying them all is
//! exact; the hull of a text line has some tens of corners.

use ovr_domain::{Point, Quad};

/// A rectangle at any angle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rectangle {
    /// The middle.
    pub(crate) centre: Point,
    /// Unit vector along the side that is `width` long.
    pub(crate) along: Point,
    /// Length along `along`, in pixels.
    pub(crate) width: f32,
    /// Length across `along`, in pixels.
    pub(crate) height: f32,
}

impl Rectangle {
    /// The smallest rectangle around points; nothing for no or no finite points. Collinear points give a rectangle
    /// without height.
    pub(crate) fn around(points: &[Point]) -> Option<Self> {
        let hull = hull(points);
        let (&first, &last) = (hull.first()?, hull.last()?);
        let mut best = Self::along_axis(&hull, Point { x: 1.0, y: 0.0 });
        for (a, b) in hull.iter().zip(hull.iter().skip(1)).chain([(&last, &first)]) {
            let length = a.distance(*b);
            if length > 0.0 {
                let along = Point { x: (b.x - a.x) / length, y: (b.y - a.y) / length };
                let tried = Self::along_axis(&hull, along);
                if tried.width * tried.height < best.width * best.height - 1e-3 {
                    best = tried;
                }
            }
        }
        Some(best)
    }

    /// The smallest rectangle with a side along `along`.
    fn along_axis(points: &[Point], along: Point) -> Self {
        let mut span = [f32::INFINITY, f32::NEG_INFINITY, f32::INFINITY, f32::NEG_INFINITY];
        for point in points {
            let u = point.x * along.x + point.y * along.y;
            let v = point.y * along.x - point.x * along.y;
            span = [span[0].min(u), span[1].max(u), span[2].min(v), span[3].max(v)];
        }
        let (u, v) = (f32::midpoint(span[0], span[1]), f32::midpoint(span[2], span[3]));
        Self {
            centre: Point { x: u * along.x - v * along.y, y: u * along.y + v * along.x },
            along,
            width: span[1] - span[0],
            height: span[3] - span[2],
        }
    }

    /// Moved outwards by `distance` pixels on every side.
    pub(crate) fn grown(self, distance: f32) -> Self {
        Self { width: self.width + 2.0 * distance, height: self.height + 2.0 * distance, ..self }
    }

    /// The shorter of the two sides, in pixels.
    pub(crate) fn short_side(self) -> f32 {
        self.width.min(self.height)
    }

    /// The corners in reading order: of the two left ones the upper, of the two right ones the upper, and so on.
    pub(crate) fn quad(self) -> Quad {
        let (ux, uy) = (self.along.x * self.width / 2.0, self.along.y * self.width / 2.0);
        let (vx, vy) = (-self.along.y * self.height / 2.0, self.along.x * self.height / 2.0);
        let corner =
            |s: f32, t: f32| Point { x: self.centre.x + s * ux + t * vx, y: self.centre.y + s * uy + t * vy };
        let mut corners = [corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)];
        corners.sort_by(|a, b| a.x.total_cmp(&b.x));
        let [mut a, mut b, mut c, mut d] = corners;
        if a.y > b.y {
            (a, b) = (b, a);
        }
        if c.y > d.y {
            (c, d) = (d, c);
        }
        Quad([a, c, d, b])
    }
}

/// The smallest rectangle around several quads.
pub(crate) fn around(quads: &[Quad]) -> Option<Quad> {
    let points: Vec<Point> = quads.iter().flat_map(|quad| quad.0).collect();
    Rectangle::around(&points).map(Rectangle::quad)
}

/// The convex hull, by Andrew's monotone chain (1979); corners that are not finite are left out.
fn hull(points: &[Point]) -> Vec<Point> {
    let mut sorted: Vec<Point> =
        points.iter().copied().filter(|point| point.x.is_finite() && point.y.is_finite()).collect();
    sorted.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    sorted.dedup();
    if sorted.len() < 3 {
        return sorted;
    }
    let mut chain = half_hull(sorted.iter().copied());
    chain.pop();
    let mut upper = half_hull(sorted.iter().rev().copied());
    upper.pop();
    chain.extend(upper);
    chain
}

fn half_hull(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut chain: Vec<Point> = Vec::new();
    for point in points {
        while let [.., a, b] = chain.as_slice() {
            let turn = (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x);
            if turn > 0.0 {
                break;
            }
            chain.pop();
        }
        chain.push(point);
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: f32, y: f32) -> Point {
        Point { x, y }
    }

    #[test]
    fn a_turned_rectangle_comes_back_with_its_size() {
        let (sin, cos) = 0.3_f32.sin_cos();
        let mut points = Vec::new();
        for i in 0..=20 {
            for j in 0..=5 {
                let (u, v) = (i as f32 * 2.0, j as f32 * 2.0);
                points.push(point(100.0 + u * cos - v * sin, 50.0 + u * sin + v * cos));
            }
        }
        let rectangle = Rectangle::around(&points).unwrap();
        let sides = [rectangle.width.max(rectangle.height), rectangle.short_side()];
        assert!((sides[0] - 40.0).abs() < 0.01 && (sides[1] - 10.0).abs() < 0.01, "{sides:?}");
        let quad = rectangle.quad();
        assert!((quad.width() - 40.0).abs() < 0.01 && (quad.height() - 10.0).abs() < 0.01);
        assert!(quad.0[0].distance(point(100.0, 50.0)) < 0.01, "{quad:?}");
    }

    #[test]
    fn growing_moves_every_side() {
        let points = [point(2.0, 3.0), point(12.0, 3.0), point(12.0, 7.0), point(2.0, 7.0)];
        let quad = Rectangle::around(&points).unwrap().grown(1.5).quad();
        assert_eq!(quad, ovr_domain::BBox::new(0.5, 1.5, 13.5, 8.5).quad());
    }

    #[test]
    fn few_and_broken_points_are_no_trouble() {
        assert!(Rectangle::around(&[]).is_none());
        assert!(Rectangle::around(&[point(f32::NAN, 1.0)]).is_none());
        let single = Rectangle::around(&[point(4.0, 5.0)]).unwrap();
        assert!(single.width.abs() < 1e-6 && single.height.abs() < 1e-6);
        let line = Rectangle::around(&[point(0.0, 0.0), point(1.0, 1.0), point(3.0, 3.0)]).unwrap();
        assert!(line.short_side() < 1e-4);
    }
}
