//! One look at a network camera: what it sends, or what is wrong and what would be right.

use std::sync::Arc;
use std::time::Duration;

use ovr_domain::time::Clock;

use crate::live::connection::Connection;
use crate::live::dial::Dial;
use crate::live::fault::LinkFault;
use crate::live::heard::Tally;
use crate::options::{Options, VideoFacts};
use crate::pipeline::{self, Tuning};
use crate::rtsp::{RtspConfig, Transport};

/// How long one look waits at most.
const POLL: Duration = Duration::from_millis(50);
/// Frames are watched for this long at least, so that rates mean something.
const WATCH_MIN: Duration = Duration::from_secs(2);
/// And for this long at most: a camera that has sent neither two keyframes nor a report by then is slow to.
const WATCH_MAX: Duration = Duration::from_secs(12);

/// What a network camera sends.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveFacts {
    /// Codec, decoder, size, and the rate that the stream states.
    pub video: VideoFacts,
    /// How the pictures travelled.
    pub transport: Transport,
    /// Frames a second that were seen.
    pub fps_measured: f64,
    /// From one keyframe to the next, on average; nothing when fewer than two came.
    pub keyframe_interval: Option<Duration>,
    /// Bits a second of the RTP packets.
    pub bits_per_second: u64,
    /// Whether the camera says what time it is (RTCP sender reports).
    pub sender_reports: bool,
    /// The camera's time minus ours in microseconds, less the way through network and decoder; nothing without reports.
    pub clock_offset_us: Option<i64>,
    /// From the start to the first picture.
    pub first_picture_after: Duration,
}

/// Why a network camera sends nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{source_name}: {fault}")]
pub struct ProbeError {
    /// The address, without what may be a secret.
    pub source_name: String,
    /// What is wrong and what would be right.
    pub fault: LinkFault,
}

/// Connects once, watches for a few seconds and says what was seen. Takes `deadline` at most, give or take a look.
pub fn probe_live(
    config: &RtspConfig,
    deadline: Duration,
    clock: &Arc<dyn Clock>,
) -> Result<LiveFacts, ProbeError> {
    let fail = |fault: LinkFault| ProbeError { source_name: config.address.to_string(), fault };
    if let Some(reason) = config.wrong() {
        return Err(fail(LinkFault::Runtime { reason }));
    }
    pipeline::init().map_err(|error| fail(error.into()))?;
    let start = clock.monotonic();
    let probe = Probe { config, clock: clock.as_ref(), start, end: start.saturating_add(deadline) };
    let mut failed_decoders = Vec::new();
    loop {
        let mut connection = probe.connect(&failed_decoders).map_err(fail)?;
        let result = probe.watch(&mut connection);
        let decoder = connection.decoder();
        stop(connection);
        match (result, decoder) {
            // Hardware that is installed but not there: the next decoder gets its turn.
            (Err(LinkFault::Decoder { .. }), Some(decoder)) if !failed_decoders.contains(&decoder) => {
                failed_decoders.push(decoder);
            }
            (result, _) => return result.map_err(fail),
        }
    }
}

/// A pipeline may hang while it is stopped; nobody waits for it.
fn stop(connection: Connection) {
    let chain = connection.into_chain();
    chain.heard.end();
    let spawned = std::thread::Builder::new().name("ovr-tear-down".to_owned()).spawn(move || drop(chain));
    if let Err(error) = spawned {
        tracing::warn!(%error, "no thread can be started to stop a pipeline");
    }
}

struct Probe<'a> {
    config: &'a RtspConfig,
    clock: &'a dyn Clock,
    start: Duration,
    end: Duration,
}

/// At the first picture.
struct First {
    at: Duration,
    tally: Tally,
}

impl Probe<'_> {
    fn connect(&self, failed_decoders: &[String]) -> Result<Connection, LinkFault> {
        let dial = Dial::start(self.config)?;
        let dialled = loop {
            if let Some(result) = dial.poll(POLL) {
                break result?;
            }
            if self.clock.monotonic() >= self.end {
                return Err(LinkFault::TimedOut { while_doing: "looking for the host" });
            }
        };
        let tuning = Tuning { drops: true, ..Options::default().tuning() };
        Connection::start(self.config, &dialled, failed_decoders, tuning)
    }

    fn watch(&self, connection: &mut Connection) -> Result<LiveFacts, LinkFault> {
        let mut first = None;
        let mut clock_offset_us = None;
        loop {
            let pulled = connection.pull(POLL)?;
            let now = self.clock.monotonic();
            if let Some(arrived) = pulled {
                first.get_or_insert_with(|| First { at: now, tally: connection.tally() });
                if let Some(stamp) = arrived.stamp {
                    let ours = self.clock.now().as_micros();
                    clock_offset_us = Some(stamp.as_micros().saturating_sub(ours));
                }
            }
            match &first {
                None if now >= self.end => {
                    return Err(connection.silence("waiting for the first picture"));
                }
                Some(first) if now >= self.end || is_enough(first, connection.tally(), now) => {
                    return Ok(self.facts(connection, first, clock_offset_us, now));
                }
                _ => {}
            }
        }
    }

    fn facts(
        &self,
        connection: &Connection,
        first: &First,
        clock_offset_us: Option<i64>,
        now: Duration,
    ) -> LiveFacts {
        let tally = connection.tally();
        let seconds = now.saturating_sub(first.at).as_secs_f64().max(f64::EPSILON);
        let intervals = u32::try_from(tally.keyframes.saturating_sub(1)).unwrap_or(u32::MAX);
        let keyframe_interval = tally
            .keyframe_span
            .filter(|_| intervals > 0)
            .map(|(first, last)| last.saturating_sub(first) / intervals);
        LiveFacts {
            video: connection.facts(),
            transport: self.config.transport,
            fps_measured: tally.decoded.saturating_sub(first.tally.decoded) as f64 / seconds,
            keyframe_interval,
            bits_per_second: (tally.bytes.saturating_sub(first.tally.bytes) as f64 * 8.0 / seconds) as u64,
            sender_reports: tally.stamped > 0,
            clock_offset_us,
            first_picture_after: first.at.saturating_sub(self.start),
        }
    }
}

/// Whether all that is asked for has been seen, or is not worth waiting for.
fn is_enough(first: &First, tally: Tally, now: Duration) -> bool {
    let watched = now.saturating_sub(first.at);
    watched >= WATCH_MAX || (watched >= WATCH_MIN && tally.keyframes >= 2 && tally.stamped > 0)
}
