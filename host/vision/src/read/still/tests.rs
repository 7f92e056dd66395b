use super::*;
use crate::detect::DetectorConfig;
use crate::infer::Recorded;
use ovr_domain::port::Tensor;

/// A detector with an input of 64x64 pixels that sees plates in these rows: cx cy w h and the score.
fn detector(rows: &[[f32; 5]]) -> YoloDetector<Box<dyn Inference>> {
    let mut data = vec![0.0; 5 * 84];
    for (column, row) in rows.iter().enumerate() {
        for (line, &value) in row.iter().enumerate() {
            data[line * 84 + column] = value;
        }
    }
    let boxes = Tensor { shape: vec![1, 5, 84], data };
    let square = [Some(1), Some(3), Some(64), Some(64)];
    let network = Recorded::new("plates", &square, &[("names", "{0: 'plate'}")], vec![vec![boxes]]);
    let network: Box<dyn Inference> = Box::new(network);
    YoloDetector::new(network, DetectorConfig::default()).unwrap()
}

/// A reader of plates that reads AB123 in every crop of a batch of at most 12.
fn reader() -> PlateReader {
    let (batch, shown) = (12, [1, 0, 2, 0, 3, 0, 4, 0, 5, 0]);
    let mut data = vec![0.0; batch * shown.len() * 6];
    for (row, class) in data.chunks_exact_mut(6).zip(shown.iter().cycle()) {
        row[*class] = 1.0;
    }
    let answer = Tensor { shape: vec![batch, shown.len(), 6], data };
    let fixed = [None, Some(1), Some(64), Some(160)];
    let network = Recorded::new("reader", &fixed, &[("character", "A\nB\n1\n2\n3")], vec![vec![answer]]);
    PlateReader::new(Box::new(network)).unwrap()
}

fn still_reader(rows: &[[f32; 5]]) -> StillReader {
    StillReader::new(detector(rows), reader())
}

#[test]
fn a_picture_that_is_one_plate_gives_that_plate_even_when_the_detector_sees_none() {
    let image = Arc::new(RgbImage::filled(160, 80, [90; 3]));
    for rows in [&[][..], &[[32.0, 32.0, 30.0, 15.0, 0.9]]] {
        let found = still_reader(rows).read_crop(&image).unwrap();
        assert_eq!(found.len(), 1);
        let plate = &found[0];
        assert_eq!((plate.text.as_str(), plate.char_confidences.len()), ("AB123", 5));
        assert!(plate.confidence > 0.5 && plate.confidence <= 1.0, "{plate:?}");
        assert!(plate.quad.bounds().contains(BBox::new(0.0, 0.0, 160.0, 80.0).centre()));
        // The middle half of the bordered picture is the picture: 30 of 64 pixels are 150 of its 160.
        let width = if rows.is_empty() { 160.0 * 0.92 } else { 150.0 };
        assert!((plate.quad.width() - width).abs() < 1.0, "{plate:?}");
    }
}

#[test]
fn plates_of_a_whole_picture_are_in_its_pixels_and_the_surest_comes_first() {
    // 1280x640 pixels lie in rows 16 to 48 of the input at a twentieth of their size.
    let rows = [[10.0, 24.0, 6.0, 2.0, 0.6], [50.0, 40.0, 8.0, 4.0, 0.9]];
    let image = Arc::new(RgbImage::filled(1280, 640, [90; 3]));
    let found = still_reader(&rows).read_still(&image).unwrap();
    let at: Vec<(f32, f32)> =
        found.iter().map(|plate| plate.quad.bounds().centre()).map(|centre| (centre.x, centre.y)).collect();
    assert_eq!(at, [(1000.0, 480.0), (200.0, 160.0)]);
    assert!(found.iter().all(|plate| plate.text == "AB123" && plate.positions.len() == 5));
}

#[test]
fn a_picture_without_a_plate_gives_none() {
    let image = Arc::new(RgbImage::filled(640, 320, [90; 3]));
    assert_eq!(still_reader(&[]).read_still(&image).unwrap(), []);
    // A detection that nothing speaks for but a reader that reads whatever it gets.
    assert_eq!(still_reader(&[[50.0, 40.0, 8.0, 4.0, 0.03]]).read_still(&image).unwrap(), []);
}

#[test]
fn a_picture_without_pixels_is_an_error_and_no_panic() {
    let empty = Arc::new(RgbImage { width: 0, height: 0, data: Vec::new() });
    let mut reader = still_reader(&[]);
    for error in [reader.read_crop(&empty), reader.read_still(&empty)] {
        let error = error.unwrap_err();
        assert!(error.to_string().contains("0x0"), "{error}");
    }
}

#[test]
fn the_input_fits_the_picture_and_its_proportions() {
    let size = |width, height, closer| {
        still_size(&picture_of(RgbImage::filled(width, height, [0; 3])).unwrap(), closer)
    };
    assert_eq!(size(320, 240, 1.0), (640, 480));
    assert_eq!(size(1000, 500, 1.0), (1000, 500));
    assert_eq!(size(2000, 4000, 1.0), (640, 1280));
    assert_eq!(size(640, 480, 1.5), (960, 720));
    assert_eq!(size(4000, 1, 1.0), (1280, 1));
}

