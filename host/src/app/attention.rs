//! Which crops are worth the reader's time.
//!
//! Reading costs far more than following, and the tenth read of a plate that stands still adds nothing. A track is read
//! until it has been read often enough; after that only when it comes clearly closer. What has never looked like a plate
//! (a shop sign stands in the picture all day) is looked at again only when it has grown.

use std::collections::HashMap;

use ovr_domain::{PlateRead, TrackId};

/// Reads of a track after which only a larger crop is worth another.
const READS_ENOUGH: u32 = 24;

/// How much wider a crop must be to be worth another read.
const WIDER: f32 = 1.12;

/// Reads in a row that look like no plate, after which a track is left alone until it has grown.
const IMPLAUSIBLE_MAX: u32 = 3;

/// Plate-likeness below which a read looks like no plate.
const IMPLAUSIBLE: f32 = 0.3;

/// How much wider an implausible track must become before it is read again.
const WIDER_IMPLAUSIBLE: f32 = 1.3;

/// What is known of each track's reads.
#[derive(Debug, Default)]
pub(crate) struct Attention {
    tracks: HashMap<TrackId, Notice>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Notice {
    reads: u32,
    implausible: u32,
    width_px_max: f32,
}

impl Attention {
    /// Whether a crop of this width is worth reading.
    pub(crate) fn wants(&self, track: TrackId, width_px: f32) -> bool {
        let notice = self.tracks.get(&track).copied().unwrap_or_default();
        if notice.implausible >= IMPLAUSIBLE_MAX {
            return width_px > notice.width_px_max * WIDER_IMPLAUSIBLE;
        }
        notice.reads < READS_ENOUGH || width_px > notice.width_px_max * WIDER
    }

    /// A crop of this width was read; nothing was read when `read` is nothing.
    pub(crate) fn saw(&mut self, track: TrackId, width_px: f32, read: Option<&PlateRead>) {
        let notice = self.tracks.entry(track).or_default();
        notice.reads += 1;
        notice.width_px_max = notice.width_px_max.max(width_px);
        let plausible = read.is_some_and(|read| read.plate_likeness >= IMPLAUSIBLE);
        notice.implausible = if plausible { 0 } else { notice.implausible + 1 };
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
    fn a_sign_is_left_alone_until_it_has_grown() {
        let mut attention = Attention::default();
        let sign = TrackId(1);
        for _ in 0..IMPLAUSIBLE_MAX {
            assert!(attention.wants(sign, 100.0));
            attention.saw(sign, 100.0, None);
        }
        assert!(!attention.wants(sign, 110.0));
        assert!(attention.wants(sign, 140.0));
        attention.forget(sign);
        assert!(attention.wants(sign, 100.0));
    }
}
