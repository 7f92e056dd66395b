//! Cameras in memory: what they say, and pictures that tell how they were asked for.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ovr_domain::camera::{
    CameraBoard, CameraHealth, CameraStatus, HealthWarning, LinkPhase, NoStill, Snapshot, Still,
};
use ovr_domain::{CameraId, Timestamp};

use crate::fixture::{at, camera};

/// What a camera gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    /// A new frame whenever somebody looks.
    Film,
    /// The same frame for ever.
    OneFrame,
    /// Nothing yet.
    Nothing,
    /// Nothing any more.
    Away,
    /// A frame that cannot be encoded.
    Trouble,
}

/// `a` and `b` give a film, `silent` has given no frame yet.
pub(crate) struct MemoryBoard {
    pub(crate) cameras: Mutex<BTreeMap<CameraId, Gives>>,
    /// Bytes that are added to each picture.
    pub(crate) padding: AtomicUsize,
    /// How long a picture takes.
    pub(crate) takes: Mutex<Duration>,
    pub(crate) encoded: AtomicUsize,
    busy: AtomicUsize,
    pub(crate) busy_most: AtomicUsize,
}

impl Default for MemoryBoard {
    fn default() -> Self {
        let cameras = [("a", Gives::Film), ("b", Gives::Film), ("silent", Gives::Nothing)];
        Self {
            cameras: Mutex::new(cameras.map(|(name, gives)| (camera(name), gives)).into()),
            padding: AtomicUsize::new(0),
            takes: Mutex::default(),
            encoded: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
            busy_most: AtomicUsize::new(0),
        }
    }
}

/// A camera in which every optional field is set, and one in which none is.
fn status(id: &CameraId, gives: Gives) -> CameraStatus {
    let streams = gives != Gives::Nothing;
    CameraStatus {
        id: id.clone(),
        source: Some(format!("rtsp://192.0.2.7/{id}")),
        phase: if streams { LinkPhase::Streaming } else { LinkPhase::Failed },
        reason: Some("401: give a user name and a password".to_owned()),
        since: at(0),
        attempts: 2,
        reconnects: 3,
        codec: streams.then(|| "H.264".to_owned()),
        decoder: streams.then(|| "avdec_h264".to_owned()),
        width: streams.then_some(1920),
        height: streams.then_some(1080),
        fps: if streams { 24.9 } else { 0.0 },
        frames: 100,
        dropped: BTreeMap::from([("queue_full".to_owned(), 4)]),
        looks: 50,
        reads: 7,
        last_frame_at: streams.then(|| at(1)),
        clock_synchronised: streams.then_some(true),
        health: CameraHealth {
            plate_width_px: streams.then_some(120.5),
            sharpness: streams.then_some(150.0),
            exposure: streams.then_some(0.5),
            decode_ms: streams.then_some(2.5),
            looks_per_second: if streams { 5.9 } else { 0.0 },
            look_every: 1,
            reads_last_hour: 7,
            reads_usual: streams.then_some(8.5),
            warnings: if streams { vec![HealthWarning::Dark, HealthWarning::Moved] } else { Vec::new() },
        },
    }
}

impl MemoryBoard {
    pub(crate) fn set(&self, name: &str, gives: Gives) {
        self.cameras.lock().expect("no panic while held").insert(camera(name), gives);
    }

    pub(crate) fn take_away(&self, name: &str) {
        self.cameras.lock().expect("no panic while held").remove(&camera(name));
    }

    fn encode(&self, id: &CameraId, want: Snapshot, frame: Timestamp) -> Still {
        let busy = self.busy.fetch_add(1, Ordering::SeqCst) + 1;
        self.busy_most.fetch_max(busy, Ordering::SeqCst);
        let takes = *self.takes.lock().expect("no panic while held");
        std::thread::sleep(takes);
        self.busy.fetch_sub(1, Ordering::SeqCst);
        let text = format!("{id} {} {}", want.side_px_max, want.overlay);
        let mut jpeg = [&[0xff, 0xd8, 0xff], text.as_bytes(), &[0xff, 0xd9]].concat();
        jpeg.resize(jpeg.len() + self.padding.load(Ordering::SeqCst), 0);
        Still { jpeg, captured_at: at(5), received_at: frame }
    }
}

/// What [`MemoryBoard`] shows in the place of a camera that is away.
pub(crate) const AWAY: &[u8] = b"\xff\xd8\xffaway\xff\xd9";

/// The picture that [`MemoryBoard`] gives.
pub(crate) fn jpeg(name: &str, side_px_max: u32, overlay: bool) -> Vec<u8> {
    [&[0xff, 0xd8, 0xff], format!("{name} {side_px_max} {overlay}").as_bytes(), &[0xff, 0xd9]].concat()
}

impl CameraBoard for MemoryBoard {
    fn statuses(&self) -> Vec<CameraStatus> {
        let cameras = self.cameras.lock().expect("no panic while held");
        // In no order, as the API has to make one.
        cameras.iter().rev().map(|(id, gives)| status(id, *gives)).collect()
    }

    fn snapshot(&self, id: &CameraId, want: Snapshot) -> Result<Still, NoStill> {
        let gives = self.cameras.lock().expect("no panic while held").get(id).copied();
        let frame = match gives.ok_or(NoStill::NoCamera)? {
            Gives::Nothing | Gives::Away => return Err(NoStill::NoFrame),
            Gives::Trouble => return Err(NoStill::Failed { reason: "no room at /var/lib".to_owned() }),
            Gives::OneFrame => at(0),
            Gives::Film => at(1 + self.encoded.load(Ordering::SeqCst) as i64),
        };
        if want.known == Some(frame) {
            return Err(NoStill::SameFrame);
        }
        self.encoded.fetch_add(1, Ordering::SeqCst);
        Ok(self.encode(id, want, frame))
    }

    fn absence(&self, id: &CameraId, want: Snapshot) -> Result<Still, NoStill> {
        let gives = self.cameras.lock().expect("no panic while held").get(id).copied();
        match gives.ok_or(NoStill::NoCamera)? {
            Gives::Away if want.known == Some(at(-1)) => Err(NoStill::SameFrame),
            Gives::Away => Ok(Still { jpeg: AWAY.to_vec(), captured_at: at(5), received_at: at(-1) }),
            _ => Err(NoStill::NoFrame),
        }
    }
}
