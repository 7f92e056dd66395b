//! What the threads of a running pipeline have heard, for the thread that takes its frames.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ovr_domain::Timestamp;

use crate::live::decode_time::DecodeTimes;
use crate::live::decoder::Codec;
use crate::live::fault::LinkFault;

/// Stamps of frames that are on their way through the decoder.
const STAMPS_MAX: usize = 256;
/// A frame whose own stamp is missing takes that of another frame at most this far from it.
const STAMP_NEAR: Duration = Duration::from_secs(1);
/// From the start of the end of a pipeline until its connections are cancelled, on a machine that is very busy, too.
const CANCELLED_AFTER: Duration = Duration::from_secs(1);

/// Shared by the pipeline's callbacks and its connection.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    inner: Mutex<Inner>,
    ending: Condvar,
}

#[derive(Debug, Default)]
pub(crate) struct Inner {
    /// The codec of the stream that was chosen.
    pub(crate) codec: Option<Codec>,
    /// A video stream in a codec that is not known.
    pub(crate) unknown_codec: Option<String>,
    /// The session has been described.
    pub(crate) described: bool,
    /// Another host that sends packets to where the camera should.
    pub(crate) stranger: Option<IpAddr>,
    /// The element that decodes.
    pub(crate) decoder: Option<String>,
    /// How long its pictures take.
    pub(crate) decode_times: DecodeTimes,
    /// The first fault that a callback saw: it is nearer to the cause than what the pipeline reports afterwards.
    pub(crate) fault: Option<LinkFault>,
    /// What came so far.
    pub(crate) tally: Tally,
    /// Presentation times of the pipeline, and when the camera says they were.
    stamps: VecDeque<(Duration, Timestamp)>,
    ending: bool,
}

/// What came so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Steps of the set-up, and what the camera answered to them.
    pub(crate) answers: u64,
    /// RTP packets' bytes.
    pub(crate) bytes: u64,
    /// Coded pictures that stand for themselves.
    pub(crate) keyframes: u64,
    /// Coded pictures from the first of them on.
    pub(crate) coded: u64,
    /// Presentation time of the first and of the last of them.
    pub(crate) keyframe_span: Option<(Duration, Duration)>,
    /// Pictures that came out of the decoder.
    pub(crate) decoded: u64,
    /// Packets that carried the camera's time.
    pub(crate) stamped: u64,
}

impl Heard {
    // A poisoned lock means that a thread died between two plain assignments; what is there is still good.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a fault unless there is one.
    pub(crate) fn fail(&self, fault: LinkFault) {
        self.lock().fault.get_or_insert(fault);
    }

    /// A packet came.
    pub(crate) fn packet(&self, bytes: usize, pts: Option<Duration>, stamp: Option<Timestamp>) {
        let mut inner = self.lock();
        inner.tally.bytes += bytes as u64;
        let Some((pts, stamp)) = pts.zip(stamp) else { return };
        inner.tally.stamped += 1;
        if inner.stamps.back().is_some_and(|(last, _)| *last == pts) {
            return;
        }
        if inner.stamps.len() >= STAMPS_MAX {
            inner.stamps.pop_front();
        }
        inner.stamps.push_back((pts, stamp));
    }

    /// A step of the set-up was taken.
    pub(crate) fn step(&self) {
        self.lock().tally.answers += 1;
    }

    /// A coded picture came.
    pub(crate) fn coded(&self, is_keyframe: bool, pts: Option<Duration>) {
        let tally = &mut self.lock().tally;
        if !is_keyframe {
            tally.coded += u64::from(tally.keyframes > 0);
            return;
        }
        tally.coded += 1;
        tally.keyframes += 1;
        if let Some(pts) = pts {
            tally.keyframe_span = Some((tally.keyframe_span.map_or(pts, |(first, _)| first), pts));
        }
    }

    /// When the camera says that the picture at `pts` was taken.
    pub(crate) fn stamp(&self, pts: Duration) -> Option<Timestamp> {
        let inner = self.lock();
        let (near, stamp) = inner.stamps.iter().min_by_key(|(other, _)| other.abs_diff(pts))?;
        if near.abs_diff(pts) > STAMP_NEAR {
            return None;
        }
        Some(stamp.plus(pts.saturating_sub(*near)).minus(near.saturating_sub(pts)))
    }

    /// The pipeline is about to end.
    pub(crate) fn end(&self) {
        self.lock().ending = true;
        self.ending.notify_all();
    }

    /// Holds the calling thread of the pipeline back until the pipeline ends and has cancelled its connections, so that
    /// it cannot open another one. A pipeline cannot end without saying so here first: see `LiveChain`.
    pub(crate) fn hold(&self) {
        let inner = self.lock();
        drop(self.ending.wait_while(inner, |inner| !inner.ending));
        std::thread::sleep(CANCELLED_AFTER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_its_own_stamp_or_a_near_one_carried_on() {
        let heard = Heard::default();
        let ms = Duration::from_millis;
        for n in 0..1_000_u64 {
            heard.packet(100, Some(ms(n * 40)), Some(Timestamp::from_micros(n as i64 * 40_000 + 7)));
            heard.packet(100, Some(ms(n * 40)), Some(Timestamp::from_micros(1)));
        }
        assert_eq!(heard.stamp(ms(999 * 40)), Some(Timestamp::from_micros(999 * 40_000 + 7)));
        assert_eq!(heard.stamp(ms(999 * 40 + 15)), Some(Timestamp::from_micros(999 * 40_000 + 15_007)));
        assert_eq!(heard.stamp(ms(999 * 40 - 15)), Some(Timestamp::from_micros(999 * 40_000 - 14_993)));
        assert_eq!(heard.stamp(ms(0)), None, "it is long gone");
        assert_eq!(heard.lock().tally.bytes, 200_000);
        assert_eq!(Heard::default().stamp(ms(0)), None);
    }
}
