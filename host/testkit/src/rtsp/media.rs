//! Encoded video as a server takes it.

use std::path::Path;
use std::time::Duration;

use super::{jpeg, mp4};
use crate::Error;

/// Access units of one video.
const UNITS_MAX: usize = 1 << 20;
/// Frames a second that a video may have.
const FPS_MAX: u32 = 240;

/// How the pictures are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// ITU-T H.264.
    H264,
    /// ITU-T H.265.
    H265,
    /// One baseline JPEG for each picture.
    Mjpeg,
}

/// One encoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessUnit {
    /// NAL units without start codes or lengths, in their order; for Motion JPEG the one JPEG file.
    pub nal_units: Vec<Vec<u8>>,
    /// Whether decoding can begin here.
    pub keyframe: bool,
    /// When it is shown, from the start of the video.
    pub pts: Duration,
}

/// A video to serve. Never empty, and its first access unit is a keyframe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Video {
    codec: Codec,
    units: Vec<AccessUnit>,
    parameter_sets: Vec<Vec<u8>>,
    span: Duration,
}

fn refuse<T>(codec: Codec, reason: &str) -> Result<T, Error> {
    Err(Error::Video { what: codec.name(), reason: reason.to_owned() })
}

impl Video {
    /// From access units in the order of decoding. `parameter_sets` are the SPS and PPS (with H.265 the VPS before
    /// them), for videos that have them apart; those within the units are found. `span` is from the first picture to
    /// the end of the last.
    pub fn new(
        codec: Codec,
        mut units: Vec<AccessUnit>,
        mut parameter_sets: Vec<Vec<u8>>,
        span: Duration,
    ) -> Result<Self, Error> {
        let start = units.iter().position(|unit| unit.keyframe);
        units.drain(..start.unwrap_or(units.len()));
        if units.is_empty() || units.len() > UNITS_MAX {
            return refuse(codec, "it must have a keyframe and 1,048,576 pictures at most");
        }
        if span.is_zero() {
            return refuse(codec, "it lasts no time: its span must be above zero");
        }
        let first = units.first().map_or(Duration::ZERO, |unit| unit.pts);
        for unit in &mut units {
            unit.pts = unit.pts.saturating_sub(first);
        }
        if parameter_sets.is_empty() {
            let all = units.iter().flat_map(|unit| &unit.nal_units);
            for nal in all.filter(|nal| codec.is_parameter_set(nal)) {
                if parameter_sets.len() < 8 && !parameter_sets.contains(nal) {
                    parameter_sets.push(nal.clone());
                }
            }
        }
        if codec != Codec::Mjpeg && parameter_sets.is_empty() {
            return refuse(codec, "it has no parameter sets, without which no decoder starts");
        }
        Ok(Self { codec, units, parameter_sets, span })
    }

    /// From a byte stream with start codes (Annex B of H.264 and H.265), one picture every `1 / fps` seconds in the
    /// order of decoding: a video with B-frames needs [`Self::new`] and times of its own.
    pub fn from_annex_b(codec: Codec, bytes: &[u8], fps: u32) -> Result<Self, Error> {
        if codec == Codec::Mjpeg {
            return refuse(codec, "JPEG has no start codes: take the files with from_jpegs");
        }
        let span = frame_span(codec, fps)?;
        let units = access_units(codec, bytes, span);
        let all = span.saturating_mul(u32::try_from(units.len()).unwrap_or(u32::MAX));
        Self::new(codec, units, Vec::new(), all)
    }

    /// From the H.264 or H.265 track of an MP4 file, with the times of the file.
    pub fn from_mp4(path: &Path) -> Result<Self, Error> {
        mp4::read(path)
    }

    /// From JPEG files, one every `1 / fps` seconds: baseline, 4:2:0 or 4:2:2, with the usual Huffman tables, and at
    /// most 2,040 pixels wide and high, which is all that RFC 2435 can carry.
    pub fn from_jpegs(files: Vec<Vec<u8>>, fps: u32) -> Result<Self, Error> {
        let span = frame_span(Codec::Mjpeg, fps)?;
        let mut units = Vec::with_capacity(files.len());
        for (file, index) in files.into_iter().zip(0_u32..) {
            jpeg::Parts::of(&file)?;
            units.push(AccessUnit { nal_units: vec![file], keyframe: true, pts: span.saturating_mul(index) });
        }
        let all = span.saturating_mul(u32::try_from(units.len()).unwrap_or(u32::MAX));
        Self::new(Codec::Mjpeg, units, Vec::new(), all)
    }

