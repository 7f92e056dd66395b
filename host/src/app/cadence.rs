//! Which frames are looked at: so many a second of video, more while a plate is being read; the tracker fills in the
//! others.
//!
//! A vehicle that crosses fast shows its plate on a handful of frames, and each read more makes the fused one surer. An
//! empty street, or a parked car that has been read often enough, is worth no more than the usual pace.

use std::time::Duration;

/// Decides frame by frame, by presentation time alone, so that a file always gives the same frames.
#[derive(Debug)]
pub(crate) struct Cadence {
    period: Duration,
    reading_period: Duration,
    /// Of the looks that would be due, each so many-th is taken.
    every: u32,
    looked_at: Option<Duration>,
    due: Duration,
}

impl Cadence {
    /// `per_second` looks in each second of video, `per_second_reading` while a plate is being read.
    pub(crate) fn new(per_second: f32, per_second_reading: f32) -> Self {
        Self {
            period: Duration::from_secs_f32(1.0 / per_second),
            reading_period: Duration::from_secs_f32(1.0 / per_second_reading.max(per_second)),
            every: 1,
            looked_at: None,
            due: Duration::ZERO,
        }
    }

    /// Changes the pace. The next look comes as if the new pace had held since the last one.
    pub(crate) fn reconfigure(&mut self, per_second: f32, per_second_reading: f32) {
        let new = Self::new(per_second, per_second_reading);
        if (new.period, new.reading_period) == (self.period, self.reading_period) {
            return;
        }
        let (looked_at, every) = (self.looked_at, self.every);
        let due = looked_at.map_or(self.due, |looked_at| looked_at + new.period * every);
        *self = Self { every, looked_at, due, ..new };
    }

    /// Of the looks that would be due only each `every`-th is taken, from the last one on.
    pub(crate) fn thin(&mut self, every: u32) {
        if every.max(1) == self.every {
            return;
        }
        self.every = every.max(1);
        if let Some(looked_at) = self.looked_at {
            self.due = looked_at + self.period * self.every;
        }
    }

    /// The look that was taken last found something worth reading: the next one comes sooner.
    pub(crate) fn hasten(&mut self) {
        if let Some(looked_at) = self.looked_at {
            self.due = self.due.min(looked_at + self.reading_period * self.every);
        }
    }

    /// Takes a frame in: whether it is to be looked at.
    pub(crate) fn take(&mut self, presented_at: Duration) -> bool {
        // Presentation times are rounded by containers; half a millisecond early is on time.
        if presented_at + Duration::from_micros(500) < self.due {
            return false;
        }
        self.looked_at = Some(presented_at);
        let period = self.period * self.every;
        self.due += period;
        if self.due <= presented_at {
            self.due = presented_at + period;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(per_second: f32, fps: u32, frames: u32) -> Vec<bool> {
        let mut cadence = Cadence::new(per_second, per_second);
        (0..frames).map(|n| cadence.take(Duration::from_secs(1) * n / fps)).collect()
    }

    #[test]
    fn every_fifth_frame_of_thirty_is_looked_at_six_times_a_second() {
        let looked: Vec<usize> =
            looks(6.0, 30, 20).iter().enumerate().filter_map(|(n, look)| look.then_some(n)).collect();
        assert_eq!(looked, vec![0, 5, 10, 15]);
    }

    #[test]
    fn a_new_pace_holds_from_the_last_look_on_and_the_same_pace_changes_nothing() {
        let mut cadence = Cadence::new(5.0, 5.0);
        let mut looked = Vec::new();
        for n in 0..20_u32 {
            match n {
                3 => cadence.reconfigure(5.0, 5.0),
                7 => cadence.reconfigure(12.5, 12.5),
                _ => {}
            }
            if cadence.take(Duration::from_millis(40) * n) {
                looked.push(n);
            }
        }
        assert_eq!(looked, vec![0, 5, 7, 9, 11, 13, 15, 17, 19]);
    }

    #[test]
    fn while_a_plate_is_read_looks_come_sooner_and_then_the_usual_pace_returns() {
        let mut cadence = Cadence::new(5.0, 25.0);
        let mut looked = Vec::new();
        for n in 0..20_u32 {
            if cadence.take(Duration::from_millis(40) * n) {
                looked.push(n);
                if (5..8).contains(&n) {
                    cadence.hasten();
                }
            }
        }
        assert_eq!(looked, vec![0, 5, 6, 7, 8, 13, 18]);
    }

    #[test]
    fn thinned_looks_are_each_so_many_th_also_while_a_plate_is_read() {
        let mut cadence = Cadence::new(5.0, 25.0);
        let mut looked = Vec::new();
        for n in 0..40_u32 {
            match n {
                8 => cadence.thin(2),
                31 => cadence.thin(1),
                _ => {}
            }
            if cadence.take(Duration::from_millis(40) * n) {
                looked.push(n);
                if n == 15 {
                    cadence.hasten();
                }
            }
        }
        assert_eq!(looked, vec![0, 5, 15, 17, 27, 32, 37]);
    }

    #[test]
    fn a_slow_camera_is_looked_at_on_every_frame_and_gaps_are_not_made_up_for() {
        assert!(looks(6.0, 4, 8).iter().all(|look| *look));
        let mut cadence = Cadence::new(10.0, 10.0);
        assert!(cadence.take(Duration::ZERO));
        assert!(cadence.take(Duration::from_mins(1)));
        assert!(!cadence.take(Duration::from_millis(60_010)));
        assert!(cadence.take(Duration::from_millis(60_100)));
    }
}
