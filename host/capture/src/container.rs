//! Whether a file is as long as its container says.
//!
//! A player that reaches the end of a cut file reports a regular end, because it cannot know better while it plays.
//! The container knows: ISO base media (ISO/IEC 14496-12, section 4.2: boxes), RIFF (AVI) and EBML (RFC 8794, Matroska
//! in RFC 9559) state the length of their parts up front.

use std::io::{self, Read, Seek, SeekFrom};

/// Most top-level parts that are looked at; a fragmented file of a day has about 100,000.
const PARTS_MAX: usize = 1_000_000;
/// Some writers count the eight bytes of the header of a RIFF chunk as its content.
const RIFF_SLACK_BYTES: u64 = 8;
const EBML_HEADER: u64 = 0x1A45_DFA3;
const EBML_SEGMENT: u64 = 0x1853_8067;

/// What the container says of the file's length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Every part ends within the file.
    Whole,
    /// A part ends behind the file's end.
    Cut {
        /// The part in the container's own words.
        part: String,
        /// The byte that the part should end at.
        declared_bytes: u64,
        /// The bytes that there are.
        actual_bytes: u64,
    },
    /// The container does not say, or is none that is known here.
    Unknown,
}

/// Reads the headers of the top-level parts.
pub(crate) fn extent(file: &mut (impl Read + Seek)) -> io::Result<Extent> {
    let length = file.seek(SeekFrom::End(0))?;
    let head: [u8; 8] = match read_at(file, 0, length)? {
        Some(head) => head,
        None => return Ok(Extent::Unknown),
    };
    let [a, b, c, d, e, f, g, h] = head;
    if [a, b, c, d] == *b"RIFF" {
        return riff(file, length);
    }
    if u64::from(u32::from_be_bytes([a, b, c, d])) == EBML_HEADER {
        return ebml(file, length);
    }
    let kind = [e, f, g, h];
    let is_iso = [b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide"].contains(&&kind);
    if is_iso { iso(file, length) } else { Ok(Extent::Unknown) }
}

/// `N` bytes at `position`, or nothing when the file ends before.
fn read_at<const N: usize>(
    file: &mut (impl Read + Seek),
    position: u64,
    length: u64,
) -> io::Result<Option<[u8; N]>> {
    if position.checked_add(N as u64).is_none_or(|end| end > length) {
        return Ok(None);
    }
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(position))?;
    file.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}

fn cut(part: &str, declared_bytes: u64, actual_bytes: u64) -> Extent {
    Extent::Cut { part: part.to_owned(), declared_bytes, actual_bytes }
}

fn iso(file: &mut (impl Read + Seek), length: u64) -> io::Result<Extent> {
    let mut position = 0;
    for _ in 0..PARTS_MAX {
        let Some([s0, s1, s2, s3, k0, k1, k2, k3]) = read_at(file, position, length)? else {
            return Ok(Extent::Whole);
        };
        let kind = [k0, k1, k2, k3];
        let (size, header_bytes) = match u32::from_be_bytes([s0, s1, s2, s3]) {
            0 => return Ok(Extent::Whole), // This box ends where the file ends.
            1 => match read_at(file, position + 8, length)? {
                Some(size) => (u64::from_be_bytes(size), 16),
                None => return Ok(Extent::Unknown),
            },
            size => (u64::from(size), 8),
        };
        let Some(end) = position.checked_add(size).filter(|_| size >= header_bytes) else {
            return Ok(Extent::Unknown);
        };
        if end > length {
            // What stands behind the last box of some files is no box: only what holds pictures counts.
            let counts = [b"moov", b"moof", b"mdat"].contains(&&kind);
            let name = String::from_utf8_lossy(&kind);
            return Ok(if counts { cut(&format!("box {name}"), end, length) } else { Extent::Unknown });
        }
        position = end;
    }
    Ok(Extent::Unknown)
}

fn riff(file: &mut (impl Read + Seek), length: u64) -> io::Result<Extent> {
    let mut position = 0;
    for _ in 0..PARTS_MAX {
        let Some([k0, k1, k2, k3, s0, s1, s2, s3]) = read_at(file, position, length)? else {
            return Ok(Extent::Whole);
        };
        if [k0, k1, k2, k3] != *b"RIFF" {
            return Ok(Extent::Whole);
        }
        let size = u64::from(u32::from_le_bytes([s0, s1, s2, s3]));
        let end = position.saturating_add(8).saturating_add(size);
        if end > length.saturating_add(RIFF_SLACK_BYTES) {
            return Ok(cut("RIFF chunk", end, length));
        }
        // Chunks start at even bytes.
        position = end + (end & 1);
    }
    Ok(Extent::Unknown)
}

