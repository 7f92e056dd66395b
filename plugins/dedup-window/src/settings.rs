//! The operator's settings. Each has a default and a range; what is out of range is told in one line and the default is used,
//! so that a slip of the pen does not turn the policy off.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use ovr_plugin_sdk::{Settings, dedup};

/// Most pairs of cameras.
const PAIRS_MAX: usize = 32;

const NAMES: [&str; 7] = [
    "window-s",
    "merge-gap-ms",
    "unread-gap-ms",
    "merge-distance-widths",
    "certain-frames-min",
    "pairs",
    "pair-gap-s",
];

/// What the policy goes by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rules {
    /// `window-s`: a plate that comes back to the same lane of the same camera within this time since it was last seen is a
    /// repeat. 0 (never) to 604800 (a week), 300 by default.
    pub(crate) window_s: u64,
    /// `merge-gap-ms`: two tracks with nearly the same text that follow each other within this time may be one pass that
    /// broke in two. 0 (never) to 60000, 5000 by default.
    pub(crate) merge_gap_ms: u64,
    /// `unread-gap-ms`: the same for an unread track after a read one. 0 (never) to 60000, 1000 by default.
    pub(crate) unread_gap_ms: u64,
    /// `merge-distance-widths`: how far apart the plates of such tracks may lie on the picture, in widths of the wider
    /// one. 0 to 100, 6 by default.
    pub(crate) merge_distance_widths: f32,
    /// `certain-frames-min`: from this many agreeing frames on a plate is certain. 1 to 1000, 3 by default.
    pub(crate) certain_frames_min: u32,
    /// `pairs`: cameras that see one vehicle from the front and from behind, such as
    /// `gate-front+gate-rear,exit-front+exit-rear`. None by default.
    pub(crate) pairs: Vec<(String, String)>,
    /// `pair-gap-s`: the most time between the two cameras of a pair. 0 (never) to 3600, 20 by default.
    pub(crate) pair_gap_s: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            window_s: 300,
            merge_gap_ms: 5_000,
            unread_gap_ms: 1_000,
            merge_distance_widths: 6.0,
            certain_frames_min: 3,
            pairs: Vec::new(),
            pair_gap_s: 20,
        }
    }
}

impl Rules {
    /// Reads the settings; of two with one key the last counts. Gives one line for each that is not right.
    pub(crate) fn read(settings: &Settings) -> (Self, Vec<String>) {
        let mut read = Self::default();
        let mut complaints = Vec::new();
        for (key, value) in settings.iter() {
            let complaint = match key {
                "window-s" => number(&mut read.window_s, key, value, 0..=604_800),
                "merge-gap-ms" => number(&mut read.merge_gap_ms, key, value, 0..=60_000),
                "unread-gap-ms" => number(&mut read.unread_gap_ms, key, value, 0..=60_000),
                "merge-distance-widths" => number(&mut read.merge_distance_widths, key, value, 0.0..=100.0),
                "certain-frames-min" => number(&mut read.certain_frames_min, key, value, 1..=1_000),
                "pair-gap-s" => number(&mut read.pair_gap_s, key, value, 0..=3_600),
                "pairs" => match pairs(value) {
                    Ok(pairs) => {
                        read.pairs = pairs;
                        None
                    }
                    Err(complaint) => Some(complaint),
                },
                _ => Some(unknown(key)),
            };
            complaints.extend(complaint);
        }
        (read, complaints)
    }

    /// Whether two cameras are the two sides of one place.
    pub(crate) fn paired(&self, a: &str, b: &str) -> bool {
        self.pairs.iter().any(|(one, other)| (one == a && other == b) || (one == b && other == a))
    }
}

fn number<T: FromStr + PartialOrd + Display>(
    into: &mut T,
    key: &str,
    value: &str,
    range: RangeInclusive<T>,
) -> Option<String> {
    match value.trim().parse::<T>() {
        Ok(number) if range.contains(&number) => {
            *into = number;
            None
        }
        _ => Some(format!(
            "setting {key} is {value:?}: a number from {} to {} is right; {into} is used",
            range.start(),
            range.end()
        )),
    }
}

fn pairs(value: &str) -> Result<Vec<(String, String)>, String> {
    let listed = value.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let pairs: Option<Vec<_>> = listed
        .map(|pair| {
            let (one, other) = pair.split_once('+')?;
            let (one, other) = (one.trim(), other.trim());
            let right = !one.is_empty() && !other.is_empty() && one != other && !other.contains('+');
            right.then(|| (one.to_owned(), other.to_owned()))
        })
        .collect();
    pairs.filter(|pairs| pairs.len() <= PAIRS_MAX).ok_or_else(|| {
        format!(
            "setting pairs is {value:?}: up to {PAIRS_MAX} pairs of two cameras each, such as \"gate-front+gate-rear\" with \
             commas between them, are right; no pair is used"
        )
    })
}

fn unknown(key: &str) -> String {
    let nearest = NAMES.into_iter().min_by_key(|name| dedup::edit_distance(name, key)).unwrap_or_default();
    format!("there is no setting {key:?}: the nearest is {nearest}")
}
