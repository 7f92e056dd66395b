use ovr_plugin_sdk::dedup_policy::Decision;
use ovr_plugin_sdk::types::{Event, Neighbour};
use ovr_plugin_sdk::{Settings, attribute};
use proptest::prelude::*;

use crate::plate::{Likeness, likeness};
use crate::policy::{FIRST, decide};
use crate::settings::Rules;
use crate::vectors::{Expected, PASS, Pass, event, kind, neighbour, run};

const SECOND_US: u64 = 1_000_000;

fn rules(record: &[(&str, &str)]) -> (Rules, Vec<String>) {
    let record: Vec<_> = record.iter().map(|(key, value)| attribute(key, value)).collect();
    Rules::read(&Settings::new(&record))
}

/// Decides about passes one after the other as the host does: with the latest ones as neighbours, each with its row.
fn row(passes: &[(Pass, u64)], rules: &Rules) -> Vec<Decision> {
    let mut seen: Vec<(Event, String)> = Vec::new();
    let mut decisions = Vec::new();
    for (index, (pass, seconds)) in passes.iter().enumerate() {
        let later = event(&format!("event-{index:04}"), *pass, seconds * SECOND_US);
        let recent = seen.iter().rev().take(32);
        let neighbours: Vec<Neighbour> =
            recent.map(|(earlier, head)| neighbour(earlier.clone(), head, &later)).collect();
        let decision = decide(&later, &neighbours, rules);
        let head = match &decision {
            Decision::Emit(_) => later.event_id.clone(),
            Decision::Suppress(repeat) | Decision::Merge(repeat) => repeat.event_id.clone(),
        };
        seen.push((later, head));
        decisions.push(decision);
    }
    decisions
}

#[test]
fn all_vectors_hold() {
    let held = run().unwrap();
    assert!(held >= 35, "{held} vectors");
}

#[test]
fn a_repeat_says_why_in_the_words_of_the_native_policy() {
    let decisions = row(&[(PASS, 0), (PASS, 120)], &Rules::default());
    let Decision::Suppress(repeat) = &decisions[1] else { panic!("{:?}", decisions[1]) };
    assert_eq!(repeat.event_id, "event-0000");
    assert_eq!(repeat.reason, "the same plate at the same camera, 119.0 s after it was last seen");
    assert!(matches!(&decisions[0], Decision::Emit(reason) if reason == FIRST));
}

#[test]
fn a_parked_vehicle_is_one_row_until_it_has_been_gone_for_the_window() {
    let mut passes: Vec<_> = (0..200).map(|i| (PASS, i * 60)).collect();
    passes.push((PASS, 199 * 60 + 400));
    let decisions = row(&passes, &Rules::default());
    for decision in &decisions[1..200] {
        assert!(
            matches!(decision, Decision::Suppress(repeat) if repeat.event_id == "event-0000"),
            "{decision:?}"
        );
    }
    assert_eq!(kind(&decisions[200]), Expected::Emit);
}

#[test]
fn an_event_does_not_repeat_itself() {
    let first = event("one", PASS, 0);
    let mut again = event("one", PASS, 0);
    again.revision = 2;
    let itself = neighbour(first, "one", &again);
    assert_eq!(kind(&decide(&again, &[itself], &Rules::default())), Expected::Emit);
}

#[test]
fn a_row_does_not_drift_from_plate_to_plate() {
    let plate = |plate, agreeing| Pass { plate: Some(plate), agreeing, ..PASS };
    // The second is an uncertain read of the first; the third is one character from the second, two from the first.
    let passes = [(plate("AB123CD", 10), 0), (plate("AB123CE", 2), 60), (plate("AB124CE", 2), 120)];
    let kinds: Vec<_> = row(&passes, &Rules::default()).iter().map(kind).collect();
    assert_eq!(kinds, [Expected::Emit, Expected::Suppress, Expected::Emit]);
    // 0 looks like O and like D, but O and D are two plates.
    let passes = [(plate("AB123CO", 10), 0), (plate("AB123C0", 10), 60), (plate("AB123CD", 10), 120)];
    let kinds: Vec<_> = row(&passes, &Rules::default()).iter().map(kind).collect();
    assert_eq!(kinds, [Expected::Emit, Expected::Suppress, Expected::Emit]);
}

