//! Writes pictures as H.264 video, for the demo, the tests and clips.

use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSrc;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;
use ovr_domain::Picture;
use ovr_domain::pixels::{Matrix, PixelLayout, Range, SIDE_MAX};

use crate::error::Error;
use crate::pipeline::{element, init, wiring};

/// Pictures that wait for the encoder.
const QUEUE_PICTURES: u64 = 4;
/// One look at the bus while the encoder is busy.
const POLL: gst::ClockTime = gst::ClockTime::from_mseconds(2);
/// The encoder or the disk has hung when it takes nothing for so long.
const STALL: gst::ClockTime = gst::ClockTime::from_seconds(30);
/// Bits for each pixel of each frame: small letters stay legible through noise and motion.
const BITS_PER_PIXEL: f64 = 0.2;
const FPS_MAX: u32 = 240;

/// Encoders in the order in which they are preferred; the first that is installed is taken.
const ENCODERS: &[&str] = &["x264enc", "openh264enc", "vah264enc", "nvh264enc", "v4l2h264enc"];

/// Writes one video. The container follows the file's ending: `.mp4` (playable from its start while it is still being
/// fetched), `.mkv` or `.avi`. A writer that is dropped before [`H264Writer::finish`] leaves a file that cannot be played.
#[derive(Debug)]
pub struct H264Writer {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    source: AppSrc,
    path: String,
    size: (u32, u32),
    fps: u32,
    /// Format of the first picture, which all others must have.
    format: Option<(PixelLayout, (Matrix, Range), gst_video::VideoInfo)>,
    written: u64,
}

impl Drop for H264Writer {
    fn drop(&mut self) {
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            tracing::warn!(path = self.path, %error, "a video writer did not stop as it should");
        }
        self.bus.set_flushing(true);
    }
}

impl H264Writer {
    /// Starts a video of `width` by `height` pixels, both even (H.264 in 4:2:0 crops in steps of two), at `fps` frames
    /// a second. A file of this name is replaced.
    pub fn create(path: &Path, width: u32, height: u32, fps: u32) -> Result<Self, Error> {
        let text = path.display().to_string();
        let refuse = |reason: String| Error::Write { path: text.clone(), reason };
        let good_side = |side: u32| (16..=SIDE_MAX).contains(&side) && side.is_multiple_of(2);
        if !good_side(width) || !good_side(height) {
            return Err(refuse(format!(
                "{width}x{height} pixels: each side must be even and 16 to {SIDE_MAX}"
            )));
        }
        if !(1..=FPS_MAX).contains(&fps) {
            return Err(refuse(format!("{fps} frames a second: must be 1 to {FPS_MAX}")));
        }
        let location = path.to_str().ok_or_else(|| refuse("the path is not UTF-8".to_owned()))?;
        init()?;
        let muxer = muxer(path, location).map_err(|error| match error {
            Error::Write { reason, .. } => refuse(reason),
            other => other,
        })?;
        let encoder = encoder((width, height), fps)?;
        let source = AppSrc::builder().format(gst::Format::Time).max_buffers(QUEUE_PICTURES).build();
        let (convert, parse, sink) = (element("videoconvert")?, element("h264parse")?, element("filesink")?);
        sink.set_property("location", location);
        let pipeline = gst::Pipeline::new();
        let first: &gst::Element = source.upcast_ref();
        let elements = [first, &convert, &encoder, &parse, &muxer, &sink];
        pipeline.add_many(elements).map_err(|error| wiring(&error))?;
        gst::Element::link_many(elements).map_err(|error| wiring(&error))?;
        let Some(bus) = pipeline.bus() else {
            return Err(refuse("the pipeline has no bus".to_owned()));
        };
        let writer = Self {
            pipeline,
            bus,
            source,
            path: text.clone(),
            size: (width, height),
            fps,
            format: None,
            written: 0,
        };
        if writer.pipeline.set_state(gst::State::Playing).is_err() {
            return Err(writer.broken("the pipeline does not start"));
        }
        Ok(writer)
    }

    /// Adds a picture. All pictures of a video have its size, and layout and colour of the first; the n-th is shown
    /// at `n / fps` seconds. Waits while the encoder is busy.
    pub fn write(&mut self, picture: &Picture) -> Result<(), Error> {
        let info = self.format_for(picture)?;
        self.wait_for_room()?;
        let buffer = self.buffer(picture, &info)?;
        self.source.push_buffer(buffer).map_err(|_| self.broken("the encoder takes no more pictures"))?;
        self.written += 1;
        Ok(())
    }

