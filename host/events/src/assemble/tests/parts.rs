//! Tracks that are parts of one plate, and tracks that go on as another one.

use super::*;

#[test]
fn the_rows_of_one_plate_that_are_followed_apart_give_one_event() {
    let mut gate = Gate::new(AssembleConfig::default());
    // First only the lower row is found, for a moment; then both rows together; at the end the lower one once more.
    assert!(gate.read(1, "TE43").is_empty());
    let mut emissions = gate.read(2, "KR7TE43");
    emissions.extend(gate.end(1).into_iter().map(|event| Emission {
        event,
        positions: Vec::new(),
        best: None,
        decided_at: None,
    }));
    for _ in 0..4 {
        emissions.extend(gate.read(2, "KR7TE43"));
    }
    for _ in 0..4 {
        emissions.extend(gate.read(3, "TE43"));
        emissions.extend(gate.see(2, ReadOutcome::NotTried));
    }
    let new: Vec<_> = emissions.iter().map(|e| e.event.plate_normalized.as_deref()).collect();
    assert_eq!(new, [Some("KR7TE43")]);
    assert_eq!(gate.end(2).len(), 1);
    assert!(gate.end(3).is_empty(), "it is a part of a plate that was reported");
}

#[test]
fn two_plates_at_one_place_that_say_different_things_give_two_events() {
    let mut gate = Gate::new(AssembleConfig::default());
    let mut emissions = Vec::new();
    for _ in 0..4 {
        emissions.extend(gate.read(1, "KR7TE43"));
        emissions.extend(gate.read(2, "XY789Z"));
    }
    assert_eq!(emissions.len(), 2);
    assert_eq!((gate.end(1).len(), gate.end(2).len()), (1, 1));
}

#[test]
fn a_vehicle_that_crosses_the_place_of_another_is_reported_also_when_it_stays_unread() {
    let mut gate = Gate::new(AssembleConfig::default());
    let mut emissions = Vec::new();
    for frame in 0..12_u8 {
        gate.at_x = Some(300.0);
        emissions.extend(gate.read(1, "KR7TE43"));
        gate.at_x = Some(5.0 + f32::from(frame) * 50.0);
        emissions.extend(gate.see(2, too_small()));
    }
    assert_eq!(emissions.len(), 1, "the standing one was read");
    let crossed = gate.end(2);
    assert_eq!(crossed.len(), 1);
    assert_eq!((crossed[0].track_id, crossed[0].unread_reason), (TrackId(2), Some(UnreadReason::TooSmall)));
    assert_eq!(gate.end(1).len(), 1);
}

#[test]
fn a_plate_of_which_a_row_was_reported_first_is_reported_when_all_of_it_is_read() {
    let mut gate = Gate::new(AssembleConfig::default());
    gate.moves = false;
    let mut emissions = Vec::new();
    for _ in 0..4 {
        emissions.extend(gate.read(1, "KR7T"));
    }
    for _ in 0..4 {
        emissions.extend(gate.see(1, ReadOutcome::NotTried));
        emissions.extend(gate.read(2, "KR7TE43"));
    }
    let new: Vec<_> = emissions.iter().map(|e| e.event.plate_normalized.as_deref().unwrap()).collect();
    assert_eq!(new, ["KR7T", "KR7TE43"]);
    // The same without consensus: one read of the whole plate is not lost in what is known of its row.
    gate.read(3, "KR7TE437");
    assert_eq!(gate.end(3)[0].plate_normalized.as_deref(), Some("KR7TE437"));
}

#[test]
fn plates_of_a_fleet_side_by_side_are_two_vehicles() {
    let mut gate = Gate::new(AssembleConfig::default());
    gate.moves = false;
    let mut emissions = Vec::new();
    for _ in 0..4 {
        emissions.extend(gate.read(1, "AB123CD"));
        emissions.extend(gate.read(2, "AB456CD"));
    }
    emissions.extend(gate.assembler.finish());
    let seen: Vec<_> = emissions.iter().map(|e| e.event.plate_normalized.as_deref().unwrap()).collect();
    assert_eq!(seen, ["AB123CD", "AB456CD", "AB123CD", "AB456CD"]);
}

#[test]
fn an_unread_part_joins_the_track_beside_it_and_leaves_what_it_knows() {
    let mut gate = Gate::new(AssembleConfig::default());
    for _ in 0..8 {
        gate.see(1, too_small());
        gate.see(2, ReadOutcome::NotTried);
    }
    assert!(gate.end(1).is_empty());
    let events = gate.end(2);
    assert_eq!((events.len(), events[0].unread_reason), (1, Some(UnreadReason::TooSmall)));
}

#[test]
fn a_vehicle_that_was_lost_from_sight_for_a_moment_goes_on_as_the_same_event() {
    let mut gate = Gate::new(AssembleConfig::default());
    let mut emissions = Vec::new();
    for _ in 0..4 {
        emissions.extend(gate.read(1, "AB123C"));
    }
    for _ in 0..4 {
        emissions.extend(gate.read(2, "AB123C"));
    }
    assert_eq!(emissions.len(), 1, "one new event");
    assert!(gate.end(1).is_empty(), "the track went on as another one");
    let last = gate.end(2).pop().unwrap();
    assert_eq!(last.event_id, emissions[0].event.event_id);
    assert_eq!((last.frames_seen, last.votes.frames, last.track_id), (8, 8, TrackId(2)));
}

#[test]
fn a_part_that_is_followed_on_after_the_whole_has_ended_gives_nothing_more() {
    let mut gate = Gate::new(AssembleConfig::default());
    for _ in 0..4 {
        gate.read(1, "KR7TE43");
    }
    gate.see(1, ReadOutcome::NotTried);
    gate.read(2, "TE43");
    assert_eq!(gate.end(1).len(), 1);
    for _ in 0..9 {
        gate.see(2, too_small());
    }
    assert!(gate.end(2).is_empty());
}

#[test]
fn a_part_of_which_nothing_was_ever_read_is_no_vehicle_of_its_own() {
    let mut gate = Gate::new(AssembleConfig::default());
    for _ in 0..4 {
        gate.read(1, "KR7TE43");
    }
    gate.see(2, too_small());
    gate.see(1, ReadOutcome::NotTried);
    assert_eq!(gate.end(1).len(), 1);
    for _ in 0..20 {
        gate.see(2, too_small());
    }
    assert!(gate.end(2).is_empty());
}
