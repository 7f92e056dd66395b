//! Time of one look of the tracker: 10, 50 and 200 vehicles that drive about, with misses, weak detections and noise.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ovr_domain::geometry::BBox;
use ovr_domain::track::{Class, Detection};
use ovr_vision::track::{ByteTrack, TrackConfig};

/// Looks before the measured one, so that tracks are confirmed and some are lost.
const WARM_LOOKS: u64 = 60;
/// Looks that are measured together.
const LOOKS: u64 = 64;

/// SplitMix64 (Steele et al. 2014) to 0..1.
fn uniform(seed: u64) -> f32 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 40) as f32 / (1_u64 << 24) as f32
}

fn look(objects: u64, frame: u64) -> Vec<Detection> {
    let mut detections = Vec::new();
    for object in 0..objects {
        let dice = |n: u64| uniform(object * 131 + n);
        let noise = |n: u64| uniform((frame * 1_000 + object) * 17 + n) - 0.5;
        if noise(0) < -0.45 {
            continue;
        }
        let (width, height) = (50.0 + 50.0 * dice(1), 40.0 + 30.0 * dice(2));
        let x =
            (1_800.0 * dice(3) + frame as f32 * 4.0 * (dice(4) - 0.5)).rem_euclid(1_850.0) + 4.0 * noise(1);
        let y = 1_000.0 * dice(5) + 4.0 * noise(2);
        detections.push(Detection {
            class: Class::Car,
            bbox: BBox::new(x, y, x + width, y + height),
            confidence: if noise(3) < -0.4 { 0.3 } else { 0.9 },
            quad: None,
        });
    }
    detections
}

fn track(criterion: &mut Criterion) {
    for objects in [10_u64, 50, 200] {
        let mut tracker = ByteTrack::new(TrackConfig::default()).unwrap_or_else(|error| panic!("{error}"));
        for frame in 0..WARM_LOOKS {
            tracker.update(&look(objects, frame), 1);
        }
        let looks: Vec<_> = (WARM_LOOKS..WARM_LOOKS + LOOKS).map(|frame| look(objects, frame)).collect();
        criterion.bench_function(&format!("track/{LOOKS}_looks_of_{objects}_objects"), |bencher| {
            bencher.iter_batched_ref(
                || tracker.clone(),
                |tracker| {
                    for detections in &looks {
                        black_box(tracker.update(black_box(detections), 1));
                    }
                },
                BatchSize::SmallInput,
            );
        });
    }
}

criterion_group!(benches, track);
criterion_main!(benches);
