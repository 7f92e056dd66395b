//! Where a camera looks: regions of interest, zones to ignore, lanes, and how wide a plate must be.
//!
//! Everything is in fractions of the picture, x to the right and y down, (0, 0) its top left and (1, 1) its bottom right
//! corner, so that a camera may change its resolution.

use crate::event::Direction;
use crate::geometry::{BBox, Point};
use crate::track::Detection;

/// Where a camera looks. The default looks everywhere.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct View {
    /// Where there are any, only what lies in one of them is looked at.
    pub regions_of_interest: Vec<Zone>,
    /// What lies in one of them is not looked at.
    pub ignore_zones: Vec<Zone>,
    /// In the order in which they are asked.
    pub lanes: Vec<Lane>,
    /// Plates narrower than this fraction of the picture's width are not looked at.
    pub plate_width_min: f32,
}

impl View {
    /// Whether a detection on a picture of `width` by `height` pixels is looked at. A plate lies where its middle is. A
    /// vehicle lies where its middle or the middle of its lower edge is: a high one reaches beyond the road it stands on.
    pub fn admits(&self, detection: &Detection, width: u32, height: u32) -> bool {
        let bbox = detection.bbox;
        let middle = fraction(bbox.centre(), width, height);
        if !detection.class.is_vehicle() {
            let wide = bbox.width() >= self.plate_width_min * width as f32;
            return wide && self.is_open_at(middle);
        }
        let foot = fraction(foot(bbox), width, height);
        self.is_open_at(middle) || self.is_open_at(foot)
    }

    fn is_open_at(&self, point: Point) -> bool {
        let inside = |zones: &[Zone]| zones.iter().any(|zone| zone.contains(point));
        (self.regions_of_interest.is_empty() || inside(&self.regions_of_interest))
            && !inside(&self.ignore_zones)
    }
}

/// A point of a picture of `width` by `height` pixels as fractions of it.
pub fn fraction(point: Point, width: u32, height: u32) -> Point {
    Point { x: point.x / width.max(1) as f32, y: point.y / height.max(1) as f32 }
}

/// Where a thing stands on the road.
fn foot(bbox: BBox) -> Point {
    Point { x: bbox.centre().x, y: bbox.y2 }
}

/// A polygon in fractions of the picture; it may be concave, and its last corner is joined to its first.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    corners: Vec<Point>,
}

/// Fewest and most corners of a zone.
pub const ZONE_CORNERS: std::ops::RangeInclusive<usize> = 3..=32;

impl Zone {
    /// Checks the corners.
    pub fn new(corners: Vec<Point>) -> Result<Self, InvalidView> {
        if !ZONE_CORNERS.contains(&corners.len()) {
            return Err(InvalidView::Corners(corners.len()));
        }
        if let Some(outside) = corners.iter().find(|corner| !is_fraction(**corner)) {
            return Err(InvalidView::Outside(*outside));
        }
        let zone = Self { corners };
        // An area of nothing admits nothing, or all, for no reason that anyone could see.
        if zone.area().abs() < AREA_MIN { Err(InvalidView::Flat) } else { Ok(zone) }
    }

    /// The corners in their order.
    pub fn corners(&self) -> &[Point] {
        &self.corners
    }

    fn edges(&self) -> impl Iterator<Item = (Point, Point)> {
        let next = self.corners.iter().cycle().skip(1);
        self.corners.iter().copied().zip(next.copied())
    }

    /// Signed, by the shoelace formula.
    fn area(&self) -> f32 {
        self.edges().map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f32>() / 2.0
    }

    /// Even-odd rule: a ray to the right crosses the border an odd number of times.
    pub fn contains(&self, point: Point) -> bool {
        let crossed = |&(a, b): &(Point, Point)| {
            (a.y > point.y) != (b.y > point.y) && point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x
        };
        self.edges().filter(crossed).count() % 2 == 1
    }
}

/// Smallest area of a zone, as a share of the picture.
const AREA_MIN: f32 = 1e-4;
/// Shortest line of a lane, in fractions of the picture.
const LINE_MIN: f32 = 0.01;

