use std::collections::BTreeMap;

use ovr_domain::geometry::BBox;
use ovr_domain::pixels::RgbImage;
use ovr_domain::track::Class;
use proptest::prelude::*;

use super::*;
use crate::infer::Recorded;

const SQUARE: [Option<usize>; 4] = [Some(1), Some(3), Some(64), Some(64)];
const NAMES: [(&str, &str); 1] = [("names", "{0: 'car', 1: 'license_plate'}")];

fn tensor(shape: &[usize], data: Vec<f32>) -> Tensor {
    Tensor { shape: shape.to_vec(), data }
}

/// A YOLOv8 output of two classes for 64x64 pixels with these rows: cx cy w h and two scores.
fn output(rows: &[[f32; 6]]) -> Tensor {
    let mut data = vec![0.0; 6 * 84];
    for (column, row) in rows.iter().enumerate() {
        for (line, &value) in row.iter().enumerate() {
            data[line * 84 + column] = value;
        }
    }
    tensor(&[1, 6, 84], data)
}

fn recorded(metadata: &[(&str, &str)], output: Tensor) -> Recorded {
    Recorded::new("toy.onnx", &SQUARE, metadata, vec![vec![output]])
}

fn picture(width: u32, height: u32) -> Picture {
    Picture::from_rgb(RgbImage::filled(width, height, [90; 3])).unwrap()
}

fn refusal(network: Recorded, config: DetectorConfig) -> String {
    YoloDetector::new(network, config).err().unwrap().to_string()
}

#[test]
fn detections_are_in_pixels_of_the_full_size_picture() {
    // 128x64 pixels lie in rows 16 to 48 of the input at half size.
    let rows = [
        [32.0, 32.0, 16.0, 8.0, 0.9, 0.1],
        [33.0, 32.0, 16.0, 8.0, 0.7, 0.1],
        [32.0, 34.0, 4.0, 2.0, 0.0, 0.6],
        [10.0, 32.0, 4.0, 4.0, 0.15, 0.0],
        // In the padding: nothing of it is on the picture.
        [32.0, 60.0, 8.0, 4.0, 0.9, 0.0],
    ];
    let network = recorded(&NAMES, output(&rows));
    let mut detector = YoloDetector::new(network, DetectorConfig::default()).unwrap();
    assert_eq!(detector.layout(), Layout::YoloV8);
    let found = detector.detect(&picture(128, 64)).unwrap();
    let [car, plate] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!((car.class, plate.class), (Class::Car, Class::Plate));
    assert!(car.bbox.iou(BBox::new(48.0, 24.0, 80.0, 40.0)) > 0.999, "{car:?}");
    assert!(plate.bbox.iou(BBox::new(60.0, 34.0, 68.0, 38.0)) > 0.999, "{plate:?}");
    assert!((car.confidence - 0.9).abs() < 1e-6);
}

#[test]
fn the_configured_classes_go_before_the_names_and_the_rest_is_dropped() {
    let rows = [[20.0, 32.0, 8.0, 8.0, 0.9, 0.1], [40.0, 32.0, 8.0, 8.0, 0.1, 0.8]];
    let config = DetectorConfig { classes: BTreeMap::from([(1, Class::Bus)]), ..DetectorConfig::default() };
    let mut detector = YoloDetector::new(recorded(&NAMES, output(&rows)), config).unwrap();
    let found = detector.detect(&picture(64, 64)).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].class, Class::Bus);
}

#[test]
fn end_to_end_boxes_are_not_suppressed_again() {
    let mut data = vec![0.0; 300 * 6];
    data[..12].copy_from_slice(&[8.0, 8.0, 24.0, 24.0, 0.9, 0.0, 9.0, 8.0, 25.0, 24.0, 0.8, 0.0]);
    let mut detector =
        YoloDetector::new(recorded(&NAMES, tensor(&[1, 300, 6], data)), DetectorConfig::default()).unwrap();
    assert_eq!(detector.layout(), Layout::EndToEnd);
    assert_eq!(detector.detect(&picture(64, 64)).unwrap().len(), 2);
}

