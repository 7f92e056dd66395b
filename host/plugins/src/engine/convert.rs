//! From the domain to the contract. Everything is bounded here: a plugin is never handed more than its contract says.

use ovr_domain::event::{Direction, Lifecycle, PlateEvent};
use ovr_domain::geometry::BBox;
use ovr_domain::hook::{Lattice, NEIGHBOURS_MAX, Neighbour, POSITIONS_MAX};
use ovr_domain::read::Position;
use ovr_domain::time::Timestamp;
use ovr_domain::track::Class;

use super::call::{CallError, FailureKind};
use super::likelihood::sane_positions;
use super::plugin::Settings;
use crate::contract::types;

/// Longest list of the site's countries.
const COUNTRIES_MAX: usize = 64;

/// A read as the plugin gets it, and the same as the host checks the answer against.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) positions: Vec<Position>,
    pub(crate) read: types::PlateRead,
}

/// Converts a read. Fails when there is none, or when it is longer than a plugin may get.
pub(crate) fn question(read: &Lattice, countries: &[String]) -> Result<Question, CallError> {
    let positions = sane_positions(&read.positions);
    if positions.is_empty() || positions.len() > POSITIONS_MAX {
        let detail =
            format!("the read has {} positions; a plugin gets 1 to {POSITIONS_MAX}", positions.len());
        return Err(CallError::new(FailureKind::Host, &detail));
    }
    let observed = positions.iter().filter(|p| p.is_present()).filter_map(Position::best).collect();
    let quality = read.quality.zip(read.width_px).map(|(quality, width_px)| types::Quality {
        width_px,
        sharpness: quality.sharpness,
        contrast: quality.contrast,
        exposure: quality.exposure,
    });
    let place = types::Place {
        site: read.site.to_string(),
        camera: read.camera.to_string(),
        countries: countries.iter().take(COUNTRIES_MAX).cloned().collect(),
    };
    let read = types::PlateRead {
        positions: positions.iter().map(position).collect(),
        observed,
        confidence: read.confidence,
        quality,
        place,
        extra: Vec::new(),
    };
    Ok(Question { positions, read })
}

fn position(position: &Position) -> types::Position {
    let alternatives = position
        .alternatives
        .iter()
        .map(|a| types::Alternative { character: a.character, probability: a.probability });
    types::Position { alternatives: alternatives.collect(), absent: position.absent }
}

/// Converts the settings of a plugin.
pub(crate) fn settings(settings: &Settings) -> Vec<types::Attribute> {
    let each =
        settings.iter().map(|(key, value)| types::Attribute { key: key.clone(), value: value.clone() });
    each.collect()
}

/// Converts an event.
pub(crate) fn event(event: &PlateEvent) -> types::Event {
    types::Event {
        event_id: event.event_id.to_string(),
        revision: event.revision,
        is_final: event.lifecycle == Lifecycle::Final,
        site: event.site_id.to_string(),
        camera: event.camera_id.to_string(),
        lane: event.lane_id.clone(),
        direction: event.direction.map(direction),
        plate: event.plate().map(str::to_owned),
        confidence: event.confidence,
        frames_read: event.votes.frames,
        frames_agreeing: event.votes.agreeing,
        country: event.country.clone(),
        region: event.region.clone(),
        format_id: event.format_id.clone(),
        vehicle: event.vehicle.and_then(|vehicle| class(vehicle.class)),
        first_seen_us: micros(event.first_seen),
        last_seen_us: micros(event.last_seen),
        plate_box: event.plate_quad.map(|quad| quad.bounds()).or(event.vehicle_box).map(bbox),
        extra: Vec::new(),
    }
}

/// Converts the neighbours of an event, at most 32.
pub(crate) fn neighbours(neighbours: &[Neighbour]) -> Vec<types::Neighbour> {
    let each = neighbours.iter().take(NEIGHBOURS_MAX).map(|neighbour| types::Neighbour {
        event: event(&neighbour.event),
        head: neighbour.head.to_string(),
        gap_us: u64::try_from(neighbour.gap.as_micros()).unwrap_or(u64::MAX),
        distance_widths: neighbour.distance_widths,
    });
    each.collect()
}

fn micros(at: Timestamp) -> u64 {
    u64::try_from(at.as_micros()).unwrap_or(0)
}

fn bbox(b: BBox) -> types::Bbox {
    types::Bbox { x1: b.x1, y1: b.y1, x2: b.x2, y2: b.y2 }
}

fn direction(direction: Direction) -> types::Direction {
    match direction {
        Direction::Approaching => types::Direction::Approaching,
        Direction::Receding => types::Direction::Receding,
        Direction::Left => types::Direction::Left,
        Direction::Right => types::Direction::Right,
        Direction::Stationary => types::Direction::Stationary,
    }
}

fn class(class: Class) -> Option<types::VehicleClass> {
    match class {
        Class::Plate => None,
        Class::Car => Some(types::VehicleClass::Car),
        Class::Truck => Some(types::VehicleClass::Truck),
        Class::Bus => Some(types::VehicleClass::Bus),
        Class::Motorcycle => Some(types::VehicleClass::Motorcycle),
    }
}

#[cfg(test)]
mod tests {
    use ovr_domain::ids::{CameraId, SiteId};
    use ovr_domain::read::Alternative;

    use super::*;

    fn lattice(positions: Vec<Position>) -> Lattice {
        Lattice {
            positions,
            confidence: 0.9,
            quality: None,
            width_px: Some(120.0),
            site: SiteId::default(),
            camera: CameraId::new("gate").unwrap(),
        }
    }

    fn position(characters: &str, probability: f32, absent: f32) -> Position {
        let alternatives =
            characters.chars().map(|character| Alternative { character, probability }).collect();
        Position { alternatives, absent }
    }

    #[test]
    fn a_plugin_gets_upper_case_probabilities_in_range_and_no_empty_position() {
        let read = lattice(vec![
            position("aß", f32::NAN, 0.0),
            position("", 0.0, 0.0),
            position("1234567890", 7.0, -1.0),
            position("I", 0.2, 0.8),
        ]);
        let asked = question(&read, &vec!["DE".to_owned(); 1_000]).unwrap();
        assert_eq!(asked.read.observed, "A1");
        let counts: Vec<_> = asked.read.positions.iter().map(|p| p.alternatives.len()).collect();
        assert_eq!(counts, [2, 8, 1]);
        let all = asked.read.positions.iter().flat_map(|p| &p.alternatives);
        assert!(all.clone().all(|a| (0.0..=1.0).contains(&a.probability)), "{all:?}");
        assert_eq!(asked.read.place.countries.len(), COUNTRIES_MAX);
        assert!(asked.read.quality.is_none(), "a width without a picture's quality was given");
    }

    #[test]
    fn a_read_without_positions_or_with_too_many_is_not_asked() {
        for count in [0, POSITIONS_MAX + 1] {
            assert!(question(&lattice(vec![position("A", 0.9, 0.0); count]), &[]).is_err(), "{count}");
        }
    }
}
