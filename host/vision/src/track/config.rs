//! The numbers of a tracker, as they stand in `tracking.yaml`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::InvalidKey;

/// Longest lost buffer, in frames that were looked at.
const LOST_FRAMES_MAX: u32 = 10_000;
/// Most hits that may be asked for before a track is believed.
const MIN_HITS_MAX: u32 = 100;
/// Largest reach, in box widths.
const REACH_MAX: f32 = 10.0;

/// How detections become tracks. A *look* is a frame on which the detector ran.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TrackConfig {
    /// Detections of at least this confidence are associated first (the paper's tau). 0 to 1, above `low_threshold`.
    pub high_threshold: f32,
    /// Detections below this confidence are thrown away; those between it and `high_threshold` only keep tracks
    /// alive that nothing better was found for. 0 to 1.
    pub low_threshold: f32,
    /// An unmatched detection of at least this confidence starts a track. 0 to 1, not below `high_threshold`.
    pub new_track_threshold: f32,
    /// Largest cost of the first association, `1 - IoU`, or `1 - IoU * confidence` with `fuse_score`. Above 0, at
    /// most 1; larger is laxer.
    pub match_threshold: f32,
    /// Largest cost, `1 - IoU`, of the second association, in which unsure detections keep tracks alive. Above 0, at
    /// most 1.
    pub low_match_threshold: f32,
    /// Largest cost of the association of tentative tracks, as `match_threshold`. Above 0, at most 1.
    pub tentative_match_threshold: f32,
    /// Multiplies the IoU of the first and the tentative association by the detection's confidence, so that of two boxes that fit
    /// equally well the surer wins.
    pub fuse_score: bool,
    /// A track that was missed on more than this many looks in a row ends. 1 to 10000. Frames on which the detector
    /// did not run do not count: nobody looked there.
    pub lost_frames: u32,
    /// A lost track also ends on the first look that comes more than this many frames, looked at or not, after its
    /// last detection; `null` for no such limit. It bounds how long a motion is guessed when looks are sparse.
    pub lost_span_frames: Option<u32>,
    /// Looks on which a track must be seen before it is confirmed. 1 to 100; 1 believes every detection. What
    /// is seen on the very first look is confirmed at once, because nothing could have seen it earlier.
    pub min_hits: u32,
    /// Looks in a row on which a track that is not confirmed may be missed before it ends. 0 to 100; the paper has 0.
    pub tentative_misses: u32,
    /// How far a plate may have moved from where it was expected, in plate widths, when no box overlaps: both boxes
    /// are grown by this many widths on every side and associated by the IoU of the grown boxes (buffered IoU, Yang
    /// et al., "Hard to Track Objects with Irregular Motions and Similar Appearances? Make It Easier by Buffering the
    /// Matching Space", WACV 2023). 0 to 10; 0 is the plain algorithm. Both axes grow by the *width*, unlike in that
    /// paper, because a plate is flat and moves as far down a picture as across.
    pub plate_reach: f32,
    /// The same for vehicles, in vehicle widths; they are large enough to overlap from look to look, hence 0.
    pub vehicle_reach: f32,
}

impl TrackConfig {
    /// The numbers of the authors' implementation for 30 frames a second, with nothing added to the algorithm.
    pub const fn paper() -> Self {
        Self {
            high_threshold: 0.6,
            low_threshold: 0.1,
            new_track_threshold: 0.7,
            match_threshold: 0.8,
            low_match_threshold: 0.5,
            tentative_match_threshold: 0.7,
            fuse_score: true,
            lost_frames: 30,
            lost_span_frames: None,
            min_hits: 2,
            tentative_misses: 0,
            plate_reach: 0.0,
            vehicle_reach: 0.0,
        }
    }

