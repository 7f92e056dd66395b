//! Files of many kinds: what is in them comes out, in order and complete.

mod common;

use std::fs::File;
use std::time::{Duration, SystemTime};

use common::{
    clock, drain, element, file, grey, luma_of, middle, open_with, raw, read, run, sink, write_clip,
};
use ovr_capture::{H264Writer, Options, SourceConfig, probe};
use ovr_domain::pixels::{Matrix, Range};
use ovr_domain::port::FrameSource;
use ovr_domain::{BBox, Picture, RgbImage, Timestamp};

#[test]
fn every_frame_of_every_container_comes_out_once_in_order_and_on_time() {
    let folder = tempfile::tempdir().unwrap();
    for container in ["mp4", "mkv", "avi"] {
        let path = folder.path().join(format!("clip.{container}"));
        write_clip(&path, (160, 96), 25, 40);
        let (frames, end) = read(&path);
        assert_eq!(end, Ok(()), "{container}");
        assert_eq!(frames.len(), 40, "{container}");
        for (n, frame) in frames.iter().enumerate() {
            assert_eq!(frame.sequence, n as u64);
            assert!(
                middle(&frame.picture).abs_diff(luma_of(n)) <= 4,
                "{container}: frame {n} is another one"
            );
            let offset =
                frame.presented_at.abs_diff(frames[0].presented_at + Duration::from_millis(40) * n as u32);
            // Matroska keeps milliseconds.
            assert!(offset < Duration::from_millis(2), "{container}: frame {n} is off by {offset:?}");
            assert_eq!(
                frame.captured_at.at.since(frames[0].captured_at.at),
                frame.presented_at.abs_diff(frames[0].presented_at)
            );
        }
    }
}

#[test]
fn frames_can_be_kept_and_outlive_their_source() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    write_clip(&path, (320, 240), 25, 80);
    let options = Options { queue_frames: 1, decode_threads: 2, ..Options::default() };
    let (frames, end) = drain(open_with(&file(&path), options).unwrap());
    assert_eq!(end, Ok(()));
    let seen: Vec<bool> = frames
        .iter()
        .enumerate()
        .map(|(n, frame)| middle(&frame.picture).abs_diff(luma_of(n)) <= 4)
        .collect();
    assert_eq!(seen, vec![true; 80]);
}

#[test]
fn a_container_with_a_clock_starts_at_its_creation_and_one_without_at_the_files_time() {
    let folder = tempfile::tempdir().unwrap();
    let (mp4, avi) = (folder.path().join("a.mp4"), folder.path().join("a.avi"));
    // A container counts whole seconds.
    let before = clock().now().minus(Duration::from_secs(1));
    write_clip(&mp4, (64, 64), 25, 3);
    write_clip(&avi, (64, 64), 25, 3);
    let after = clock().now().plus(Duration::from_secs(1));
    let past = SystemTime::UNIX_EPOCH + Duration::from_mins(25_000_000);
    for path in [&mp4, &avi] {
        File::options().write(true).open(path).unwrap().set_modified(past).unwrap();
    }
    let (frames, _) = read(&mp4);
    let first = frames[0].captured_at;
    assert!(first.at >= before && first.at <= after, "{first:?}");
    assert!(!first.synchronised);
    let (frames, _) = read(&avi);
    let last = &frames[2];
    assert_eq!(last.captured_at.at, Timestamp::from_micros(1_500_000_000_000_000).plus(last.presented_at));
}

