//! The pipeline of a source: elements made and linked in code.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer_app::AppSink;
use gstreamer_video as gst_video;
use ovr_domain::pixels::SIDE_MAX;

use crate::config::TestConfig;
use crate::error::Error;
use crate::log;

/// Frames between the decoder and the colour conversion, so that both can run at once.
const CONVERT_QUEUE_FRAMES: u32 = 2;

/// Settings that the elements take from [`crate::Options`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tuning {
    /// The pipeline's clock paces the frames.
    pub(crate) realtime: bool,
    /// Threads of the decoder; 0 lets the decoder choose.
    pub(crate) decode_threads: u32,
    /// Frames that wait for the consumer.
    pub(crate) queue_frames: u32,
    /// A frame that finds the consumer's queue full pushes the oldest out.
    pub(crate) drops: bool,
}

/// What the autoplugger found in a file.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The first video stream is linked.
    pub(crate) video: AtomicBool,
    /// Streams that are no video.
    pub(crate) other_streams: AtomicUsize,
    /// Every stream of the container is known.
    pub(crate) complete: AtomicBool,
    /// Name of the element that decodes the video, and why the video could not be linked.
    notes: Mutex<(Option<String>, Option<String>)>,
}

impl Found {
    /// The element that decodes the video.
    pub(crate) fn decoder(&self) -> Option<String> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Why the video could not be linked.
    pub(crate) fn link_error(&self) -> Option<String> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }
}

/// A running pipeline that ends in an appsink. Dropping it joins its threads.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) pipeline: gst::Pipeline,
    pub(crate) bus: gst::Bus,
    pub(crate) sink: AppSink,
    pub(crate) found: Arc<Found>,
}

impl Drop for Chain {
    fn drop(&mut self) {
        // Going to NULL is synchronous: it ends and joins every thread of the pipeline.
        if let Err(error) = self.pipeline.set_state(gst::State::Null) {
            tracing::warn!(%error, "a video pipeline did not stop as it should");
        }
        self.bus.set_flushing(true);
    }
}

/// Initialises GStreamer, without its log; cheap after the first call.
pub(crate) fn init() -> Result<(), Error> {
    log::take_away();
    gst::init().map_err(|error| Error::Runtime { reason: error.to_string() })
}

/// Debian's name of the package that an element comes in.
fn package(element: &str) -> &'static str {
    match element {
        "filesrc" | "queue" | "filesink" => "libgstreamer1.0-0",
        "decodebin" | "videoconvert" | "videotestsrc" | "appsink" | "appsrc" => "gstreamer1.0-plugins-base",
        "h264parse" | "h265parse" => "gstreamer1.0-plugins-bad",
        _ if element.starts_with("avdec_") => "gstreamer1.0-libav",
        _ => "gstreamer1.0-plugins-good",
    }
}

/// Starts to build an element, or says which package it is missing from.
pub(crate) fn element(name: &str) -> Result<gst::Element, Error> {
    gst::ElementFactory::make(name).build().map_err(|_| Error::Runtime {
        reason: format!("it has no element {name}: install {}", package(name)),
    })
}

/// Adds a note on what linking refused.
pub(crate) fn wiring(error: &glib::BoolError) -> Error {
    Error::Runtime { reason: format!("elements do not fit together: {error}") }
}

/// `filesrc - decodebin - ... - appsink`; the video is linked once the container has been looked into.
pub(crate) fn of_file(path: &Path, tuning: Tuning) -> Result<Chain, Error> {
    let Some(location) = path.to_str() else {
        let text = path.display().to_string();
        let reason = "the path is not UTF-8: rename the file".to_owned();
        return Err(Error::Source { text, reason });
    };
    let (source, decode) = (element("filesrc")?, element("decodebin")?);
    source.set_property("location", location);
    let (chain, head) = tail(tuning)?;
    chain.pipeline.add_many([&source, &decode]).map_err(|error| wiring(&error))?;
    source.link(&decode).map_err(|error| wiring(&error))?;
    watch(&decode, &head, &chain.found, tuning);
    Ok(chain)
}

/// `videotestsrc - ... - appsink`.
pub(crate) fn of_test(test: &TestConfig, tuning: Tuning) -> Result<Chain, Error> {
    let source = element("videotestsrc")?;
    source.set_property_from_str("pattern", test.pattern.nick());
    if let Some(frames) = test.frames.and_then(|frames| i32::try_from(frames).ok()) {
        source.set_property("num-buffers", frames);
    }
    let caps = gst_video::VideoCapsBuilder::new()
        .format(gst_video::VideoFormat::I420)
        .width(i32::try_from(test.width).unwrap_or(i32::MAX))
        .height(i32::try_from(test.height).unwrap_or(i32::MAX))
        .framerate(gst::Fraction::new(i32::try_from(test.fps).unwrap_or(i32::MAX), 1))
        .build();
    let (chain, head) = tail(tuning)?;
    chain.pipeline.add(&source).map_err(|error| wiring(&error))?;
    source.link_filtered(&head, &caps).map_err(|error| wiring(&error))?;
    chain.found.video.store(true, Ordering::Release);
    chain.found.complete.store(true, Ordering::Release);
    Ok(chain)
}

