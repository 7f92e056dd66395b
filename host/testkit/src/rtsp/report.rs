//! RTCP: sender reports, whose clock may lie, and the goodbye (RFC 3550 6.4.1, 6.5, 6.6).

use ovr_domain::time::Timestamp;

/// Seconds from 1900, where NTP begins, to 1970.
const NTP_TO_UNIX_S: i64 = 2_208_988_800;
const MICROS: i64 = 1_000_000;

/// What a camera's sender reports say about the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportClock {
    /// The server's clock.
    True,
    /// There are no sender reports.
    Silent,
    /// So many milliseconds ahead of the server's clock, or behind where it is negative. A clock jumps when this is
    /// changed while it runs.
    OffsetMs(i64),
    /// The camera lost its battery: its clock began at 1970-01-01T00:00:00Z when the client began to play.
    BootedAt1970,
    /// Reports come, with a time of zero: the camera says that it has no clock (RFC 3550 6.4.1).
    Zero,
}

impl ReportClock {
    /// NTP time in 32.32 fixed point of a report at `now`, `played_micros` after the client began to play; none where
    /// there is no report.
    pub(super) fn ntp(self, now: Timestamp, played_micros: i64) -> Option<u64> {
        match self {
            Self::True => Some(ntp(now.as_micros())),
            Self::Silent => None,
            Self::OffsetMs(ms) => Some(ntp(now.as_micros().saturating_add(ms.saturating_mul(1000)))),
            Self::BootedAt1970 => Some(ntp(played_micros)),
            Self::Zero => Some(0),
        }
    }
}

fn ntp(unix_micros: i64) -> u64 {
    let seconds = unix_micros.div_euclid(MICROS).wrapping_add(NTP_TO_UNIX_S);
    let fraction = (unix_micros.rem_euclid(MICROS) as u64) << 32;
    // Seconds wrap in 2036, as they do on the wire.
    (u64::from(seconds as u32) << 32) | (fraction / MICROS as u64)
}

/// What a report says about the stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) ssrc: u32,
    /// The RTP time that belongs to the report's moment.
    pub(super) rtp_time: u32,
    pub(super) packets: u32,
    pub(super) octets: u32,
}

/// A compound packet: sender report and canonical name.
pub(super) fn sender_report(sent: Sent, ntp: u64) -> Vec<u8> {
    let mut packet = vec![0x80, 200, 0, 6];
    packet.extend(sent.ssrc.to_be_bytes());
    packet.extend(ntp.to_be_bytes());
    packet.extend(sent.rtp_time.to_be_bytes());
    packet.extend(sent.packets.to_be_bytes());
    packet.extend(sent.octets.to_be_bytes());
    // SDES with one chunk: the source, an item CNAME of six bytes, and zeros to a whole word.
    packet.extend([0x81, 202, 0, 4]);
    packet.extend(sent.ssrc.to_be_bytes());
    packet.extend([1, 6]);
    packet.extend(b"camera");
    packet.extend([0; 4]);
    packet
}

/// The source leaves.
pub(super) fn goodbye(sent: Sent, ntp: u64) -> Vec<u8> {
    let mut packet = sender_report(sent, ntp);
    packet.extend([0x81, 203, 0, 1]);
    packet.extend(sent.ssrc.to_be_bytes());
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_from_1900() {
        let now = Timestamp::from_micros(1_500_000);
        assert_eq!(ReportClock::True.ntp(now, 0), Some((2_208_988_801 << 32) | (1 << 31)));
        assert_eq!(ReportClock::OffsetMs(-1_500).ntp(now, 0), Some(2_208_988_800 << 32));
        assert_eq!(ReportClock::BootedAt1970.ntp(now, 0), Some(2_208_988_800 << 32));
        assert_eq!(ReportClock::Silent.ntp(now, 0), None);
        assert_eq!(ReportClock::Zero.ntp(now, 0), Some(0));
    }

    #[test]
    fn lengths_of_reports_are_in_words_less_one() {
        let sent = Sent { ssrc: 0x0102_0304, rtp_time: 5, packets: 6, octets: 7 };
        let mut rest = goodbye(sent, 9).split_off(0);
        let mut kinds = Vec::new();
        while rest.len() >= 4 {
            kinds.push(rest[1]);
            let words = usize::from(u16::from_be_bytes([rest[2], rest[3]])) + 1;
            assert_eq!(rest[4..8], [1, 2, 3, 4]);
            rest.drain(..words * 4);
        }
        assert_eq!((kinds.as_slice(), rest.len()), ([200, 202, 203].as_slice(), 0));
    }
}
