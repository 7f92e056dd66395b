//! The event: one vehicle pass, as it is spooled, sent, stored and served.

use serde::{Deserialize, Serialize};

use crate::geometry::{BBox, Quad};
use crate::ids::{CameraId, Digest, EventId, EvidenceId, SiteId, TrackId};
use crate::read::CropQuality;
use crate::time::Timestamp;
use crate::track::Class;

/// One vehicle pass. `(event_id, revision)` names one state of it; a greater revision replaces a smaller one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlateEvent {
    /// The pass.
    pub event_id: EventId,
    /// Counts the states of this pass from 1.
    pub revision: u32,
    /// How far the pass is.
    pub lifecycle: Lifecycle,
    /// The site of the camera.
    pub site_id: SiteId,
    /// The camera.
    pub camera_id: CameraId,
    /// The lane, where lanes are drawn.
    pub lane_id: Option<String>,
    /// The track that gave the reads.
    pub track_id: TrackId,

    /// When the best crop was taken, at the first report; it stays the same in later revisions.
    pub captured_at: Timestamp,
    /// Whether the clock behind `captured_at` was synchronised.
    pub clock_synchronised: bool,
    /// When that frame reached this program.
    pub received_at: Timestamp,
    /// Capture time of the track's first frame.
    pub first_seen: Timestamp,
    /// Capture time of the track's last frame so far.
    pub last_seen: Timestamp,
    /// Frames on which the track was detected so far.
    pub frames_seen: u32,

    /// The fused characters exactly as read. Nothing when the vehicle passed unread.
    pub plate_observed: Option<String>,
    /// `plate_observed` reduced by [`crate::read::normalize`]: what is searched and compared.
    pub plate_normalized: Option<String>,
    /// The plate after a format's rules, where one changed it.
    pub plate_corrected: Option<String>,
    /// What those rules changed.
    pub corrections: Vec<Correction>,
    /// For each character of `plate_observed`, 0 to 1.
    pub char_confidences: Vec<f32>,
    /// Other texts that the reads admit, the best first; the first is the plate itself.
    pub candidates: Vec<Candidate>,
    /// Of the whole plate, 0 to 1.
    pub confidence: f32,
    /// How many reads there were and how many agree.
    pub votes: Votes,
    /// Why there is no plate; set exactly when `plate_observed` is nothing.
    pub unread_reason: Option<UnreadReason>,

    /// ISO 3166-1 alpha-2, where a format tells it.
    pub country: Option<String>,
    /// Region within the country, where the plate tells it.
    pub region: Option<String>,
    /// The format that the plate follows.
    pub format_id: Option<String>,
    /// What the format check said.
    pub verdict: Verdict,
    /// What kind of registration the plate shows, where a format tells it: `standard`, `diplomatic`, `taxi` and so on.
    #[serde(default)]
    pub series: Option<String>,
    /// The plates and formats that the reads admit, the most probable first; when the verdict is valid, the first is the one
    /// above, else it is only the nearest.
    #[serde(default)]
    pub formats: Vec<FormatMatch>,

    /// The plate's corners on the best frame, in pixels.
    pub plate_quad: Option<Quad>,
    /// The plate's width on the best frame, in pixels.
    pub plate_width_px: Option<f32>,
    /// The vehicle on the best frame, in pixels.
    pub vehicle_box: Option<BBox>,
    /// What the vehicle is.
    pub vehicle: Option<Vehicle>,
    /// Which way it went.
    pub direction: Option<Direction>,
    /// How well the best crop can be read.
    pub quality: Option<CropQuality>,
    /// The pictures.
    pub evidence: Vec<EvidenceRef>,

    /// The detector's weights.
    pub detector_digest: Option<Digest>,
    /// The reader's weights.
    pub reader_digest: Option<Digest>,
    /// The plugins that touched the event.
    pub plugin_digests: Vec<Digest>,
    /// The plugins that should have and could not.
    #[serde(default)]
    pub plugin_failures: Vec<PluginFailure>,
    /// What plugins added.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
    /// Whether the event repeats another.
    pub dedup: Dedup,
}

/// How far a pass is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    /// The reads agreed for the first time: a gate may open.
    New,
    /// The agreed plate changed while the vehicle was still in view.
    Update,
    /// The track ended; the last revision.
    Final,
}

