//! `bench reader DIR...`: a reader by itself, on plates that somebody has boxed.
//!
//! A second reader runs in turn with the first on the very same boxes. Neither is helped by plugins or by a detector.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use ovr_domain::{Frame, Picture, PlateRead};
use serde::Serialize;

use super::annotations::{self, Annotated, AnnotatedPlate};
use super::models::{self, Opener, Reader, Reading, frame_of};
use super::reads::{ROW_PLATES_MIN, set_name};
use super::score::median;
use super::text::{calibration_error, compared, merged};
use crate::cli::BenchReader;
use crate::config::Config;
use crate::print::{self, Refusal};

/// How often the first plate of a set is read before it counts: a network's first runs are slower than all others.
const WARM_UP_READS: usize = 3;

pub(super) fn run(config: &Config, args: &BenchReader) -> anyhow::Result<ExitCode> {
    let sets: Vec<Vec<Annotated>> =
        args.folders.iter().map(|folder| annotations::load(folder)).collect::<Result<_, Refusal>>()?;
    let opener = Opener::new(config)?;
    let mut readers = vec![opener.reader(&models::reader_file(args.model.as_deref(), config)?)?];
    if let Some(file) = args.against.as_deref() {
        readers.push(opener.reader(&models::reader_file(Some(file), config)?)?);
    }
    let mut rows = Vec::new();
    for (at, (folder, set)) in args.folders.iter().zip(&sets).enumerate() {
        let answers = read_set(&mut readers, folder, set)?;
        let set = (at, set_name(folder));
        if args.misses && !args.json {
            print_misses(&readers, &answers);
        }
        for group in groups(&answers) {
            let of = readers.iter().zip(&answers);
            rows.extend(of.map(|(reader, answers)| Row::new(&set, &group, &reader.name, answers)));
        }
    }
    if args.json {
        for row in &rows {
            print::out(&serde_json::to_string(row).context("writing the table")?);
        }
    } else {
        print_table(&rows, opener.threads());
    }
    Ok(ExitCode::SUCCESS)
}

/// What one reader made of one plate.
#[derive(Debug)]
struct Answer {
    image: String,
    country: String,
    truth: String,
    /// Nothing when no text was read.
    read: Option<String>,
    /// Probability that the whole text is right: the product of the characters'.
    confidence: f32,
    crop_ms: Option<f64>,
    all_ms: f64,
}

impl Answer {
    fn new(image: &str, plate: &AnnotatedPlate, reading: &Reading) -> Self {
        let whole = |read: &PlateRead| read.char_confidences().iter().product();
        let read = reading.read.as_ref();
        Self {
            image: image.to_owned(),
            country: plate.group().to_owned(),
            truth: compared(plate.text.as_deref().unwrap_or_default()),
            read: read.map(|read| compared(&read.text())),
            confidence: read.map_or(0.0, whole),
            crop_ms: reading.crop_ms,
            all_ms: reading.all_ms,
        }
    }

    fn text(&self) -> &str {
        self.read.as_deref().unwrap_or_default()
    }

    fn is_exact(&self) -> bool {
        self.text() == self.truth
    }
}

/// The answers of each reader to all plates of a set that have a text.
fn read_set(readers: &mut [Reader], folder: &Path, rows: &[Annotated]) -> anyhow::Result<Vec<Vec<Answer>>> {
    let mut answers: Vec<Vec<Answer>> = readers.iter().map(|_| Vec::new()).collect();
    let bar = print::progress("reading plates", rows.len() as u64);
    let mut plates_read = 0;
    for row in rows {
        bar.inc(1);
        let counts = |plate: &&AnnotatedPlate| {
            plate.counts() && !compared(plate.text.as_deref().unwrap_or_default()).is_empty()
        };
        let plates: Vec<&AnnotatedPlate> = row.plates.iter().filter(counts).collect();
        if plates.is_empty() {
            continue;
        }
        let frame = frame(folder, row)?;
        for plate in plates {
            read_plate(readers, &frame, plate, plates_read, |at, reading| {
                if let Some(answers) = answers.get_mut(at) {
                    answers.push(Answer::new(&row.image, plate, reading));
                }
            })?;
            plates_read += 1;
        }
    }
    bar.finish_and_clear();
    Ok(answers)
}

fn frame(folder: &Path, row: &Annotated) -> anyhow::Result<Frame> {
    let image = print::load_image(&folder.join(&row.image))?;
    let picture = Picture::from_rgb(image).map_err(|error| Refusal(format!("{}: {error}", row.image)))?;
    Ok(frame_of(picture, 0))
}

/// Reads a plate with each reader, the one that goes first changing from plate to plate.
fn read_plate(
    readers: &mut [Reader],
    frame: &Frame,
    plate: &AnnotatedPlate,
    index: usize,
    mut seen: impl FnMut(usize, &Reading),
) -> anyhow::Result<()> {
    let quad = plate.bbox().quad();
    if index == 0 {
        for reader in readers.iter_mut() {
            for _ in 0..WARM_UP_READS {
                reader.read(frame, quad)?;
            }
        }
    }
    let count = readers.len();
    for turn in 0..count {
        let at = (index + turn) % count;
        if let Some(reader) = readers.get_mut(at) {
            seen(at, &reader.read(frame, quad)?);
        }
    }
    Ok(())
}

