//! When an event repeats another: the keys, their defaults and their limits.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assemble::{InvalidKey, require};

/// Section `dedup`: when an event repeats another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DedupConfig {
    /// A plate that comes back to the same lane of the same camera within this time is a repeat. Seconds since it
    /// was last seen, 0 (never) to 604800 (a week).
    pub window_s: u32,
    /// Two tracks with nearly the same text that follow each other within this time may be one pass that broke in two.
    /// Milliseconds, 0 (never) to 60000.
    pub merge_gap_ms: u32,
    /// The same for an unread track after a read one, where no text tells it from the vehicle behind. Milliseconds,
    /// 0 (never) to 60000.
    pub unread_gap_ms: u32,
    /// How far apart the plates of such tracks may lie on the picture, in widths of the wider one, 0 to 100.
    pub merge_distance_widths: f32,
    /// From this many agreeing frames on a plate is certain: two certain plates that differ in a character are two
    /// vehicles, however close. 1 to 1000.
    pub certain_votes_min: u32,
    /// Passes remembered for one camera, 1 to 100000; the one seen least recently is forgotten first.
    pub passes_max: u32,
}

impl Default for DedupConfig {
    fn default() -> Self {
        Self {
            window_s: 300,
            merge_gap_ms: 5_000,
            unread_gap_ms: 1_000,
            merge_distance_widths: 6.0,
            certain_votes_min: 3,
            passes_max: 4_096,
        }
    }
}

impl DedupConfig {
    /// Checks every key; opens and starts nothing.
    pub fn validate(&self) -> Result<(), InvalidKey> {
        let numbers = [
            ("dedup.window_s", self.window_s, 0..=604_800, "seconds from 0 to 604800"),
            ("dedup.merge_gap_ms", self.merge_gap_ms, 0..=60_000, "milliseconds from 0 to 60000"),
            ("dedup.unread_gap_ms", self.unread_gap_ms, 0..=60_000, "milliseconds from 0 to 60000"),
            ("dedup.certain_votes_min", self.certain_votes_min, 1..=1_000, "a whole number from 1 to 1000"),
            ("dedup.passes_max", self.passes_max, 1..=100_000, "a whole number from 1 to 100000"),
        ];
        for (key, value, range, right) in numbers {
            require(range.contains(&value), key, value, right)?;
        }
        let widths = self.merge_distance_widths;
        require(
            (0.0..=100.0).contains(&widths),
            "dedup.merge_distance_widths",
            widths,
            "a number from 0 to 100",
        )
    }

    pub(super) fn window(&self) -> Duration {
        Duration::from_secs(u64::from(self.window_s))
    }

    pub(super) fn merge_gap(&self) -> Duration {
        Duration::from_millis(u64::from(self.merge_gap_ms))
    }

    pub(super) fn unread_gap(&self) -> Duration {
        Duration::from_millis(u64::from(self.unread_gap_ms))
    }
}
