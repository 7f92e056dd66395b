//! The whole server, seen by a client of bare sockets.

mod client;

use std::net::{TcpStream, UdpSocket};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ovr_domain::time::{Clock, SystemClock};

use super::*;
use client::{Client, PATIENCE, Reply};

const FPS: u32 = 50;

/// Ten pictures, the first a keyframe of several packets; `mark` tells videos apart.
fn video(mark: u8) -> Video {
    let mut stream = vec![0, 0, 1, 0x67, 0x42, 0xC0, 0x1E, mark, 0, 0, 1, 0x68, 0xCE, mark];
    stream.extend([0, 0, 1, 0x65, 0x88, mark]);
    stream.extend([0xA5; 4000]);
    for index in 1..10 {
        stream.extend([0, 0, 1, 0x41, 0x9A, mark, index]);
    }
    Video::from_annex_b(Codec::H264, &stream, FPS).unwrap()
}

fn server() -> RtspServer {
    let server = RtspServer::start().unwrap();
    server.mount("/cam", Mount::new(video(1))).unwrap();
    server
}

fn word(packet: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(packet[at..at + 4].try_into().unwrap())
}

fn status_of(server: &RtspServer, method: &str) -> Option<u16> {
    Client::new(server, "/cam").ask(method, "").map(|reply| reply.0)
}

#[test]
fn a_client_over_tcp_gets_every_picture_in_order_and_the_time() {
    let server = server();
    let mut client = Client::new(&server, "/cam");
    client.play();
    let (mut nal, mut units, mut reports, mut previous) = (Vec::new(), Vec::new(), 0, None);
    while units.len() < 34 || reports == 0 {
        let (channel, packet) = client.frame().unwrap();
        if channel == 1 {
            assert_eq!(packet[1], 200);
            let seconds = u64::from(word(&packet, 8)) - 2_208_988_800;
            let now = SystemClock::start().now().as_micros() as u64 / 1_000_000;
            assert!(now.abs_diff(seconds) < 60, "{now} and {seconds}");
            reports += 1;
            continue;
        }
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        assert!(previous.is_none_or(|previous: u16| previous.wrapping_add(1) == sequence));
        previous = Some(sequence);
        match packet[12] & 0x1F {
            28 if packet[13] & 0x80 != 0 => nal = vec![(packet[12] & 0xE0) | (packet[13] & 0x1F)],
            28 => {}
            _ => nal.clone_from(&packet[12..].to_vec()),
        }
        if packet[12] & 0x1F == 28 {
            nal.extend_from_slice(&packet[14..]);
        }
        if packet[12] & 0x1F != 28 || packet[13] & 0x40 != 0 {
            units.push((nal.clone(), word(&packet, 4)));
        }
    }
    let played = video(1);
    let expected: Vec<&Vec<u8>> = played.units().iter().flat_map(|unit| &unit.nal_units).collect();
    for (index, (nal, _)) in units.iter().enumerate() {
        assert_eq!(&nal, &expected[index % expected.len()], "NAL unit {index}");
    }
    let step = units[3].1.wrapping_sub(units[2].1);
    assert_eq!(step, 90_000 / FPS);
    let counters = server.counters("/cam").unwrap();
    assert_eq!((counters.connections, counters.connections_open, counters.playing), (1, 1, 1));
    assert_eq!((counters.requests("DESCRIBE"), counters.requests("PLAY")), (1, 1));
    assert!(counters.packets >= 34 && counters.units >= 20 && counters.reports >= 1, "{counters:?}");
}

#[test]
fn a_client_over_udp_gets_media_and_reports() {
    let server = server();
    let sockets = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
    let [media, reports] = &sockets;
    let ports = sockets.each_ref().map(|socket| socket.local_addr().unwrap().port());
    let mut client = Client::new(&server, "/cam");
    let transport = format!("Transport: RTP/AVP;unicast;client_port={}-{}\r\n", ports[0], ports[1]);
    let Reply(status, head, _) = client.ask("SETUP", &transport).unwrap();
    assert!(status == 200 && head.contains("server_port="), "{head}");
    assert_eq!(client.ask("PLAY", "").unwrap().0, 200);
    let mut bytes = [0; 2000];
    for socket in [media, reports] {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
    }
    for _ in 0..20 {
        let count = media.recv(&mut bytes).unwrap();
        assert!(count > 12 && bytes[0] == 0x80 && bytes[1] & 0x7F == 96);
    }
    reports.recv(&mut bytes).unwrap();
    assert_eq!(bytes[1], 200);
    assert_eq!(client.ask("GET_PARAMETER", "").unwrap().0, 200);
    assert_eq!(client.ask("TEARDOWN", "").unwrap().0, 200);
    assert!(client.is_closed());
}

