//! Compares events with what a scene showed.
//!
//! Only the final state of an event counts. Events and passes are matched by text first, where a plate passes
//! twice by the time that both share, and then, for what was read wrong or not at all, by time and place. Every
//! pass must have exactly one event and every event a pass: a plate out of nothing, a second event of one pass and
//! an event that never became final are all failures. An unread track that was merged into the event of a pass that was in
//! view is none: it is that pass, and says so.

use std::collections::BTreeMap;

use ovr_domain::event::{DedupDecision, Lifecycle};
use ovr_domain::read::normalize;
use ovr_domain::{EventId, PlateEvent};

use crate::scene::{Pass, Truth};

mod matching;
#[cfg(test)]
mod tests;

use matching::{same_place, shared_time};

/// What became of a scene.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Passes in the scene.
    pub shown: usize,
    /// Passes whose plate was read as it stands there, emitted once; unreadable ones that were read count too.
    pub read_right: usize,
    /// Passes with a wrong text, a wrong decision on repeats or a repeat that refers to the wrong event.
    pub wrong: usize,
    /// Passes without an event, and readable ones that were reported unread.
    pub missed: usize,
    /// Repeats that were suppressed and refer to the event of the pass that they repeat.
    pub repeats_suppressed: usize,
    /// Unreadable passes that were reported as unread.
    pub unread_reported: usize,
    /// Events with a plate that no vehicle carried.
    pub false_plates: usize,
    /// Events without a plate where no unreadable vehicle passed.
    pub false_unread: usize,
    /// Further events of passes that already have theirs.
    pub split: usize,
    /// Events that never became final.
    pub unfinished: usize,
    /// For people: a line for each vehicle, then one for each event too many.
    pub lines: Vec<String>,
}

impl Verdict {
    /// Whether every pass has exactly the event it should have and there are no others.
    pub fn all_right(&self) -> bool {
        let failures =
            [self.wrong, self.missed, self.false_plates, self.false_unread, self.split, self.unfinished];
        let fulfilled = self.read_right + self.repeats_suppressed + self.unread_reported;
        failures.iter().all(|count| *count == 0) && fulfilled == self.shown
    }
}

/// The plate that an event stands for, normalised.
fn text(event: &PlateEvent) -> Option<String> {
    let plate = event.plate_corrected.as_ref().or(event.plate_normalized.as_ref());
    plate.map(|plate| normalize(plate))
}

/// Judges `events`, in any order and any number of revisions, of one camera that was shown the scene.
pub fn judge(truth: &Truth, events: &[PlateEvent]) -> Verdict {
    let mut latest: BTreeMap<EventId, &PlateEvent> = BTreeMap::new();
    for event in events {
        let known = latest.entry(event.event_id).or_insert(event);
        if event.revision > known.revision {
            *known = event;
        }
    }
    let mut verdict = Verdict { shown: truth.passes.len(), ..Verdict::default() };
    let mut trial = Trial::new(truth);
    let mut unfinished = Vec::new();
    for event in latest.into_values() {
        if event.lifecycle == Lifecycle::Final {
            trial.open.push(event);
        } else {
            unfinished.push(event);
        }
    }
    trial.match_by_text(true);
    trial.match_by_text(false);
    trial.match_by_place();
    for (pass, event) in truth.passes.iter().zip(&trial.matched) {
        let original = pass.repeats.and_then(|index| trial.matched.get(index)).copied().flatten();
        let outcome = judge_pass(pass, *event, original);
        verdict.count(&outcome);
        verdict.lines.push(line_of(pass, &outcome));
    }
    for event in &trial.open {
        if let Some(pass) = trial.part_of(event) {
            verdict.lines.push(format!("part       {:<9} an unread part of this pass", pass.plate));
        } else {
            verdict.count_spare(truth, event);
        }
    }
    for event in unfinished {
        verdict.unfinished += 1;
        let plate = text(event).unwrap_or_else(|| "-".to_owned());
        verdict.lines.push(format!("UNFINISHED {plate:<9} event {} never became final", event.event_id));
    }
    verdict
}

/// The matching: each event and each pass at most once.
struct Trial<'a> {
    truth: &'a Truth,
    /// Events that belong to no pass so far.
    open: Vec<&'a PlateEvent>,
    /// For each pass its event.
    matched: Vec<Option<&'a PlateEvent>>,
}

impl<'a> Trial<'a> {
    fn new(truth: &'a Truth) -> Self {
        Self { truth, open: Vec::new(), matched: vec![None; truth.passes.len()] }
    }