    /// How it is encoded.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// In the order of decoding.
    pub fn units(&self) -> &[AccessUnit] {
        &self.units
    }

    /// From the first picture to the end of the last.
    pub fn span(&self) -> Duration {
        self.span
    }

    /// VPS, SPS and PPS.
    pub fn parameter_sets(&self) -> &[Vec<u8>] {
        &self.parameter_sets
    }
}

fn frame_span(codec: Codec, fps: u32) -> Result<Duration, Error> {
    if (1..=FPS_MAX).contains(&fps) {
        Ok(Duration::from_secs(1) / fps)
    } else {
        refuse(codec, &format!("{fps} frames a second: must be 1 to {FPS_MAX}"))
    }
}

impl Codec {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::H265 => "H.265",
            Self::Mjpeg => "Motion JPEG",
        }
    }

    /// Type of a NAL unit: five bits in H.264 (7.3.1), six in H.265 (7.3.1.2).
    pub(super) fn nal_type(self, nal: &[u8]) -> Option<u8> {
        let first = nal.first()?;
        match self {
            Self::H264 => Some(first & 0x1F),
            Self::H265 => Some((first >> 1) & 0x3F),
            Self::Mjpeg => None,
        }
    }

    pub(super) fn is_parameter_set(self, nal: &[u8]) -> bool {
        match (self, self.nal_type(nal)) {
            (Self::H264, Some(kind)) => matches!(kind, 7 | 8),
            (Self::H265, Some(kind)) => matches!(kind, 32..=34),
            _ => false,
        }
    }

    /// Whether this NAL unit only says that a picture begins.
    pub(super) fn is_delimiter(self, nal: &[u8]) -> bool {
        matches!((self, self.nal_type(nal)), (Self::H264, Some(9)) | (Self::H265, Some(35)))
    }

    /// Whether decoding can begin with the picture that this slice belongs to.
    pub(super) fn is_key_slice(self, nal: &[u8]) -> bool {
        match (self, self.nal_type(nal)) {
            (Self::H264, Some(kind)) => kind == 5,
            (Self::H265, Some(kind)) => matches!(kind, 16..=21),
            _ => false,
        }
    }

    fn is_slice(self, nal: &[u8]) -> bool {
        match (self, self.nal_type(nal)) {
            (Self::H264, Some(kind)) => matches!(kind, 1..=5),
            (Self::H265, Some(kind)) => kind < 32,
            _ => false,
        }
    }

    /// Whether a new access unit begins with this NAL unit, once the one before has a slice (H.264 7.4.1.2.3, H.265
    /// 7.4.2.4.4): a delimiter, a parameter set, a message for what follows, or the first slice of a picture.
    fn begins_unit(self, nal: &[u8]) -> bool {
        match (self, self.nal_type(nal)) {
            // `first_mb_in_slice` is an Exp-Golomb number: zero is a single one-bit.
            (Self::H264, Some(kind)) if self.is_slice(nal) => {
                matches!(kind, 1 | 2 | 5) && nal.get(1).is_some_and(|byte| byte & 0x80 != 0)
            }
            (Self::H264, Some(kind)) => matches!(kind, 6..=9 | 14..=18),
            // `first_slice_segment_in_pic_flag` is the bit after the header of two bytes.
            (Self::H265, Some(_)) if self.is_slice(nal) => nal.get(2).is_some_and(|byte| byte & 0x80 != 0),
            (Self::H265, Some(kind)) => matches!(kind, 32..=35 | 39 | 41..=44 | 48..=55),
            _ => false,
        }
    }
}

