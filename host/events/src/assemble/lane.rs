//! Which lane a track is in, and which way it crossed the lane's line.

use ovr_domain::Point;
use ovr_domain::event::Direction;
use ovr_domain::view::Lane;

/// What is known of one track.
#[derive(Debug, Clone, Default)]
pub(super) struct InLane {
    /// Where it was on the last frame, in fractions of the picture.
    last: Option<Point>,
    /// The line that it crossed last.
    crossed: Option<(String, Direction)>,
    /// The zone that it was in last.
    within: Option<String>,
}

impl InLane {
    /// Takes in where the track is on a frame, in fractions of the picture.
    pub(super) fn see(&mut self, lanes: &[Lane], at: Point) {
        if let Some(last) = self.last.replace(at) {
            let crossing = |lane: &Lane| Some((lane.id.clone(), lane.line?.crossed(last, at)?));
            self.crossed = lanes.iter().find_map(crossing).or(self.crossed.take());
        }
        let within = lanes.iter().find(|lane| lane.zone.as_ref().is_some_and(|zone| zone.contains(at)));
        self.within = within.map(|lane| lane.id.clone()).or(self.within.take());
    }

    /// The lane whose line it crossed, else the one it was in.
    pub(super) fn id(&self) -> Option<&str> {
        let crossed = self.crossed.as_ref().map(|(id, _)| id);
        crossed.or(self.within.as_ref()).map(String::as_str)
    }

    /// The way it crossed the line.
    pub(super) fn direction(&self) -> Option<Direction> {
        self.crossed.as_ref().map(|(_, direction)| *direction)
    }

    /// Takes over what is known of another track of the same vehicle.
    pub(super) fn absorb(&mut self, other: Self) {
        self.crossed = other.crossed.or(self.crossed.take());
        self.within = other.within.or(self.within.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::view::{Line, Zone};

    fn lanes() -> Vec<Lane> {
        let at = |x, y| Point { x, y };
        let line = Line::new(at(0.0, 0.5), at(0.5, 0.5), Direction::Approaching).ok();
        let right = Zone::new(vec![at(0.5, 0.0), at(1.0, 0.0), at(1.0, 1.0), at(0.5, 1.0)]).ok();
        vec![
            Lane { id: "in".to_owned(), zone: None, line },
            Lane { id: "out".to_owned(), zone: right, line: None },
        ]
    }

    fn along(path: &[(f32, f32)]) -> InLane {
        let mut seen = InLane::default();
        for &(x, y) in path {
            seen.see(&lanes(), Point { x, y });
        }
        seen
    }

    #[test]
    fn a_track_that_crosses_a_line_has_its_lane_and_direction() {
        let seen = along(&[(0.2, 0.3), (0.2, 0.45), (0.25, 0.6), (0.25, 0.8)]);
        assert_eq!((seen.id(), seen.direction()), (Some("in"), Some(Direction::Approaching)));
        let back = along(&[(0.2, 0.6), (0.2, 0.4)]);
        assert_eq!((back.id(), back.direction()), (Some("in"), Some(Direction::Receding)));
    }

    #[test]
    fn a_track_in_a_zone_has_its_lane_at_once_and_no_direction() {
        let seen = along(&[(0.7, 0.3)]);
        assert_eq!((seen.id(), seen.direction()), (Some("out"), None));
        assert_eq!(along(&[(0.2, 0.1), (0.2, 0.2)]).id(), None);
    }

    #[test]
    fn a_track_that_goes_on_as_another_keeps_its_lane() {
        let mut seen = along(&[(0.2, 0.3), (0.2, 0.6)]);
        seen.absorb(along(&[(0.2, 0.7)]));
        assert_eq!((seen.id(), seen.direction()), (Some("in"), Some(Direction::Approaching)));
    }
}
