//! A source that runs: frames out of a pipeline, and why there are no more.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, UNIX_EPOCH};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;
use ovr_domain::port::{FrameSource, SourceError};
use ovr_domain::time::Clock;
use ovr_domain::{CameraId, CapturedAt, Frame, Timestamp, metric};

use crate::config::{FileConfig, SourceConfig};
use crate::container::{Extent, extent};
use crate::error::Error;
use crate::format::Format;
use crate::moment;
use crate::options::{Options, VideoFacts};
use crate::picture;
use crate::pipeline::{self, Chain};
use crate::report::Report;

/// How long one look at the pipeline waits for a frame.
const POLL: Duration = Duration::from_millis(50);
/// After an error, how long frames that were decoded before it are waited for.
const AFTER_ERROR: Duration = Duration::from_millis(500);
/// The autoplugger now and then swallows a demuxer's error and goes quiet. A file that is cut off and shows no stream
/// for so long will show none.
const SWALLOWED: Duration = Duration::from_secs(2);

/// A source that runs. Frames of a file lie behind [`FrameSource::next_frame`]; dropping it ends the decoder.
///
/// `captured_at` is the stream's own clock where buffers carry one (NTP or Unix time; then `synchronised`). A file
/// without one starts at the creation time that its container states, else at its modification time; a test
/// pattern starts when it is opened; the presentation time is added.
#[derive(Debug)]
pub struct VideoSource {
    chain: Chain,
    report: Report,
    camera: CameraId,
    name: String,
    path: Option<PathBuf>,
    clock: Arc<dyn Clock>,
    stall_timeout: Duration,
    /// When presentation time zero was.
    start: Timestamp,
    facts: Option<VideoFacts>,
    format: Format,
    /// The first frame, decoded by [`open`].
    first: Option<Frame>,
    decoded: u64,
    /// Presentation time of the last frame, and the end of it.
    last: (Duration, Duration),
    ended: bool,
}

/// Opens a source and decodes its first frame, so that a file that is no video is refused here.
pub fn open(
    camera: CameraId,
    config: &SourceConfig,
    options: Options,
    clock: Arc<dyn Clock>,
) -> Result<VideoSource, SourceError> {
    let name = config.name();
    let refuse = |reason: String| SourceError::Open { source_name: name.clone(), reason };
    let broken_setup = |error: Error| match error {
        Error::Source { reason, .. } => refuse(reason),
        other => refuse(other.to_string()),
    };
    config.validate().map_err(broken_setup)?;
    pipeline::init().map_err(broken_setup)?;
    let (chain, path, start) = match config {
        SourceConfig::File(file) => {
            let path = file.resolve().map_err(refuse)?;
            let chain = pipeline::of_file(&path, options.tuning()).map_err(broken_setup)?;
            let start = modified_at(&path);
            (chain, Some(path), start)
        }
        SourceConfig::Test(test) => {
            let chain = pipeline::of_test(test, options.tuning()).map_err(broken_setup)?;
            (chain, None, clock.now())
        }
        SourceConfig::Rtsp(_) => {
            return Err(refuse(
                "it is a network camera: open it by open_source, or as a LiveSource".to_owned(),
            ));
        }
    };
    let mut source = VideoSource {
        chain,
        report: Report::default(),
        camera,
        name: name.clone(),
        path,
        clock,
        stall_timeout: options.stall_timeout,
        start,
        facts: None,
        format: Format::default(),
        first: None,
        decoded: 0,
        last: (Duration::ZERO, Duration::ZERO),
        ended: false,
    };
    source.play()?;
    Ok(source)
}

/// What a file says of its video, after decoding its first frame.
pub fn probe(path: &Path, clock: Arc<dyn Clock>) -> Result<VideoFacts, SourceError> {
    let config = SourceConfig::File(FileConfig { path: path.to_owned(), root: None });
    let name = config.name();
    let camera = CameraId::new("probe")
        .map_err(|error| SourceError::Open { source_name: name.clone(), reason: error.to_string() })?;
    let source = open(camera, &config, Options::default(), clock)?;
    source
        .facts
        .clone()
        .ok_or(SourceError::NoVideo { source_name: name, reason: "it has no frames".to_owned() })
}

