//! `bench fusion`: what the reads of several frames say together, against the best single one of them.
//!
//! Rendered plates stand before the camera at a given height, each frame another view: moved by fractions of a pixel, out
//! of focus, smeared, dim and noisy. Each frame is read by the reader as in a run, at corners that are off as a detector's
//! are, and the reads go through the fusion that events are made with.

use std::process::ExitCode;

use anyhow::Context as _;
use ovr_domain::{Picture, PlateRead, Point, Quad};
use ovr_events::fuse::{CutOff, Readings};
use ovr_testkit::random::Random;
use ovr_testkit::scene::{Font, LAYOUTS, Layout, Passage, invented_text};
use serde::Serialize;

use super::models::{self, Opener, Reader, frame_of};
use super::text::compared;
use crate::cli::BenchFusion;
use crate::config::Config;
use crate::print;

/// How far a corner is off, as a share of the plate's height (one deviation).
const CORNER_DEVIATION: f32 = 0.03;

/// Exact plates of one height after some frames.
#[derive(Debug, Default, Serialize)]
struct Row {
    height_px: u32,
    /// Frames that were seen of each plate.
    frames: usize,
    /// Runs of that many frames: several of a plate where they are short.
    runs: usize,
    /// The text that the fusion gives.
    fused: usize,
    /// The text of the frame that the reader was most confident of.
    best_frame: usize,
    /// The text that most frames gave, of several the first.
    majority: usize,
}

pub(super) fn run(config: &Config, args: &BenchFusion) -> anyhow::Result<ExitCode> {
    let opener = Opener::new(config)?;
    let mut reader = opener.reader(&models::reader_file(args.model.as_deref(), config)?)?;
    let font = Font::find().map_err(|error| print::Refusal(error.to_string()))?;
    let reads_max = config.ocr.assemble.reads_max as usize;
    let bar =
        print::progress("rendering and reading plates", args.heights.len() as u64 * u64::from(args.plates));
    let mut rows = Vec::new();
    for &height_px in &args.heights {
        let mut random = Random::new(args.seed ^ (u64::from(height_px) << 32));
        let mut of_height: Vec<Row> =
            lengths(args.frames as usize).map(|frames| Row { height_px, frames, ..Row::default() }).collect();
        for index in 0..args.plates as usize {
            let (layout, text) = plate(index, &mut random)?;
            let passage = Passage::new(&font, layout, &text, height_px, random.bits())?;
            let reads = read_all(&mut reader, passage, args.frames, &mut random)?;
            for row in &mut of_height {
                row.count(&compared(&text), &reads, reads_max);
            }
            bar.inc(1);
        }
        rows.extend(of_height);
    }
    bar.finish_and_clear();
    if args.json {
        for row in &rows {
            print::out(&serde_json::to_string(row).context("writing the table")?);
        }
    } else {
        print_table(&rows, &reader.name, args);
    }
    Ok(ExitCode::SUCCESS)
}

/// 1, 2, 4 and so on, at most `most`.
fn lengths(most: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(1_usize), |length| length.checked_mul(2))
        .take_while(move |length| *length <= most)
}

/// The layouts that have one line, in turn, each with a new text: of two lines, each has but half the height.
fn plate(index: usize, random: &mut Random) -> anyhow::Result<(&'static Layout, String)> {
    let single: Vec<&Layout> = LAYOUTS.iter().filter(|layout| layout.lines.len() == 1).collect();
    let layout = single.get(index % single.len().max(1)).context("there is no layout with one line")?;
    let text =
        invented_text(layout, random).with_context(|| format!("layout {} has no texts", layout.name))?;
    Ok((layout, text))
}

/// One read for each frame, nothing where there was no text.
fn read_all(
    reader: &mut Reader,
    mut passage: Passage,
    frames: u32,
    random: &mut Random,
) -> anyhow::Result<Vec<Option<PlateRead>>> {
    let mut reads = Vec::with_capacity(frames as usize);
    for sequence in 0..frames {
        let view = passage.next_view();
        let quad = jittered(&view.quad, random);
        let picture = Picture::from_rgb(view.image).context("taking a rendered frame")?;
        reads.push(reader.read(&frame_of(picture, u64::from(sequence)), quad)?.read);
    }
    Ok(reads)
}

/// Corners as a detector gives them: about right.
fn jittered(quad: &Quad, random: &mut Random) -> Quad {
    let deviation = CORNER_DEVIATION * quad.height();
    Quad(quad.0.map(|Point { x, y }| Point {
        x: x + deviation * random.normal(),
        y: y + deviation * random.normal(),
    }))
}

