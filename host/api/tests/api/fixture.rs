//! A running server with some events, and the credentials to ask it.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ovr_api::{Api, ApiConfig, Check, Credentials, Error, Metrics, NewCredential, Role, Sources};
use ovr_domain::event::{
    Candidate, Correction, Dedup, DedupDecision, Direction, EvidenceKind, EvidenceRef, Lifecycle,
    UnreadReason, Vehicle, Verdict, Votes,
};
use ovr_domain::time::{Clock, SystemClock};
use ovr_domain::{
    BBox, CameraId, Class, CropQuality, Digest, EventId, EvidenceId, PlateEvent, SiteId, Timestamp, TrackId,
};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::board::MemoryBoard;
use crate::client::{Reply, get};
use crate::stores::{MemoryEvidence, MemoryStore};

pub(crate) const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 0xff, 0xd9];
/// 2026-11-23T08:15:00Z.
pub(crate) const BASE_S: i64 = 1_795_421_700;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_micros((BASE_S + second) * 1_000_000)
}

pub(crate) fn camera(name: &str) -> CameraId {
    CameraId::new(name).expect("a name")
}

fn crop(time: Timestamp) -> EvidenceRef {
    EvidenceRef {
        kind: EvidenceKind::PlateCrop,
        id: EvidenceId::mint(time),
        sha256: Digest::of(JPEG),
        expires_at: time.plus(Duration::from_hours(10 * 365 * 24)),
    }
}

/// An event in which every optional field is set.
pub(crate) fn event(second: i64, camera_name: &str, plate: &str) -> PlateEvent {
    let time = at(second);
    let bbox = BBox::new(10.0, 20.0, 110.0, 45.5);
    PlateEvent {
        event_id: EventId::mint(time),
        revision: 2,
        lifecycle: Lifecycle::Final,
        site_id: SiteId::new("yard").expect("a name"),
        camera_id: camera(camera_name),
        lane_id: Some("left".to_owned()),
        track_id: TrackId(7),
        captured_at: time,
        clock_synchronised: true,
        received_at: time,
        first_seen: time,
        last_seen: time.plus(Duration::from_secs(2)),
        frames_seen: 40,
        plate_observed: Some(plate.to_owned()),
        plate_normalized: Some(plate.to_owned()),
        plate_corrected: Some(plate.to_owned()),
        corrections: vec![Correction {
            position: 0,
            from: Some('0'),
            to: Some('O'),
            rule: "letters-first".to_owned(),
        }],
        char_confidences: vec![0.9; plate.len()],
        candidates: vec![Candidate { plate: plate.to_owned(), score: 0.8 }],
        confidence: 0.9,
        votes: Votes { frames: 12, agreeing: 11 },
        unread_reason: None,
        country: Some("DE".to_owned()),
        region: Some("B".to_owned()),
        format_id: Some("de-standard".to_owned()),
        verdict: Verdict::Invalid { reason: "no such district".to_owned() },
        series: None,
        formats: Vec::new(),
        plate_quad: Some(bbox.quad()),
        plate_width_px: Some(100.0),
        vehicle_box: Some(bbox),
        vehicle: Some(Vehicle { class: Class::Car, confidence: 0.7 }),
        direction: Some(Direction::Approaching),
        quality: Some(CropQuality { sharpness: 150.0, contrast: 0.6, exposure: 0.5 }),
        evidence: vec![crop(time)],
        detector_digest: Some(Digest::of(b"detector")),
        reader_digest: Some(Digest::of(b"reader")),
        plugin_digests: vec![Digest::of(b"plugin")],
        plugin_failures: Vec::new(),
        attributes: Vec::new(),
        dedup: Dedup {
            decision: DedupDecision::Emit,
            repeats_event_id: Some(EventId::mint(time)),
            reason: "first".to_owned(),
        },
    }
}

pub(crate) fn suppressed(mut event: PlateEvent) -> PlateEvent {
    event.dedup.decision = DedupDecision::Suppress;
    event
}