fn is_fraction(point: Point) -> bool {
    (0.0..=1.0).contains(&point.x) && (0.0..=1.0).contains(&point.y)
}

/// A lane: the part of the road that belongs to it, the line that its vehicles cross, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// Unique for its camera.
    pub id: String,
    /// A plate that is read here is in this lane.
    pub zone: Option<Zone>,
    /// A vehicle that crosses it is in this lane, and its direction is known.
    pub line: Option<Line>,
}

/// A line across the road.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    from: Point,
    to: Point,
    forward: Direction,
}

impl Line {
    /// `forward` is how a vehicle moves that crosses the line from its left to its right, for somebody who stands at `from`
    /// and looks at `to`.
    pub fn new(from: Point, to: Point, forward: Direction) -> Result<Self, InvalidView> {
        if let Some(outside) = [from, to].into_iter().find(|end| !is_fraction(*end)) {
            return Err(InvalidView::Outside(outside));
        }
        if from.distance(to) < LINE_MIN { Err(InvalidView::Short) } else { Ok(Self { from, to, forward }) }
    }

    /// Its two ends.
    pub fn ends(&self) -> (Point, Point) {
        (self.from, self.to)
    }

    /// How a vehicle moves that crosses it from left to right.
    pub fn forward(&self) -> Direction {
        self.forward
    }

    /// The direction of a movement that crosses the line; nothing when it does not. A movement that ends on the line has not
    /// crossed it yet.
    pub fn crossed(&self, from: Point, to: Point) -> Option<Direction> {
        let (start, end) = (side(self.from, self.to, from), side(self.from, self.to, to));
        let parted = (side(from, to, self.from) > 0.0) != (side(from, to, self.to) > 0.0);
        if !parted || (start > 0.0) == (end > 0.0) || !(start.is_finite() && end.is_finite()) {
            return None;
        }
        Some(if start > 0.0 { opposite(self.forward) } else { self.forward })
    }
}

/// Above zero where `point` lies to the right of the way from `a` to `b`, with y pointing down.
fn side(a: Point, b: Point, point: Point) -> f32 {
    (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x)
}

fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Approaching => Direction::Receding,
        Direction::Receding => Direction::Approaching,
        Direction::Left => Direction::Right,
        Direction::Right => Direction::Left,
        Direction::Stationary => Direction::Stationary,
    }
}

