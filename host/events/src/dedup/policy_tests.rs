use std::sync::Mutex;

use ovr_domain::Digest;
use ovr_domain::event::{Lifecycle, PluginFailure};
use ovr_domain::hook::{DedupPolicy, NEIGHBOURS_MAX, Neighbour, NoPlugins, PolicyAnswer, PolicyDecision};

use super::tests::passing;
use super::*;

/// Answers what a function says, and notes what it was asked.
struct Policy<F> {
    answer: F,
    asked: Mutex<Vec<Vec<Neighbour>>>,
}

impl<F: Fn(&[Neighbour]) -> PolicyAnswer> Policy<F> {
    fn new(answer: F) -> Self {
        Self { answer, asked: Mutex::default() }
    }

    fn asked(&self) -> Vec<Vec<Neighbour>> {
        self.asked.lock().unwrap().clone()
    }
}

impl<F: Fn(&[Neighbour]) -> PolicyAnswer + Send + Sync> DedupPolicy for Policy<F> {
    fn is_loaded(&self) -> bool {
        true
    }

    fn decide(&self, _: &PlateEvent, neighbours: &[Neighbour]) -> PolicyAnswer {
        self.asked.lock().unwrap().push(neighbours.to_vec());
        (self.answer)(neighbours)
    }
}

fn saying(decision: PolicyDecision) -> PolicyAnswer {
    PolicyAnswer { decision: Some(decision), digest: Some(Digest::of(b"policy")), failure: None }
}

fn dedup() -> Dedup {
    Dedup::new(DedupConfig::default()).unwrap()
}

#[test]
fn a_policy_decides_and_its_digest_stands_on_the_event() {
    let policy = Policy::new(|neighbours: &[Neighbour]| match neighbours.first() {
        Some(first) => saying(PolicyDecision::Merge(first.head, "front and rear".to_owned())),
        None => saying(PolicyDecision::Emit("alone".to_owned())),
    });
    let mut dedup = dedup();
    let mut front = passing(Some("AB123C"), 0.0);
    // Quite another plate: the native policy would emit it.
    let mut rear = passing(Some("ZZ999Z"), 60.0);
    rear.camera_id = CameraId::new("rear").unwrap();
    dedup.decide(&mut front, &policy);
    dedup.decide(&mut rear, &policy);
    assert_eq!((front.dedup.decision, front.dedup.reason.as_str()), (DedupDecision::Emit, "alone"));
    assert_eq!(
        (rear.dedup.decision, rear.dedup.repeats_event_id),
        (DedupDecision::Merge, Some(front.event_id))
    );
    assert_eq!(rear.plugin_digests, [Digest::of(b"policy")]);
    assert_eq!(policy.asked()[1][0].distance_widths, None, "two cameras have no common picture");
}

#[test]
fn a_policy_that_fails_leaves_the_native_decision_and_marks_the_event() {
    let failure = PluginFailure { plugin: "window".to_owned(), reason: "trap: unreachable".to_owned() };
    let answer = PolicyAnswer { decision: None, digest: None, failure: Some(failure.clone()) };
    let policy = Policy::new(move |_: &[Neighbour]| answer.clone());
    let mut dedup = dedup();
    let (mut first, mut second) = (passing(Some("AB123C"), 0.0), passing(Some("AB123C"), 60.0));
    dedup.decide(&mut first, &policy);
    dedup.decide(&mut second, &policy);
    assert_eq!(
        (second.dedup.decision, second.dedup.repeats_event_id),
        (DedupDecision::Suppress, Some(first.event_id))
    );
    assert_eq!(second.plugin_failures, [failure]);
}

#[test]
fn an_emitted_event_stays_emitted_and_a_repeat_may_turn_out_to_be_none() {
    let mut dedup = dedup();
    let (mut first, mut second) = (passing(Some("AB123C"), 0.0), passing(Some("AB123C"), 60.0));
    second.lifecycle = Lifecycle::New;
    let emit = Policy::new(|_: &[Neighbour]| saying(PolicyDecision::Emit("another lane".to_owned())));
    dedup.decide(&mut first, &emit);
    dedup.decide(&mut second, &NoPlugins);
    assert_eq!(second.dedup.decision, DedupDecision::Suppress);
    second.revision = 2;
    dedup.decide(&mut second, &emit);
    assert_eq!((second.dedup.decision, second.dedup.repeats_event_id), (DedupDecision::Emit, None));
    let head = first.event_id;
    let suppress =
        Policy::new(move |_: &[Neighbour]| saying(PolicyDecision::Suppress(head, "again".to_owned())));
    second.revision = 3;
    dedup.decide(&mut second, &suppress);
    assert_eq!(second.dedup.decision, DedupDecision::Emit, "it may have opened a gate");
    assert!(suppress.asked().is_empty());
}

