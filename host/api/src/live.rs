//! Live pictures of a camera: one JPEG after the other in one answer (`multipart/x-mixed-replace`, RFC 2046 section 5.1),
//! which every browser shows as a film. Nothing here knows salvo.
//!
//! The head waits for the first picture, within the deadline of every request; from then on a task of its own hands
//! parts to a queue of one, so that a slow viewer gets fewer pictures and never old ones. Viewers are few, and those who
//! want the same picture of the same camera share one that is encoded once. A camera that is away is shown as a picture that
//! says so, because a film that stands still looks like a street on which nothing happens.

mod viewers;

use std::sync::Arc;
use std::time::Duration;

use ovr_domain::camera::{NoStill, Snapshot, Still};
use ovr_domain::time::Clock;
use ovr_domain::{CameraId, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;

use crate::ApiConfig;
use crate::cameras::Cameras;
use crate::credentials::{Credentials, Principal};
use crate::problem::Problem;
use crate::query::{LiveQuery, StillQuery};
use viewers::{Seat, Shared, Viewers};

/// The media type of a stream, with the boundary between its parts.
pub(crate) const CONTENT_TYPE: &str = "multipart/x-mixed-replace; boundary=ovr-alpr-picture";
const FIRST_BOUNDARY: &[u8] = b"--ovr-alpr-picture";
/// Stands behind each picture at once, because browsers show a picture when they see its end.
const BOUNDARY: &[u8] = b"\r\n--ovr-alpr-picture";
/// Behind the last boundary.
const END: &[u8] = b"--\r\n";
/// How soon a credential that was taken back ends the streams that it opened.
const CREDENTIAL_CHECKED_EVERY: Duration = Duration::from_secs(2);
/// A picture that stays the same is sent again after so long, so that both sides know that the connection lives.
const SENT_AGAIN_AFTER: Duration = Duration::from_secs(10);
/// How long the last boundary may wait for a viewer that takes nothing.
const FAREWELL_MAX: Duration = Duration::from_secs(1);

/// Bytes on their way to a viewer, shared between viewers.
pub(crate) type Chunk = Arc<[u8]>;

/// A stream that has begun.
#[derive(Debug)]
pub(crate) struct LiveStream {
    /// The body; it ends when nothing more comes. Dropping it ends the stream.
    pub(crate) chunks: mpsc::Receiver<Chunk>,
}

/// The newest picture as a part of a stream.
#[derive(Debug, Clone)]
struct Part {
    /// When it was looked for, by the monotonic clock.
    at: Duration,
    received_at: Timestamp,
    chunk: Chunk,
}

/// Everybody who watches.
pub(crate) struct Live {
    cameras: Arc<Cameras>,
    credentials: Arc<Credentials>,
    clock: Arc<dyn Clock>,
    stop: watch::Receiver<bool>,
    viewers: Viewers<Part>,
    stream_deadline: Duration,
    sent_again_after: Duration,
}

/// One who watches.
struct Viewer {
    principal: Principal,
    seat: Seat<Part>,
    camera: CameraId,
    asked: LiveQuery,
}

impl Live {
    /// `stop` becomes true, or its sender goes, when the server stops.
    pub(crate) fn new(
        config: &ApiConfig,
        cameras: Arc<Cameras>,
        credentials: Arc<Credentials>,
        clock: Arc<dyn Clock>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            cameras,
            credentials,
            clock,
            stop,
            viewers: Viewers::default(),
            stream_deadline: config.stream_deadline,
            // The server closes a connection on which nothing moves.
            sent_again_after: SENT_AGAIN_AFTER.min(config.idle_deadline / 3),
        }
    }

    /// Begins a stream, once there is a picture of the camera.
    pub(crate) async fn open(
        self: &Arc<Self>,
        principal: &Principal,
        camera: CameraId,
        asked: LiveQuery,
    ) -> Result<LiveStream, Problem> {
        let seat = self.viewers.sit_down(&camera, asked.still)?;
        let viewer = Viewer { principal: principal.clone(), seat, camera, asked };
        let first = self.newest(&viewer).await?;
        let (out, chunks) = mpsc::channel(1);
        tokio::spawn(Arc::clone(self).show(viewer, first, out));
        Ok(LiveStream { chunks })
    }

    /// Sends pictures until one of the five ends of a stream: the viewer goes, the server stops, its time is over, the
    /// credential holds no more, or the camera is taken away.
    async fn show(self: Arc<Self>, viewer: Viewer, first: Part, out: mpsc::Sender<Chunk>) {
        let why = tokio::select! {
            () = out.closed() => "the viewer went",
            () = self.stopped() => "the server stops",
            () = tokio::time::sleep(self.stream_deadline) => "it lasted as long as it may",
            () = self.refused(&viewer.principal) => "the credential holds no more",
            () = self.pictures(&viewer, first, &out) => "there are no more pictures",
        };
        tracing::debug!(camera = %viewer.camera, "a live stream ended: {why}");
        // The seat is free before the viewer can know that the stream has ended.
        drop(viewer);
        let _ = tokio::time::timeout(FAREWELL_MAX, out.send(Chunk::from(END))).await;
    }

    async fn stopped(&self) {
        let mut stop = self.stop.clone();
        // An error says that the server is gone without a word.
        let _ = stop.wait_for(|stops| *stops).await;
    }

    async fn refused(&self, principal: &Principal) {
        let mut tick = tokio::time::interval(CREDENTIAL_CHECKED_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.credentials.still_hold(principal) {
            tick.tick().await;
        }
    }

    async fn pictures(&self, viewer: &Viewer, first: Part, out: &mpsc::Sender<Chunk>) {
        let mut tick = tokio::time::interval(period(viewer.asked));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick is at once and stands for the first picture.
        tick.tick().await;
        let (mut sent, mut sent_at) = (first, self.clock.monotonic());
        if out.send(Chunk::from(FIRST_BOUNDARY)).await.is_err() || out.send(sent.chunk.clone()).await.is_err()
        {
            return;
        }
        loop {
            tick.tick().await;
            let newest = match self.newest(viewer).await {
                Ok(newest) => newest,
                Err(NoStill::NoCamera) => return,
                Err(error) => {
                    tracing::warn!(camera = %viewer.camera, "showing a live picture: {error}");
                    return;
                }
            };
            let now = self.clock.monotonic();
            let is_new = newest.received_at != sent.received_at;
            if !is_new && now.saturating_sub(sent_at) < self.sent_again_after {
                continue;
            }
            (sent, sent_at) = (newest, now);
            if out.send(sent.chunk.clone()).await.is_err() {
                return;
            }
        }
    }

    /// The newest picture: the one that another viewer had a moment ago, or else a new one. Viewers of the same picture
    /// wait for one that is being made.
    async fn newest(&self, viewer: &Viewer) -> Result<Part, NoStill> {
        let StillQuery { side_px_max, overlay } = viewer.asked.still;
        let mut last: Shared<'_, Part> = viewer.seat.shared().await;
        let now = self.clock.monotonic();
        // Half a period: with a whole one, two viewers out of step would hand each other ever older pictures.
        let fresh = period(viewer.asked) / 2;
        if let Some(part) = last.as_ref().filter(|part| now.saturating_sub(part.at) < fresh) {
            return Ok(part.clone());
        }
        let known = last.as_ref().map(|part| part.received_at);
        let want = Snapshot { side_px_max, overlay, known };
        let mut made = self.cameras.still(&viewer.camera, want).await;
        if made == Err(NoStill::NoFrame) {
            made = self.cameras.absence(&viewer.camera, want).await;
        }
        let part = match (made, last.take()) {
            (Ok(still), _) => Part { at: now, received_at: still.received_at, chunk: chunk_of(&still) },
            // A camera that was changed or has come back while somebody looks has no frame for a moment.
            (Err(NoStill::SameFrame | NoStill::NoFrame), Some(before)) => Part { at: now, ..before },
            (Err(error), _) => return Err(error),
        };
        *last = Some(part.clone());
        Ok(part)
    }
}

fn period(asked: LiveQuery) -> Duration {
    Duration::from_secs(1) / asked.fps.max(1)
}

/// A part from behind the boundary before it to the end of the boundary after it.
fn chunk_of(still: &Still) -> Chunk {
    let head = format!(
        "\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\nX-Captured-At: {}\r\n\r\n",
        still.jpeg.len(),
        still.captured_at
    );
    Chunk::from([head.as_bytes(), &still.jpeg, BOUNDARY].concat())
}
