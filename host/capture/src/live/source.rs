//! A network camera as one source: frames over all its connections, in order.

use std::sync::Arc;
use std::time::Duration;

use ovr_domain::port::{FrameSource, SourceError};
use ovr_domain::time::Clock;
use ovr_domain::{CameraId, Frame, metric};

use crate::config::SourceConfig;
use crate::error::Error;
use crate::live::belief::Belief;
use crate::live::connection::{Arrived, Connection};
use crate::live::dial::Dial;
use crate::live::fault::LinkFault;
use crate::live::link::Link;
use crate::live::opening::{Opening, Overdue};
use crate::live::retry::Retry;
use crate::live::stall::{self, Watch};
use crate::live::tear_down::TearDowns;
use crate::live::timeline::Timeline;
use crate::options::Options;
use crate::pipeline::{self, Tuning};
use crate::rtsp::{RtspConfig, Transport};

/// How long one look waits at most, so that an end is seen in time.
const POLL: Duration = Duration::from_millis(50);
/// A decoder that gave up is left alone for so long. It may have been the stream's fault.
const DECODER_FORGIVEN: Duration = Duration::from_mins(10);
/// Each so many frames the metrics are told again that they come: an earlier source of the same camera may have ended
/// after this one began.
const TOLD_AGAIN: u64 = 64;
/// Sessions over UDP that did not get beyond SETUP: GStreamer loses two sockets with each, so that they must be few.
const LOST_SET_UPS_MAX: u32 = 8;
/// A name server that has not answered by then is reported, and waited for.
const DIAL: Duration = Duration::from_secs(10);

/// A network camera. It connects, watches and connects again by itself; [`FrameSource::next_frame`] gives no error and
/// ends only when [`Link::stop`] was called. Dropping it stops the decoder in a thread of its own.
///
/// `sequence` and `presented_at` rise over all connections. `captured_at` is the camera's own time where it sends
/// sender reports and its clock is believed (then `synchronised`), else the time of arrival.
#[derive(Debug)]
pub struct LiveSource {
    pub(super) camera: CameraId,
    pub(super) name: String,
    config: RtspConfig,
    tuning: Tuning,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) link: Link,
    stage: Stage,
    retry: Retry,
    watch: Watch,
    pub(super) belief: Belief,
    timeline: Timeline,
    tear_downs: TearDowns,
    /// Decoders that gave up before their first frame, and when.
    failed_decoders: Vec<(String, Duration)>,
    /// Of the last frame of this connection.
    pub(super) size: Option<(u32, u32)>,
    /// Sizes of this connection that were told.
    pub(super) sizes_told: u32,
    /// What decodes, or did last.
    pub(super) decoder: Option<String>,
    /// Whether anybody ever asked for a frame.
    pub(super) asked: bool,
    sequence: u64,
    /// Sessions that did not get beyond SETUP.
    lost_set_ups: u32,
}

#[derive(Debug)]
enum Stage {
    /// Nothing is open. The next connect is due at this time of the monotonic clock.
    Waiting(Duration),
    /// The host is looked for, since when, and whether a slow search was reported.
    Dialling { dial: Dial, since: Duration, is_late: bool },
    /// The session is being set up.
    Opening { connection: Box<Connection>, opening: Opening },
    /// Frames come, since when.
    Streaming { connection: Box<Connection>, since: Duration },
}

