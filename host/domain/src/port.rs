//! Ports: what the rooms ask of the outside, each with a real and a second real or faulty implementation.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use crate::event::{EvidenceKind, PlateEvent};
use crate::frame::Frame;
use crate::ids::{CameraId, Digest, EventId, EvidenceId};
use crate::pixels::Picture;
use crate::query::{EventPage, EventQuery};
use crate::time::Timestamp;
use crate::track::Detection;

/// Gives frames one after the other. Real: GStreamer. Second: the testkit's replay camera.
pub trait FrameSource: Send {
    /// Waits for the next frame. `Ok(None)` is the regular end of the stream; after it or an error there are no
    /// more frames. Frames that were decoded before an error have all been delivered.
    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError>;
}

/// Why a source gives no more frames.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// What was asked for cannot be opened.
    #[error("cannot open {source_name}: {reason}")]
    Open {
        /// File or address, without credentials.
        source_name: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// It opened, but is no video that can be decoded.
    #[error("{source_name} is no video that can be decoded: {reason}")]
    NoVideo {
        /// File or address, without credentials.
        source_name: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The stream broke off.
    #[error("{source_name} broke off after {frames} frames: {reason}")]
    BrokenOff {
        /// File or address, without credentials.
        source_name: String,
        /// Frames that were delivered before.
        frames: u64,
        /// What is wrong.
        reason: String,
    },
}

/// Finds things on a picture. Real: YOLO networks.
pub trait Detector: Send {
    /// Everything found, in pixels of the full-size picture, in no particular order, confidences above the
    /// detector's own floor.
    fn detect(&mut self, picture: &Picture) -> Result<Vec<Detection>, InferenceError>;
    /// The weights.
    fn digest(&self) -> Digest;
}

/// A dense tensor of 32-bit floats, row-major.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tensor {
    /// Size of each dimension.
    pub shape: Vec<usize>,
    /// `shape.iter().product()` values.
    pub data: Vec<f32>,
}

/// Name, shape and element type of a model's input or output; `None` is a dimension that is free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// The name in the graph.
    pub name: String,
    /// Size of each dimension.
    pub shape: Vec<Option<usize>>,
    /// Element type in ONNX's own words, such as `f32` or `u8`.
    pub element: String,
}

/// What a model says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInfo {
    /// File name, for messages.
    pub name: String,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// The execution provider that runs it: `cpu`, `cuda` or `tensorrt`.
    pub provider: String,
    /// In the graph's order.
    pub inputs: Vec<TensorSpec>,
    /// In the graph's order.
    pub outputs: Vec<TensorSpec>,
    /// The model's own metadata.
    pub metadata: BTreeMap<String, String>,
}

/// Why a model gives no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InferenceError {
    /// The inference runtime itself cannot be loaded.
    #[error("cannot load ONNX Runtime from {library}: {reason}")]
    Runtime {
        /// Path of the shared library.
        library: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The file cannot be loaded.
    #[error("cannot load model {model}: {reason}")]
    Load {
        /// File name.
        model: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The model's inputs or outputs are none that this program decodes.
    #[error("model {model} has a layout that is not known: {reason}")]
    Layout {
        /// File name.
        model: String,
        /// What was found and what would be right.
        reason: String,
    },
    /// Running it failed.
    #[error("running model {model}: {reason}")]
    Run {
        /// File name.
        model: String,
        /// What the runtime said.
        reason: String,
    },
}

/// A loaded network with one input. Real: ONNX Runtime. Second: recorded outputs.
pub trait Inference: Send {
    /// What the model says of itself.
    fn info(&self) -> &ModelInfo;
    /// Runs the network on one input and gives all outputs as 32-bit floats, in the graph's order. An input of
    /// bytes is rounded from the floats given.
    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, InferenceError>;
}

impl<T: Inference + ?Sized> Inference for Box<T> {
    fn info(&self) -> &ModelInfo {
        (**self).info()
    }

    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, InferenceError> {
        (**self).run(input)
    }
}

/// One record on its way: an event as Avro bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Which pass, to match acknowledgements in logs and tests.
    pub event_id: EventId,
    /// `site/camera`: the partition key.
    pub key: String,
    /// Avro datum of the event with the writer's schema fingerprint in front, see `ovr-events::avro`.
    pub payload: Vec<u8>,
}

