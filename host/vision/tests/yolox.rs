//! A real network on real pictures: YOLOX-nano finds the vehicles that people have marked on traffic cameras.
//!
//! Network and pictures lie beside the repository, not in it; without them this says so and passes.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test, also outside its test functions")]

use std::fs;
use std::path::{Path, PathBuf};

use ovr_domain::geometry::BBox;
use ovr_domain::pixels::{Picture, RgbImage};
use ovr_domain::port::Detector as _;
use ovr_vision::detect::{ClassMap, DetectorConfig, Layout, YoloDetector};
use ovr_vision::infer::{Options, OrtModel, Runtime, library_file};

/// Marked vehicles of at least this width and height, in pixels at full size, are looked for: smaller ones have
/// under 20 pixels in the network's input.
const SIDE_MIN: f32 = 60.0;

fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    if !path.exists() {
        println!("skipped: there is no {}", path.display());
        return None;
    }
    Some(path)
}

fn detector() -> Option<YoloDetector<OrtModel>> {
    let model = shared("models/teachers/yolox_nano.onnx")?;
    let Some(library) = library_file() else {
        println!("skipped: there is no ONNX Runtime (OVR_ORT_LIBRARY or the cache)");
        return None;
    };
    let runtime = Runtime::load(&library).unwrap();
    let network = runtime.open(&model, &Options::cpu(2)).unwrap();
    let config = DetectorConfig {
        classes: ClassMap::coco().into_inner(),
        confidence_min: 0.3,
        ..DetectorConfig::default()
    };
    Some(YoloDetector::new(network, config).unwrap())
}

fn load(path: &Path) -> Picture {
    let image = image::open(path).unwrap().to_rgb8();
    let (width, height) = image.dimensions();
    let data = image.into_raw();
    Picture::from_rgb(RgbImage { width, height, data }).unwrap()
}

#[test]
fn yolox_nano_finds_the_marked_vehicles_and_little_else() {
    let Some(mut detector) = detector() else { return };
    let Some(set) = shared("data/detect_dev/atl_vehicles") else {
        return;
    };
    assert_eq!(detector.layout(), Layout::Yolox);
    let (mut marked, mut hit, mut found, mut right) = (0, 0, 0, 0);
    for line in fs::read_to_string(set.join("annotations.jsonl")).unwrap().lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        let picture = load(&set.join(entry["image"].as_str().unwrap()));
        let boxes: Vec<BBox> = entry["vehicles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|vehicle| {
                let edge = |i: usize| vehicle["bbox"][i].as_f64().unwrap() as f32;
                BBox::new(edge(0), edge(1), edge(2), edge(3))
            })
            .collect();
        let detections = detector.detect(&picture).unwrap();
        let meets = |a: &BBox, b: &BBox| a.iou(*b) > 0.5;
        let large: Vec<&BBox> = boxes.iter().filter(|b| b.width().min(b.height()) >= SIDE_MIN).collect();
        marked += large.len();
        hit += large.iter().filter(|b| detections.iter().any(|d| meets(&d.bbox, b))).count();
        found += detections.len();
        right += detections.iter().filter(|d| boxes.iter().any(|b| meets(&d.bbox, b))).count();
        assert!(detections.iter().all(|d| d.class.is_vehicle()));
    }
    println!("{hit} of {marked} marked vehicles found, {right} of {found} detections are marked vehicles");
    assert!(marked > 50, "the set has {marked} large vehicles");
    assert!(hit * 100 >= marked * 60, "{hit} of {marked} found");
    assert!(right * 100 >= found * 70, "{right} of {found} are right");
}
