//! What `bench pipeline` prints, and the arithmetic of it.

use anyhow::Context as _;
use serde::Serialize;

use crate::app::camera::CameraCounts;
use crate::app::stages::StageSum;
use crate::print;

/// What some cameras did together, as it was measured.
pub(super) struct Played {
    pub(super) cameras: Vec<PlayedCamera>,
    /// Until the last camera had ended.
    pub(super) seconds: f64,
    /// Of all threads.
    pub(super) cpu_seconds: f64,
    pub(super) rss_max_bytes: u64,
    /// Distinct ones, however often they were revised.
    pub(super) events: u64,
    /// Of each event that a frame decided on, first or revised.
    pub(super) latencies_ms: Vec<f64>,
    pub(super) stages: Vec<StageSum>,
}

/// What one of them did.
pub(super) struct PlayedCamera {
    pub(super) counts: CameraCounts,
    /// Frames that found the queue full.
    pub(super) dropped: u64,
    /// Until it had ended itself.
    pub(super) seconds: f64,
}

/// What the parts of the floor take with nothing else going on: decoding of one camera, the networks of one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Alone {
    pub(super) decode_seconds: f64,
    pub(super) detect_ms: f64,
    pub(super) read_ms: f64,
}

/// One number of cameras. Sums are of all cameras, times in seconds unless the name says otherwise.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Row {
    source: String,
    cameras: usize,
    frames: u64,
    looks: u64,
    reads: u64,
    events: u64,
    seconds: f64,
    fps: f64,
    /// Of the slowest camera by itself.
    fps_camera_min: f64,
    /// Of the fastest.
    fps_camera_max: f64,
    /// Null when no frame decided on an event.
    latency: Option<Latency>,
    /// CPU seconds a second, 1 for each processor that was busy all the time.
    cpu: f64,
    /// While these cameras ran.
    rss_max_bytes: u64,
    drops: Drops,
    /// Frames that were not due for a look, or on which nothing moved.
    frames_not_looked_at: u64,
    stages: Vec<StageTime>,
    floor: Floor,
    /// Speed as a share of the floor's: `floor.seconds / seconds`.
    ratio: f64,
}

/// From receiving the frame that decided on an event to the event, before it is spooled.
#[derive(Debug, PartialEq, Serialize)]
struct Latency {
    decisions: usize,
    p50_ms: f64,
    p99_ms: f64,
}

/// What was lost, by reason.
#[derive(Debug, PartialEq, Serialize)]
struct Drops {
    /// Frames that gave way to newer ones; always 0 for a file, which waits.
    queue_full: u64,
    /// Calls of a network that gave an error.
    network_failed: u64,
}

/// With several cameras, `detect` and `read` have the waits for other cameras in them.
#[derive(Debug, PartialEq, Serialize)]
struct StageTime {
    stage: &'static str,
    count: u64,
    ms_mean: f64,
    seconds: f64,
}

/// Decoding alone plus the networks alone, that of one camera as often as there are cameras.
#[derive(Debug, PartialEq, Serialize)]
struct Floor {
    decode_seconds: f64,
    detect_ms: f64,
    read_ms: f64,
    inference_seconds: f64,
    seconds: f64,
    fps: f64,
}

impl Latency {
    fn of(latencies_ms: &[f64]) -> Option<Self> {
        let mut sorted = latencies_ms.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (p50_ms, p99_ms) = (percentile(&sorted, 50)?, percentile(&sorted, 99)?);
        Some(Self { decisions: sorted.len(), p50_ms, p99_ms })
    }
}

/// The least of the sorted values that `percent` of a hundred do not exceed (nearest rank); nothing of no values.
fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

impl StageTime {
    fn of(sum: &StageSum) -> Self {
        let seconds = sum.total.as_secs_f64();
        let ms_mean = seconds * 1e3 / sum.count.max(1) as f64;
        Self { stage: sum.name, count: sum.count, ms_mean, seconds }
    }
}

impl Row {
    /// Sums up what was measured and sets it against the floor.
    pub(super) fn new(source: &str, played: &Played, alone: Alone) -> Self {
        let all = &played.cameras;
        let sum = |of: fn(&PlayedCamera) -> u64| all.iter().map(of).sum::<u64>();
        let (frames, looks) = (sum(|camera| camera.counts.frames), sum(|camera| camera.counts.looks));
        let reads = sum(|camera| camera.counts.reads);
        let fps = || all.iter().map(|camera| camera.counts.frames as f64 / camera.seconds);
        let Alone { decode_seconds, detect_ms, read_ms } = alone;
        let decode_seconds = decode_seconds * all.len() as f64;
        let inference_seconds = (detect_ms * looks as f64 + read_ms * reads as f64) / 1e3;
        let floor_seconds = decode_seconds + inference_seconds;
        Self {
            source: source.to_owned(),
            cameras: all.len(),
            frames,
            looks,
            reads,
            events: played.events,
            seconds: played.seconds,
            fps: frames as f64 / played.seconds,
            fps_camera_min: fps().min_by(f64::total_cmp).unwrap_or(0.0),
            fps_camera_max: fps().max_by(f64::total_cmp).unwrap_or(0.0),
            latency: Latency::of(&played.latencies_ms),
            cpu: played.cpu_seconds / played.seconds,
            rss_max_bytes: played.rss_max_bytes,
            drops: Drops {
                queue_full: sum(|camera| camera.dropped),
                network_failed: sum(|camera| camera.counts.failures),
            },
            frames_not_looked_at: frames.saturating_sub(looks),
            stages: played.stages.iter().map(StageTime::of).collect(),
            floor: Floor {
                decode_seconds,
                detect_ms,
                read_ms,
                inference_seconds,
                seconds: floor_seconds,
                fps: frames as f64 / floor_seconds,
            },
            ratio: floor_seconds / played.seconds,
        }
    }

