//! Network cameras against a server that misbehaves: what comes, what is said when nothing does, and that it heals.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use std::path::Path;
use std::time::Duration;

use common::camera::{Camera, Seen, h264, serve, served};
use common::{clock, element, raw, run, sink};
use ovr_capture::{
    ClockState, Credentials, LinkFault, LinkPhase, PasswordFrom, RtspConfig, Transport, probe_live,
};
use ovr_testkit::rtsp::{Fault, Layer, Login, Mount, ReportClock, Scheme, Video, WrongAnswer};

/// Frames rise in every way, without gaps.
fn assert_in_order(frames: &[Seen]) {
    for pair in frames.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence + 1);
        assert!(pair[1].presented_at > pair[0].presented_at, "{pair:?}");
    }
}

/// A moving pattern in another codec.
fn h265(folder: &Path) -> Video {
    let path = folder.join("h265.mp4");
    let source = element("videotestsrc", &[("num-buffers", "50"), ("pattern", "ball")]);
    let encode =
        element("x265enc", &[("tune", "zerolatency"), ("key-int-max", "10"), ("speed-preset", "ultrafast")]);
    let (parse, mux) = (element("h265parse", &[]), element("mp4mux", &[]));
    run(&[&[source, raw("I420", 320, 192), encode, parse, mux, sink(&path)]]);
    Video::from_mp4(&path).unwrap()
}

fn mjpeg(folder: &Path) -> Video {
    let source = element("videotestsrc", &[("num-buffers", "20"), ("pattern", "ball")]);
    let files = element("multifilesink", &[("location", folder.join("%03d.jpg").to_str().unwrap())]);
    run(&[&[source, raw("I420", 320, 192), element("jpegenc", &[]), files]]);
    let files = (0..20).map(|n| std::fs::read(folder.join(format!("{n:03}.jpg"))).unwrap()).collect();
    Video::from_jpegs(files, 25).unwrap()
}

fn probe_fault(config: &RtspConfig) -> LinkFault {
    let error = probe_live(config, Duration::from_secs(12), &clock()).unwrap_err();
    let line = error.to_string();
    assert!(line.starts_with("rtsp") && !line.contains('\n') && line.len() < 400, "{line}");
    error.fault
}

#[test]
fn a_camera_gives_its_frames_in_order_by_tcp_and_by_udp_at_its_own_time() {
    let (_folder, _server, mut config) = served();
    for transport in [Transport::Tcp, Transport::Udp] {
        config.transport = transport;
        let camera = Camera::start(&config);
        let frames = camera.take(60);
        assert_in_order(&frames);
        assert!(frames.iter().all(|frame| frame.size == (320, 192)));
        let span = frames[59].presented_at.saturating_sub(frames[9].presented_at);
        assert!(
            span.abs_diff(Duration::from_secs(2)) < Duration::from_millis(300),
            "50 frames took {span:?}"
        );
        let last = camera.until(|frame| frame.captured_at.synchronised);
        let way = last.received_at.since(last.captured_at.at);
        assert!(way < Duration::from_secs(2), "{transport:?}: taken {way:?} before it arrived");
        let state = camera.link.state();
        assert_eq!((state.phase, state.connections, state.attempts), (LinkPhase::Streaming, 1, 0));
        let facts = state.facts.unwrap();
        assert_eq!((facts.codec.as_deref(), facts.width, facts.height), (Some("H.264"), 320, 192));
        assert!(facts.decoder.is_some());
        camera.stop();
    }
}

#[test]
fn h_265_and_mjpeg_play_too() {
    let folder = tempfile::tempdir().unwrap();
    for (video, name) in [(h265(folder.path()), "H.265"), (mjpeg(folder.path()), "MJPEG")] {
        let (_server, config) = serve(Mount::new(video));
        let camera = Camera::start(&config);
        assert_in_order(&camera.take(30));
        assert_eq!(camera.link.state().facts.unwrap().codec.as_deref(), Some(name));
        camera.stop();
    }
}

