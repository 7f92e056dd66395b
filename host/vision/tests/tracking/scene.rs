//! Scenes from public data: what a detector found, and what was really there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ovr_domain::geometry::BBox;
use ovr_domain::track::{Class, Detection};

use super::evaluator::Boxes;

/// Detections by frame, the first and last frame, and the truth where it is known.
pub struct Scene {
    pub detections: BTreeMap<u32, Vec<Detection>>,
    pub first: u32,
    pub last: u32,
    pub truth: Boxes,
}

impl Scene {
    pub fn on(&self, frame: u32) -> &[Detection] {
        self.detections.get(&frame).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn frames(&self) -> std::ops::RangeInclusive<u32> {
        self.first..=self.last
    }
}

/// The folder with the data; prints one line and gives `None` when it is absent.
pub fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/tracking");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is absent", folder.display());
    None
}

fn numbers(line: &str) -> Vec<f64> {
    line.split(',').map(|field| field.trim().parse().unwrap()).collect()
}

fn detection(corners: [f64; 4], confidence: f64) -> Detection {
    let [x1, y1, x2, y2] = corners.map(|edge| edge as f32);
    Detection {
        class: Class::Car,
        bbox: BBox::new(x1, y1, x2, y2),
        confidence: confidence as f32,
        quad: None,
    }
}

/// Rows `frame, id, left, top, width, height, confidence, ...` of the MOT challenge.
pub fn mot_rows(path: &Path) -> Boxes {
    let mut boxes = Boxes::new();
    for line in fs::read_to_string(path).unwrap().lines() {
        let row = numbers(line);
        let corners = [row[2], row[3], row[2] + row[4], row[3] + row[5]];
        boxes.entry(row[0] as u32).or_default().push((row[1] as u64, corners));
    }
    boxes
}

/// A sequence of MOT15 with the detections that the challenge gives, and the truth where it is public.
pub fn mot15(folder: &Path, name: &str) -> Scene {
    let mut detections = BTreeMap::<u32, Vec<Detection>>::new();
    let path = folder.join("mot15_det").join(name).join("det/det.txt");
    for line in fs::read_to_string(path).unwrap().lines() {
        let row = numbers(line);
        let corners = [row[2], row[3], row[2] + row[4], row[3] + row[5]];
        detections.entry(row[0] as u32).or_default().push(detection(corners, row[6]));
    }
    let truth_path = folder.join("mot15_tud_gt").join(name).join("gt.txt");
    let truth = if truth_path.exists() { mot_rows(&truth_path) } else { Boxes::new() };
    let last = detections.keys().chain(truth.keys()).max().copied().unwrap();
    Scene { detections, first: 1, last, truth }
}

/// SplitMix64 (Steele et al. 2014), so that other programs can draw the same noise.
struct Dice(u64);

impl Dice {
    /// 0 to 1, without 1.
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Cars and vans of a KITTI tracking sequence as a fair detector would see them: misses and low confidence grow with
/// occlusion, edges are off by up to 6 % of the size, and some boxes hold nothing. Seeded by the number of the sequence.
pub fn kitti(folder: &Path, sequence: &str) -> Scene {
    let path = folder.join("kitti_label_02").join(format!("{sequence}.txt"));
    let mut labels = BTreeMap::<u32, Vec<(u64, usize, [f64; 4])>>::new();
    for line in fs::read_to_string(path).unwrap().lines() {
        let row: Vec<&str> = line.split_whitespace().collect();
        if !matches!(row[2], "Car" | "Van") {
            continue;
        }
        let corners = [6, 7, 8, 9].map(|i: usize| row[i].parse().unwrap());
        let occluded = row[4].parse::<i32>().unwrap().clamp(0, 2) as usize;
        let frame = row[0].parse().unwrap();
        labels.entry(frame).or_default().push((row[1].parse().unwrap(), occluded, corners));
    }
    let last = labels.keys().max().copied().unwrap();
    let mut dice = Dice(sequence.parse().unwrap());
    let mut detections = BTreeMap::<u32, Vec<Detection>>::new();
    for frame in 0..=last {
        let seen = detections.entry(frame).or_default();
        for (_, occluded, corners) in labels.get(&frame).into_iter().flatten() {
            let missed = dice.roll() < 0.05 + 0.1 * *occluded as f64;
            let [x1, y1, x2, y2] = *corners;
            let sides = [x2 - x1, y2 - y1, x2 - x1, y2 - y1];
            let noise: [f64; 4] = std::array::from_fn(|_| dice.roll() + dice.roll() - 1.0);
            let noisy = std::array::from_fn(|i| corners[i] + noise[i] * 0.06 * sides[i]);
            let confidence = [0.92, 0.68, 0.35][*occluded] + (dice.roll() - 0.5) * 0.16;
            if !missed {
                seen.push(detection(noisy, confidence));
            }
        }
        if dice.roll() < 0.15 {
            let (x, y) = (dice.roll() * 1_100.0, 150.0 + dice.roll() * 100.0);
            let (width, height) = (20.0 + dice.roll() * 100.0, 20.0 + dice.roll() * 60.0);
            seen.push(detection([x, y, x + width, y + height], 0.3 + 0.5 * dice.roll()));
        }
    }
    let truth = labels
        .into_iter()
        .map(|(frame, rows)| (frame, rows.into_iter().map(|(id, _, corners)| (id, corners)).collect()))
        .collect();
    Scene { detections, first: 0, last, truth }
}
