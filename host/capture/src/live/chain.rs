//! The pipeline of one RTSP session: `rtspsrc - queue - depay - parse - decode - queue - videoconvert - videoflip -
//! appsink`. Elements are made in code; nothing of an address becomes a pipeline.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;

use crate::live::datagrams;
use crate::live::decode_time;
use crate::live::decoder::{self, Codec};
use crate::live::dial::Dialled;
use crate::live::fault::LinkFault;
use crate::live::heard::Heard;
use crate::moment;
use crate::pipeline::{self, Chain, Tuning};
use crate::rtsp::{DecoderChoice, RtspConfig, Transport};

/// How long the camera may take for one answer.
const ANSWER: Duration = Duration::from_secs(3);
/// Over UDP, how long the first packet may take before the session is given up.
const UDP_SILENCE: Duration = Duration::from_secs(4);
/// How long the camera is given to hear that we leave.
const FAREWELL: Duration = Duration::from_millis(100);
/// Coded data between the network and the decoder. When it is full the decoder has been too slow for seconds, and the
/// oldest is dropped, so that memory has a bound.
const CODED_BYTES_MAX: u32 = 8 << 20;
/// The same for a stream of few bytes, which would else be shown minutes late.
const CODED_SPAN_MAX: Duration = Duration::from_secs(5);

/// A pipeline of one RTSP session. Dropping it joins its threads, which may take long.
#[derive(Debug)]
pub(crate) struct LiveChain {
    pub(crate) chain: Chain,
    pub(crate) heard: Arc<Heard>,
}

impl Drop for LiveChain {
    fn drop(&mut self) {
        // Comes before the pipeline's own end, which waits for a thread that is held back.
        self.heard.end();
    }
}

/// What the callbacks of a session need to build its decoder.
struct Plan {
    choice: DecoderChoice,
    failed: Vec<String>,
    tuning: Tuning,
    pipeline: glib::WeakRef<gst::Pipeline>,
    head: glib::WeakRef<gst::Element>,
    heard: Arc<Heard>,
}

/// Builds and starts the pipeline; it connects by itself from here on.
pub(crate) fn start(
    config: &RtspConfig,
    dialled: &Dialled,
    failed: &[String],
    tuning: Tuning,
) -> Result<LiveChain, LinkFault> {
    let source = pipeline::element("rtspsrc")?;
    set_up(&source, config, dialled)?;
    let (chain, head) = pipeline::tail(tuning)?;
    chain.pipeline.add(&source).map_err(|error| pipeline::wiring(&error))?;
    let heard = Arc::new(Heard::default());
    guard_connects(&chain.bus, &dialled.target.location, &heard);
    choose_stream(&source, &heard);
    datagrams::keep_to(&source, config.transport, dialled.target.socket.ip(), &heard);
    let plan = Plan {
        choice: config.decoder,
        failed: failed.to_vec(),
        tuning,
        pipeline: chain.pipeline.downgrade(),
        head: head.downgrade(),
        heard: Arc::clone(&heard),
    };
    source.connect_pad_added(move |_, pad| {
        if let Err(fault) = plan.decode(pad) {
            plan.heard.fail(fault);
        }
    });
    count_decoded(&chain, &heard);
    let live = LiveChain { chain, heard };
    match live.chain.pipeline.set_state(gst::State::Playing) {
        Ok(_) => Ok(live),
        Err(_) => Err(LinkFault::Runtime { reason: "the pipeline does not start".to_owned() }),
    }
}

fn set_up(source: &gst::Element, config: &RtspConfig, dialled: &Dialled) -> Result<(), LinkFault> {
    let protocols = match config.transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
    };
    // Named explicitly: neither multicast nor HTTP tunnels, nor a change from one to the other.
    source.set_property_from_str("protocols", protocols);
    source.set_property("latency", config.latency_ms);
    source.set_property("tcp-timeout", ANSWER.as_micros() as u64);
    source.set_property("timeout", UDP_SILENCE.as_micros() as u64);
    source.set_property("teardown-timeout", FAREWELL.as_nanos() as u64);
    source.set_property("add-reference-timestamp-meta", true);
    source.set_property("user-agent", concat!("ovr-alpr/", env!("CARGO_PKG_VERSION")));
    if let Some((credentials, password)) = config.credentials.as_ref().zip(dialled.password.as_ref()) {
        source.set_property("user-id", &credentials.user);
        source.set_property("user-pw", password.reveal());
    }
    if config.tls.insecure {
        source.set_property_from_str("tls-validation-flags", "0");
    }
    if let Some(path) = &config.tls.ca_file {
        let database = gio::TlsFileDatabase::new(path).map_err(|error| LinkFault::Certificate {
            reason: format!("tls.ca_file {} cannot be used: {}", path.display(), error.message()),
        })?;
        source.set_property("tls-database", &database);
    }
    source.set_property("location", &dialled.target.location);
    Ok(())
}

