//! Fusion against a seeded simulator that damages a true plate the way readers and roads do.

use ovr_domain::hook::POSITIONS_MAX;
use ovr_domain::read::{Position, normalize};
use ovr_domain::{Alternative, BBox, CapturedAt, CropQuality, Digest, PlateRead, Timestamp};
use proptest::prelude::*;

use super::*;

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }
    fn chance(&mut self, rate: f32) -> bool {
        self.unit() < rate
    }
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
    fn character(&mut self) -> char {
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[self.below(36)])
    }
    fn plate(&mut self) -> String {
        let length = 6 + self.below(3);
        (0..length).map(|_| self.character()).collect()
    }
}

/// Rates at which a read is damaged, each 0 to 1.
#[derive(Clone, Copy)]
struct Damage {
    /// A character is taken for another one; half of the time for one that looks alike.
    confusion: f32,
    /// A character is lost.
    deletion: f32,
    /// A character is made up before another one.
    insertion: f32,
    /// One to three characters at one end are hidden.
    hidden: f32,
}

fn look_alike(random: &mut Random, c: char) -> char {
    let alike: Vec<char> = ('0'..='Z').filter(|other| distance::confusable(c, *other)).collect();
    if alike.is_empty() || random.chance(0.5) { random.character() } else { alike[random.below(alike.len())] }
}

/// A position that says `best`, and admits what is right with some probability when it is wrong.
fn position(random: &mut Random, best: char, truth: Option<char>) -> Vec<Alternative> {
    let wrong = truth != Some(best);
    let first = if wrong { 0.45 + 0.45 * random.unit() } else { 0.6 + 0.39 * random.unit() };
    let second = match truth {
        Some(truth) if wrong && random.chance(0.6) => truth,
        _ => look_alike(random, best),
    };
    let mut alternatives = vec![Alternative { character: best, probability: first }];
    if second != best {
        alternatives.push(Alternative { character: second, probability: (1.0 - first) * 0.7 });
    }
    alternatives
}

fn read_of(positions: Vec<Vec<Alternative>>, quality: f32) -> PlateRead {
    let width_px = 40.0 + 90.0 * quality;
    PlateRead {
        positions,
        quad: BBox::new(10.0, 10.0, 10.0 + width_px, 40.0).quad(),
        width_px,
        plate_likeness: 0.9,
        quality: CropQuality { sharpness: 20.0 + 200.0 * quality, contrast: 0.5, exposure: 0.5 },
        sequence: 0,
        captured_at: CapturedAt { at: Timestamp::from_micros(0), synchronised: true },
        reader: Digest::of(b"reader"),
    }
}

fn exact(text: &str) -> PlateRead {
    let sure = |character| vec![Alternative { character, probability: 0.95 }];
    read_of(text.chars().map(sure).collect(), 1.0)
}

/// A damaged read; a poor crop is damaged more.
fn damaged(random: &mut Random, plate: &str, damage: Damage) -> PlateRead {
    let quality = random.unit();
    let scale = 1.5 - quality;
    let mut truth: Vec<char> = plate.chars().collect();
    if random.chance(damage.hidden) {
        let keep = truth.len() - 1 - random.below(3);
        if random.chance(0.5) {
            truth.truncate(keep);
        } else {
            truth.drain(..truth.len() - keep).for_each(drop);
        }
    }
    let mut positions = Vec::new();
    for c in truth {
        if random.chance(damage.insertion * scale) {
            let made_up = random.character();
            positions.push(position(random, made_up, None));
        }
        if random.chance(damage.deletion * scale) {
            continue;
        }
        let best = if random.chance(damage.confusion * scale) { look_alike(random, c) } else { c };
        positions.push(position(random, best, Some(c)));
    }
    read_of(positions, quality)
}

fn fuse_all(reads: &[PlateRead]) -> Readings {
    let mut readings = Readings::new(24);
    for read in reads {
        readings.add(read, CutOff::default());
    }
    readings
}

fn leading_text(readings: &Readings) -> String {
    readings.leading().map(|group| group.normalized().to_owned()).unwrap_or_default()
}

fn fuse_texts(texts: &[&str]) -> String {
    leading_text(&fuse_all(&texts.iter().map(|text| exact(text)).collect::<Vec<_>>()))
}