/// NAL units between start codes of three or four bytes.
fn split_annex_b(bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut start: Option<usize> = None;
    let mut at = 0;
    while let Some(window) = bytes.get(at..at + 3) {
        if window == [0, 0, 1] {
            found.extend(start.and_then(|start| bytes.get(start..at)));
            start = Some(at + 3);
            at += 3;
        } else {
            at += 1;
        }
    }
    found.extend(start.and_then(|start| bytes.get(start..)));
    // Zeros at the end belong to the next start code: a NAL unit ends with a one-bit.
    let trimmed = found.into_iter().map(|nal| {
        let end = nal.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        nal.get(..end).unwrap_or_default()
    });
    trimmed.filter(|nal| !nal.is_empty()).collect()
}

fn access_units(codec: Codec, bytes: &[u8], frame_span: Duration) -> Vec<AccessUnit> {
    let mut units: Vec<AccessUnit> = Vec::new();
    let mut unit = AccessUnit { nal_units: Vec::new(), keyframe: false, pts: Duration::ZERO };
    let mut has_slice = false;
    for nal in split_annex_b(bytes) {
        if has_slice && codec.begins_unit(nal) {
            let pts = unit.pts + frame_span;
            units.push(std::mem::replace(
                &mut unit,
                AccessUnit { nal_units: Vec::new(), keyframe: false, pts },
            ));
            has_slice = false;
        }
        has_slice |= codec.is_slice(nal);
        unit.keyframe |= codec.is_key_slice(nal);
        unit.nal_units.push(nal.to_vec());
    }
    if has_slice {
        units.push(unit);
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = &[
        0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x1E, 0, 0, 1, 0x68, 0xCE, 0, 0, 1, 0x65, 0x88, 0x10, 0, 0, 1, 0x65,
        0x41, 0x11, 0, 0, 0, 1, 0x41, 0x9A, 0x20, 0, 0, 0, 1, 0x09, 0xF0, 0, 0, 1, 0x41, 0x9A, 0x30, 0,
    ];

    #[test]
    fn a_byte_stream_is_cut_into_pictures_not_slices() {
        let video = Video::from_annex_b(Codec::H264, STREAM, 10).unwrap();
        let counts: Vec<usize> = video.units().iter().map(|unit| unit.nal_units.len()).collect();
        assert_eq!(counts, [4, 1, 2], "SPS, PPS and two slices; one slice; delimiter and slice");
        assert_eq!(video.units()[2].nal_units[1], [0x41, 0x9A, 0x30], "zeros at the end are no data");
        assert_eq!(video.units().iter().map(|unit| unit.keyframe).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!(video.parameter_sets(), [vec![0x67, 0x42, 0xC0, 0x1E], vec![0x68, 0xCE]]);
        assert_eq!(video.units()[2].pts, Duration::from_millis(200));
        assert_eq!(video.span(), Duration::from_millis(300));
    }

    #[test]
    fn h265_pictures_are_told_apart_by_their_first_slice() {
        let stream = [
            [0, 0, 1, 0x40, 1, 9].as_slice(),
            &[0, 0, 1, 0x42, 1, 9],
            &[0, 0, 1, 0x44, 1, 9],
            &[0, 0, 1, 0x26, 1, 0x80],
            &[0, 0, 1, 0x26, 1, 0x40],
            &[0, 0, 1, 0x02, 1, 0x80],
        ]
        .concat();
        let video = Video::from_annex_b(Codec::H265, &stream, 25).unwrap();
        assert_eq!(video.units().iter().map(|unit| unit.nal_units.len()).collect::<Vec<_>>(), [5, 1]);
        assert_eq!(video.parameter_sets().len(), 3);
    }

    #[test]
    fn what_cannot_be_decoded_is_refused() {
        assert!(Video::from_annex_b(Codec::H264, &[], 25).is_err());
        assert!(Video::from_annex_b(Codec::H264, STREAM, 0).is_err());
        let without_sets = [0, 0, 1, 0x65, 0x88, 0x10];
        let error = Video::from_annex_b(Codec::H264, &without_sets, 25).unwrap_err();
        assert!(error.to_string().contains("no parameter sets"), "{error}");
        let without_keyframe = [0, 0, 1, 0x67, 1, 0, 0, 1, 0x41, 0x88, 0x10];
        assert!(Video::from_annex_b(Codec::H264, &without_keyframe, 25).is_err());
        assert!(Video::from_annex_b(Codec::Mjpeg, STREAM, 25).is_err());
        assert!(Video::from_jpegs(vec![vec![1, 2, 3]], 25).is_err());
    }
}
