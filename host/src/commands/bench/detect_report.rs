//! What `bench detect` prints.

use std::collections::BTreeMap;

use anyhow::Context as _;
use ovr_domain::track::Class;
use serde::Serialize;

use super::detect_clip::a_picture;
use super::score::median;
use crate::print;

/// One detector on one annotated set. Shares are 0 to 1, and null where the set or the detector has nothing to say.
#[derive(Debug, Serialize)]
pub(super) struct SetRow {
    pub(super) set: String,
    pub(super) model: String,
    pub(super) pictures: usize,
    /// Boxed plates.
    pub(super) plates: usize,
    /// Share of the plates that were found, at an overlap of at least 0.5.
    pub(super) recall_50: Option<f64>,
    /// The same at 0.7.
    pub(super) recall_70: Option<f64>,
    /// Plates found where none is boxed, a picture.
    pub(super) unmatched_per_picture: Option<f64>,
    pub(super) plate_ap50: Option<f64>,
    /// By class, those that the set has.
    pub(super) class_ap50: BTreeMap<&'static str, f64>,
    /// Mean of the classes.
    pub(super) vehicle_map50: Option<f64>,
    /// Of vehicles whatever their class, on sets that do not tell it of all.
    pub(super) vehicle_ap50: Option<f64>,
    /// Median of the network alone.
    pub(super) network_ms: f64,
    /// Median from the picture to the detections.
    pub(super) all_ms: f64,
}

/// Confidences from which plates count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Thresholds {
    /// At all.
    pub(super) counted: f32,
    /// As what starts a track, which is what a false plate costs a run; not below `counted`.
    pub(super) track: f32,
}

/// One detector on one clip.
#[derive(Debug, Serialize)]
pub(super) struct ClipRow {
    /// Which of the detectors; two may have the same name.
    #[serde(skip)]
    pub(super) detector: usize,
    pub(super) clip: String,
    pub(super) model: String,
    pub(super) pictures: usize,
    /// Plates that can be read on it, as the list beside it says; null where there is none.
    pub(super) plates_shown: Option<usize>,
    /// Found; null for a detector that knows none.
    pub(super) plates: Option<usize>,
    pub(super) plates_per_picture: Option<f64>,
    /// Of those, the ones that are sure enough to start a track.
    pub(super) track_starts: Option<usize>,
    pub(super) track_starts_per_picture: Option<f64>,
    pub(super) vehicles_per_picture: f64,
    pub(super) network_ms: f64,
    pub(super) all_ms: f64,
}

/// The plates that one detector found on all clips that show none.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Spurious<'a> {
    model: &'a str,
    /// Clips that show no plate.
    clips_without_plates: usize,
    /// Of those.
    pictures: usize,
    false_plates_per_picture: f64,
    /// Of those that are sure enough to start a track.
    false_track_starts_per_picture: f64,
}

impl<'a> Spurious<'a> {
    /// From the rows of one detector on clips that show no plate; nothing when there is none.
    fn of(rows: &[&'a ClipRow]) -> Option<Self> {
        let model = &rows.first()?.model;
        let pictures = rows.iter().map(|row| row.pictures).sum();
        let plates = rows.iter().filter_map(|row| row.plates).sum();
        let starts = rows.iter().filter_map(|row| row.track_starts).sum();
        Some(Self {
            model,
            clips_without_plates: rows.len(),
            pictures,
            false_plates_per_picture: a_picture(plates, pictures),
            false_track_starts_per_picture: a_picture(starts, pictures),
        })
    }
}

/// Everything that was measured.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) sets: Vec<SetRow>,
    pub(super) clips: Vec<ClipRow>,
    detectors: Vec<Spent>,
}

/// A detector's times on all pictures, in milliseconds.
#[derive(Debug, Default)]
struct Spent {
    model: String,
    network: Vec<f64>,
    all: Vec<f64>,
}