/// The part that all sources share, and the element that the source is linked to.
pub(crate) fn tail(tuning: Tuning) -> Result<(Chain, gst::Element), Error> {
    let (queue, convert, flip) = (element("queue")?, element("videoconvert")?, element("videoflip")?);
    queue.set_property("max-size-buffers", CONVERT_QUEUE_FRAMES);
    queue.set_property("max-size-bytes", 0_u32);
    queue.set_property("max-size-time", 0_u64);
    flip.set_property_from_str("video-direction", "auto");
    let caps = gst_video::VideoCapsBuilder::new()
        .format_list([gst_video::VideoFormat::I420, gst_video::VideoFormat::Nv12])
        .width_range(1..=SIDE_MAX as i32)
        .height_range(1..=SIDE_MAX as i32)
        .build();
    let sink = AppSink::builder()
        .caps(&caps)
        .sync(tuning.realtime)
        .max_buffers(tuning.queue_frames)
        .drop(tuning.drops)
        .qos(false)
        .enable_last_sample(false)
        .build();
    offer_video_meta(&sink);
    let pipeline = gst::Pipeline::new();
    let last: &gst::Element = sink.upcast_ref();
    let elements = [&queue, &convert, &flip, last];
    pipeline.add_many(elements).map_err(|error| wiring(&error))?;
    gst::Element::link_many(elements).map_err(|error| wiring(&error))?;
    let Some(bus) = pipeline.bus() else {
        return Err(Error::Runtime { reason: "a pipeline has no bus".to_owned() });
    };
    Ok((Chain { pipeline, bus, sink, found: Arc::default() }, queue))
}

/// Tells the decoder that padded rows and planes at any offset are welcome. Without this it copies every frame into
/// memory without padding.
fn offer_video_meta(sink: &AppSink) {
    let Some(pad) = sink.static_pad("sink") else {
        return;
    };
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, |_, info| {
        if let Some(gst::PadProbeData::Query(query)) = &mut info.data
            && let gst::QueryViewMut::Allocation(allocation) = query.view_mut()
        {
            allocation.add_allocation_meta::<gst_video::VideoMeta>(None);
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
}

/// Links the first video stream to `head`, leaves the others undecoded, and sets the decoder's threads.
fn watch(decode: &gst::Element, head: &gst::Element, found: &Arc<Found>, tuning: Tuning) {
    // The closures live as long as the element: a strong reference to another element would be a cycle.
    let (weak_head, streams) = (head.downgrade(), Arc::clone(found));
    decode.connect_pad_added(move |_, pad| {
        let is_video = caps_name(pad).starts_with("video/x-raw");
        if !is_video {
            streams.other_streams.fetch_add(1, Ordering::AcqRel);
            return;
        }
        let Some(entry) = weak_head.upgrade().and_then(|head| head.static_pad("sink")) else {
            return;
        };
        if entry.is_linked() {
            return;
        }
        match pad.link(&entry) {
            Ok(_) => streams.video.store(true, Ordering::Release),
            Err(error) => {
                streams.notes.lock().unwrap_or_else(PoisonError::into_inner).1 = Some(error.to_string());
            }
        }
    });
    let streams = Arc::clone(found);
    decode.connect_no_more_pads(move |_| streams.complete.store(true, Ordering::Release));
    // False stops the autoplugger: the stream is exposed as it is, and nobody decodes it.
    decode.connect("autoplug-continue", false, |values| {
        let caps = values.get(2).and_then(|value| value.get::<gst::Caps>().ok());
        let name = caps.as_ref().and_then(|caps| Some(caps.structure(0)?.name().to_string()));
        let unwanted = ["audio/", "text/", "subpicture/", "closedcaption/", "meta/"];
        let wanted = name.is_none_or(|name| !unwanted.iter().any(|kind| name.starts_with(kind)));
        Some(wanted.to_value())
    });
    let streams = Arc::clone(found);
    if let Some(bin) = decode.downcast_ref::<gst::Bin>() {
        bin.connect_deep_element_added(move |_, _, element| {
            let Some(factory) = element.factory() else { return };
            let class = factory.metadata("klass").unwrap_or_default();
            if class.contains("Decoder") && !class.contains("Audio") {
                set_threads(element, &factory.name(), tuning.decode_threads);
                let name = factory.name().to_string();
                streams.notes.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(name);
            }
        });
    }
}

fn caps_name(pad: &gst::Pad) -> String {
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    caps.structure(0).map(|structure| structure.name().to_string()).unwrap_or_default()
}

/// Each decoder has a name of its own for its number of threads; 0 leaves it as it is.
pub(crate) fn set_threads(decoder: &gst::Element, factory: &str, threads: u32) {
    let name = match factory {
        "vp8dec" | "vp9dec" => "threads",
        "dav1ddec" => "n-threads",
        _ if factory.starts_with("avdec_") => "max-threads",
        _ => return,
    };
    // Some libav decoders have no such property.
    if threads > 0 && decoder.find_property(name).is_some() {
        decoder.set_property_from_str(name, &threads.to_string());
    }
}
