//! Lanes on events.

use super::*;
use ovr_domain::Point;
use ovr_domain::view::{Line, Zone};

/// The picture is 640 by 360 and things go to the right along y = 108: a line at x = 160 and a zone on the right half.
fn lanes() -> Vec<Lane> {
    let at = |x, y| Point { x, y };
    let line = Line::new(at(0.25, 1.0), at(0.25, 0.0), Direction::Approaching).unwrap();
    let zone = Zone::new(vec![at(0.5, 0.0), at(1.0, 0.0), at(1.0, 1.0), at(0.5, 1.0)]).unwrap();
    vec![
        Lane { id: "in-1".to_owned(), zone: None, line: Some(line) },
        Lane { id: "hall".to_owned(), zone: Some(zone), line: None },
    ]
}

#[test]
fn a_pass_over_a_line_has_its_lane_and_the_direction_that_the_line_states() {
    let mut gate = Gate::new(AssembleConfig::default());
    gate.assembler = gate.assembler.with_lanes(lanes());
    let mut emissions = Vec::new();
    for _ in 0..8 {
        emissions.extend(gate.read(1, "AB123C"));
    }
    let first = &emissions.first().expect("the reads agree").event;
    assert_eq!(first.lane_id, None, "the gate opens before the line is crossed");
    let last = gate.end(1).pop().unwrap();
    assert_eq!((last.lane_id.as_deref(), last.direction), (Some("in-1"), Some(Direction::Approaching)));
}

#[test]
fn a_plate_that_is_read_in_a_zone_has_its_lane_from_the_first_event_on() {
    let mut gate = Gate::new(AssembleConfig::default());
    gate.assembler = gate.assembler.with_lanes(lanes());
    gate.at_x = Some(400.0);
    let emissions: Vec<Emission> = (0..4).flat_map(|_| gate.read(1, "AB123C")).collect();
    let event = &emissions.first().expect("the reads agree").event;
    assert_eq!(event.lane_id.as_deref(), Some("hall"));
}