/// Two detectors on the same pictures in the same run.
#[derive(Debug, Serialize)]
struct Compared<'a> {
    model: &'a str,
    against: &'a str,
    /// Median time of the second over that of the first.
    network_ratio: f64,
    all_ratio: f64,
}

impl Report {
    /// Adds the times of one source to those of the detector `at`.
    pub(super) fn count(&mut self, at: usize, model: &str, network: &[f64], all: &[f64]) {
        while self.detectors.len() <= at {
            self.detectors.push(Spent::default());
        }
        if let Some(spent) = self.detectors.get_mut(at) {
            model.clone_into(&mut spent.model);
            spent.network.extend(network);
            spent.all.extend(all);
        }
    }

    fn ratio(&self) -> Option<Compared<'_>> {
        let [first, second] = self.detectors.as_slice() else {
            return None;
        };
        let over = |a: &[f64], b: &[f64]| median(b) / median(a).max(1e-6);
        Some(Compared {
            model: &first.model,
            against: &second.model,
            network_ratio: over(&first.network, &second.network),
            all_ratio: over(&first.all, &second.all),
        })
    }

    /// For each detector that finds plates.
    fn false_plates(&self) -> Vec<Spurious<'_>> {
        let mut found: BTreeMap<usize, Vec<&ClipRow>> = BTreeMap::new();
        for row in self.clips.iter().filter(|row| row.plates_shown == Some(0) && row.plates.is_some()) {
            found.entry(row.detector).or_default().push(row);
        }
        found.values().filter_map(|rows| Spurious::of(rows)).collect()
    }

    /// Prints the tables, or a JSON object a line for each row of them.
    pub(super) fn print(&self, json: bool, threads: usize, thresholds: Thresholds) -> anyhow::Result<()> {
        if json {
            let sets = self.sets.iter().map(serde_json::to_string);
            let clips = self.clips.iter().map(serde_json::to_string);
            let false_plates = self.false_plates();
            let false_plates = false_plates.iter().map(serde_json::to_string);
            let ratio = self.ratio().map(|ratio| serde_json::to_string(&ratio));
            for line in sets.chain(clips).chain(false_plates).chain(ratio) {
                print::out(&line.context("writing the table")?);
            }
            return Ok(());
        }
        print::out(&format!(
            "{threads} threads; recall and unmatched plates at a confidence of {} or more; medians of ms a picture",
            thresholds.counted
        ));
        self.print_sets();
        self.print_clips(thresholds);
        if let Some(Compared { model, against, network_ratio, all_ratio }) = self.ratio() {
            print::out("");
            print::out(&format!(
                "{model} is {network_ratio:.2} times as fast as {against} by the network alone, {all_ratio:.2} times in all"
            ));
        }
        Ok(())
    }

    fn print_sets(&self) {
        if self.sets.is_empty() {
            return;
        }
        let classes = Class::VEHICLES.map(|class| format!("{class} AP50")).join(" | ");
        print::out("");
        print::out(&format!(
            "| set | model | pictures | plates | recall at 0.5 | at 0.7 | unmatched a picture | plate AP50 | {classes} | \
             mAP50 | vehicle AP50 | network ms | all ms |"
        ));
        print::out(&format!("|---|---|{}", "---:|".repeat(8 + Class::VEHICLES.len() + 2)));
        for row in &self.sets {
            let by_class =
                Class::VEHICLES.map(|class| percent(row.class_ap50.get(class.as_str()).copied())).join(" | ");
            let unmatched = decimal(row.unmatched_per_picture);
            print::out(&format!(
                "| {} | {} | {} | {} | {} | {} | {unmatched} | {} | {by_class} | {} | {} | {:.2} | {:.2} |",
                row.set,
                row.model,
                row.pictures,
                row.plates,
                percent(row.recall_50),
                percent(row.recall_70),
                percent(row.plate_ap50),
                percent(row.vehicle_map50),
                percent(row.vehicle_ap50),
                row.network_ms,
                row.all_ms
            ));
        }
    }

    fn print_clips(&self, Thresholds { counted, track }: Thresholds) {
        if self.clips.is_empty() {
            return;
        }
        print::out("");
        print::out(&format!(
            "| clip | model | pictures | plates shown | plates a picture from {counted} on | plates a picture from {track} on | \
             vehicles a picture | network ms | all ms |"
        ));
        print::out(&format!("|---|---|{}", "---:|".repeat(7)));
        for row in &self.clips {
            let ClipRow { clip, model, pictures, .. } = row;
            let shown = row.plates_shown.map_or_else(|| "-".to_owned(), |count| count.to_string());
            print::out(&format!(
                "| {clip} | {model} | {pictures} | {shown} | {} | {} | {:.2} | {:.2} | {:.2} |",
                decimal(row.plates_per_picture),
                decimal(row.track_starts_per_picture),
                row.vehicles_per_picture,
                row.network_ms,
                row.all_ms
            ));
        }
        for row in self.false_plates() {
            let Spurious { model, clips_without_plates, pictures, .. } = row;
            print::out("");
            print::out(&format!(
                "{model} finds {:.4} false plates a picture from {counted} on and {:.4} from {track} on, where tracks start, on \
                 {pictures} pictures of {clips_without_plates} clips without plates",
                row.false_plates_per_picture, row.false_track_starts_per_picture
            ));
        }
    }
}

