//! The bounded queue between a camera and the detector.
//!
//! A live camera that is faster than the machine loses its oldest waiting frame, which is counted; a file waits, and
//! loses none.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ovr_domain::port::SourceError;
use ovr_domain::{Frame, metric};

/// What happens to a frame that finds the queue full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenFull {
    /// The oldest waiting frame gives way.
    DropOldest,
    /// The source waits.
    Wait,
}

/// What the reader of a queue gets.
#[derive(Debug)]
pub(crate) enum Popped {
    /// The next frame.
    Frame(Frame),
    /// None came for as long as the reader would wait; there may be more.
    Silence,
    /// There are no more.
    End,
}

/// Frames of one camera on their way to the detector.
pub(crate) struct FrameQueue {
    when_full: WhenFull,
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    /// Most frames that wait, at least 1.
    capacity: usize,
    frames: VecDeque<Frame>,
    dropped: u64,
    /// The source has ended, with its error when there was one.
    ended: Option<Result<(), SourceError>>,
    /// No more frames are taken; those that wait are still wanted.
    stopped: bool,
    /// The reader wants no more.
    closed: bool,
}

impl Inner {
    /// Whether no frame will be added to those that wait. A queue that was closed has none that wait.
    fn is_over(&self) -> bool {
        self.ended.is_some() || self.stopped
    }

    fn drop_oldest(&mut self) {
        if let Some(frame) = self.frames.pop_front() {
            self.dropped += 1;
            metric::frame(&frame.camera, "dropped");
        }
    }
}

impl FrameQueue {
    pub(crate) fn new(capacity: usize, when_full: WhenFull) -> Self {
        let inner = Mutex::new(Inner { capacity: capacity.max(1), ..Inner::default() });
        Self { when_full, inner, changed: Condvar::new() }
    }

    /// Changes how many frames may wait. Where more wait already, they stay until the source has the next one.
    pub(crate) fn resize(&self, capacity: usize) {
        self.lock().capacity = capacity.max(1);
        self.changed.notify_all();
    }

    // A poisoned lock means that a thread died between two plain assignments; the queue itself is whole.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a frame over. False when nobody wants frames any more.
    pub(crate) fn push(&self, frame: Frame) -> bool {
        let mut inner = self.lock();
        while inner.frames.len() >= inner.capacity && !inner.stopped {
            if self.when_full == WhenFull::DropOldest {
                inner.drop_oldest();
            } else {
                inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
            }
        }
        if inner.stopped {
            return false;
        }
        inner.frames.push_back(frame);
        self.changed.notify_all();
        true
    }

    /// The source has no more frames.
    pub(crate) fn end(&self, how: Result<(), SourceError>) {
        self.lock().ended = Some(how);
        self.changed.notify_all();
    }

