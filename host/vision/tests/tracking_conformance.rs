//! The tracker against the published algorithm, on public data.
//!
//! The golden scores were computed with py-motmetrics 1.4.0 (`mota`, `idf1`, IoU of at least 0.5) on the output of the
//! authors' implementation (github.com/ifzhang/ByteTrack, `yolox/tracker`, `track_thresh` 0.6, `track_buffer` 30,
//! `match_thresh` 0.8), which was handed the very detections that these tests make. The counts are those that
//! py-motmetrics gives for the same program with the differences that the module's documentation lists; the evaluator
//! here and the tracker reproduce them to the last box.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    unreachable_pub,
    reason = "helpers of a test"
)]

mod tracking;

use std::collections::{BTreeMap, BTreeSet};

use ovr_domain::track::{Track, TrackState};
use ovr_vision::track::{ByteTrack, TrackConfig};
use tracking::evaluator::{Boxes, Counts, evaluate};
use tracking::scene::{Scene, folder, kitti, mot_rows, mot15};

/// How far below the authors' implementation MOTA and IDF1 may lie.
const SCORE_TOLERANCE: f64 = 0.005;

fn confirmed(tracks: &[Track]) -> Vec<(u64, [f64; 4])> {
    tracks
        .iter()
        .filter(|track| track.state == TrackState::Confirmed)
        .map(|track| {
            let b = track.bbox;
            (track.id.0, [b.x1, b.y1, b.x2, b.y2].map(f64::from))
        })
        .collect()
}

/// The confirmed tracks of each frame when the detector runs on every n-th.
fn follow(scene: &Scene, config: TrackConfig, every: u32) -> Boxes {
    let mut tracker = ByteTrack::new(config).unwrap();
    scene
        .frames()
        .map(|frame| {
            let looked_at = frame % every == 0;
            let tracks = if looked_at { tracker.update(scene.on(frame), 1) } else { tracker.predict(1) };
            (frame, confirmed(tracks))
        })
        .collect()
}

fn counts(figures: [usize; 6]) -> Counts {
    let [objects, hypotheses, misses, false_positives, switches, id_true_positives] = figures;
    Counts { objects, hypotheses, misses, false_positives, switches, id_true_positives }
}

#[test]
fn the_evaluator_gives_the_published_scores() {
    let Some(folder) = folder() else { return };
    // The example of py-motmetrics' documentation: MOTA 52.6 % and 56.4 %, IDF1 55.8 % and 64.5 %.
    for (name, golden, mota, idf1) in [
        ("TUD-Campus", counts([359, 222, 150, 13, 7, 162]), 0.526_462_4, 0.557_659_2),
        ("TUD-Stadtmitte", counts([1_156, 749, 452, 45, 7, 614]), 0.564_013_8, 0.644_619_4),
    ] {
        let folder = folder.join("mot15_tud_gt").join(name);
        let scores = evaluate(&mot_rows(&folder.join("gt.txt")), &mot_rows(&folder.join("test.txt")));
        assert_eq!(scores, golden, "{name}");
        assert!((scores.mota() - mota).abs() < 1e-6, "{name}: MOTA {}", scores.mota());
        assert!((scores.idf1() - idf1).abs() < 1e-6, "{name}: IDF1 {}", scores.idf1());
    }
}