/// A number of things a picture, or a dash.
fn decimal(count: Option<f64>) -> String {
    count.map_or_else(|| "-".to_owned(), |count| format!("{count:.3}"))
}

/// A share in percent, or a dash.
fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_detectors_are_compared_by_the_medians_of_all_their_pictures() {
        let mut report = Report::default();
        report.count(0, "ours", &[1.0, 2.0], &[2.0, 2.0]);
        assert!(report.ratio().is_none());
        report.count(1, "theirs", &[6.0, 6.0], &[7.0, 9.0]);
        report.count(0, "ours", &[3.0], &[2.0]);
        report.count(1, "theirs", &[6.0], &[8.0]);
        let ratio = report.ratio().unwrap();
        assert_eq!((ratio.model, ratio.against), ("ours", "theirs"));
        assert!((ratio.network_ratio - 3.0).abs() < 1e-9 && (ratio.all_ratio - 4.0).abs() < 1e-9);
    }
    #[test]
    fn false_plates_are_those_on_clips_that_show_none() {
        let row = |detector, plates_shown, pictures, found: Option<(usize, usize)>| ClipRow {
            detector,
            clip: "clip.mp4".to_owned(),
            model: "nano.onnx".to_owned(),
            pictures,
            plates_shown,
            plates: found.map(|found| found.0),
            plates_per_picture: None,
            track_starts: found.map(|found| found.1),
            track_starts_per_picture: None,
            vehicles_per_picture: 1.0,
            network_ms: 1.0,
            all_ms: 1.0,
        };
        let clips = vec![
            row(0, Some(0), 300, Some((9, 1))),
            row(1, Some(0), 300, Some((0, 0))),
            // A detector of vehicles alone.
            row(2, Some(0), 300, None),
            row(0, Some(0), 100, Some((3, 1))),
            // Plates of these may well be there.
            row(0, Some(2), 100, Some((90, 80))),
            row(0, None, 100, Some((90, 80))),
        ];
        let report = Report { clips, ..Report::default() };
        let expected = |clips_without_plates, pictures, plates, starts| Spurious {
            model: "nano.onnx",
            clips_without_plates,
            pictures,
            false_plates_per_picture: plates,
            false_track_starts_per_picture: starts,
        };
        let told = [expected(2, 400, 0.03, 0.005), expected(1, 300, 0.0, 0.0)];
        assert_eq!(report.false_plates(), told);
        assert!(Report::default().false_plates().is_empty());
    }
}