/// Shares of plates that are right: one read alone, the most frequent text of the reads, and fused.
fn accuracy(damage: Damage, frames: usize) -> (f32, f32, f32) {
    const PLATES: usize = 400;
    let mut random = Random(20_261_123);
    let (mut single, mut frequent, mut fused) = (0, 0, 0);
    for _ in 0..PLATES {
        let plate = random.plate();
        let reads: Vec<_> = (0..frames).map(|_| damaged(&mut random, &plate, damage)).collect();
        let texts: Vec<String> = reads.iter().map(|read| normalize(&read.text())).collect();
        single += texts.iter().filter(|text| **text == plate).count();
        let count = |text: &String| texts.iter().filter(|other| *other == text).count();
        frequent += usize::from(texts.iter().max_by_key(|text| count(text)) == Some(&plate));
        fused += usize::from(leading_text(&fuse_all(&reads)) == plate);
    }
    let share = |count: usize, of: usize| count as f32 / of as f32;
    (share(single, PLATES * frames), share(frequent, PLATES), share(fused, PLATES))
}

#[test]
fn fused_plates_are_right_far_more_often_than_single_reads() {
    let mild = Damage { confusion: 0.05, deletion: 0.02, insertion: 0.02, hidden: 0.1 };
    let rough = Damage { confusion: 0.15, deletion: 0.05, insertion: 0.05, hidden: 0.2 };
    let hidden = Damage { confusion: 0.05, deletion: 0.01, insertion: 0.01, hidden: 0.5 };
    for (name, damage, frames, single_max, fused_min) in [
        ("mild", mild, 5, 0.6, 0.95),
        ("rough", rough, 5, 0.2, 0.7),
        ("rough", rough, 12, 0.2, 0.93),
        ("hidden", hidden, 10, 0.4, 0.95),
    ] {
        let (single, frequent, fused) = accuracy(damage, frames);
        println!(
            "{name}, {frames} frames: single {single:.3}, most frequent text {frequent:.3}, fused {fused:.3}"
        );
        assert!(single < single_max, "{name} {frames}: single {single}");
        assert!(fused > fused_min, "{name} {frames}: fused {fused}");
        assert!(fused > frequent, "{name} {frames}: fused {fused} against {frequent}");
    }
}

#[test]
fn a_partial_read_does_not_win_over_complete_ones_even_when_there_are_more_of_it() {
    assert_eq!(fuse_texts(&["AB123C", "AB123C", "AB12", "AB12", "AB12"]), "AB123C");
    assert_eq!(fuse_texts(&["123C", "123C", "23C", "AB123C", "AB123C"]), "AB123C");
    assert_eq!(fuse_texts(&["AB12", "AB123C"]), "AB123C");
}

#[test]
fn a_plate_that_the_border_cuts_off_says_nothing_about_what_is_hidden() {
    let mut readings = Readings::new(24);
    let cut_off = CutOff { left: false, right: true };
    for _ in 0..6 {
        readings.add(&exact("AB12"), cut_off);
    }
    for _ in 0..2 {
        readings.add(&exact("AB123C"), CutOff::default());
    }
    assert_eq!(leading_text(&readings), "AB123C");
    let group = readings.leading().unwrap();
    assert_eq!((group.votes().frames, group.votes().agreeing), (8, 2));
    assert!(group.fused().unwrap().confidence > 0.8);
}

#[test]
fn a_single_outlier_never_wins() {
    assert_eq!(fuse_texts(&["AB1234", "AB123", "AB123"]), "AB123");
    assert_eq!(fuse_texts(&["AB723", "AB123", "AB123"]), "AB123");
    assert_eq!(fuse_texts(&["ABX123", "AB123", "AB123"]), "AB123");
    assert_eq!(fuse_texts(&["ZZ99999", "AB123", "AB123"]), "AB123");
}

#[test]
fn two_plates_that_swap_on_one_track_stay_apart() {
    let texts = ["34A36837", "34A36837", "34A36B37", "89C20339", "89C20339", "89C2O339"];
    let readings = fuse_all(&texts.map(exact));
    let mut plates: Vec<_> = readings.groups().iter().map(Fusion::normalized).collect();
    plates.sort_unstable();
    assert_eq!(plates, ["34A36837", "89C20339"]);
}

#[test]
fn separators_are_kept_in_the_text_but_are_no_disagreement() {
    let readings = fuse_all(&["B-AB123", "B-AB123", "BAB123"].map(exact));
    let group = readings.leading().unwrap();
    let fused = group.fused().unwrap();
    assert_eq!((fused.text.as_str(), fused.normalized.as_str()), ("B-AB123", "BAB123"));
    assert_eq!(fused.char_confidences.len(), 7);
    assert_eq!((group.votes().agreeing, fused.support), (3, 3));
    assert_eq!(fused.candidates.len(), 1);
}

