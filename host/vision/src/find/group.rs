//! Lines that belong together: neighbours in one row, and two rows of a two-line plate.
//!
//! Text detection splits a plate at a seal or a wide gap, and gives the rows of a two-line plate one by one. What is
//! joined here is by shape alone; whether a join reads like a plate is the reader's to say.

use ovr_domain::{Point, Quad};

use super::rectangle;

/// From where to where a quad reaches along `axis`.
fn reach(quad: &Quad, axis: Point) -> (f32, f32) {
    quad.0
        .iter()
        .map(|point| point.x * axis.x + point.y * axis.y)
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)))
}

/// The two quads seen along the longer one: its axis, how far `b`'s middle is behind and below `a`'s.
struct Pose {
    axis: Point,
    behind: f32,
    below: f32,
}

impl Pose {
    fn of(a: &Quad, b: &Quad) -> Self {
        let [axis, _] = if a.width() > b.width() { a } else { b }.axes();
        let (from, to) = (a.centre(), b.centre());
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        Self { axis, behind: dx * axis.x + dy * axis.y, below: dy * axis.x - dx * axis.y }
    }
}

fn height_ratio(a: &Quad, b: &Quad) -> f32 {
    a.height().min(b.height()) / a.height().max(b.height()).max(1e-6)
}

/// One quad around two that stand side by side in one row, or nothing when they do not. A plate's seal or emblem leaves
/// up to one character's width between them.
pub(crate) fn side_by_side(a: &Quad, b: &Quad) -> Option<Quad> {
    if height_ratio(a, b) < 0.55 {
        return None;
    }
    let height = a.height().max(b.height());
    let pose = Pose::of(a, b);
    if pose.below.abs() > 0.35 * height {
        return None;
    }
    let (left, right) = if pose.behind >= 0.0 { (a, b) } else { (b, a) };
    let gap = reach(right, pose.axis).0 - reach(left, pose.axis).1;
    if gap <= -0.6 * height || gap >= 1.1 * height {
        return None;
    }
    let joined = rectangle::around(&[*a, *b])?;
    (joined.height() < 1.6 * height).then_some(joined)
}

/// Whether `lower` stands right below `upper` as the second line of a plate: about as high and as wide.
pub(crate) fn stacked(upper: &Quad, lower: &Quad) -> bool {
    if height_ratio(upper, lower) < 0.6 {
        return false;
    }
    let pose = Pose::of(upper, lower);
    let height = f32::midpoint(upper.height(), lower.height());
    if pose.below <= 0.6 * height || pose.below >= 1.5 * height {
        return false;
    }
    let (above, below) = (reach(upper, pose.axis), reach(lower, pose.axis));
    let shared = above.1.min(below.1) - above.0.max(below.0);
    let (narrow, wide) = (upper.width().min(lower.width()), upper.width().max(lower.width()));
    shared >= 0.6 * narrow && wide / (pose.below + height) <= 2.6
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::BBox;

    fn quad(x1: f32, y1: f32, x2: f32, y2: f32) -> Quad {
        BBox::new(x1, y1, x2, y2).quad()
    }

    #[test]
    fn halves_of_a_plate_are_joined_in_either_order() {
        let (left, right) = (quad(10.0, 10.0, 40.0, 30.0), quad(52.0, 12.0, 100.0, 31.0));
        // The smallest rectangle around both leans a little, as they do.
        let expected = quad(10.0, 10.0, 100.0, 31.0);
        for joined in [side_by_side(&left, &right), side_by_side(&right, &left)] {
            let bounds = joined.unwrap().bounds();
            assert!(bounds.iou(expected.bounds()) > 0.9, "{bounds:?}");
        }
    }

    #[test]
    fn what_is_far_small_or_on_another_row_is_not_joined() {
        let line = quad(10.0, 10.0, 40.0, 30.0);
        assert!(side_by_side(&line, &quad(70.0, 10.0, 100.0, 30.0)).is_none());
        assert!(side_by_side(&line, &quad(45.0, 15.0, 60.0, 24.0)).is_none());
        assert!(side_by_side(&line, &quad(45.0, 22.0, 90.0, 42.0)).is_none());
    }

    #[test]
    fn two_lines_stack_and_a_headline_does_not() {
        let (upper, lower) = (quad(20.0, 10.0, 60.0, 32.0), quad(10.0, 33.0, 70.0, 56.0));
        assert!(stacked(&upper, &lower));
        assert!(!stacked(&lower, &upper));
        // A state's name is small, and two wide lines above each other are a text, no plate.
        assert!(!stacked(&quad(20.0, 10.0, 60.0, 20.0), &lower));
        assert!(!stacked(&quad(10.0, 10.0, 190.0, 32.0), &quad(10.0, 33.0, 190.0, 56.0)));
    }
}
