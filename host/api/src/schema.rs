//! The shapes of answers, for OpenAPI. They mirror the domain's types, which know nothing of schemas; a test holds a
//! serialised event against them, so that the two cannot drift apart.
#![expect(dead_code, reason = "these types are never built: only their schemas are used")]

mod camera;

use schemars::JsonSchema;

pub(crate) use camera::CameraList;

/// UUID in lower-case hexadecimal with hyphens.
#[derive(JsonSchema)]
#[schemars(extend("format" = "uuid"))]
struct Id(String);

/// SHA-256 as 64 lower-case hexadecimal digits.
#[derive(JsonSchema)]
#[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
struct Digest(String);

/// RFC 3339 in UTC with microseconds.
#[derive(JsonSchema)]
#[schemars(extend("format" = "date-time"))]
struct Timestamp(String);

/// One vehicle pass. A greater revision of the same `event_id` replaces a smaller one.
#[derive(JsonSchema)]
pub(crate) struct PlateEvent {
    /// The pass.
    event_id: Id,
    /// Counts the states of this pass from 1.
    revision: u32,
    lifecycle: Lifecycle,
    /// The site of the camera.
    site_id: String,
    /// The camera.
    camera_id: String,
    /// The lane, where lanes are drawn.
    lane_id: Option<String>,
    /// The track that gave the reads; unique for the camera within one run.
    track_id: u64,
    /// When the best crop was taken at the first report; it stays the same in later revisions.
    captured_at: Timestamp,
    /// Whether the clock behind `captured_at` was synchronised.
    clock_synchronised: bool,
    /// When that frame reached the program.
    received_at: Timestamp,
    /// Capture time of the track's first frame.
    first_seen: Timestamp,
    /// Capture time of the track's last frame so far.
    last_seen: Timestamp,
    /// Frames on which the track was detected so far.
    frames_seen: u32,
    /// The fused characters exactly as read; null when the vehicle passed unread.
    plate_observed: Option<String>,
    /// Letters in upper case and digits only: what is searched.
    plate_normalized: Option<String>,
    /// The plate after a format's rules, where one changed it.
    plate_corrected: Option<String>,
    /// What those rules changed.
    corrections: Vec<Correction>,
    /// For each character of `plate_observed`, 0 to 1.
    char_confidences: Vec<f32>,
    /// Texts that the reads admit, the best first.
    candidates: Vec<Candidate>,
    /// Of the whole plate, 0 to 1.
    confidence: f32,
    votes: Votes,
    /// Why there is no plate; set exactly when `plate_observed` is null.
    unread_reason: Option<UnreadReason>,
    /// ISO 3166-1 alpha-2, where a format tells it.
    country: Option<String>,
    /// Region within the country, where the plate tells it.
    region: Option<String>,
    /// The format that the plate follows.
    format_id: Option<String>,
    verdict: Verdict,
    /// What kind of registration the plate shows, where a format tells it: `standard`, `diplomatic`, `taxi` and so on.
    series: Option<String>,
    /// The plates and formats that the reads admit, the most probable first; the first is the one above.
    formats: Vec<FormatMatch>,
    /// The plate's four corners on the best frame, in pixels, from the top left clockwise.
    plate_quad: Option<[Point; 4]>,
    /// The plate's width on the best frame, in pixels.
    plate_width_px: Option<f32>,
    /// The vehicle on the best frame, in pixels.
    vehicle_box: Option<BBox>,
    /// What the vehicle is.
    vehicle: Option<Vehicle>,
    /// Which way it went, seen from the camera.
    direction: Option<Direction>,
    /// How well the best crop can be read.
    quality: Option<CropQuality>,
    /// The pictures.
    evidence: Vec<EvidenceRef>,
    /// The detector's weights.
    detector_digest: Option<Digest>,
    /// The reader's weights.
    reader_digest: Option<Digest>,
    /// The plugins that touched the event.
    plugin_digests: Vec<Digest>,
    /// The plugins that should have touched the event and could not.
    plugin_failures: Vec<PluginFailure>,
    /// What plugins added.
    attributes: Vec<Attribute>,
    dedup: Dedup,
}

/// `new` as soon as the reads agree, `update` when the agreed plate changes, `final` when the track has ended.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Lifecycle {
    New,
    Update,
    Final,
}

/// One character that a format's rule changed.
#[derive(JsonSchema)]
struct Correction {
    /// Index of the character in `plate_observed`, from 0; for one that was added, of the character that it stands before.
    position: u32,
    /// What was read; null where no character was seen.
    from: Option<char>,
    /// What it became; null where none stands.
    to: Option<char>,
    /// The rule that says so.
    rule: String,
}

