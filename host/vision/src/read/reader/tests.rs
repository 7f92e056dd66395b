use std::time::Duration;

use ovr_domain::port::Tensor;
use ovr_domain::time::{CapturedAt, Timestamp};
use ovr_domain::{BBox, CameraId, Picture};
use proptest::prelude::*;

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

/// The same without the space.
fn plain(texts: &[&str]) -> Vec<Tensor> {
    let mut answer = answer(texts);
    for tensor in &mut answer {
        tensor.data = tensor.data.chunks_exact(9).flat_map(|row| row[..8].to_vec()).collect();
        tensor.shape[2] = 8;
    }
    answer
}

fn reader(answers: Vec<Vec<Tensor>>) -> PlateReader {
    let free = [None, Some(3), Some(48), None];
    PlateReader::new(Box::new(Recorded::new("toy", &free, &[("character", CHARACTERS)], answers))).unwrap()
}

/// A plate of which the detector is sure.
fn seen(quad: Quad) -> SeenPlate {
    SeenPlate { quad, confidence: 1.0 }
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
    let reads = reader(vec![answer(&["AB123"])]).read(&frame(), &[seen(quad)]).unwrap();
    let read = reads[0].as_ref().unwrap();
    assert_eq!(read.text(), "AB123");
    assert_eq!((read.sequence, read.quad), (7, quad));
    assert!(read.plate_likeness > 0.5 && read.confidence() > 0.5, "{read:?}");
    assert!((read.width_px - 120.0).abs() < 1e-3);
}

#[test]
fn a_narrow_crop_is_read_as_two_lines_when_that_is_likelier() {
    let quad = BBox::new(100.0, 100.0, 180.0, 160.0).quad();
    // The whole crop becomes 64 pixels wide and the halves 128, so they run after it in one batch.
    let answers = vec![answer(&["A"]), answer(&["AB1", "2345"])];
    let found = reader(answers).read(&frame(), &[seen(quad)]).unwrap();
    assert_eq!(found[0].as_ref().unwrap().text(), "AB12345");
}

#[test]
fn a_reader_of_plates_gets_each_plate_whole_and_once() {
    let quad = BBox::new(100.0, 100.0, 180.0, 160.0).quad();
    let fixed = [None, Some(1), Some(64), Some(160)];
    let network = Recorded::new("toy", &fixed, &[("character", CHARACTERS)], vec![plain(&["AB12345"])]);
    let mut reader = PlateReader::new(Box::new(network)).unwrap();
    assert!(!reader.reads_lines());
    let found = reader.read(&frame(), &[SeenPlate { quad, confidence: 0.64 }]).unwrap();
    let read = found[0].as_ref().unwrap();
    assert_eq!(read.text(), "AB12345");
    // The reader is sure, the detector less so.
    assert!((read.plate_likeness - 0.8).abs() < 0.01, "{read:?}");
}

#[test]
fn letters_alone_digits_alone_and_short_and_long_texts_are_like_plates_when_they_are_read_surely() {
    let read = |text: &str, log: f32| ReadText {
        text: text.chars().filter_map(super::super::alphabet::symbol).collect(),
        positions: Vec::new(),
        absent: Vec::new(),
        between: Vec::new(),
        log,
    };
    for text in ["AB12CDE", "GOLFER", "1234", "123456789", "ABC", "AB12CD3456"] {
        assert!(read(text, -0.2).likeness(0.6) > 0.6, "{text}");
        assert!(read(text, -0.2).likeness(0.1) < 0.35, "{text}");
    }
    assert!(read("AB12CDE", -7.0).likeness(0.5) < 0.5);
    assert!(read("A", -0.1).certainty() < 0.25);
    for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let read = read("AB12", broken);
        let told = [read.probability(), read.certainty(), read.likeness(0.9), read.confidence(f32::NAN)];
        assert!(told.iter().all(|told| (0.0..=1.0).contains(told)), "{told:?}");
    }
}