#[test]
fn a_model_with_a_free_input_takes_its_size_from_the_configuration_or_the_exporter() {
    let free = [None, Some(3), None, None];
    let answer = vec![vec![tensor(&[1, 6, 84], vec![0.0; 504])]];
    let metadata = [NAMES[0], ("imgsz", "[64, 64]")];
    let network = Recorded::new("toy.onnx", &free, &metadata, answer.clone());
    assert!(YoloDetector::new(network, DetectorConfig::default()).is_ok());
    let config = DetectorConfig { input_size: Some((64, 60)), ..DetectorConfig::default() };
    let network = Recorded::new("toy.onnx", &free, &NAMES, answer);
    assert!(refusal(network, config.clone()).contains("multiples of 32"));
    let fixed = recorded(&NAMES, output(&[]));
    assert!(refusal(fixed, config).contains("cannot be 64x60"));
}

#[test]
fn a_model_that_cannot_be_decoded_is_refused_with_what_would_be_right() {
    let config = DetectorConfig::default;
    let message = refusal(recorded(&[], output(&[])), config());
    assert!(message.contains("expected 'classes' in the detector's configuration"), "{message}");
    let message = refusal(recorded(&[("task", "segment")], output(&[])), config());
    assert!(message.contains("expected \"detect\""), "{message}");
    let message = refusal(recorded(&NAMES, tensor(&[1, 7], vec![0.0; 7])), config());
    assert!(message.contains("has shape [1, 7]"), "{message}");
    let flat = Recorded::new("toy.onnx", &[Some(1), Some(9)], &NAMES, vec![vec![output(&[])]]);
    assert!(refusal(flat, config()).contains("expected [1, 3, height, width]"));
    let beyond = DetectorConfig { classes: BTreeMap::from([(9, Class::Car)]), ..config() };
    assert!(refusal(recorded(&[], output(&[])), beyond).contains("has index 9"));
}

#[test]
fn an_output_of_another_shape_than_promised_is_an_error() {
    let answers = vec![vec![output(&[])], vec![tensor(&[1, 84, 6], vec![1.0; 504])], vec![]];
    let network = Recorded::new("toy.onnx", &SQUARE, &NAMES, answers);
    let mut detector = YoloDetector::new(network, DetectorConfig::default()).unwrap();
    assert_eq!(detector.detect(&picture(64, 64)), Ok(vec![]));
    for _ in 0..2 {
        let refused = detector.detect(&picture(64, 64));
        assert!(matches!(refused, Err(InferenceError::Run { .. })), "{refused:?}");
    }
}

/// A model with free sides that finds one plate, with these corners in rows of `rows`, column 33.
fn cornered(input: &[Option<usize>], (boxes, corners): ([f32; 6], [f32; 8])) -> Recorded {
    let mut data = vec![0.0; 8 * 84];
    for (line, value) in corners.into_iter().enumerate() {
        data[line * 84 + 33] = value;
    }
    let mut rows = [[0.0; 6]; 34];
    rows[33] = boxes;
    let answers = vec![vec![output(&rows), tensor(&[1, 8, 84], data)]];
    Recorded::new("toy.onnx", input, &NAMES, answers).with_outputs(&["boxes", "corners"])
}

const BOX: [f32; 6] = [32.0, 32.0, 24.0, 8.0, 0.0, 0.9];
const CORNERS: [f32; 8] = [20.0, 29.0, 43.0, 28.0, 44.0, 35.0, 21.0, 36.0];

#[test]
fn corners_of_a_plate_are_in_pixels_of_the_full_size_picture() {
    let mut detector =
        YoloDetector::new(cornered(&SQUARE, (BOX, CORNERS)), DetectorConfig::default()).unwrap();
    assert!(detector.finds(Class::Plate) && !detector.finds(Class::Bus));
    // 128x64 pixels lie in rows 16 to 48 of the input at half size.
    let found = detector.detect(&picture(128, 64)).unwrap();
    let corners = found[0].quad.unwrap().0.map(|point| (point.x, point.y));
    assert_eq!(corners, [(40.0, 26.0), (86.0, 24.0), (88.0, 38.0), (42.0, 40.0)]);
}

