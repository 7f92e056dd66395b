//! A small HTTP client that also says what no decent client would say.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// One answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}", String::from_utf8_lossy(&self.body)))
    }

    /// The detail of a problem, after checking that it is one.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.head);
        let value = self.json();
        assert_eq!(value["status"], self.status, "the body says another status than the head");
        for member in ["type", "title", "instance"] {
            assert!(value[member].is_string(), "{member} is missing: {value}");
        }
        value["detail"].as_str().expect("a problem has a detail").to_owned()
    }
}

/// Sends bytes and reads until the server closes; nothing when it closes without an answer.
pub(crate) fn exchange(address: SocketAddr, request: &[u8]) -> Option<Reply> {
    let mut stream = TcpStream::connect(address).expect("connect");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
    // The server may close while it is still being written to; what it had to say is read anyway.
    let _ = stream.write_all(request);
    read_reply(&mut stream)
}

pub(crate) fn read_reply(stream: &mut TcpStream) -> Option<Reply> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    while let Ok(read) = stream.read(&mut chunk) {
        if read == 0 {
            break;
        }
        bytes.extend_from_slice(&chunk[..read]);
    }
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8(bytes[..end].to_vec()).expect("a head is ASCII");
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Reply { status, head, body: bytes[end + 4..].to_vec() })
}

/// One request with further header lines.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    target: &str,
    token: Option<&str>,
    further: &str,
) -> Reply {
    let authorization = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
    let text = format!(
        "{method} {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{authorization}{further}\r\n"
    );
    exchange(address, text.as_bytes()).expect("an answer")
}

/// A GET.
pub(crate) fn get(address: SocketAddr, target: &str, token: Option<&str>) -> Reply {
    request(address, "GET", target, token, "")
}