    /// Whether the numbers make sense together; the error names the first key that does not.
    pub fn validate(&self) -> Result<(), InvalidKey> {
        let unless = InvalidKey::unless;
        let share = |value: f32| (0.0..=1.0).contains(&value);
        let low = self.low_threshold;
        unless(share(low), "low_threshold", &low, "0 to 1")?;
        let high = self.high_threshold;
        unless(share(high) && high > low, "high_threshold", &high, "0 to 1 and above low_threshold")?;
        let new = self.new_track_threshold;
        let starts = share(new) && new >= high;
        unless(starts, "new_track_threshold", &new, "0 to 1 and not below high_threshold")?;
        for (key, cost) in [
            ("match_threshold", self.match_threshold),
            ("low_match_threshold", self.low_match_threshold),
            ("tentative_match_threshold", self.tentative_match_threshold),
        ] {
            unless(share(cost) && cost > 0.0, key, &cost, "above 0 and at most 1")?;
        }
        for (key, reach) in [("plate_reach", self.plate_reach), ("vehicle_reach", self.vehicle_reach)] {
            InvalidKey::outside(&(0.0..=REACH_MAX), key, &reach, "0 to 10 box widths")?;
        }
        for (key, looks, most, expected) in [
            ("lost_frames", self.lost_frames, LOST_FRAMES_MAX, "1 to 10000 looks"),
            ("min_hits", self.min_hits, MIN_HITS_MAX, "1 to 100 looks"),
        ] {
            InvalidKey::outside(&(1..=most), key, &looks, expected)?;
        }
        let misses = self.tentative_misses;
        InvalidKey::outside(&(0..=MIN_HITS_MAX), "tentative_misses", &misses, "0 to 100 looks")?;
        let has_span = self.lost_span_frames != Some(0);
        InvalidKey::unless(has_span, "lost_span_frames", &0, "at least 1 frame, or null for no limit")
    }
}

impl Default for TrackConfig {
    /// Laxer than [`TrackConfig::paper`], which was made for crowds of people at 30 frames a second: vehicles overlap
    /// less from look to look and each other hardly at all. On the KITTI scenes of the conformance test this raises
    /// MOTA and IDF1, most where the detector runs on every third frame only. Besides, plates get their reach, one that
    /// was seen once may be missed once (a small network misses the small plates of a vehicle that comes), and
    /// guessing ends after three seconds at 25 frames a second. The thresholds of confidence are those of the shipped
    /// detector, which is less sure of a small plate than the paper's is of a person.
    fn default() -> Self {
        Self {
            high_threshold: 0.4,
            low_threshold: 0.2,
            new_track_threshold: 0.5,
            match_threshold: 0.9,
            low_match_threshold: 0.7,
            tentative_match_threshold: 0.9,
            fuse_score: false,
            lost_span_frames: Some(75),
            tentative_misses: 1,
            plate_reach: 1.0,
            ..Self::paper()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_the_papers_numbers_are_valid() {
        assert_eq!(TrackConfig::default().validate(), Ok(()));
        assert_eq!(TrackConfig::paper().validate(), Ok(()));
        assert!(TrackConfig::default().plate_reach > 0.0);
        assert!(TrackConfig::paper().plate_reach.abs() < f32::EPSILON);
    }

    #[test]
    fn every_wrong_number_is_named_with_what_would_be_right() {
        let paper = TrackConfig::paper();
        let wrong = [
            ("low_threshold", TrackConfig { low_threshold: f32::NAN, ..paper }),
            ("high_threshold", TrackConfig { high_threshold: 0.1, ..paper }),
            ("new_track_threshold", TrackConfig { new_track_threshold: 0.5, ..paper }),
            ("match_threshold", TrackConfig { match_threshold: 0.0, ..paper }),
            ("low_match_threshold", TrackConfig { low_match_threshold: 1.5, ..paper }),
            ("tentative_match_threshold", TrackConfig { tentative_match_threshold: 1.5, ..paper }),
            ("lost_frames", TrackConfig { lost_frames: 0, ..paper }),
            ("lost_span_frames", TrackConfig { lost_span_frames: Some(0), ..paper }),
            ("min_hits", TrackConfig { min_hits: 0, ..paper }),
            ("tentative_misses", TrackConfig { tentative_misses: 101, ..paper }),
            ("plate_reach", TrackConfig { plate_reach: f32::INFINITY, ..paper }),
            ("vehicle_reach", TrackConfig { vehicle_reach: -1.0, ..paper }),
        ];
        for (key, config) in wrong {
            let error = config.validate().unwrap_err();
            assert_eq!(error.key, key);
            assert!(error.to_string().contains(key), "{error}");
        }
    }

    #[test]
    fn a_file_may_leave_keys_out_but_not_invent_them() {
        let config: TrackConfig = serde_json::from_str(r#"{"lost_frames": 12}"#).unwrap();
        assert_eq!(config, TrackConfig { lost_frames: 12, ..TrackConfig::default() });
        let error = serde_json::from_str::<TrackConfig>(r#"{"lost_frame": 12}"#).unwrap_err();
        assert!(error.to_string().contains("lost_frames"), "{error}");
    }
}
