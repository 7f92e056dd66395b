use std::sync::Arc;

use ovr_domain::pixels::{Matrix, OwnedPlanes, Range, RgbImage};
use proptest::prelude::*;

use super::*;

const BYTES_RGB: Preprocess = Preprocess { scale: 1.0, ..Preprocess::UNIT_RGB };

/// A smooth picture in one of the layouts: what `x`, `y` and the channel give, 0 to 255.
fn picture(
    layout: PixelLayout,
    (width, height): (usize, usize),
    value: impl Fn(usize, usize, usize) -> u8,
) -> Picture {
    let plane = |channel: usize, width: usize, height: usize, step: usize| -> Vec<u8> {
        let at = |i: usize| value((i % width) * step, (i / width) * step, channel);
        (0..width * height).map(at).collect()
    };
    let half = (width.div_ceil(2), height.div_ceil(2));
    let (u, v) = (plane(1, half.0, half.1, 2), plane(2, half.0, half.1, 2));
    let planes = match layout {
        PixelLayout::I420 => vec![(plane(0, width, height, 1), width), (u, half.0), (v, half.0)],
        PixelLayout::Nv12 => {
            let pairs = u.iter().zip(&v).flat_map(|(&u, &v)| [u, v]).collect();
            vec![(plane(0, width, height, 1), width), (pairs, half.0 * 2)]
        }
        PixelLayout::Rgb => {
            let pixels = (0..width * height * 3).map(|i| value(i / 3 % width, i / 3 / width, i % 3));
            vec![(pixels.collect(), width * 3)]
        }
    };
    let colour = (Matrix::Bt709, Range::Limited);
    Picture::new((width as u32, height as u32), layout, colour, Arc::new(OwnedPlanes(planes))).unwrap()
}

/// Area average of full-size RGB in floating point: slow, and plainly right.
fn reference(image: &RgbImage, placement: &Placement, column: u32, row: u32) -> [f32; 3] {
    let (across, down) = placement.step();
    let bounds = |i: u32, step: f32, side: u32| (i as f32 * step, ((i + 1) as f32 * step).min(side as f32));
    let (x1, x2) = bounds(column, across, image.width);
    let (y1, y2) = bounds(row, down, image.height);
    let mut sums = [0.0; 3];
    for y in y1 as u32..(y2.ceil() as u32).min(image.height) {
        for x in x1 as u32..(x2.ceil() as u32).min(image.width) {
            let pixel = BBox::new(x as f32, y as f32, x as f32 + 1.0, y as f32 + 1.0);
            let share = pixel.overlap(BBox::new(x1, y1, x2, y2));
            for (sum, value) in sums.iter_mut().zip(image.pixel(x, y)) {
                *sum += share * f32::from(value);
            }
        }
    }
    sums.map(|sum| sum / ((x2 - x1) * (y2 - y1)))
}

#[test]
fn planes_are_averaged_as_full_size_rgb_would_be() {
    let wave = |x: usize, y: usize, channel: usize| {
        let phase = (x as f32 / 9.0 + channel as f32).sin() + (y as f32 / 7.0).cos();
        // Within the gamut, or clipping before the average would differ from clipping after it.
        let amplitude = if channel == 0 { 40.0 } else { 15.0 };
        (128.0 + amplitude * phase) as u8
    };
    for layout in [PixelLayout::I420, PixelLayout::Nv12, PixelLayout::Rgb] {
        for (size, input) in [((192, 108), (64, 64)), ((131, 77), (64, 32)), ((300, 90), (64, 64))] {
            let picture = picture(layout, size, wave);
            let (image, _) = picture.rgb(picture.bounds());
            let mut letterbox = Letterbox::new(input, BYTES_RGB);
            let (tensor, placement) = letterbox.apply(&picture);
            let area = (input.0 * input.1) as usize;
            for row in 0..placement.height {
                for column in 0..placement.width {
                    let expected = reference(&image, &placement, column, row);
                    let at = ((row + placement.top) * input.0 + column + placement.left) as usize;
                    for (channel, expected) in expected.into_iter().enumerate() {
                        let value = tensor.data[channel * area + at];
                        // Half-size chroma is interpolated here and repeated there.
                        let close = (value - expected).abs() <= 5.0;
                        assert!(close, "{layout:?} {size:?} {column},{row}: {value} is not {expected}");
                    }
                }
            }
        }
    }
}

