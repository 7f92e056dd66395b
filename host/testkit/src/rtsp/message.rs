//! RTSP requests and answers (RFC 2326), and the frames that come between them over TCP (10.12).

/// Longest head of a request, with all its headers.
const HEAD_MAX: usize = 16 << 10;
/// Longest body of a request.
const BODY_MAX: usize = 64 << 10;

/// What a client sends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    Request(Request),
    /// An RTP or RTCP packet, of no interest to a camera.
    Frame,
}

/// A request without its body, which no method here needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) uri: String,
    headers: Vec<(String, String)>,
}

/// What comes in is no RTSP, or too much of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoRtsp;

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The path of the mount: without scheme, host, query, and the track at its end.
    pub(super) fn path(&self) -> &str {
        let rest = match self.uri.split_once("://") {
            Some((_, rest)) => rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or(""),
            None => &self.uri,
        };
        let path = rest.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        path.strip_suffix(super::sdp::TRACK).unwrap_or(path).trim_end_matches('/')
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// Takes the next request or frame out of what has come so far; none while it is not complete.
pub(super) fn take(buffer: &mut Vec<u8>) -> Result<Option<Incoming>, NoRtsp> {
    if let [b'$', rest @ ..] = buffer.as_slice() {
        let [_, high, low, packet @ ..] = rest else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if packet.len() < length {
            return Ok(None);
        }
        buffer.drain(..4 + length);
        return Ok(Some(Incoming::Frame));
    }
    let Some(end) = find(buffer, b"\r\n\r\n") else {
        return if buffer.len() > HEAD_MAX { Err(NoRtsp) } else { Ok(None) };
    };
    let head = buffer.get(..end).and_then(|head| std::str::from_utf8(head).ok()).ok_or(NoRtsp)?;
    let mut lines = head.trim_start().split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(uri), Some(version)) = (first.next(), first.next(), first.next()) else {
        return Err(NoRtsp);
    };
    if !version.starts_with("RTSP/") || head.len() > HEAD_MAX {
        return Err(NoRtsp);
    }
    let header =
        |line: &str| line.split_once(':').map(|(key, value)| (key.to_owned(), value.trim().to_owned()));
    let request = Request {
        method: method.to_owned(),
        uri: uri.to_owned(),
        headers: lines.filter_map(header).collect(),
    };
    let body = request.header("Content-Length").map_or(Ok(0), str::parse::<usize>).map_err(|_| NoRtsp)?;
    if body > BODY_MAX {
        return Err(NoRtsp);
    }
    let whole = end + 4 + body;
    if buffer.len() < whole {
        return Ok(None);
    }
    buffer.drain(..whole);
    Ok(Some(Incoming::Request(request)))
}

/// An answer to a request.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(super) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn sdp(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self.header("Content-Type", "application/sdp".to_owned())
    }

    /// The bytes to send; `length` is said to be the body's where it is given.
    pub(super) fn bytes(&self, sequence: &str, length: Option<u64>) -> Vec<u8> {
        let reason = match self.status {
            200 => "OK",
            302 => "Moved Temporarily",
            401 => "Unauthorized",
            404 => "Not Found",
            454 => "Session Not Found",
            455 => "Method Not Valid in This State",
            461 => "Unsupported Transport",
            500 => "Internal Server Error",
            _ => "Not Implemented",
        };
        let mut head =
            format!("RTSP/1.0 {} {reason}\r\nCSeq: {sequence}\r\nServer: ovr-testkit\r\n", self.status);
        for (name, value) in &self.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        let length = length.unwrap_or(self.body.len() as u64);
        if length > 0 {
            head.extend(["Content-Length: ", &length.to_string(), "\r\n"]);
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_frames_are_told_apart_however_they_arrive() {
        let bytes =
            b"$\x01\x00\x02abSETUP rtsp://h:5/gate/trackID=0?x RTSP/1.0\r\nCSeq: 3\r\ntransport: T\r\n\r\n\
            GET_PARAMETER /gate/ RTSP/1.0\r\nContent-Length: 4\r\n\r\nbody$";
        let mut buffer = Vec::new();
        let mut found = Vec::new();
        for byte in bytes {
            buffer.push(*byte);
            found.extend(take(&mut buffer).unwrap());
        }
        let [Incoming::Frame, Incoming::Request(setup), Incoming::Request(get)] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!((setup.method.as_str(), setup.path()), ("SETUP", "/gate"));
        assert_eq!((setup.header("cseq"), setup.header("Transport")), (Some("3"), Some("T")));
        assert_eq!((get.method.as_str(), get.path()), ("GET_PARAMETER", "/gate"));
        assert_eq!(buffer, b"$");
    }

    #[test]
    fn what_is_no_rtsp_or_too_long_is_refused() {
        assert_eq!(take(&mut b"GET / HTTP/1.1\r\n\r\n".to_vec()), Err(NoRtsp));
        assert_eq!(take(&mut vec![b'a'; HEAD_MAX + 1]), Err(NoRtsp));
        let huge = b"PLAY / RTSP/1.0\r\nContent-Length: 99999999999\r\n\r\n";
        assert_eq!(take(&mut huge.to_vec()), Err(NoRtsp));
        assert_eq!(take(&mut b"PLAY / RTSP/1.0\r\n".to_vec()), Ok(None));
    }

    #[test]
    fn an_answer_has_its_length_and_number() {
        let bytes = Answer::new(200).sdp(b"v=0".to_vec()).bytes("7", None);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("RTSP/1.0 200 OK\r\nCSeq: 7\r\n"), "{text}");
        assert!(text.ends_with("Content-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0"), "{text}");
    }
}
