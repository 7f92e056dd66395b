//! Which frames are looked at: so many a second of video, the tracker fills in the others.

use std::time::Duration;

/// Decides frame by frame, by presentation time alone, so that a file always gives the same frames.
#[derive(Debug)]
pub(crate) struct Cadence {
    period: Duration,
    due: Duration,
    since_look: u32,
}

impl Cadence {
    /// `per_second` looks in each second of video.
    pub(crate) fn new(per_second: f32) -> Self {
        Self {
            period: Duration::from_secs_f32(1.0 / per_second),
            due: Duration::ZERO,
            since_look: 0,
        }
    }

    /// Takes a frame in. When it is to be looked at: how many frames came since the last look, itself included.
    pub(crate) fn take(&mut self, presented_at: Duration) -> Option<u32> {
        self.since_look = self.since_look.saturating_add(1);
        // Presentation times are rounded by containers; half a millisecond early is on time.
        if presented_at + Duration::from_micros(500) < self.due {
            return None;
        }
        self.due += self.period;
        if self.due <= presented_at {
            self.due = presented_at + self.period;
        }
        Some(std::mem::take(&mut self.since_look))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(per_second: f32, fps: u32, frames: u32) -> Vec<Option<u32>> {
        let mut cadence = Cadence::new(per_second);
        (0..frames)
            .map(|n| cadence.take(Duration::from_secs(1) * n / fps))
            .collect()
    }

    #[test]
    fn every_fifth_frame_of_thirty_is_looked_at_six_times_a_second() {
        let looked: Vec<usize> = looks(6.0, 30, 20)
            .iter()
            .enumerate()
            .filter_map(|(n, look)| look.map(|_| n))
            .collect();
        assert_eq!(looked, vec![0, 5, 10, 15]);
    }

    #[test]
    fn a_slow_camera_is_looked_at_on_every_frame_and_gaps_are_not_made_up_for() {
        assert!(looks(6.0, 4, 8).iter().all(|look| *look == Some(1)));
        let mut cadence = Cadence::new(10.0);
        assert_eq!(cadence.take(Duration::ZERO), Some(1));
        assert_eq!(cadence.take(Duration::from_secs(60)), Some(1));
        assert_eq!(cadence.take(Duration::from_millis(60_010)), None);
        assert_eq!(cadence.take(Duration::from_millis(60_100)), Some(2));
    }
}