#[test]
fn a_border_leaves_the_image_in_the_middle() {
    let (out, (left, top)) = bordered(&RgbImage::filled(4, 2, [7; 3]));
    assert_eq!((out.width, out.height, left, top), (8, 4, 2, 1));
    for (y, x, value) in [(0, 0, 114), (1, 2, 7), (2, 5, 7), (1, 6, 114), (3, 3, 114)] {
        assert_eq!(out.pixel(x, y), [value; 3], "{x} {y}");
    }
}

fn plate(text: &str, confidence: f32, bbox: BBox) -> StillPlate {
    StillPlate {
        text: text.to_owned(),
        confidence,
        quad: bbox.quad(),
        char_confidences: Vec::new(),
        positions: Vec::new(),
    }
}

#[test]
fn of_overlapping_readings_the_surest_stays() {
    let found = distinct(vec![
        plate("AB12", 0.3, BBox::new(0.0, 0.0, 50.0, 20.0)),
        plate("AB123", 0.9, BBox::new(0.0, 0.0, 60.0, 20.0)),
        plate("CD345", 0.5, BBox::new(200.0, 0.0, 260.0, 20.0)),
    ]);
    let texts: Vec<&str> = found.iter().map(|plate| plate.text.as_str()).collect();
    assert_eq!(texts, ["AB123", "CD345"]);
}

/// What is reported of readings of these confidences, each at a place of its own.
fn reported_of(confidences: &[f32]) -> Vec<f32> {
    let place = |at: usize| BBox::new(at as f32 * 100.0, 0.0, at as f32 * 100.0 + 60.0, 20.0);
    let plates = confidences.iter().enumerate();
    let plates = plates.map(|(at, &confidence)| plate("AB123", confidence, place(at))).collect();
    reported(distinct(plates)).iter().map(|plate| plate.confidence).collect()
}

#[test]
fn all_sure_plates_are_reported_or_else_the_best_guess_alone() {
    assert_eq!(reported_of(&[0.23, 0.5, 0.02, 0.9, 0.49]), [0.9, 0.5]);
    assert_eq!(reported_of(&[0.2, 0.49, 0.3]), [0.49]);
    assert_eq!(reported_of(&[0.1, 0.2]), [0.2]);
    assert!(reported_of(&[0.04, 0.02]).is_empty());
    assert!(reported_of(&[]).is_empty());
}

#[test]
fn of_a_picture_that_is_one_plate_a_reading_that_goes_on_where_the_surest_one_ends_counts() {
    let plate = |text: &str, confidence| StillPlate {
        text: text.to_owned(),
        confidence,
        quad: BBox::new(0.0, 0.0, 10.0, 5.0).quad(),
        char_confidences: Vec::new(),
        positions: Vec::new(),
    };
    let text_of = |plates: &[(&str, f32)]| {
        let plates = plates.iter().map(|&(text, confidence)| plate(text, confidence)).collect();
        fullest(plates).map(|plate| plate.text)
    };
    assert_eq!(text_of(&[("AX3Z7", 0.9), ("AX3Z77", 0.5)]).as_deref(), Some("AX3Z77"));
    assert_eq!(text_of(&[("3Z77", 0.9), ("X3Z77", 0.8), ("AX3Z77", 0.5)]).as_deref(), Some("AX3Z77"));
    // Not sure enough, another text, and a chance likeness of two characters.
    assert_eq!(text_of(&[("AX3Z7", 0.9), ("AX3Z77", 0.4)]).as_deref(), Some("AX3Z7"));
    assert_eq!(text_of(&[("AX3Z7", 0.9), ("AX8Z77", 0.8)]).as_deref(), Some("AX3Z7"));
    assert_eq!(text_of(&[("AX", 0.9), ("AX3Z77", 0.8)]).as_deref(), Some("AX"));
    assert_eq!(text_of(&[]), None);
}

#[test]
fn a_picture_as_small_and_as_wide_as_a_crop_is_read_as_one_and_others_are_not() {
    let found = |width, height| {
        let image = Arc::new(RgbImage::filled(width, height, [90; 3]));
        still_reader(&[]).read_still(&image).unwrap().len()
    };
    // The detector sees nothing at all.
    assert_eq!((found(94, 24), found(300, 100)), (1, 1));
    assert_eq!((found(300, 101), found(120, 100), found(900, 100)), (0, 0, 0));
}

#[test]
fn a_picture_that_a_plate_fills_is_read_as_that_plate_whatever_else_is_seen_on_it() {
    let found = |rows: &[[f32; 5]]| {
        let image = Arc::new(RgbImage::filled(320, 160, [90; 3]));
        still_reader(rows).read_still(&image).unwrap().len()
    };
    // The picture lies in the middle half of the bordered one: 32 by 16 of the input's 64 by 64 pixels.
    let (whole, word) = ([32.0, 32.0, 28.0, 14.0, 0.9], [24.0, 28.0, 4.0, 2.0, 0.8]);
    assert_eq!(found(&[whole, word]), 1);
    // None fills it: each is a plate of its own.
    assert!(found(&[[40.0, 36.0, 4.0, 2.0, 0.9], word]) >= 2);
}