    /// Ends the video and waits until it is on disk, in the file system's cache at least. Gives the number of frames.
    pub fn finish(self) -> Result<u64, Error> {
        if self.written == 0 {
            return Err(self.refuse("it has no pictures"));
        }
        self.source.end_of_stream().map_err(|_| self.broken("the encoder does not end"))?;
        // The encoder may hold a second of pictures back, and moving the index to the front copies the file.
        let wait = STALL.checked_mul(10).unwrap_or(STALL);
        let ends = [gst::MessageType::Eos, gst::MessageType::Error];
        match self.bus.timed_pop_filtered(wait, &ends) {
            Some(message) if message.type_() == gst::MessageType::Eos => Ok(self.written),
            Some(message) => Err(self.told(&message)),
            None => Err(self.refuse("the encoder does not end")),
        }
    }

    fn refuse(&self, reason: &str) -> Error {
        Error::Write { path: self.path.clone(), reason: reason.to_owned() }
    }

    /// The error that waits on the bus, else `otherwise`.
    fn broken(&self, otherwise: &str) -> Error {
        match self.bus.pop_filtered(&[gst::MessageType::Error]) {
            Some(message) => self.told(&message),
            None => self.refuse(otherwise),
        }
    }

    fn told(&self, message: &gst::Message) -> Error {
        match message.view() {
            gst::MessageView::Error(error) => {
                self.refuse(&format!("GStreamer says {:?}", error.error().to_string()))
            }
            _ => self.refuse("the pipeline stopped"),
        }
    }

    /// Pushing into a full source whose pipeline has failed would wait forever, so the level is watched together with
    /// the bus.
    fn wait_for_room(&self) -> Result<(), Error> {
        let mut waited = gst::ClockTime::ZERO;
        loop {
            let full = self.source.current_level_buffers() >= QUEUE_PICTURES;
            let wait = if full { POLL } else { gst::ClockTime::ZERO };
            if let Some(message) = self.bus.timed_pop_filtered(wait, &[gst::MessageType::Error]) {
                return Err(self.told(&message));
            }
            if !full {
                return Ok(());
            }
            waited = waited.saturating_add(wait);
            if waited >= STALL {
                return Err(self.refuse("the encoder takes no more pictures"));
            }
        }
    }

    fn format_for(&mut self, picture: &Picture) -> Result<gst_video::VideoInfo, Error> {
        let size = (picture.width(), picture.height());
        if size != self.size {
            let (width, height) = self.size;
            return Err(
                self.refuse(&format!("a picture of {}x{} pixels: expected {width}x{height}", size.0, size.1))
            );
        }
        let (layout, colour) = (picture.layout(), picture.colour());
        if let Some((first_layout, first_colour, info)) = &self.format {
            if (*first_layout, *first_colour) != (layout, colour) {
                return Err(self.refuse(&format!(
                    "a picture in {layout:?} {colour:?}: expected {first_layout:?} {first_colour:?}"
                )));
            }
            return Ok(info.clone());
        }
        let info = video_info(size, layout, colour, self.fps).map_err(|reason| self.refuse(&reason))?;
        let caps = info.to_caps().map_err(|error| self.refuse(&error.to_string()))?;
        self.source.set_caps(Some(&caps));
        self.format = Some((layout, colour, info.clone()));
        Ok(info)
    }

    /// Copies the planes row by row, because the strides of the two sides differ.
    fn buffer(&self, picture: &Picture, info: &gst_video::VideoInfo) -> Result<gst::Buffer, Error> {
        let no_memory = || self.refuse("no memory for a picture");
        let buffer = gst::Buffer::with_size(info.size()).map_err(|_| no_memory())?;
        let mut frame = gst_video::VideoFrame::from_buffer_writable(buffer, info).map_err(|_| no_memory())?;
        let height = picture.height() as usize;
        for index in 0..frame.n_planes() {
            let from = picture.plane(index as usize);
            let stride =
                frame.plane_stride().get(index as usize).and_then(|&stride| usize::try_from(stride).ok());
            let rows = if index == 0 { height } else { height.div_ceil(2) };
            let to = frame.plane_data_mut(index).map_err(|_| no_memory())?;
            let row_bytes = row_bytes(picture, index as usize);
            let targets = to.chunks_mut(stride.unwrap_or(row_bytes).max(1));
            for (target, row) in targets.zip(from.data.chunks(from.stride.max(1))).take(rows) {
                if let (Some(target), Some(row)) = (target.get_mut(..row_bytes), row.get(..row_bytes)) {
                    target.copy_from_slice(row);
                }
            }
        }
        let mut buffer = frame.into_buffer();
        let frame_ns = |n: u64| gst::ClockTime::SECOND.mul_div_floor(n, u64::from(self.fps));
        if let Some(buffer) = buffer.get_mut() {
            let (start, end) = (frame_ns(self.written), frame_ns(self.written + 1));
            buffer.set_pts(start);
            buffer.set_duration(end.zip(start).map(|(end, start)| end.saturating_sub(start)));
        }
        Ok(buffer)
    }
}

