//! The same street over RTSP and from its file gives the same plates, the API shows the camera, and its password is found
//! nowhere.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ovr_capture::H264Writer;
use ovr_domain::time::{Clock as _, SystemClock};
use ovr_domain::{Picture, RgbImage};
use ovr_testkit::rtsp::{Fault, Mount, RtspServer, Video};
use serde_json::Value;

use crate::program::Program;
use crate::{DEADLINE, PASSWORD, camera, configure, has_runtime, login};

pub(crate) fn get(address: &str, path: &str, token: &str) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let start = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let status = String::from_utf8_lossy(&answer[9..12]).parse().unwrap();
    (status, answer.split_off(start))
}

/// Whether any file below the folder has the password in it.
fn leaks(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(leaks(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap_or_default();
            if bytes.windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[test]
fn a_street_over_the_network_gives_the_plates_of_its_file_and_its_password_is_found_nowhere() {
    if !has_runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = camera(folder.path(), usize::MAX, Some(login()));
    let cameras = format!(
        "cameras:\n  - id: film\n    source: {{ file: {{ path: street.mp4 }} }}\n  - id: net\n    source:\n      rtsp:\n        \
         address: {}\n        credentials: {{ user: viewer, password: {{ environment: GATE_PASSWORD }} }}\n",
        server.address("/street")
    );
    configure(folder.path(), &cameras);
    let mut program = Program::start(folder.path(), "trace");
    let (address, token) = program.api();
    let (clock, mut plates) = (SystemClock::start(), BTreeMap::new());
    while clock.monotonic() < DEADLINE {
        plates = program.plates();
        let of = |camera: &str| plates.get(camera).cloned().unwrap_or_default();
        if of("film").len() == 8 && of("net").is_superset(&of("film")) {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(plates.get("film").map(BTreeSet::len), Some(8), "{plates:?}");
    assert_eq!(plates.get("net"), plates.get("film"));

    let (status, body) = get(&address, "/api/v1/cameras", &token);
    assert_eq!(status, 200);
    let listed: Value = serde_json::from_slice(&body).unwrap();
    let net = listed["cameras"].as_array().unwrap().iter().find(|camera| camera["id"] == "net").unwrap();
    assert_eq!((net["phase"].as_str(), net["width"].as_u64()), (Some("streaming"), Some(1280)), "{net}");
    assert!(net["frames"].as_u64().unwrap() > 150 && net["reads"].as_u64().unwrap() > 8, "{net}");
    let health = &net["health"];
    let decode_ms = health["decode_ms"].as_f64().unwrap();
    assert!(decode_ms > 0.0 && decode_ms < 2_000.0, "{net}");
    assert!(health["looks_per_second"].as_f64().unwrap() > 0.1, "{net}");
    assert!((1..=4).contains(&health["look_every"].as_u64().unwrap()), "{net}");
    let (status, body_of_metrics) = get(&address, "/metrics", &token);
    let metrics = String::from_utf8_lossy(&body_of_metrics).into_owned();
    assert_eq!(status, 200);
    for line in ["ovr_camera_up{camera=\"net\"} 1", "ovr_camera_warning{camera=\"net\",outcome=\"moved\"} 0"]
    {
        assert!(metrics.contains(line), "{line} is missing in {metrics}");
    }
    for gauge in ["frames_per_second", "looks_per_second", "look_every", "decode_seconds"] {
        assert!(metrics.contains(&format!("ovr_camera_{gauge}{{camera=\"net\"}} ")), "{gauge}: {metrics}");
    }
    let (status, jpeg) = get(&address, "/api/v1/cameras/net/snapshot.jpg?overlay=true", &token);
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&jpeg));
    assert_eq!(jpeg.get(..2), Some([0xff, 0xd8].as_slice()));

    assert!(server.counters("/street").unwrap().logins_right >= 1);
    let said = program.end();
    assert!(said.len() > 100, "everything was logged: {} lines", said.len());
    let told: Vec<&String> = said.iter().filter(|line| line.contains(PASSWORD)).collect();
    assert!(told.is_empty(), "{told:?}");
    assert!(!String::from_utf8_lossy(&body).contains(PASSWORD));
    assert_eq!(leaks(folder.path()), Vec::<String>::new());
}

/// A camera that counts its frames in its pictures, so that no two are the same.
fn counting(file: &Path, frames: usize) {
    let mut writer = H264Writer::create(file, 320, 176, 10).unwrap();
    for index in 0..frames {
        let mut image = RgbImage::filled(320, 176, [60; 3]);
        for (at, pixel) in image.data.chunks_exact_mut(3).enumerate() {
            if at % 320 / 8 == index % 40 {
                pixel.fill(200);
            }
        }
        writer.write(&Picture::from_rgb(image).unwrap()).unwrap();
    }
    writer.finish().unwrap();
}

/// Threads and open files of a process.
pub(crate) fn in_use(pid: u32) -> (usize, usize) {
    let count = |what: &str| std::fs::read_dir(format!("/proc/{pid}/{what}")).unwrap().count();
    (count("task"), count("fd"))
}

/// Every camera's state, by its id.
pub(crate) fn states(address: &str, token: &str) -> BTreeMap<String, Value> {
    let (status, body) = get(address, "/api/v1/cameras", token);
    assert_eq!(status, 200);
    let listed: Value = serde_json::from_slice(&body).unwrap();
    let cameras = listed["cameras"].as_array().unwrap().iter();
    cameras.map(|camera| (camera["id"].as_str().unwrap().to_owned(), camera.clone())).collect()
}

#[test]
fn a_camera_that_comes_and_goes_is_back_each_time_and_the_others_do_not_notice() {
    if !has_runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("counting.mp4");
    counting(&film, 100);
    let video = Arc::new(Video::from_mp4(&film).unwrap());
    let server = RtspServer::start().unwrap();
    let mut cameras = "cameras:\n".to_owned();
    for id in ["a", "b", "c", "flapping"] {
        server.mount(&format!("/{id}"), Mount::new(Arc::clone(&video))).unwrap();
        let address = server.address(&format!("/{id}"));
        let entry = format!("  - {{ id: {id}, source: {{ rtsp: {{ address: \"{address}\" }} }} }}\n");
        cameras.push_str(&entry);
    }
    configure(folder.path(), &cameras);
    let mut program = Program::start(folder.path(), "warn");
    let (address, token) = program.api();
    let until = |what: &str, holds: &dyn Fn(&BTreeMap<String, Value>) -> bool| {
        let clock = SystemClock::start();
        loop {
            let states = states(&address, &token);
            if holds(&states) {
                return states;
            }
            assert!(clock.monotonic() < DEADLINE, "{what}: {states:#?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    let all_stream = |states: &BTreeMap<String, Value>| {
        states.len() == 4
            && states
                .values()
                .all(|camera| camera["phase"] == "streaming" && camera["fps"].as_f64() > Some(5.0))
    };
    until("all stream", &all_stream);
    let before = in_use(program.child.id());
    for round in 0..3_u64 {
        server.fault_for("/flapping", Fault::Refuse, Duration::from_secs(2)).unwrap();
        let gone = until("it is gone", &|states| states["flapping"]["phase"] != "streaming");
        assert!(gone["flapping"]["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{gone:#?}");
        until("it is back", &|states| {
            states["flapping"]["phase"] == "streaming"
                && states["flapping"]["reconnects"].as_u64() > Some(round)
        });
    }
    let after = until("all stream again", &all_stream);
    for id in ["a", "b", "c"] {
        assert_eq!(
            (&after[id]["reconnects"], &after[id]["attempts"]),
            (&0.into(), &0.into()),
            "{:#}",
            after[id]
        );
    }
    // Pipelines that were thrown away are gone, with all that was theirs.
    let clock = SystemClock::start();
    while in_use(program.child.id()) > before && clock.monotonic() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(200));
    }
    let (threads, files) = in_use(program.child.id());
    assert!(threads <= before.0 + 2 && files <= before.1 + 2, "{before:?} became {:?}", (threads, files));
    program.end();
}
