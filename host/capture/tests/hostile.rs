//! Servers that answer what no camera does: bytes that are no text, and transports that lead to somebody else.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use common::clock;
use ovr_capture::{LinkFault, ProbeError, RtspConfig, Transport, probe_live};

const CAMERA: &str = "127.0.0.1";
const THIRD: &str = "127.0.0.2";
/// A group that nobody here uses, and as `/proc/net/igmp` writes it.
const GROUP: (&str, &str) = ("239.255.77.3", "034DFFEF");

/// What a scripted server answers, by the bytes that matter. The rest is in order.
#[derive(Clone)]
struct Script {
    status: Vec<u8>,
    /// More headers of every answer, each with its line's end.
    headers: Vec<u8>,
    encoding: Vec<u8>,
    control: Vec<u8>,
    transport: Vec<u8>,
}

impl Script {
    fn right() -> Self {
        Self {
            status: b"200 OK".to_vec(),
            headers: Vec::new(),
            encoding: b"H264".to_vec(),
            control: b"stream=0".to_vec(),
            transport: b"RTP/AVP/TCP;unicast;interleaved=0-1".to_vec(),
        }
    }

    fn answer(&self, request: &str) -> Vec<u8> {
        let sequence = request.lines().find(|line| line.to_lowercase().starts_with("cseq:")).unwrap();
        let is = |method: &str| request.starts_with(method);
        let status = if is("DESCRIBE") { self.status.as_slice() } else { b"200 OK" };
        let head = [b"RTSP/1.0 ", status, b"\r\n", sequence.as_bytes(), b"\r\nSession: 7\r\n", &self.headers];
        let mut answer = head.concat();
        let mut body = Vec::new();
        if is("DESCRIBE") {
            let sdp = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 ";
            body = [sdp, self.encoding.as_slice(), b"/90000\r\na=control:", &self.control, b"\r\n"].concat();
            answer.extend(
                format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n", body.len()).bytes(),
            );
        } else if is("SETUP") {
            answer.extend([b"Transport: ", self.transport.as_slice(), b"\r\n"].concat());
        } else if is("OPTIONS") {
            answer.extend(b"Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n");
        }
        answer.extend(b"\r\n");
        answer.extend(body);
        answer
    }

    fn serve(&self, mut stream: TcpStream) {
        let (mut taken, mut bytes) = (Vec::new(), [0; 4_096]);
        while let Ok(count @ 1..) = stream.read(&mut bytes) {
            taken.extend_from_slice(&bytes[..count]);
            while let Some(end) = taken.windows(4).position(|four| four == b"\r\n\r\n") {
                let request: Vec<u8> = taken.drain(..end + 4).collect();
                if request[0] != b'$'
                    && stream.write_all(&self.answer(&String::from_utf8_lossy(&request))).is_err()
                {
                    return;
                }
            }
        }
    }

    /// Its address. The server ends with the test.
    fn start(self) -> RtspConfig {
        let listener = TcpListener::bind((CAMERA, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let script = self.clone();
                std::thread::spawn(move || script.serve(stream));
            }
        });
        RtspConfig::new(format!("rtsp://{CAMERA}:{port}/cam").parse().unwrap())
    }
}

fn probe(config: &RtspConfig) -> ProbeError {
    probe_live(config, Duration::from_secs(8), &clock()).unwrap_err()
}

/// Two sockets on a host whose ports follow each other; on `like`'s ports where there is one.
fn sockets(host: &str, like: Option<&[UdpSocket; 2]>) -> [UdpSocket; 2] {
    let bind = |port: u16| {
        let socket = UdpSocket::bind((host, port)).ok()?;
        socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        Some(socket)
    };
    let port = |socket: &UdpSocket| socket.local_addr().unwrap().port();
    let pair = || {
        let first = bind(like.map_or(0, |like| port(&like[0])))?;
        let second = bind(port(&first).checked_add(1)?)?;
        Some([first, second])
    };
    (0..50).find_map(|_| pair()).unwrap()
}

