//! Mutation of what is sent, for clients that must survive it.

use crate::random::Random;

/// What is mutated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// A whole RTSP answer, headers and body.
    Answer,
    /// The SDP of a description, with a right length around it.
    Sdp,
    /// What frames a packet in the TCP stream: the receiver may lose its place for good. Nothing over UDP.
    Framing,
    /// An RTP packet, header and payload.
    Packet,
    /// An RTCP packet.
    Report,
    /// A NAL unit or JPEG, in right packets.
    NalUnit,
}

impl Layer {
    /// Every layer.
    pub const ALL: &'static [Self] =
        &[Self::Answer, Self::Sdp, Self::Framing, Self::Packet, Self::Report, Self::NalUnit];
}

/// Longest range that one mutation copies, removes or overwrites.
const RANGE_MAX: usize = 64;
/// Bytes that parsers trip over.
const NASTY: &[u8] =
    &[0, 1, 0x7F, 0x80, 0xFF, b'\r', b'\n', b' ', b':', b'=', b'-', b'%', b'$', b'9', b'"', b';'];

/// Mutates `bytes` in one to four places. What comes out is at most four ranges longer.
pub(super) fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let range = at..(at + 1 + random.below(RANGE_MAX)).min(bytes.len());
        let nasty = NASTY.get(random.below(NASTY.len())).copied().unwrap_or(0);
        match random.below(7) {
            0 => change(bytes, at, |byte, random| byte ^ (1 << random.below(8)), random),
            1 => change(bytes, at, |_, _| nasty, random),
            2 => change(bytes, at, |_, random| random.bits() as u8, random),
            3 => bytes.truncate(at),
            4 => {
                let copy = bytes.get(range).unwrap_or_default().to_vec();
                bytes.splice(at..at, copy);
            }
            5 if at < bytes.len() => drop(bytes.drain(range)),
            _ => {
                let added = std::iter::repeat_n(nasty, 1 + random.below(RANGE_MAX));
                bytes.splice(at..at, added);
            }
        }
    }
}

fn change(bytes: &mut [u8], at: usize, to: impl FnOnce(u8, &mut Random) -> u8, random: &mut Random) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = to(*byte, random);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_garbage_and_nothing_panics() {
        let mutated = |seed: u64, length: usize| {
            let mut bytes: Vec<u8> = (0..length).map(|index| index as u8).collect();
            mutate(&mut Random::new(seed), &mut bytes);
            bytes
        };
        let mut changed = 0;
        for seed in 0..5_000 {
            let length = seed as usize % 40;
            let bytes = mutated(seed, length);
            assert_eq!(bytes, mutated(seed, length));
            assert!(bytes.len() <= length + 4 * RANGE_MAX);
            changed += u32::from(bytes != (0..length).map(|index| index as u8).collect::<Vec<_>>());
        }
        assert!(changed > 4_500, "only {changed} of 5,000 changed anything");
    }
}