/// Bytes of pixels in a row of plane `index`.
fn row_bytes(picture: &Picture, index: usize) -> usize {
    let width = picture.width() as usize;
    match (picture.layout(), index) {
        (PixelLayout::Rgb, _) => width * 3,
        (_, 0) => width,
        (PixelLayout::Nv12, _) => width.div_ceil(2) * 2,
        (PixelLayout::I420, _) => width.div_ceil(2),
    }
}

fn video_info(
    (width, height): (u32, u32),
    layout: PixelLayout,
    (matrix, range): (Matrix, Range),
    fps: u32,
) -> Result<gst_video::VideoInfo, String> {
    use gst_video::{
        VideoColorMatrix, VideoColorPrimaries, VideoColorRange, VideoColorimetry, VideoTransferFunction,
    };
    let format = match layout {
        PixelLayout::I420 => gst_video::VideoFormat::I420,
        PixelLayout::Nv12 => gst_video::VideoFormat::Nv12,
        PixelLayout::Rgb => gst_video::VideoFormat::Rgb,
    };
    let range = match range {
        Range::Full => VideoColorRange::Range0_255,
        Range::Limited => VideoColorRange::Range16_235,
    };
    let (matrix, primaries) = match matrix {
        Matrix::Bt709 => (VideoColorMatrix::Bt709, VideoColorPrimaries::Bt709),
        Matrix::Bt601 => (VideoColorMatrix::Bt601, VideoColorPrimaries::Smpte170m),
    };
    let colorimetry = VideoColorimetry::new(range, matrix, VideoTransferFunction::Bt709, primaries);
    gst_video::VideoInfo::builder(format, width, height)
        .fps(gst::Fraction::new(i32::try_from(fps).unwrap_or(i32::MAX), 1))
        .colorimetry_if(&colorimetry, layout != PixelLayout::Rgb)
        .build()
        .map_err(|error| error.to_string())
}

fn muxer(path: &Path, location: &str) -> Result<gst::Element, Error> {
    match path.extension().and_then(|ending| ending.to_str()).unwrap_or_default() {
        "mp4" => {
            let muxer = element("mp4mux")?;
            muxer.set_property("faststart", true);
            muxer.set_property("faststart-file", format!("{location}.part"));
            Ok(muxer)
        }
        "mkv" => element("matroskamux"),
        "avi" => element("avimux"),
        other => Err(Error::Write {
            path: location.to_owned(),
            reason: format!("no container is known for the ending {other:?}: use mp4, mkv or avi"),
        }),
    }
}

/// The first encoder that is installed, set to the rate of [`BITS_PER_PIXEL`] and one key frame a second.
fn encoder((width, height): (u32, u32), fps: u32) -> Result<gst::Element, Error> {
    let Some((name, encoder)) =
        ENCODERS.iter().find_map(|name| Some((*name, gst::ElementFactory::make(name).build().ok()?)))
    else {
        let names = ENCODERS.join(", ");
        let reason = format!("it has no H.264 encoder ({names}): install gstreamer1.0-plugins-ugly or -bad");
        return Err(Error::Runtime { reason });
    };
    let bits = f64::from(width) * f64::from(height) * f64::from(fps) * BITS_PER_PIXEL;
    // openh264enc and the V4L2 one count bits, the others thousands of them.
    let settings: Vec<(&str, String)> = match name {
        "x264enc" => vec![
            ("bitrate", format!("{}", (bits / 1000.0).clamp(64.0, 100_000.0) as u32)),
            ("speed-preset", "veryfast".to_owned()),
            ("key-int-max", fps.to_string()),
            // With several threads the rate control is not repeatable; the same pictures shall give the same video.
            ("threads", "1".to_owned()),
        ],
        "openh264enc" => vec![
            ("bitrate", format!("{}", bits.clamp(64_000.0, 100_000_000.0) as u32)),
            ("rate-control", "bitrate".to_owned()),
            ("gop-size", fps.to_string()),
        ],
        "v4l2h264enc" => Vec::new(),
        _ => vec![("bitrate", format!("{}", (bits / 1000.0).clamp(64.0, 100_000.0) as u32))],
    };
    for (property, value) in settings {
        if encoder.find_property(property).is_some() {
            encoder.set_property_from_str(property, &value);
        }
    }
    Ok(encoder)
}
