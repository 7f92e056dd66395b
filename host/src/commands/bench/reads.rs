//! `bench reads DIR`: how many plates of an annotated set are read exactly.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use ovr_domain::time::{Clock as _, SystemClock};
use ovr_domain::{BBox, RgbImage};
use ovr_vision::read::StillReader;
use serde::Serialize;

use super::annotations::{self, Annotated, AnnotatedPlate};
use crate::app;
use crate::cli::BenchReads;
use crate::config::Config;
use crate::print;

/// What was read of a set.
#[derive(Debug, Default, Serialize)]
struct Report {
    set: String,
    images: usize,
    plates: usize,
    found: usize,
    exact: usize,
    groups: BTreeMap<String, Group>,
    ms_per_image: f64,
    misses: Vec<Miss>,
}

#[derive(Debug, Default, Serialize)]
struct Group {
    plates: usize,
    exact: usize,
}

/// A plate that was not read exactly.
#[derive(Debug, Serialize)]
struct Miss {
    image: String,
    truth: String,
    /// The text read at its place; nothing when no plate was found there.
    read: Option<String>,
}

pub(super) fn run(config: &Config, args: &BenchReads) -> anyhow::Result<ExitCode> {
    let rows = annotations::load(&args.folder)?;
    let mut reader = app::rooms::still_reader(config)?;
    let clock = SystemClock::start();
    let bar = print::progress("reading pictures", rows.len() as u64);
    let mut report = Report { set: set_name(&args.folder), images: rows.len(), ..Report::default() };
    let mut spent_ms = 0.0;
    for row in &rows {
        let image = Arc::new(print::load_image(&args.folder.join(&row.image))?);
        let start = clock.monotonic();
        let read = read_one(&mut reader, row, &image)?;
        spent_ms += clock.monotonic().saturating_sub(start).as_secs_f64() * 1e3;
        for plate in row.plates.iter().filter(|plate| plate.counts()) {
            report.count(&row.image, plate, &read);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    report.ms_per_image = spent_ms / rows.len().max(1) as f64;
    if args.json {
        print::out(&serde_json::to_string(&report).context("writing the report")?);
    } else {
        report.print();
    }
    Ok(ExitCode::SUCCESS)
}

/// Texts and where they stand.
fn read_one(
    reader: &mut StillReader,
    row: &Annotated,
    image: &Arc<RgbImage>,
) -> anyhow::Result<Vec<(String, BBox)>> {
    let plates = if row.is_crop() { reader.read_crop(image)? } else { reader.read_still(image)? };
    Ok(plates.into_iter().map(|plate| (compared(&plate.text), plate.quad.bounds())).collect())
}

impl Report {
    fn count(&mut self, image: &str, plate: &AnnotatedPlate, read: &[(String, BBox)]) {
        let truth = compared(plate.text.as_deref().unwrap_or_default());
        let there = read.iter().filter(|(_, bbox)| at_the_same_place(plate.bbox(), *bbox));
        let overlap = |(_, bbox): &&(String, BBox)| plate.bbox().overlap(*bbox);
        let best = there.max_by(|a, b| overlap(a).total_cmp(&overlap(b)));
        let group = self.groups.entry(plate.group().to_owned()).or_default();
        group.plates += 1;
        self.plates += 1;
        self.found += usize::from(best.is_some());
        match best {
            Some((text, _)) if *text == truth => {
                group.exact += 1;
                self.exact += 1;
            }
            other => {
                let read = other.map(|(text, _)| text.clone());
                self.misses.push(Miss { image: image.to_owned(), truth, read });
            }
        }
    }

    fn print(&self) {
        for miss in &self.misses {
            let read = miss.read.as_deref().unwrap_or("(not found)");
            print::out(&format!("miss  {:<12} read {:<14} {}", miss.truth, read, miss.image));
        }
        for (name, group) in &self.groups {
            print::out(&format!(
                "{name:<8} {:>5} of {:>5} exact  {:5.1} %",
                group.exact,
                group.plates,
                group.percent()
            ));
        }
        let (set, images, plates, found) = (&self.set, self.images, self.plates, self.found);
        let all = Group { plates, exact: self.exact };
        print::out(&format!(
            "{set}: {images} pictures, {plates} plates, {found} found, {} exact ({:.1} %), {:.0} ms a picture",
            self.exact,
            all.percent(),
            self.ms_per_image
        ));
    }
}

impl Group {
    fn percent(&self) -> f64 {
        100.0 * self.exact as f64 / self.plates.max(1) as f64
    }
}

/// What is compared: A-Z and 0-9. Characters of other scripts (a Chinese province) count neither for nor against.
fn compared(text: &str) -> String {
    text.chars()
        .map(|c| c.to_ascii_uppercase())
        .filter(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        .collect()
}

/// The centre of one lies in the other: the text alone is smaller than the plate that somebody boxed, so overlap
/// over union says little.
fn at_the_same_place(truth: BBox, read: BBox) -> bool {
    truth.contains(read.centre()) || read.contains(truth.centre())
}

fn set_name(folder: &Path) -> String {
    let names: Vec<_> = folder.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    names.iter().rev().take(2).rev().map(AsRef::as_ref).collect::<Vec<&str>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plate(text: &str) -> AnnotatedPlate {
        let row = format!(r#"{{"bbox":[10,10,50,20],"text":"{text}","country":"EU"}}"#);
        serde_json::from_str(&row).unwrap()
    }

    #[test]
    fn exact_found_and_missed_plates_are_told_apart() {
        let mut report = Report::default();
        let read = vec![("AB12".to_owned(), BBox::new(12.0, 11.0, 48.0, 19.0))];
        report.count("1.png", &plate("ab-12"), &read);
        report.count("2.png", &plate("AB13"), &read);
        report.count("3.png", &plate("AB12"), &[("AB12".to_owned(), BBox::new(200.0, 11.0, 230.0, 19.0))]);
        assert_eq!((report.plates, report.found, report.exact), (3, 2, 1));
        assert_eq!(report.groups["EU"].exact, 1);
        assert_eq!(report.misses[0].read.as_deref(), Some("AB12"));
        assert_eq!(report.misses[1].read, None);
    }
}