pub(crate) fn unread(mut event: PlateEvent) -> PlateEvent {
    (event.plate_observed, event.plate_normalized, event.plate_corrected) = (None, None, None);
    event.unread_reason = Some(UnreadReason::TooSmall);
    event
}

/// A server that ends with the test.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) evidence: Arc<MemoryEvidence>,
    pub(crate) board: Arc<MemoryBoard>,
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) admin: String,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<tokio::task::JoinHandle<Result<(), Error>>>,
    runtime: Runtime,
    _folder: tempfile::TempDir,
}

pub(crate) fn in_runtime<T>(future: impl Future<Output = T>) -> T {
    Runtime::new().expect("runtime").block_on(future)
}

/// An API over empty stores, not bound yet.
pub(crate) fn api(
    config: ApiConfig,
    store: &Arc<MemoryStore>,
    evidence: &Arc<MemoryEvidence>,
    board: &Arc<MemoryBoard>,
    credentials: &Arc<Credentials>,
) -> Api {
    Api::new(
        config,
        Sources {
            store: Arc::clone(store) as _,
            evidence: Arc::clone(evidence) as _,
            cameras: Arc::clone(board) as _,
            credentials: Arc::clone(credentials),
            metrics: Metrics::detached().expect("metrics"),
            readiness: Box::new(|| Box::pin(async { vec![Check::of::<Error>("spool", Ok(()))] })),
            clock: Arc::new(SystemClock::start()),
        },
    )
}

pub(crate) fn start(events: Vec<PlateEvent>) -> Running {
    start_with(ApiConfig::default(), events)
}

pub(crate) fn start_with(config: ApiConfig, events: Vec<PlateEvent>) -> Running {
    let folder = tempfile::tempdir().expect("folder");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let (credentials, token) = Credentials::open(folder.path(), clock).expect("credentials");
    let admin = token.expect("the first start gives a token").reveal().to_owned();
    let (store, evidence) = (Arc::new(MemoryStore::default()), Arc::new(MemoryEvidence::default()));
    let (board, credentials) = (Arc::new(MemoryBoard::default()), Arc::new(credentials));
    for kept in events.iter().flat_map(|event| &event.evidence) {
        evidence.pictures.lock().expect("no panic while held").insert(kept.id, JPEG.to_vec());
    }
    *store.events.lock().expect("no panic while held") = events;
    let runtime = Runtime::new().expect("runtime");
    let api = api(config, &store, &evidence, &board, &credentials);
    let bound = runtime.block_on(api.bind(SocketAddr::from(([127, 0, 0, 1], 0)))).expect("a free port");
    let (address, (stop, stopped)) = (bound.address(), oneshot::channel::<()>());
    let serving = Some(runtime.spawn(bound.serve(async {
        let _ = stopped.await;
    })));
    let stop = Some(stop);
    Running { address, store, evidence, board, credentials, admin, stop, serving, runtime, _folder: folder }
}

impl Running {
    /// A GET as the admin.
    pub(crate) fn get(&self, target: &str) -> Reply {
        get(self.address, target, Some(&self.admin))
    }

    /// A token of a role, for some cameras or all.
    pub(crate) fn token(&self, role: Role, cameras: Option<&[&str]>) -> String {
        let cameras = cameras.map(|names| names.iter().map(|name| camera(name)).collect());
        let new = NewCredential { name: role.as_str().to_owned(), role, cameras, expires_at: None };
        self.credentials.add(new).expect("add").reveal().to_owned()
    }

    /// Tells the server to stop, as a signal would.
    pub(crate) fn tell_to_stop(&mut self) {
        drop(self.stop.take());
    }

    /// Stops the server as a signal would and waits for its end.
    pub(crate) fn stop(mut self) -> Result<(), Error> {
        self.tell_to_stop();
        let serving = self.serving.take().expect("stopped once");
        self.runtime.block_on(serving).expect("the server does not panic")
    }
}
