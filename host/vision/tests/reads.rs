//! Exact plates on annotated pictures with the real networks. Skipped, with a line, when networks or pictures are not there.
//!
//! By default every fourth picture is read; `OVR_READS_STEP=1` reads all, `OVR_READS_SET` names another folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ovr_domain::RgbImage;
use ovr_domain::read::normalize;
use ovr_vision::find::{TextFinder, TextFinderConfig};
use ovr_vision::infer::{Options, Runtime, library_file, model_file};
use ovr_vision::read::{PlateReader, StillPlate, StillReader};
use serde_json::Value;

/// Exact reads of each country group, in percent, that a change must not fall below.
const FLOORS: [(&str, f64); 3] = [("EU", 85.0), ("US", 78.0), ("BR", 90.0)];

/// Most reads where no plate is annotated, for each picture; some are plates that nobody annotated.
const STRAYS_MAX: f64 = 0.15;

#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn say(line: &str) {
    println!("{line}");
}

fn reader() -> Option<StillReader> {
    let (library, detection, recognition) =
        (library_file()?, model_file("PP-OCRv6_det_small.onnx")?, model_file("PP-OCRv6_rec_small.onnx")?);
    let runtime = Runtime::load(&library).ok()?;
    let open = |path: &Path| runtime.open(path, &Options::cpu(1)).ok().map(Box::new);
    let finder = TextFinder::new(open(&detection)?, TextFinderConfig::default()).ok()?;
    Some(StillReader::new(finder, PlateReader::new(open(&recognition)?).ok()?))
}

fn load(path: &Path) -> Option<RgbImage> {
    let pixels = image::open(path).ok()?.to_rgb8();
    let (width, height) = pixels.dimensions();
    Some(RgbImage { width, height, data: pixels.into_raw() })
}

fn number(value: &Value, at: usize) -> f32 {
    value.get(at).and_then(Value::as_f64).unwrap_or(f64::NAN) as f32
}

/// Whether the truth's middle lies in the reading's box or the other way round.
fn is_there(plate: &StillPlate, bbox: &Value) -> bool {
    let truth = ovr_domain::BBox::new(number(bbox, 0), number(bbox, 1), number(bbox, 2), number(bbox, 3));
    let read = plate.quad.bounds();
    truth.contains(read.centre()) || read.contains(truth.centre())
}

fn folder() -> PathBuf {
    let named = std::env::var_os("OVR_READS_SET").map(PathBuf::from);
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/e2e_dev/openalpr_e2e");
    named.unwrap_or_else(usual)
}

#[test]
fn most_plates_of_the_checking_set_are_read_exactly() {
    let folder = folder();
    let Ok(annotations) = std::fs::read_to_string(folder.join("annotations.jsonl")) else {
        return say(&format!("skipped: there is no {}", folder.display()));
    };
    let Some(mut reader) = reader() else {
        return say("skipped: ONNX Runtime or the PP-OCR models are not there");
    };
    let step = std::env::var("OVR_READS_STEP").ok().and_then(|step| step.parse().ok()).unwrap_or(4_usize);
    let mut groups: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut pictures, mut strays) = (0_usize, 0_usize);
    for line in annotations.lines().step_by(step.max(1)) {
        let row: Value = serde_json::from_str(line).unwrap_or_default();
        let Some(image) = row["image"].as_str().and_then(|name| load(&folder.join(name))).map(Arc::new)
        else {
            continue;
        };
        let plates = row["plates"].as_array().cloned().unwrap_or_default();
        let is_crop = plates.iter().any(|plate| {
            let bbox = &plate["bbox"];
            (number(bbox, 2) - number(bbox, 0)) >= 0.95 * image.width as f32
        });
        let read =
            if is_crop { reader.read_crop(&image) } else { reader.read_still(&image) }.unwrap_or_default();
        pictures += 1;
        let stray = read.iter().filter(|read| !plates.iter().any(|plate| is_there(read, &plate["bbox"])));
        for read in stray.filter(|_| !is_crop) {
            strays += 1;
            say(&format!("stray {} {:.2} {}", read.text, read.confidence, row["image"]));
        }
        for plate in &plates {
            let Some(truth) = plate["text"].as_str().map(normalize) else {
                continue;
            };
            let truth: String = truth.chars().filter(char::is_ascii_alphanumeric).collect();
            let found =
                if is_crop { read.first() } else { read.iter().find(|read| is_there(read, &plate["bbox"])) };
            let group =
                groups.entry(plate["country"].as_str().unwrap_or("?").chars().take(2).collect()).or_default();
            group.0 += 1;
            if found.is_some_and(|found| found.text == truth) {
                group.1 += 1;
            } else {
                let got = found.map(|found| (found.text.clone(), found.confidence));
                say(&format!("miss {truth} {got:?} {}", row["image"]));
            }
        }
    }
    for (group, (plates, exact)) in &groups {
        let percent = 100.0 * *exact as f64 / *plates as f64;
        say(&format!("{group}: {exact} of {plates} exact ({percent:.1} %)"));
        let floors = if std::env::var_os("OVR_READS_SET").is_some() { &[] } else { FLOORS.as_slice() };
        let floor = floors.iter().find(|(name, _)| name == group).map_or(0.0, |(_, floor)| *floor);
        assert!(percent >= floor, "{group}: {exact} of {plates} exact; expected at least {floor} %");
    }
    assert!(!groups.is_empty(), "no picture could be read");
    say(&format!("{strays} reads where no plate is annotated, on {pictures} pictures"));
    assert!(strays as f64 <= STRAYS_MAX * pictures as f64, "{strays} stray reads on {pictures} pictures");
}
