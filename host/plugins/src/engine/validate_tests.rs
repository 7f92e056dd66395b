use ovr_domain::hook::Lattice;
use ovr_domain::ids::{CameraId, SiteId};
use ovr_domain::read::Alternative;
use proptest::prelude::*;

use super::*;
use crate::engine::likelihood::log_likelihood_observed;

fn position(alternatives: &[(char, f32)], absent: f32) -> Position {
    let alternatives =
        alternatives.iter().map(|&(character, probability)| Alternative { character, probability });
    Position { alternatives: alternatives.collect(), absent }
}

fn plate(text: &str, corrections: &[(u32, Option<char>)]) -> format::Interpretation {
    let correction = |&(position, character): &(u32, Option<char>)| format::Correction {
        position,
        character,
        rule: "de-standard: district".to_owned(),
    };
    format::Interpretation {
        text: text.to_owned(),
        country: "DE".to_owned(),
        region: Some("Bochum".to_owned()),
        format_id: "de-standard".to_owned(),
        series: format::Series::Standard,
        log_prior: -12.0,
        corrections: corrections.iter().map(correction).collect(),
    }
}

/// `B0-A1` with a screw after it that the reader half takes for an I.
fn bochum() -> Vec<Position> {
    vec![
        position(&[('B', 0.9), ('8', 0.05)], 0.0),
        position(&[('0', 0.8)], 0.1),
        position(&[('-', 0.9)], 0.05),
        position(&[('A', 0.96)], 0.0),
        position(&[('1', 0.96)], 0.0),
        position(&[('I', 0.3)], 0.7),
    ]
}

#[test]
fn a_text_is_followed_from_the_read_through_its_corrections() {
    let fixed = interpretation(plate("BOA1", &[(1, Some('O'))]), &bochum()).unwrap();
    let made = &fixed.corrections[0];
    assert_eq!((made.position, made.from, made.to), (1, Some('0'), Some('O')));
    let expected = [0.9_f32, 0.8 * 0.003, 0.95, 0.96, 0.96, 0.7].map(f32::ln).iter().sum::<f32>();
    assert!((fixed.log_likelihood - expected).abs() < 1e-4, "{} {expected}", fixed.log_likelihood);
}

#[test]
fn positions_may_be_dropped_and_doubtful_ones_kept() {
    let kept =
        interpretation(plate("8A1I", &[(0, Some('8')), (1, None), (5, Some('I'))]), &bochum()).unwrap();
    let made: Vec<_> = kept.corrections.iter().map(|c| (c.position, c.from, c.to)).collect();
    // The screw is no character of the observed text `B0-A1`; what is added there stands before its index 5.
    assert_eq!(made, [(0, Some('B'), Some('8')), (1, Some('0'), None), (5, None, Some('I'))]);
}