/// A file system without modification times gives 1970.
fn modified_at(path: &Path) -> Timestamp {
    let modified = fs::metadata(path).and_then(|kind| kind.modified()).unwrap_or(UNIX_EPOCH);
    Timestamp::default().plus(modified.duration_since(UNIX_EPOCH).unwrap_or_default())
}

impl VideoSource {
    /// What the source says of its video.
    pub fn facts(&self) -> Option<&VideoFacts> {
        self.facts.as_ref()
    }

    fn play(&mut self) -> Result<(), SourceError> {
        if self.chain.pipeline.set_state(gst::State::Playing).is_err() {
            self.report.drain(&self.chain.bus, self.clock.now());
            let reason = self.report.error.take().unwrap_or_else(|| "the pipeline does not start".to_owned());
            return Err(SourceError::Open { source_name: self.name.clone(), reason });
        }
        let Some(sample) = self.pull()? else {
            return Err(self.broken("it ends before its first picture".to_owned()));
        };
        // The sink posts the tags that came before a frame before it hands the frame over.
        self.report.drain(&self.chain.bus, self.clock.now());
        if let (Some(created_at), Some(_)) = (self.report.created_at, &self.path) {
            self.start = created_at;
        }
        let first = self.frame(&sample)?;
        let facts = self.facts_of_first();
        tracing::info!(
            source = self.name,
            camera = %self.camera,
            width = facts.width,
            height = facts.height,
            codec = facts.codec.as_deref().unwrap_or("none"),
            decoder = facts.decoder.as_deref().unwrap_or("none"),
            "source opened"
        );
        self.facts = Some(facts);
        self.first = Some(first);
        Ok(())
    }

    fn facts_of_first(&self) -> VideoFacts {
        let (info, fps) = (self.format.info(), self.format.fps());
        let duration = self.duration();
        let frames = fps.zip(duration).map(|(fps, duration)| (duration.as_secs_f64() * fps).round() as u64);
        VideoFacts {
            codec: self.report.codec.clone(),
            decoder: self.chain.found.decoder(),
            width: info.map_or(0, gst_video::VideoInfo::width),
            height: info.map_or(0, gst_video::VideoInfo::height),
            fps,
            duration,
            frames_estimated: frames,
        }
    }

    fn duration(&self) -> Option<Duration> {
        self.path.as_ref()?;
        let duration = self.chain.pipeline.query_duration::<gst::ClockTime>()?;
        Some(Duration::from_nanos(duration.nseconds()))
    }

    /// Waits for the next sample; nothing at the regular end.
    fn pull(&mut self) -> Result<Option<gst::Sample>, SourceError> {
        let poll = gst::ClockTime::from_nseconds(POLL.as_nanos() as u64);
        let mut idle = Duration::ZERO;
        loop {
            if let Some(sample) = self.chain.sink.try_pull_sample(poll) {
                return Ok(Some(sample));
            }
            self.report.drain(&self.chain.bus, self.clock.now());
            let found = &self.chain.found;
            let (has_video, complete) =
                (found.video.load(Ordering::Acquire), found.complete.load(Ordering::Acquire));
            let at_end = self.chain.sink.is_eos();
            // Looks are counted, not clocked: a simulated clock stands still while a pipeline hangs.
            idle += POLL;
            if let Some(error) = &self.report.error {
                if at_end || !has_video || idle >= AFTER_ERROR {
                    let error = error.clone();
                    return Err(self.broken(error));
                }
            } else if at_end {
                return self.end().map(|()| None);
            } else if complete && !has_video {
                return Err(self.broken("it has no picture stream".to_owned()));
            } else if !has_video && idle >= SWALLOWED && self.cut().is_some() {
                return Err(self.broken("no stream is found in what is left of it".to_owned()));
            } else if idle >= self.stall_timeout {
                let reason = format!("neither a frame nor an end for {} s", self.stall_timeout.as_secs_f32());
                return Err(self.broken(reason));
            }
        }
    }

