//! The four corners of plates, from a second output of the detector.
//!
//! A network that has an output named `corners`, `[1, 8, N]`, gives for each row of its boxes x and y of the four
//! corners, clockwise from the plate's own top left, in pixels of the input. They are regressed beside the box and may
//! be anything; what does not fit the box is dropped, and the plate is cut out by its box.

use ovr_domain::geometry::{BBox, Point, Quad};

/// Name of the output.
pub(super) const OUTPUT: &str = "corners";

/// Values of one row: x and y of four corners.
pub(super) const VALUES: usize = 8;

/// Least intersection over union of the box and the box around the corners. Regressed separately, they differ by a
/// pixel or two, which on a plate of a few pixels' height is a large share.
const IOU_MIN: f32 = 0.4;

/// Least share of the box around the corners that lies between them: a plate of 4:1 that leans by 45 degrees covers a
/// third, one that is seen from the side as well less.
const AREA_SHARE_MIN: f32 = 0.12;

/// Least cosine of the angle between the upper edge and the horizon: nobody mounts a plate steeper than 60 degrees, so
/// what is steeper has its corners mixed up.
const UPRIGHT_MIN: f32 = 0.5;

/// The corners in a row of the output, `count` rows in all, when they may be those of the plate in `bbox`.
pub(super) fn at(values: &[f32], count: usize, row: usize, bbox: BBox) -> Option<Quad> {
    let value = |line: usize| (row < count).then(|| values.get(line * count + row).copied()).flatten();
    let corner = |at: usize| Some(Point { x: value(2 * at)?, y: value(2 * at + 1)? });
    let quad = Quad([corner(0)?, corner(1)?, corner(2)?, corner(3)?]);
    fits(&quad, bbox).then_some(quad)
}

/// Whether a quad may be the outline of the plate in a box: finite, convex, clockwise, upright and near the box.
fn fits(quad: &Quad, bbox: BBox) -> bool {
    let bounds = quad.bounds();
    if !quad.is_finite() || !bounds.is_sane() || bounds.iou(bbox) < IOU_MIN {
        return false;
    }
    let [along, _] = quad.axes();
    is_convex(quad) && area(quad) >= AREA_SHARE_MIN * bounds.area() && along.x >= UPRIGHT_MIN
}

/// Every turn from edge to edge goes to the right, which with y down is clockwise.
fn is_convex(quad: &Quad) -> bool {
    let [a, b, c, d] = quad.0;
    let turns = |p: Point, q: Point, r: Point| (q.x - p.x) * (r.y - q.y) - (q.y - p.y) * (r.x - q.x) > 0.0;
    turns(a, b, c) && turns(b, c, d) && turns(c, d, a) && turns(d, a, b)
}

/// Area between the corners, half the cross product of the diagonals.
fn area(quad: &Quad) -> f32 {
    let [a, b, c, d] = quad.0;
    ((c.x - a.x) * (d.y - b.y) - (c.y - a.y) * (d.x - b.x)).abs() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOX: BBox = BBox::new(10.0, 20.0, 50.0, 32.0);

    /// Row 1 of three.
    fn output(corners: [(f32, f32); 4]) -> Vec<f32> {
        corners.iter().flat_map(|&(x, y)| [0.0, x, 0.0, 0.0, y, 0.0]).collect()
    }

    fn taken(corners: [(f32, f32); 4]) -> bool {
        at(&output(corners), 3, 1, BOX).is_some()
    }

    #[test]
    fn corners_that_fit_their_box_are_taken_as_they_are() {
        let corners = [(10.0, 22.0), (49.0, 20.0), (50.0, 30.0), (11.0, 32.0)];
        let quad = at(&output(corners), 3, 1, BOX).unwrap();
        assert_eq!(quad.0.map(|point| (point.x, point.y)), corners);
        assert_eq!(at(&output(corners), 3, 0, BOX), None);
        assert_eq!(at(&output(corners), 3, 3, BOX), None);
        assert_eq!(at(&[], 3, 1, BOX), None);
    }

    #[test]
    fn corners_that_cannot_be_a_plates_are_dropped() {
        let [a, b, c, d] = [(10.0, 20.0), (50.0, 20.0), (50.0, 32.0), (10.0, 32.0)];
        assert!(taken([a, b, c, d]));
        for (why, wrong) in [
            ("turns to the left", [a, d, c, b]),
            ("crosses itself", [a, c, b, d]),
            ("stands on its head", [c, d, a, b]),
            ("stands upright", [d, a, b, c]),
            ("is dented", [a, b, (12.0, 21.0), d]),
            ("is elsewhere", [(60.0, 20.0), (90.0, 20.0), (90.0, 32.0), (60.0, 32.0)]),
            ("is a point", [a, a, a, a]),
            ("is no number", [(f32::NAN, 20.0), b, c, d]),
            ("is infinite", [a, (f32::INFINITY, 20.0), c, d]),
        ] {
            assert!(!taken(wrong), "{why}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_network_says_a_quad_is_convex_and_near_its_box(
            values in prop::collection::vec(prop_oneof![any::<f32>(), 0.0_f32..60.0], 24),
            row in 0_usize..4,
        ) {
            if let Some(quad) = at(&values, 3, row, BOX) {
                prop_assert!(quad.is_finite() && is_convex(&quad));
                prop_assert!(quad.bounds().iou(BOX) >= IOU_MIN);
                prop_assert!(quad.width() > 0.0 && quad.height() > 0.0);
            }
        }
    }
}
