//! One RTSP session while it lasts: its frames, and what ends it.

use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;
use ovr_domain::{Picture, Timestamp};

use crate::address::Scheme;
use crate::credentials::Secret;
use crate::format::Format;
use crate::live::chain::{self, LiveChain};
use crate::live::dial::Dialled;
use crate::live::fault::LinkFault;
use crate::live::heard::Tally;
use crate::options::VideoFacts;
use crate::picture;
use crate::pipeline::Tuning;
use crate::report::one_line;
use crate::rtsp::RtspConfig;

/// A frame as it arrived.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) picture: Picture,
    /// When the stream shows it, since the session began.
    pub(crate) stated: Option<Duration>,
    /// When the camera says that it was taken.
    pub(crate) stamp: Option<Timestamp>,
}

/// One RTSP session.
#[derive(Debug)]
pub(crate) struct Connection {
    live: LiveChain,
    format: Format,
    with_credentials: bool,
    over_tls: bool,
    /// What must not stand in an error, whoever sent it.
    hidden: Vec<Secret>,
    queue_frames: u64,
    taken: u64,
    lost: u64,
}

impl Connection {
    /// Starts to connect to a host that was dialled. Decoders in `failed` are passed over where there are others.
    pub(crate) fn start(
        config: &RtspConfig,
        dialled: &Dialled,
        failed: &[String],
        tuning: Tuning,
    ) -> Result<Self, LinkFault> {
        let live = chain::start(config, dialled, failed, tuning)?;
        let with_credentials = config.credentials.is_some();
        let over_tls = config.address.scheme() == Scheme::Rtsps;
        let queue_frames = tuning.queue_frames.into();
        let hidden = config.address.hidden().map(Secret::new).chain(dialled.password.clone()).collect();
        let format = Format::default();
        Ok(Self { live, format, with_credentials, over_tls, hidden, queue_frames, taken: 0, lost: 0 })
    }

    /// The pipeline alone, to be stopped.
    pub(crate) fn into_chain(self) -> LiveChain {
        self.live
    }

    /// Waits for the next frame; nothing when there is none yet. Frames that were decoded before a fault come first.
    pub(crate) fn pull(&mut self, wait: Duration) -> Result<Option<Arrived>, LinkFault> {
        let wait = gst::ClockTime::from_nseconds(wait.as_nanos() as u64);
        if let Some(sample) = self.live.chain.sink.try_pull_sample(wait) {
            self.taken += 1;
            return self.arrived(&sample).map(Some);
        }
        let heard = self.live.heard.lock().fault.clone();
        let reported = self.drain();
        match heard.or(reported) {
            Some(fault) => Err(fault),
            None if self.live.chain.sink.is_eos() => Err(LinkFault::Ended),
            None => Ok(None),
        }
    }

    fn arrived(&mut self, sample: &gst::Sample) -> Result<Arrived, LinkFault> {
        let broken = |reason: String| LinkFault::Decoder { reason };
        let (buffer, caps) = sample
            .buffer_owned()
            .zip(sample.caps_owned())
            .ok_or_else(|| broken("a frame without pixels or format".to_owned()))?;
        let info = self.format.of(caps).map_err(broken)?;
        let segment = sample.segment().and_then(|segment| segment.downcast_ref::<gst::ClockTime>());
        let pts = buffer.pts();
        let stated = segment.zip(pts).and_then(|(segment, pts)| segment.to_running_time(pts));
        let stamp = pts.and_then(|pts| self.live.heard.stamp(Duration::from_nanos(pts.nseconds())));
        let picture = picture::of_buffer(buffer, &info).map_err(broken)?;
        Ok(Arrived { picture, stated: stated.map(|time| Duration::from_nanos(time.nseconds())), stamp })
    }

    /// What came so far.
    pub(crate) fn tally(&self) -> Tally {
        self.live.heard.lock().tally
    }

    /// The element that decodes.
    pub(crate) fn decoder(&self) -> Option<String> {
        self.live.heard.lock().decoder.clone()
    }

    /// Why no packet came.
    pub(crate) fn silence(&self, while_doing: &'static str) -> LinkFault {
        match self.live.heard.lock().stranger {
            Some(ip) => LinkFault::Stranger { ip },
            None => LinkFault::TimedOut { while_doing },
        }
    }

    /// Median time of the last pictures in the decoder.
    pub(crate) fn decode_time(&self) -> Option<Duration> {
        self.live.heard.lock().decode_times.median()
    }

    /// Frames that gave way in the sink since the last call, because they were not taken in time.
    pub(crate) fn newly_lost(&mut self) -> u64 {
        // What was decoded has been taken, waits (as many as the sink holds at most), or gave way.
        let decoded = self.tally().decoded;
        let lost = decoded.saturating_sub(self.taken).saturating_sub(self.queue_frames).max(self.lost);
        let newly = lost - self.lost;
        self.lost = lost;
        newly
    }

    /// What the session says of its video.
    pub(crate) fn facts(&self) -> VideoFacts {
        let (codec, decoder) = {
            let inner = self.live.heard.lock();
            (inner.codec.map(|codec| codec.name().to_owned()), inner.decoder.clone())
        };
        let info = self.format.info();
        VideoFacts {
            codec,
            decoder,
            width: info.map_or(0, gst_video::VideoInfo::width),
            height: info.map_or(0, gst_video::VideoInfo::height),
            fps: self.format.fps(),
            duration: None,
            frames_estimated: None,
        }
    }

    /// The first fault among the messages that wait.
    fn drain(&self) -> Option<LinkFault> {
        let mut fault = None;
        while let Some(message) = self.live.chain.bus.pop() {
            if let gst::MessageView::Error(error) = message.view() {
                let found = self.of_error(error);
                fault.get_or_insert(found);
            }
        }
        fault
    }

