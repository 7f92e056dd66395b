#![allow(clippy::all, clippy::pedantic, dead_code)]
mod common;
use std::time::{Duration, Instant};
use common::{clock, write_clip};
use ovr_capture::{LiveSource, Options, RtspConfig};
use ovr_domain::CameraId;
use ovr_domain::port::FrameSource;
use ovr_testkit::rtsp::{Mount, RtspServer, Video};

#[test]
fn stress() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    write_clip(&path, (320, 192), 5, 50);
    let server = RtspServer::start().unwrap();
    let n: usize = std::env::var("N").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(4);
    let secs: f64 = std::env::var("SECS").ok().and_then(|n| n.parse().ok()).unwrap_or(14.0);
    let t0 = Instant::now();
    let mut links = Vec::new();
    for i in 0..n {
        server.mount(&format!("/cam{i}"), Mount::new(Video::from_mp4(&path).unwrap())).unwrap();
        let mut config = RtspConfig::new(server.address(&format!("/cam{i}")).parse().unwrap());
        config.freeze_timeout_ms = None;
        let mut source = LiveSource::new(CameraId::new(&format!("c{i}")).unwrap(), config, Options::default(), clock()).unwrap();
        links.push(source.link());
        std::thread::spawn(move || while let Some(_f) = source.next_frame().unwrap() {});
    }
    for (i, link) in links.iter().cloned().enumerate() {
        std::thread::spawn(move || {
            let mut last = String::new();
            while !link.is_stopped() {
                let s = link.state();
                let line = format!("{:?} att={} conn={} fault={:?}", s.phase, s.attempts, s.connections, s.fault.map(|f| f.to_string()));
                if line != last { println!("{:8.3} c{i} {line}", t0.elapsed().as_secs_f64()); last = line; }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
    }
    std::thread::sleep(Duration::from_secs(4));
    for round in 0..rounds {
        let x = Instant::now();
        server.stop_listening();
        println!("{:8.3} == {round} closed (took {:?})", t0.elapsed().as_secs_f64(), x.elapsed());
        std::thread::sleep(Duration::from_secs_f64(secs));
        let conns: Vec<u64> = links.iter().map(|l| l.state().connections).collect();
        server.listen_again().unwrap();
        println!("{:8.3} == {round} open", t0.elapsed().as_secs_f64());
        let open = Instant::now();
        let mut back = vec![None; n];
        while back.iter().any(Option::is_none) && open.elapsed().as_secs() < 60 {
            for i in 0..n { if back[i].is_none() && links[i].state().connections > conns[i] { back[i] = Some(open.elapsed().as_secs_f64()); } }
            std::thread::sleep(Duration::from_millis(20));
        }
        println!("{:8.3} == {round} BACK {back:.2?}", t0.elapsed().as_secs_f64());
        std::thread::sleep(Duration::from_secs_f64(std::env::var("UP").ok().and_then(|n| n.parse().ok()).unwrap_or(3.0)));
    }
    for l in &links { l.stop(); }
    std::thread::sleep(Duration::from_millis(500));
}
