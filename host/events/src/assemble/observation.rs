//! What the assembler is told, and what it gives.

use ovr_domain::event::{PlateEvent, Vehicle};
use ovr_domain::read::Position;
use ovr_domain::track::Track;
use ovr_domain::{BBox, CropQuality, Digest, Frame, PlateRead, Timestamp};

/// What came of a track's crop on one frame.
#[derive(Debug, Clone, PartialEq)]
pub enum ReadOutcome {
    /// Nobody tried to read it: the reader was busy, or a better crop was at hand.
    NotTried,
    /// The reader gave an error.
    Failed,
    /// It was read.
    Read(PlateRead),
    /// It was looked at, but cannot be read.
    Unreadable {
        /// Why not.
        reason: Unreadable,
        /// How well the crop can be read.
        quality: CropQuality,
        /// Width of the plate on the picture, in pixels.
        width_px: f32,
    },
}

/// Why a crop cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// The plate is too small.
    TooSmall,
    /// It is blurred, dark or glaring.
    PoorPicture,
}

/// One track on one frame.
#[derive(Debug, Clone)]
pub struct Observation<'a> {
    /// The frame.
    pub frame: &'a Frame,
    /// The plate's track; or a vehicle's, for a vehicle on which no plate is seen.
    pub track: Track,
    /// What came of its crop.
    pub read: ReadOutcome,
    /// The vehicle that carries the plate, and its box on this frame.
    pub vehicle: Option<(Vehicle, BBox)>,
}

/// An event to be decided, given its pictures and spooled.
#[derive(Debug, Clone)]
pub struct Emission {
    /// The event, not yet through dedup and without pictures.
    pub event: PlateEvent,
    /// What all reads say of each place of the plate; empty when it was not read.
    pub positions: Vec<Position>,
    /// The frame with the best crop. Nothing when no crop is better than the one that an earlier revision had.
    pub best: Option<Frame>,
    /// When the frame that decided reached this program: the latency of an event counts from here. Nothing for an
    /// event that the end of its track gave, for no frame decided on it.
    pub decided_at: Option<Timestamp>,
}

/// The weights that are at work, where no read says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Digests {
    /// The detector's.
    pub detector: Option<Digest>,
    /// The reader's.
    pub reader: Option<Digest>,
}
