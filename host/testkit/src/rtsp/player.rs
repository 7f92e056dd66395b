//! Which picture is due when. Knows time and faults, and no sockets.

use std::sync::Arc;
use std::time::Duration;

use super::fault::Fault;
use super::media::Video;
use super::mount::Present;

/// A picture that is later than this is left out, as a camera whose link is too slow does.
const LATE_MAX: Duration = Duration::from_secs(1);

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing is due for so long.
    Wait(Duration),
    /// This access unit, shown so long after playing began.
    Send { nal_units: Vec<Vec<u8>>, at: Duration },
    /// A picture was left out.
    Skip,
    /// The video is over, which is said once.
    End,
}

/// Plays one video to one client.
#[derive(Debug)]
pub(super) struct Player {
    video: Arc<Video>,
    endless: bool,
    started: Duration,
    /// When this pass over the video began, from `started`.
    epoch: Duration,
    next: usize,
    latest_key: usize,
    needs_key: bool,
    ended: bool,
}

impl Player {
    pub(super) fn new(video: Arc<Video>, endless: bool, now: Duration) -> Self {
        Self {
            video,
            endless,
            started: now,
            epoch: Duration::ZERO,
            next: 0,
            latest_key: 0,
            needs_key: false,
            ended: false,
        }
    }

    pub(super) fn video(&self) -> &Arc<Video> {
        &self.video
    }

    /// Time since playing began.
    pub(super) fn played(&self, now: Duration) -> Duration {
        now.saturating_sub(self.started)
    }

    pub(super) fn step(&mut self, now: Duration, present: &Present) -> Step {
        if !Arc::ptr_eq(&self.video, &present.video) {
            *self = Self { epoch: self.played(now), ..self.restarted(Arc::clone(&present.video)) };
        }
        let Some(unit) = self.video.units().get(self.next) else { return self.finish(now) };
        let at = self.epoch.saturating_add(unit.pts);
        let due = self.started.saturating_add(at);
        if due > now {
            return Step::Wait(due.saturating_sub(now));
        }
        let (index, keyframe) = (self.next, unit.keyframe);
        let late = now.saturating_sub(due) > LATE_MAX;
        self.advance(now, due);
        if matches!(*present.fault, Fault::Stall | Fault::Blackhole) || late {
            self.needs_key = true;
            return Step::Skip;
        }
        if matches!(*present.fault, Fault::Freeze) {
            self.needs_key = true;
            return Step::Send { nal_units: self.nal_units(self.latest_key), at };
        }
        if self.needs_key && !keyframe {
            return Step::Skip;
        }
        self.needs_key = false;
        if keyframe {
            self.latest_key = index;
        }
        Step::Send { nal_units: self.nal_units(index), at }
    }

    fn restarted(&self, video: Arc<Video>) -> Self {
        Self { started: self.started, ..Self::new(video, self.endless, self.started) }
    }

    /// The last picture is shown for its time, too.
    fn finish(&mut self, now: Duration) -> Step {
        let over = self.started.saturating_add(self.epoch).saturating_add(self.video.span());
        if self.ended || over > now {
            return Step::Wait(if self.ended { Duration::MAX } else { over.saturating_sub(now) });
        }
        self.ended = true;
        Step::End
    }

    /// Goes to the next unit, and back to the first where the video goes round.
    fn advance(&mut self, now: Duration, due: Duration) {
        self.next += 1;
        if self.next < self.video.units().len() || !self.endless {
            return;
        }
        self.next = 0;
        let span = self.video.span();
        // Whole passes that are late already are left out at once.
        let late = now.saturating_sub(due).as_nanos() / span.as_nanos().max(1);
        let passes = u32::try_from(late).unwrap_or(u32::MAX - 1).saturating_add(1);
        self.epoch = self.epoch.saturating_add(span.saturating_mul(passes));
    }