/// What a bus or a store could not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// It may work later: wait and send again.
    #[error("the bus is not available: {reason}")]
    Unavailable {
        /// What is wrong.
        reason: String,
    },
    /// It was closed on purpose.
    #[error("the bus is closed")]
    Closed,
}

/// The way from the spool to the consumer. Real: local and Kafka. Faulty: the testkit's.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Hands records over. `Ok` means that the bus answers for all of them: the spool may move on. An error
    /// leaves open which arrived, so they are sent again.
    async fn publish(&self, batch: &[Envelope]) -> Result<(), BusError>;
}

/// One record as the consumer gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Position on the bus, for messages and dead letters.
    pub offset: u64,
    /// What was published.
    pub payload: Vec<u8>,
}

/// The consumer's end of the bus.
#[async_trait]
pub trait EventSubscription: Send {
    /// Waits for records: at least one, at most `max`. `Err(Closed)` at the end.
    async fn poll(&mut self, max: usize) -> Result<Vec<Delivery>, BusError>;
    /// Everything polled so far is stored; it will not be delivered again.
    async fn commit(&mut self) -> Result<(), BusError>;
    /// A record that cannot be decoded goes to the dead letters, with why.
    async fn dead_letter(&mut self, delivery: &Delivery, reason: &str) -> Result<(), BusError>;
}

/// What a store could not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It may work later: wait and try again. Nothing was lost.
    #[error("the store is not available: {reason}")]
    Unavailable {
        /// What is wrong.
        reason: String,
    },
    /// The store is not one that this program can use.
    #[error("the store cannot be used: {reason}")]
    Unusable {
        /// What is wrong and what would be right.
        reason: String,
    },
}

/// Keeps events. Real: SQLite and PostgreSQL. Faulty: slow, refusing.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Stores events. Idempotent: a greater revision replaces a smaller one, the rest is left as it is. Durable
    /// when it returns.
    async fn upsert(&self, events: &[PlateEvent]) -> Result<(), StoreError>;
    /// One event in its latest revision.
    async fn get(&self, id: EventId) -> Result<Option<PlateEvent>, StoreError>;
    /// A page of events, the newest first.
    async fn search(&self, query: &EventQuery) -> Result<EventPage, StoreError>;
    /// The event that a picture belongs to, so that access follows the event's camera.
    async fn evidence_owner(
        &self,
        id: EvidenceId,
    ) -> Result<Option<(EventId, CameraId, EvidenceKind)>, StoreError>;
    /// Whether it would answer now.
    async fn ready(&self) -> Result<(), StoreError>;
}

/// A picture on its way to the evidence store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// How it will be asked for.
    pub id: EvidenceId,
    /// What it shows.
    pub kind: EvidenceKind,
    /// The camera that took it.
    pub camera: CameraId,
    /// When it was taken.
    pub captured_at: Timestamp,
    /// The picture as JPEG.
    pub jpeg: Vec<u8>,
}

/// Whether a picture was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is stored.
    Stored,
    /// There is no room for this kind: the event goes on without it.
    Shed,
}

/// Keeps pictures. Real: files and S3. Faulty: the testkit's. Called from worker threads, hence blocking.
pub trait EvidenceStore: Send + Sync {
    /// Stores a picture, or sheds it when the quota of its kind is used up (scenes go first, then crops).
    fn put(&self, evidence: &Evidence) -> Result<Kept, StoreError>;
    /// The picture as JPEG; nothing when it is not or no longer there.
    fn get(&self, id: EvidenceId) -> Result<Option<Vec<u8>>, StoreError>;
}

/// The longest that one attempt on a bus or a store may take before it counts as unavailable.
pub const ATTEMPT_DEADLINE: Duration = Duration::from_secs(30);
