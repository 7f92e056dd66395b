//! Where a camera looks, as it is configured.

use std::collections::HashSet;

use ovr_domain::Point;
use ovr_domain::event::Direction;
use ovr_domain::ids::NAME_BYTES_MAX;
use ovr_domain::view::{InvalidView, Lane, Line, View, Zone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;

/// Most zones of a kind, and most lanes, of one camera.
const SHAPES_MAX: usize = 16;

/// Where a camera looks. Points are [x, y] in fractions of the picture, [0, 0] its top left and [1, 1] its bottom right.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ViewConfig {
    /// Areas, each a list of 3 to 32 points. Where there are any, nothing outside them is looked at.
    pub(crate) regions_of_interest: Vec<Vec<[f32; 2]>>,
    /// Areas in which nothing is looked at, such as a parked car or a poster.
    pub(crate) ignore_zones: Vec<Vec<[f32; 2]>>,
    /// Lanes, whose names stand on the events.
    pub(crate) lanes: Vec<LaneConfig>,
    /// Plates narrower than this fraction of the picture's width are not looked at, 0 to 1.
    pub(crate) plate_width_min: f32,
}

/// A lane: an area, a line that its vehicles cross, or both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LaneConfig {
    /// Name, unique for the camera, 1 to 64 characters.
    pub(crate) id: String,
    /// A plate that is read here is in this lane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) zone: Option<Vec<[f32; 2]>>,
    /// A vehicle that crosses it is in this lane, and its direction is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<LineConfig>,
}

/// A line across the road.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineConfig {
    /// Where you stand.
    pub(crate) from: [f32; 2],
    /// Where you look.
    pub(crate) to: [f32; 2],
    /// How a vehicle moves that crosses the line from your left to your right; the other way is the opposite.
    pub(crate) forward: Forward,
}

/// A way to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Forward {
    /// Towards the camera.
    Approaching,
    /// Away from the camera.
    Receding,
    /// To the left of the picture.
    Left,
    /// To the right of the picture.
    Right,
}

impl From<Forward> for Direction {
    fn from(forward: Forward) -> Self {
        match forward {
            Forward::Approaching => Self::Approaching,
            Forward::Receding => Self::Receding,
            Forward::Left => Self::Left,
            Forward::Right => Self::Right,
        }
    }
}

impl ViewConfig {
    /// The view, or what is wrong with it; its key begins with that of the view.
    pub(crate) fn build(&self) -> Result<View, Problem> {
        let counts = [
            ("regions_of_interest", self.regions_of_interest.len()),
            ("ignore_zones", self.ignore_zones.len()),
            ("lanes", self.lanes.len()),
        ];
        for (key, count) in counts {
            if count > SHAPES_MAX {
                return Err(Problem::new(key, format!("{count} of them: expected at most {SHAPES_MAX}")));
            }
        }
        if !(0.0..=1.0).contains(&self.plate_width_min) {
            let problem = format!(
                "{} cannot be used: expected a fraction of the picture's width, 0 to 1",
                self.plate_width_min
            );
            return Err(Problem::new("plate_width_min", problem));
        }
        Ok(View {
            regions_of_interest: zones("regions_of_interest", &self.regions_of_interest)?,
            ignore_zones: zones("ignore_zones", &self.ignore_zones)?,
            lanes: self.lanes()?,
            plate_width_min: self.plate_width_min,
        })
    }

    fn lanes(&self) -> Result<Vec<Lane>, Problem> {
        let mut seen = HashSet::new();
        let mut lanes = Vec::new();
        for (index, lane) in self.lanes.iter().enumerate() {
            let key = |part: &str| format!("lanes[{index}]{part}");
            if lane.id.is_empty() || lane.id.len() > NAME_BYTES_MAX || lane.id.chars().any(char::is_control) {
                let problem = format!("expected 1 to {NAME_BYTES_MAX} bytes without control characters");
                return Err(Problem::new(&key(".id"), problem));
            }
            if !seen.insert(&lane.id) {
                let problem = format!("the id {} stands twice: each lane needs its own", lane.id);
                return Err(Problem::new(&key(".id"), problem));
            }
            if lane.zone.is_none() && lane.line.is_none() {
                return Err(Problem::new(&key(""), "expected a zone, a line, or both".to_owned()));
            }
            let zone = lane.zone.as_deref().map(|corners| zone(&key(".zone"), corners)).transpose()?;
            let line = lane.line.as_ref().map(|line| {
                Line::new(point(line.from), point(line.to), line.forward.into())
                    .map_err(|error| invalid(&key(".line"), error))
            });
            lanes.push(Lane { id: lane.id.clone(), zone, line: line.transpose()? });
        }
        Ok(lanes)
    }
}

fn point([x, y]: [f32; 2]) -> Point {
    Point { x, y }
}

fn invalid(key: &str, error: InvalidView) -> Problem {
    Problem::new(key, error.to_string())
}

fn zone(key: &str, corners: &[[f32; 2]]) -> Result<Zone, Problem> {
    Zone::new(corners.iter().copied().map(point).collect()).map_err(|error| invalid(key, error))
}

fn zones(key: &str, all: &[Vec<[f32; 2]>]) -> Result<Vec<Zone>, Problem> {
    all.iter().enumerate().map(|(index, corners)| zone(&format!("{key}[{index}]"), corners)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(yaml: &str) -> Result<View, String> {
        let config: ViewConfig = serde_saphyr::from_str(yaml).map_err(|error| error.to_string())?;
        config.build().map_err(|problem| format!("{}: {}", problem.key, problem.text))
    }

    #[test]
    fn a_view_is_built_as_it_is_written() {
        let view = built(
            "regions_of_interest: [[[0, 0.4], [1, 0.4], [1, 1], [0, 1]]]\nplate_width_min: 0.05\nlanes:\n  - id: in-1\n    \
             line: {from: [0.8, 0.6], to: [0.2, 0.6], forward: receding}\n",
        )
        .unwrap();
        assert_eq!(view.regions_of_interest.len(), 1);
        let lane = view.lanes.first().unwrap();
        let line = lane.line.unwrap();
        assert_eq!((lane.id.as_str(), line.forward()), ("in-1", Direction::Receding));
        assert_eq!(built("{}").unwrap(), View::default());
    }

    #[test]
    fn what_is_wrong_is_named_by_its_key() {
        let refused = |yaml: &str| built(yaml).unwrap_err();
        assert_eq!(
            refused("ignore_zones: [[[0, 0], [1, 1]]]"),
            "ignore_zones[0]: 2 corners: expected 3 to 32"
        );
        assert!(refused("plate_width_min: 40").starts_with("plate_width_min: 40 cannot be used"));
        assert_eq!(refused("lanes: [{id: a}]"), "lanes[0]: expected a zone, a line, or both");
        let twice =
            "lanes:\n- {id: a, zone: [[0, 0], [1, 0], [0, 1]]}\n- {id: a, zone: [[0, 0], [1, 0], [0, 1]]}\n";
        assert!(refused(twice).starts_with("lanes[1].id: the id a stands twice"));
        let line = "lanes: [{id: a, line: {from: [0, 0], to: [0, 0], forward: left}}]";
        assert!(refused(line).starts_with("lanes[0].line: its ends are the same point"));
        assert!(
            refused("lanes: [{id: a, line: {from: [0, 0], to: [0, 1], forward: up}}]")
                .contains("approaching")
        );
    }
}
