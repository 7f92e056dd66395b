//! A camera that is none of ours: gst-rtsp-server, in a process of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use image::RgbImage;
use ovr_domain::time::{Clock as _, SystemClock};
use serde_json::Value;

use crate::network::{get, states};
use crate::program::Program;
use crate::{DEADLINE, PASSWORD, configure, has_runtime};

/// Ends with the test, and when the test is killed, too.
struct ThirdParty {
    child: Child,
    port: u16,
}

impl Drop for ThirdParty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl ThirdParty {
    /// On a port, or on any for 0.
    fn start(port: u16, login: &str, certificate: Option<&Path>) -> Self {
        let needs = "apt-get install python3-gi gir1.2-gst-rtsp-server-1.0";
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cameras/third_party.py");
        // The packages belong to the system's own Python, which another one may hide.
        let system = Path::new("/usr/bin/python3");
        let python = if system.exists() { system } else { Path::new("python3") };
        let mut child = Command::new(python)
            .args([script, &port.to_string(), login])
            .args(certificate)
            .env("GATE_PASSWORD", PASSWORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}: {needs}", python.display()));
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let bound = line.trim().strip_prefix("listening on ").and_then(|port| port.parse().ok());
        let port = bound.unwrap_or_else(|| panic!("the server does not start, see above: {needs}"));
        Self { child, port }
    }
}

