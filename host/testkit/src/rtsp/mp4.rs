//! The video of an MP4 file.

use std::path::Path;
use std::time::Duration;

use re_mp4::{Mp4, StsdBoxContent, Track, TrackKind};

use super::media::{AccessUnit, Codec, Video};
use crate::Error;

/// Longest file that is read.
const FILE_MAX_BYTES: u64 = 1 << 30;

fn refuse(reason: String) -> Error {
    Error::Video { what: "an MP4 file", reason }
}

pub(super) fn read(path: &Path) -> Result<Video, Error> {
    let shown = path.display();
    let length = std::fs::metadata(path).map_err(|error| refuse(format!("{shown}: {error}")))?.len();
    if length > FILE_MAX_BYTES {
        return Err(refuse(format!("{shown} has {length} bytes: must be {FILE_MAX_BYTES} at most")));
    }
    let (mp4, bytes) = Mp4::read_file(path).map_err(|error| refuse(format!("{shown}: {error}")))?;
    let track = mp4.tracks().values().find(|track| track.kind == Some(TrackKind::Video));
    let track = track.ok_or_else(|| refuse(format!("{shown} has no video")))?;
    let (codec, sets, length_bytes) = description(&mp4, track).ok_or_else(|| {
        refuse(format!("{shown} has neither H.264 nor H.265, which are what can be served"))
    })?;
    let units = track.samples.iter().map(|sample| {
        let start = usize::try_from(sample.offset).ok()?;
        let end = start.checked_add(usize::try_from(sample.size).ok()?)?;
        let nal_units = split(bytes.get(start..end)?, length_bytes)?;
        let pts = seconds(sample.composition_timestamp, sample.timescale);
        Some(AccessUnit { nal_units, keyframe: sample.is_sync, pts })
    });
    let units: Option<Vec<AccessUnit>> = units.collect();
    let units = units.ok_or_else(|| refuse(format!("{shown} ends within a picture")))?;
    let ticks: u64 = track.samples.iter().map(|sample| sample.duration).sum();
    let span = seconds(i64::try_from(ticks).unwrap_or(i64::MAX), track.timescale);
    Video::new(codec, units, sets, span)
}

/// Codec, parameter sets, and how many bytes say the length of a NAL unit.
fn description(mp4: &Mp4, track: &Track) -> Option<(Codec, Vec<Vec<u8>>, usize)> {
    match &track.trak(mp4).mdia.minf.stbl.stsd.contents {
        StsdBoxContent::Avc1(avc) => {
            let sets = avc
                .avcc
                .contents
                .sequence_parameter_sets
                .iter()
                .chain(&avc.avcc.contents.picture_parameter_sets);
            let length_bytes = usize::from(avc.avcc.contents.length_size_minus_one & 3) + 1;
            Some((Codec::H264, sets.map(|set| set.bytes.clone()).collect(), length_bytes))
        }
        StsdBoxContent::Hvc1(hevc) | StsdBoxContent::Hev1(hevc) => {
            let sets = hevc.hvcc.contents.arrays.iter().flat_map(|array| &array.nalus);
            let length_bytes = usize::from(hevc.hvcc.contents.length_size_minus_one & 3) + 1;
            let sets = sets.map(|nal| nal.data.clone()).filter(|nal| Codec::H265.is_parameter_set(nal));
            Some((Codec::H265, sets.collect(), length_bytes))
        }
        _ => None,
    }
}