#[test]
fn the_views_of_several_plates_run_in_one_batch() {
    let image = RgbImage::filled(200, 100, [60; 3]);
    let views = |x: f32| {
        let quad = BBox::new(x, 20.0, x + 60.0, 50.0).quad();
        [0.01, 0.04, 0.08].map(|share| rectify::grown(&quad, share, share)).to_vec()
    };
    // A second run reads something else.
    let answers = vec![plain(&["AB123", "AB123", "AB123", "B5", "B5", "B5"]), plain(&["A"; 6])];
    let fixed = [None, Some(1), Some(64), Some(160)];
    let network = Recorded::new("toy", &fixed, &[("character", CHARACTERS)], answers);
    let mut reader = PlateReader::new(Box::new(network)).unwrap();
    let plates = [(&image, views(10.0)), (&image, views(110.0))];
    let read = reader.read_views(&plates, Depth::Full).unwrap();
    let texts: Vec<String> =
        read.iter().map(|read| super::super::alphabet::text(&read.as_ref().unwrap().text)).collect();
    assert_eq!(texts, ["AB123", "B5"]);
    let again = reader.read_views(&plates, Depth::Text).unwrap();
    assert!(again.iter().all(|read| read.as_ref().is_some_and(|read| read.text.len() == 1)), "{again:?}");
}

#[test]
fn a_batch_keeps_the_order_of_its_crops() {
    let wide = BBox::new(100.0, 100.0, 300.0, 130.0).quad();
    let slim = BBox::new(100.0, 100.0, 200.0, 130.0).quad();
    let mut broken = slim;
    broken.0[1].x = f32::NAN;
    let answers = vec![answer(&["AB12", "AB13"]), answer(&["AB14"])];
    let reads = reader(answers).read(&frame(), &[wide, slim, broken, slim].map(seen)).unwrap();
    let texts: Vec<Option<String>> = reads.iter().map(|read| read.as_ref().map(PlateRead::text)).collect();
    assert_eq!(texts, [Some("AB14".to_owned()), Some("AB12".to_owned()), None, Some("AB13".to_owned())]);
}

#[test]
fn no_text_is_no_read_and_no_quads_are_no_work() {
    let quad = BBox::new(100.0, 100.0, 220.0, 130.0).quad();
    let empty = vec![Tensor { shape: vec![1, 2, 9], data: vec![f32::NAN; 18] }];
    assert_eq!(reader(vec![empty.clone()]).read(&frame(), &[seen(quad)]).unwrap(), [None]);
    assert!(reader(vec![empty]).read(&frame(), &[]).unwrap().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_the_network_says_a_read_is_finite_and_its_probabilities_are_some(
        data in prop::collection::vec(prop_oneof![any::<f32>(), 0.0_f32..1.0, Just(0.0)], 12 * 8),
        confidence in prop_oneof![any::<f32>(), 0.0_f32..1.0],
    ) {
        let answer = vec![Tensor { shape: vec![1, 12, 8], data }];
        let fixed = [None, Some(1), Some(64), Some(160)];
        let network = Recorded::new("toy", &fixed, &[("character", CHARACTERS)], vec![answer]);
        let mut reader = PlateReader::new(Box::new(network)).unwrap();
        let plate = SeenPlate { quad: BBox::new(100.0, 100.0, 180.0, 160.0).quad(), confidence };
        for read in reader.read(&frame(), &[plate]).unwrap().into_iter().flatten() {
            prop_assert!((0.0..=1.0).contains(&read.plate_likeness), "{read:?}");
            prop_assert!(!read.positions.is_empty() && read.positions.len() <= 12);
            for position in &read.positions {
                let sum: f32 = position.iter().map(|alternative| alternative.probability).sum();
                prop_assert!(position.iter().all(|a| (0.0..=1.0).contains(&a.probability)), "{read:?}");
                prop_assert!(sum <= 1.001, "{read:?}");
            }
        }
    }
}

#[test]
fn a_sliver_of_a_plate_does_not_outweigh_all_of_it() {
    let sliver = ReadText::from((vec![1], -0.1));
    let plate = ReadText::from((vec![1, 2, 3, 4, 5, 6, 7], -0.7));
    assert!(plate.weight() > sliver.weight() && plate.probability() > sliver.probability());
    assert!((plate.weight() - plate.log).abs() < 1e-6);
    let improbable = ReadText::from((vec![1, 2, 3, 4], -150.0));
    assert!(improbable.probability() <= 0.0 && improbable.weight() > -151.0);
}