#[test]
fn the_same_pass_goes_before_an_earlier_one_and_then_the_nearest() {
    let later = event("later", PASS, 100 * SECOND_US);
    let at = |id: &str, seconds: u64| neighbour(event(id, PASS, seconds * SECOND_US), id, &later);
    let away = Neighbour { distance_widths: Some(50.0), ..at("away", 98) };
    let decision = decide(&later, &[at("early", 10), away.clone(), at("part", 97)], &Rules::default());
    assert!(matches!(&decision, Decision::Merge(repeat) if repeat.event_id == "part"), "{decision:?}");
    let decision = decide(&later, &[at("early", 10), away, at("middle", 50)], &Rules::default());
    assert!(matches!(&decision, Decision::Suppress(repeat) if repeat.event_id == "away"), "{decision:?}");
}

#[test]
fn two_countries_are_two_plates_where_the_texts_differ() {
    let mut later = event("later", Pass { plate: Some("A8123CD"), ..PASS }, 60 * SECOND_US);
    let mut earlier = event("earlier", PASS, 0);
    (earlier.country, later.country) = (Some("IT".to_owned()), Some("FR".to_owned()));
    let decision = decide(&later, &[neighbour(earlier, "earlier", &later)], &Rules::default());
    assert_eq!(kind(&decision), Expected::Emit);
}

#[test]
fn settings_are_taken_or_told_in_one_line_each() {
    let (read, complaints) = rules(&[
        ("window-s", " 600 "),
        ("merge-distance-widths", "2.5"),
        ("pairs", "a+b, c+d"),
        ("certain-frames-min", "5"),
    ]);
    assert!(complaints.is_empty(), "{complaints:?}");
    assert_eq!((read.window_s, read.certain_frames_min), (600, 5));
    assert!(read.paired("d", "c") && !read.paired("a", "c"));
    for (key, value, right) in [
        (
            "window-s",
            "604801",
            "setting window-s is \"604801\": a number from 0 to 604800 is right; 300 is used",
        ),
        ("merge-distance-widths", "NaN", "a number from 0 to 100 is right; 6 is used"),
        ("certain-frames-min", "0", "a number from 1 to 1000 is right; 3 is used"),
        ("pair-gap-s", "-1", "a number from 0 to 3600 is right; 20 is used"),
        ("pairs", "a+a", "no pair is used"),
        ("pairs", "gate", "such as \"gate-front+gate-rear\""),
        ("windows", "60", "there is no setting \"windows\": the nearest is window-s"),
    ] {
        let (read, complaints) = rules(&[(key, value)]);
        assert_eq!(read, Rules::default(), "{key}");
        assert!(complaints.len() == 1 && complaints[0].contains(right), "{complaints:?}");
    }
}

#[test]
fn likeness_of_known_pairs() {
    use Likeness::{LookAlike, OneEdit, Other, Part, Same};
    for (a, b, expected) in [
        ("AB123", "AB123", Same),
        ("AB123", "A8I23", LookAlike),
        ("AB12O", "AB12D", OneEdit),
        ("AB12M", "AB12N", OneEdit),
        ("AB123", "A8I2", OneEdit),
        ("AB123CD", "B123", Part),
        ("AB123CD", "B1", Other),
        ("AB123CD", "AB124CE", Other),
        ("", "", Same),
    ] {
        assert_eq!((likeness(a, b), likeness(b, a)), (expected, expected), "{a} {b}");
    }
}

