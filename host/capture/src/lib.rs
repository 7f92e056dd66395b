//! Camera sources to frames: GStreamer lives here and nowhere else.
//!
//! [`open`] turns a typed [`SourceConfig`] into a [`VideoSource`], which implements
//! [`ovr_domain::port::FrameSource`]. Elements are built in code, never from a pipeline string, so that nothing in
//! a configuration can become a pipeline.
//!
//! ```text
//! file   filesrc - decodebin -+
//!                             +- queue - videoconvert - videoflip - appsink
//! test   videotestsrc --------+
//! ```
//!
//! `videoconvert` and `videoflip` pass buffers through untouched unless the decoder gives something other than I420 or
//! NV12, or the container says that the camera was held sideways. The pixels of a frame are therefore normally the
//! decoder's own memory, mapped and not copied.
//!
//! What is deliberately not done: pixels that are not square are not made square, interlaced pictures are not
//! deinterlaced, sound and subtitles are not decoded, and only the first video stream of a file is played.
//!
//! [`H264Writer`] goes the other way, for the demo, the tests and clips.

mod config;
mod container;
mod encode;
mod error;
mod moment;
mod options;
mod picture;
mod pipeline;
mod report;
mod source;

pub use config::{FileConfig, Pattern, SourceConfig, TestConfig};
pub use encode::H264Writer;
pub use error::Error;
pub use options::{Options, VideoFacts};
pub use source::{VideoSource, open, probe};