impl Row {
    /// Counts one plate: its frames are cut into as many runs as fit, because each of them is as good as any other.
    fn count(&mut self, truth: &str, reads: &[Option<PlateRead>], reads_max: usize) {
        for run in reads.chunks_exact(self.frames) {
            let run: Vec<&PlateRead> = run.iter().flatten().collect();
            let is_true = |text: Option<String>| usize::from(text.as_deref() == Some(truth));
            self.runs += 1;
            self.fused += is_true(fused(&run, reads_max));
            self.best_frame += is_true(best_frame(&run));
            self.majority += is_true(majority(&run));
        }
    }
}

fn fused(reads: &[&PlateRead], reads_max: usize) -> Option<String> {
    let mut readings = Readings::new(reads_max);
    for read in reads {
        readings.add(read, CutOff::default());
    }
    Some(compared(&readings.leading()?.fused()?.text))
}

fn best_frame(reads: &[&PlateRead]) -> Option<String> {
    let best = reads.iter().max_by(|a, b| a.confidence().total_cmp(&b.confidence()))?;
    Some(compared(&best.text()))
}

fn majority(reads: &[&PlateRead]) -> Option<String> {
    let texts: Vec<String> = reads.iter().map(|read| compared(&read.text())).collect();
    let count = |text: &String| texts.iter().filter(|other| *other == text).count();
    // The last of equals is what `max_by_key` gives, and the first is meant.
    texts.iter().rev().max_by_key(|text| count(text)).cloned()
}

fn print_table(rows: &[Row], reader: &str, args: &BenchFusion) {
    print::out(&format!(
        "{reader}; {} plates of each height, at most {} frames each, seed {}",
        args.plates, args.frames, args.seed
    ));
    print::out("");
    print::out("| plate height | frames seen | runs | fused | best frame | majority vote |");
    print::out(&format!("|---:|{}", "---:|".repeat(5)));
    for row in rows {
        let Row { height_px, frames, runs, .. } = row;
        let percent = |exact: usize| 100.0 * exact as f64 / (*runs).max(1) as f64;
        let [fused, best, vote] = [row.fused, row.best_frame, row.majority].map(percent);
        print::out(&format!(
            "| {height_px} px | {frames} | {runs} | {fused:.1} % | {best:.1} % | {vote:.1} % |"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::read::Alternative;
    use ovr_domain::{BBox, CapturedAt, CropQuality, Digest, Timestamp};

    fn read(text: &str, probability: f32) -> PlateRead {
        let position = |character| vec![Alternative { character, probability }];
        PlateRead {
            positions: text.chars().map(position).collect(),
            quad: BBox::new(0.0, 0.0, 120.0, 30.0).quad(),
            width_px: 120.0,
            plate_likeness: 0.9,
            quality: CropQuality { sharpness: 200.0, contrast: 0.6, exposure: 0.5 },
            sequence: 0,
            captured_at: CapturedAt { at: Timestamp::from_micros(0), synchronised: true },
            reader: Digest::of(b"reader"),
        }
    }

    #[test]
    fn a_run_is_counted_by_fusion_by_its_best_frame_and_by_vote() {
        let reads = [Some(read("AB123C", 0.7)), Some(read("AB128C", 0.95)), Some(read("AB123C", 0.7)), None];
        let mut row = Row { frames: 4, ..Row::default() };
        row.count("AB123C", &reads, 24);
        assert_eq!((row.runs, row.best_frame, row.majority), (1, 0, 1));
        let mut single = Row { frames: 1, ..Row::default() };
        single.count("AB123C", &reads, 24);
        assert_eq!((single.runs, single.fused, single.best_frame, single.majority), (4, 2, 2, 2));
    }

    #[test]
    fn of_equally_frequent_texts_the_first_wins_and_lengths_double() {
        let (a, b) = (read("AB1", 0.5), read("AB7", 0.9));
        assert_eq!(majority(&[&a, &b]).as_deref(), Some("AB1"));
        assert_eq!(majority(&[&a, &b, &b]).as_deref(), Some("AB7"));
        assert_eq!(majority(&[]), None);
        assert_eq!(lengths(16).collect::<Vec<_>>(), [1, 2, 4, 8, 16]);
        assert_eq!(lengths(5).collect::<Vec<_>>(), [1, 2, 4]);
    }
}