/// Which answers a row of the table is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Group {
    All,
    Country(String),
    /// Countries with too few plates for a row of their own.
    Others(BTreeSet<String>),
}

impl Group {
    fn name(&self) -> &str {
        match self {
            Self::All => "all",
            Self::Country(name) => name,
            Self::Others(_) => "others",
        }
    }

    fn has(&self, country: &str) -> bool {
        match self {
            Self::All => true,
            Self::Country(name) => name == country,
            Self::Others(names) => names.contains(country),
        }
    }
}

/// The whole set, and where it is of several countries, each that has enough plates and the rest.
fn groups(answers: &[Vec<Answer>]) -> Vec<Group> {
    let first = answers.first().map(Vec::as_slice).unwrap_or_default();
    let countries: BTreeSet<String> = first.iter().map(|answer| answer.country.clone()).collect();
    if countries.len() < 2 {
        return vec![Group::All];
    }
    let is_large =
        |country: &String| first.iter().filter(|answer| answer.country == *country).count() >= ROW_PLATES_MIN;
    let (large, small): (BTreeSet<String>, BTreeSet<String>) = countries.into_iter().partition(is_large);
    let others = (!large.is_empty() && !small.is_empty()).then_some(Group::Others(small));
    [Group::All].into_iter().chain(large.into_iter().map(Group::Country)).chain(others).collect()
}

/// One reader on one set, or on one country of it. Shares are 0 to 1.
#[derive(Debug, Serialize)]
struct Row {
    /// Which of the folders; two may have the same name.
    #[serde(skip)]
    folder: usize,
    set: String,
    country: String,
    reader: String,
    plates: usize,
    exact: f64,
    /// With O taken for 0 and I for 1.
    exact_merged: f64,
    /// Characters to insert, delete or replace, a character of the truth.
    character_error: f64,
    calibration_error: f64,
    confidence_mean: f64,
    /// Median of the network for one crop; null when it never ran on one alone.
    crop_ms: Option<f64>,
    /// Median from the picture to the read.
    all_ms: f64,
}

impl Row {
    /// `set` is the number and the name of the folder.
    fn new((folder, set): &(usize, String), group: &Group, reader: &str, answers: &[Answer]) -> Self {
        let answers: Vec<&Answer> = answers.iter().filter(|answer| group.has(&answer.country)).collect();
        let count = answers.len().max(1) as f64;
        let share = |is_right: &dyn Fn(&Answer) -> bool| {
            answers.iter().filter(|answer| is_right(answer)).count() as f64 / count
        };
        let edits: usize =
            answers.iter().map(|answer| strsim::levenshtein(answer.text(), &answer.truth)).sum();
        let characters: usize = answers.iter().map(|answer| answer.truth.len()).sum();
        let claims: Vec<(f32, bool)> =
            answers.iter().map(|answer| (answer.confidence, answer.is_exact())).collect();
        let crops: Vec<f64> = answers.iter().filter_map(|answer| answer.crop_ms).collect();
        let all: Vec<f64> = answers.iter().map(|answer| answer.all_ms).collect();
        Self {
            folder: *folder,
            set: set.clone(),
            country: group.name().to_owned(),
            reader: reader.to_owned(),
            plates: answers.len(),
            exact: share(&Answer::is_exact),
            exact_merged: share(&|answer| merged(answer.text()) == merged(&answer.truth)),
            character_error: edits as f64 / characters.max(1) as f64,
            calibration_error: calibration_error(&claims),
            confidence_mean: claims.iter().map(|claim| f64::from(claim.0)).sum::<f64>() / count,
            crop_ms: (!crops.is_empty()).then(|| median(&crops)),
            all_ms: median(&all),
        }
    }
}

fn print_misses(readers: &[Reader], answers: &[Vec<Answer>]) {
    for (reader, answers) in readers.iter().zip(answers) {
        for miss in answers.iter().filter(|answer| !answer.is_exact()) {
            let Answer { image, truth, confidence, .. } = miss;
            let read = miss.read.as_deref().unwrap_or("(no text)");
            print::out(&format!(
                "miss  {:<24} {truth:<12} read {read:<14} {confidence:4.2} {image}",
                reader.name
            ));
        }
    }
}

