//! Live streams: parts and boundaries, the limits, and every way that they end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ovr_api::{ApiConfig, NewCredential, Role};

use crate::board::{AWAY, Gives, jpeg};
use crate::client::get;
use crate::fixture::{Running, start, start_with};

const TYPE: &str = "multipart/x-mixed-replace; boundary=ovr-alpr-picture";
const BOUNDARY: &[u8] = b"\r\n--ovr-alpr-picture";

/// Somebody who watches.
struct Watcher {
    stream: TcpStream,
    received: Vec<u8>,
}

/// What came so far: the pictures, and whether the last boundary came.
#[derive(Debug, Default)]
struct Watched {
    pictures: Vec<Vec<u8>>,
    ended: bool,
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let found = bytes.windows(at.len()).position(|window| window == at)?;
    Some((&bytes[..found], &bytes[found + at.len()..]))
}

/// A body out of its chunks (RFC 9112, section 7.1), as far as it has come.
fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some((size, rest)) = split(bytes, b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(size).expect("ASCII"), 16).expect("a size");
        if size == 0 || rest.len() < size + 2 {
            break;
        }
        body.extend_from_slice(&rest[..size]);
        assert_eq!(&rest[size..size + 2], b"\r\n", "a chunk ends with a line");
        bytes = &rest[size + 2..];
    }
    body
}

/// The parts of a body, each as long as it says and followed by a boundary.
fn parts(body: &[u8]) -> Watched {
    let mut watched = Watched::default();
    if body.is_empty() {
        return watched;
    }
    let mut rest = body.strip_prefix(&BOUNDARY[2..]).expect("it begins with a boundary");
    while let Some((head, behind)) = split(rest, b"\r\n\r\n") {
        let head = std::str::from_utf8(head).expect("a head is ASCII");
        assert!(head.starts_with("\r\nContent-Type: image/jpeg\r\n"), "{head:?}");
        assert!(head.contains("\r\nX-Captured-At: 2026-11-23T08:15:05.000000Z"), "{head:?}");
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let length: usize = length.expect("a length").parse().expect("a number");
        if behind.len() < length + BOUNDARY.len() {
            return watched;
        }
        watched.pictures.push(behind[..length].to_vec());
        rest = behind[length..].strip_prefix(BOUNDARY).expect("a boundary behind each picture");
    }
    watched.ended = rest == b"--\r\n";
    watched
}

