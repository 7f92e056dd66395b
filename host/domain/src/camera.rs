//! What is known of a camera while it runs: the state of its link, what it has given, and how well it sees.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::CameraId;
use crate::time::Timestamp;

/// Where the connection to a camera stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPhase {
    /// It is being connected to for the first time.
    Connecting,
    /// Frames come.
    Streaming,
    /// It was there, but no frame came any more, or the same picture again and again; it is being connected to again.
    Stalled,
    /// It cannot be connected to, or broke off; it is tried again and again, rarely where a person must mend something, such
    /// as a wrong password or a codec that nobody decodes.
    Failed,
    /// It came to its regular end, as a file does, or it was taken away.
    Ended,
}

/// One camera as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraStatus {
    /// The camera.
    pub id: CameraId,
    /// Its address or file, never with credentials. Nothing where whoever asks may not know it.
    pub source: Option<String>,
    /// Where the connection stands.
    pub phase: LinkPhase,
    /// Why it is not streaming, and what would be right, never with credentials. Nothing when there is nothing to say, or
    /// where whoever asks may not know it.
    pub reason: Option<String>,
    /// When this phase began.
    pub since: Timestamp,
    /// Attempts to connect since it last streamed; 0 while it streams.
    pub attempts: u32,
    /// Times that it was connected again since it was begun or changed.
    pub reconnects: u64,
    /// The codec of its video, such as `H.264`, once it is known.
    pub codec: Option<String>,
    /// What decodes it, such as `avdec_h264`, once it is known.
    pub decoder: Option<String>,
    /// Width of its picture in pixels, once it is known.
    pub width: Option<u32>,
    /// Height of its picture in pixels, once it is known.
    pub height: Option<u32>,
    /// Frames a second, measured over the last few seconds; 0 when none came, never infinite.
    pub fps: f32,
    /// Frames that were decoded since it was begun or changed.
    pub frames: u64,
    /// Frames that were dropped since it was begun or changed, by reason, such as `queue_full`.
    pub dropped: BTreeMap<String, u64>,
    /// Frames that the detector looked at since it was begun or changed.
    pub looks: u64,
    /// Plate crops that were read since it was begun or changed.
    pub reads: u64,
    /// When the newest frame reached this program.
    pub last_frame_at: Option<Timestamp>,
    /// Whether the clock behind the newest frame's time was synchronised.
    pub clock_synchronised: Option<bool>,
    /// How well it sees.
    pub health: CameraHealth,
}

/// How well a camera sees. Medians are over the recent reads or frames, and nothing where there are none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CameraHealth {
    /// Median width of the plates that were read, in pixels.
    pub plate_width_px: Option<f32>,
    /// Median of [`crate::CropQuality::sharpness`] of the plates that were read.
    pub sharpness: Option<f32>,
    /// Median luma of the frames, 0 (black) to 1 (white).
    pub exposure: Option<f32>,
    /// Median time from the last piece of a coded picture entering a network camera's decoder to the picture leaving it, in
    /// milliseconds. Where pictures are not decoded in the order in which they are shown, or several at once, it has the wait
    /// for the next ones in it. Nothing of a file.
    pub decode_ms: Option<f32>,
    /// Looks of the detector a second, measured over the last few seconds; 0 when there were none.
    pub looks_per_second: f32,
    /// Of the looks that are due by configuration each so many-th is taken: 1, and more while the networks cannot keep up.
    pub look_every: u32,
    /// Plates read in the last hour.
    pub reads_last_hour: u32,
    /// Mean number of plates read in the hour up to this time of past days.
    pub reads_usual: Option<f32>,
    /// What a technician should look at, each once.
    pub warnings: Vec<HealthWarning>,
}

/// What is wrong with what a camera sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthWarning {
    /// It looks somewhere else than it did.
    Moved,
    /// It sends one and the same picture, also after it was connected to again.
    Frozen,
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

