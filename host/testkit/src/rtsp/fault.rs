//! How a mount misbehaves.

use std::time::Duration;

use super::garbage::Layer;
use crate::Error;

/// One way to misbehave. Takes hold within 50 ms, on connections that are open, too.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// All is well.
    None,
    /// Closes every connection of the mount, and each new one as soon as it names the mount, without an answer. To
    /// have the operating system refuse, see [`RtspServer::stop_listening`](super::RtspServer::stop_listening).
    Refuse,
    /// Well for `up`, then [`Fault::Refuse`] for `down`, and so on, beginning with `up`.
    Flap {
        /// Time for which it serves.
        up: Duration,
        /// Time for which it refuses.
        down: Duration,
    },
    /// Takes connections and keeps them, but answers nothing and sends nothing: a half-open link.
    Blackhole,
    /// Answers requests, but sends neither media nor reports. Afterwards it goes on with the next keyframe.
    Stall,
    /// Sends the latest keyframe again and again, with new times.
    Freeze,
    /// Loses packets of media.
    Drop {
        /// Share of packets lost, 0 to 1.
        share: f32,
        /// Which ones.
        seed: u64,
    },
    /// Mutates what it sends. Which bytes follows from the seed and, for a connection that comes within this fault, from
    /// how many did so before it.
    Garbage {
        /// Which bytes.
        seed: u64,
        /// Share of answers, descriptions, packets or NAL units that are mutated, 0 to 1.
        share: f32,
        /// What is mutated; [`Layer::ALL`] for everything.
        layers: &'static [Layer],
    },
    /// Plays another mount's video, beginning with its first picture, to those who play already and to new ones: the
    /// size changes in the stream, or the codec.
    Play {
        /// Path of the other mount.
        mount: String,
    },
    /// Answers wrongly; those who play already go on.
    Answer(WrongAnswer),
    /// Sends so slowly, answers and media alike.
    Slow {
        /// At least 1.
        bytes_per_second: u32,
    },
}

/// Answers that no client hopes for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WrongAnswer {
    /// 401 to every DESCRIBE, SETUP and PLAY, whatever the credentials.
    Unauthorised,
    /// 404.
    NotFound,
    /// 500.
    ServerError,
    /// 461 to SETUP over UDP: the client must come by TCP.
    OnlyTcp,
    /// 461 to SETUP over TCP: the client must come by UDP.
    OnlyUdp,
    /// 302 to this address.
    Redirect(String),
    /// A right answer with one header of so many bytes, 16 MiB at most.
    HugeHeader(usize),
    /// A description that never ends.
    EndlessBody,
    /// A description with sound only.
    NoVideo,
    /// A description with a codec that nobody knows.
    UnknownCodec,
    /// Closes the connection in the middle of the answer.
    HalfAnAnswer,
}

/// Longest header that [`WrongAnswer::HugeHeader`] sends.
const HEADER_MAX: usize = 16 << 20;

impl Fault {
    /// Refuses a fault whose numbers make no sense.
    pub(super) fn check(&self) -> Result<(), Error> {
        let share_is_right = |share: f32| (0.0..=1.0).contains(&share);
        let wrong = match self {
            Self::Drop { share, .. } | Self::Garbage { share, .. } if !share_is_right(*share) => {
                format!("a share of {share}: must be 0 to 1")
            }
            Self::Flap { up, down } if up.is_zero() || down.is_zero() => {
                "flapping with a span of zero: both must be longer".to_owned()
            }
            Self::Slow { bytes_per_second: 0 } => "0 bytes a second: must be at least 1".to_owned(),
            Self::Answer(WrongAnswer::HugeHeader(bytes)) if *bytes > HEADER_MAX => {
                format!("a header of {bytes} bytes: must be {HEADER_MAX} at most")
            }
            Self::Answer(WrongAnswer::Redirect(to)) if to.contains(['\r', '\n']) => {
                "an address with a line break: must be one line".to_owned()
            }
            _ => return Ok(()),
        };
        Err(Error::Rtsp { doing: "switching on a fault", reason: wrong })
    }

    /// Whether the mount is away, `since` its fault began.
    pub(super) fn is_away(&self, since: Duration) -> bool {
        match self {
            Self::Refuse => true,
            Self::Flap { up, down } => {
                let cycle = up.saturating_add(*down).as_micros().max(1);
                since.as_micros() % cycle >= up.as_micros()
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flapping_begins_up_and_repeats() {
        let flap = Fault::Flap { up: Duration::from_secs(10), down: Duration::from_secs(5) };
        let away = |seconds| flap.is_away(Duration::from_secs(seconds));
        assert_eq!([0, 9, 10, 14, 15, 24, 25].map(away), [false, false, true, true, false, false, true]);
    }

    #[test]
    fn numbers_without_sense_are_refused() {
        assert!(Fault::Drop { share: 1.5, seed: 1 }.check().is_err());
        assert!(Fault::Garbage { share: f32::NAN, seed: 1, layers: Layer::ALL }.check().is_err());
        assert!(Fault::Slow { bytes_per_second: 0 }.check().is_err());
        assert!(Fault::Flap { up: Duration::ZERO, down: Duration::from_secs(1) }.check().is_err());
        assert!(Fault::Answer(WrongAnswer::HugeHeader(usize::MAX)).check().is_err());
        assert!(Fault::Answer(WrongAnswer::Redirect("rtsp://a\r\nX: y".to_owned())).check().is_err());
        assert!(Fault::Freeze.check().is_ok());
    }
}