#[test]
fn luma_is_averaged_to_a_level_so_that_thin_strokes_do_not_vanish() {
    for layout in [PixelLayout::I420, PixelLayout::Nv12] {
        let stripes = |x: usize, _: usize, channel: usize| match channel {
            0 => 16 + 219 * (x % 2) as u8,
            _ => 128,
        };
        let mut letterbox = Letterbox::new((32, 32), BYTES_RGB);
        let (tensor, _) = letterbox.apply(&picture(layout, (64, 64), stripes));
        assert!(tensor.data.iter().all(|value| (value - 127.5).abs() < 1.5), "{layout:?}");
    }
}

#[test]
fn primaries_have_their_place_in_both_orders_and_with_mean_and_spread() {
    // Red by BT.709-6 in limited range.
    let red = |_: usize, _: usize, channel: usize| [63, 102, 240][channel];
    let picture = picture(PixelLayout::I420, (40, 40), red);
    let mut rgb = Letterbox::new((8, 8), Preprocess::UNIT_RGB);
    let planes: Vec<f32> = rgb.apply(&picture).0.data.chunks(64).map(|plane| plane[9]).collect();
    assert!((planes[0] - 1.0).abs() < 0.01 && planes[1] < 0.01 && planes[2] < 0.01, "{planes:?}");
    let mut bgr = Letterbox::new((8, 8), Preprocess::BYTES_BGR);
    let planes: Vec<f32> = bgr.apply(&picture).0.data.chunks(64).map(|plane| plane[9]).collect();
    assert!(planes[0] < 2.0 && (planes[2] - 255.0).abs() < 2.0, "{planes:?}");
    let normal = Preprocess { mean: [0.5; 3], std: [0.25; 3], ..Preprocess::UNIT_RGB };
    let mut spread = Letterbox::new((8, 8), normal);
    let planes: Vec<f32> = spread.apply(&picture).0.data.chunks(64).map(|plane| plane[9]).collect();
    assert!((planes[0] - 2.0).abs() < 0.04 && (planes[1] + 2.0).abs() < 0.04, "{planes:?}");
}

#[test]
fn what_the_picture_does_not_cover_is_filled_also_after_another_size() {
    let white = |_: usize, _: usize, channel: usize| if channel == 0 { 235 } else { 128 };
    let mut letterbox = Letterbox::new((32, 32), BYTES_RGB);
    letterbox.apply(&picture(PixelLayout::I420, (64, 64), white));
    let (tensor, placement) = letterbox.apply(&picture(PixelLayout::Nv12, (64, 32), white));
    assert_eq!((placement.left, placement.top, placement.height), (0, 8, 16));
    for (row, line) in tensor.data[..1024].chunks(32).enumerate() {
        let expected = if (8..24).contains(&row) { 255.0 } else { 114.0 };
        assert!(line.iter().all(|value| (value - expected).abs() < 1.0), "row {row}: {line:?}");
    }
    let mut corner = Letterbox::new((32, 32), Preprocess::BYTES_BGR);
    let (_, placement) = corner.apply(&picture(PixelLayout::Nv12, (64, 32), white));
    assert_eq!((placement.left, placement.top), (0, 0));
}

proptest! {
    #[test]
    fn any_size_is_sampled_and_boxes_come_back(
        (width, height) in (1_usize..400, 1_usize..400),
        (across, down) in (1_u32..96, 1_u32..96),
        layout in prop::sample::select(vec![PixelLayout::I420, PixelLayout::Nv12, PixelLayout::Rgb]),
    ) {
        let picture = picture(layout, (width, height), |_, _, channel| if channel == 0 { 235 } else { 128 });
        let mut letterbox = Letterbox::new((across, down), BYTES_RGB);
        let (tensor, placement) = letterbox.apply(&picture);
        prop_assert_eq!(tensor.data.len(), (across * down * 3) as usize);
        let at = (placement.top * across + placement.left) as usize;
        if layout != PixelLayout::Rgb {
            prop_assert!((tensor.data[at] - 255.0).abs() < 1.0, "{}", tensor.data[at]);
        }
        let whole = BBox::new(
            placement.left as f32,
            placement.top as f32,
            (placement.left + placement.width) as f32,
            (placement.top + placement.height) as f32,
        );
        prop_assert!(placement.to_picture(whole).iou(picture.bounds()) > 0.999);
        prop_assert!(placement.to_input(picture.bounds()).iou(whole) > 0.999);
    }
}
