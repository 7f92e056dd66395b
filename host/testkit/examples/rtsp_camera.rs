//! Serves video files as RTSP cameras on loopback, to look at with any player:
//!
//! ```text
//! cargo run -p ovr-testkit --example rtsp_camera -- scene.mp4 other.h264
//! ```
//!
//! `.mp4` has its own times; `.h264` and `.h265` are byte streams at 25 frames a second; `.mjpeg` is JPEG files one after
//! the other. Lines on the standard input switch faults: `stall 0`, `freeze 0`, `refuse 0`, `blackhole 0`, `garbage 0`,
//! `play 0 1`, `heal 0`, `counters 0`. It ends with its input. `RTSP_LOGIN=user:password` and `RTSP_SCHEME=basic`, `md5`
//! or `sha256` close the cameras.

#![allow(clippy::print_stdout, reason = "an example talks to who runs it")]

use std::path::Path;

use ovr_testkit::Error;
use ovr_testkit::rtsp::{Codec, Fault, Layer, Login, Mount, RtspServer, Scheme, Video};

const FPS: u32 = 25;

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| Error::Rtsp {
        doing: "reading a video",
        reason: format!("{}: {error}", path.display()),
    })
}

/// JPEG files one after the other: each starts with SOI, which is nowhere within a file without a thumbnail.
fn jpegs(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut starts: Vec<usize> = bytes
        .windows(3)
        .enumerate()
        .filter(|(_, three)| *three == [0xFF, 0xD8, 0xFF])
        .map(|(at, _)| at)
        .collect();
    starts.push(bytes.len());
    starts.windows(2).filter_map(|pair| Some(bytes.get(*pair.first()?..*pair.last()?)?.to_vec())).collect()
}

fn video(path: &Path) -> Result<Video, Error> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("mp4") => Video::from_mp4(path),
        Some("h265") => Video::from_annex_b(Codec::H265, &read(path)?, FPS),
        Some("mjpeg") => Video::from_jpegs(jpegs(&read(path)?), FPS),
        _ => Video::from_annex_b(Codec::H264, &read(path)?, FPS),
    }
}

fn login() -> Option<Login> {
    let login = std::env::var("RTSP_LOGIN").ok()?;
    let (user, password) = login.split_once(':')?;
    let scheme = match std::env::var("RTSP_SCHEME").as_deref() {
        Ok("basic") => Scheme::Basic,
        Ok("sha256") => Scheme::DigestSha256,
        _ => Scheme::DigestMd5,
    };
    Some(Login::new(user, password, &[scheme]))
}

fn obey(server: &RtspServer, line: &str) -> Result<(), Error> {
    let mut words = line.split_whitespace();
    let verb = words.next().unwrap_or_default();
    let mut path = || format!("/cam{}", words.next().unwrap_or("0"));
    let mount = path();
    let fault = match verb {
        "stall" => Fault::Stall,
        "freeze" => Fault::Freeze,
        "refuse" => Fault::Refuse,
        "blackhole" => Fault::Blackhole,
        "garbage" => Fault::Garbage { seed: 1, share: 0.01, layers: Layer::ALL },
        "play" => Fault::Play { mount: path() },
        "heal" => Fault::None,
        _ => {
            println!("{:?}", server.counters(&mount)?);
            return Ok(());
        }
    };
    server.fault(&mount, fault)
}

fn main() -> Result<(), Error> {
    let server = RtspServer::start()?;
    for (index, path) in std::env::args_os().skip(1).enumerate() {
        let mut mount = Mount::new(video(Path::new(&path))?);
        if let Some(login) = login() {
            mount = mount.login(login);
        }
        server.mount(&format!("/cam{index}"), mount)?;
        println!("{}", server.address(&format!("/cam{index}")));
    }
    for line in std::io::stdin().lines().map_while(Result::ok) {
        if let Err(error) = obey(&server, &line) {
            println!("{error}");
        }
    }
    Ok(())
}