    /// The pipeline says that all went well; the container may know better.
    fn end(&mut self) -> Result<(), SourceError> {
        if self.decoded == 0 {
            return Err(self.broken("it ends before its first picture".to_owned()));
        }
        if let Some(reason) = self.cut() {
            return Err(self.broken(reason));
        }
        // Other streams may go on after the pictures, so that the container's duration says nothing about them.
        let alone = self.chain.found.other_streams.load(Ordering::Acquire) == 0;
        if let Some(expected) = self.duration().filter(|_| alone) {
            let tolerance = Duration::from_secs(1).max(expected / 20);
            let (_, end) = self.last;
            if end + tolerance < expected {
                let (end_s, expected_s) = (end.as_secs_f32(), expected.as_secs_f32());
                let reason =
                    format!("its pictures end at {end_s:.1} s, its container says {expected_s:.1} s");
                return Err(self.broken(reason));
            }
        }
        Ok(())
    }

    /// Says so when the file is shorter than its container declares.
    fn cut(&self) -> Option<String> {
        let file = File::open(self.path.as_ref()?).ok()?;
        match extent(&mut BufReader::new(file)).ok()? {
            Extent::Cut { part, declared_bytes, actual_bytes } => Some(format!(
                "the file is cut off: its {part} ends at byte {declared_bytes}, the file at {actual_bytes}"
            )),
            Extent::Whole | Extent::Unknown => None,
        }
    }

    /// The error for what stopped the source, with the cause behind the cause where it can be seen.
    fn broken(&mut self, reason: String) -> SourceError {
        self.ended = true;
        let (source_name, frames) = (self.name.clone(), self.decoded);
        let reason = match self.cut() {
            Some(cut) => cut,
            None if frames > 0 => reason,
            None => self.no_video(reason),
        };
        if frames > 0 {
            SourceError::BrokenOff { source_name, frames, reason }
        } else {
            SourceError::NoVideo { source_name, reason }
        }
    }

    fn no_video(&self, reason: String) -> String {
        let found = &self.chain.found;
        if let Some(missing) = &self.report.missing {
            return format!(
                "no plugin for {missing:?} is installed: install gstreamer1.0-libav or the plugin set that has it"
            );
        }
        if let Some(error) = found.link_error() {
            return format!("its pictures cannot be brought into main memory ({error})");
        }
        let others = found.other_streams.load(Ordering::Acquire);
        if others > 0 && !found.video.load(Ordering::Acquire) {
            return format!("it has {others} stream(s) of sound or text and none of pictures");
        }
        reason
    }

    fn frame(&mut self, sample: &gst::Sample) -> Result<Frame, SourceError> {
        let Some((buffer, caps)) = sample.buffer_owned().zip(sample.caps_owned()) else {
            return Err(self.broken("a frame without pixels or format".to_owned()));
        };
        let info = match self.format.of(caps) {
            Ok(info) => info,
            Err(reason) => return Err(self.broken(reason)),
        };
        let segment = sample.segment().and_then(|segment| segment.downcast_ref::<gst::ClockTime>());
        let stated = segment.zip(buffer.pts()).and_then(|(segment, pts)| segment.to_running_time(pts));
        // A frame without a time follows the one before it, and time never goes back.
        let (last, last_end) = self.last;
        let presented_at = stated.map_or(last_end, |time| Duration::from_nanos(time.nseconds())).max(last);
        let nominal = info.fps();
        let frame_time = match buffer.duration() {
            Some(duration) => Duration::from_nanos(duration.nseconds()),
            None if nominal.numer() > 0 => {
                Duration::from_secs(1) * nominal.denom().unsigned_abs() / nominal.numer().unsigned_abs()
            }
            None => Duration::ZERO,
        };
        let captured_at = match moment::of_stream(&buffer) {
            Some(at) => CapturedAt { at, synchronised: true },
            None => CapturedAt { at: self.start.plus(presented_at), synchronised: false },
        };
        let picture = match picture::of_buffer(buffer, &info) {
            Ok(picture) => picture,
            Err(reason) => return Err(self.broken(reason)),
        };
        self.last = (presented_at, presented_at.saturating_add(frame_time));
        let sequence = self.decoded;
        self.decoded += 1;
        let received_at = self.clock.now();
        Ok(Frame { camera: self.camera.clone(), sequence, captured_at, received_at, presented_at, picture })
    }
}

impl FrameSource for VideoSource {
    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        let frame = if let Some(first) = self.first.take() {
            first
        } else if self.ended {
            return Ok(None);
        } else if let Some(sample) = self.pull()? {
            self.frame(&sample)?
        } else {
            self.ended = true;
            return Ok(None);
        };
        metric::frame(&self.camera, "decoded");
        Ok(Some(frame))
    }
}