fn ebml(file: &mut (impl Read + Seek), length: u64) -> io::Result<Extent> {
    let mut position = 0;
    for _ in 0..PARTS_MAX {
        let Some((id, id_bytes)) = vint(file, position, length, true)? else {
            return Ok(Extent::Unknown);
        };
        let Some((size, size_bytes)) = vint(file, position + id_bytes, length, false)? else {
            return Ok(Extent::Unknown);
        };
        let unknown_size = size == (1 << (7 * size_bytes)) - 1;
        let Some(end) = (position + id_bytes + size_bytes).checked_add(size).filter(|_| !unknown_size) else {
            return Ok(Extent::Unknown);
        };
        if id == EBML_SEGMENT {
            return Ok(if end > length { cut("Matroska segment", end, length) } else { Extent::Whole });
        }
        if end > length {
            return Ok(Extent::Unknown);
        }
        position = end;
    }
    Ok(Extent::Unknown)
}

/// An EBML variable-size integer of at most 8 bytes, and how many bytes it took; an id keeps its length marker.
fn vint(
    file: &mut (impl Read + Seek),
    position: u64,
    length: u64,
    keep_marker: bool,
) -> io::Result<Option<(u64, u64)>> {
    let Some([first]) = read_at(file, position, length)? else {
        return Ok(None);
    };
    let bytes = u64::from(first.leading_zeros()) + 1;
    if bytes > 8 {
        return Ok(None);
    }
    let marker = 0x80_u8 >> (bytes - 1);
    let mut value = u64::from(if keep_marker { first } else { first & !marker });
    for offset in 1..bytes {
        let Some([next]) = read_at(file, position + offset, length)? else {
            return Ok(None);
        };
        value = (value << 8) | u64::from(next);
    }
    Ok(Some((value, bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn of(bytes: &[u8]) -> Extent {
        extent(&mut Cursor::new(bytes)).unwrap()
    }

    fn iso_file(content_bytes: u32) -> Vec<u8> {
        let mut bytes = b"\0\0\0\x10ftypisom\0\0\0\0".to_vec();
        bytes.extend((content_bytes + 8).to_be_bytes());
        bytes.extend(b"mdat");
        bytes.resize(bytes.len() + content_bytes as usize, 7);
        bytes
    }

    fn riff_file(content_bytes: u32) -> Vec<u8> {
        let mut bytes = b"RIFF".to_vec();
        bytes.extend(content_bytes.to_le_bytes());
        bytes.resize(bytes.len() + content_bytes as usize, 7);
        bytes
    }

    fn ebml_file(content_bytes: u16) -> Vec<u8> {
        let mut bytes = vec![0x1A, 0x45, 0xDF, 0xA3, 0x82, 1, 2, 0x18, 0x53, 0x80, 0x67];
        let [high, low] = content_bytes.to_be_bytes();
        bytes.extend([0x40 | high, low]);
        bytes.resize(bytes.len() + usize::from(content_bytes), 7);
        bytes
    }

    #[test]
    fn a_file_of_unknown_or_open_length_is_not_called_cut() {
        assert_eq!(of(b""), Extent::Unknown);
        assert_eq!(of(b"\0\0\0\0mdat and so on"), Extent::Whole);
        let live =
            [0x1A, 0x45, 0xDF, 0xA3, 0x80, 0x18, 0x53, 0x80, 0x67, 0x01, 255, 255, 255, 255, 255, 255, 255];
        assert_eq!(of(&live), Extent::Unknown);
    }

    proptest! {
        #[test]
        fn a_whole_file_is_whole_and_a_cut_one_is_cut(content in 32_u16..9_000, lost in 9_usize..24) {
            for bytes in [iso_file(content.into()), riff_file(content.into()), ebml_file(content)] {
                prop_assert_eq!(of(&bytes), Extent::Whole);
                let kept = &bytes[..bytes.len() - lost];
                let is_cut = matches!(of(kept), Extent::Cut { declared_bytes, actual_bytes, .. }
                    if declared_bytes == bytes.len() as u64 && actual_bytes == kept.len() as u64);
                prop_assert!(is_cut);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(
            head in prop::sample::select(vec![&b"RIFF"[..], b"\x1a\x45\xdf\xa3", b"\0\0\0\x08ftyp", b"\0\0\0\x01mdat", b""]),
            tail in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let bytes = [head, &tail].concat();
            of(&bytes);
        }
    }
}