#[test]
fn a_probe_says_what_the_camera_sends() {
    let (_folder, _server, config) = served();
    let facts = probe_live(&config, Duration::from_secs(20), &clock()).unwrap();
    assert_eq!(facts.video.codec.as_deref(), Some("H.264"));
    assert_eq!((facts.video.width, facts.video.height), (320, 192));
    assert!((facts.fps_measured - 25.0).abs() < 5.0, "{facts:?}");
    assert!(facts.bits_per_second > 0 && facts.sender_reports, "{facts:?}");
    assert!(facts.clock_offset_us.unwrap().abs() < 2_000_000, "{facts:?}");
    assert!(facts.keyframe_interval.is_some(), "{facts:?}");
}

#[test]
fn a_probe_says_what_is_wrong() {
    let (_folder, server, config) = served();
    for (answer, expected) in [
        (WrongAnswer::NotFound, LinkFault::NotFound),
        (WrongAnswer::Unauthorised, LinkFault::Unauthorised { with_credentials: false }),
        (WrongAnswer::ServerError, LinkFault::Status { status: 500 }),
        (WrongAnswer::OnlyUdp, LinkFault::Status { status: 461 }),
        (WrongAnswer::NoVideo, LinkFault::NoVideo),
        (WrongAnswer::HalfAnAnswer, LinkFault::Ended),
    ] {
        server.fault("/cam", Fault::Answer(answer)).unwrap();
        assert_eq!(probe_fault(&config), expected);
    }
    server.fault("/cam", Fault::Answer(WrongAnswer::UnknownCodec)).unwrap();
    assert!(matches!(probe_fault(&config), LinkFault::UnknownCodec { .. }));
    server.fault("/cam", Fault::Blackhole).unwrap();
    assert!(matches!(probe_fault(&config), LinkFault::TimedOut { .. }));
    server.stop_listening();
    assert!(matches!(probe_fault(&config), LinkFault::Refused { .. }));
    let secure = server.address("/cam").replace("rtsp://", "rtsps://");
    server.listen_again().unwrap();
    server.heal("/cam").unwrap();
    let fault = probe_fault(&RtspConfig::new(secure.parse().unwrap()));
    assert!(!matches!(fault, LinkFault::Runtime { .. }), "{fault}");
}

#[test]
fn a_redirect_is_not_followed_not_even_by_a_connection() {
    let (_folder, server, config) = served();
    let (_folder, other, _) = served();
    server.fault("/cam", Fault::Answer(WrongAnswer::Redirect(other.address("/cam")))).unwrap();
    assert_eq!(probe_fault(&config), LinkFault::Redirected);
    let camera = Camera::start(&config);
    camera.fault(|fault| *fault == LinkFault::Redirected);
    assert!(camera.stop() < Duration::from_secs(1));
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(other.totals().accepted, 0, "the other host was connected to");
}

fn with_password(config: &RtspConfig, folder: &Path, password: &str) -> RtspConfig {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("password");
    let _ = std::fs::remove_file(&path);
    std::fs::write(&path, password).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let credentials = Credentials { user: "viewer".to_owned(), password: PasswordFrom::File(path) };
    RtspConfig { credentials: Some(credentials), ..config.clone() }
}

#[test]
fn basic_and_digest_let_the_right_password_in_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let video = h264(folder.path(), (160, 96));
    for scheme in [Scheme::Basic, Scheme::DigestMd5] {
        let (server, config) =
            serve(Mount::new(video.clone()).login(Login::new("viewer", "canary-7", &[scheme])));
        assert_eq!(probe_fault(&config), LinkFault::Unauthorised { with_credentials: false });
        let wrong = with_password(&config, folder.path(), "canary-8");
        assert_eq!(probe_fault(&wrong), LinkFault::Unauthorised { with_credentials: true });
        let right = with_password(&config, folder.path(), "canary-7");
        let camera = Camera::start(&right);
        camera.take(5);
        assert!(server.counters("/cam").unwrap().logins_right > 0);
        let shown = format!("{:?} {right:?}", camera.link.state());
        assert!(!shown.contains("canary"), "{shown}");
        camera.stop();
    }
    let (_server, config) = serve(Mount::new(video));
    let missing = RtspConfig {
        credentials: Some(Credentials {
            user: "viewer".to_owned(),
            password: PasswordFrom::File(folder.path().join("none")),
        }),
        ..config
    };
    assert!(matches!(probe_fault(&missing), LinkFault::Credentials { .. }));
}

