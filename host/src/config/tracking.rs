//! tracking.yaml

use std::path::PathBuf;

use ovr_vision::detect::DetectorConfig;
use ovr_vision::track::TrackConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;

/// Most of the looks that are due of which one must be taken.
const DETECT_EVERY_MAX: u32 = 32;

/// tracking.yaml: how often and with what is looked for plates and vehicles, and how they are followed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TrackingConfig {
    /// When the detectors run.
    pub(crate) detection: DetectionConfig,
    /// How plates and vehicles are followed.
    pub(crate) tracker: TrackConfig,
    /// The network that finds plates and vehicles.
    pub(crate) detector: PlateDetectorConfig,
    /// Another network whose vehicles replace those of the first; null for none.
    pub(crate) vehicle_detector: Option<VehicleDetectorConfig>,
}

/// The network that finds plates and vehicles.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PlateDetectorConfig {
    /// ONNX file; null takes the one that ships with the program.
    pub(crate) model: Option<PathBuf>,
    /// How its outputs are read.
    pub(crate) network: DetectorConfig,
}

/// When the detectors run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DetectionConfig {
    /// Pictures looked at in each second of video; the tracker fills in the others. A camera that is faster than
    /// the machine is looked at less often.
    pub(crate) per_second: f32,
    /// The same while a plate is being read; not below `per_second`.
    pub(crate) per_second_reading: f32,
    /// While the networks cannot keep up, of the looks at a live camera that are due only each second, third .. is taken, up
    /// to each so many-th. Files are read without loss, and always looked at as often.
    pub(crate) detect_every_max: u32,
    /// Looks are left out while nothing moves and nothing is followed, but for one a second.
    pub(crate) motion_gate: bool,
    /// Frames that wait for the detector before the oldest is dropped (live cameras) or the source waits (files).
    pub(crate) queue_frames: usize,
}

/// Another network that finds vehicles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VehicleDetectorConfig {
    /// The ONNX file.
    pub(crate) model: PathBuf,
    /// How its outputs are read.
    #[serde(default)]
    pub(crate) network: DetectorConfig,
}

impl Default for DetectionConfig {
    fn default() -> Self {
        Self {
            per_second: 6.0,
            per_second_reading: 12.0,
            detect_every_max: 4,
            motion_gate: true,
            queue_frames: 8,
        }
    }
}

impl TrackingConfig {
    pub(super) fn validate(&self) -> Result<(), Problem> {
        let rate = self.detection.per_second;
        if !(rate.is_finite() && (0.1..=240.0).contains(&rate)) {
            return Err(Problem::new(
                "detection.per_second",
                format!("{rate} pictures a second: expected 0.1 to 240"),
            ));
        }
        let reading = self.detection.per_second_reading;
        if !(rate..=240.0).contains(&reading) {
            let problem = format!("{reading} pictures a second: expected {rate} (per_second) to 240");
            return Err(Problem::new("detection.per_second_reading", problem));
        }
        let every = self.detection.detect_every_max;
        if !(1..=DETECT_EVERY_MAX).contains(&every) {
            let problem = format!("{every}: expected 1 (every look that is due) to {DETECT_EVERY_MAX}");
            return Err(Problem::new("detection.detect_every_max", problem));
        }
        if !(1..=256).contains(&self.detection.queue_frames) {
            let problem = format!("{} frames: expected 1 to 256", self.detection.queue_frames);
            return Err(Problem::new("detection.queue_frames", problem));
        }
        self.detector.network.validate().map_err(|error| Problem::within("detector", &error))?;
        if let Some(vehicles) = &self.vehicle_detector {
            vehicles.network.validate().map_err(|error| Problem::within("vehicle_detector", &error))?;
        }
        self.tracker.validate().map_err(|error| Problem::within("tracker", &error))
    }
}
