//! How long pictures are in the decoder.
//!
//! From the last piece of a coded picture going in to the picture coming out, told apart by their presentation times. A
//! decoder that needs later pictures first, or works on several at once, has the wait for these in its time: it is what
//! a frame is late by, and no less.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::live::heard::Heard;

/// Pictures that may be in a decoder; those that never come out are forgotten.
const INSIDE_MAX: usize = 64;
/// Pictures of which the median is taken.
const SPANS_MAX: usize = 64;

/// The times of the last pictures.
#[derive(Debug, Default)]
pub(crate) struct DecodeTimes {
    /// Presentation time, and when it went in.
    inside: VecDeque<(gst::ClockTime, gst::ClockTime)>,
    spans: VecDeque<Duration>,
}

impl DecodeTimes {
    /// A piece of the coded picture at `pts` goes in.
    fn enters(&mut self, pts: gst::ClockTime, now: gst::ClockTime) {
        self.inside.retain(|(other, _)| *other != pts);
        if self.inside.len() == INSIDE_MAX {
            self.inside.pop_front();
        }
        self.inside.push_back((pts, now));
    }

    /// The picture at `pts` comes out.
    fn leaves(&mut self, pts: gst::ClockTime, now: gst::ClockTime) {
        let Some(at) = self.inside.iter().position(|(other, _)| *other == pts) else { return };
        let Some((_, since)) = self.inside.remove(at) else { return };
        if self.spans.len() == SPANS_MAX {
            self.spans.pop_front();
        }
        self.spans.push_back(Duration::from_nanos(now.saturating_sub(since).nseconds()));
    }

    /// Median of the last pictures; nothing before the first.
    pub(crate) fn median(&self) -> Option<Duration> {
        let mut sorted: Vec<Duration> = self.spans.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }
}

/// Watches what goes into a decoder and what comes out.
pub(crate) fn watch(decoder: &gst::Element, heard: &Arc<Heard>) {
    let watch = |pad: &str, note: fn(&mut DecodeTimes, gst::ClockTime, gst::ClockTime)| {
        let Some(pad) = decoder.static_pad(pad) else { return };
        let heard = Arc::clone(heard);
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let now = gst::get_timestamp();
            if let Some(gst::PadProbeData::Buffer(buffer)) = &info.data
                && let Some(pts) = buffer.pts()
            {
                note(&mut heard.lock().decode_times, pts, now);
            }
            gst::PadProbeReturn::Ok
        });
    };
    watch("sink", DecodeTimes::enters);
    watch("src", DecodeTimes::leaves);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_that_come_out_in_another_order_have_their_own_times_and_lost_ones_none() {
        let ms = gst::ClockTime::from_mseconds;
        let mut times = DecodeTimes::default();
        assert_eq!(times.median(), None);
        // Decoded in the order 0, 80, 40, the last in two pieces; 120 never comes out.
        for (pts, at) in [(0, 0), (80, 1), (40, 2), (40, 5), (120, 6)] {
            times.enters(ms(pts), ms(at));
        }
        for (pts, at) in [(0, 3), (40, 12), (80, 12), (999, 13)] {
            times.leaves(ms(pts), ms(at));
        }
        assert_eq!(times.spans, [3, 7, 11].map(Duration::from_millis));
        assert_eq!(times.median(), Some(Duration::from_millis(7)));
        for n in 0..1_000 {
            times.enters(ms(10_000 + n), ms(n));
            times.leaves(ms(10_000 + n), ms(n + 2));
            times.enters(ms(90_000 + n), ms(n));
        }
        assert_eq!((times.inside.len(), times.spans.len()), (INSIDE_MAX, SPANS_MAX));
        assert_eq!(times.median(), Some(Duration::from_millis(2)));
    }
}
