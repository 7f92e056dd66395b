//! Simulated clock, flaky ports, replay camera, RTSP server, scene renderer and oracle for the tests and the demo.
//!
//! Everything here is deterministic: what looks random comes from a seed that the caller gives.

pub mod clock;
pub mod error;
pub mod flaky;
pub mod oracle;
pub mod random;
pub mod recorded;
pub mod replay;
pub mod rtsp;
pub mod scene;

pub use clock::SimulatedClock;
pub use error::Error;
pub use oracle::{Verdict, judge};
pub use recorded::RecordedInference;
pub use replay::Replay;
pub use scene::{Scene, SceneFrame, Truth, plate_still};