#[test]
fn a_policy_hears_of_similar_plates_first_and_of_a_bounded_number() {
    let emit = Policy::new(|_: &[Neighbour]| saying(PolicyDecision::Emit("new".to_owned())));
    let mut dedup = dedup();
    for number in 0..100_u32 {
        let plate = if number == 3 { "AB123D".to_owned() } else { format!("XY{number:03}Z") };
        dedup.decide(&mut passing(Some(&plate), f64::from(number)), &emit);
    }
    dedup.decide(&mut passing(Some("AB123C"), 101.0), &emit);
    let asked = emit.asked();
    let last = asked.last().unwrap();
    assert_eq!(last.len(), NEIGHBOURS_MAX);
    assert_eq!(last[0].event.plate(), Some("AB123D"));
    assert!(last[1..].windows(2).all(|pair| pair[0].gap <= pair[1].gap));
    assert!(last.iter().all(|neighbour| neighbour.distance_widths == Some(0.0)));
}

#[test]
fn the_last_revision_names_the_plugin_that_decided_on_an_earlier_one() {
    let emit = Policy::new(|_: &[Neighbour]| saying(PolicyDecision::Emit("alone".to_owned())));
    let mut dedup = dedup();
    let mut first = passing(Some("AB123C"), 0.0);
    first.lifecycle = Lifecycle::New;
    dedup.decide(&mut first, &emit);
    let mut last = PlateEvent { revision: 2, lifecycle: Lifecycle::Final, ..first.clone() };
    last.plugin_digests.clear();
    dedup.decide(&mut last, &emit);
    assert_eq!((last.dedup.reason.as_str(), emit.asked().len()), ("alone", 1));
    assert_eq!(last.plugin_digests, [Digest::of(b"policy")]);
}

#[test]
fn what_a_policy_decided_stands_while_it_fails_and_the_pass_is_as_it_was() {
    let mut dedup = dedup();
    // To the native policy these are two vehicles.
    let (first, mut second) = (passing(Some("AB123C"), 0.0), passing(Some("ZZ999Z"), 60.0));
    second.lifecycle = Lifecycle::New;
    let head = first.event_id;
    let suppress = Policy::new(move |neighbours: &[Neighbour]| match neighbours {
        [] => saying(PolicyDecision::Emit("new".to_owned())),
        _ => saying(PolicyDecision::Suppress(head, "a pair".to_owned())),
    });
    dedup.decide(&mut first.clone(), &suppress);
    dedup.decide(&mut second, &suppress);
    let failing = Policy::new(|_: &[Neighbour]| PolicyAnswer::NATIVE);
    let mut same = PlateEvent { revision: 2, plugin_digests: Vec::new(), ..second.clone() };
    dedup.decide(&mut same, &failing);
    assert_eq!((same.dedup.decision, same.dedup.reason.as_str()), (DedupDecision::Suppress, "a pair"));
    assert_eq!(same.plugin_digests, [Digest::of(b"policy")]);
}

#[test]
fn an_event_that_was_forgotten_is_no_repeat_of_its_own_repeats() {
    let config = DedupConfig { passes_max: 1, ..DedupConfig::default() };
    let mut dedup = Dedup::new(config).unwrap();
    let (mut first, mut second) = (passing(Some("AB123C"), 0.0), passing(Some("AB123C"), 60.0));
    dedup.decide(&mut first, &NoPlugins);
    dedup.decide(&mut second, &NoPlugins);
    assert_eq!(second.dedup.repeats_event_id, Some(first.event_id));
    first.revision = 2;
    let policy = Policy::new(|neighbours: &[Neighbour]| match neighbours.first() {
        Some(first) => saying(PolicyDecision::Suppress(first.head, "again".to_owned())),
        None => PolicyAnswer::NATIVE,
    });
    dedup.decide(&mut first, &policy);
    assert_eq!((first.dedup.decision, first.dedup.repeats_event_id), (DedupDecision::Emit, None));
}