#[test]
fn a_camera_that_went_away_is_back_within_five_seconds_and_frames_go_on_rising() {
    let (_folder, server, config) = served();
    let camera = Camera::start(&config);
    let mut frames = camera.take(20);
    server.stop_listening();
    camera.fault(|fault| matches!(fault, LinkFault::Refused { .. }));
    std::thread::sleep(Duration::from_secs(3));
    let before = camera.link.state();
    assert!(before.attempts >= 2, "{before:?}");
    server.listen_again().unwrap();
    let back = clock();
    while camera.frames.try_recv().is_ok() {}
    let first = camera.take(1);
    assert!(back.monotonic() < Duration::from_secs(5), "back after {:?}", back.monotonic());
    assert!(first[0].presented_at > frames[19].presented_at + Duration::from_secs(2), "time went on");
    frames = first;
    frames.extend(camera.take(20));
    assert_in_order(&frames);
    assert_eq!(camera.link.state().connections, 2);
    camera.stop();
}

#[test]
fn a_stall_and_a_frozen_picture_are_seen_and_healed() {
    let (_folder, server, mut config) = served();
    config.freeze_timeout_ms = Some(1_500);
    let camera = Camera::start(&config);
    camera.take(10);
    server.fault("/cam", Fault::Stall).unwrap();
    camera.fault(|fault| matches!(fault, LinkFault::Stalled { .. }));
    server.heal("/cam").unwrap();
    camera.until(|_| camera.link.state().connections >= 2);
    camera.take(10);
    server.fault("/cam", Fault::Freeze).unwrap();
    camera.fault(|fault| matches!(fault, LinkFault::Frozen { .. }));
    camera.until(|_| camera.link.state().connections >= 3);
    assert!(camera.link.state().is_frozen, "a new connection to the old picture heals nothing");
    server.heal("/cam").unwrap();
    camera.until(|_| !camera.link.state().is_frozen);
    assert_in_order(&camera.take(10));
    camera.stop();
}

#[test]
fn another_size_or_codec_in_the_middle_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (server, config) = serve(Mount::new(h264(folder.path(), (320, 192))));
    server.mount("/small", Mount::new(h264(folder.path(), (160, 96)))).unwrap();
    server.mount("/other", Mount::new(h265(folder.path()))).unwrap();
    let camera = Camera::start(&config);
    camera.take(10);
    server.fault("/cam", Fault::Play { mount: "/small".to_owned() }).unwrap();
    camera.until(|frame| frame.size == (160, 96));
    let facts = camera.link.state().facts.unwrap();
    assert_eq!((facts.width, facts.height), (160, 96));
    server.fault("/cam", Fault::Play { mount: "/other".to_owned() }).unwrap();
    camera.until(|_| camera.link.state().facts.is_some_and(|facts| facts.codec.as_deref() == Some("H.265")));
    assert_in_order(&camera.take(10));
    camera.stop();
}

#[test]
fn a_clock_that_lies_is_not_believed() {
    let (_folder, server, config) = served();
    let day = Duration::from_hours(24);
    for lie in [
        ReportClock::OffsetMs(2 * 3_600_000),
        ReportClock::OffsetMs(-86_400_000),
        ReportClock::BootedAt1970,
        ReportClock::Zero,
        ReportClock::Silent,
    ] {
        server.report_clock("/cam", lie).unwrap();
        let camera = Camera::start(&config);
        let frames = camera.take(50);
        assert!(frames.iter().all(|frame| !frame.captured_at.synchronised), "{lie:?}");
        assert!(frames.iter().all(|frame| frame.captured_at.at == frame.received_at), "{lie:?}");
        let state = camera.link.state().clock;
        assert!(!matches!(state, ClockState::Believed { .. }), "{lie:?}: {state:?}");
        camera.stop();
    }
    server.report_clock("/cam", ReportClock::OffsetMs(-20_000)).unwrap();
    let camera = Camera::start(&config);
    let frame = camera.until(|frame| frame.captured_at.synchronised);
    let behind = frame.received_at.since(frame.captured_at.at);
    assert!(behind > Duration::from_secs(19) && behind < Duration::from_secs(23), "{behind:?}");
    server.report_clock("/cam", ReportClock::OffsetMs(600_000)).unwrap();
    let frame = camera.until(|frame| !frame.captured_at.synchronised);
    assert!(frame.received_at.since(frame.captured_at.at) < day);
    assert_eq!(camera.link.state().clock_jumps, 1);
    camera.stop();
}