    /// Waits for the next frame, for so long at most. The end comes once every frame was taken and the source has ended
    /// or [`FrameQueue::stop`] was called, or after [`FrameQueue::close`].
    pub(crate) fn pop(&self, patience: Duration) -> Popped {
        let nothing_yet = |inner: &mut Inner| inner.frames.is_empty() && !inner.is_over();
        let waited = self.changed.wait_timeout_while(self.lock(), patience, nothing_yet);
        let (mut inner, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if let Some(frame) = inner.frames.pop_front() {
            self.changed.notify_all();
            return Popped::Frame(frame);
        }
        if inner.is_over() { Popped::End } else { Popped::Silence }
    }

    /// Nobody wants more frames than those that wait: the source returns at once, the reader when it has taken them.
    pub(crate) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    /// Nobody wants frames any more: both ends return at once. Frames that wait are dropped, and counted.
    pub(crate) fn close(&self) {
        let mut inner = self.lock();
        (inner.stopped, inner.closed) = (true, true);
        while !inner.frames.is_empty() {
            inner.drop_oldest();
        }
        drop(inner);
        self.changed.notify_all();
    }

    /// Whether nobody wants more frames.
    pub(crate) fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Frames that wait, and how many may.
    pub(crate) fn filling(&self) -> (usize, usize) {
        let inner = self.lock();
        (inner.frames.len(), inner.capacity)
    }

    /// Frames that were dropped so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    /// How the source ended, and how many frames were dropped.
    pub(crate) fn outcome(&self) -> (Option<SourceError>, u64) {
        let mut inner = self.lock();
        let error = inner.ended.take().and_then(Result::err);
        (error, inner.dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::{CameraId, CapturedAt, Picture, RgbImage, Timestamp};
    use std::sync::Arc;

    fn frame(sequence: u64) -> Frame {
        let at = Timestamp::from_micros(0);
        Frame {
            camera: CameraId::new("a").unwrap(),
            sequence,
            captured_at: CapturedAt { at, synchronised: false },
            received_at: at,
            presented_at: Duration::ZERO,
            picture: Picture::from_rgb(RgbImage::filled(1, 1, [0; 3])).unwrap(),
        }
    }

    /// The next frame, where there is one.
    fn pop(queue: &FrameQueue) -> Option<Frame> {
        match queue.pop(Duration::from_mins(1)) {
            Popped::Frame(frame) => Some(frame),
            Popped::Silence | Popped::End => None,
        }
    }

    #[test]
    fn a_reader_hears_of_silence_and_still_gets_what_comes_after_it() {
        let queue = FrameQueue::new(2, WhenFull::DropOldest);
        assert!(matches!(queue.pop(Duration::from_millis(10)), Popped::Silence));
        assert!(queue.push(frame(0)));
        assert_eq!(pop(&queue).map(|frame| frame.sequence), Some(0));
        queue.end(Ok(()));
        assert!(matches!(queue.pop(Duration::from_millis(10)), Popped::End));
    }

    #[test]
    fn a_full_queue_of_a_live_camera_loses_the_oldest_and_counts_it() {
        let queue = FrameQueue::new(2, WhenFull::DropOldest);
        for sequence in 0..5 {
            assert!(queue.push(frame(sequence)));
        }
        queue.end(Ok(()));
        let left: Vec<u64> = std::iter::from_fn(|| pop(&queue)).map(|frame| frame.sequence).collect();
        assert_eq!(left, vec![3, 4]);
        assert_eq!(queue.outcome(), (None, 3));
    }

    #[test]
    fn a_full_queue_of_a_file_waits_and_loses_nothing() {
        let queue = Arc::new(FrameQueue::new(2, WhenFull::Wait));
        let source = {
            let queue = Arc::clone(&queue);
            std::thread::spawn(move || {
                (0..50).all(|sequence| queue.push(frame(sequence)));
                queue.end(Ok(()));
            })
        };
        let got: Vec<u64> = std::iter::from_fn(|| pop(&queue)).map(|frame| frame.sequence).collect();
        source.join().unwrap();
        assert_eq!(got, (0..50).collect::<Vec<_>>());
        assert_eq!(queue.outcome(), (None, 0));
    }

    #[test]
    fn a_larger_queue_lets_a_waiting_source_go_on() {
        let queue = Arc::new(FrameQueue::new(1, WhenFull::Wait));
        assert!(queue.push(frame(0)));
        let source = {
            let queue = Arc::clone(&queue);
            std::thread::spawn(move || queue.push(frame(1)))
        };
        queue.resize(2);
        assert!(source.join().unwrap());
        assert_eq!(pop(&queue).map(|frame| frame.sequence), Some(0));
    }

    #[test]
    fn closing_frees_a_source_that_waits() {
        let queue = Arc::new(FrameQueue::new(1, WhenFull::Wait));
        assert!(queue.push(frame(0)));
        let source = {
            let queue = Arc::clone(&queue);
            std::thread::spawn(move || queue.push(frame(1)))
        };
        queue.close();
        assert!(!source.join().unwrap());
        assert!(pop(&queue).is_none());
        assert_eq!(queue.outcome(), (None, 1), "the frame that waited is counted");
    }

    #[test]
    fn a_queue_that_is_stopped_gives_what_waits_and_takes_no_more() {
        let queue = Arc::new(FrameQueue::new(2, WhenFull::Wait));
        assert!(queue.push(frame(0)) && queue.push(frame(1)));
        let source = {
            let queue = Arc::clone(&queue);
            std::thread::spawn(move || queue.push(frame(2)))
        };
        queue.stop();
        assert!(!source.join().unwrap());
        assert!(!queue.push(frame(3)), "also where there is room");
        let left: Vec<u64> = std::iter::from_fn(|| pop(&queue)).map(|frame| frame.sequence).collect();
        assert_eq!(left, vec![0, 1]);
        assert_eq!(queue.outcome(), (None, 0));
    }
}