#[test]
fn the_password_opens_and_nothing_else_does() {
    let server = server();
    let login = Login::new("viewer", "canary-1", &[Scheme::DigestSha256, Scheme::Basic]);
    server.mount("/closed", Mount::new(video(1)).login(login)).unwrap();
    let mut client = Client::new(&server, "/closed");
    assert_eq!(client.ask("OPTIONS", "").unwrap().0, 200);
    let Reply(status, head, _) = client.ask("DESCRIBE", "").unwrap();
    assert!(status == 401 && head.contains("algorithm=SHA-256") && head.contains("Basic realm"), "{head}");
    client.authorization = Some(format!("Basic {}", STANDARD.encode("viewer:wrong")));
    assert_eq!(client.ask("DESCRIBE", "").unwrap().0, 401);
    client.authorization = Some(format!("Basic {}", STANDARD.encode("viewer:canary-1")));
    client.play();
    let counters = server.counters("/closed").unwrap();
    assert_eq!((counters.logins_missing, counters.logins_wrong, counters.logins_right), (1, 1, 3));
    assert!(!format!("{server:?} {counters:?}").contains("canary-1"));
}

#[test]
fn stalled_it_answers_and_sends_nothing_until_it_is_healed() {
    let server = server();
    let mut client = Client::new(&server, "/cam");
    client.play();
    client.packet().unwrap();
    server.fault("/cam", Fault::Stall).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let before = server.counters("/cam").unwrap();
    assert_eq!(client.ask("GET_PARAMETER", "").unwrap().0, 200);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(server.counters("/cam").unwrap().packets, before.packets);
    server.heal("/cam").unwrap();
    let nal = client.packet().unwrap()[12];
    assert_eq!(nal & 0x1F, 7, "goes on with parameter sets and a keyframe");
}

#[test]
fn frozen_it_sends_one_picture_with_new_times() {
    let server = server();
    let mut client = Client::new(&server, "/cam");
    client.play();
    client.packet().unwrap();
    server.fault("/cam", Fault::Freeze).unwrap();
    // A second client sees it from its start; what the first has in its buffers may be older.
    let mut client = Client::new(&server, "/cam");
    client.play();
    let mut times = std::collections::BTreeSet::new();
    for _ in 0..60 {
        let packet = client.packet().unwrap();
        assert_ne!(packet[12] & 0x1F, 1, "a picture that moves");
        times.insert(word(&packet, 4));
    }
    assert!(times.len() >= 10, "{times:?}");
}

#[test]
fn away_it_closes_its_own_connections_only_and_comes_back() {
    let server = server();
    server.mount("/other", Mount::new(video(2))).unwrap();
    let (mut client, mut other) = (Client::new(&server, "/cam"), Client::new(&server, "/other"));
    client.play();
    other.play();
    server.fault("/cam", Fault::Refuse).unwrap();
    assert!(client.is_closed());
    assert_eq!(status_of(&server, "OPTIONS"), None);
    assert!(other.packet().is_some());
    server.heal("/cam").unwrap();
    assert_eq!(status_of(&server, "OPTIONS"), Some(200));
    assert_eq!(server.counters("/cam").unwrap().refused, 2);
    server.fault_for("/cam", Fault::Refuse, Duration::from_millis(100)).unwrap();
    assert_eq!(status_of(&server, "OPTIONS"), None);
    std::thread::sleep(Duration::from_millis(150));
    assert_eq!(status_of(&server, "OPTIONS"), Some(200));
}