#[test]
fn bytes_that_are_no_text_crash_nothing_wherever_they_stand() {
    const NO_TEXT: &[u8] = b"\xff\xfe\xc3(";
    let right = Script::right();
    let with = |before: &[u8], after: &[u8]| [before, NO_TEXT, after].concat();
    let scripts = [
        Script {
            status: with(b"302 ", b""),
            headers: with(b"Location: rtsp://127.0.0.1:9/", b"\r\n"),
            ..right.clone()
        },
        Script { status: with(b"302 ", b""), headers: with(b"Location: rtsp://", b"/\r\n"), ..right.clone() },
        Script { status: with(b"418 ", b""), headers: with(b"Server: ", b"\r\n"), ..right.clone() },
        Script {
            status: b"401 No".to_vec(),
            headers: with(b"WWW-Authenticate: Basic realm=\"", b"\"\r\n"),
            ..right.clone()
        },
        Script { encoding: NO_TEXT.to_vec(), ..right.clone() },
        Script { control: NO_TEXT.to_vec(), ..right.clone() },
        Script { control: with(b"rtsp://", b"/1"), ..right.clone() },
        Script { transport: NO_TEXT.to_vec(), ..right.clone() },
        Script { transport: with(b"RTP/AVP;unicast;server_port=9-10;source=", b""), ..right.clone() },
        Script { transport: with(b"RTP/AVP;multicast;port=9-10;destination=", b""), ..right.clone() },
    ];
    let probing: Vec<_> = scripts
        .iter()
        .flat_map(|script| [Transport::Tcp, Transport::Udp].map(|transport| (script.clone(), transport)))
        .map(|(script, transport)| {
            std::thread::spawn(move || probe(&RtspConfig { transport, ..script.start() }).to_string())
        })
        .collect();
    for thread in probing {
        let line = thread.join().unwrap();
        assert!(!line.contains('\n') && line.len() < 400, "{line}");
    }
}

#[test]
fn an_answer_to_setup_that_is_none_is_not_asked_for_again_and_again() {
    let files = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    for transport in [Transport::Tcp, Transport::Udp] {
        let script = Script { transport: b"nonsense".to_vec(), ..Script::right() };
        let config = RtspConfig { transport, ..script.start() };
        let before = files();
        assert_eq!(probe(&config).fault, LinkFault::SetUp, "{transport:?}");
        // Other tests run beside; without an end it would be thousands within a second.
        assert!(files() < before + 200, "{before} files became {}", files());
    }
}

#[test]
fn a_camera_that_names_a_third_host_has_nothing_sent_there() {
    let camera = sockets(CAMERA, None);
    let third = sockets(THIRD, Some(&camera));
    let [first, second] = [0, 1].map(|index: usize| camera[index].local_addr().unwrap().port());
    let transport =
        format!("RTP/AVP;unicast;source={THIRD};destination={THIRD};server_port={first}-{second}");
    let script = Script { transport: transport.into_bytes(), ..Script::right() };
    let config = RtspConfig { transport: Transport::Udp, ..script.start() };
    let probing = std::thread::spawn(move || probe(&config));
    let mut bytes = [0; 2_000];
    let Ok((_, from)) = camera[0].recv_from(&mut bytes) else {
        panic!("the camera was sent nothing: {}", probing.join().unwrap());
    };
    // A stranger's packets in the place of the camera's.
    let stranger = UdpSocket::bind((THIRD, 0)).unwrap();
    for _ in 0..20 {
        stranger.send_to(&[0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x65, 0x88], from).unwrap();
        std::thread::sleep(Duration::from_millis(50));
    }
    let error = probing.join().unwrap();
    assert_eq!(error.fault, LinkFault::Stranger { ip: THIRD.parse().unwrap() }, "{error}");
    for socket in &third {
        assert!(socket.recv_from(&mut bytes).is_err(), "the third host was sent something");
    }
}

/// The interfaces on which this machine is in the group.
fn joined() -> Vec<String> {
    let text = std::fs::read_to_string("/proc/net/igmp").unwrap();
    let mut interface = String::new();
    let mut found = Vec::new();
    for line in text.lines().skip(1) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if !line.starts_with(['\t', ' ']) {
            words.get(1).copied().unwrap_or_default().clone_into(&mut interface);
        } else if words.first() == Some(&GROUP.1) {
            found.push(interface.clone());
        }
    }
    found
}

#[test]
fn a_transport_that_was_not_asked_for_ends_the_session_and_no_group_is_joined() {
    let group = format!("RTP/AVP;multicast;destination={};port=5004-5005;ttl=1", GROUP.0);
    let datagrams = "RTP/AVP;unicast;server_port=5004-5005".to_owned();
    for (transport, answer) in
        [(Transport::Tcp, datagrams), (Transport::Tcp, group.clone()), (Transport::Udp, group)]
    {
        let script = Script { transport: answer.clone().into_bytes(), ..Script::right() };
        let config = RtspConfig { transport, ..script.start() };
        let probing = std::thread::spawn(move || probe(&config));
        while !probing.is_finished() {
            let elsewhere: Vec<String> = joined().into_iter().filter(|interface| interface != "lo").collect();
            assert!(elsewhere.is_empty(), "joined on {elsewhere:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
        let error = probing.join().unwrap();
        assert_eq!(error.fault, LinkFault::OtherTransport, "{transport:?}, {answer}: {error}");
    }
}
