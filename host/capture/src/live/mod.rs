//! Network cameras: connections that come and go, and one source that stays.
//!
//! ```text
//! dial         resolve, check (S10), connect once, read the password       a thread of its own, for as long as it takes
//! connection   rtspsrc - queue - depay - parse - decode - tail - appsink   one RTSP session
//! source       dials, waits, watches; frames in order over all connections
//! tear_down    pipelines that end                                          a thread each, for as long as it takes
//! ```
//!
//! What decides anything is free of GStreamer and of clocks, and has its tests beside it: [`retry`] (when to try again),
//! [`opening`] (whether a session leads to a picture), [`stall`] (whether pictures come and move), [`belief`] (whether the camera's clock is believed), [`timeline`]
//! (presentation times over all connections), [`decoder`] (which one) and [`fault`] (what is wrong and what would be
//! right).

pub(crate) mod belief;
mod chain;
mod connection;
mod datagrams;
mod decode_time;
mod decoder;
mod dial;
pub(crate) mod fault;
mod heard;
pub(crate) mod link;
mod opening;
pub(crate) mod probe;
mod retry;
pub(crate) mod source;
mod stall;
mod tear_down;
mod telling;
mod timeline;
