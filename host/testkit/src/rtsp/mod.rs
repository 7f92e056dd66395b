//! An RTSP server in the test's own process: a camera that can be told to misbehave.
//!
//! It serves access units that were encoded before ([`Video`]) on the loopback interface, by RTSP 1.0 (RFC 2326) over
//! TCP interleaved or UDP, as H.264 (RFC 6184), H.265 (RFC 7798) or Motion JPEG (RFC 2435), with RTCP sender reports
//! (RFC 3550) whose clock may lie. A [`Fault`] is switched on and off for a mount while it runs. Dropping the server
//! closes every socket and joins every thread.
//!
//! ```no_run
//! # fn main() -> Result<(), ovr_testkit::Error> {
//! # let annex_b: Vec<u8> = Vec::new();
//! use std::time::Duration;
//! use ovr_testkit::rtsp::{Codec, Fault, Login, Mount, RtspServer, Scheme, Video};
//!
//! let video = Video::from_annex_b(Codec::H264, &annex_b, 25)?;
//! let server = RtspServer::start()?;
//! server.mount("/gate", Mount::new(video).login(Login::new("viewer", "secret", &[Scheme::DigestMd5])))?;
//! let address = server.address("/gate"); // rtsp://127.0.0.1:40123/gate
//! server.fault("/gate", Fault::Stall)?; // From now on the connection stays and nothing comes.
//! server.heal("/gate")?;
//! server.fault_for("/gate", Fault::Refuse, Duration::from_secs(10))?; // Ends by itself.
//! assert_eq!(server.counters("/gate")?.requests("PLAY"), 1);
//! # drop(address); Ok(()) }
//! ```
//!
//! One thread serves one connection, requests and media alike, so that nothing of one client waits for another's.

mod accept;
mod auth;
mod connection;
mod counters;
mod fault;
mod garbage;
mod jpeg;
mod media;
mod message;
mod mount;
mod mp4;
mod packet;
mod player;
mod report;
mod sdp;
mod sending;
mod server;
mod transport;
mod wire;

pub use auth::{Login, Scheme};
pub use counters::{Counters, Totals};
pub use fault::{Fault, WrongAnswer};
pub use garbage::Layer;
pub use media::{AccessUnit, Codec, Video};
pub use mount::Mount;
pub use report::ReportClock;
pub use server::{CONNECTIONS_MAX, MOUNTS_MAX, RtspServer};

#[cfg(test)]
mod tests;