impl LiveSource {
    /// Describes the camera's source. Nothing is connected to before the first call of `next_frame`; only what is
    /// written down wrongly, or GStreamer missing, is an error.
    pub fn new(
        camera: CameraId,
        config: RtspConfig,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SourceError> {
        let source = SourceConfig::Rtsp(config.clone());
        let refuse = |error: Error| {
            let reason = match error {
                Error::Source { reason, .. } => reason,
                other => other.to_string(),
            };
            SourceError::Open { source_name: source.name(), reason }
        };
        source.validate().map_err(refuse)?;
        pipeline::init().map_err(refuse)?;
        let now = clock.now();
        // Cameras that start together spread their waits by their names.
        let seed = camera.to_string().bytes().fold(now.as_micros() as u64, |seed, byte| {
            (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Ok(Self {
            name: source.name(),
            tuning: Tuning { realtime: false, drops: true, ..options.tuning() },
            link: Link::new(now),
            stage: Stage::Waiting(Duration::ZERO),
            retry: Retry::new(seed),
            watch: Watch::new(config.stall_timeout(), config.freeze_timeout()),
            belief: Belief::new(),
            timeline: Timeline::default(),
            tear_downs: TearDowns::default(),
            failed_decoders: Vec::new(),
            size: None,
            sizes_told: 0,
            decoder: None,
            asked: false,
            sequence: 0,
            lost_set_ups: 0,
            camera,
            config,
            clock,
        })
    }

    /// The handle that shows where the link stands and ends it.
    pub fn link(&self) -> Link {
        self.link.clone()
    }

    /// One look, of at most about [`POLL`].
    fn step(&mut self, now: Duration) -> Option<Frame> {
        match std::mem::replace(&mut self.stage, Stage::Waiting(now)) {
            Stage::Waiting(due) if now < due => {
                self.link.sleep(POLL.min(due.saturating_sub(now)));
                self.stage = Stage::Waiting(due);
            }
            Stage::Waiting(_) => self.dial(now),
            Stage::Dialling { dial, since, is_late } => self.dialled(dial, since, is_late, now),
            Stage::Opening { connection, opening } => return self.opened(connection, opening),
            Stage::Streaming { connection, since } => return self.streamed(connection, since),
        }
        None
    }

    fn dial(&mut self, now: Duration) {
        if self.tear_downs.is_full() {
            let fault = LinkFault::Hanging { count: self.tear_downs.ending() };
            return self.fault(&fault, None, now);
        }
        if self.lost_set_ups >= LOST_SET_UPS_MAX {
            return self.fault(&LinkFault::SetUp, None, now);
        }
        self.link.change(|state| state.attempts += 1);
        match Dial::start(&self.config) {
            Ok(dial) => self.stage = Stage::Dialling { dial, since: now, is_late: false },
            Err(fault) => self.fault(&fault, None, now),
        }
    }

    fn dialled(&mut self, dial: Dial, since: Duration, is_late: bool, now: Duration) {
        match dial.poll(POLL) {
            Some(Ok(dialled)) => {
                self.failed_decoders.retain(|(_, then)| now.saturating_sub(*then) < DECODER_FORGIVEN);
                let failed: Vec<String> =
                    self.failed_decoders.iter().map(|(decoder, _)| decoder.clone()).collect();
                match Connection::start(&self.config, &dialled, &failed, self.tuning) {
                    Ok(connection) => {
                        let (connection, opening) =
                            (Box::new(connection), Opening::new(self.clock.monotonic()));
                        self.stage = Stage::Opening { connection, opening };
                    }
                    Err(fault) => self.fault(&fault, None, now),
                }
            }
            Some(Err(fault)) => self.fault(&fault, None, now),
            None => {
                let late = now.saturating_sub(since) >= DIAL;
                if late && !is_late {
                    self.say(&LinkFault::TimedOut { while_doing: "asking the name server" });
                }
                self.stage = Stage::Dialling { dial, since, is_late: is_late || late };
            }
        }
    }

    fn opened(&mut self, mut connection: Box<Connection>, mut opening: Opening) -> Option<Frame> {
        let pulled = connection.pull(POLL);
        let now = self.clock.monotonic();
        let fault = match pulled {
            Ok(Some(arrived)) => {
                self.timeline.connected();
                self.watch.connected(now);
                self.tell_connected();
                (self.size, self.sizes_told) = (None, 0);
                return self.take(connection, now, arrived);
            }
            Ok(None) => match opening.look(now, &connection.tally(), self.config.stall_timeout()) {
                Ok(()) => {
                    self.stage = Stage::Opening { connection, opening };
                    return None;
                }
                Err(overdue) => overdue_fault(overdue, &connection),
            },
            Err(fault) => fault,
        };
        self.fault(&fault, Some((connection, None)), now);
        None
    }

    fn streamed(&mut self, mut connection: Box<Connection>, since: Duration) -> Option<Frame> {
        let pulled = connection.pull(POLL);
        let now = self.clock.monotonic();
        let fault = match pulled {
            Ok(Some(arrived)) => return self.take(connection, since, arrived),
            Ok(None) => match self.watch.silence(now) {
                Ok(()) => {
                    self.stage = Stage::Streaming { connection, since };
                    return None;
                }
                Err(fault) => fault,
            },
            Err(fault) => fault,
        };
        self.fault(&fault, Some((connection, Some(since))), now);
        None
    }

    /// Makes a frame of what arrived, unless the picture has stood still for too long.
    fn take(&mut self, mut connection: Box<Connection>, since: Duration, arrived: Arrived) -> Option<Frame> {
        let (now, received_at) = (self.clock.monotonic(), self.clock.now());
        let look = self.watch.compares().then(|| stall::look_of(&arrived.picture));
        let seen = self.watch.frame(now, look);
        let is_frozen = self.watch.is_frozen();
        if let Err(fault) = seen {
            self.link.change(|state| state.is_frozen = is_frozen);
            self.fault(&fault, Some((connection, Some(since))), now);
            return None;
        }
        let is_first = self.size.is_none();
        self.note_size((arrived.picture.width(), arrived.picture.height()), &connection);
        let known = self.belief.state();
        let captured_at = self.belief.captured(received_at, now, arrived.stamp);
        self.note_clock(known);
        let lost = connection.newly_lost();
        for _ in 0..lost {
            metric::frame(&self.camera, "dropped");
        }
        metric::frame(&self.camera, "decoded");
        let (clock, clock_jumps) = (self.belief.state(), self.belief.jumps());
        let decode = connection.decode_time();
        self.link.change(|state| {
            state.frames += 1;
            state.frames_lost += lost;
            (state.clock, state.clock_jumps, state.decode) = (clock, clock_jumps, decode);
            state.is_frozen = is_frozen;
        });
        if is_first || self.sequence.is_multiple_of(TOLD_AGAIN) {
            self.tell_up();
        }
        let sequence = self.sequence;
        self.sequence += 1;
        let presented_at = self.timeline.present(now, arrived.stated);
        let camera = self.camera.clone();
        self.stage = Stage::Streaming { connection, since };
        Some(Frame { camera, sequence, captured_at, received_at, presented_at, picture: arrived.picture })
    }

    /// Ends what is open and sets the time of the next connect. `open` is the session, and since when it streamed.
    fn fault(&mut self, fault: &LinkFault, open: Option<(Box<Connection>, Option<Duration>)>, now: Duration) {
        let mut streamed = Duration::ZERO;
        if let Some((connection, since)) = open {
            streamed = since.map_or(Duration::ZERO, |since| now.saturating_sub(since));
            if let (LinkFault::Decoder { .. }, None, Some(decoder)) = (fault, since, connection.decoder()) {
                self.failed_decoders.retain(|(other, _)| *other != decoder);
                self.failed_decoders.push((decoder, now));
            }
            self.tear_downs.start(connection.into_chain(), now);
            let loses = *fault == LinkFault::SetUp && self.config.transport == Transport::Udp;
            self.lost_set_ups += u32::from(loses);
        }
        if fault.is_stall() {
            metric::camera_stall(&self.camera);
        }
        let wait = self.retry.wait(fault.healing(), streamed);
        self.stage = Stage::Waiting(now.saturating_add(wait));
        self.say(fault);
    }

    /// Stops whatever is open.
    fn close(&mut self) {
        let now = self.clock.monotonic();
        match std::mem::replace(&mut self.stage, Stage::Waiting(now)) {
            Stage::Opening { connection, .. } | Stage::Streaming { connection, .. } => {
                self.tear_downs.start(connection.into_chain(), now);
            }
            Stage::Waiting(_) | Stage::Dialling { .. } => {}
        }
        self.tell_end();
    }
}

fn overdue_fault(overdue: Overdue, connection: &Connection) -> LinkFault {
    match overdue {
        Overdue::Silent => connection.silence("waiting for the first packet"),
        Overdue::Keyless => LinkFault::TimedOut {
            while_doing: "waiting for a keyframe, of which there should be one in 30 s",
        },
        Overdue::Undecoded => LinkFault::Decoder {
            reason: format!("{} makes no pictures of the stream", connection.decoder().unwrap_or_default()),
        },
    }
}

impl FrameSource for LiveSource {
    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        self.asked = true;
        while !self.link.is_stopped() {
            let now = self.clock.monotonic();
            self.tear_downs.sweep(now, &self.camera);
            let left_behind = self.tear_downs.left_behind();
            self.link.change(|state| state.left_behind = left_behind);
            if let Some(frame) = self.step(now) {
                return Ok(Some(frame));
            }
        }
        self.close();
        Ok(None)
    }
}

impl Drop for LiveSource {
    fn drop(&mut self) {
        self.close();
    }
}
