//! A frame: one picture of one camera, with when it was taken.

use std::time::Duration;

use crate::ids::CameraId;
use crate::pixels::Picture;
use crate::time::{CapturedAt, Timestamp};

/// One picture of one camera; cheap to clone.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The camera.
    pub camera: CameraId,
    /// Counts the frames that the source delivered, from 0, without gaps.
    pub sequence: u64,
    /// When the picture was taken, by the best clock there is.
    pub captured_at: CapturedAt,
    /// When the frame reached this program.
    pub received_at: Timestamp,
    /// Presentation time since the start of the stream.
    pub presented_at: Duration,
    /// The pixels.
    pub picture: Picture,
}