#[test]
fn what_was_not_read_is_refused() {
    for (wrong, said) in [
        (plate("XOA1", &[(0, Some('X')), (1, Some('O'))]), "position 0 of the plate was not read so"),
        (plate("BOA1", &[]), "not what was read"),
        (plate("B0A1", &[(1, Some('0'))]), "changes nothing"),
        (plate("B0A1", &[(9, Some('0'))]), "names position 9; the read has 6"),
        (plate("BOA1", &[(1, Some('O')), (1, Some('O'))]), "two corrections name position 1"),
        (plate("B0A", &[]), "not what was read"),
        (plate("B0A1I", &[]), "longer than what was read"),
        (plate("B0-A1", &[]), "upper-case letter or digit"),
    ] {
        let error = interpretation(wrong, &bochum()).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn semantic_versions_are_told_from_others() {
    for right in ["0.1.0", "1.20.300", "1.0.0-rc.1", "1.0.0+build-5", "1.0.0-a.b+c"] {
        assert!(is_semantic_version(right), "{right}");
    }
    for wrong in ["1", "1.0", "1.0.0.0", "01.0.0", "1.0.0-", "1.0.x", "v1.0.0", "", "1..0", "1.0.0+ä"] {
        assert!(!is_semantic_version(wrong), "{wrong}");
    }
}

#[test]
fn of_two_attributes_with_one_key_the_last_counts() {
    let attribute =
        |key: &str, value: &str| types::Attribute { key: key.to_owned(), value: value.to_owned() };
    let kept =
        attributes(vec![attribute("site.owner", "a"), attribute("site.owner", "b"), attribute("b", "")])
            .unwrap();
    assert_eq!(kept, [("b".to_owned(), String::new()), ("site.owner".to_owned(), "b".to_owned())]);
    for (key, value) in
        [("", "x"), ("Ä", "x"), ("a b", "x"), ("a", "x\0"), ("a", &"x".repeat(257)), (&"a".repeat(65), "")]
    {
        assert!(attributes(vec![attribute(key, value)]).is_err(), "{key:?} {value:?} was taken");
    }
    assert!(attributes(vec![attribute("a", "1"); 17]).is_err());
}

#[test]
fn a_repeat_must_name_the_head_of_a_neighbour() {
    let repeat = |event_id: &str| {
        policy::Decision::Suppress(policy::Repeat {
            event_id: event_id.to_owned(),
            reason: "same plate".to_owned(),
        })
    };
    assert!(
        decision(repeat("0190f5fe-7c00-7a00-8000-000000000000"), &[])
            .unwrap_err()
            .contains("no neighbour's head")
    );
    assert!(decision(repeat("no id"), &[]).is_err());
    assert!(
        decision(policy::Decision::Emit(String::new()), &[]).is_err(),
        "a decision without a reason was taken"
    );
    assert_eq!(
        decision(policy::Decision::Emit("new".to_owned()), &[]),
        Ok(PolicyDecision::Emit("new".to_owned()))
    );
}

fn any_position() -> impl Strategy<Value = Position> {
    let character = prop::sample::select(vec![
        'A', 'B', '8', '0', 'O', 'Q', '1', 'I', 'Z', '2', '-', ' ', '沪', 'ß', 'ä',
    ]);
    let alternative = (character, prop_oneof![0.0..=1.0_f32, Just(f32::NAN), Just(-1.0)]);
    let absent = prop_oneof![3 => Just(0.0), 1 => 0.0..=1.0_f32, 1 => Just(f32::INFINITY)];
    (prop::collection::vec(alternative, 0..10), absent)
        .prop_map(|(alternatives, absent)| position(&alternatives, absent))
}

fn any_plate() -> impl Strategy<Value = format::Interpretation> {
    let character = || prop::sample::select(vec!['A', 'B', '8', '0', 'O', '1', 'I', '-', '沪', '\n', 'a']);
    let correction = (0_u32..12, prop::option::of(character()));
    let text = prop::collection::vec(character(), 0..20).prop_map(|c| c.into_iter().collect::<String>());
    let prior = prop_oneof![Just(-3.0_f32), any::<f32>()];
    (text, prop::collection::vec(correction, 0..6), prior).prop_map(|(text, corrections, log_prior)| {
        format::Interpretation { log_prior, ..plate(&text, &corrections) }
    })
}

proptest! {
    #[test]
    fn whatever_comes_back_is_refused_or_in_range(
        positions in prop::collection::vec(any_position(), 0..12),
        plates in prop::collection::vec(any_plate(), 0..4),
    ) {
        let sane = crate::engine::likelihood::sane_positions(&positions);
        for plate in plates {
            if let Ok(kept) = interpretation(plate, &sane) {
                prop_assert!((1..=16).contains(&kept.text.chars().count()));
                prop_assert!(kept.log_prior < 0.0 && kept.log_prior.is_finite());
                prop_assert!(kept.log_likelihood <= 1e-3 && kept.log_likelihood.is_finite());
            }
        }
    }

    #[test]
    fn what_was_read_is_always_taken_and_no_more_likely_than_certain(
        positions in prop::collection::vec(any_position(), 1..12),
        choices in prop::collection::vec(0_usize..4, 12),
    ) {
        let lattice = Lattice {
            positions,
            confidence: 0.9,
            quality: None,
            width_px: None,
            site: SiteId::default(),
            camera: CameraId::new("gate").unwrap(),
        };
        prop_assert!(log_likelihood_observed(&lattice).is_finite());
        let sane = crate::engine::likelihood::sane_positions(&lattice.positions);
        // A text made of listed characters, dropped positions and the read itself is reachable, whichever are chosen.
        let (mut text, mut corrections) = (String::new(), Vec::new());
        for (index, (position, choice)) in sane.iter().zip(choices).enumerate() {
            let read = read_character(position);
            let listed = position.alternatives.get(choice.saturating_sub(1)).map(|a| a.character);
            let chosen = if choice == 0 { None } else { listed.filter(|c| is_plate_character(*c)).or(read) };
            text.extend(chosen);
            if chosen != read {
                corrections.push((index as u32, chosen));
            }
        }
        let count = text.chars().count();
        let kept = interpretation(plate(&text, &corrections), &sane);
        prop_assert_eq!(kept.is_ok(), (1..=16).contains(&count), "{:?}", kept);
    }
}