#[test]
fn a_source_that_connects_waits_or_streams_ends_at_once() {
    let (_folder, server, config) = served();
    // Generous: the promise is 200 ms, and the machine may be busy.
    let at_once = Duration::from_secs(1);
    let camera = Camera::start(&config);
    camera.take(5);
    assert!(camera.stop() < at_once, "while it streams");
    server.fault("/cam", Fault::Blackhole).unwrap();
    let camera = Camera::start(&config);
    std::thread::sleep(Duration::from_millis(700));
    assert!(camera.stop() < at_once, "while it connects");
    server.fault("/cam", Fault::Answer(WrongAnswer::NotFound)).unwrap();
    let camera = Camera::start(&config);
    camera.fault(|fault| *fault == LinkFault::NotFound);
    assert!(camera.stop() < at_once, "while it waits");
}

/// Mutated sessions of the test below; a nightly run sets the variable to thousands.
fn garbage_sessions() -> u64 {
    std::env::var("OVR_GARBAGE_SESSIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(24)
}

#[test]
fn garbage_on_every_layer_crashes_nothing_and_is_survived() {
    let (_folder, server, mut config) = served();
    config.stall_timeout_ms = 500;
    for seed in 0..garbage_sessions() {
        config.transport = if seed % 4 == 3 { Transport::Udp } else { Transport::Tcp };
        server.fault("/cam", Fault::Garbage { seed, share: 0.3, layers: Layer::ALL }).unwrap();
        let camera = Camera::start(&config);
        let end = clock();
        while end.monotonic() < Duration::from_millis(400) {
            let _ = camera.frames.recv_timeout(Duration::from_millis(50));
        }
        camera.stop();
    }
    assert!(server.counters("/cam").unwrap().mutations > 100);
    server.heal("/cam").unwrap();
    config.transport = Transport::Tcp;
    let camera = Camera::start(&config);
    assert_in_order(&camera.take(10));
    assert_eq!(camera.link.state().left_behind, 0);
    camera.stop();
}

#[test]
#[ignore = "it is started by the test below, with GStreamer's log at its loudest"]
fn streams_with_a_password_from_the_environment() {
    let Ok(password) = std::env::var("OVR_TEST_PASSWORD") else { return };
    let folder = tempfile::tempdir().unwrap();
    let video = h264(folder.path(), (160, 96));
    for scheme in [Scheme::Basic, Scheme::DigestMd5] {
        let (_server, mut config) =
            serve(Mount::new(video.clone()).login(Login::new("viewer", &password, &[scheme])));
        let from = PasswordFrom::Environment("OVR_TEST_PASSWORD".to_owned());
        config.credentials = Some(Credentials { user: "viewer".to_owned(), password: from });
        let camera = Camera::start(&config);
        camera.take(5);
        camera.stop();
    }
}

#[test]
fn the_loudest_log_of_gstreamer_holds_no_password() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gst.log");
    for log_file in [None, Some(&file)] {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "streams_with_a_password_from_the_environment", "--ignored", "--nocapture"]);
        command.env("OVR_TEST_PASSWORD", "canary-9f3").env("GST_DEBUG", "9");
        if let Some(path) = log_file {
            command.env("GST_DEBUG_FILE", path);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut text = [output.stdout, output.stderr].concat();
        text.extend(std::fs::read(&file).unwrap_or_default());
        let text = String::from_utf8_lossy(&text);
        assert!(text.contains("1 passed"), "it did not run: {text}");
        // The second is what Basic makes of user and password.
        for secret in ["canary-9f3", "dmlld2VyOmNhbmFyeS05ZjM"] {
            assert!(!text.contains(secret), "the log holds the password");
        }
    }
}
