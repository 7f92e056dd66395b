//! Which way a track went, from its boxes.

use std::collections::VecDeque;

use ovr_domain::event::Direction;
use ovr_domain::geometry::BBox;

/// Boxes averaged at the beginning and at the end of a track, against the detector's jitter.
const ENDS: usize = 3;

/// Change of size (natural logarithm of the linear scale) below which it says nothing: 12 %.
const GROWTH_MIN: f32 = 0.12;

/// Shift in widths of the box below which a track did not move.
const SHIFT_MIN_WIDTHS: f32 = 1.0;

/// Boxes from which on a thing that has not moved stands.
const STANDING_BOXES_MIN: u32 = 2 * ENDS as u32;

/// Distance in pixels to the border within which a box may be cut off, and its size means nothing.
const BORDER_PX: f32 = 2.0;

/// The first and the last boxes of a track that lie wholly within the picture.
#[derive(Debug, Clone, Default)]
pub(super) struct Trajectory {
    first: Vec<BBox>,
    last: VecDeque<BBox>,
    boxes: u32,
    picture_width: f32,
}

/// Mean of some boxes: centre and linear size, in pixels.
struct Place {
    x: f32,
    y: f32,
    width: f32,
    size: f32,
}

fn place<'a>(boxes: impl Iterator<Item = &'a BBox>) -> Place {
    let (mut sum, mut count) = (BBox::default(), 0.0_f32);
    for b in boxes {
        sum = BBox::new(sum.x1 + b.x1, sum.y1 + b.y1, sum.x2 + b.x2, sum.y2 + b.y2);
        count += 1.0;
    }
    let count = count.max(1.0);
    let mean = BBox::new(sum.x1 / count, sum.y1 / count, sum.x2 / count, sum.y2 / count);
    Place { x: mean.centre().x, y: mean.centre().y, width: mean.width(), size: mean.area().sqrt() }
}

impl Trajectory {
    /// Notes the box of one frame of `width` by `height` pixels.
    pub(super) fn push(&mut self, bbox: BBox, width: u32, height: u32) {
        let (right, bottom) = (width as f32 - BORDER_PX, height as f32 - BORDER_PX);
        let inside = bbox.x1 > BORDER_PX && bbox.y1 > BORDER_PX && bbox.x2 < right && bbox.y2 < bottom;
        if !bbox.is_sane() || !inside {
            return;
        }
        self.picture_width = width as f32;
        if self.first.len() < ENDS {
            self.first.push(bbox);
        }
        self.boxes = self.boxes.saturating_add(1);
        if self.last.len() == ENDS {
            self.last.pop_front();
        }
        self.last.push_back(bbox);
    }

    /// Whether it is known to have moved.
    pub(super) fn has_moved(&self) -> bool {
        self.direction().is_some_and(|direction| direction != Direction::Stationary)
    }

    /// The direction; nothing while fewer than two whole boxes were seen, or too few to tell a slow one from one that
    /// stands.
    ///
    /// Growth and shift are compared as distances on the road. For a pinhole camera whose focal length is about its
    /// picture's width, a box that is a share `s` of the picture's width and grows by `g` (logarithm) has come
    /// nearer by `g / s` of its own widths. A thing that comes straight nearer also moves away from the picture's
    /// middle by `g` times its distance from there, which is no movement to the side and is taken off.
    pub(super) fn direction(&self) -> Option<Direction> {
        let seen = self.first.len().max(self.last.len());
        let ends = if seen < ENDS { seen.div_ceil(2) } else { ENDS };
        if seen < 2 {
            return None;
        }
        let start = place(self.first.iter().take(ends));
        let end = place(self.last.iter().rev().take(ends));
        let growth = (end.size / start.size).ln();
        let width = f32::midpoint(start.width, end.width);
        let middle = self.picture_width / 2.0;
        let outwards = (f32::midpoint(start.x, end.x) - middle) * growth;
        let sideways = (end.x - start.x - outwards) / width;
        let down = (end.y - start.y) / width;
        let nearer = growth * self.picture_width / width;
        let grows = growth.abs() >= GROWTH_MIN;
        if !growth.is_finite() || !sideways.is_finite() {
            return None;
        }
        Some(match () {
            () if grows && nearer.abs() >= sideways.abs() => along(growth),
            () if sideways.abs() < SHIFT_MIN_WIDTHS && down.abs() < SHIFT_MIN_WIDTHS => {
                if self.boxes < STANDING_BOXES_MIN {
                    return None;
                }
                Direction::Stationary
            }
            () if sideways.abs() >= down.abs() => {
                if sideways < 0.0 {
                    Direction::Left
                } else {
                    Direction::Right
                }
            }
            // Seen from above a vehicle keeps its size; what comes towards the camera moves down the picture.
            () => along(down),
        })
    }
}

fn along(amount: f32) -> Direction {
    if amount > 0.0 { Direction::Approaching } else { Direction::Receding }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(boxes: impl IntoIterator<Item = (f32, f32, f32)>) -> Option<Direction> {
        let mut trajectory = Trajectory::default();
        for (x, y, width) in boxes {
            let height = width / 4.0;
            trajectory.push(
                BBox::new(x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0),
                1920,
                1080,
            );
        }
        trajectory.direction()
    }

    #[test]
    fn directions_of_vehicles_on_a_road() {
        let steps = || (0..10).map(|i| i as f32);
        assert_eq!(
            of(steps().map(|i| (960.0, 300.0 + 50.0 * i, 60.0 + 10.0 * i))),
            Some(Direction::Approaching)
        );
        assert_eq!(
            of(steps().map(|i| (900.0, 800.0 - 40.0 * i, 150.0 - 9.0 * i))),
            Some(Direction::Receding)
        );
        assert_eq!(of(steps().map(|i| (300.0 + 100.0 * i, 500.0, 90.0))), Some(Direction::Right));
        assert_eq!(of(steps().map(|i| (1500.0 - 100.0 * i, 500.0 + 2.0 * i, 90.0))), Some(Direction::Left));
        assert_eq!(
            of(steps().map(|i| (500.0 + (i % 2.0), 500.0, 90.0 - (i % 3.0)))),
            Some(Direction::Stationary)
        );
        assert_eq!(of(steps().map(|i| (500.0, 200.0 + 60.0 * i, 90.0))), Some(Direction::Approaching));
    }

    #[test]
    fn a_vehicle_that_comes_straight_nearer_off_the_middle_does_not_go_sideways() {
        // Depth from 20 to 8 plate widths, 6 plate widths to the right of the axis, focal length 1920 pixels.
        let boxes = (0..12).map(|i| {
            let depth = 20.0 - i as f32 * 1.09;
            (960.0 + 1920.0 * 2.5 / depth, 540.0 + 1920.0 * 1.5 / depth, 1920.0 / depth)
        });
        assert_eq!(of(boxes), Some(Direction::Approaching));
    }

    #[test]
    fn one_box_or_boxes_that_the_border_cuts_off_give_no_direction() {
        assert_eq!(of([(500.0, 500.0, 90.0)]), None);
        assert_eq!(of([(10.0, 500.0, 90.0), (40.0, 500.0, 90.0), (500.0, 500.0, 90.0)]), None);
    }

    proptest! {
        #[test]
        fn any_boxes_are_taken(boxes in prop::collection::vec((any::<f32>(), any::<f32>(), any::<f32>()), 0..9)) {
            of(boxes);
        }
    }
}
