//! How a source is opened, and what it then says of its video.

use std::time::Duration;

use crate::pipeline::Tuning;

/// Most threads of a decoder.
const DECODE_THREADS_MAX: u32 = 16;
/// Most frames that wait for the consumer.
const QUEUE_FRAMES_MAX: u32 = 256;

/// How a source is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Frames come at the pace of their presentation times; without it as fast as they are taken. Nothing is dropped
    /// either way. A network camera has its own pace, and loses frames that are not taken in time.
    pub realtime: bool,
    /// Threads of a software decoder, at most 16; 0 lets the decoder choose.
    pub decode_threads: u32,
    /// Decoded frames that wait for the consumer, 1 to 256. A frame of 1920x1080 takes 3 MB.
    pub queue_frames: u32,
    /// A pipeline that gives neither a frame nor an end for so long has broken off. With `realtime` it must be longer
    /// than the longest gap between two frames. A network camera has its own timeout, in its configuration.
    pub stall_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { realtime: false, decode_threads: 0, queue_frames: 4, stall_timeout: Duration::from_secs(10) }
    }
}

impl Options {
    pub(crate) fn tuning(&self) -> Tuning {
        Tuning {
            realtime: self.realtime,
            decode_threads: self.decode_threads.min(DECODE_THREADS_MAX),
            queue_frames: self.queue_frames.clamp(1, QUEUE_FRAMES_MAX),
            drops: false,
        }
    }
}

/// What a source says of its video.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoFacts {
    /// The codec in GStreamer's words, such as `H.264 / AVC`; a test pattern has none.
    pub codec: Option<String>,
    /// The element that decodes it, such as `avdec_h264`.
    pub decoder: Option<String>,
    /// Width of the first frame in pixels, upright.
    pub width: u32,
    /// Height of the first frame in pixels, upright.
    pub height: u32,
    /// Frames a second; nothing when the stream does not say or varies.
    pub fps: Option<f64>,
    /// Length of the longest stream in the container.
    pub duration: Option<Duration>,
    /// `duration` times `fps`: an estimate, because a container does not count frames.
    pub frames_estimated: Option<u64>,
}
