//! Access units to RTP packets (RFC 3550 5.1), as H.264 (RFC 6184) and H.265 (RFC 7798) want them.

use super::jpeg;
use super::media::Codec;

/// Bytes of payload in one packet, so that it fits into an Ethernet frame.
pub(super) const PAYLOAD_MAX: usize = 1400;
/// Type of a fragment in H.264 (RFC 6184, table 1).
const FU_A: u8 = 28;
/// Type of a fragment in H.265 (RFC 7798 4.4.3).
const FU: u8 = 49;
/// Ticks of the RTP clock of every video.
pub(super) const CLOCK_HZ: u64 = 90_000;

/// Payloads of one access unit, in order. NAL units without bytes, and a JPEG that is none, give nothing.
pub(super) fn payloads(codec: Codec, nal_units: &[Vec<u8>]) -> Vec<Vec<u8>> {
    match codec {
        Codec::H264 => nal_units.iter().flat_map(|nal| h264(nal)).collect(),
        Codec::H265 => nal_units.iter().flat_map(|nal| h265(nal)).collect(),
        Codec::Mjpeg => nal_units.iter().flat_map(|file| jpeg::payloads(file)).collect(),
    }
}

/// RTP payload type: the static one of JPEG, else the first dynamic one.
pub(super) fn payload_type(codec: Codec) -> u8 {
    match codec {
        Codec::Mjpeg => 26,
        Codec::H264 | Codec::H265 => 96,
    }
}

/// Bits of the fragmentation header: first and last.
fn fragment_bits(index: usize, count: usize) -> u8 {
    let start = if index == 0 { 0x80 } else { 0 };
    let end = if index + 1 == count { 0x40 } else { 0 };
    start | end
}

/// A single NAL unit packet, or FU-A (5.8).
fn h264(nal: &[u8]) -> Vec<Vec<u8>> {
    let Some((&header, body)) = nal.split_first() else { return Vec::new() };
    if nal.len() <= PAYLOAD_MAX {
        return vec![nal.to_vec()];
    }
    let chunks = body.chunks(PAYLOAD_MAX - 2);
    let count = chunks.len();
    let fragment = |(index, chunk): (usize, &[u8])| {
        let mut payload = vec![(header & 0xE0) | FU_A, fragment_bits(index, count) | (header & 0x1F)];
        payload.extend_from_slice(chunk);
        payload
    };
    chunks.enumerate().map(fragment).collect()
}

/// A single NAL unit packet, or a fragmentation unit (4.4.3).
fn h265(nal: &[u8]) -> Vec<Vec<u8>> {
    let Some((&[first, second], body)) = nal.split_first_chunk::<2>() else { return Vec::new() };
    if nal.len() <= PAYLOAD_MAX {
        return vec![nal.to_vec()];
    }
    let chunks = body.chunks(PAYLOAD_MAX - 3);
    let count = chunks.len();
    let fragment = |(index, chunk): (usize, &[u8])| {
        let kind = (first >> 1) & 0x3F;
        let mut payload = vec![(first & 0x81) | (FU << 1), second, fragment_bits(index, count) | kind];
        payload.extend_from_slice(chunk);
        payload
    };
    chunks.enumerate().map(fragment).collect()
}

/// State of one RTP stream.
#[derive(Debug)]
pub(super) struct RtpStream {
    pub(super) ssrc: u32,
    pub(super) sequence: u16,
    /// RTP time of the stream's first moment.
    pub(super) time_base: u32,
    pub(super) packets: u32,
    pub(super) octets: u32,
}

impl RtpStream {
    /// Sequence and time begin anywhere, so that a client that takes them for zero is found out.
    pub(super) fn new(ssrc: u32, sequence: u16, time_base: u32) -> Self {
        Self { ssrc, sequence, time_base, packets: 0, octets: 0 }
    }

    /// The RTP time of a moment of the media.
    pub(super) fn time(&self, at: std::time::Duration) -> u32 {
        let ticks = at.as_nanos().saturating_mul(u128::from(CLOCK_HZ)) / 1_000_000_000;
        self.time_base.wrapping_add(ticks as u32)
    }

    /// Puts the header before a payload; `last` marks the last packet of a picture.
    pub(super) fn packet(&mut self, payload_type: u8, last: bool, rtp_time: u32, payload: &[u8]) -> Vec<u8> {
        let mut packet = Vec::with_capacity(12 + payload.len());
        packet.push(0x80);
        packet.push(payload_type | if last { 0x80 } else { 0 });
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(rtp_time.to_be_bytes());
        packet.extend(self.ssrc.to_be_bytes());
        packet.extend_from_slice(payload);
        self.sequence = self.sequence.wrapping_add(1);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(payload.len() as u32);
        packet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a receiver makes of payloads.
    fn joined(codec: Codec, payloads: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut found: Vec<Vec<u8>> = Vec::new();
        for payload in payloads {
            let (kind, headers) = match codec {
                Codec::H264 => (payload[0] & 0x1F, 2),
                _ => ((payload[0] >> 1) & 0x3F, 3),
            };
            if !matches!((codec, kind), (Codec::H264, 28) | (Codec::H265, 49)) {
                found.push(payload.clone());
                continue;
            }
            let bits = payload[headers - 1];
            if bits & 0x80 != 0 {
                let head = match codec {
                    Codec::H264 => vec![(payload[0] & 0xE0) | (bits & 0x1F)],
                    _ => vec![(payload[0] & 0x81) | ((bits & 0x3F) << 1), payload[1]],
                };
                found.push(head);
            }
            found.last_mut().unwrap().extend_from_slice(&payload[headers..]);
        }
        found
    }

    fn nal(head: &[u8], length: usize) -> Vec<u8> {
        head.iter().copied().chain((0..length).map(|index| (index % 251) as u8)).collect()
    }

    #[test]
    fn nal_units_of_any_length_come_back_whole() {
        for (codec, head) in [(Codec::H264, vec![0x65]), (Codec::H265, vec![0x26, 0x01])] {
            for length in [1, 1397, 1398, 1399, 1400, 1401, 2796, 2797, 50_000] {
                let units = vec![nal(&head, 3), nal(&head, length)];
                let payloads = payloads(codec, &units);
                assert!(payloads.iter().all(|payload| payload.len() <= PAYLOAD_MAX));
                assert_eq!(joined(codec, &payloads), units, "{codec:?} with {length} bytes");
            }
        }
        assert!(payloads(Codec::H264, &[vec![]]).is_empty());
        assert!(payloads(Codec::H265, &[vec![0x26]]).is_empty());
    }

    #[test]
    fn the_header_counts_and_marks_the_last_packet() {
        let mut stream = RtpStream::new(0xAABB_CCDD, 65_535, u32::MAX);
        let time = stream.time(std::time::Duration::from_secs(1));
        assert_eq!(time, 89_999, "RTP times wrap");
        let first = stream.packet(96, false, time, &[7]);
        let second = stream.packet(96, true, time, &[8]);
        assert_eq!(first, [0x80, 96, 0xFF, 0xFF, 0, 1, 0x5F, 0x8F, 0xAA, 0xBB, 0xCC, 0xDD, 7]);
        assert_eq!((second[1], &second[2..4]), (0xE0, [0, 0].as_slice()));
        assert_eq!((stream.packets, stream.octets), (2, 2));
    }
}
