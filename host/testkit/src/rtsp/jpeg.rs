//! Motion JPEG in RTP (RFC 2435): headers of the file are taken apart, and the receiver builds its own.

use super::packet::PAYLOAD_MAX;
use crate::Error;

/// How many codes of each length the Huffman tables of ITU-T T.81 Annex K have, by table class and number. The receiver
/// assumes these, so a file with others cannot be sent.
const HUFFMAN: [(u8, [u8; 16]); 4] = [
    (0x00, [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]),
    (0x10, [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D]),
    (0x01, [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]),
    (0x11, [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77]),
];

/// What of a file is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    /// 0 for 4:2:2, 1 for 4:2:0; 64 more with restart markers.
    kind: u8,
    /// Width and height in blocks of eight pixels.
    blocks: (u8, u8),
    /// Quantisation tables of luma and chroma, in the file's zigzag order.
    tables: [[u8; 64]; 2],
    restart_interval: u16,
    scan: &'a [u8],
}

fn refuse<T>(reason: impl Into<String>) -> Result<T, Error> {
    Err(Error::Video { what: "Motion JPEG", reason: reason.into() })
}

/// What is known so far while the segments are read.
#[derive(Default)]
struct Found {
    tables: [Option<[u8; 64]>; 4],
    frame: Option<Frame>,
    restart_interval: u16,
}

struct Frame {
    kind: u8,
    blocks: (u8, u8),
    /// Numbers of the quantisation tables of luma and of both chromas.
    table_numbers: [u8; 2],
}

impl<'a> Parts<'a> {
    /// Takes a file apart.
    pub(super) fn of(file: &'a [u8]) -> Result<Self, Error> {
        let Some(mut rest) = file.strip_prefix(&[0xFF, 0xD8]) else {
            return refuse("it does not start as a JPEG does");
        };
        let mut found = Found::default();
        loop {
            let [0xFF, marker, high, low, after @ ..] = rest else {
                return refuse("a segment is cut off or there is no scan");
            };
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let Some((segment, next)) = length.checked_sub(2).and_then(|body| after.split_at_checked(body))
            else {
                return refuse("a segment is longer than the file");
            };
            if *marker == 0xDA {
                return found.parts(next);
            }
            found.segment(*marker, segment)?;
            rest = next;
        }
    }
}

impl Found {
    fn segment(&mut self, marker: u8, segment: &[u8]) -> Result<(), Error> {
        match marker {
            0xDB => self.quantisation(segment),
            0xC0 => {
                self.frame = Some(frame(segment)?);
                Ok(())
            }
            0xC4 => huffman(segment),
            0xDD => {
                let interval = segment.first_chunk::<2>().copied().unwrap_or_default();
                self.restart_interval = u16::from_be_bytes(interval);
                Ok(())
            }
            0xC1..=0xCF => refuse("it is not baseline (SOF0), which is all that RFC 2435 carries"),
            _ => Ok(()),
        }
    }

    fn quantisation(&mut self, mut segment: &[u8]) -> Result<(), Error> {
        while let Some((&number, rest)) = segment.split_first() {
            let place = self.tables.get_mut(usize::from(number));
            let (Some(place), Some((table, rest))) = (place, rest.split_first_chunk::<64>()) else {
                return refuse("a quantisation table is cut off, or is not of 8 bits");
            };
            *place = Some(*table);
            segment = rest;
        }
        Ok(())
    }

    fn parts(self, scan: &[u8]) -> Result<Parts<'_>, Error> {
        let Some(frame) = self.frame else { return refuse("the scan comes before the frame") };
        let table = |number: u8| self.tables.get(usize::from(number)).copied().flatten();
        let [Some(luma), Some(chroma)] = frame.table_numbers.map(table) else {
            return refuse("a quantisation table is missing");
        };
        let end = scan.windows(2).rposition(|pair| pair == [0xFF, 0xD9]).unwrap_or(scan.len());
        let restarts = if self.restart_interval > 0 { 64 } else { 0 };
        Ok(Parts {
            kind: frame.kind + restarts,
            blocks: frame.blocks,
            tables: [luma, chroma],
            restart_interval: self.restart_interval,
            scan: scan.get(..end).unwrap_or_default(),
        })
    }
}

