//! Alone in its process, because it counts the threads and files of the whole process.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::time::Duration;

use common::{clock, write_clip};
use ovr_capture::{LiveSource, Options, RtspConfig};
use ovr_domain::CameraId;
use ovr_domain::port::FrameSource;
use ovr_domain::time::Clock;
use ovr_testkit::rtsp::{Fault, Mount, RtspServer, Video};

fn count(folder: &str) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

/// Waits until nothing of a source is left, or for too long.
fn settle(files: usize, threads: usize, clock: &dyn Clock) -> (usize, usize) {
    let start = clock.monotonic();
    loop {
        let now = (count("/proc/self/fd"), count("/proc/self/task"));
        let is_long = clock.monotonic().saturating_sub(start) > Duration::from_secs(20);
        if (now.0 <= files && now.1 <= threads) || is_long {
            return now;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_camera_that_breaks_off_forty_times_leaves_no_thread_and_no_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    write_clip(&path, (160, 96), 25, 50);
    let server = RtspServer::start().unwrap();
    server.mount("/cam", Mount::new(Video::from_mp4(&path).unwrap())).unwrap();
    let config = RtspConfig::new(server.address("/cam").parse().unwrap());
    let clock = clock();
    let once = |breaks: usize| {
        let camera = CameraId::new("test").unwrap();
        let mut source = LiveSource::new(camera, config.clone(), Options::default(), clock.clone()).unwrap();
        let link = source.link();
        for n in 0..=breaks {
            source.next_frame().unwrap().unwrap();
            if n < breaks {
                server.fault_for("/cam", Fault::Refuse, Duration::from_millis(120)).unwrap();
                let connections = link.state().connections;
                while link.state().connections == connections {
                    source.next_frame().unwrap().unwrap();
                }
            }
        }
        assert_eq!(link.state().connections, breaks as u64 + 1);
        link.stop();
        assert!(source.next_frame().unwrap().is_none());
        link.state().left_behind
    };
    once(2);
    once(2);
    // What the first sources leave for a moment must not hide what the later ones leave for good.
    std::thread::sleep(Duration::from_secs(3));
    let (files, threads) = (count("/proc/self/fd"), count("/proc/self/task"));
    let mut left_behind = 0;
    for _ in 0..8 {
        left_behind += once(5);
    }
    // GLib keeps a few idle threads for the next pipeline; a session alone has more than these.
    let (files_now, threads_now) = settle(files, threads + 4, clock.as_ref());
    assert!(files_now <= files, "{files} open files became {files_now}");
    assert!(threads_now <= threads + 4, "{threads} threads became {threads_now}");
    assert_eq!(left_behind, 0);
}
