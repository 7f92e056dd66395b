//! What keeps a camera's pictures away, in one line that says what would be right.

use std::net::{IpAddr, SocketAddr};

use crate::error::Error;

/// What is wrong with the link to a camera.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// The name stands for no number.
    #[error("no host is called {host}: check the name in the address and the name server")]
    NameUnknown {
        /// The name.
        host: String,
    },
    /// The address leads where no camera may be.
    #[error("{ip} is {kind}: a camera must not be there")]
    Forbidden {
        /// What the name stands for.
        ip: IpAddr,
        /// What it is.
        kind: &'static str,
    },
    /// Nobody listens.
    #[error("{socket} refuses connections: check the port, and that RTSP is switched on at the camera")]
    Refused {
        /// Host and port.
        socket: SocketAddr,
    },
    /// There is no way to the host.
    #[error("{socket} is out of reach ({reason}): check cable, network and address")]
    Unreachable {
        /// Host and port.
        socket: SocketAddr,
        /// In the system's words.
        reason: String,
    },
    /// No answer in time.
    #[error("no answer in time while {while_doing}: check that the camera is on and the address is its own")]
    TimedOut {
        /// What was being done.
        while_doing: &'static str,
    },
    /// The password is not where it should be.
    #[error("the password cannot be had: {reason}")]
    Credentials {
        /// What is wrong and what would be right.
        reason: String,
    },
    /// 401 or 403.
    #[error("{}", unauthorised(*.with_credentials))]
    Unauthorised {
        /// Whether user and password were given.
        with_credentials: bool,
    },
    /// 404: the host has no such stream.
    #[error("the camera has no such stream (404): check the path of the address in the camera's manual")]
    NotFound,
    /// Another status than 200.
    #[error("the camera answers {status}: {}", hint(*.status))]
    Status {
        /// The RTSP status (RFC 2326, section 7.1.1).
        status: u32,
    },
    /// The camera sends us to another address.
    #[error("the camera sends us elsewhere, which is not followed: give the address that it really has")]
    Redirected,
    /// The answer to SETUP is none.
    #[error(
        "the camera's answer to SETUP makes no sense: try the other of tcp and udp, or a newer firmware; over udp it is asked a \
             few times only, until it is configured again"
    )]
    SetUp,
    /// It answers with packets of their own where they were to come in the connection, or sends to a whole group.
    #[error("the camera answers with another transport than was asked for: try the other of tcp and udp")]
    OtherTransport,
    /// What comes over UDP comes from elsewhere.
    #[error(
        "packets come from {ip}, which is not where the camera was asked, and are dropped: use transport tcp, or give the \
             address that it sends from"
    )]
    Stranger {
        /// Who sends them.
        ip: IpAddr,
    },
    /// The certificate is not trusted.
    #[error(
        "the camera's certificate is not trusted ({reason}): give its authority as tls.ca_file, or take any by \
             tls.insecure"
    )]
    Certificate {
        /// What is wrong with it.
        reason: String,
    },
    /// It has sound or data at most.
    #[error("the stream holds no video: check the path of the address")]
    NoVideo,
    /// The video is in a codec that is not decoded here.
    #[error("its video is {codec}: set the camera to H.264, H.265 or MJPEG")]
    UnknownCodec {
        /// In the words of its description.
        codec: String,
    },
    /// Nothing here decodes it, or what does gave up.
    #[error("the decoder: {reason}")]
    Decoder {
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The stream ended, or the connection was closed.
    #[error("the camera ended the stream")]
    Ended,
    /// No frame for too long.
    #[error("no frame for {ms} ms")]
    Stalled {
        /// Since the last frame.
        ms: u64,
    },
    /// The same picture for too long.
    #[error("the picture has stood still for {ms} ms, to the last grain of noise")]
    Frozen {
        /// Since it changed.
        ms: u64,
    },
    /// What came is no RTSP, or not in order.
    #[error("what the camera sends is not understood: {reason}")]
    Protocol {
        /// GStreamer's words.
        reason: String,
    },
    /// Pipelines of this camera that do not stop.
    #[error("{count} earlier pipelines of this camera do not stop: no more are started before one does")]
    Hanging {
        /// How many.
        count: usize,
    },
    /// GStreamer itself, or a part of it, is missing.
    #[error("cannot use GStreamer: {reason}")]
    Runtime {
        /// What is missing and how to get it.
        reason: String,
    },
}