/// A scene, its detections and their sum of edges, the authors' MOTA and IDF1, and the counts.
type Golden = (&'static str, usize, f64, f64, f64, [usize; 6]);

const GOLDEN: [Golden; 7] = [
    ("TUD-Campus", 321, 386_310.773, 0.6212, 0.6936, [359, 283, 104, 28, 3, 223]),
    ("TUD-Stadtmitte", 951, 1_088_056.327, 0.7007, 0.7592, [1_156, 911, 290, 45, 10, 785]),
    ("0000", 467, 822_397.379, 0.5364, 0.5059, [535, 307, 236, 8, 4, 213]),
    ("0004", 847, 1_253_617.546, 0.6121, 0.6728, [910, 587, 329, 6, 20, 510]),
    ("0008", 1_264, 1_838_574.502, 0.6550, 0.7882, [1_339, 899, 444, 4, 4, 886]),
    ("0010", 665, 1_131_329.831, 0.8544, 0.9095, [673, 587, 90, 4, 4, 573]),
    ("0018", 1_318, 1_836_491.864, 0.7261, 0.8377, [1_413, 1_039, 378, 4, 5, 1_027]),
];

#[test]
fn scores_are_those_of_the_published_algorithm() {
    let Some(folder) = folder() else { return };
    for (name, detections, edges, mota, idf1, golden) in GOLDEN {
        let scene = if name.starts_with("TUD") { mot15(&folder, name) } else { kitti(&folder, name) };
        let all: Vec<_> = scene.detections.values().flatten().collect();
        let sum: f64 =
            all.iter().flat_map(|d| [d.bbox.x1, d.bbox.y1, d.bbox.x2, d.bbox.y2]).map(f64::from).sum();
        let confidence: f64 = all.iter().map(|d| f64::from(d.confidence)).sum();
        assert_eq!(all.len(), detections, "{name}: another scene than the golden one");
        assert!((sum + confidence - edges).abs() < 0.01, "{name}: edges sum to {}", sum + confidence);
        let scores = evaluate(&scene.truth, &follow(&scene, TrackConfig::paper(), 1));
        println!(
            "{name}: MOTA {:.4} (golden {mota:.4}), IDF1 {:.4} (golden {idf1:.4})",
            scores.mota(),
            scores.idf1()
        );
        assert!(scores.mota() >= mota - SCORE_TOLERANCE, "{name}: MOTA {}", scores.mota());
        assert!(scores.idf1() >= idf1 - SCORE_TOLERANCE, "{name}: IDF1 {}", scores.idf1());
        assert_eq!(scores, counts(golden), "{name}");
    }
}

#[test]
fn scenes_without_truth_give_as_many_boxes_and_ids() {
    let Some(folder) = folder() else { return };
    // The authors' implementation: 558 boxes of 12 ids, and 4196 boxes of 50 ids.
    for (name, boxes, ids) in [("KITTI-17", 558, 12), ("PETS09-S2L1", 4_192, 51)] {
        let found = follow(&mot15(&folder, name), TrackConfig::paper(), 1);
        let all: Vec<u64> = found.values().flatten().map(|(id, _)| *id).collect();
        let distinct: BTreeSet<u64> = all.iter().copied().collect();
        assert_eq!((all.len(), distinct.len()), (boxes, ids), "{name}");
    }
}

#[test]
fn no_id_stands_for_two_tracks() {
    let Some(folder) = folder() else { return };
    let scene = mot15(&folder, "PETS09-S2L1");
    let mut tracker = ByteTrack::new(TrackConfig::default()).unwrap();
    let (mut ended, mut alive) = (BTreeSet::new(), BTreeSet::new());
    for frame in scene.frames() {
        let ids: Vec<_> = tracker.update(scene.on(frame), 1).iter().map(|track| track.id).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "frame {frame}: {ids:?}");
        for id in tracker.ended() {
            assert!(ended.insert(id), "{id} ended twice");
        }
        assert!(ids.iter().all(|id| !ended.contains(id)), "frame {frame}: an ended track came back");
        alive.extend(ids);
    }
    ended.extend(tracker.finish());
    assert!(alive.is_subset(&ended), "every track ends");
}

#[test]
fn boxes_of_frames_that_were_not_looked_at_follow_the_vehicles() {
    let Some(folder) = folder() else { return };
    // The detector runs on every third frame. Guessed boxes count as found on the two frames between.
    let (mut guessed, mut frozen) = (Counts::default(), Counts::default());
    for sequence in ["0008", "0010", "0018"] {
        let scene = kitti(&folder, sequence);
        let mut tracker = ByteTrack::new(TrackConfig::paper()).unwrap();
        let (mut with_motion, mut without_motion) = (BTreeMap::new(), BTreeMap::new());
        let mut last_look = Vec::new();
        for frame in scene.frames() {
            let tracks = if frame % 3 == 0 {
                last_look = confirmed(tracker.update(scene.on(frame), 1));
                last_look.clone()
            } else {
                confirmed(tracker.predict(1))
            };
            with_motion.insert(frame, tracks);
            without_motion.insert(frame, last_look.clone());
        }
        for (sum, found) in [(&mut guessed, with_motion), (&mut frozen, without_motion)] {
            let scores = evaluate(&scene.truth, &found);
            sum.objects += scores.objects;
            sum.misses += scores.misses;
            sum.false_positives += scores.false_positives;
            sum.switches += scores.switches;
        }
    }
    println!("MOTA at every third frame: guessed {:.4}, frozen {:.4}", guessed.mota(), frozen.mota());
    assert!(guessed.mota() > frozen.mota(), "{guessed:?} {frozen:?}");
    assert!(guessed.mota() > 0.54, "{guessed:?}");
}

#[test]
fn the_default_numbers_suit_vehicles_better_than_those_for_people() {
    let Some(folder) = folder() else { return };
    for every in [1, 3] {
        let [paper, default] = [TrackConfig::paper(), TrackConfig::default()].map(|config| {
            let scores = ["0000", "0004", "0008", "0010", "0018"].map(|sequence| {
                let scene = kitti(&folder, sequence);
                let scores = evaluate(&scene.truth, &follow(&scene, config, every));
                [scores.mota(), scores.idf1()]
            });
            [0, 1].map(|score| scores.iter().map(|of| of[score]).sum::<f64>() / 5.0)
        });
        println!("a look every {every} frames, mean MOTA and IDF1: paper {paper:.4?}, default {default:.4?}");
        assert!(default[0] > paper[0] && default[1] > paper[1], "{paper:?} {default:?}");
    }
}
