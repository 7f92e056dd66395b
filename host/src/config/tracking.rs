//! tracking.yaml

use std::path::PathBuf;

use ovr_vision::detect::DetectorConfig;
use ovr_vision::track::TrackConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;

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
        Self { per_second: 6.0, per_second_reading: 12.0, motion_gate: true, queue_frames: 8 }
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
