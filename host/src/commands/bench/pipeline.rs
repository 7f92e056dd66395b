//! `bench pipeline SOURCE`: the speed of the whole pipeline against its floor.
//!
//! The floor is what the same machine needs, in the same run, for decoding alone plus the networks alone, one after
//! the other. A pipeline that hides one behind the other and adds little of its own reaches it or passes it.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use ovr_capture::SourceConfig;
use ovr_domain::port::FrameSource as _;
use ovr_domain::time::{Clock, SystemClock};
use ovr_domain::track::Class;
use ovr_domain::{CameraId, Frame};
use ovr_vision::read::SeenPlate;
use serde::Serialize;

use crate::app::camera::{CameraCounts, feed};
use crate::app::cameras::OpenCamera;
use crate::app::health::Health;
use crate::app::rooms::{self, Common};
use crate::app::stages::Stages;
use crate::app::vision::Vision;
use crate::cli::BenchPipeline;
use crate::config::Config;
use crate::print::{self, Refusal};

/// Frames of a source without an end.
const TEST_FRAMES: u64 = 500;

/// Frames on which the networks are measured alone.
const SAMPLES: usize = 8;

/// Rounds over the samples; the first warms up and does not count.
const ROUNDS: u32 = 3;

/// What was measured. Times in seconds unless the name says otherwise.
#[derive(Debug, Serialize)]
struct Report {
    source: String,
    frames: u64,
    looks: u64,
    reads: u64,
    seconds: f64,
    fps: f64,
    stages: Vec<StageTime>,
    floor: Floor,
    /// Speed as a share of the floor's: `floor.seconds / seconds`.
    ratio: f64,
    rss_max_bytes: u64,
}

#[derive(Debug, Serialize)]
struct StageTime {
    stage: &'static str,
    count: u64,
    ms_mean: f64,
    seconds: f64,
}

/// Decoding alone plus the networks alone.
#[derive(Debug, Serialize)]
struct Floor {
    decode_seconds: f64,
    detect_ms: f64,
    read_ms: f64,
    inference_seconds: f64,
    seconds: f64,
    fps: f64,
}

pub(super) fn run(config: &Config, args: &BenchPipeline) -> anyhow::Result<ExitCode> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let (camera, mut source) =
        rooms::sources_named(std::slice::from_ref(&args.source))?.pop().context("there is no source")?;
    if let SourceConfig::Test(test) = &mut source {
        test.frames.get_or_insert(TEST_FRAMES);
    }
    let vision = Arc::new(Vision::open(config, &clock).map_err(Refusal::from)?);
    let bench = Bench { config, clock, camera, source, vision };
    let (counts, seconds, stages) = bench.pipeline()?;
    let rss_max_bytes = rss_max_bytes().context("reading the memory in use")?;
    let (decode_seconds, samples) = bench.decode_alone(counts.frames)?;
    let (detect_ms, read_ms) = bench.networks_alone(&samples)?;
    let inference_seconds = (detect_ms * counts.looks as f64 + read_ms * counts.reads as f64) / 1e3;
    let floor_seconds = decode_seconds + inference_seconds;
    let frames = counts.frames as f64;
    let report = Report {
        source: args.source.clone(),
        frames: counts.frames,
        looks: counts.looks,
        reads: counts.reads,
        seconds,
        fps: frames / seconds,
        stages,
        floor: Floor {
            decode_seconds,
            detect_ms,
            read_ms,
            inference_seconds,
            seconds: floor_seconds,
            fps: frames / floor_seconds,
        },
        ratio: floor_seconds / seconds,
        rss_max_bytes,
    };
    if args.json {
        print::out(&serde_json::to_string(&report).context("writing the report")?);
    } else {
        report.print();
    }
    Ok(ExitCode::SUCCESS)
}

struct Bench<'a> {
    config: &'a Config,
    clock: Arc<dyn Clock>,
    camera: CameraId,
    source: SourceConfig,
    vision: Arc<Vision>,
}

