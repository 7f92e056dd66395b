//! Sixteen cameras at a low rate, for as long as `OVR_SOAK_S` says (60 s without it), all well or four of them coming and
//! going. Run by hand, one by one:
//! `OVR_SOAK_S=600 cargo test -p ovr-alpr --test cameras -- --ignored --nocapture sixteen_cameras_keep`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ovr_capture::H264Writer;
use ovr_domain::Picture;
use ovr_domain::time::{Clock as _, SystemClock};
use ovr_events::evidence::scaled;
use ovr_testkit::Scene;
use ovr_testkit::rtsp::{Fault, Mount, RtspServer, Video};
use serde_json::Value;

use crate::network::{in_use, states};
use crate::program::Program;
use crate::{configure, has_runtime};

const CAMERAS: usize = 16;
const FPS: u32 = 5;
/// Until all are connected and the memory that every camera needs is taken.
const WARM_UP: Duration = Duration::from_secs(20);
/// How often the process is looked at.
const LOOK_PERIOD: Duration = Duration::from_secs(5);
/// Of the frames that are due, how many may be missing or too many.
const RATE_TOLERANCE: f64 = 0.02;
/// How long a camera that comes and goes is there, and away.
const FLAP: Duration = Duration::from_secs(10);
/// How long after the source's return a camera may take to stream again.
const BACK_WITHIN: Duration = Duration::from_secs(5);
/// Longer than a camera may be away before its tracks end.
const AWAY: Duration = Duration::from_secs(25);
/// What memory may grow by after the warm-up, in the whole run.
const GROWTH_MAX_BYTES: u64 = 48 << 20;

/// The demo's street at a quarter of its size and a fifth of its rate.
fn small_street(file: &Path) {
    let mut writer = H264Writer::create(file, 640, 360, FPS).unwrap();
    for frame in Scene::new(1).unwrap().step_by(5) {
        let picture = frame.unwrap().picture;
        let small = scaled(&picture, picture.bounds(), 640);
        writer.write(&Picture::from_rgb(small).unwrap()).unwrap();
    }
    writer.finish().unwrap();
}

/// Resident memory of a process, in bytes.
fn resident_bytes(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() * 1024
}

fn soak() -> Duration {
    Duration::from_secs(std::env::var("OVR_SOAK_S").ok().and_then(|s| s.parse().ok()).unwrap_or(60))
}

/// Sixteen cameras that run, and what is needed to ask for them.
struct Yard {
    server: RtspServer,
    program: Program,
    address: String,
    token: String,
    clock: SystemClock,
}

impl Yard {
    fn open(folder: &Path) -> Self {
        let film = folder.join("street.mp4");
        small_street(&film);
        let video = Arc::new(Video::from_mp4(&film).unwrap());
        let server = RtspServer::start().unwrap();
        let mut cameras = "cameras:\n".to_owned();
        for index in 0..CAMERAS {
            let path = format!("/{index}");
            server.mount(&path, Mount::new(Arc::clone(&video))).unwrap();
            let address = server.address(&path);
            writeln!(cameras, "  - {{ id: c{index}, source: {{ rtsp: {{ address: \"{address}\" }} }} }}")
                .unwrap();
        }
        configure(folder, &cameras);
        let mut program = Program::start(folder, "error");
        let (address, token) = program.api();
        std::thread::sleep(WARM_UP);
        Self { server, program, address, token, clock: SystemClock::start() }
    }

    fn since(&self, earlier: Duration) -> Duration {
        self.clock.monotonic().saturating_sub(earlier)
    }

    fn states(&self) -> BTreeMap<String, Value> {
        states(&self.address, &self.token)
    }

    fn frames(&self) -> BTreeMap<String, u64> {
        self.states().into_iter().map(|(id, camera)| (id, camera["frames"].as_u64().unwrap())).collect()
    }
}

/// Frames of each camera since `before` as a share of those that were due in `span`.
fn shares(
    before: &BTreeMap<String, u64>,
    after: &BTreeMap<String, u64>,
    span: Duration,
) -> BTreeMap<String, f64> {
    let due = f64::from(FPS) * span.as_secs_f64();
    after.iter().map(|(id, frames)| (id.clone(), (frames - before[id]) as f64 / due)).collect()
}

