//! Files that are no video, or no longer a whole one: one clear line, and nothing that was decoded is lost.

mod common;

use std::time::Duration;

use common::{drain, element, file, open_with, raw, read, run, sink, write_clip};
use ovr_capture::{Options, SourceConfig};
use ovr_domain::port::{FrameSource, SourceError};

#[test]
fn what_is_no_video_is_refused_in_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let (text, empty, noise) =
        (folder.path().join("a.txt"), folder.path().join("empty.mp4"), folder.path().join("noise.mp4"));
    std::fs::write(&text, "plates and other things\n".repeat(500)).unwrap();
    std::fs::write(&empty, "").unwrap();
    let mut state = 1_u32;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(100_000)
    .collect();
    std::fs::write(&noise, bytes).unwrap();
    for path in [&text, &empty, &noise] {
        let (_, end) = read(path);
        let error = end.unwrap_err();
        assert!(matches!(error, SourceError::NoVideo { .. }), "{error:?}");
        let line = error.to_string();
        assert!(line.contains(path.to_str().unwrap()) && !line.contains('\n') && line.len() < 400, "{line}");
    }
}

#[test]
fn what_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().unwrap();
    for (path, reason) in
        [(folder.path().join("none.mp4"), "no such file"), (folder.path().to_owned(), "folder")]
    {
        let (_, end) = read(&path);
        let Err(SourceError::Open { reason: got, .. }) = end else { panic!("{end:?}") };
        assert!(got.contains(reason), "{got}");
    }
}

#[test]
fn sound_without_pictures_is_no_video() {
    let folder = tempfile::tempdir().unwrap();
    let wav = folder.path().join("a.wav");
    run(&[&[element("audiotestsrc", &[("num-buffers", "50")]), element("wavenc", &[]), sink(&wav)]]);
    let ogg = folder.path().join("a.ogg");
    let source = element("audiotestsrc", &[("num-buffers", "50")]);
    run(&[&[source, element("vorbisenc", &[]), element("oggmux", &[]), sink(&ogg)]]);
    for path in [wav, ogg] {
        let (_, end) = read(&path);
        let Err(SourceError::NoVideo { reason, .. }) = end else { panic!("{end:?}") };
        assert!(reason.contains("none of pictures"), "{reason}");
    }
}

#[test]
fn a_cut_file_gives_all_that_can_be_decoded_and_then_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for container in ["mp4", "mkv", "avi"] {
        let path = folder.path().join(format!("clip.{container}"));
        write_clip(&path, (320, 240), 25, 100);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() * 6 / 10]).unwrap();
        let (frames, end) = read(&path);
        let Err(SourceError::BrokenOff { frames: counted, reason, .. }) = end else {
            panic!("{container}: {end:?}")
        };
        assert_eq!(counted, frames.len() as u64);
        assert!((20..100).contains(&frames.len()), "{container}: {} frames of about 60 %", frames.len());
        assert!(reason.contains("cut off"), "{container}: {reason}");
    }
}

#[test]
fn a_cut_file_whose_index_was_behind_the_cut_says_so_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    let source = element("videotestsrc", &[("num-buffers", "50")]);
    let (encode, muxer) = (element("x264enc", &[]), element("mp4mux", &[]));
    run(&[&[source, raw("I420", 160, 96), encode, muxer, sink(&path)]]);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let (_, end) = read(&path);
    let Err(SourceError::NoVideo { reason, .. }) = end else { panic!("{end:?}") };
    assert!(reason.contains("cut off"), "{reason}");
}

#[test]
fn damage_in_the_middle_neither_hangs_nor_panics() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mkv");
    write_clip(&path, (160, 96), 25, 50);
    let whole = std::fs::read(&path).unwrap();
    for part in 1..6 {
        let mut bytes = whole.clone();
        let start = whole.len() * part / 6;
        let end = (start + whole.len() / 12).min(whole.len());
        bytes[start..end].fill(0x5a);
        std::fs::write(&path, bytes).unwrap();
        let (frames, _) = read(&path);
        assert!(frames.len() <= 50);
    }
}

#[test]
fn a_pipeline_that_gives_nothing_has_broken_off() {
    let config: SourceConfig = "test:64x64@1".parse().unwrap();
    let stall_timeout = Duration::from_millis(100);
    let options = Options { realtime: true, stall_timeout, ..Options::default() };
    let (frames, end) = drain(open_with(&config, options).unwrap());
    let Err(SourceError::BrokenOff { frames: counted, reason, .. }) = end else { panic!("{end:?}") };
    assert_eq!((frames.len(), counted), (1, 1));
    assert!(reason.contains("neither a frame nor an end"), "{reason}");
}

#[test]
fn after_an_error_there_are_no_more_frames() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    write_clip(&path, (320, 240), 25, 100);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() * 6 / 10]).unwrap();
    let mut source = open_with(&file(&path), Options::default()).unwrap();
    while let Ok(Some(_)) = source.next_frame() {}
    assert!(matches!(source.next_frame(), Ok(None)));
}