impl HealthWarning {
    /// Every warning, with the name that it has in answers and metrics.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Moved, "moved"),
        (Self::Frozen, "frozen"),
        (Self::Covered, "covered"),
        (Self::Dark, "dark"),
        (Self::Overexposed, "overexposed"),
        (Self::Blurred, "blurred"),
        (Self::FewerReads, "fewer_reads"),
        (Self::PlatesSmall, "plates_small"),
    ];
}

/// Which picture is wanted of a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// Longest side of the picture in pixels, at least 1. A smaller frame is not enlarged.
    pub side_px_max: u32,
    /// Whether zones, lanes, boxes and plate widths are drawn on it.
    pub overlay: bool,
    /// The frame ([`Still::received_at`]) that whoever asks already has: while it is the newest, nothing is encoded.
    pub known: Option<Timestamp>,
}

/// One picture of a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Still {
    /// A complete JPEG.
    pub jpeg: Vec<u8>,
    /// When the frame was taken, by the best clock there is.
    pub captured_at: Timestamp,
    /// When the frame reached this program; tells the frames of a camera apart, whatever its own clock does.
    pub received_at: Timestamp,
}

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoStill {
    /// There is no such camera.
    #[error("there is no such camera")]
    NoCamera,
    /// The camera has given no frame yet, or has been away for a while.
    #[error("the camera gives no frame")]
    NoFrame,
    /// The newest frame is [`Snapshot::known`].
    #[error("the camera has given no other frame since")]
    SameFrame,
    /// The frame cannot be made into a picture.
    #[error("making a picture of the newest frame: {reason}")]
    Failed {
        /// What is wrong.
        reason: String,
    },
}

/// What every camera does right now. Real: the running pipelines. Second: a board in memory, in the API's tests.
pub trait CameraBoard: Send + Sync {
    /// Every camera that is configured. From memory: it is asked on a thread that must not wait.
    fn statuses(&self) -> Vec<CameraStatus>;
    /// A JPEG of the newest frame. It takes as long as drawing and encoding take, and is asked on a thread that may block;
    /// it must hold nothing meanwhile that a pipeline waits for.
    fn snapshot(&self, camera: &CameraId, want: Snapshot) -> Result<Still, NoStill>;
    /// A JPEG that says since when a camera gives no frames, for those who watch it live and would take its last picture for
    /// the present. [`Still::received_at`] is since when. [`NoStill::NoFrame`] where its next frame is due.
    fn absence(&self, camera: &CameraId, want: Snapshot) -> Result<Still, NoStill>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_warning_has_in_metrics_the_name_that_it_has_in_answers() {
        for (warning, name) in HealthWarning::ALL {
            assert_eq!(serde_json::to_string(&warning).unwrap(), format!("\"{name}\""));
        }
    }

    #[test]
    fn states_and_warnings_are_written_in_snake_case_and_read_back() {
        let status = CameraStatus {
            id: CameraId::numbered("gate", 1),
            source: None,
            phase: LinkPhase::Stalled,
            reason: Some("no frame for 5 s".to_owned()),
            since: Timestamp::from_micros(1_795_421_700_000_000),
            attempts: 0,
            reconnects: 3,
            codec: Some("H.264".to_owned()),
            decoder: None,
            width: Some(1920),
            height: Some(1080),
            fps: 0.1,
            frames: 1_000,
            dropped: BTreeMap::from([("queue_full".to_owned(), 2)]),
            looks: 500,
            reads: 7,
            last_frame_at: None,
            clock_synchronised: Some(false),
            health: CameraHealth {
                warnings: vec![HealthWarning::FewerReads, HealthWarning::PlatesSmall],
                ..CameraHealth::default()
            },
        };
        let text = serde_json::to_string(&status).unwrap();
        for part in [
            r#""phase":"stalled""#,
            r#""since":"2026-11-23T08:15:00.000000Z""#,
            r#""dropped":{"queue_full":2}"#,
            r#""fps":0.1"#,
            r#""warnings":["fewer_reads","plates_small"]"#,
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
        assert_eq!(serde_json::from_str::<CameraStatus>(&text).unwrap(), status);
    }
}
