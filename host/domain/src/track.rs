//! What a detector finds and what a tracker makes of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::geometry::{BBox, Point, Quad};
use crate::ids::TrackId;

/// What is found on a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A licence plate.
    Plate,
    /// A car or a van.
    Car,
    /// A truck.
    Truck,
    /// A bus.
    Bus,
    /// A motorcycle.
    Motorcycle,
}

impl Class {
    /// What carries a plate.
    pub const VEHICLES: [Self; 4] = [Self::Car, Self::Truck, Self::Bus, Self::Motorcycle];

    /// Every class, the plate first.
    pub const ALL: [Self; 5] = {
        let [car, truck, bus, motorcycle] = Self::VEHICLES;
        [Self::Plate, car, truck, bus, motorcycle]
    };

    /// Whether it is something that carries a plate.
    pub fn is_vehicle(self) -> bool {
        self != Self::Plate
    }

    /// The name in configuration, events and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plate => "plate",
            Self::Car => "car",
            Self::Truck => "truck",
            Self::Bus => "bus",
            Self::Motorcycle => "motorcycle",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing found on one frame: plain data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// What it is.
    pub class: Class,
    /// Where, in pixels of the full-size picture.
    pub bbox: BBox,
    /// 0 to 1.
    pub confidence: f32,
    /// The four corners, where the detector gives them.
    pub quad: Option<Quad>,
}

impl Detection {
    /// The same on a picture that is `scale` times as large.
    #[must_use]
    pub fn scaled(&self, scale: f32) -> Self {
        let point = |p: Point| Point { x: p.x * scale, y: p.y * scale };
        let BBox { x1, y1, x2, y2 } = self.bbox;
        Self {
            bbox: BBox::new(x1 * scale, y1 * scale, x2 * scale, y2 * scale),
            quad: self.quad.map(|quad| Quad(quad.0.map(point))),
            ..*self
        }
    }
}

/// Where a track is in its life (Zhang et al. 2022, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackState {
    /// Seen once; may be noise.
    Tentative,
    /// Seen often enough to be believed.
    Confirmed,
    /// Not seen on the last frame that was looked at; kept for the lost buffer.
    Lost,
}

/// One tracked object after one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Track {
    /// The track.
    pub id: TrackId,
    /// What is tracked.
    pub class: Class,
    /// Where it is in its life.
    pub state: TrackState,
    /// The filtered box.
    pub bbox: BBox,
    /// The detection of this frame, when there was one.
    pub detection: Option<Detection>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_but_the_plate_is_a_vehicle() {
        let [first, vehicles @ ..] = Class::ALL;
        assert_eq!(first, Class::Plate);
        assert!(!first.is_vehicle());
        assert_eq!(vehicles, Class::VEHICLES);
        assert!(vehicles.into_iter().all(Class::is_vehicle));
    }
}
