//! How long a session may take to its first picture. Pure policy.
//!
//! A camera is back within seconds of its return only if a session that leads to nothing is given up within seconds. A
//! session whose next keyframe is far away leads to something, and must be waited for. What tells them apart is what
//! came so far.

use std::time::Duration;

use crate::live::heard::Tally;

/// A session that gives no sign of life, neither an answer nor a packet, is given up after the stall timeout, but not
/// before this.
const SILENCE_MIN: Duration = Duration::from_secs(4);
/// From the first keyframe to the first picture. Decoders hold some pictures back, so there must have been
/// [`CODED_MIN`], too.
const DECODE: Duration = Duration::from_secs(5);
/// Pictures that a decoder may hold back: 16 for their order (H.264, section A.3.1), and as many threads.
const CODED_MIN: u64 = 32;
/// From the first packet to the first picture: keyframes are up to 30 s apart.
const FIRST_PICTURE: Duration = Duration::from_secs(40);

/// Why a session is given up before its first picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overdue {
    /// Nothing comes.
    Silent,
    /// Whole pictures come, and the decoder makes nothing of them.
    Undecoded,
    /// Packets come, and no keyframe that a decoder could begin with.
    Keyless,
}

/// Watches one session up to its first picture.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    /// Answers and bytes so far, and when the last of them came.
    signs: u64,
    moved: Duration,
    /// When the first packet came.
    packets_since: Option<Duration>,
    /// When the first keyframe came, and how many coded pictures before it.
    keyed: Option<(Duration, u64)>,
}

impl Opening {
    /// A session begins.
    pub(crate) fn new(now: Duration) -> Self {
        Self { signs: 0, moved: now, packets_since: None, keyed: None }
    }

    /// No picture came up to `now`; `tally` is what came.
    pub(crate) fn look(
        &mut self,
        now: Duration,
        tally: &Tally,
        stall_timeout: Duration,
    ) -> Result<(), Overdue> {
        let signs = tally.answers.saturating_add(tally.bytes);
        if signs > self.signs {
            (self.signs, self.moved) = (signs, now);
        }
        if tally.bytes > 0 {
            self.packets_since.get_or_insert(now);
        }
        if tally.keyframes > 0 {
            self.keyed.get_or_insert((now, tally.coded));
        }
        if now.saturating_sub(self.moved) >= stall_timeout.max(SILENCE_MIN) {
            return Err(Overdue::Silent);
        }
        if let Some((since, before)) = self.keyed
            && now.saturating_sub(since) >= DECODE
            && tally.coded.saturating_sub(before) >= CODED_MIN
        {
            return Err(Overdue::Undecoded);
        }
        // A camera of one picture a minute is no faster with its first.
        let longest = FIRST_PICTURE.max(stall_timeout.saturating_mul(3));
        match self.packets_since {
            Some(since) if now.saturating_sub(since) >= longest => {
                Err(if self.keyed.is_some() { Overdue::Undecoded } else { Overdue::Keyless })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALL: Duration = Duration::from_secs(4);

    /// The second at which a session is given up, and why; a look each 50 ms of two minutes.
    fn given_up(stall_timeout: Duration, tally: impl Fn(f64) -> Tally) -> Option<(u64, Overdue)> {
        let mut opening = Opening::new(Duration::ZERO);
        (0..2_400_u64).find_map(|look| {
            let now = Duration::from_millis(look * 50);
            let overdue = opening.look(now, &tally(now.as_secs_f64()), stall_timeout).err()?;
            Some((now.as_secs(), overdue))
        })
    }

    #[test]
    fn a_session_without_a_sign_of_life_is_given_up_after_the_stall_timeout() {
        assert_eq!(given_up(STALL, |_| Tally::default()), Some((4, Overdue::Silent)));
        assert_eq!(given_up(STALL / 8, |_| Tally::default()), Some((4, Overdue::Silent)));
        assert_eq!(given_up(STALL * 5, |_| Tally::default()), Some((20, Overdue::Silent)));
        let slow = |now: f64| Tally { answers: (now / 2.0).min(5.0) as u64, ..Tally::default() };
        assert_eq!(given_up(STALL, slow), Some((14, Overdue::Silent)), "each answer is a sign");
    }

    #[test]
    fn a_keyframe_that_is_far_away_is_waited_for() {
        let packets = |now: f64| Tally { bytes: 1 + (now * 1e5) as u64, ..Tally::default() };
        assert_eq!(given_up(STALL, packets), Some((40, Overdue::Keyless)));
    }

    #[test]
    fn a_decoder_that_makes_nothing_of_whole_pictures_is_given_up_soon() {
        let since = |now: f64, start: f64, fps: f64| ((now - start).max(0.0) * fps) as u64;
        let of = |start: f64, fps: f64| {
            move |now: f64| Tally {
                bytes: 1 + (now * 1e5) as u64,
                keyframes: u64::from(now >= start),
                coded: since(now, start, fps),
                ..Tally::default()
            }
        };
        assert_eq!(given_up(STALL, of(0.0, 25.0)), Some((5, Overdue::Undecoded)));
        assert_eq!(given_up(STALL, of(20.0, 25.0)), Some((25, Overdue::Undecoded)));
        assert_eq!(given_up(STALL, of(0.0, 2.0)), Some((16, Overdue::Undecoded)), "it may hold 32 back");
    }
}
