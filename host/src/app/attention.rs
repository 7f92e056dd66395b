//! Which crops are worth the reader's time.
//!
//! Reading costs far more than following, and the tenth read of a plate that stands still adds nothing. A track is read
//! until it has been read often enough; after that only when it comes clearly closer. What has not looked like a plate
//! (a shop sign stands in the picture all day) is looked at again when it has grown, and else ever more seldom, but never
//! given up: a car may have stopped with its lights in the lens.

use std::collections::HashMap;

use ovr_domain::{PlateRead, TrackId};

/// Reads of a track after which only a larger crop is worth another.
const READS_ENOUGH: u32 = 24;

/// How much wider a crop must be to be worth another read.
const WIDER: f32 = 1.12;

/// Reads in a row that look like no plate, after which the waits between reads grow.
const IMPLAUSIBLE_MAX: u32 = 3;

/// Plate-likeness below which a read looks like no plate.
const IMPLAUSIBLE: f32 = 0.3;

/// How much wider an implausible track must become to be read without waiting.
const WIDER_IMPLAUSIBLE: f32 = 1.3;

/// Longest wait between two reads of an implausible track, in looks: some five seconds.
const WAIT_LOOKS_MAX: u32 = 32;

/// What is known of each track's reads.
#[derive(Debug, Default)]
pub(crate) struct Attention {
    tracks: HashMap<TrackId, Notice>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Notice {
    reads: u32,
    /// Reads in a row that look like no plate.
    implausible: u32,
    /// Whether any read looked like a plate.
    plausible: bool,
    width_px_max: f32,
    /// Looks since the last read.
    waited: u32,
}

impl Attention {
    /// Whether a crop of this width is worth reading. To be asked once a look.
    pub(crate) fn wants(&mut self, track: TrackId, width_px: f32) -> bool {
        let Some(notice) = self.tracks.get_mut(&track) else { return true };
        notice.waited = notice.waited.saturating_add(1);
        if let Some(excess) = notice.implausible.checked_sub(IMPLAUSIBLE_MAX) {
            let wait = 4_u32.saturating_mul(1 << excess.min(8)).min(WAIT_LOOKS_MAX);
            return width_px > notice.width_px_max * WIDER_IMPLAUSIBLE || notice.waited >= wait;
        }
        notice.reads < READS_ENOUGH || width_px > notice.width_px_max * WIDER
    }

    /// A crop of this width was read; nothing was there to be read when `read` is nothing.
    pub(crate) fn saw(&mut self, track: TrackId, width_px: f32, read: Option<&PlateRead>) {
        let notice = self.tracks.entry(track).or_default();
        notice.reads += 1;
        notice.waited = 0;
        notice.width_px_max = notice.width_px_max.max(width_px);
        let plausible = read.is_some_and(|read| read.plate_likeness >= IMPLAUSIBLE);
        notice.plausible |= plausible;
        notice.implausible = if plausible { 0 } else { notice.implausible + 1 };
    }

    /// Whether any read of the track looked like a plate.
    pub(crate) fn is_plausible(&self, track: TrackId) -> bool {
        self.tracks.get(&track).is_some_and(|notice| notice.plausible)
    }

    /// A track ended.
    pub(crate) fn forget(&mut self, track: TrackId) {
        self.tracks.remove(&track);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_is_read_ever_more_seldom_unless_it_grows() {
        let mut attention = Attention::default();
        let sign = TrackId(1);
        let mut read_on = Vec::new();
        for look in 0..100_u32 {
            if attention.wants(sign, 100.0) {
                attention.saw(sign, 100.0, None);
                read_on.push(look);
            }
        }
        assert_eq!(read_on, [0, 1, 2, 6, 14, 30, 62, 94]);
        assert!(attention.wants(sign, 140.0));
        attention.forget(sign);
        assert!(attention.wants(sign, 100.0));
    }
}