impl Watcher {
    fn new(server: &Running, target: &str, token: &str) -> Self {
        let mut stream = TcpStream::connect(server.address).expect("connect");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
        let head = format!("GET {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("write");
        Self { stream, received: Vec::new() }
    }

    fn watched(&self) -> Watched {
        let Some((head, body)) = split(&self.received, b"\r\n\r\n") else {
            return Watched::default();
        };
        let head = std::str::from_utf8(head).expect("ASCII").to_lowercase();
        assert!(head.starts_with("http/1.1 200") && head.contains(&TYPE.to_lowercase()), "{head}");
        assert!(head.contains("cache-control: no-store"), "{head}");
        parts(&unchunk(body))
    }

    /// Reads until `enough`; false when the connection ends or nothing more comes.
    fn read_until(&mut self, enough: impl Fn(&Watched) -> bool) -> bool {
        let mut chunk = [0; 8192];
        while !enough(&self.watched()) {
            match self.stream.read(&mut chunk) {
                Ok(read) if read > 0 => self.received.extend_from_slice(&chunk[..read]),
                _ => return false,
            }
        }
        true
    }

    fn reads_pictures(&mut self, count: usize) -> bool {
        self.read_until(|watched| watched.pictures.len() >= count)
    }

    fn reads_the_end(&mut self) -> bool {
        self.read_until(|watched| watched.ended)
    }
}

fn watch(server: &Running, target: &str) -> Watcher {
    Watcher::new(server, target, &server.admin)
}

/// Whether somebody else may watch `camera`, asked until it is so or it has taken too long.
fn a_place_comes_free(server: &Running, camera: &str) -> bool {
    (0..200).any(|_| {
        let mut next = watch(server, &format!("/api/v1/cameras/{camera}/stream"));
        let mut head = [0; 12];
        next.stream.read_exact(&mut head).expect("an answer");
        let is_free = head.ends_with(b"200");
        if !is_free {
            std::thread::sleep(Duration::from_millis(50));
        }
        is_free
    })
}

#[test]
fn pictures_come_one_after_the_other_and_end_when_the_server_stops() {
    let config = ApiConfig { drain_deadline: Duration::from_hours(1), ..ApiConfig::default() };
    let mut server = start_with(config, vec![]);
    let mut watcher = watch(&server, "/api/v1/cameras/a/stream?fps=5&width=320&overlay=true");
    assert!(watcher.reads_pictures(3), "{:?}", watcher.watched());
    for picture in watcher.watched().pictures {
        assert_eq!(picture, jpeg("a", 320, true));
    }
    server.tell_to_stop();
    assert!(watcher.reads_the_end(), "the last boundary did not come");
    server.stop().expect("the stream did not use up the drain deadline");
}

#[test]
fn neither_the_deadline_of_a_request_nor_an_idle_connection_breaks_a_stream() {
    let config = ApiConfig {
        request_deadline: Duration::from_millis(500),
        idle_deadline: Duration::from_millis(1500),
        ..ApiConfig::default()
    };
    let server = start_with(config, vec![]);
    server.board.set("frozen", Gives::OneFrame);
    let mut film = watch(&server, "/api/v1/cameras/a/stream?fps=2");
    let mut frozen = watch(&server, "/api/v1/cameras/frozen/stream?fps=2");
    // Seven pictures at two a second take three seconds.
    assert!(film.reads_pictures(7), "{:?}", film.watched());
    assert!(frozen.reads_pictures(4), "a frozen picture is sent again, so that the connection lives");
}

#[test]
fn a_stream_ends_after_its_time() {
    let config = ApiConfig { stream_deadline: Duration::from_millis(700), ..ApiConfig::default() };
    let server = start_with(config, vec![]);
    let mut watcher = watch(&server, "/api/v1/cameras/a/stream?fps=5");
    assert!(watcher.reads_the_end(), "{:?}", watcher.watched());
    assert!((1..=5).contains(&watcher.watched().pictures.len()), "{:?}", watcher.watched());
}

#[test]
fn a_credential_that_is_taken_back_and_a_camera_that_goes_end_their_streams() {
    let server = start(vec![]);
    let new = NewCredential { name: "guest".to_owned(), role: Role::Viewer, cameras: None, expires_at: None };
    let guest = server.credentials.add(new).expect("add");
    let mut revoked = Watcher::new(&server, "/api/v1/cameras/a/stream?fps=1", guest.reveal());
    let mut other = watch(&server, "/api/v1/cameras/a/stream?fps=1");
    let mut gone = watch(&server, "/api/v1/cameras/b/stream?fps=1");
    assert!(revoked.reads_pictures(1) && gone.reads_pictures(1));
    assert!(server.credentials.revoke(guest.id).expect("revoke"));
    server.board.take_away("b");
    assert!(gone.reads_the_end() && revoked.reads_the_end());
    let seen = other.watched().pictures.len();
    assert!(other.reads_pictures(seen + 2), "another viewer of the same camera goes on");
    assert!(!other.watched().ended);
}

#[test]
fn a_camera_that_is_away_is_shown_as_such_and_its_film_goes_on_when_it_is_back() {
    let server = start(vec![]);
    let mut watcher = watch(&server, "/api/v1/cameras/a/stream?fps=5");
    assert!(watcher.reads_pictures(2));
    server.board.set("a", Gives::Away);
    let seen = watcher.watched().pictures.len();
    assert!(watcher.reads_pictures(seen + 1));
    std::thread::sleep(Duration::from_millis(700));
    let mut late = watch(&server, "/api/v1/cameras/a/stream?fps=5");
    assert!(late.reads_pictures(1), "who comes later sees it, too");
    assert_eq!(late.watched().pictures[0], AWAY);
    assert_eq!(server.get("/api/v1/cameras/a/snapshot.jpg").status, 503, "one picture is a picture or none");
    server.board.set("a", Gives::Film);
    let shown = watcher.watched().pictures.len();
    assert!(watcher.reads_pictures(shown + 2));
    let pictures = watcher.watched().pictures;
    let away = pictures.iter().filter(|picture| *picture == AWAY).count();
    assert_eq!(away, 1, "said once, not with every tick: {pictures:?}");
    assert_ne!(pictures.last().map(Vec::as_slice), Some(AWAY));
}

#[test]
fn so_many_watch_and_no_more_until_somebody_goes() {
    let server = start(vec![]);
    for name in ["c", "d", "e"] {
        server.board.set(name, Gives::Film);
    }
    let stream = |camera: &str| format!("/api/v1/cameras/{camera}/stream?fps=1");
    let mut watchers: Vec<_> = (0..4).map(|_| watch(&server, &stream("a"))).collect();
    assert!(watchers.iter_mut().all(|watcher| watcher.reads_pictures(1)));
    let refused = |camera: &str| {
        let reply = get(server.address, &stream(camera), Some(&server.admin));
        assert_eq!((reply.status, reply.header("retry-after")), (503, Some("30")), "{camera}");
        reply.problem()
    };
    assert!(refused("a").contains("4 already watch this camera"));
    let others = ["b", "c", "d"].into_iter().flat_map(|camera| [camera; 4]);
    watchers.extend(others.map(|camera| watch(&server, &stream(camera))));
    assert!(watchers.iter_mut().all(|watcher| watcher.reads_pictures(1)));
    assert!(refused("e").contains("16 already watch"));
    assert_eq!(server.get("/api/v1/cameras/e/snapshot.jpg").status, 200, "one picture is always to be had");
    watchers.remove(0);
    assert!(a_place_comes_free(&server, "a"), "the place of the one who went");
}

#[test]
fn viewers_who_take_nothing_keep_neither_their_places_nor_the_server() {
    let config = ApiConfig {
        stream_deadline: Duration::from_secs(1),
        drain_deadline: Duration::from_secs(2),
        ..ApiConfig::default()
    };
    let server = start_with(config, vec![]);
    // More than the buffers of two sockets take.
    server.board.padding.store(16 * 1024 * 1024, Ordering::SeqCst);
    let idle: Vec<_> = (0..4).map(|_| watch(&server, "/api/v1/cameras/a/stream?fps=5")).collect();
    while server.board.encoded.load(Ordering::SeqCst) == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(a_place_comes_free(&server, "a"));
    assert_eq!(server.get("/healthz").status, 200);
    server.stop().expect("those who take nothing are let go");
    drop(idle);
}

#[test]
fn viewers_of_the_same_picture_share_one_that_is_encoded_once() {
    let mut server = start(vec![]);
    server.board.set("a", Gives::OneFrame);
    let mut watchers: Vec<_> = (0..3).map(|_| watch(&server, "/api/v1/cameras/a/stream?fps=5")).collect();
    watchers.push(watch(&server, "/api/v1/cameras/a/stream?fps=5&overlay=true"));
    assert!(watchers.iter_mut().all(|watcher| watcher.reads_pictures(1)));
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(server.board.encoded.load(Ordering::SeqCst), 2, "one for each kind of picture");
    server.board.set("a", Gives::Film);
    assert!(watchers.iter_mut().all(|watcher| watcher.reads_pictures(9)));
    server.tell_to_stop();
    assert!(watchers.iter_mut().all(Watcher::reads_the_end));
    let shown: usize = watchers.iter().map(|watcher| watcher.watched().pictures.len()).sum();
    let encoded = server.board.encoded.load(Ordering::SeqCst);
    assert!(encoded < shown, "{encoded} pictures were encoded to show {shown}");
}
