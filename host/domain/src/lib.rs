//! Nouns, ids, geometry, time and ports of OVR-ALPR.
//!
//! Every other crate depends on this one and on none of its siblings, so what crosses a room's border is
//! defined here. Nothing in this crate does I/O, starts a thread or knows an async runtime.

pub mod backoff;
pub mod camera;
pub mod event;
pub mod frame;
pub mod geometry;
pub mod hook;
pub mod ids;
pub mod metric;
pub mod pixels;
pub mod port;
pub mod query;
pub mod read;
pub mod time;
pub mod track;
pub mod view;

pub use event::PlateEvent;
pub use frame::Frame;
pub use geometry::{BBox, Point, Quad};
pub use ids::{CameraId, Digest, EventId, EvidenceId, InstallId, SiteId, TrackId};
pub use pixels::{Picture, RgbImage};
pub use read::{Alternative, CropQuality, PlateRead};
pub use time::{CapturedAt, Timestamp};
pub use track::{Class, Detection};