    fn of_error(&self, message: &gst::message::Error) -> LinkFault {
        let (error, debug) = (message.error(), message.debug());
        let debug = debug.as_deref().unwrap_or_default();
        let status = message.details().and_then(|details| details.get::<u32>("rtsp-status-code").ok());
        if let Some(status) = status.or_else(|| status_in(debug)) {
            return LinkFault::of_status(status, self.with_credentials);
        }
        let from = message.src().map(|source| source.name().to_string()).unwrap_or_default();
        let words = without(&self.hidden, &error.to_string(), debug);
        if !from.starts_with("rtspsrc") && error.kind::<gst::StreamError>().is_some() && !from.contains("rtp")
        {
            return LinkFault::Decoder { reason: words };
        }
        let (codec, unknown) = {
            let inner = self.live.heard.lock();
            (inner.codec, inner.unknown_codec.clone())
        };
        match of_words(&error, debug, codec.is_some(), unknown, words) {
            // A port that speaks plain RTSP waits for the end of what it takes for a request.
            LinkFault::TimedOut { .. } if self.over_tls => LinkFault::TimedOut {
                while_doing: "waiting for the camera's answer over TLS, which this port may not speak",
            },
            LinkFault::TimedOut { while_doing } => self.silence(while_doing),
            fault => fault,
        }
    }
}

/// GStreamer's words in one line, unless they hold what is hidden: a server may send back what it was sent.
fn without(hidden: &[Secret], error: &str, debug: &str) -> String {
    let is_hidden = |secret: &Secret| error.contains(secret.reveal()) || debug.contains(secret.reveal());
    if hidden.iter().any(is_hidden) {
        return "GStreamer's words are not shown, because they hold a password or a part of the address"
            .to_owned();
    }
    one_line(error, Some(debug))
}

/// A status that `rtspsrc` only writes into its text: `Error (461): Unsupported transport`.
fn status_in(debug: &str) -> Option<u32> {
    let (_, after) = debug.split_once("Error (")?;
    after.split_once(')')?.0.parse().ok().filter(|status| (300..600).contains(status))
}

fn of_words(
    error: &gst::glib::Error,
    debug: &str,
    has_codec: bool,
    unknown: Option<String>,
    words: String,
) -> LinkFault {
    let says = |part: &str| debug.contains(part);
    if error.matches(gst::StreamError::CodecNotFound) || says("SDP contains no streams") {
        return match unknown {
            Some(codec) => LinkFault::UnknownCodec { codec },
            // It has a stream for us and would not set it up over the transport that is allowed.
            None if has_codec => LinkFault::of_status(461, false),
            None => LinkFault::NoVideo,
        };
    }
    if error.matches(gst::ResourceError::NotAuthorized) {
        return LinkFault::of_status(401, false);
    }
    if says("UDP packets") {
        return LinkFault::TimedOut {
            while_doing: "waiting for packets over UDP, which a firewall may hold back",
        };
    }
    if says("Timeout") || says("timed out") {
        return LinkFault::TimedOut { while_doing: "waiting for the camera's answer" };
    }
    // A session over UDP that loses its connection opens it again by itself, which is when it finds nobody.
    let ends =
        ["end-of-file", "EOF", "closed", "reset by peer", "Broken pipe", "Could not connect to server"];
    if ends.into_iter().any(says) {
        return LinkFault::Ended;
    }
    LinkFault::Protocol { reason: words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_sends_back_does_not_show_what_it_was_sent() {
        let address: crate::RtspAddress = "rtsp://cam/user=a&password=b/1?token=c".parse().unwrap();
        let hidden: Vec<Secret> = address.hidden().map(Secret::new).chain([Secret::new("canary")]).collect();
        assert_eq!(hidden.len(), 3);
        for says in ["401 canary", "no /user=a&password=b/1", "no token=c here"] {
            for (error, debug) in [(says, "place\ncause"), ("No", says)] {
                let line = without(&hidden, error, debug);
                assert!(line.contains("not shown") && !line.contains(says), "{line}");
            }
        }
        assert!(without(&hidden, "No.", "place\nwhy").contains("No (why)"));
    }

    #[test]
    fn rtspsrcs_words_become_faults() {
        gst::init().unwrap();
        let of = |error: gst::glib::Error, debug: &str, unknown: Option<&str>| {
            of_words(&error, debug, false, unknown.map(str::to_owned), "words".to_owned())
        };
        let read = || gst::glib::Error::new(gst::ResourceError::Read, "Could not read.");
        let codec = || gst::glib::Error::new(gst::StreamError::CodecNotFound, "No supported stream");
        assert_eq!(of(codec(), "", Some("VP9")), LinkFault::UnknownCodec { codec: "VP9".to_owned() });
        assert_eq!(of(codec(), "", None), LinkFault::NoVideo);
        assert_eq!(of(read(), "SDP contains no streams", None), LinkFault::NoVideo);
        assert_eq!(of(read(), "Could not receive message. (Received end-of-file)", None), LinkFault::Ended);
        let again = "Could not connect to server. (Generic error)";
        assert_eq!(of(read(), again, None), LinkFault::Ended);
        let timeout =
            of(read(), "Could not receive message. (Timeout while waiting for server response)", None);
        assert!(matches!(timeout, LinkFault::TimedOut { .. }));
        assert!(matches!(
            of(read(), "Could not receive message. (Parse error)", None),
            LinkFault::Protocol { .. }
        ));
        assert_eq!(status_in("gstrtspsrc.c(7): x:\nError (461): Unsupported transport"), Some(461));
        assert_eq!(status_in("Error (0): x"), None);
        assert_eq!(status_in("Error ("), None);
    }
}