/// `rtspsrc` follows redirects, to any host and without a word. It does say where it connects to before it does, and
/// that is the moment to hold it back: only the address that was checked may be connected to. The same holds for a set-up
/// that it begins again.
fn guard_connects(bus: &gst::Bus, location: &str, heard: &Arc<Heard>) {
    let (allowed, heard) = (format!("Connecting to {location}"), Arc::clone(heard));
    let set_ups = AtomicU32::new(0);
    bus.set_sync_handler(move |_, message| {
        if let gst::MessageView::Progress(progress) = message.view() {
            // Not `progress.get()`: the text of a redirect to what is no UTF-8 is missing, which it does not expect.
            let of = |name: &str| progress.message().structure()?.get::<&str>(name).ok();
            heard.step();
            if of("code") == Some("connect") && of("text") != Some(&allowed) {
                // Once the session is described, the address may also be another name of the same stream; such a
                // connect is the session's second one, and a new session does it better.
                let described = heard.lock().described;
                heard.fail(if described { LinkFault::Ended } else { LinkFault::Redirected });
                heard.hold();
            }
            // One stream is set up, once. `rtspsrc` asks again when it does not understand the answer, without an end, and
            // each time over UDP it loses two sockets.
            let is_set_up =
                of("code") == Some("request") && of("text").is_some_and(|text| text.starts_with("SETUP"));
            if is_set_up && set_ups.fetch_add(1, Ordering::Relaxed) > 0 {
                heard.fail(LinkFault::SetUp);
                heard.hold();
            }
        }
        gst::BusSyncReply::Pass
    });
}

/// Takes the first video stream whose codec is known, and leaves sound, data and other streams at the camera.
fn choose_stream(source: &gst::Element, heard: &Arc<Heard>) {
    let described = Arc::clone(heard);
    source.connect("on-sdp", false, move |_| {
        described.lock().described = true;
        None
    });
    let streams = Arc::clone(heard);
    source.connect("select-stream", false, move |values| {
        let caps = values.get(2).and_then(|value| value.get::<gst::Caps>().ok());
        let text = |name: &str| {
            let caps = caps.as_ref()?;
            caps.structure(0)?.get::<String>(name).ok()
        };
        let is_video = text("media").is_some_and(|media| media == "video");
        let mut inner = streams.lock();
        if !is_video || inner.codec.is_some() {
            return Some(false.to_value());
        }
        let encoding = text("encoding-name").unwrap_or_else(|| "in a codec without a name".to_owned());
        inner.codec = Codec::of_encoding(&encoding);
        if inner.codec.is_none() {
            // The server's own words: as much of them as a name has, and nothing that breaks a line.
            let word = encoding.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(40).collect();
            inner.unknown_codec = Some(word);
        }
        Some(inner.codec.is_some().to_value())
    });
    let certificate = Arc::clone(heard);
    source.connect("accept-certificate", false, move |values| {
        let flags = values.get(3).and_then(|value| value.transform::<String>().ok());
        let flags = flags.and_then(|text| text.get::<Option<String>>().ok().flatten()).unwrap_or_default();
        certificate.fail(LinkFault::Certificate { reason: certificate_reason(&flags) });
        Some(false.to_value())
    });
}

/// GIO's flags in plain words.
fn certificate_reason(flags: &str) -> String {
    let words = [
        ("UNKNOWN_CA", "it is self-signed or its authority is not known"),
        ("BAD_IDENTITY", "it is for another host"),
        ("NOT_ACTIVATED", "it is not valid yet"),
        ("EXPIRED", "it has expired"),
        ("REVOKED", "it was revoked"),
        ("INSECURE", "its algorithm is too weak"),
    ];
    let found: Vec<&str> =
        words.iter().filter(|(flag, _)| flags.contains(flag)).map(|(_, text)| *text).collect();
    if found.is_empty() { "it is not in order".to_owned() } else { found.join(", ") }
}

