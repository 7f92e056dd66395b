//! Pictures of an event: the keys, their defaults and their limits.

use std::time::Duration;

use ovr_domain::event::EvidenceKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assemble::{InvalidKey, require};

/// Longest that a picture is kept: ten years, in minutes.
const KEEP_MINUTES_MAX: u32 = 10 * 366 * 24 * 60;

/// Ninety days, in minutes.
const NINETY_DAYS_MINUTES: u32 = 90 * 24 * 60;

/// Section `pictures`: how pictures are cut and how long they are kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PicturesConfig {
    /// Quality of plate crops as JPEG, 1 to 100.
    pub plate_jpeg_quality: u8,
    /// Quality of vehicle crops and scenes as JPEG, 1 to 100.
    pub jpeg_quality: u8,
    /// Widest scene in pixels, 64 to 16384; a wider one is scaled down.
    pub scene_width_px: u32,
    /// Widest vehicle crop in pixels, 64 to 16384; a wider one is scaled down. Plate crops are never scaled.
    pub vehicle_width_px: u32,
    /// Minutes that a plate crop is kept after it was received; 0 takes none.
    pub plate_crop_keep_minutes: u32,
    /// Minutes that a vehicle crop is kept after it was received; 0 takes none.
    pub vehicle_crop_keep_minutes: u32,
    /// Minutes that a scene is kept after it was received; 0 takes none.
    pub scene_keep_minutes: u32,
    /// Seconds during which no picture is offered to a store that has failed, 0 to 3600.
    pub failed_store_pause_s: u32,
}

impl Default for PicturesConfig {
    fn default() -> Self {
        Self {
            plate_jpeg_quality: 90,
            jpeg_quality: 80,
            scene_width_px: 1_280,
            vehicle_width_px: 960,
            plate_crop_keep_minutes: NINETY_DAYS_MINUTES,
            vehicle_crop_keep_minutes: NINETY_DAYS_MINUTES,
            scene_keep_minutes: NINETY_DAYS_MINUTES,
            failed_store_pause_s: 10,
        }
    }
}

impl PicturesConfig {
    /// Checks every key; opens and starts nothing.
    pub fn validate(&self) -> Result<(), InvalidKey> {
        let percent = "a whole number from 1 to 100";
        let pixels = "pixels from 64 to 16384";
        let minutes = "minutes from 0 to 5270400 (ten years)";
        let numbers = [
            ("pictures.plate_jpeg_quality", u32::from(self.plate_jpeg_quality), 1..=100, percent),
            ("pictures.jpeg_quality", u32::from(self.jpeg_quality), 1..=100, percent),
            ("pictures.scene_width_px", self.scene_width_px, 64..=16_384, pixels),
            ("pictures.vehicle_width_px", self.vehicle_width_px, 64..=16_384, pixels),
            ("pictures.plate_crop_keep_minutes", self.plate_crop_keep_minutes, 0..=KEEP_MINUTES_MAX, minutes),
            (
                "pictures.vehicle_crop_keep_minutes",
                self.vehicle_crop_keep_minutes,
                0..=KEEP_MINUTES_MAX,
                minutes,
            ),
            ("pictures.scene_keep_minutes", self.scene_keep_minutes, 0..=KEEP_MINUTES_MAX, minutes),
            ("pictures.failed_store_pause_s", self.failed_store_pause_s, 0..=3_600, "seconds from 0 to 3600"),
        ];
        for (key, value, range, right) in numbers {
            require(range.contains(&value), key, value, right)?;
        }
        Ok(())
    }

    /// How long a picture of this kind is kept; nothing when none is taken.
    pub(super) fn keep(&self, kind: EvidenceKind) -> Option<Duration> {
        let minutes = match kind {
            EvidenceKind::PlateCrop => self.plate_crop_keep_minutes,
            EvidenceKind::VehicleCrop => self.vehicle_crop_keep_minutes,
            EvidenceKind::Scene => self.scene_keep_minutes,
        };
        (minutes > 0).then(|| Duration::from_secs(u64::from(minutes) * 60))
    }
}