/// Why a zone or a line cannot be.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum InvalidView {
    /// Too few or too many corners.
    #[error("{0} corners: expected {min} to {max}", min = ZONE_CORNERS.start(), max = ZONE_CORNERS.end())]
    Corners(usize),
    /// A point that is not on the picture.
    #[error("the point [{x}, {y}] is not on the picture: expected fractions of it, 0 to 1", x = .0.x, y = .0.y)]
    Outside(Point),
    /// The corners lie on a line.
    #[error("its corners lie on one line: expected the corners of an area")]
    Flat,
    /// The ends of a line are one point.
    #[error("its ends are the same point: expected a line across the road")]
    Short,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::Class;

    fn at(x: f32, y: f32) -> Point {
        Point { x, y }
    }

    fn zone(corners: &[(f32, f32)]) -> Zone {
        Zone::new(corners.iter().map(|&(x, y)| at(x, y)).collect()).unwrap()
    }

    fn seen(class: Class, x1: f32, y1: f32, x2: f32, y2: f32) -> Detection {
        Detection { class, bbox: BBox::new(x1, y1, x2, y2), quad: None, confidence: 0.9 }
    }

    #[test]
    fn a_concave_zone_contains_its_arms_and_not_its_notch() {
        let horseshoe = zone(&[
            (0.1, 0.1),
            (0.9, 0.1),
            (0.9, 0.9),
            (0.6, 0.9),
            (0.6, 0.4),
            (0.4, 0.4),
            (0.4, 0.9),
            (0.1, 0.9),
        ]);
        assert!(
            horseshoe.contains(at(0.2, 0.8))
                && horseshoe.contains(at(0.8, 0.8))
                && horseshoe.contains(at(0.5, 0.2))
        );
        assert!(
            !horseshoe.contains(at(0.5, 0.7))
                && !horseshoe.contains(at(0.95, 0.5))
                && !horseshoe.contains(at(0.5, 0.95))
        );
    }

    #[test]
    fn a_zone_that_cannot_be_is_refused_with_what_would_be_right() {
        let refused = |corners: &[(f32, f32)]| {
            Zone::new(corners.iter().map(|&(x, y)| at(x, y)).collect()).unwrap_err().to_string()
        };
        assert_eq!(refused(&[(0.0, 0.0), (1.0, 1.0)]), "2 corners: expected 3 to 32");
        assert!(refused(&[(0.0, 0.0), (1.2, 0.5), (0.0, 1.0)]).contains("[1.2, 0.5] is not on the picture"));
        assert!(refused(&[(0.0, f32::NAN), (1.0, 0.5), (0.0, 1.0)]).contains("NaN"));
        assert!(refused(&[(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)]).contains("one line"));
        assert_eq!(Line::new(at(0.5, 0.5), at(0.5, 0.5), Direction::Left), Err(InvalidView::Short));
    }

    #[test]
    fn a_plate_counts_where_its_middle_is_and_a_vehicle_also_where_it_stands() {
        let view = View {
            regions_of_interest: vec![zone(&[(0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)])],
            ..View::default()
        };
        assert!(view.admits(&seen(Class::Plate, 40.0, 60.0, 60.0, 70.0), 100, 100));
        assert!(!view.admits(&seen(Class::Plate, 40.0, 40.0, 60.0, 45.0), 100, 100));
        let truck = seen(Class::Truck, 40.0, 10.0, 60.0, 60.0);
        assert!(view.admits(&truck, 100, 100), "its wheels are in the region");
        let ignored = View { ignore_zones: view.regions_of_interest.clone(), ..View::default() };
        assert!(!ignored.admits(&seen(Class::Plate, 40.0, 60.0, 60.0, 70.0), 100, 100));
        assert!(View::default().admits(&seen(Class::Plate, 0.0, 0.0, 1.0, 1.0), 100, 100));
    }

    #[test]
    fn a_plate_that_is_too_narrow_is_not_looked_at_whatever_the_resolution() {
        let view = View { plate_width_min: 0.1, ..View::default() };
        for scale in [1.0, 4.0] {
            let (size, plate) =
                ((100.0 * scale) as u32, |w: f32| seen(Class::Plate, 0.0, 0.0, w * scale, 3.0 * scale));
            assert!(view.admits(&plate(10.0), size, size) && !view.admits(&plate(9.0), size, size));
        }
        assert!(view.admits(&seen(Class::Car, 0.0, 0.0, 5.0, 5.0), 100, 100), "vehicles have no least width");
    }

    #[test]
    fn a_line_tells_both_ways_across_it_and_only_between_its_ends() {
        let line = Line::new(at(0.2, 0.5), at(0.8, 0.5), Direction::Approaching).unwrap();
        assert_eq!(
            line.crossed(at(0.5, 0.4), at(0.5, 0.6)),
            Some(Direction::Approaching),
            "down the picture is to its right"
        );
        assert_eq!(line.crossed(at(0.5, 0.6), at(0.5, 0.4)), Some(Direction::Receding));
        assert_eq!(line.crossed(at(0.9, 0.4), at(0.9, 0.6)), None);
        assert_eq!(line.crossed(at(0.5, 0.1), at(0.5, 0.4)), None);
        assert_eq!(line.crossed(at(0.5, 0.4), at(f32::NAN, 0.6)), None);
        // What stops on the line is counted once when it goes on.
        let crossings = [(0.4, 0.5), (0.5, 0.6)].map(|(from, to)| line.crossed(at(0.5, from), at(0.5, to)));
        assert_eq!(crossings.iter().flatten().count(), 1);
    }
}
