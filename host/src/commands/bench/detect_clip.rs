//! What `bench detect` counts on a clip, whose plates nobody has boxed.
//!
//! A list beside the clips may say which plates can be read on each. On a clip without any, every plate that is found is a
//! false one.

use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;

use super::detect::Times;
use super::detect_report::{ClipRow, Thresholds};
use super::models::Look;
use super::score::median;
use crate::print::Refusal;

/// The list of the clips in a folder.
const INDEX_FILE: &str = "index.json";

/// One clip of the list.
#[derive(Debug, Deserialize)]
struct Listed {
    /// Name in the folder.
    file: String,
    /// Texts of the plates that somebody could read.
    plates: Vec<String>,
}

/// How many plates can be read on a clip, by the list beside it; nothing when there is no list or it is not on it.
pub(super) fn plates_listed(clip: &Path) -> Result<Option<usize>, Refusal> {
    let index = clip.with_file_name(INDEX_FILE);
    let refuse = |problem: String| {
        let index = index.display();
        Refusal(format!("reading {index}: {problem}; expected a list of clips with `file` and `plates`"))
    };
    let text = match std::fs::read_to_string(&index) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refuse(error.to_string())),
    };
    let rows: Vec<Listed> = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
    let row = rows.iter().find(|row| clip.file_name().is_some_and(|name| name == row.file.as_str()));
    Ok(row.map(|row| row.plates.len()))
}

/// One detector on one clip.
#[derive(Debug, Default)]
pub(super) struct ClipScore {
    pub(super) times: Times,
    pictures: usize,
    plates: usize,
    /// Of those, the ones that are sure enough to start a track.
    starts: usize,
    vehicles: usize,
}

impl ClipScore {
    /// Adds one picture.
    pub(super) fn add(&mut self, look: &Look, thresholds: Thresholds) {
        self.pictures += 1;
        for found in &look.detections {
            if found.class.is_vehicle() {
                self.vehicles += 1;
                continue;
            }
            self.plates += 1;
            self.starts += usize::from(found.confidence >= thresholds.track);
        }
        self.times.add(look);
    }

    /// The row of the table, for the detector of this number; `plates_shown` as [`plates_listed`] gives it.
    pub(super) fn row(
        &self,
        clip: &str,
        (number, model): (usize, &str),
        finds_plates: bool,
        plates_shown: Option<usize>,
    ) -> ClipRow {
        ClipRow {
            detector: number,
            clip: clip.to_owned(),
            model: model.to_owned(),
            pictures: self.pictures,
            plates_shown,
            plates: finds_plates.then_some(self.plates),
            plates_per_picture: finds_plates.then(|| a_picture(self.plates, self.pictures)),
            track_starts: finds_plates.then_some(self.starts),
            track_starts_per_picture: finds_plates.then(|| a_picture(self.starts, self.pictures)),
            vehicles_per_picture: a_picture(self.vehicles, self.pictures),
            network_ms: median(&self.times.network),
            all_ms: median(&self.times.all),
        }
    }
}

/// How many things a picture has on average; 0 when there is none.
pub(super) fn a_picture(count: usize, pictures: usize) -> f64 {
    count as f64 / pictures.max(1) as f64
}

#[cfg(test)]
mod tests {
    use ovr_domain::BBox;
    use ovr_domain::track::{Class, Detection};

    use super::*;

    fn look(found: &[(Class, f32)]) -> Look {
        let bbox = BBox::new(0.0, 0.0, 20.0, 10.0);
        let detection =
            |&(class, confidence): &(Class, f32)| Detection { class, bbox, confidence, quad: None };
        Look { detections: found.iter().map(detection).collect(), network_ms: 2.0, all_ms: 3.0 }
    }

    #[test]
    fn plates_a_picture_are_counted_at_both_confidences_and_vehicles_are_none() {
        let thresholds = Thresholds { counted: 0.2, track: 0.5 };
        let mut score = ClipScore::default();
        for found in [
            &[(Class::Plate, 0.2), (Class::Plate, 0.5), (Class::Car, 0.9)][..],
            &[(Class::Plate, 0.49), (Class::Motorcycle, 0.9)],
            &[],
            &[(Class::Bus, 0.3)],
        ] {
            score.add(&look(found), thresholds);
        }
        let row = score.row("road.mp4", (0, "ours"), true, Some(0));
        assert_eq!((row.pictures, row.plates, row.track_starts), (4, Some(3), Some(1)));
        let close = |a: Option<f64>, b: f64| (a.unwrap() - b).abs() < 1e-9;
        assert!(close(row.plates_per_picture, 0.75) && close(row.track_starts_per_picture, 0.25), "{row:?}");
        assert!(close(Some(row.vehicles_per_picture), 0.75) && close(Some(row.all_ms), 3.0), "{row:?}");
        let blind = score.row("road.mp4", (1, "vehicles alone"), false, Some(0));
        assert_eq!((blind.plates, blind.plates_per_picture, blind.track_starts), (None, None, None));
        let empty = ClipScore::default().row("road.mp4", (0, "ours"), true, None);
        assert!(close(empty.plates_per_picture, 0.0) && empty.plates_shown.is_none());
    }

    #[test]
    fn the_list_beside_a_clip_says_how_many_plates_it_shows() {
        let folder = tempfile::tempdir().unwrap();
        let clip = |name: &str| folder.path().join(name);
        assert_eq!(plates_listed(&clip("road.mp4")).unwrap(), None);
        let list =
            r#"[{"file":"road.mp4","plates":[],"fps":25},{"file":"gate.mp4","plates":["AB123","CD456"]}]"#;
        std::fs::write(clip(INDEX_FILE), list).unwrap();
        assert_eq!(plates_listed(&clip("road.mp4")).unwrap(), Some(0));
        assert_eq!(plates_listed(&clip("gate.mp4")).unwrap(), Some(2));
        assert_eq!(plates_listed(&clip("other.mp4")).unwrap(), None);
        std::fs::write(clip(INDEX_FILE), "{}").unwrap();
        let refusal = plates_listed(&clip("road.mp4")).unwrap_err();
        assert!(refusal.0.contains(INDEX_FILE) && refusal.0.contains("expected a list"), "{}", refusal.0);
    }
}
