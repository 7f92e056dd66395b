//! `bench pipeline SOURCE`: the speed of the whole pipeline against its floor, with one camera or with many.
//!
//! The floor is what the same machine needs, in the same run, for decoding alone plus the networks alone, one after
//! the other. A pipeline that hides one behind the other and adds little of its own reaches it or passes it. Several
//! cameras play the same source at once, in rooms of their own and with the networks that all share.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context as _;
use ovr_capture::{Source, SourceConfig};
use ovr_domain::port::FrameSource as _;
use ovr_domain::time::{Clock, SystemClock};
use ovr_domain::track::Class;
use ovr_domain::{CameraId, Frame};
use ovr_events::assemble::Emission;
use ovr_vision::read::SeenPlate;
use rustix::time::{ClockId, clock_gettime};

use super::pipeline_report::{self, Alone, Played, PlayedCamera, Row};
use crate::app::camera::{CameraCounts, CameraRoom, feed};
use crate::app::cameras::OpenCamera;
use crate::app::health::Health;
use crate::app::queue::FrameQueue;
use crate::app::rooms::{self, Common};
use crate::app::stages::Stages;
use crate::app::vision::Vision;
use crate::cli::BenchPipeline;
use crate::config::{CameraConfig, Config};
use crate::print::Refusal;

/// Frames of a source without an end.
const TEST_FRAMES: u64 = 500;

/// Frames on which the networks are measured alone.
const SAMPLES: usize = 8;

/// Rounds over the samples; the first warms up and does not count.
const ROUNDS: u32 = 3;

/// Emissions that may wait to be heard, as many as in a run.
const EMISSIONS_MAX: usize = 64;

/// Most decisions whose latency is remembered.
const LATENCIES_MAX: usize = 1 << 20;

pub(super) fn run(config: &Config, args: &BenchPipeline) -> anyhow::Result<ExitCode> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let named = rooms::cameras_named(std::slice::from_ref(&args.source))?.pop();
    let CameraConfig { id: camera, mut source, .. } = named.context("there is no source")?;
    if source.is_live() {
        let name = source.name();
        let problem = format!(
            "{name} never ends and plays no faster than it is sent; expected a video file, or a test picture"
        );
        return Err(Refusal(problem).into());
    }
    if let SourceConfig::Test(test) = &mut source {
        test.frames.get_or_insert(TEST_FRAMES);
    }
    let vision = Arc::new(Vision::open(config, &clock).map_err(Refusal::from)?);
    // The first calls of a network are slow, and would be counted against the first row alone.
    vision.self_test(&clock).map_err(Refusal::from)?;
    let bench = Bench { config, clock, camera, source, vision };
    let played: anyhow::Result<Vec<Played>> = args.cameras.iter().map(|count| bench.play(*count)).collect();
    let played = played?;
    let frames = played.iter().flat_map(|played| &played.cameras).map(|camera| camera.counts.frames);
    let (decode_seconds, samples) = bench.decode_alone(frames.max().unwrap_or(0))?;
    let (detect_ms, read_ms) = bench.networks_alone(&samples)?;
    let alone = Alone { decode_seconds, detect_ms, read_ms };
    let rows: Vec<Row> = played.iter().map(|played| Row::new(&args.source, played, alone)).collect();
    pipeline_report::print(&rows, alone, args.json)?;
    Ok(ExitCode::SUCCESS)
}

struct Bench<'a> {
    config: &'a Config,
    clock: Arc<dyn Clock>,
    camera: CameraId,
    source: SourceConfig,
    vision: Arc<Vision>,
}

/// Both threads of one camera.
struct Playing {
    queue: Arc<FrameQueue>,
    feed: JoinHandle<()>,
    /// What it did, and in how many seconds.
    look: JoinHandle<(CameraCounts, f64)>,
}

impl Playing {
    /// Begins at once; `start` is when all cameras of this run began.
    fn begin(
        source: Source,
        room: CameraRoom,
        clock: Arc<dyn Clock>,
        start: Duration,
    ) -> anyhow::Result<Self> {
        let (queue, card, camera) = (Arc::clone(&room.queue), Arc::clone(&room.card), room.camera.clone());
        let fed = Arc::clone(&queue);
        let feed = thread::Builder::new()
            .name(format!("feed {camera}"))
            .spawn(move || feed(&camera, source, &fed, &card, &Health::default()))
            .context("starting a camera's thread")?;
        let look = thread::Builder::new()
            .name(format!("look {}", room.camera))
            .spawn(move || {
                let counts = room.run();
                (counts, since(&*clock, start))
            })
            .context("starting a camera's thread")?;
        Ok(Self { queue, feed, look })
    }

    /// Waits for its end.
    fn join(self) -> anyhow::Result<PlayedCamera> {
        let looked = self.look.join();
        // Where looking has panicked, the source may still wait for room in a queue that nobody reads.
        self.queue.close();
        let fed = self.feed.join();
        let (error, dropped) = self.queue.outcome();
        if let Some(error) = error {
            return Err(Refusal::from(error).into());
        }
        let (Ok((counts, seconds)), Ok(())) = (looked, fed) else {
            anyhow::bail!("a thread of the pipeline panicked");
        };
        Ok(PlayedCamera { counts, dropped, seconds })
    }
}

