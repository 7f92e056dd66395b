//! When reads make a plate: the keys, their defaults and their limits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A key of the configuration has a value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {value} cannot be used: expected {right}")]
pub struct InvalidKey {
    /// The key, with the section that it stands in.
    pub key: &'static str,
    /// The value as it was given.
    pub value: String,
    /// What would be right.
    pub right: &'static str,
}

/// Gives an error for `key` unless `holds`.
pub(crate) fn require(
    holds: bool,
    key: &'static str,
    value: impl ToString + Copy,
    right: &'static str,
) -> Result<(), InvalidKey> {
    if holds {
        return Ok(());
    }
    Err(InvalidKey { key, value: value.to_string(), right })
}

/// Section `assemble`: when the reads of a track make a plate, and what a track without a plate becomes.
///
/// Consensus, which gives the `new` event while the vehicle is in view, asks for all of `agree_frames_min`,
/// `margin_min`, `confidence_min` and `plate_likeness_min`. A track that ends without consensus still gives a `final`
/// event when its reads do not contradict each other and reach `final_confidence_min`; else it is reported unread
/// when something says that it was a plate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AssembleConfig {
    /// Frames that must agree on every character of the plate, 1 to 100.
    pub agree_frames_min: u32,
    /// Least lead of the plate over the second candidate, 0 to 1.
    pub margin_min: f32,
    /// Least fused confidence for consensus, 0 to 1.
    pub confidence_min: f32,
    /// Least fused confidence with which a track that ends without consensus is still reported as read, 0 to 1.
    pub final_confidence_min: f32,
    /// Least mean plate-likeness of the reads, 0 to 1: below it the text is a sign, not a plate.
    pub plate_likeness_min: f32,
    /// Fewest letters and digits of a plate, 1 to 16.
    pub plate_chars_min: u32,
    /// Frames on which a moving thing must have been seen to be reported unread without another sign that it was a
    /// plate, and a moving vehicle to be reported as one without a plate, 1 to 1000.
    pub unread_frames_min: u32,
    /// A plate that was never read and never wider than this many pixels was too small, 1 to 1000.
    pub small_width_px: f32,
    /// Most `update` revisions of one event, 0 to 100.
    pub updates_max: u32,
    /// Most tracks of one camera at a time, 1 to 1000; each may hold one frame in memory.
    pub tracks_max: u32,
    /// Most reads kept for one plate, 1 to 100; the best stay.
    pub reads_max: u32,
}

impl Default for AssembleConfig {
    fn default() -> Self {
        Self {
            agree_frames_min: 3,
            margin_min: 0.15,
            confidence_min: 0.5,
            final_confidence_min: 0.4,
            plate_likeness_min: 0.5,
            plate_chars_min: 3,
            unread_frames_min: 6,
            small_width_px: 45.0,
            updates_max: 8,
            tracks_max: 64,
            reads_max: 24,
        }
    }
}

impl AssembleConfig {
    /// Checks every key; opens and starts nothing.
    pub fn validate(&self) -> Result<(), InvalidKey> {
        let shares = [
            ("assemble.margin_min", self.margin_min),
            ("assemble.confidence_min", self.confidence_min),
            ("assemble.final_confidence_min", self.final_confidence_min),
            ("assemble.plate_likeness_min", self.plate_likeness_min),
        ];
        for (key, value) in shares {
            require((0.0..=1.0).contains(&value), key, value, "a number from 0 to 1")?;
        }
        let hundred = "a whole number from 1 to 100";
        let thousand = "a whole number from 1 to 1000";
        let counts = [
            ("assemble.agree_frames_min", self.agree_frames_min, 1..=100, hundred),
            ("assemble.reads_max", self.reads_max, 1..=100, hundred),
            ("assemble.plate_chars_min", self.plate_chars_min, 1..=16, "a whole number from 1 to 16"),
            ("assemble.unread_frames_min", self.unread_frames_min, 1..=1000, thousand),
            ("assemble.tracks_max", self.tracks_max, 1..=1000, thousand),
            ("assemble.updates_max", self.updates_max, 0..=100, "a whole number from 0 to 100"),
        ];
        for (key, value, range, right) in counts {
            require(range.contains(&value), key, value, right)?;
        }
        let width = self.small_width_px;
        require(
            (1.0..=1000.0).contains(&width),
            "assemble.small_width_px",
            width,
            "a number from 1 to 1000",
        )?;
        require(
            self.agree_frames_min <= self.reads_max,
            "assemble.agree_frames_min",
            self.agree_frames_min,
            "at most assemble.reads_max, for only the reads that are kept can agree",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_out_of_range_is_named_with_what_would_be_right() {
        let config = AssembleConfig { margin_min: f32::NAN, ..AssembleConfig::default() };
        let message = config.validate().unwrap_err().to_string();
        assert_eq!(message, "assemble.margin_min: NaN cannot be used: expected a number from 0 to 1");
        assert!(AssembleConfig { agree_frames_min: 30, ..AssembleConfig::default() }.validate().is_err());
        assert!(serde_json::from_str::<AssembleConfig>(r#"{"agree_frames": 2}"#).is_err());
        let partial: AssembleConfig = serde_json::from_str(r#"{"agree_frames_min": 2}"#).unwrap();
        assert_eq!(partial, AssembleConfig { agree_frames_min: 2, ..AssembleConfig::default() });
    }
}