#[test]
fn the_first_candidate_is_the_plate_and_the_doubt_is_listed() {
    let readings = fuse_all(&["AB123", "AB123", "A8123"].map(exact));
    let fused = readings.leading().unwrap().fused().unwrap().clone();
    assert_eq!(fused.candidates[0].plate, "AB123");
    assert!(fused.candidates.iter().any(|c| c.plate == "A8123"));
    assert!((fused.candidates.iter().map(|c| c.score).sum::<f32>() - 1.0).abs() < 1e-3);
    assert!(fused.char_confidences[1] < fused.char_confidences[0]);
}

#[test]
fn a_read_that_is_better_seen_counts_more() {
    let poor = |text: &str| {
        let sure = |character| vec![Alternative { character, probability: 0.7 }];
        read_of(text.chars().map(sure).collect(), 0.0)
    };
    let reads = [exact("AB123"), poor("AB723"), poor("AB723")];
    assert_eq!(leading_text(&fuse_all(&reads)), "AB123");
    assert!(weight(&exact("AB123")) > 4.0 * weight(&poor("AB123")));
}

#[test]
fn a_track_of_any_length_costs_no_more_than_its_best_reads() {
    let mut random = Random(7);
    let damage = Damage { confusion: 0.2, deletion: 0.05, insertion: 0.05, hidden: 0.2 };
    let mut readings = Readings::new(10);
    for _ in 0..2_000 {
        let read = damaged(&mut random, "KA05MH7711", damage);
        readings.add(&read, CutOff::default());
    }
    let group = readings.leading().unwrap();
    assert_eq!(group.normalized(), "KA05MH7711");
    assert!(group.reads_kept() <= 10 && readings.groups().len() <= GROUPS_MAX);
    let frames: u32 = readings.groups().iter().map(|g| g.votes().frames).sum();
    assert_eq!(frames + readings.strays(), 2_000);
    assert!(group.votes().agreeing < group.votes().frames);
}

fn any_read() -> impl Strategy<Value = PlateRead> {
    let number = prop_oneof![Just(f32::NAN), Just(f32::INFINITY), Just(-1.0_f32), 0.0_f32..1.0, 0.0_f32..1e9];
    let alternative = (any::<char>(), number.clone())
        .prop_map(|(character, probability)| Alternative { character, probability });
    let positions = prop::collection::vec(prop::collection::vec(alternative, 0..12), 0..60);
    (positions, [number.clone(), number.clone(), number.clone(), number.clone(), number]).prop_map(
        |(positions, [width_px, plate_likeness, sharpness, contrast, exposure])| PlateRead {
            width_px,
            plate_likeness,
            quality: CropQuality { sharpness, contrast, exposure },
            ..read_of(positions, 1.0)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hostile_reads_give_finite_confidences_within_the_limits(reads in prop::collection::vec(any_read(), 1..8)) {
        let readings = fuse_all(&reads);
        prop_assert!(readings.groups().len() <= GROUPS_MAX);
        for group in readings.groups() {
            let Some(fused) = group.fused() else { continue };
            prop_assert_eq!(fused.text.chars().count(), fused.char_confidences.len());
            prop_assert!(fused.candidates.len() <= CANDIDATES_MAX);
            prop_assert!(fused.char_confidences.iter().all(|c| (0.0..=1.0).contains(c)));
            prop_assert!((0.0..=1.0).contains(&fused.confidence) && fused.margin.is_finite());
            prop_assert_eq!(fused.candidates.first().map(|c| c.plate.as_str()), Some(fused.text.as_str()));
            let present = fused.positions.iter().filter(|p| p.is_present());
            let best: String = present.filter_map(Position::best).collect();
            prop_assert_eq!(&best, &fused.text);
            let is_bounded = fused.positions.len() <= POSITIONS_MAX || fused.positions.iter().all(Position::is_present);
            prop_assert!(is_bounded, "{:?}", fused.positions);
            for position in &fused.positions {
                let sum: f32 = position.alternatives.iter().map(|a| a.probability).sum();
                prop_assert!(!position.alternatives.is_empty() && sum + position.absent <= 1.0 + 1e-4, "{:?}", position);
            }
        }
    }

    #[test]
    fn the_same_reads_in_any_number_give_their_own_text(text in "[A-Z0-9]{1,12}", count in 1_usize..30) {
        let readings = fuse_all(&vec![exact(&text); count]);
        prop_assert_eq!(leading_text(&readings), text);
        prop_assert_eq!(readings.leading().unwrap().votes().agreeing as usize, count);
    }
}
