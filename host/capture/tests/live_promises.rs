//! What a network camera must hold to: back soon, bounded, and told in the metrics.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::time::Duration;

use common::camera::{Camera, PATIENCE, served};
use common::clock;
use ovr_capture::{LinkFault, LiveSource, Options};
use ovr_domain::CameraId;
use ovr_domain::port::FrameSource;
use ovr_testkit::rtsp::{Fault, WrongAnswer};

#[test]
fn a_camera_that_refuses_while_it_starts_is_back_soon_after() {
    let (_folder, server, config) = served();
    let camera = Camera::start(&config);
    camera.take(5);
    server.stop_listening();
    camera.fault(|fault| matches!(fault, LinkFault::Refused { .. }));
    // Long enough for the wait to have reached its cap.
    std::thread::sleep(Duration::from_secs(4));
    server.fault("/cam", Fault::Answer(WrongAnswer::NotFound)).unwrap();
    server.listen_again().unwrap();
    camera.fault(|fault| *fault == LinkFault::NotFound);
    std::thread::sleep(Duration::from_secs(2));
    while camera.frames.try_recv().is_ok() {}
    server.heal("/cam").unwrap();
    let back = clock();
    camera.take(1);
    // Generous: the promise is 5 s, and the machine may be busy.
    assert!(back.monotonic() < Duration::from_secs(8), "back after {:?}", back.monotonic());
    camera.stop();
}

#[test]
fn answers_without_end_do_not_fill_the_memory() {
    let (_folder, server, config) = served();
    let resident = || {
        let text = std::fs::read_to_string("/proc/self/statm").unwrap();
        text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4_096
    };
    let before = resident();
    server.fault("/cam", Fault::Answer(WrongAnswer::EndlessBody)).unwrap();
    let camera = Camera::start(&config);
    let (start, mut most) = (clock(), 0);
    while start.monotonic() < Duration::from_secs(12) {
        most = most.max(resident().saturating_sub(before) >> 20);
        std::thread::sleep(Duration::from_millis(20));
    }
    let state = camera.link.state();
    assert!(state.fault.is_some() && state.attempts > 1, "{state:?}");
    assert!(most < 256, "{most} MiB: {state:?}");
    camera.stop();
    for fault in [Fault::Answer(WrongAnswer::HugeHeader(1 << 20)), Fault::None] {
        server.fault("/cam", fault).unwrap();
        let camera = Camera::start(&config);
        camera.take(5);
        camera.stop();
    }
}

#[test]
fn the_metrics_say_whether_a_camera_is_there_and_forget_it_when_it_goes() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let (_folder, server, config) = served();
    let of = |name: &str| {
        let text = recorder.handle().render();
        let line = text.lines().find(|line| line.starts_with(name) && line.contains("camera=\"test\""));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
    };
    metrics::with_local_recorder(&recorder, || {
        let new =
            || LiveSource::new(CameraId::new("test").unwrap(), config.clone(), Options::default(), clock());
        let mut source = new().unwrap();
        let link = source.link();
        source.next_frame().unwrap().unwrap();
        assert_eq!((of("ovr_camera_up"), of("ovr_decoder")), (Some(1.0), Some(1.0)));
        assert_eq!(of("ovr_camera_reconnects_total"), None);
        // One that is only prepared, as a reload does, takes nothing from the one that runs.
        drop(new().unwrap());
        assert_eq!(of("ovr_camera_up"), Some(1.0));
        server.fault_for("/cam", Fault::Stall, Duration::from_secs(3)).unwrap();
        let start = clock();
        while link.state().connections < 2 && start.monotonic() < PATIENCE {
            source.next_frame().unwrap().unwrap();
        }
        assert_eq!(
            (of("ovr_camera_stalls_total"), of("ovr_camera_reconnects_total")),
            (Some(1.0), Some(1.0))
        );
        drop(source);
        assert!(
            of("ovr_camera_up").is_some_and(f64::is_nan),
            "nobody is called for a camera that is no more"
        );
        assert_eq!(of("ovr_decoder"), Some(0.0));
    });
}
