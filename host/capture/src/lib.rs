//! Camera sources to frames: GStreamer lives here and nowhere else.
//!
//! [`open_source`] turns a typed [`SourceConfig`] into a [`Source`], which implements
//! [`ovr_domain::port::FrameSource`]: a [`VideoSource`] for files and test patterns, a [`LiveSource`] for network cameras. Elements are built in code, never from a pipeline string, so that nothing in
//! a configuration can become a pipeline.
//!
//! ```text
//! file   filesrc - decodebin -+
//!                             +- queue - videoconvert - videoflip - appsink
//! test   videotestsrc --------+
//! rtsp   rtspsrc - decoder ---+
//! ```
//!
//! `videoconvert` and `videoflip` pass buffers through untouched unless the decoder gives something other than I420 or
//! NV12, or the container says that the camera was held sideways. The pixels of a frame are therefore normally the
//! decoder's own memory, mapped and not copied.
//!
//! What is deliberately not done: pixels that are not square are not made square, interlaced pictures are not
//! deinterlaced, sound and subtitles are not decoded, and only the first video stream of a file is played.
//!
//! No credential of a camera is ever in an address, a log, an error or a `Debug` output. GStreamer's own log is taken
//! away when it is initialised, whatever `GST_DEBUG` says, because it writes passwords at its higher levels.
//!
//! [`H264Writer`] goes the other way, for the demo, the tests and clips.

mod address;
mod any;
mod config;
mod container;
mod credentials;
mod encode;
mod error;
mod format;
mod live;
mod log;
mod moment;
mod network;
mod options;
mod picture;
mod pipeline;
mod report;
mod rtsp;
mod source;

pub use address::{RtspAddress, Scheme};
pub use any::{Source, open_source};
pub use config::{FileConfig, Pattern, SourceConfig, TestConfig};
pub use credentials::{Credentials, PasswordFrom, Secret};
pub use encode::H264Writer;
pub use error::Error;
pub use live::belief::ClockState;
pub use live::fault::LinkFault;
pub use live::link::{Link, LinkPhase, LinkState};
pub use live::probe::{LiveFacts, ProbeError, probe_live};
pub use live::source::LiveSource;
pub use options::{Options, VideoFacts};
pub use rtsp::{DecoderChoice, RtspConfig, Tls, Transport};
pub use source::{VideoSource, open, probe};