#[test]
fn the_port_closes_and_opens_again_as_the_same_one() {
    let server = server();
    let (port, mut client) = (server.port(), Client::new(&server, "/cam"));
    client.play();
    server.stop_listening();
    assert!(client.is_closed());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert_eq!(server.totals().open, 0);
    server.listen_again().unwrap();
    server.listen_again().unwrap();
    assert_eq!((server.port(), status_of(&server, "DESCRIBE")), (port, Some(200)));
}

#[test]
fn dropped_it_leaves_no_port_and_no_connection() {
    let server = server();
    let (port, mut client) = (server.port(), Client::new(&server, "/cam"));
    client.play();
    drop(server);
    assert!(client.is_closed());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn a_black_hole_takes_requests_and_never_answers() {
    let server = server();
    server.fault("/cam", Fault::Blackhole).unwrap();
    let mut client = Client::new(&server, "/cam");
    client.stream.set_read_timeout(Some(Duration::from_millis(400))).unwrap();
    assert!(client.ask("OPTIONS", "").is_none());
    let counters = server.counters("/cam").unwrap();
    assert_eq!((counters.requests("OPTIONS"), counters.connections_open), (1, 1), "and it stays open");
}

#[test]
fn wrong_answers_are_as_wrong_as_ordered() {
    let server = server();
    let answers = |fault: WrongAnswer| {
        server.fault("/cam", Fault::Answer(fault)).unwrap();
        Client::new(&server, "/cam").ask("DESCRIBE", "")
    };
    assert_eq!(answers(WrongAnswer::Unauthorised).unwrap().0, 401);
    assert_eq!(answers(WrongAnswer::NotFound).unwrap().0, 404);
    assert_eq!(answers(WrongAnswer::ServerError).unwrap().0, 500);
    let Reply(status, head, _) = answers(WrongAnswer::Redirect("rtsp://192.0.2.1/x".to_owned())).unwrap();
    assert!(status == 302 && head.contains("Location: rtsp://192.0.2.1/x\r\n"), "{head}");
    assert!(answers(WrongAnswer::HugeHeader(1 << 20)).unwrap().1.len() > 1 << 20);
    assert!(!answers(WrongAnswer::NoVideo).unwrap().2.contains("m=video"));
    assert!(answers(WrongAnswer::UnknownCodec).unwrap().2.contains("X-NOBODY-KNOWS"));
    assert!(answers(WrongAnswer::HalfAnAnswer).is_none());
    server.fault("/cam", Fault::Answer(WrongAnswer::OnlyUdp)).unwrap();
    let tcp = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
    assert_eq!(Client::new(&server, "/cam").ask("SETUP", tcp).unwrap().0, 461);
    server.fault("/cam", Fault::Answer(WrongAnswer::EndlessBody)).unwrap();
    let mut client = Client::new(&server, "/cam");
    client.send("DESCRIBE", "");
    while client.buffer.len() < 4 << 20 {
        client.more().unwrap();
    }
    server.heal("/cam").unwrap();
    assert!(client.is_closed());
    assert_eq!(Client::new(&server, "/none").ask("DESCRIBE", "").unwrap().0, 404);
}

#[test]
fn slow_answers_take_their_time() {
    let server = server();
    let clock = SystemClock::start();
    server.fault("/cam", Fault::Slow { bytes_per_second: 1000 }).unwrap();
    let Reply(status, head, body) = Client::new(&server, "/cam").ask("DESCRIBE", "").unwrap();
    let least = Duration::from_millis((head.len() + body.len()) as u64) / 2;
    assert!(status == 200 && clock.monotonic() > least, "{:?} of {least:?}", clock.monotonic());
}

#[test]
fn another_mounts_video_comes_in_the_middle_and_in_the_description() {
    let server = server();
    server.mount("/other", Mount::new(video(2))).unwrap();
    let mut client = Client::new(&server, "/cam");
    client.play();
    client.packet().unwrap();
    server.fault("/cam", Fault::Play { mount: "/other".to_owned() }).unwrap();
    let sets = loop {
        let packet = client.packet().unwrap();
        if packet[12] == 0x67 && packet[16] == 2 {
            break packet;
        }
    };
    assert_eq!(sets[12..], [0x67, 0x42, 0xC0, 0x1E, 2]);
    let described = Client::new(&server, "/cam").ask("DESCRIBE", "").unwrap().2;
    assert!(described.contains(&STANDARD.encode([0x67, 0x42, 0xC0, 0x1E, 2])), "{described}");
    let error = server.fault("/cam", Fault::Play { mount: "/nothing".to_owned() }).unwrap_err();
    assert!(error.to_string().contains("/nothing"), "{error}");
}

#[test]
fn lost_packets_leave_gaps_and_are_counted() {
    let server = server();
    server.fault("/cam", Fault::Drop { share: 0.5, seed: 3 }).unwrap();
    let mut client = Client::new(&server, "/cam");
    client.play();
    let numbers: Vec<u16> =
        (0..30).map(|_| client.packet().unwrap()).map(|p| u16::from_be_bytes([p[2], p[3]])).collect();
    let span = numbers[29].wrapping_sub(numbers[0]);
    assert!(span > 35, "{numbers:?}");
    assert!(server.counters("/cam").unwrap().packets_lost > 5);
}

#[test]
fn garbage_follows_from_its_seed_and_the_server_lives_on() {
    let server = server();
    let described = |seed: u64| {
        server.fault("/cam", Fault::Garbage { seed, share: 1.0, layers: &[Layer::Answer] }).unwrap();
        let mut client = Client::new(&server, "/cam");
        client.send("DESCRIBE", "");
        client.stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        while client.more().is_some() {}
        client.buffer
    };
    let first = described(11);
    assert_eq!(first, described(11));
    assert_ne!(first, described(12));
    server.fault("/cam", Fault::Garbage { seed: 5, share: 0.5, layers: Layer::ALL }).unwrap();
    for _ in 0..20 {
        let mut client = Client::new(&server, "/cam");
        for method in ["DESCRIBE", "SETUP", "PLAY"] {
            client.send(method, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
        }
        for _ in 0..3 {
            client.more();
        }
    }
    assert!(server.counters("/cam").unwrap().mutations > 20);
    server.heal("/cam").unwrap();
    assert_eq!(status_of(&server, "DESCRIBE"), Some(200));
}

#[test]
fn one_connection_too_many_is_closed_at_once() {
    let server = RtspServer::start_with(std::sync::Arc::new(SystemClock::start()), 1).unwrap();
    server.mount("/cam", Mount::new(video(1))).unwrap();
    let mut first = Client::new(&server, "/cam");
    assert_eq!(first.ask("OPTIONS", "").unwrap().0, 200);
    assert!(Client::new(&server, "/cam").ask("OPTIONS", "").is_none());
    assert_eq!((server.totals().accepted, server.totals().over_the_limit), (1, 1));
    assert_eq!(first.ask("OPTIONS", "").unwrap().0, 200);
}

#[test]
fn a_video_that_is_played_once_ends_with_a_goodbye() {
    let server = RtspServer::start().unwrap();
    server.mount("/once", Mount::new(video(1)).once().report_clock(ReportClock::Silent)).unwrap();
    let mut client = Client::new(&server, "/once");
    client.play();
    let (packets, goodbye) = {
        let mut packets = 0;
        loop {
            match client.frame().unwrap() {
                (0, _) => packets += 1,
                (_, report) => break (packets, report),
            }
        }
    };
    assert_eq!((packets, goodbye[goodbye.len() - 7]), (14, 203));
    assert_eq!(server.counters("/once").unwrap().reports, 0);
}

#[test]
fn a_clock_that_is_set_jumps_in_the_next_report() {
    let server = server();
    let mut client = Client::new(&server, "/cam");
    client.play();
    let mut report = || loop {
        if let (1, packet) = client.frame().unwrap() {
            return u64::from(word(&packet, 8));
        }
    };
    let first = report();
    server.report_clock("/cam", ReportClock::OffsetMs(3_600_000)).unwrap();
    let jumped = loop {
        let seconds = report();
        if seconds > first + 1800 {
            break seconds;
        }
    };
    assert!(jumped.abs_diff(first + 3600) < 60, "{first} to {jumped}");
}

#[test]
fn paths_without_sense_are_refused() {
    let server = server();
    for path in ["", "/", "cam", "/cam/", "/a b", "/a\r\nb", "/ä"] {
        assert!(server.mount(path, Mount::new(video(1))).is_err(), "{path:?}");
    }
    assert!(server.counters("/none").is_err());
}