fn frame(segment: &[u8]) -> Result<Frame, Error> {
    let [8, h1, h0, w1, w0, 3, _, luma, t0, _, 0x11, t1, _, 0x11, t2] = segment else {
        return refuse("it must have 8 bits and three components, the chroma ones not subsampled themselves");
    };
    let kind = match luma {
        0x21 => 0,
        0x22 => 1,
        _ => return refuse("its chroma must be 4:2:2 or 4:2:0"),
    };
    if t1 != t2 {
        return refuse("both chroma components must have one quantisation table");
    }
    let blocks = |high: u8, low: u8| u8::try_from(u16::from_be_bytes([high, low]).div_ceil(8)).unwrap_or(0);
    let blocks = (blocks(*w1, *w0), blocks(*h1, *h0));
    if blocks.0 == 0 || blocks.1 == 0 {
        return refuse("each side must be 1 to 2,040 pixels");
    }
    Ok(Frame { kind, blocks, table_numbers: [*t0, *t1] })
}

fn huffman(mut segment: &[u8]) -> Result<(), Error> {
    while let Some((&number, rest)) = segment.split_first() {
        let Some((counts, rest)) = rest.split_first_chunk::<16>() else {
            return refuse("a Huffman table is cut off");
        };
        if !HUFFMAN.contains(&(number, *counts)) {
            return refuse("its Huffman tables are its own: must be those of ITU-T T.81 Annex K");
        }
        let codes = counts.iter().map(|count| usize::from(*count)).sum();
        let Some((_, rest)) = rest.split_at_checked(codes) else {
            return refuse("a Huffman table is cut off");
        };
        segment = rest;
    }
    Ok(())
}

/// Payloads of one file; none where it is no file that can be sent.
pub(super) fn payloads(file: &[u8]) -> Vec<Vec<u8>> {
    let Ok(parts) = Parts::of(file) else { return Vec::new() };
    // Tables of 128 bytes go with the first packet only.
    let chunk_bytes = PAYLOAD_MAX - 8 - 4 - 4 - 128;
    let mut found = Vec::new();
    let mut offset = 0_usize;
    for chunk in parts.scan.chunks(chunk_bytes) {
        let [_, high, middle, low] = (offset as u32).to_be_bytes();
        let mut payload = vec![0, high, middle, low, parts.kind, 255, parts.blocks.0, parts.blocks.1];
        if parts.kind >= 64 {
            payload.extend(parts.restart_interval.to_be_bytes());
            // First and last of a run, number unknown: the receiver waits for the whole picture (3.1.7).
            payload.extend([0xFF, 0xFF]);
        }
        if offset == 0 {
            payload.extend([0, 0, 0, 128]);
            payload.extend(parts.tables.as_flattened());
        }
        payload.extend_from_slice(chunk);
        found.push(payload);
        offset += chunk.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A JPEG of 24x17 pixels whose scan means nothing.
    fn file(sof: u8, sampling: u8, scan: &[u8]) -> Vec<u8> {
        let mut file = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xDB, 0, 132, 0];
        file.extend([3; 64]);
        file.push(1);
        file.extend([4; 64]);
        file.extend([0xFF, sof, 0, 17, 8, 0, 17, 0, 24, 3, 1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1]);
        file.extend([0xFF, 0xDD, 0, 4, 0, 9]);
        file.extend([0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]);
        file.extend(scan);
        file.extend([0xFF, 0xD9]);
        file
    }

    #[test]
    fn a_picture_is_cut_into_packets_that_join_to_its_scan() {
        let scan: Vec<u8> = (0..5000_u32).map(|index| (index % 200) as u8).collect();
        let payloads = payloads(&file(0xC0, 0x22, &scan));
        let mut joined = Vec::new();
        for (index, payload) in payloads.iter().enumerate() {
            assert!(payload.len() <= PAYLOAD_MAX);
            let offset = u32::from_be_bytes([0, payload[1], payload[2], payload[3]]) as usize;
            assert_eq!(offset, joined.len());
            assert_eq!(payload[4..12], [65, 255, 3, 3, 0, 9, 0xFF, 0xFF]);
            let tables = if index == 0 { 132 } else { 0 };
            joined.extend_from_slice(&payload[12 + tables..]);
        }
        assert_eq!(joined, scan);
        assert_eq!(payloads[0][12..17], [0, 0, 0, 128, 3]);
        assert_eq!(payloads[0][12 + 4 + 64], 4, "the chroma table follows luma's");
    }

    #[test]
    fn what_rtp_cannot_carry_is_refused() {
        assert!(Parts::of(&file(0xC0, 0x21, &[1])).is_ok());
        assert!(Parts::of(&file(0xC2, 0x22, &[1])).unwrap_err().to_string().contains("baseline"));
        assert!(Parts::of(&file(0xC0, 0x11, &[1])).unwrap_err().to_string().contains("4:2:0"));
        let whole = file(0xC0, 0x22, &[1]);
        for length in 0..150 {
            assert!(Parts::of(&whole[..length]).is_err());
        }
    }
}