#[test]
fn only_plates_have_corners_and_those_that_do_not_fit_are_left_out() {
    let vehicle = [32.0, 32.0, 24.0, 8.0, 0.9, 0.0];
    let mut crossed = CORNERS;
    crossed.swap(0, 2);
    for told in [(vehicle, CORNERS), (BOX, crossed), (BOX, [f32::NAN; 8])] {
        let mut detector = YoloDetector::new(cornered(&SQUARE, told), DetectorConfig::default()).unwrap();
        let found = detector.detect(&picture(64, 64)).unwrap();
        assert_eq!((found.len(), found[0].quad), (1, None), "{told:?}");
    }
}

#[test]
fn corners_of_another_shape_are_an_error() {
    let answers = vec![vec![output(&[]), tensor(&[1, 8, 83], vec![0.0; 8 * 83])], vec![output(&[])]];
    let network = Recorded::new("toy.onnx", &SQUARE, &NAMES, answers).with_outputs(&["boxes", "corners"]);
    let mut detector = YoloDetector::new(network, DetectorConfig::default()).unwrap();
    for _ in 0..2 {
        let refused = detector.detect(&picture(64, 64)).unwrap_err().to_string();
        assert!(refused.contains("[1, 8, 84]"), "{refused}");
    }
}

#[test]
fn a_model_with_free_sides_looks_at_any_size_and_a_fixed_one_at_its_own() {
    let free = [Some(1), Some(3), None, None];
    let wide = vec![output(&[]), tensor(&[1, 8, 84], vec![0.0; 8 * 84])];
    // 128x64 pixels have 128 + 32 + 8 cells.
    let twice = vec![tensor(&[1, 6, 168], vec![0.0; 6 * 168]), tensor(&[1, 8, 168], vec![0.0; 8 * 168])];
    let network = Recorded::new("toy.onnx", &free, &NAMES, vec![twice.clone(), wide, twice])
        .with_outputs(&["boxes", "corners"]);
    // The declared shape is the first answer's.
    let config = DetectorConfig { input_size: Some((128, 64)), ..DetectorConfig::default() };
    let mut detector = YoloDetector::new(network, config).unwrap();
    assert_eq!(detector.detect(&picture(64, 64)), Ok(vec![]));
    assert_eq!(detector.detect_at(&picture(64, 64), (50, 33), 0.1), Ok(vec![]));
    assert_eq!(detector.detect_at(&picture(64, 64), (100, 64), 0.1), Ok(vec![]));
    let fixed = cornered(&SQUARE, (BOX, CORNERS));
    let mut detector = YoloDetector::new(fixed, DetectorConfig::default()).unwrap();
    assert_eq!(detector.detect_at(&picture(64, 64), (640, 384), 0.1).unwrap().len(), 1);
    assert_eq!(detector.detect_at(&picture(64, 64), (640, 384), 0.95), Ok(vec![]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_the_network_says_corners_are_finite_and_a_plates(
        boxes in prop::collection::vec(prop_oneof![0.0_f32..1.0, 0.0_f32..80.0], 504),
        corners in prop::collection::vec(prop_oneof![any::<f32>(), 0.0_f32..80.0], 672),
    ) {
        let answers = vec![vec![tensor(&[1, 6, 84], boxes), tensor(&[1, 8, 84], corners)]];
        let network =
            Recorded::new("toy.onnx", &SQUARE, &NAMES, answers).with_outputs(&["boxes", "corners"]);
        let mut detector = YoloDetector::new(network, DetectorConfig::default()).unwrap();
        for found in detector.detect(&picture(64, 64)).unwrap() {
            prop_assert!(found.quad.is_none() || found.class == Class::Plate);
            if let Some(quad) = found.quad {
                prop_assert!(quad.is_finite() && quad.width() > 0.0 && quad.height() > 0.0);
            }
        }
    }


    #[test]
    fn whatever_the_network_says_detections_lie_on_the_picture(
        data in prop::collection::vec(prop_oneof![any::<f32>(), 0.0_f32..1.0, 0.0_f32..80.0], 504),
        (width, height) in (1_u32..300, 1_u32..300),
    ) {
        let network = recorded(&NAMES, tensor(&[1, 6, 84], data));
        let mut detector = YoloDetector::new(network, DetectorConfig::default()).unwrap();
        let picture = picture(width, height);
        for found in detector.detect(&picture).unwrap() {
            prop_assert!(found.bbox.is_sane());
            prop_assert_eq!(found.bbox, found.bbox.clipped(width, height));
            prop_assert!((0.2..=1.0).contains(&found.confidence));
        }
    }
}
