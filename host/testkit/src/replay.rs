//! A camera that shows given pictures and breaks off when told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ovr_domain::port::{FrameSource, SourceError};
use ovr_domain::time::{CapturedAt, Clock, Timestamp};
use ovr_domain::{CameraId, Frame, Picture};

/// Plays pictures at a steady rate from `started_at` on; takes no real time for it.
pub struct Replay<I> {
    camera: CameraId,
    pictures: I,
    clock: Arc<dyn Clock>,
    started_at: Timestamp,
    frame_span: Duration,
    sequence: u64,
    breaks_off: Option<(u64, SourceError)>,
    ended: bool,
}

impl<I> fmt::Debug for Replay<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { camera, sequence, .. } = self;
        write!(f, "Replay({camera} at frame {sequence})")
    }
}

impl<I: Iterator<Item = Picture> + Send> Replay<I> {
    /// Shows `pictures`, one every `frame_span`, the first captured at `started_at`; `clock` says when each was
    /// received.
    pub fn new(
        camera: CameraId,
        pictures: impl IntoIterator<IntoIter = I>,
        clock: Arc<dyn Clock>,
        started_at: Timestamp,
        frame_span: Duration,
    ) -> Self {
        Self {
            camera,
            pictures: pictures.into_iter(),
            clock,
            started_at,
            frame_span,
            sequence: 0,
            breaks_off: None,
            ended: false,
        }
    }

    /// After `frames` frames there is `error` instead of the next picture.
    #[must_use]
    pub fn breaking_off(mut self, frames: u64, error: SourceError) -> Self {
        self.breaks_off = Some((frames, error));
        self
    }
}

impl<I: Iterator<Item = Picture> + Send> FrameSource for Replay<I> {
    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        if self.ended {
            return Ok(None);
        }
        if let Some((frames, error)) = &self.breaks_off
            && self.sequence >= *frames
        {
            self.ended = true;
            return Err(error.clone());
        }
        let Some(picture) = self.pictures.next() else {
            self.ended = true;
            return Ok(None);
        };
        let sequence = self.sequence;
        self.sequence += 1;
        let presented_at = self.frame_span.saturating_mul(u32::try_from(sequence).unwrap_or(u32::MAX));
        Ok(Some(Frame {
            camera: self.camera.clone(),
            sequence,
            captured_at: CapturedAt { at: self.started_at.plus(presented_at), synchronised: true },
            received_at: self.clock.now(),
            presented_at,
            picture,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SimulatedClock;
    use ovr_domain::RgbImage;

    fn replay(count: usize) -> Replay<impl Iterator<Item = Picture> + Send> {
        let picture = Picture::from_rgb(RgbImage::filled(4, 2, [9, 9, 9])).unwrap();
        let start = Timestamp::from_micros(1_000);
        let clock = Arc::new(SimulatedClock::at(Timestamp::from_micros(77)));
        let camera = CameraId::new("replay").unwrap();
        let pictures = std::iter::repeat_n(picture, count);
        Replay::new(camera, pictures, clock, start, Duration::from_millis(40))
    }

    #[test]
    fn frames_are_counted_timed_and_end() {
        let mut source = replay(2);
        assert_eq!(source.next_frame().unwrap().unwrap().sequence, 0);
        let second = source.next_frame().unwrap().unwrap();
        assert_eq!(second.sequence, 1);
        assert_eq!(second.captured_at.at.as_micros(), 41_000);
        assert_eq!(second.received_at.as_micros(), 77);
        assert!(source.next_frame().unwrap().is_none());
        assert!(source.next_frame().unwrap().is_none());
    }

    #[test]
    fn it_breaks_off_after_the_frames_that_were_promised_and_stays_ended() {
        let error = SourceError::BrokenOff {
            source_name: "replay".to_owned(),
            frames: 1,
            reason: "the cable was pulled".to_owned(),
        };
        let mut source = replay(5).breaking_off(1, error.clone());
        assert!(source.next_frame().unwrap().is_some());
        assert_eq!(source.next_frame().unwrap_err(), error);
        assert!(source.next_frame().unwrap().is_none());
    }
}