    /// As a row of the table.
    fn line(&self) -> String {
        let ms = |of: fn(&Latency) -> f64| {
            self.latency.as_ref().map_or_else(|| "-".to_owned(), |latency| format!("{:.0}", of(latency)))
        };
        format!(
            "| {} | {} | {:.2} | {:.1} | {:.1} | {:.1} | {} | {} | {} | {} | {} | {:.2} | {:.0} | {} | {} | {:.2} |",
            self.cameras,
            self.frames,
            self.seconds,
            self.fps,
            self.fps_camera_min,
            self.fps_camera_max,
            self.looks,
            self.reads,
            self.events,
            ms(|latency| latency.p50_ms),
            ms(|latency| latency.p99_ms),
            self.cpu,
            self.rss_max_bytes as f64 / f64::from(1 << 20),
            self.drops.queue_full,
            self.drops.network_failed,
            self.ratio
        )
    }
}

/// A row for each number of cameras, and where the time went.
pub(super) fn print(rows: &[Row], alone: Alone, json: bool) -> anyhow::Result<()> {
    if json {
        for row in rows {
            print::out(&serde_json::to_string(row).context("writing the report")?);
        }
        return Ok(());
    }
    for row in rows {
        let plural = if row.cameras == 1 { "" } else { "s" };
        print::out(&format!("{}, {} camera{plural}, mean of a call and sum:", row.source, row.cameras));
        for stage in &row.stages {
            print::out(&format!(
                "  {:<9} {:>6} x {:8.2} ms = {:7.2} s",
                stage.stage, stage.count, stage.ms_mean, stage.seconds
            ));
        }
    }
    let Alone { decode_seconds, detect_ms, read_ms } = alone;
    print::out(&format!(
        "floor of a camera: {decode_seconds:.2} s decode alone + {detect_ms:.2} ms a look and {read_ms:.2} ms a read of \
         the networks alone"
    ));
    print::out("");
    print::out(
        "| cameras | frames | s | frames/s | slowest camera | fastest | looks | reads | events | p50 ms | p99 ms | CPU s/s \
         | MiB | dropped | failed | ratio to the floor |",
    );
    print::out(&format!("|{}", "---:|".repeat(16)));
    for row in rows {
        print::out(&row.line());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn camera(frames: u64, dropped: u64, seconds: f64) -> PlayedCamera {
        let counts = CameraCounts { frames, looks: 30, reads: 10, failures: 1 };
        PlayedCamera { counts, dropped, seconds }
    }

    fn played(cameras: Vec<PlayedCamera>, latencies_ms: Vec<f64>) -> Played {
        let total = Duration::from_millis(1_200);
        let stages = vec![StageSum { name: "detect", total, count: 60 }];
        Played {
            cameras,
            seconds: 10.0,
            cpu_seconds: 15.0,
            rss_max_bytes: 64 << 20,
            events: 7,
            latencies_ms,
            stages,
        }
    }

    const ALONE: Alone = Alone { decode_seconds: 2.0, detect_ms: 20.0, read_ms: 5.0 };

    #[track_caller]
    fn assert_is(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
    }

    #[test]
    fn a_row_of_two_cameras_worked_out_by_hand() {
        let latencies = vec![40.0, 10.0, 20.0];
        let row =
            Row::new("a.mp4", &played(vec![camera(100, 2, 8.0), camera(100, 0, 10.0)], latencies), ALONE);
        assert_eq!((row.cameras, row.frames, row.looks, row.reads, row.events), (2, 200, 60, 20, 7));
        assert_eq!(row.drops, Drops { queue_full: 2, network_failed: 2 });
        assert_eq!(row.frames_not_looked_at, 140);
        assert_is(row.fps, 20.0);
        assert_is(row.fps_camera_min, 10.0);
        assert_is(row.fps_camera_max, 12.5);
        assert_is(row.cpu, 1.5);
        // Two times 2 s; 60 looks of 20 ms and 20 reads of 5 ms.
        assert_is(row.floor.decode_seconds, 4.0);
        assert_is(row.floor.inference_seconds, 1.3);
        assert_is(row.floor.fps, 200.0 / 5.3);
        assert_is(row.ratio, 0.53);
        assert_is(row.stages.first().map_or(0.0, |stage| stage.ms_mean), 20.0);
        assert_eq!(
            row.line(),
            "| 2 | 200 | 10.00 | 20.0 | 10.0 | 12.5 | 60 | 20 | 7 | 20 | 40 | 1.50 | 64 | 2 | 2 | 0.53 |"
        );
    }

    #[test]
    fn the_floor_of_many_cameras_is_that_of_one_so_many_times() {
        let floor = |count: u64| {
            let cameras = (0..count).map(|_| camera(100, 0, 10.0)).collect();
            Row::new("a.mp4", &played(cameras, Vec::new()), ALONE).floor
        };
        assert_is(floor(4).seconds, 4.0 * floor(1).seconds);
        assert_is(floor(4).fps, floor(1).fps);
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(percentile(&hundred, 50), Some(50.0));
        assert_eq!(percentile(&hundred, 99), Some(99.0));
        assert_eq!(percentile(&hundred, 100), Some(100.0));
        assert_eq!(percentile(&[3.0, 5.0], 50), Some(3.0));
        assert_eq!(percentile(&[3.0, 5.0], 99), Some(5.0));
        assert_eq!(percentile(&[3.0], 50), Some(3.0));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn without_a_decision_there_is_no_latency() {
        let row = Row::new("a.mp4", &played(vec![camera(100, 0, 10.0)], Vec::new()), ALONE);
        assert_eq!(row.latency, None);
        assert!(row.line().contains("| - | - |"), "{}", row.line());
    }
}