impl Bench<'_> {
    fn open(&self) -> anyhow::Result<OpenCamera> {
        Ok(rooms::open_camera(&self.camera, &self.source, false, &self.clock)?)
    }

    fn since(&self, start: Duration) -> f64 {
        self.clock.monotonic().saturating_sub(start).as_secs_f64()
    }

    /// Everything from the file to emissions, as `run` does it.
    fn pipeline(&self) -> anyhow::Result<(CameraCounts, f64, Vec<StageTime>)> {
        let stages = Arc::new(Stages::new(Arc::clone(&self.clock)));
        let (out, emissions) = sync_channel(64);
        let (vision, clock) = (Arc::clone(&self.vision), Arc::clone(&self.clock));
        let common = Common::new(self.config, vision, Arc::clone(&stages), Arc::default(), clock);
        let opened = self.open()?;
        let room = rooms::camera_room(&opened, &common, out)?;
        let (queue, card, source) = (Arc::clone(&room.queue), Arc::clone(&room.card), opened.source);
        let start = self.clock.monotonic();
        let feeding = {
            let queue = Arc::clone(&queue);
            let camera = self.camera.clone();
            thread::spawn(move || feed(&camera, source, &queue, &card, &Health::default()))
        };
        let draining = thread::spawn(move || emissions.iter().count());
        let counts = room.run();
        let seconds = self.since(start);
        let joined = feeding.join().is_ok() && draining.join().is_ok();
        anyhow::ensure!(joined, "a thread of the pipeline panicked");
        if let (Some(error), _) = queue.outcome() {
            return Err(Refusal::from(error).into());
        }
        let sums = stages.sums().into_iter();
        let stages = sums.map(|sum| StageTime {
            stage: sum.name,
            count: sum.count,
            ms_mean: sum.total.as_secs_f64() * 1e3 / sum.count.max(1) as f64,
            seconds: sum.total.as_secs_f64(),
        });
        Ok((counts, seconds, stages.collect()))
    }

    /// Decodes everything and does nothing with it but keep a few frames out of the whole length.
    fn decode_alone(&self, frames: u64) -> anyhow::Result<(f64, Vec<Frame>)> {
        let mut source = self.open()?.source;
        let step = (frames / SAMPLES as u64).max(1);
        let mut samples = Vec::new();
        let start = self.clock.monotonic();
        while let Some(frame) = source.next_frame().map_err(Refusal::from)? {
            if frame.sequence % step == step / 2 && samples.len() < SAMPLES {
                samples.push(frame);
            }
        }
        Ok((self.since(start), samples))
    }

    /// Mean milliseconds of the networks for a look and for a crop, with nothing else going on.
    fn networks_alone(&self, samples: &[Frame]) -> anyhow::Result<(f64, f64)> {
        let (mut looks, mut crops) = (0_u32, 0_u32);
        let mut before = self.vision.times().totals();
        for round in 0..ROUNDS {
            if round == 1 {
                before = self.vision.times().totals();
                (looks, crops) = (0, 0);
            }
            for frame in samples {
                let found = self.vision.detect(&frame.picture)?;
                looks += 1;
                let plates = found.iter().filter(|found| found.class == Class::Plate);
                let plates: Vec<SeenPlate> = plates
                    .map(|found| SeenPlate {
                        quad: found.quad.unwrap_or(found.bbox.quad()),
                        confidence: found.confidence,
                    })
                    .collect();
                self.vision.read(frame, &plates)?;
                crops += plates.len() as u32;
            }
        }
        let after = self.vision.times().totals();
        let mean = |span: Duration, count: u32| span.as_secs_f64() * 1e3 / f64::from(count.max(1));
        Ok((mean(after.0.saturating_sub(before.0), looks), mean(after.1.saturating_sub(before.1), crops)))
    }
}

/// The most memory that the process has had in use (`VmHWM`).
fn rss_max_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

impl Report {
    fn print(&self) {
        let Floor { decode_seconds, inference_seconds, .. } = self.floor;
        print::out(&format!(
            "{}: {} frames in {:.2} s: {:.1} frames/s; {} looks, {} reads",
            self.source, self.frames, self.seconds, self.fps, self.looks, self.reads
        ));
        for stage in &self.stages {
            let (name, count) = (stage.stage, stage.count);
            print::out(&format!(
                "  {name:<9} {count:>6} x {:8.2} ms = {:7.2} s",
                stage.ms_mean, stage.seconds
            ));
        }
        print::out(&format!(
            "floor: {decode_seconds:.2} s decode alone + {inference_seconds:.2} s networks alone = {:.1} frames/s",
            self.floor.fps
        ));
        print::out(&format!(
            "ratio to the floor: {:.2}; resident memory at most {:.0} MiB",
            self.ratio,
            self.rss_max_bytes as f64 / f64::from(1 << 20)
        ));
    }
}
