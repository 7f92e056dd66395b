//! RTSPS: which certificates are taken. Python ends the TLS in front of a plain server; OpenSSL makes the certificate.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{clock, write_clip};
use ovr_capture::{LinkFault, LiveFacts, ProbeError, RtspConfig, Tls, probe_live};
use ovr_testkit::rtsp::{Mount, RtspServer, Video};

const PROXY: &str = r#"
import socket, ssl, sys, threading
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
def serve(plain):
    try:
        outside = context.wrap_socket(plain, server_side=True)
        inside = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    except OSError:
        return
    threading.Thread(target=pump, args=(inside, outside), daemon=True).start()
    pump(outside, inside)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"#;

/// Ends with the test.
struct Proxy {
    child: Child,
    port: u16,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn proxy(certificate: &Path, inside: u16) -> Proxy {
    let mut command = Command::new("python3");
    command.args(["-c", PROXY]).arg(certificate).arg(inside.to_string()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("python3 is missing: apt-get install python3");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    Proxy { child, port: line.trim().parse().unwrap() }
}

/// A self-signed certificate for `localhost`, with its key in the same file, and alone.
fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (key, alone, both) = (folder.join("key.pem"), folder.join("cert.pem"), folder.join("both.pem"));
    let mut command = Command::new("openssl");
    command.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]);
    command.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
    command.arg("-keyout").arg(&key).arg("-out").arg(&alone).stderr(Stdio::null());
    assert!(command.status().expect("openssl is missing: apt-get install openssl").success());
    let text = [std::fs::read(&key).unwrap(), std::fs::read(&alone).unwrap()].concat();
    std::fs::write(&both, text).unwrap();
    (both, alone)
}

fn probe(host: &str, port: u16, tls: Tls) -> Result<LiveFacts, ProbeError> {
    let address = format!("rtsps://{host}:{port}/cam").parse().unwrap();
    let config = RtspConfig { tls, ..RtspConfig::new(address) };
    probe_live(&config, Duration::from_secs(20), &clock())
}

#[test]
fn only_a_trusted_certificate_of_the_right_host_is_taken_unless_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    write_clip(&path, (160, 96), 25, 50);
    let server = RtspServer::start().unwrap();
    server.mount("/cam", Mount::new(Video::from_mp4(&path).unwrap())).unwrap();
    let (both, alone) = certificate(folder.path());
    let proxy = proxy(&both, server.port());
    let refused = |host: &str, tls: Tls, says: &str| {
        let error = probe(host, proxy.port, tls).unwrap_err();
        assert!(matches!(error.fault, LinkFault::Certificate { .. }), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    };
    let trusted = Tls { ca_file: Some(alone), insecure: false };
    refused("localhost", Tls::default(), "self-signed");
    refused("127.0.0.1", trusted.clone(), "another host");
    refused("localhost", Tls { ca_file: Some(folder.path().join("none.pem")), insecure: false }, "none.pem");
    for tls in [trusted, Tls { ca_file: None, insecure: true }] {
        let facts = probe("localhost", proxy.port, tls).unwrap();
        assert_eq!((facts.video.width, facts.video.height), (160, 96));
    }
}
