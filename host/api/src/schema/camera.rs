//! The shapes of what is told of cameras.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::Timestamp;

/// Every camera that the credential may know of, by name.
#[derive(JsonSchema)]
pub(crate) struct CameraList {
    cameras: Vec<CameraStatus>,
}

/// One camera as it is now.
#[derive(JsonSchema)]
struct CameraStatus {
    /// The camera.
    id: String,
    /// Its address or file without credentials; for operators and admins only, null for others.
    source: Option<String>,
    phase: LinkPhase,
    /// Why it is not streaming, and what would be right; for operators and admins only, null for others.
    reason: Option<String>,
    /// When this phase began.
    since: Timestamp,
    /// Attempts to connect since it last streamed; 0 while it streams.
    attempts: u32,
    /// Times that it was connected again since it was begun or changed.
    reconnects: u64,
    /// The codec of its video, once it is known.
    codec: Option<String>,
    /// What decodes it, once it is known.
    decoder: Option<String>,
    /// Width of its picture in pixels, once it is known.
    width: Option<u32>,
    /// Height of its picture in pixels, once it is known.
    height: Option<u32>,
    /// Frames a second, measured over the last few seconds.
    fps: f32,
    /// Frames that were decoded since it was begun or changed.
    frames: u64,
    /// Frames that were dropped since it was begun or changed, by reason.
    dropped: BTreeMap<String, u64>,
    /// Frames that the detector looked at since it was begun or changed.
    looks: u64,
    /// Plate crops that were read since it was begun or changed.
    reads: u64,
    /// When the newest frame reached the program.
    last_frame_at: Option<Timestamp>,
    /// Whether the clock behind the newest frame's time was synchronised.
    clock_synchronised: Option<bool>,
    health: CameraHealth,
}

/// Where the connection to a camera stands.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
enum LinkPhase {
    /// It is being connected to for the first time.
    Connecting,
    /// Frames come.
    Streaming,
    /// It was there, but no frame came any more, or the same picture again and again.
    Stalled,
    /// It cannot be connected to, or broke off; it is tried again and again.
    Failed,
    /// It came to its regular end, or it was taken away.
    Ended,
}

/// How well a camera sees. Medians are over the recent reads or frames, null where there are none.
#[derive(JsonSchema)]
struct CameraHealth {
    /// Median width of the plates that were read, in pixels.
    plate_width_px: Option<f32>,
    /// Median sharpness of the plates that were read, see `CropQuality`.
    sharpness: Option<f32>,
    /// Median luma of the frames, 0 (black) to 1 (white).
    exposure: Option<f32>,
    /// Median time from a coded picture entering a network camera's decoder to the picture leaving it, in milliseconds; with
    /// the wait for the next pictures where the decoder needs them. Null for a file.
    decode_ms: Option<f32>,
    /// Looks of the detector a second, measured over the last few seconds.
    looks_per_second: f32,
    /// Of the looks that are due by configuration each so many-th is taken: 1, and more while the networks cannot keep up.
    look_every: u32,
    /// Plates read in the last hour.
    reads_last_hour: u32,
    /// Mean number of plates read in the hour up to this time of past days.
    reads_usual: Option<f32>,
    /// What a technician should look at.
    warnings: Vec<HealthWarning>,
}

/// What is wrong with what a camera sees.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
enum HealthWarning {
    /// It looks somewhere else than it did.
    Moved,
    /// Something stands or hangs before it.
    Covered,
    /// The picture is too dark.
    Dark,
    /// The picture is too bright.
    Overexposed,
    /// The picture is out of focus, or the lens is dirty.
    Blurred,
    /// It reads far fewer plates than at the same hour of past days.
    FewerReads,
    /// Plates are too small on its picture to be read well.
    PlatesSmall,
}
