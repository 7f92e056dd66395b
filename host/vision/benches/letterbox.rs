//! A 1080p picture to a 640x384 network input: straight from the planes, against converting the whole picture to RGB
//! first and scaling that. Both go through the same sampling code, so the ratio is the price of full-size conversion.

use std::hint::black_box;
use std::io::Write as _;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use ovr_domain::pixels::{Matrix, OwnedPlanes, Picture, PixelLayout, Range};
use ovr_domain::time::{Clock as _, SystemClock};
use ovr_vision::detect::{Letterbox, Preprocess};

const WIDTH: usize = 1920;
const HEIGHT: usize = 1080;
const INPUT: (u32, u32) = (640, 384);
/// Rounds of the comparison; each times both ways once, so that a busy machine burdens both alike.
const ROUNDS: usize = 100;

/// A picture that no branch predictor or cache can guess.
fn picture(layout: PixelLayout) -> Option<Picture> {
    let noise = |count: usize| (0..count).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let quarter = WIDTH * HEIGHT / 4;
    let planes = match layout {
        PixelLayout::Nv12 => vec![(noise(WIDTH * HEIGHT), WIDTH), (noise(quarter * 2), WIDTH)],
        _ => vec![(noise(WIDTH * HEIGHT), WIDTH), (noise(quarter), WIDTH / 2), (noise(quarter), WIDTH / 2)],
    };
    let colour = (Matrix::Bt709, Range::Limited);
    let size = (WIDTH as u32, HEIGHT as u32);
    Picture::new(size, layout, colour, Arc::new(OwnedPlanes(planes))).ok()
}

/// The whole picture as RGB, then scaled.
fn by_way_of_rgb(letterbox: &mut Letterbox, picture: &Picture) -> f32 {
    let (image, _) = picture.rgb(picture.bounds());
    Picture::from_rgb(image).map_or(0.0, |rgb| letterbox.apply(&rgb).0.data.iter().take(1).sum())
}

/// Straight from the planes.
fn from_planes(letterbox: &mut Letterbox, picture: &Picture) -> f32 {
    letterbox.apply(picture).0.data.iter().take(1).sum()
}

fn letterbox(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("letterbox 1080p to 640x384");
    for layout in [PixelLayout::I420, PixelLayout::Nv12] {
        let Some(picture) = picture(layout) else { return };
        let (mut planes, mut rgb) =
            (Letterbox::new(INPUT, Preprocess::UNIT_RGB), Letterbox::new(INPUT, Preprocess::UNIT_RGB));
        group.bench_function(format!("{layout:?} planes"), |b| {
            b.iter(|| from_planes(&mut planes, black_box(&picture)));
        });
        group.bench_function(format!("{layout:?} full RGB first"), |b| {
            b.iter(|| by_way_of_rgb(&mut rgb, black_box(&picture)));
        });
        let clock = SystemClock::start();
        let (mut direct, mut converted) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let start = clock.monotonic();
            black_box(from_planes(&mut planes, black_box(&picture)));
            let middle = clock.monotonic();
            black_box(by_way_of_rgb(&mut rgb, black_box(&picture)));
            direct.push(middle.saturating_sub(start));
            converted.push(clock.monotonic().saturating_sub(middle));
        }
        direct.sort_unstable();
        converted.sort_unstable();
        let at = |spans: &[std::time::Duration], rank: usize| {
            spans.get(rank).map_or(0.0, |s| s.as_secs_f64() * 1e3)
        };
        let (fast, slow) = (at(&direct, ROUNDS / 2), at(&converted, ROUNDS / 2));
        let line = format!(
            "{layout:?}: planes {fast:.2} ms (best {:.2}), full RGB first {slow:.2} ms (best {:.2}), ratio {:.1}\n",
            at(&direct, 0),
            at(&converted, 0),
            slow / fast
        );
        // Nothing is lost when nobody reads it.
        let _ = std::io::stdout().write_all(line.as_bytes());
    }
    group.finish();
}

criterion_group!(benches, letterbox);
criterion_main!(benches);