/// A plate in a format that the reads admit.
#[derive(JsonSchema)]
struct FormatMatch {
    /// Letters and digits without separators.
    plate: String,
    /// ISO 3166-1 alpha-2.
    country: String,
    /// Name of the region, where the plate tells it.
    region: Option<String>,
    /// The format.
    format_id: String,
    /// What kind of registration it is for.
    series: String,
    /// Its probability among everything that the reads admit, 0 to 1.
    score: f32,
}

/// A key with a value that a plugin added.
#[derive(JsonSchema)]
struct Attribute {
    /// 1 to 64 characters out of a-z 0-9 - _ .
    key: String,
    /// Up to 256 characters.
    value: String,
    /// The plugin that added it.
    plugin: String,
}

/// A plugin that should have touched an event and could not; the event went on.
#[derive(JsonSchema)]
struct PluginFailure {
    /// Name of the plugin.
    plugin: String,
    /// What went wrong.
    reason: String,
}

/// A text that the reads admit.
#[derive(JsonSchema)]
struct Candidate {
    /// The text.
    plate: String,
    /// Its share among the candidates, 0 to 1.
    score: f32,
}

/// Reads of the track, one a frame.
#[derive(JsonSchema)]
struct Votes {
    /// Frames that were read.
    frames: u32,
    /// Frames whose best text is the plate.
    agreeing: u32,
}

/// Why a vehicle passed unread.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
enum UnreadReason {
    TooSmall,
    PoorPicture,
    NoConsensus,
    ReaderFailed,
    NoPlateSeen,
}

/// What the format check said.
#[derive(JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Verdict {
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

/// A point on the picture, in pixels.
#[derive(JsonSchema)]
struct Point {
    x: f32,
    y: f32,
}

/// A box on the picture, in pixels.
#[derive(JsonSchema)]
struct BBox {
    x1: f32,
    y1: f32,
    x2: f32,
    y2: f32,
}

/// What carries the plate.
#[derive(JsonSchema)]
struct Vehicle {
    class: Class,
    /// 0 to 1.
    confidence: f32,
}

/// What is found on a picture.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Class {
    Plate,
    Car,
    Truck,
    Bus,
    Motorcycle,
}

/// Which way a vehicle went, seen from the camera.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Direction {
    Approaching,
    Receding,
    Left,
    Right,
    Stationary,
}

/// How well a crop can be read.
#[derive(JsonSchema)]
struct CropQuality {
    /// Variance of the Laplacian after scaling to 32 rows; above 100 is sharp.
    sharpness: f32,
    /// Spread between the 5th and the 95th percentile of the luma, 0 to 1.
    contrast: f32,
    /// Mean luma, 0 (black) to 1 (white).
    exposure: f32,
}

/// A picture of the event.
#[derive(JsonSchema)]
struct EvidenceRef {
    kind: EvidenceKind,
    /// For `GET /api/v1/evidence/{id}`.
    id: Id,
    /// Of the picture's bytes.
    sha256: Digest,
    /// When it will be purged.
    expires_at: Timestamp,
}

/// What a picture shows.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
enum EvidenceKind {
    PlateCrop,
    VehicleCrop,
    Scene,
}

/// Whether the event repeats another.
#[derive(JsonSchema)]
struct Dedup {
    decision: DedupDecision,
    /// The event that this one repeats.
    repeats_event_id: Option<Id>,
    /// Why.
    reason: String,
}

/// `emit` is a pass of its own; the others are stored, but neither alerted nor counted.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
enum DedupDecision {
    Emit,
    Suppress,
    Merge,
}

/// One page of a search.
#[derive(JsonSchema)]
pub(crate) struct EventPage {
    /// The newest first.
    events: Vec<PlateEvent>,
    /// Give it as `cursor` for the next page; null on the last one.
    next_cursor: Option<String>,
}

/// The process answers.
#[derive(JsonSchema)]
pub(crate) struct Health {
    /// Always true.
    alive: bool,
}

/// Every part works.
#[derive(JsonSchema)]
pub(crate) struct Readiness {
    /// Always true; not ready is a 503.
    ready: bool,
    /// Each part; for requests with a credential only.
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<Check>>,
}

/// One part of the program.
#[derive(JsonSchema)]
pub(crate) struct Check {
    /// The part.
    name: String,
    /// Whether it works.
    ok: bool,
    /// Why it does not; for operators and admins of the whole site only.
    reason: Option<String>,
}

/// A refusal or a failure (RFC 9457).
#[derive(JsonSchema)]
pub(crate) struct Problem {
    /// Names the kind of problem: `urn:ovr-alpr:problem:KIND`.
    #[serde(rename = "type")]
    kind: String,
    /// What the kind means.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is wrong this time and what would be right.
    detail: String,
    /// Names this occurrence, here and in the server's log.
    instance: String,
    /// The parts that were looked at; on `/readyz` with a credential only.
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<Check>>,
}