#[test]
fn colours_survive_writing_and_reading() {
    let folder = tempfile::tempdir().unwrap();
    for (width, height, matrix) in [(128, 96, Matrix::Bt601), (1280, 720, Matrix::Bt709)] {
        let path = folder.path().join(format!("{height}.mp4"));
        let mut writer = H264Writer::create(&path, width, height, 10).unwrap();
        let red = Picture::from_rgb(RgbImage::filled(width, height, [200, 30, 60])).unwrap();
        for _ in 0..5 {
            writer.write(&red).unwrap();
        }
        writer.finish().unwrap();
        let (frames, end) = read(&path);
        assert_eq!((frames.len(), end), (5, Ok(())));
        let picture = &frames[4].picture;
        assert_eq!(picture.colour(), (matrix, Range::Limited));
        let (pixel, _) = picture.rgb(BBox::new(30.0, 30.0, 31.0, 31.0));
        let off = pixel.data.iter().zip([200_u8, 30, 60]).map(|(&got, want)| got.abs_diff(want)).max();
        assert!(off < Some(6), "{:?} in {matrix:?}", pixel.data);
    }
}

#[test]
fn odd_sizes_other_formats_and_other_codecs_become_planes_of_their_size() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("vp8.mkv", "I420", (161, 91), "vp8enc", "matroskamux"),
        ("jpeg.avi", "Y42B", (96, 80), "jpegenc", "avimux"),
        ("422.mkv", "Y42B", (160, 90), "x264enc", "matroskamux"),
        ("10bit.mkv", "I420_10LE", (160, 90), "x264enc", "matroskamux"),
    ];
    for (name, format, (width, height), encoder, muxer) in cases {
        let path = folder.path().join(name);
        let source = element("videotestsrc", &[("num-buffers", "12"), ("pattern", "white")]);
        run(&[&[
            source,
            raw(format, width, height),
            element(encoder, &[]),
            element(muxer, &[]),
            sink(&path),
        ]]);
        let (frames, end) = read(&path);
        assert_eq!((frames.len(), end), (12, Ok(())), "{name}");
        let picture = &frames[11].picture;
        assert_eq!((picture.width(), picture.height()), (width as u32, height as u32), "{name}");
        let (whole, _) = picture.rgb(picture.bounds());
        // JPEG takes the video's white, 235, as it is.
        let floor = if encoder == "jpegenc" { 225 } else { 240 };
        let darkest = whole.data.iter().min();
        assert!(darkest > Some(&floor), "{name}: white became {darkest:?} somewhere");
    }
}

#[test]
fn a_stream_that_changes_its_size_gives_frames_of_both_sizes() {
    let folder = tempfile::tempdir().unwrap();
    let mut joined = Vec::new();
    for (width, height) in [(64, 64), (128, 96)] {
        let path = folder.path().join(format!("{width}.h264"));
        let source = element("videotestsrc", &[("num-buffers", "30"), ("pattern", "snow")]);
        let parse = element("h264parse", &[("config-interval", "-1")]);
        let stream = "video/x-h264,stream-format=byte-stream,alignment=au";
        let bytes = element("capsfilter", &[("caps", stream)]);
        run(&[&[
            source,
            raw("I420", width, height),
            element("x264enc", &[("bframes", "0")]),
            parse,
            bytes,
            sink(&path),
        ]]);
        joined.extend(std::fs::read(&path).unwrap());
    }
    let path = folder.path().join("joined.h264");
    std::fs::write(&path, joined).unwrap();
    let (frames, end) = read(&path);
    assert_eq!(end, Ok(()));
    let sizes: Vec<u32> = frames.iter().map(|frame| frame.picture.width()).collect();
    assert_eq!(sizes, [[64; 30], [128; 30]].concat());
    let sequence: Vec<u64> = frames.iter().map(|frame| frame.sequence).collect();
    assert_eq!(sequence, (0..60).collect::<Vec<_>>());
}

#[test]
fn a_camera_that_was_held_sideways_gives_upright_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    write_clip(&path, (160, 96), 25, 5);
    let mut bytes = std::fs::read(&path).unwrap();
    // Track header, ISO/IEC 14496-12 section 8.3.2: the matrix lies 44 bytes behind the name; a quarter turn.
    let matrix = bytes.windows(4).position(|window| window == b"tkhd").unwrap() + 44;
    let turn: Vec<u8> =
        [0_i32, 0x1_0000, 0, -0x1_0000, 0, 0].iter().flat_map(|value| value.to_be_bytes()).collect();
    bytes[matrix..matrix + 24].copy_from_slice(&turn);
    std::fs::write(&path, bytes).unwrap();
    let (frames, end) = read(&path);
    assert_eq!((frames.len(), end), (5, Ok(())));
    assert_eq!((frames[4].picture.width(), frames[4].picture.height()), (96, 160));
}

