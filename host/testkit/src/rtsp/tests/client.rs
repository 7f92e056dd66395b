//! A client of bare sockets, which checks nothing that it need not.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::super::RtspServer;

/// How long a test waits for what must come.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Client {
    pub(super) stream: TcpStream,
    pub(super) buffer: Vec<u8>,
    uri: String,
    sequence: u32,
    pub(super) authorization: Option<String>,
}

/// Status, headers and body.
pub(super) struct Reply(pub(super) u16, pub(super) String, pub(super) String);

impl Client {
    pub(super) fn new(server: &RtspServer, path: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let uri = server.address(path);
        Self { stream, buffer: Vec::new(), uri, sequence: 0, authorization: None }
    }

    pub(super) fn send(&mut self, method: &str, header: &str) {
        self.sequence += 1;
        let track = if method == "SETUP" { "/trackID=0" } else { "" };
        let mut text =
            format!("{method} {}{track} RTSP/1.0\r\nCSeq: {}\r\n{header}", self.uri, self.sequence);
        if let Some(value) = &self.authorization {
            text.extend(["Authorization: ", value, "\r\n"]);
        }
        let _ = self.stream.write_all(format!("{text}\r\n").as_bytes());
    }

    /// More bytes; none when the connection is closed or nothing came in time.
    pub(super) fn more(&mut self) -> Option<()> {
        let mut bytes = [0; 16384];
        let count = self.stream.read(&mut bytes).ok().filter(|count| *count > 0)?;
        self.buffer.extend_from_slice(&bytes[..count]);
        Some(())
    }

    /// The next interleaved frame: channel and packet. Panics at an answer.
    pub(super) fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        while self.buffer.len() < 4 {
            self.more()?;
        }
        assert_eq!(self.buffer[0], b'$');
        let length = usize::from(u16::from_be_bytes([self.buffer[2], self.buffer[3]]));
        while self.buffer.len() < 4 + length {
            self.more()?;
        }
        let packet: Vec<u8> = self.buffer.drain(..4 + length).collect();
        Some((packet[1], packet[4..].to_vec()))
    }

    pub(super) fn reply(&mut self) -> Option<Reply> {
        loop {
            if self.buffer.first() == Some(&b'$') {
                self.frame()?;
                continue;
            }
            let end = self.buffer.windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(end) = end {
                let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
                let head = String::from_utf8(head).unwrap();
                let length = head
                    .split("Content-Length: ")
                    .nth(1)
                    .map_or(0, |rest| rest.lines().next().unwrap().parse::<usize>().unwrap());
                while self.buffer.len() < length {
                    self.more()?;
                }
                let body: Vec<u8> = self.buffer.drain(..length).collect();
                let status = head.split(' ').nth(1).unwrap().parse().unwrap();
                return Some(Reply(status, head, String::from_utf8(body).unwrap()));
            }
            self.more()?;
        }
    }

    pub(super) fn ask(&mut self, method: &str, header: &str) -> Option<Reply> {
        self.send(method, header);
        self.reply()
    }

    pub(super) fn play(&mut self) {
        for (method, header) in [
            ("OPTIONS", ""),
            ("DESCRIBE", ""),
            ("SETUP", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"),
            ("PLAY", ""),
        ] {
            let Reply(status, head, _) = self.ask(method, header).unwrap();
            assert_eq!(status, 200, "{method}: {head}");
        }
    }

    /// The next RTP packet.
    pub(super) fn packet(&mut self) -> Option<Vec<u8>> {
        loop {
            let (channel, packet) = self.frame()?;
            if channel == 0 {
                return Some(packet);
            }
        }
    }

    pub(super) fn is_closed(&mut self) -> bool {
        while self.more().is_some() {}
        self.stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        matches!(self.stream.read(&mut [0]), Ok(0)) || self.stream.write_all(b"\r\n").is_err()
    }
}
