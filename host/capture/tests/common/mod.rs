//! Small videos that the tests write themselves, and a way to read a source to its end.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "it is only called from tests, which may")]

pub mod camera;

use std::path::Path;
use std::sync::Arc;

use gstreamer as gst;
use gstreamer::prelude::*;
use ovr_capture::{FileConfig, H264Writer, Options, SourceConfig, VideoSource, open};
use ovr_domain::pixels::{Matrix, OwnedPlanes, PixelLayout, Range};
use ovr_domain::port::{FrameSource, SourceError};
use ovr_domain::time::{Clock, SystemClock};
use ovr_domain::{CameraId, Frame, Picture};

pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::start())
}

pub fn file(path: &Path) -> SourceConfig {
    SourceConfig::File(FileConfig { path: path.to_owned(), root: None })
}

pub fn open_with(config: &SourceConfig, options: Options) -> Result<VideoSource, SourceError> {
    open(CameraId::new("test").unwrap(), config, options, clock())
}

/// All frames, and how it ended.
pub fn read(path: &Path) -> (Vec<Frame>, Result<(), SourceError>) {
    match open_with(&file(path), Options::default()) {
        Ok(source) => drain(source),
        Err(error) => (Vec::new(), Err(error)),
    }
}

pub fn drain(mut source: VideoSource) -> (Vec<Frame>, Result<(), SourceError>) {
    let mut frames = Vec::new();
    loop {
        match source.next_frame() {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => {
                assert_eq!(source.next_frame().unwrap().map(|frame| frame.sequence), None);
                return (frames, Ok(()));
            }
            Err(error) => return (frames, Err(error)),
        }
    }
}

/// Luma of the n-th grey picture: steps that survive the codec.
pub fn luma_of(n: usize) -> u8 {
    40 + (n % 16) as u8 * 10
}

pub fn grey(width: u32, height: u32, luma: u8) -> Picture {
    let (w, h) = (width as usize, height as usize);
    let (cw, ch) = (w.div_ceil(2), h.div_ceil(2));
    let planes = vec![(vec![luma; w * h], w), (vec![128; cw * ch], cw), (vec![128; cw * ch], cw)];
    let colour = (Matrix::Bt601, Range::Limited);
    Picture::new((width, height), PixelLayout::I420, colour, Arc::new(OwnedPlanes(planes))).unwrap()
}

/// Writes `frames` pictures whose luma counts.
pub fn write_clip(path: &Path, (width, height): (u32, u32), fps: u32, frames: usize) {
    let mut writer = H264Writer::create(path, width, height, fps).unwrap();
    for n in 0..frames {
        writer.write(&grey(width, height, luma_of(n))).unwrap();
    }
    assert_eq!(writer.finish(), Ok(frames as u64));
}

/// Luma in the middle of a picture.
pub fn middle(picture: &Picture) -> u8 {
    let plane = picture.plane(0);
    plane.data[picture.height() as usize / 2 * plane.stride + picture.width() as usize / 2]
}

pub fn element(name: &str, properties: &[(&str, &str)]) -> gst::Element {
    gst::init().unwrap();
    let element = gst::ElementFactory::make(name).build().unwrap();
    for (property, value) in properties {
        element.set_property_from_str(property, value);
    }
    element
}

pub fn raw(format: &str, width: i32, height: i32) -> gst::Element {
    gst::init().unwrap();
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", format)
        .field("width", width)
        .field("height", height)
        .field("framerate", gst::Fraction::new(25, 1))
        .build();
    let filter = gst::ElementFactory::make("capsfilter").build().unwrap();
    filter.set_property("caps", caps);
    filter
}

/// Runs rows of elements to their end; an element may stand in several rows, as a muxer does.
pub fn run(rows: &[&[gst::Element]]) {
    let pipeline = gst::Pipeline::new();
    for row in rows {
        for element in *row {
            if element.parent().is_none() {
                pipeline.add(element).unwrap();
            }
        }
        gst::Element::link_many(*row).unwrap();
    }
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &ends).unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(message.type_(), gst::MessageType::Eos, "{message:?}");
}

pub fn sink(path: &Path) -> gst::Element {
    element("filesink", &[("location", path.to_str().unwrap())])
}
