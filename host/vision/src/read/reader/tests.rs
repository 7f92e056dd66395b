use std::time::Duration;

use ovr_domain::port::Tensor;
use ovr_domain::time::{CapturedAt, Timestamp};
use ovr_domain::{BBox, CameraId, Picture};

use super::*;
use crate::infer::Recorded;

const CHARACTERS: &str = "A\nB\n1\n2\n3\n4\n5";

/// An answer of CTC steps: each character of each text and a blank behind it. Classes: blank, the characters, space.
fn answer(texts: &[&str]) -> Vec<Tensor> {
    let classes = 9;
    let steps = 2 * texts.iter().map(|text| text.len()).max().unwrap();
    let mut data = vec![0.0; texts.len() * steps * classes];
    for (text, rows) in texts.iter().zip(data.chunks_exact_mut(steps * classes)) {
        let mut shown = text.chars();
        for (step, row) in rows.chunks_exact_mut(classes).enumerate() {
            let next = if step % 2 == 0 { shown.next() } else { None };
            row[next.map_or(0, |c| 1 + CHARACTERS.split('\n').position(|l| l.starts_with(c)).unwrap())] = 1.0;
        }
    }
    vec![Tensor { shape: vec![texts.len(), steps, classes], data }]
}

fn reader(answers: Vec<Vec<Tensor>>) -> PlateReader {
    let free = [None, Some(3), Some(48), None];
    PlateReader::new(Box::new(Recorded::new("toy", &free, &[("character", CHARACTERS)], answers))).unwrap()
}

fn frame() -> Frame {
    let mut image = RgbImage::filled(400, 300, [60; 3]);
    for (at, pixel) in image.data.chunks_exact_mut(3).enumerate() {
        let (x, y) = (at % 400, at / 400);
        // Two rows of strokes with a quiet gap between them, from 100,100 to 180,160.
        if (100..180).contains(&x) && ((102..128).contains(&y) || (134..158).contains(&y)) && x / 5 % 2 == 0 {
            pixel.fill(230);
        }
    }
    Frame {
        camera: CameraId::new("gate").unwrap(),
        sequence: 7,
        captured_at: CapturedAt { at: Timestamp::from_micros(5), synchronised: false },
        received_at: Timestamp::from_micros(9),
        presented_at: Duration::ZERO,
        picture: Picture::from_rgb(image).unwrap(),
    }
}

#[test]
fn a_wide_crop_is_read_as_one_line() {
    let quad = BBox::new(100.0, 100.0, 220.0, 130.0).quad();
    let reads = reader(vec![answer(&["AB123"])]).read(&frame(), &[quad]).unwrap();
    let read = reads[0].as_ref().unwrap();
    assert_eq!(read.text(), "AB123");
    assert_eq!((read.sequence, read.quad), (7, quad));
    assert!(read.plate_likeness > 0.5 && read.confidence() > 0.5, "{read:?}");
    assert!((read.width_px - 120.0).abs() < 1e-3);
}

#[test]
fn a_narrow_crop_is_read_as_two_lines_when_that_is_more_like_a_plate() {
    let quad = BBox::new(100.0, 100.0, 180.0, 160.0).quad();
    // The whole crop becomes 64 pixels wide and the halves 128, so they run after it in one batch.
    let answers = vec![answer(&["A"]), answer(&["AB1", "2345"])];
    let found = reader(answers).read(&frame(), &[quad]).unwrap();
    assert_eq!(found[0].as_ref().unwrap().text(), "AB12345");
}

#[test]
fn a_batch_keeps_the_order_of_its_crops() {
    let wide = BBox::new(100.0, 100.0, 300.0, 130.0).quad();
    let slim = BBox::new(100.0, 100.0, 200.0, 130.0).quad();
    let mut broken = slim;
    broken.0[1].x = f32::NAN;
    let answers = vec![answer(&["AB12", "AB13"]), answer(&["AB14"])];
    let reads = reader(answers).read(&frame(), &[wide, slim, broken, slim]).unwrap();
    let texts: Vec<Option<String>> = reads.iter().map(|read| read.as_ref().map(PlateRead::text)).collect();
    assert_eq!(texts, [Some("AB14".to_owned()), Some("AB12".to_owned()), None, Some("AB13".to_owned())]);
}

#[test]
fn no_text_is_no_read_and_no_quads_are_no_work() {
    let quad = BBox::new(100.0, 100.0, 220.0, 130.0).quad();
    let empty = vec![Tensor { shape: vec![1, 2, 9], data: vec![f32::NAN; 18] }];
    assert_eq!(reader(vec![empty.clone()]).read(&frame(), &[quad]).unwrap(), [None]);
    assert!(reader(vec![empty]).read(&frame(), &[]).unwrap().is_empty());
}
