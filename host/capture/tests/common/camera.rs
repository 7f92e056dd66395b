//! A network camera that runs in a thread of its own, and a server for it.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use ovr_capture::{Link, LinkFault, LinkPhase, LiveSource, Options, RtspConfig};
use ovr_domain::port::FrameSource;
use ovr_domain::{CameraId, CapturedAt, Timestamp};
use ovr_testkit::rtsp::{Mount, RtspServer, Video};

use super::{clock, write_clip};

/// Longest that anything is waited for; far above what it takes.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a test looks at in a frame.
#[derive(Debug)]
pub struct Seen {
    pub sequence: u64,
    pub presented_at: Duration,
    pub captured_at: CapturedAt,
    pub received_at: Timestamp,
    pub size: (u32, u32),
}

/// A camera that runs in a thread of its own.
pub struct Camera {
    pub link: Link,
    pub frames: Receiver<Seen>,
    pub thread: JoinHandle<()>,
}

impl Camera {
    pub fn start(config: &RtspConfig) -> Self {
        let camera = CameraId::new("test").unwrap();
        let mut source = LiveSource::new(camera, config.clone(), Options::default(), clock()).unwrap();
        let link = source.link();
        let (sender, frames) = sync_channel(10_000);
        let work = move || {
            while let Some(frame) = source.next_frame().unwrap() {
                let size = (frame.picture.width(), frame.picture.height());
                let (sequence, presented_at) = (frame.sequence, frame.presented_at);
                let (captured_at, received_at) = (frame.captured_at, frame.received_at);
                let _ = sender.send(Seen { sequence, presented_at, captured_at, received_at, size });
            }
        };
        Self { link, frames, thread: std::thread::spawn(work) }
    }

    pub fn take(&self, count: usize) -> Vec<Seen> {
        (0..count).map(|n| self.frames.recv_timeout(PATIENCE).unwrap_or_else(|_| self.silent(n))).collect()
    }

    pub fn silent(&self, after: usize) -> Seen {
        panic!("no frame after {after}: {:?}", self.link.state())
    }

    /// The first frame that is as wanted.
    pub fn until(&self, wanted: impl Fn(&Seen) -> bool) -> Seen {
        let now = clock();
        loop {
            let seen = self.take(1).remove(0);
            if wanted(&seen) {
                return seen;
            }
            assert!(now.monotonic() < PATIENCE, "no such frame: {seen:?} {:?}", self.link.state());
        }
    }

    /// Waits for a fault, taking frames on the way.
    pub fn fault(&self, wanted: impl Fn(&LinkFault) -> bool) -> LinkFault {
        let now = clock();
        loop {
            let state = self.link.state();
            if let Some(fault) = state.fault.clone().filter(&wanted) {
                assert!(matches!(state.phase, LinkPhase::Failed | LinkPhase::Stalled), "{state:?}");
                return fault;
            }
            assert!(now.monotonic() < PATIENCE, "no such fault: {state:?}");
            match self.frames.recv_timeout(Duration::from_millis(20)) {
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => panic!("the source ended: {state:?}"),
            }
        }
    }

    /// Ends the camera; how long that took.
    pub fn stop(self) -> Duration {
        let now = clock();
        self.link.stop();
        self.thread.join().unwrap();
        now.monotonic()
    }
}

pub fn h264(folder: &Path, (width, height): (u32, u32)) -> Video {
    let path = folder.join(format!("{width}x{height}.mp4"));
    write_clip(&path, (width, height), 25, 50);
    Video::from_mp4(&path).unwrap()
}

/// A server with one camera at `/cam`, and the configuration that reaches it. Silences are short, for short tests.
pub fn serve(mount: Mount) -> (RtspServer, RtspConfig) {
    let server = RtspServer::start().unwrap();
    server.mount("/cam", mount).unwrap();
    let mut config = RtspConfig::new(server.address("/cam").parse().unwrap());
    config.stall_timeout_ms = 1_500;
    config.freeze_timeout_ms = None;
    (server, config)
}

pub fn served() -> (tempfile::TempDir, RtspServer, RtspConfig) {
    let folder = tempfile::tempdir().unwrap();
    let (server, config) = serve(Mount::new(h264(folder.path(), (320, 192))));
    (folder, server, config)
}
