//! `bench reads DIR`: how many plates of an annotated set are read exactly.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use ovr_domain::BBox;
use ovr_domain::hook::FormatCheck;
use ovr_domain::time::{Clock as _, SystemClock};
use ovr_vision::read::{StillPlate, StillReader};
use serde::Serialize;

use super::annotations::{self, Annotated, AnnotatedPlate};
use super::text::{compared, merged};
use crate::app::{self, plugins};
use crate::cli::{BenchReads, Hint};
use crate::config::Config;
use crate::print;

/// Fewest plates of a country that gets a row of its own in a table.
pub(super) const ROW_PLATES_MIN: usize = 30;

/// What was read of a set.
#[derive(Debug, Default, Serialize)]
struct Report {
    set: String,
    images: usize,
    #[serde(flatten)]
    tally: Tally,
    ms_per_image: f64,
    misses: Vec<Miss>,
}

/// Plates counted.
#[derive(Debug, Default, Serialize)]
pub(super) struct Tally {
    #[serde(flatten)]
    pub(super) all: Group,
    pub(super) groups: BTreeMap<String, Group>,
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Group {
    pub(super) plates: usize,
    /// A text was read at the plate's place.
    found: usize,
    pub(super) exact: usize,
    /// With O taken for 0 and I for 1.
    exact_merged: usize,
}

/// A plate that was not read exactly.
#[derive(Debug, Serialize)]
pub(super) struct Miss {
    pub(super) image: String,
    pub(super) truth: String,
    /// The text read at its place; nothing when no plate was found there.
    pub(super) read: Option<String>,
}

/// Where plates stand and what they say.
pub(super) type Texts = Vec<(String, BBox)>;

pub(super) fn run(config: &Config, args: &BenchReads) -> anyhow::Result<ExitCode> {
    let formats = plugins::format_check(config, args.plugins.as_deref())?;
    let clock = SystemClock::start();
    let mut report = Report { set: set_name(&args.folder), ..Report::default() };
    let mut spent_ms = 0.0;
    let mut start = clock.monotonic();
    each_picture(config, &args.folder, |row, plates| {
        for plate in row.plates.iter().filter(|plate| plate.counts()) {
            let hint = if args.hint == Hint::Set { plate.hint() } else { Vec::new() };
            let read = texts(plates, formats.as_ref(), &hint);
            report.misses.extend(report.tally.count(&row.image, plate, &read));
        }
        spent_ms += clock.monotonic().saturating_sub(start).as_secs_f64() * 1e3;
        report.images += 1;
        start = clock.monotonic();
    })?;
    report.ms_per_image = spent_ms / report.images.max(1) as f64;
    if args.json {
        print::out(&serde_json::to_string(&report).context("writing the report")?);
    } else {
        report.print();
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads every picture of a set and tells `seen` of it.
pub(super) fn each_picture(
    config: &Config,
    folder: &Path,
    mut seen: impl FnMut(&Annotated, &[StillPlate]),
) -> anyhow::Result<()> {
    let rows = annotations::load(folder)?;
    let mut reader = app::rooms::still_reader(config)?;
    let bar = print::progress("reading pictures", rows.len() as u64);
    for row in &rows {
        seen(row, &read_one(&mut reader, folder, row)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

fn read_one(reader: &mut StillReader, folder: &Path, row: &Annotated) -> anyhow::Result<Vec<StillPlate>> {
    let image = Arc::new(print::load_image(&folder.join(&row.image))?);
    Ok(if row.is_crop() { reader.read_crop(&image)? } else { reader.read_still(&image)? })
}

/// Texts and where they stand, as the plugins correct them.
pub(super) fn texts(plates: &[StillPlate], formats: &dyn FormatCheck, hint: &[String]) -> Texts {
    let text = |plate: &StillPlate| {
        let report = formats.check(&plugins::lattice_of(plate), hint);
        report.plate.unwrap_or_else(|| plate.text.clone())
    };
    plates.iter().map(|plate| (compared(&text(plate)), plate.quad.bounds())).collect()
}

impl Tally {
    /// Counts one plate; gives what was wrong about it.
    pub(super) fn count(
        &mut self,
        image: &str,
        plate: &AnnotatedPlate,
        read: &[(String, BBox)],
    ) -> Option<Miss> {
        let truth = compared(plate.text.as_deref().unwrap_or_default());
        let there = read.iter().filter(|(_, bbox)| at_the_same_place(plate.bbox(), *bbox));
        let overlap = |(_, bbox): &&(String, BBox)| plate.bbox().overlap(*bbox);
        let best = there.max_by(|a, b| overlap(a).total_cmp(&overlap(b)));
        let read = best.map(|(text, _)| text.clone());
        let group = self.groups.entry(plate.group().to_owned()).or_default();
        group.count(&truth, read.as_deref());
        self.all.count(&truth, read.as_deref());
        let is_exact = read.as_ref() == Some(&truth);
        (!is_exact).then(|| Miss { image: image.to_owned(), truth, read })
    }

    /// The plates of some regions.
    pub(super) fn sum_of(&self, is_meant: impl Fn(&str) -> bool) -> Group {
        let meant = self.groups.iter().filter(|(name, _)| is_meant(name)).map(|(_, group)| group);
        meant.fold(Group::default(), |sum, group| Group {
            plates: sum.plates + group.plates,
            found: sum.found + group.found,
            exact: sum.exact + group.exact,
            exact_merged: sum.exact_merged + group.exact_merged,
        })
    }
}

impl Report {
    fn print(&self) {
        for miss in &self.misses {
            let read = miss.read.as_deref().unwrap_or("(not found)");
            print::out(&format!("miss  {:<12} read {:<14} {}", miss.truth, read, miss.image));
        }
        print::out("");
        print::out("| country | plates | found | exact | O=0, I=1 |");
        print::out(&format!("|---|{}", "---:|".repeat(4)));
        let all = ("all".to_owned(), self.tally.all);
        for (name, group) in self.tally.groups.iter().map(|(name, group)| (name.clone(), *group)).chain([all])
        {
            let [found, exact, merged] =
                [group.found, group.exact, group.exact_merged].map(|count| group.share(count));
            print::out(&format!(
                "| {name} | {} | {found:.1} % | {exact:.1} % | {merged:.1} % |",
                group.plates
            ));
        }
        print::out("");
        let Group { plates, found, exact, .. } = self.tally.all;
        let (set, images, percent) = (&self.set, self.images, self.tally.all.percent());
        let ms = self.ms_per_image;
        print::out(&format!(
            "{set}: {images} pictures, {plates} plates, {found} found, {exact} exact ({percent:.1} %), {ms:.0} ms a picture"
        ));
    }
}

impl Group {
    fn count(&mut self, truth: &str, read: Option<&str>) {
        let is = |right: bool| usize::from(right);
        self.plates += 1;
        self.found += is(read.is_some());
        self.exact += is(read == Some(truth));
        self.exact_merged += is(read.is_some_and(|read| merged(read) == merged(truth)));
    }

    /// A count in percent of the plates.
    pub(super) fn share(&self, count: usize) -> f64 {
        100.0 * count as f64 / self.plates.max(1) as f64
    }

    /// Exact plates in percent.
    pub(super) fn percent(&self) -> f64 {
        self.share(self.exact)
    }
}

/// The centre of one lies in the other: the text alone is smaller than the plate that somebody boxed, so overlap
/// over union says little.
fn at_the_same_place(truth: BBox, read: BBox) -> bool {
    truth.contains(read.centre()) || read.contains(truth.centre())
}

pub(super) fn set_name(folder: &Path) -> String {
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
        let mut tally = Tally::default();
        let read = vec![("AB12".to_owned(), BBox::new(12.0, 11.0, 48.0, 19.0))];
        assert!(tally.count("1.png", &plate("ab-12"), &read).is_none());
        let wrong = tally.count("2.png", &plate("AB13"), &read).unwrap();
        let elsewhere = [("AB12".to_owned(), BBox::new(200.0, 11.0, 230.0, 19.0))];
        let missed = tally.count("3.png", &plate("AB12"), &elsewhere).unwrap();
        let Group { plates, found, exact, exact_merged } = tally.all;
        assert_eq!((plates, found, exact, exact_merged), (3, 2, 1, 1));
        assert_eq!(tally.groups["EU"].exact, 1);
        assert_eq!((wrong.read.as_deref(), missed.read), (Some("AB12"), None));
    }
}