impl Plan {
    /// Builds what takes the pictures out of a stream, and links it.
    fn decode(&self, pad: &gst::Pad) -> Result<(), LinkFault> {
        let Some((pipeline, head)) = self.pipeline.upgrade().zip(self.head.upgrade()) else {
            return Ok(());
        };
        let Some(codec) = self.heard.lock().codec else {
            return Err(LinkFault::NoVideo);
        };
        let exists = |name: &str| gst::ElementFactory::find(name).is_some();
        let name = decoder::choose(codec, self.choice, &self.failed, exists)?;
        let queue = coded_queue()?;
        let mut elements = vec![queue.clone()];
        for part in codec.front() {
            elements.push(pipeline::element(part)?);
        }
        count_coded(elements.last(), &self.heard);
        let decode = pipeline::element(name)?;
        pipeline::set_threads(&decode, name, self.tuning.decode_threads);
        decode_time::watch(&decode, &self.heard);
        elements.push(decode);
        if name == "nvv4l2decoder" {
            // A Jetson's decoder leaves its pictures in memory that only this element brings into main memory.
            elements.push(pipeline::element("nvvidconv")?);
        }
        self.heard.lock().decoder = Some(name.to_owned());
        let broken = |what: &str| LinkFault::Decoder { reason: format!("{name} {what}") };
        pipeline.add_many(&elements).map_err(|error| pipeline::wiring(&error))?;
        gst::Element::link_many(&elements).map_err(|_| broken("does not fit the stream"))?;
        elements
            .last()
            .map_or(Ok(()), |last| last.link(&head))
            .map_err(|_| broken("gives no pictures in memory"))?;
        // From the end to the front, so that nobody pushes into an element that is not ready.
        for element in elements.iter().rev() {
            element.sync_state_with_parent().map_err(|_| broken("cannot be started"))?;
        }
        let entry = queue.static_pad("sink").ok_or_else(|| broken("has no way in"))?;
        note_packets(&entry, &self.heard);
        if entry.is_linked() {
            return Ok(());
        }
        pad.link(&entry).map(|_| ()).map_err(|_| broken("does not fit the stream"))
    }
}

fn coded_queue() -> Result<gst::Element, LinkFault> {
    let queue = pipeline::element("queue")?;
    queue.set_property("max-size-buffers", 0_u32);
    queue.set_property("max-size-time", CODED_SPAN_MAX.as_nanos() as u64);
    queue.set_property("max-size-bytes", CODED_BYTES_MAX);
    queue.set_property_from_str("leaky", "downstream");
    Ok(queue)
}

fn span(time: gst::ClockTime) -> Duration {
    Duration::from_nanos(time.nseconds())
}

/// Reads the camera's time off each packet, because not every parser and decoder hands it on.
fn note_packets(entry: &gst::Pad, heard: &Arc<Heard>) {
    let heard = Arc::clone(heard);
    entry.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST, move |_, info| {
        let note = |buffer: &gst::BufferRef| {
            heard.packet(buffer.size(), buffer.pts().map(span), moment::of_stream(buffer));
        };
        match &info.data {
            Some(gst::PadProbeData::Buffer(buffer)) => note(buffer),
            Some(gst::PadProbeData::BufferList(list)) => list.iter().for_each(note),
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
}

fn count_coded(parser: Option<&gst::Element>, heard: &Arc<Heard>) {
    let Some(pad) = parser.and_then(|parser| parser.static_pad("src")) else { return };
    let heard = Arc::clone(heard);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(gst::PadProbeData::Buffer(buffer)) = &info.data {
            let no_key = gst::BufferFlags::DELTA_UNIT | gst::BufferFlags::HEADER;
            heard.coded(!buffer.flags().intersects(no_key), buffer.pts().map(span));
        }
        gst::PadProbeReturn::Ok
    });
}

fn count_decoded(chain: &Chain, heard: &Arc<Heard>) {
    let Some(pad) = chain.sink.static_pad("sink") else { return };
    let heard = Arc::clone(heard);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        heard.lock().tally.decoded += 1;
        gst::PadProbeReturn::Ok
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_certificate_is_said_in_plain_words() {
        let line = certificate_reason("G_TLS_CERTIFICATE_UNKNOWN_CA | G_TLS_CERTIFICATE_EXPIRED");
        assert_eq!(line, "it is self-signed or its authority is not known, it has expired");
        assert_eq!(certificate_reason(""), "it is not in order");
    }
}