fn seconds(ticks: i64, timescale: u64) -> Duration {
    let ticks = u128::from(ticks.max(0).unsigned_abs());
    let nanos = ticks * 1_000_000_000 / u128::from(timescale.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// NAL units with their lengths before them; none where the last one is cut off.
fn split(mut bytes: &[u8], length_bytes: usize) -> Option<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (prefix, rest) = bytes.split_at_checked(length_bytes)?;
        let length = prefix.iter().fold(0_usize, |length, byte| (length << 8) | usize::from(*byte));
        let (nal, rest) = rest.split_at_checked(length)?;
        if !nal.is_empty() {
            found.push(nal.to_vec());
        }
        bytes = rest;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(name: [u8; 4], parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        [(body.len() as u32 + 8).to_be_bytes().as_slice(), &name, &body].concat()
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// A file of two pictures, 40 ms each, the first a keyframe, whose data is in `mdat` before the index.
    fn file(mdat: &[u8], sizes: [u32; 2]) -> Vec<u8> {
        let matrix = words(&[0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000]);
        let ftyp = boxed(*b"ftyp", &[b"isom", &words(&[0]), b"isom"]);
        let avcc = boxed(
            *b"avcC",
            &[&[1, 0x42, 0xC0, 0x1E, 0xFF, 0xE1, 0, 4, 0x67, 0x42, 0xC0, 0x1E, 1, 0, 2, 0x68, 0xCE]],
        );
        let size = [320_u16.to_be_bytes(), 240_u16.to_be_bytes()].concat();
        let resolution = words(&[0x0048_0000, 0x0048_0000, 0]);
        let name = [&[0, 1], [0; 32].as_slice(), &[0, 24, 0xFF, 0xFF]].concat();
        let avc1 = boxed(*b"avc1", &[&[0, 0, 0, 0, 0, 0, 0, 1], &[0; 16], &size, &resolution, &name, &avcc]);
        let stbl = boxed(
            *b"stbl",
            &[
                &boxed(*b"stsd", &[&words(&[0, 1]), &avc1]),
                &boxed(*b"stts", &[&words(&[0, 1, 2, 40])]),
                &boxed(*b"stss", &[&words(&[0, 1, 1])]),
                &boxed(*b"stsc", &[&words(&[0, 1, 1, 2, 1])]),
                &boxed(*b"stsz", &[&words(&[0, 0, 2, sizes[0], sizes[1]])]),
                &boxed(*b"stco", &[&words(&[0, 1, ftyp.len() as u32 + 8])]),
            ],
        );
        let dref = boxed(*b"dref", &[&words(&[0, 1]), &boxed(*b"url ", &[&words(&[1])])]);
        let minf =
            boxed(*b"minf", &[&boxed(*b"vmhd", &[&words(&[1, 0, 0])]), &boxed(*b"dinf", &[&dref]), &stbl]);
        let hdlr = boxed(*b"hdlr", &[&words(&[0, 0]), b"vide", &[0; 12], &[0]]);
        let mdhd = boxed(*b"mdhd", &[&words(&[0, 0, 0, 1000, 80, 0x55C4_0000])]);
        let tkhd = boxed(
            *b"tkhd",
            &[&words(&[3, 0, 0, 1, 0, 80, 0, 0, 0, 0]), &matrix, &words(&[320 << 16, 240 << 16])],
        );
        let trak = boxed(*b"trak", &[&tkhd, &boxed(*b"mdia", &[&mdhd, &hdlr, &minf])]);
        let mvhd = words(&[0, 0, 0, 1000, 80, 0x1_0000, 0x0100_0000, 0, 0]);
        let mvhd = boxed(*b"mvhd", &[&mvhd, &matrix, &[0; 24], &words(&[2])]);
        [ftyp, boxed(*b"mdat", &[mdat]), boxed(*b"moov", &[&mvhd, &trak])].concat()
    }

    #[test]
    fn pictures_come_with_their_times_and_parameter_sets() {
        let path = std::env::temp_dir().join(format!("ovr-testkit-{}.mp4", std::process::id()));
        let mdat = [0, 0, 0, 2, 0x06, 9, 0, 0, 0, 3, 0x65, 0x88, 1, 0, 0, 0, 3, 0x41, 0x9A, 2];
        std::fs::write(&path, file(&mdat, [13, 7])).unwrap();
        let video = read(&path);
        std::fs::write(&path, file(&mdat, [13, 6])).unwrap();
        let cut_off = read(&path);
        std::fs::remove_file(&path).unwrap();
        let video = video.unwrap();
        assert_eq!((video.codec(), video.span()), (Codec::H264, Duration::from_millis(80)));
        assert_eq!(video.parameter_sets(), [vec![0x67, 0x42, 0xC0, 0x1E], vec![0x68, 0xCE]]);
        let [first, second] = video.units() else { panic!("{video:?}") };
        assert_eq!(first.nal_units, [vec![0x06, 9], vec![0x65, 0x88, 1]]);
        assert_eq!(second.nal_units, [[0x41, 0x9A, 2]]);
        assert_eq!((first.keyframe, second.keyframe), (true, false));
        assert_eq!((first.pts, second.pts), (Duration::ZERO, Duration::from_millis(40)));
        assert!(cut_off.unwrap_err().to_string().contains("ends within a picture"));
    }

    #[test]
    fn nal_units_are_split_by_their_lengths() {
        let bytes = [0, 0, 0, 2, 0x65, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0x41];
        assert_eq!(split(&bytes, 4), Some(vec![vec![0x65, 9], vec![0x41]]));
        assert_eq!(split(&[0, 2, 0x65, 9], 2), Some(vec![vec![0x65, 9]]));
        assert_eq!(split(&[0, 0, 0, 9, 0x65], 4), None);
    }

    #[test]
    fn a_file_that_is_none_is_refused_with_its_name() {
        let error = read(Path::new("/nowhere/scene.mp4")).unwrap_err().to_string();
        assert!(error.contains("/nowhere/scene.mp4"), "{error}");
    }
}