/// The least and the greatest.
fn extent<'a>(shares: impl Iterator<Item = &'a f64>) -> (f64, f64) {
    shares.fold((f64::INFINITY, 0.0), |(low, high), share| (share.min(low), share.max(high)))
}

#[test]
#[ignore = "takes minutes: run by hand, on a machine that does nothing else"]
fn sixteen_cameras_keep_their_rate_and_nothing_grows() {
    if !has_runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let yard = Yard::open(folder.path());
    let pid = yard.program.child.id();
    let (start, before, held) = (yard.clock.monotonic(), yard.frames(), in_use(pid));
    let first = resident_bytes(pid);
    let mut most = first;
    while yard.since(start) < soak() {
        std::thread::sleep(LOOK_PERIOD);
        most = most.max(resident_bytes(pid));
    }
    let (after, span) = (yard.frames(), yard.since(start));
    let (low, high) = extent(shares(&before, &after, span).values());
    let now = in_use(pid);
    println!(
        "{CAMERAS} cameras, {} s: {:.1} to {:.1} % of their frames; memory {} MiB at first, {} MiB at most; threads and \
         files {held:?}, then {now:?}",
        span.as_secs(),
        100.0 * low,
        100.0 * high,
        first >> 20,
        most >> 20
    );
    assert!(low > 1.0 - RATE_TOLERANCE && high < 1.0 + RATE_TOLERANCE, "{low} to {high}");
    assert!(most < first + GROWTH_MAX_BYTES, "{first} bytes became {most}");
    assert!(now.0 <= held.0 + 2 && now.1 <= held.1 + 4, "{held:?} became {now:?}");
    yard.program.end();
}

#[test]
#[ignore = "takes minutes: run by hand, on a machine that does nothing else"]
fn sixteen_cameras_of_which_four_come_and_go_are_back_in_time_and_the_twelve_do_not_notice() {
    if !has_runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let yard = Yard::open(folder.path());
    let pid = yard.program.child.id();
    let (start, before, held) = (yard.clock.monotonic(), yard.frames(), in_use(pid));
    let flapping = ["c0", "c1", "c2", "c3"];
    let (mut slowest, mut returns) = (Duration::ZERO, 0);
    let leave_for = |span: Duration| {
        for id in flapping {
            yard.server.fault_for(&format!("/{}", &id[1..]), Fault::Refuse, span).unwrap();
        }
        std::thread::sleep(span);
    };
    while yard.since(start) < soak() {
        std::thread::sleep(FLAP);
        leave_for(FLAP);
        let returned = yard.clock.monotonic();
        let streams =
            |states: &BTreeMap<String, Value>| flapping.iter().all(|id| states[*id]["phase"] == "streaming");
        while !streams(&yard.states()) {
            assert!(yard.since(returned) < 4 * BACK_WITHIN, "{:#?}", yard.states());
            std::thread::sleep(Duration::from_millis(50));
        }
        slowest = slowest.max(yard.since(returned));
        returns += 1;
    }
    let (after, span) = (yard.frames(), yard.since(start));
    let others = shares(&before, &after, span).into_iter().filter(|(id, _)| !flapping.contains(&id.as_str()));
    let others: BTreeMap<String, f64> = others.collect();
    let (low, high) = extent(others.values());
    // A track that is open holds its best frame, and with it a part of the decoder that gave it. The tracks of a camera that
    // stays away end.
    leave_for(AWAY);
    std::thread::sleep(LOOK_PERIOD);
    let now = in_use(pid);
    println!(
        "4 of {CAMERAS} cameras away {returns} times in {} s: all four back after {:.1} s at most; the other twelve gave \
         {:.1} to {:.1} % of their frames; threads and files {held:?}, then {now:?}",
        span.as_secs(),
        slowest.as_secs_f64(),
        100.0 * low,
        100.0 * high
    );
    assert!(slowest < BACK_WITHIN, "{slowest:?}");
    assert!(low > 1.0 - RATE_TOLERANCE && high < 1.0 + RATE_TOLERANCE, "{low} to {high}");
    assert!(now.0 <= held.0 + 4 && now.1 <= held.1 + 8, "{held:?} became {now:?}");
    yard.program.end();
}