fn unauthorised(with_credentials: bool) -> &'static str {
    if with_credentials {
        "the camera refuses user or password (401): check both, and that the user may see the stream"
    } else {
        "the camera asks for a user and a password (401): give them under credentials, or to `probe` by --user and --password-env"
    }
}

fn hint(status: u32) -> &'static str {
    match status {
        453 | 503 => "it serves as many as it can: close other viewers, or take its sub-stream",
        461 => "it does not offer this transport: try the other of tcp and udp",
        454 => "it has lost our session",
        500..=599 => "it has a fault of its own: restart it when this goes on",
        _ => "check the address in the camera's manual",
    }
}

/// How a fault is waited out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Healing {
    /// It goes when the network or the camera comes back, and is then wanted at once.
    Time,
    /// A camera that starts says so for a while; one that has started says so until somebody changes something.
    Start,
    /// It goes when somebody changes something.
    Hand,
}

impl LinkFault {
    /// How it is waited out.
    pub(crate) fn healing(&self) -> Healing {
        match self {
            Self::NameUnknown { .. }
            | Self::Refused { .. }
            | Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Ended
            | Self::Stalled { .. }
            | Self::Frozen { .. }
            | Self::Protocol { .. }
            | Self::Hanging { .. }
            | Self::Decoder { .. } => Healing::Time,
            Self::Status { status } if *status == 454 || *status >= 500 => Healing::Time,
            Self::NotFound
            | Self::NoVideo
            | Self::Status { .. }
            | Self::OtherTransport
            | Self::Stranger { .. } => Healing::Start,
            // A camera may lock out whom it refuses too often.
            Self::Unauthorised { .. }
            | Self::Forbidden { .. }
            | Self::Credentials { .. }
            | Self::Redirected
            | Self::SetUp
            | Self::Certificate { .. }
            | Self::UnknownCodec { .. }
            | Self::Runtime { .. } => Healing::Hand,
        }
    }

    /// Whether the camera was there and its pictures are not: told apart from one that cannot be reached.
    pub(crate) fn is_stall(&self) -> bool {
        matches!(self, Self::Stalled { .. } | Self::Frozen { .. })
    }

    /// The fault that a status other than 200 means.
    pub(crate) fn of_status(status: u32, with_credentials: bool) -> Self {
        match status {
            401 | 403 | 407 => Self::Unauthorised { with_credentials },
            404 | 410 => Self::NotFound,
            300..=399 => Self::Redirected,
            408 => Self::TimedOut { while_doing: "asking for the stream" },
            415 => Self::NoVideo,
            _ => Self::Status { status },
        }
    }
}

impl From<Error> for LinkFault {
    fn from(error: Error) -> Self {
        match error {
            Error::Runtime { reason } => Self::Runtime { reason },
            other => Self::Runtime { reason: other.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_becomes_a_line_that_says_what_would_be_right() {
        for (status, with_credentials, says) in [
            (401, false, "give them under credentials"),
            (401, true, "check both"),
            (404, false, "no such stream"),
            (302, false, "not followed"),
            (453, false, "sub-stream"),
            (461, false, "tcp and udp"),
            (418, false, "418"),
        ] {
            let line = LinkFault::of_status(status, with_credentials).to_string();
            assert!(line.contains(says) && !line.contains('\n'), "{status}: {line}");
        }
    }

    #[test]
    fn what_somebody_must_change_is_asked_for_less_often() {
        assert_eq!(LinkFault::of_status(401, true).healing(), Healing::Hand);
        assert_eq!(LinkFault::NotFound.healing(), Healing::Start);
        assert_eq!(LinkFault::of_status(461, false).healing(), Healing::Start);
        assert_eq!(LinkFault::Hanging { count: 4 }.healing(), Healing::Time);
        assert_eq!(LinkFault::UnknownCodec { codec: "VP9".to_owned() }.healing(), Healing::Hand);
        assert_eq!(LinkFault::of_status(503, true).healing(), Healing::Time);
        assert_eq!(LinkFault::Ended.healing(), Healing::Time);
        assert!(LinkFault::Frozen { ms: 1 }.is_stall() && !LinkFault::Ended.is_stall());
    }
}