/// What came out of all cameras.
#[derive(Default)]
struct Heard {
    events: u64,
    latencies_ms: Vec<f64>,
}

impl Heard {
    /// Listens until no camera is left.
    fn all(emissions: &Receiver<Emission>, clock: &dyn Clock) -> Self {
        let mut heard = Self::default();
        for emission in emissions {
            heard.events += u64::from(emission.event.revision == 1);
            if let Some(decided_at) = emission.decided_at.filter(|_| heard.latencies_ms.len() < LATENCIES_MAX)
            {
                heard.latencies_ms.push(clock.now().since(decided_at).as_secs_f64() * 1e3);
            }
        }
        heard
    }
}

fn since(clock: &dyn Clock, start: Duration) -> f64 {
    clock.monotonic().saturating_sub(start).as_secs_f64()
}

impl Bench<'_> {
    fn open(&self, camera: &CameraId) -> anyhow::Result<OpenCamera> {
        let camera = CameraConfig::of_source((camera.clone(), self.source.clone()));
        Ok(rooms::open_camera(&camera, false, &self.clock)?)
    }

    /// Everything from the file to emissions, as `run` does it, with so many cameras.
    fn play(&self, cameras: u32) -> anyhow::Result<Played> {
        forget_rss_max();
        let stages = Arc::new(Stages::new(Arc::clone(&self.clock)));
        let (out, emissions) = sync_channel(EMISSIONS_MAX);
        let (vision, clock) = (Arc::clone(&self.vision), Arc::clone(&self.clock));
        let common = Common::new(self.config, vision, Arc::clone(&stages), Arc::default(), clock);
        let mut ready = Vec::new();
        for number in 1..=cameras {
            let id = if cameras == 1 {
                self.camera.clone()
            } else {
                CameraId::numbered("camera", number as usize)
            };
            let opened = self.open(&id)?;
            let room = rooms::camera_room(&opened, &common, out.clone())?;
            ready.push((opened.source, room));
        }
        // Listening ends with the last camera.
        drop(out);
        let (cpu_start, start) = (cpu_seconds(), self.clock.monotonic());
        let clock = Arc::clone(&self.clock);
        let hearing = thread::spawn(move || Heard::all(&emissions, &*clock));
        let begin = |(source, room)| Playing::begin(source, room, Arc::clone(&self.clock), start);
        let playing: Vec<Playing> = ready.into_iter().map(begin).collect::<anyhow::Result<_>>()?;
        // All are waited for before the first that failed is told of.
        let ended: Vec<_> = playing.into_iter().map(Playing::join).collect();
        let (seconds, cpu_seconds) = (since(&*self.clock, start), cpu_seconds() - cpu_start);
        let Ok(Heard { events, latencies_ms }) = hearing.join() else {
            anyhow::bail!("the thread that hears of events panicked");
        };
        Ok(Played {
            cameras: ended.into_iter().collect::<anyhow::Result<_>>()?,
            seconds,
            cpu_seconds,
            rss_max_bytes: rss_max_bytes().context("reading the memory in use")?,
            events,
            latencies_ms,
            stages: stages.sums(),
        })
    }

    /// Decodes everything and does nothing with it but keep a few frames out of the whole length.
    fn decode_alone(&self, frames: u64) -> anyhow::Result<(f64, Vec<Frame>)> {
        let mut source = self.open(&self.camera)?.source;
        let step = (frames / SAMPLES as u64).max(1);
        let mut samples = Vec::new();
        let start = self.clock.monotonic();
        while let Some(frame) = source.next_frame().map_err(Refusal::from)? {
            if frame.sequence % step == step / 2 && samples.len() < SAMPLES {
                samples.push(frame);
            }
        }
        Ok((since(&*self.clock, start), samples))
    }

    /// Mean milliseconds of the networks for a look and for a crop, with nothing else going on.
    fn networks_alone(&self, samples: &[Frame]) -> anyhow::Result<(f64, f64)> {
        let (mut looks, mut crops) = (0_u32, 0_u32);
        let mut session = self.vision.session();
        let mut before = self.vision.times().totals();
        for round in 0..ROUNDS {
            if round == 1 {
                before = self.vision.times().totals();
                (looks, crops) = (0, 0);
            }
            for frame in samples {
                let found = session.detect(&frame.picture)?;
                looks += 1;
                let plates = found.iter().filter(|found| found.class == Class::Plate);
                let plates: Vec<SeenPlate> = plates
                    .map(|found| SeenPlate {
                        quad: found.quad.unwrap_or(found.bbox.quad()),
                        confidence: found.confidence,
                    })
                    .collect();
                session.read(frame, &plates)?;
                crops += plates.len() as u32;
            }
        }
        let after = self.vision.times().totals();
        let mean = |span: Duration, count: u32| span.as_secs_f64() * 1e3 / f64::from(count.max(1));
        Ok((mean(after.0.saturating_sub(before.0), looks), mean(after.1.saturating_sub(before.1), crops)))
    }
}

/// What all threads of the process have worked so far.
fn cpu_seconds() -> f64 {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9
}

/// From now on [`rss_max_bytes`] is of what comes: a row is not to be charged with the memory of the one before.
fn forget_rss_max() {
    // A kernel that cannot do so (proc_pid_clear_refs(5)) leaves the most of all rows so far, which is no less.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that the process has had in use (`VmHWM`).
fn rss_max_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