#[test]
fn sound_beside_the_pictures_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both.mkv");
    let muxer = element("matroskamux", &[]);
    let video = [
        element("videotestsrc", &[("num-buffers", "25")]),
        raw("I420", 64, 64),
        element("x264enc", &[]),
        element("queue", &[]),
        muxer.clone(),
        sink(&path),
    ];
    // The sound goes on for seconds after the pictures, which is no reason to call the file broken.
    let audio = [
        element("audiotestsrc", &[("num-buffers", "250")]),
        element("vorbisenc", &[]),
        element("queue", &[]),
        muxer,
    ];
    run(&[&video, &audio]);
    let (frames, end) = read(&path);
    assert_eq!((frames.len(), end), (25, Ok(())));
}

#[test]
fn a_test_pattern_needs_no_file_and_ends_after_its_frames() {
    let config: SourceConfig = "test:320x180@25/30".parse().unwrap();
    let (frames, end) = drain(open_with(&config, Options::default()).unwrap());
    assert_eq!((frames.len(), end), (30, Ok(())));
    assert_eq!(frames[29].presented_at, Duration::from_millis(40) * 29);
    let endless: SourceConfig = "test:64x64@25".parse().unwrap();
    let mut source = open_with(&endless, Options::default()).unwrap();
    for n in 0..100 {
        assert_eq!(source.next_frame().unwrap().map(|frame| frame.sequence), Some(n));
    }
}

#[test]
fn in_real_time_frames_come_no_earlier_than_they_are_due_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    write_clip(&path, (64, 64), 50, 25);
    let options = Options { realtime: true, queue_frames: 1, ..Options::default() };
    let (frames, end) = drain(open_with(&file(&path), options).unwrap());
    assert_eq!((frames.len(), end), (25, Ok(())));
    assert!(frames.is_sorted_by_key(|frame| frame.received_at));
    let taken = frames[24].received_at.since(frames[0].received_at);
    assert!(taken >= Duration::from_millis(240), "half a second was played in {taken:?}");
}

#[test]
fn a_probe_says_what_is_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    write_clip(&path, (160, 96), 25, 50);
    let facts = probe(&path, clock()).unwrap();
    assert_eq!((facts.width, facts.height, facts.frames_estimated), (160, 96, Some(50)));
    assert_eq!(facts.fps, Some(25.0));
    assert!(facts.codec.is_some_and(|codec| codec.contains("H.264")));
    assert!(facts.decoder.is_some());
    assert_eq!(facts.duration, Some(Duration::from_secs(2)));
}

#[test]
fn a_writer_refuses_what_it_cannot_write_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    assert!(H264Writer::create(&path, 161, 96, 25).is_err());
    assert!(H264Writer::create(&path, 160, 96, 0).is_err());
    assert!(H264Writer::create(&folder.path().join("clip.txt"), 160, 96, 25).is_err());
    let nowhere = folder.path().join("no/such/folder.mp4");
    let error = H264Writer::create(&nowhere, 160, 96, 25).unwrap_err().to_string();
    assert!(error.contains("folder.mp4") && !error.contains('\n'), "{error}");
    let mut writer = H264Writer::create(&path, 160, 96, 25).unwrap();
    assert!(writer.write(&grey(96, 160, 9)).is_err());
    writer.write(&grey(160, 96, 9)).unwrap();
    let rgb = Picture::from_rgb(RgbImage::filled(160, 96, [0; 3])).unwrap();
    assert!(writer.write(&rgb).is_err());
    assert_eq!(writer.finish(), Ok(1));
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "only the video is left, no part of it");
    assert!(H264Writer::create(&path, 160, 96, 25).unwrap().finish().is_err());
}
