//! Cameras as a stranger sets them up: over the network, aimed, probed and photographed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on fails"
)]

mod away;
mod commands;
mod many;
mod network;
mod program;
mod third_party;
mod view;

use std::path::Path;
use std::time::Duration;

use ovr_capture::H264Writer;
use ovr_testkit::Scene;
use ovr_testkit::rtsp::{Login, Mount, RtspServer, Scheme, Video};
use ovr_testkit::scene::{FRAMES_PER_SECOND, SIZE};

/// What must be found nowhere.
const PASSWORD: &str = "canary-1fb06d4c";
/// The street lasts 15 s; a machine that does other things beside is waited for.
const DEADLINE: Duration = Duration::from_mins(2);

/// The first frames of the demo's street.
fn street(file: &Path, frames: usize) {
    let mut writer = H264Writer::create(file, SIZE.0, SIZE.1, FRAMES_PER_SECOND).unwrap();
    for frame in Scene::new(1).unwrap().take(frames) {
        writer.write(&frame.unwrap().picture).unwrap();
    }
    writer.finish().unwrap();
}

/// A camera at `/street` that shows the first frames of the street, for whoever has the login.
fn camera(folder: &Path, frames: usize, login: Option<Login>) -> RtspServer {
    let film = folder.join("street.mp4");
    street(&film, frames);
    let mount = Mount::new(Video::from_mp4(&film).unwrap());
    let server = RtspServer::start().unwrap();
    server.mount("/street", login.into_iter().fold(mount, Mount::login)).unwrap();
    server
}

/// The login that the tests' cameras ask for.
fn login() -> Login {
    Login::new("viewer", PASSWORD, &[Scheme::DigestMd5])
}

/// A configuration with these cameras that listens on any port.
fn configure(folder: &Path, cameras: &str) {
    std::fs::create_dir(folder.join("config")).unwrap();
    std::fs::write(folder.join("config/cameras.yaml"), cameras).unwrap();
    std::fs::write(folder.join("config/host.yaml"), "api: { listen: \"127.0.0.1:0\" }\n").unwrap();
}

/// Whether networks can be run here at all.
fn has_runtime() -> bool {
    let has = ovr_vision::infer::library_file().is_some();
    if !has {
        println!("skipped: ./dev setup has not fetched ONNX Runtime");
    }
    has
}