impl PlateEvent {
    /// The first state of a pass of which nothing is known but who saw it and when: unread, not checked, not compared with
    /// others. Whoever makes an event fills in what was seen.
    pub fn of_pass(
        event_id: EventId,
        site_id: SiteId,
        camera_id: CameraId,
        track_id: TrackId,
        at: Timestamp,
    ) -> Self {
        let undecided = Dedup {
            decision: DedupDecision::Emit,
            repeats_event_id: None,
            reason: "dedup has not decided yet".to_owned(),
        };
        Self {
            event_id,
            revision: 1,
            lifecycle: Lifecycle::New,
            site_id,
            camera_id,
            lane_id: None,
            track_id,
            captured_at: at,
            clock_synchronised: false,
            received_at: at,
            first_seen: at,
            last_seen: at,
            frames_seen: 0,
            plate_observed: None,
            plate_normalized: None,
            plate_corrected: None,
            corrections: Vec::new(),
            char_confidences: Vec::new(),
            candidates: Vec::new(),
            confidence: 0.0,
            votes: Votes::default(),
            unread_reason: Some(UnreadReason::NoPlateSeen),
            country: None,
            region: None,
            format_id: None,
            verdict: Verdict::Unchecked { why: "no plate-format plugin is loaded".to_owned() },
            series: None,
            formats: Vec::new(),
            plate_quad: None,
            plate_width_px: None,
            vehicle_box: None,
            vehicle: None,
            direction: None,
            quality: None,
            evidence: Vec::new(),
            detector_digest: None,
            reader_digest: None,
            plugin_digests: Vec::new(),
            plugin_failures: Vec::new(),
            attributes: Vec::new(),
            dedup: undecided,
        }
    }

    /// The plate that counts: after a format's rules where one changed it, else as it was read.
    pub fn plate(&self) -> Option<&str> {
        self.plate_corrected.as_deref().or(self.plate_normalized.as_deref())
    }
}

/// One character that a format's rule changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Index of the character in `plate_observed`, from 0; for one that was added, of the character that it stands before.
    pub position: u32,
    /// What was read; nothing where no character was seen.
    pub from: Option<char>,
    /// What it became; nothing where none stands.
    pub to: Option<char>,
    /// The rule that says so.
    pub rule: String,
}

/// Most format matches of one event.
pub const FORMATS_MAX: usize = 8;

/// Most attributes of one event.
pub const ATTRIBUTES_MAX: usize = 64;

/// A plate in a format that the reads admit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormatMatch {
    /// Letters and digits without separators.
    pub plate: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Name of the region, where the plate tells it.
    pub region: Option<String>,
    /// The format.
    pub format_id: String,
    /// What kind of registration it is for.
    pub series: String,
    /// Its probability among everything that the reads admit, 0 to 1.
    pub score: f32,
}

/// A key with a value that a plugin added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// 1 to 64 characters out of a-z 0-9 - _ .
    pub key: String,
    /// Up to 256 characters.
    pub value: String,
    /// The plugin that added it.
    pub plugin: String,
}

/// A plugin that should have touched an event and could not; the event goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginFailure {
    /// Name of the plugin.
    pub plugin: String,
    /// What went wrong, such as `deadline: it took longer than 50 ms`.
    pub reason: String,
}

/// A text that the reads admit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The text.
    pub plate: String,
    /// Its share among the candidates, 0 to 1.
    pub score: f32,
}

/// Reads of a track: one a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Votes {
    /// Frames that were read.
    pub frames: u32,
    /// Frames whose best text is the plate.
    pub agreeing: u32,
}

/// Why a vehicle passed unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnreadReason {
    /// The plate was never wide enough to be read.
    TooSmall,
    /// The plate was wide enough, but blurred, dark or glaring on every frame.
    PoorPicture,
    /// There were reads, but they never agreed.
    NoConsensus,
    /// The reader gave an error on every crop.
    ReaderFailed,
    /// The vehicle was seen, a plate was not.
    NoPlateSeen,
}

/// What the format check said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Verdict {
    /// The plate follows a format.
    Valid,
    /// It follows none; the event is kept and flagged.
    Invalid {
        /// What does not fit.
        reason: String,
    },
    /// Nobody checked.
    Unchecked {
        /// Why not.
        why: String,
    },
}

/// What carries the plate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Vehicle {
    /// Its class.
    pub class: Class,
    /// 0 to 1.
    pub confidence: f32,
}

/// Which way a vehicle went, seen from the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Towards the camera.
    Approaching,
    /// Away from the camera.
    Receding,
    /// To the left of the picture.
    Left,
    /// To the right of the picture.
    Right,
    /// It hardly moved.
    Stationary,
}

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// The plate alone.
    PlateCrop,
    /// The vehicle, or what surrounds the plate.
    VehicleCrop,
    /// The whole picture.
    Scene,
}

/// Where a picture of the event is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRef {
    /// What it shows.
    pub kind: EvidenceKind,
    /// How to ask for it.
    pub id: EvidenceId,
    /// Of the picture's bytes.
    pub sha256: Digest,
    /// When it will be purged.
    pub expires_at: Timestamp,
}

/// Whether an event repeats another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dedup {
    /// What was decided.
    pub decision: DedupDecision,
    /// The event that this one repeats, when it was not emitted for itself.
    pub repeats_event_id: Option<EventId>,
    /// Why.
    pub reason: String,
}

/// What the dedup policy decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DedupDecision {
    /// A pass of its own.
    Emit,
    /// A repeat: stored, but neither alerted nor counted.
    Suppress,
    /// The same pass seen again: stored and joined to the event that it repeats.
    Merge,
}