/// A self-signed certificate for `localhost`, alone and with its key.
fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (key, alone, both) = (folder.join("key.pem"), folder.join("cert.pem"), folder.join("both.pem"));
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
    command.args(["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
    command.arg("-keyout").arg(&key).arg("-out").arg(&alone).stderr(Stdio::null());
    assert!(command.status().unwrap().success());
    let text = [std::fs::read(&key).unwrap(), std::fs::read(&alone).unwrap()].concat();
    std::fs::write(&both, text).unwrap();
    (alone, both)
}

/// Starts `cameras ARGS...` in a folder.
fn command(folder: &Path, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_ovr-alpr"))
        .arg("cameras")
        .args(args)
        .current_dir(folder)
        .env("GATE_PASSWORD", PASSWORD)
        .env("OTHER_PASSWORD", "another")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

#[test]
fn another_makers_camera_is_probed_in_each_codec_over_both_transports_with_each_login_and_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (ca_file, both) = certificate(folder.path());
    let open = ThirdParty::start(0, "none", None);
    let basic = ThirdParty::start(0, "basic", None);
    let digest = ThirdParty::start(0, "digest", None);
    let secure = ThirdParty::start(0, "digest", Some(&both));
    let trusted = format!(
        "{{ rtsp: {{ address: \"rtsps://localhost:{}/h264\", tls: {{ ca_file: {} }}, credentials: {{ user: viewer, \
         password: {{ environment: GATE_PASSWORD }} }} }} }}",
        secure.port,
        ca_file.display()
    );
    configure(folder.path(), &format!("cameras: [{{ id: trusted, source: {trusted} }}]\n"));
    let of = |server: &ThirdParty, path: &str| format!("rtsp://127.0.0.1:{}/{path}", server.port);
    let known = ["--user", "viewer", "--password-env", "GATE_PASSWORD"].as_slice();
    let wrong = ["--user", "viewer", "--password-env", "OTHER_PASSWORD"].as_slice();
    let untrusted = format!("rtsps://localhost:{}/h264", secure.port);
    let mut probes: Vec<(String, &[&str], &str)> = vec![
        (of(&open, "nothing"), &[], "404"),
        (of(&basic, "h264"), &[], "give them under credentials"),
        (of(&basic, "h264"), wrong, "check both"),
        (of(&basic, "h264"), known, "H.264"),
        (of(&digest, "h264"), wrong, "check both"),
        (of(&digest, "h264"), known, "H.264"),
        (untrusted.clone(), known, "self-signed"),
        (untrusted, &["--udp"], "use transport tcp"),
        ("trusted".to_owned(), &[], "H.264"),
    ];
    for (path, codec) in [("h264", "H.264"), ("h265", "H.265"), ("mjpeg", "MJPEG")] {
        probes.push((of(&open, path), &[], codec));
        probes.push((of(&open, path), &["--udp"], codec));
    }
    let running: Vec<_> = probes
        .into_iter()
        .map(|(camera, more, expected)| {
            let args = [["probe", "--json", "--deadline", "30", &camera].as_slice(), more].concat();
            (command(folder.path(), &args), format!("{camera} {more:?}"), expected)
        })
        .collect();
    for (child, what, expected) in running {
        let output = child.wait_with_output().unwrap();
        let said = said(&output);
        assert!(said.contains(expected) && !said.contains(PASSWORD), "{what}: {said}");
        if output.status.success() {
            let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(
                (answer["width"].as_u64(), answer["height"].as_u64()),
                (Some(320), Some(192)),
                "{what}"
            );
            assert_eq!(answer["sender_reports"], true, "{what}: {said}");
        }
    }
    let output = command(folder.path(), &["snapshot", "trusted", "--plain"]).wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let image = image::open(folder.path().join("trusted.jpg")).unwrap();
    assert_eq!((image.width(), image.height()), (320, 192));
}

/// The first picture of a live stream.
fn live_picture(address: &str, path: &str, token: &str) -> RgbImage {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n").unwrap();
    let (mut taken, mut bytes) = (Vec::new(), [0; 4_096]);
    let at = |taken: &[u8], mark: [u8; 2]| taken.windows(2).position(|two| two == mark);
    while at(&taken, [0xff, 0xd9]).is_none() {
        let count = stream.read(&mut bytes).unwrap();
        assert!(count > 0, "{}", String::from_utf8_lossy(&taken));
        taken.extend_from_slice(&bytes[..count]);
    }
    let jpeg = &taken[at(&taken, [0xff, 0xd8]).unwrap()..];
    image::load_from_memory(jpeg).unwrap().into_rgb8()
}

#[test]
fn another_makers_camera_that_is_killed_is_shown_as_away_and_is_back_soon_after_it_was_started_again() {
    if !has_runtime() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = ThirdParty::start(0, "digest", None);
    let port = server.port;
    let cameras = [("a", "h264", "tcp"), ("b", "h265", "udp"), ("c", "mjpeg", "tcp")].map(|(id, path, transport)| {
        format!(
            "  - {{ id: {id}, source: {{ rtsp: {{ address: \"rtsp://127.0.0.1:{port}/{path}\", transport: {transport}, \
             credentials: {{ user: viewer, password: {{ environment: GATE_PASSWORD }} }} }} }} }}\n"
        )
    });
    configure(folder.path(), &format!("cameras:\n{}", cameras.concat()));
    let mut program = Program::start(folder.path(), "warn");
    let (address, token) = program.api();
    let until = |what: &str, streams: bool| {
        let clock = SystemClock::start();
        loop {
            let states = states(&address, &token);
            let as_wanted = |camera: &Value| (camera["phase"] == "streaming") == streams;
            if states.len() == 3 && states.values().all(as_wanted) {
                return clock.monotonic();
            }
            assert!(clock.monotonic() < DEADLINE, "{what}: {states:#?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    until("all stream", true);
    drop(server);
    until("all are gone", false);
    std::thread::sleep(Duration::from_secs(3));
    let (status, _) = get(&address, "/api/v1/cameras/a/snapshot.jpg", &token);
    assert_eq!(status, 503, "nobody takes an old picture for a new one");
    let shown = live_picture(&address, "/api/v1/cameras/a/stream", &token);
    let yellow = shown.pixels().filter(|pixel| pixel.0[0] > 150 && pixel.0[2] < 120).count();
    assert!(shown.dimensions() == (320, 192) && yellow > 100, "{yellow} pixels of letters");
    let _again = ThirdParty::start(port, "digest", None);
    let back = until("all are back", true);
    // Generous: the promise is 5 s, and the machine may be busy.
    assert!(back < Duration::from_secs(8), "back after {back:?}");
    assert!(program.end().iter().all(|line| !line.contains(PASSWORD)));
}