fn print_table(rows: &[Row], threads: usize) {
    print::out(&format!(
        "{threads} threads; true boxes, no plugins; calibration error of the whole text's confidence; medians of ms"
    ));
    print::out("");
    print::out(
        "| set | country | reader | plates | exact | O=0, I=1 | character error | mean confidence | calibration error | \
         network ms a crop | all ms a plate |",
    );
    print::out(&format!("|---|---|---|{}", "---:|".repeat(8)));
    for row in rows {
        let Row { set, country, reader, plates, .. } = row;
        let [exact, merged, error] =
            [row.exact, row.exact_merged, row.character_error].map(|share| 100.0 * share);
        let crop = row.crop_ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.2}"));
        print::out(&format!(
            "| {set} | {country} | {reader} | {plates} | {exact:.1} % | {merged:.1} % | {error:.2} % | {:.3} | {:.3} | \
             {crop} | {:.2} |",
            row.confidence_mean, row.calibration_error, row.all_ms
        ));
    }
    for (first, second) in pairs(rows) {
        if let (Some(ours), Some(theirs)) = (first.crop_ms, second.crop_ms) {
            print::out("");
            print::out(&format!(
                "{}: {} is {:.2} times as fast as {} by the network alone, {:.2} times in all",
                first.set,
                first.reader,
                theirs / ours.max(1e-6),
                second.reader,
                second.all_ms / first.all_ms.max(1e-6)
            ));
        }
    }
}

/// Two readers on the whole of one folder.
fn pairs(rows: &[Row]) -> impl Iterator<Item = (&Row, &Row)> {
    let is_pair = |(first, second): &(&Row, &Row)| {
        first.country == "all" && second.country == "all" && first.folder == second.folder
    };
    rows.iter().zip(rows.iter().skip(1)).filter(is_pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(country: &str, truth: &str, read: Option<&str>, confidence: f32) -> Answer {
        Answer {
            image: "1.png".to_owned(),
            country: country.to_owned(),
            truth: truth.to_owned(),
            read: read.map(str::to_owned),
            confidence,
            crop_ms: Some(1.0),
            all_ms: 2.0,
        }
    }

    #[test]
    fn shares_and_errors_of_answers_worked_out_by_hand() {
        let answers = [
            answer("DE", "AB10", Some("AB10"), 1.0),
            answer("DE", "AB10", Some("ABIO"), 1.0),
            answer("NL", "AB10", Some("AB1"), 0.0),
            answer("NL", "AB10", None, 0.0),
        ];
        let set = (0, "set".to_owned());
        let row = Row::new(&set, &Group::All, "reader", &answers);
        let close = |a: f64, b: f64| (a - b).abs() < 1e-6;
        assert_eq!(row.plates, 4);
        assert!(close(row.exact, 0.25) && close(row.exact_merged, 0.5), "{row:?}");
        assert!(close(row.character_error, (2.0 + 1.0 + 4.0) / 16.0), "{row:?}");
        assert!(close(row.calibration_error, 0.25) && close(row.confidence_mean, 0.5), "{row:?}");
        let dutch = Row::new(&set, &Group::Country("NL".to_owned()), "reader", &answers);
        assert!(dutch.plates == 2 && close(dutch.exact, 0.0));
    }

    #[test]
    fn a_country_gets_a_row_when_it_has_enough_plates() {
        let of = |countries: &[(&str, usize)]| -> Vec<Vec<Answer>> {
            let plates = countries.iter().flat_map(|&(country, count)| vec![country; count]);
            vec![plates.map(|country| answer(country, "A1", None, 0.0)).collect()]
        };
        let names = |countries| -> Vec<String> {
            groups(&of(countries)).iter().map(|group| group.name().to_owned()).collect()
        };
        assert_eq!(names(&[("US", 3)]), ["all"]);
        assert_eq!(
            names(&[("BR", ROW_PLATES_MIN), ("EU", ROW_PLATES_MIN), ("CN", 2)]),
            ["all", "BR", "EU", "others"]
        );
        assert_eq!(names(&[("BR", 1), ("EU", 2)]), ["all"]);
    }
    #[test]
    fn readers_are_compared_on_one_folder_and_not_across_two_of_the_same_name() {
        let row = |folder: usize, group: &Group, reader: &str| {
            Row::new(&(folder, "crops".to_owned()), group, reader, &[answer("DE", "A1", None, 0.0)])
        };
        let german = Group::Country("DE".to_owned());
        let rows: Vec<Row> = [0, 1]
            .into_iter()
            .flat_map(|folder| {
                [(&Group::All, "ours"), (&Group::All, "theirs"), (&german, "ours"), (&german, "theirs")]
                    .map(|(group, reader)| row(folder, group, reader))
            })
            .collect();
        let named = |rows: &[Row]| -> Vec<(usize, String, String)> {
            pairs(rows).map(|(a, b)| (a.folder, a.reader.clone(), b.reader.clone())).collect()
        };
        let pair = |folder| (folder, "ours".to_owned(), "theirs".to_owned());
        assert_eq!(named(&rows), [pair(0), pair(1)]);
        let whole: Vec<Row> = rows.into_iter().filter(|row| row.country == "all").collect();
        assert_eq!(named(&whole), [pair(0), pair(1)]);
        // One reader alone on two folders of the same name is compared with nothing.
        let alone: Vec<Row> = whole.into_iter().filter(|row| row.reader == "ours").collect();
        assert_eq!(named(&alone), []);
    }
}