    /// The pass into whose event an unread one was merged, when both were in view at one time.
    fn part_of(&self, event: &PlateEvent) -> Option<&'a Pass> {
        let into = event.dedup.repeats_event_id.filter(|_| event.dedup.decision == DedupDecision::Merge)?;
        let mut pairs = self.truth.passes.iter().zip(&self.matched);
        let (pass, _) = pairs.find(|(_, matched)| matched.is_some_and(|whole| whole.event_id == into))?;
        (text(event).is_none() && shared_time(self.truth, pass, event) > 0.0).then_some(pass)
    }

    /// Gives every pass without an event the open one with the best score above zero.
    fn assign(&mut self, score: impl Fn(&Truth, &Pass, &PlateEvent) -> f64) {
        for (pass, slot) in self.truth.passes.iter().zip(&mut self.matched) {
            if slot.is_some() {
                continue;
            }
            let scored = self.open.iter().enumerate().map(|(i, event)| (i, score(self.truth, pass, event)));
            let best = scored.filter(|(_, s)| *s > 0.0).max_by(|a, b| a.1.total_cmp(&b.1));
            if let Some((index, _)) = best {
                *slot = Some(self.open.swap_remove(index));
            }
        }
    }

    /// The right text; at the right time when `in_time`, else at any: a text that is right is no coincidence.
    fn match_by_text(&mut self, in_time: bool) {
        self.assign(|truth, pass, event| {
            if text(event).as_ref() != Some(&pass.plate) {
                return 0.0;
            }
            let shared = shared_time(truth, pass, event);
            if in_time { shared } else { shared + 1e-6 }
        });
    }

    /// At the right time and place, whatever was read. Wrong reads come before unread events.
    fn match_by_place(&mut self) {
        for with_plate in [true, false] {
            self.assign(|truth, pass, event| {
                if text(event).is_some() != with_plate || !same_place(truth, pass, event) {
                    return 0.0;
                }
                shared_time(truth, pass, event)
            });
        }
    }
}

/// What became of one pass.
#[derive(Debug)]
enum Outcome {
    Read(String),
    Suppressed,
    Unread(String),
    Wrong(String),
    Missed(String),
}

fn judge_pass(pass: &Pass, event: Option<&PlateEvent>, original: Option<&PlateEvent>) -> Outcome {
    let Some(event) = event else {
        return Outcome::Missed("no event".to_owned());
    };
    let Some(read) = text(event) else {
        let reason = event.unread_reason.map_or("no reason given".to_owned(), |r| format!("{r:?}"));
        if event.unread_reason.is_none() {
            return Outcome::Wrong("an unread event without a reason".to_owned());
        }
        if pass.readable {
            return Outcome::Missed(format!("reported unread: {reason}"));
        }
        return Outcome::Unread(reason);
    };
    if read != pass.plate {
        return Outcome::Wrong(format!("read as {read}, confidence {:.2}", event.confidence));
    }
    let suppressed = event.dedup.decision != DedupDecision::Emit;
    match (pass.repeats.is_some(), suppressed) {
        (true, true) if original.is_none() => {
            Outcome::Wrong("suppressed, but the pass that it repeats has no event".to_owned())
        }
        (true, true) if event.dedup.repeats_event_id == original.map(|o| o.event_id) => Outcome::Suppressed,
        (true, true) => Outcome::Wrong("suppressed as a repeat of another event".to_owned()),
        (true, false) => Outcome::Wrong("a repeat that was not suppressed".to_owned()),
        (false, true) => Outcome::Wrong("suppressed, although it repeats nothing".to_owned()),
        (false, false) => Outcome::Read(format!(
            "confidence {:.2}, {} of {} reads agree",
            event.confidence, event.votes.agreeing, event.votes.frames
        )),
    }
}

fn line_of(pass: &Pass, outcome: &Outcome) -> String {
    let (word, detail) = match outcome {
        Outcome::Read(detail) => ("read", detail.as_str()),
        Outcome::Suppressed => ("suppressed", "a repeat, as it should be"),
        Outcome::Unread(detail) => ("unread", detail.as_str()),
        Outcome::Wrong(detail) => ("WRONG", detail.as_str()),
        Outcome::Missed(detail) => ("MISSED", detail.as_str()),
    };
    let parked = if pass.parked { "parked, " } else { "" };
    let (plate, layout, class, width) = (&pass.plate, &pass.layout, pass.class, pass.width_px_max());
    format!("{word:<10} {plate:<9} {layout:<10} {class:<10} {width:>3.0} px  {parked}{detail}")
}

impl Verdict {
    fn count(&mut self, outcome: &Outcome) {
        let counter = match outcome {
            Outcome::Read(_) => &mut self.read_right,
            Outcome::Suppressed => &mut self.repeats_suppressed,
            Outcome::Unread(_) => &mut self.unread_reported,
            Outcome::Wrong(_) => &mut self.wrong,
            Outcome::Missed(_) => &mut self.missed,
        };
        *counter += 1;
    }

    /// An event that belongs to no pass.
    fn count_spare(&mut self, truth: &Truth, event: &PlateEvent) {
        let id = event.event_id;
        let seen = event.first_seen.since(truth.started_at).as_secs_f32();
        let line = match text(event) {
            Some(plate) if truth.passes.iter().any(|pass| pass.plate == plate) => {
                self.split += 1;
                format!("SPLIT      {plate:<9} one more event of this vehicle, at {seen:.1} s: {id}")
            }
            Some(plate) => {
                self.false_plates += 1;
                format!("FALSE      {plate:<9} no vehicle carries this, at {seen:.1} s: {id}")
            }
            None => {
                self.false_unread += 1;
                format!("FALSE      -         an unread event for no vehicle, at {seen:.1} s: {id}")
            }
        };
        self.lines.push(line);
    }
}