    /// NAL units of a picture; a keyframe's with the parameter sets before them, because a receiver may have lost the
    /// description's, or have another video's.
    fn nal_units(&self, index: usize) -> Vec<Vec<u8>> {
        let Some(unit) = self.video.units().get(index) else { return Vec::new() };
        let has_sets = unit.nal_units.iter().any(|nal| self.video.codec().is_parameter_set(nal));
        let sets = if unit.keyframe && !has_sets { self.video.parameter_sets() } else { &[] };
        // A delimiter, where there is one, stays first.
        let is_delimiter = |nal: &Vec<u8>| self.video.codec().is_delimiter(nal);
        let delimiters = unit.nal_units.iter().take_while(|nal| is_delimiter(nal)).count();
        let (before, after) = unit.nal_units.split_at(delimiters);
        before.iter().chain(sets).chain(after).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::media::{AccessUnit, Codec};
    use super::*;

    const FRAME: Duration = Duration::from_millis(100);

    fn video(mark: u8, keys: &[bool]) -> Arc<Video> {
        let unit = |(index, keyframe): (usize, &bool)| AccessUnit {
            nal_units: vec![vec![if *keyframe { 0x65 } else { 0x41 }, mark, index as u8]],
            keyframe: *keyframe,
            pts: FRAME * index as u32,
        };
        let units = keys.iter().enumerate().map(unit).collect();
        let sets = vec![vec![0x67, mark]];
        Arc::new(Video::new(Codec::H264, units, sets, FRAME * keys.len() as u32).unwrap())
    }

    fn present(fault: Fault, video: &Arc<Video>) -> Present {
        Present { fault: Arc::new(fault), away: false, generation: 0, video: Arc::clone(video) }
    }

    /// Marks and numbers of the pictures that are sent at each tenth of a second of a range.
    fn sent(player: &mut Player, tenths: std::ops::Range<u32>, present: &Present) -> Vec<(u8, u8)> {
        let mut found = Vec::new();
        for tenth in tenths {
            loop {
                match player.step(FRAME * tenth, present) {
                    Step::Send { nal_units, at } => {
                        assert_eq!(at, FRAME * tenth);
                        let slice = nal_units.last().unwrap();
                        assert_eq!(nal_units.len(), if slice[0] == 0x65 { 2 } else { 1 });
                        found.push((slice[1], slice[2]));
                    }
                    Step::Skip => {}
                    Step::Wait(_) | Step::End => break,
                }
            }
        }
        found
    }

    #[test]
    fn a_video_goes_round_with_times_that_go_on() {
        let video = video(7, &[true, false, false]);
        let mut player = Player::new(Arc::clone(&video), true, Duration::ZERO);
        let found = sent(&mut player, 0..5, &present(Fault::None, &video));
        assert_eq!(found, [(7, 0), (7, 1), (7, 2), (7, 0), (7, 1)]);
        assert_eq!(player.step(FRAME * 4, &present(Fault::None, &video)), Step::Wait(FRAME));
    }

    #[test]
    fn after_a_stall_it_goes_on_in_the_present_with_a_keyframe() {
        let video = video(7, &[true, false, false]);
        let mut player = Player::new(Arc::clone(&video), true, Duration::ZERO);
        sent(&mut player, 0..1, &present(Fault::None, &video));
        assert!(sent(&mut player, 1..4, &present(Fault::Stall, &video)).is_empty());
        assert_eq!(sent(&mut player, 4..8, &present(Fault::None, &video)), [(7, 0), (7, 1)]);
    }

    #[test]
    fn frozen_is_the_latest_keyframe_with_new_times() {
        let video = video(7, &[true, false, true, false]);
        let mut player = Player::new(Arc::clone(&video), true, Duration::ZERO);
        sent(&mut player, 0..4, &present(Fault::None, &video));
        assert_eq!(sent(&mut player, 4..7, &present(Fault::Freeze, &video)), [(7, 2); 3]);
    }

    #[test]
    fn another_video_begins_with_its_first_picture_and_goes_back() {
        let (first, second) = (video(1, &[true, false]), video(2, &[true, false]));
        let mut player = Player::new(Arc::clone(&first), true, Duration::ZERO);
        sent(&mut player, 0..1, &present(Fault::None, &first));
        assert_eq!(sent(&mut player, 1..3, &present(Fault::None, &second)), [(2, 0), (2, 1)]);
        assert_eq!(sent(&mut player, 3..5, &present(Fault::None, &first)), [(1, 0), (1, 1)]);
    }

    #[test]
    fn hours_of_lateness_are_left_out_at_once() {
        let video = video(7, &[true, false]);
        let mut player = Player::new(Arc::clone(&video), true, Duration::ZERO);
        let mut steps = 0;
        while !matches!(player.step(FRAME * 1_000_000, &present(Fault::None, &video)), Step::Send { .. }) {
            steps += 1;
            assert!(steps < 10, "skips each picture of a million");
        }
    }

    #[test]
    fn a_video_that_is_played_once_ends() {
        let video = video(7, &[true, false]);
        let mut player = Player::new(Arc::clone(&video), false, Duration::ZERO);
        assert!(matches!(player.step(FRAME, &present(Fault::None, &video)), Step::Send { .. }));
        let last = player.step(FRAME, &present(Fault::None, &video));
        assert!(matches!(last, Step::Send { .. }), "{last:?}");
        assert_eq!(player.step(FRAME * 2, &present(Fault::None, &video)), Step::End);
        let after = player.step(FRAME * 9, &present(Fault::None, &video));
        assert_eq!(after, Step::Wait(Duration::MAX));
    }
}