/// Levenshtein's recurrence as it is written, with look-alikes folded before: slow, and nothing of the policy's own.
fn distance_as_defined(a: &[char], b: &[char]) -> usize {
    match (a, b) {
        ([], rest) | (rest, []) => rest.len(),
        ([x, a_rest @ ..], [y, b_rest @ ..]) => {
            let same = distance_as_defined(a_rest, b_rest) + usize::from(x != y);
            same.min(distance_as_defined(a_rest, b) + 1).min(distance_as_defined(a, b_rest) + 1)
        }
    }
}

fn folded(plate: &str) -> Vec<char> {
    let fold = |c| match c {
        'O' | 'D' | 'Q' => '0',
        'I' => '1',
        'Z' => '2',
        'S' => '5',
        'G' => '6',
        'B' => '8',
        other => other,
    };
    plate.chars().map(fold).collect()
}

fn any_pass() -> impl Strategy<Value = (Pass, u64)> {
    const PLATES: [Option<&str>; 9] = [
        Some("AB123CD"),
        Some("A8123CD"),
        Some("AB123CE"),
        Some("AB123C"),
        Some("AB124CE"),
        Some("XY987"),
        Some("XY98"),
        Some("B123"),
        None,
    ];
    let cameras = prop::sample::select(vec!["gate", "gate-rear", "exit"]);
    let plates = prop::sample::select(PLATES.to_vec());
    (cameras, plates, 0_u32..12, 0_u16..1_500, 0_u64..900).prop_map(
        |(camera, plate, agreeing, left, seconds)| {
            (Pass { camera, plate, agreeing, left_px: f32::from(left), ..PASS }, seconds)
        },
    )
}

proptest! {
    #[test]
    fn an_event_with_clearly_another_plate_is_never_held_back(
        a in "[A-Z0-9]{1,7}",
        b in "[A-Z0-9]{1,7}",
        agreeing in (0_u32..20, 0_u32..20),
        gap_ms in 0_u64..600_000,
        left in 0_u16..400,
        pair in any::<bool>(),
    ) {
        let distance = distance_as_defined(&folded(&a), &folded(&b));
        let part = a.contains(&b) || b.contains(&a);
        let both_certain = agreeing.0.min(agreeing.1) >= 3;
        prop_assume!((distance >= 2 && !part) || (distance >= 1 && both_certain));
        let (mut earlier, mut later) = (event("earlier", PASS, 0), event("later", PASS, SECOND_US + gap_ms * 1_000));
        (earlier.plate, later.plate) = (Some(a), Some(b));
        (earlier.frames_agreeing, later.frames_agreeing) = agreeing;
        if let Some(place) = &mut later.plate_box {
            (place.x1, place.x2) = (f32::from(left), f32::from(left) + 100.0);
        }
        if pair {
            later.camera = "gate-rear".to_owned();
        }
        let (rules, _) = rules(&[("pairs", "gate+gate-rear")]);
        let decision = decide(&later, &[neighbour(earlier, "earlier", &later)], &rules);
        prop_assert_eq!(kind(&decision), Expected::Emit);
    }

    #[test]
    fn a_repeat_names_the_first_of_a_row_and_a_replay_is_decided_alike(
        mut passes in prop::collection::vec(any_pass(), 1..60),
    ) {
        passes.sort_by_key(|(_, seconds)| *seconds);
        let (rules, _) = rules(&[("pairs", "gate+gate-rear")]);
        let decisions = row(&passes, &rules);
        for (index, decision) in decisions.iter().enumerate() {
            if let Decision::Suppress(repeat) | Decision::Merge(repeat) = decision {
                let head: usize = repeat.event_id["event-".len()..].parse().unwrap();
                prop_assert!(head < index && kind(&decisions[head]) == Expected::Emit);
                let (count, end) = (repeat.reason.chars().count(), repeat.reason.ends_with(" s after it was last seen"));
                prop_assert!(count <= 200 && end, "{}", repeat.reason);
            }
        }
        prop_assert_eq!(decisions, row(&passes, &rules));
    }
}
