//! cameras.yaml

use std::collections::HashSet;

use ovr_capture::SourceConfig;
use ovr_domain::CameraId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;
use super::view::ViewConfig;

/// Most cameras of one process.
pub(crate) const CAMERAS_MAX: usize = 64;

/// cameras.yaml: which cameras there are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CamerasConfig {
    /// One entry a camera.
    pub(crate) cameras: Vec<CameraConfig>,
}

/// One camera.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CameraConfig {
    /// Name, unique within the site: 1 to 64 characters out of a-z A-Z 0-9 - _ .
    #[schemars(with = "String")]
    pub(crate) id: CameraId,
    /// Where its frames come from.
    pub(crate) source: SourceConfig,
    /// Where it looks; left out, everywhere.
    #[serde(default)]
    pub(crate) view: ViewConfig,
}

impl CameraConfig {
    /// A camera that looks everywhere.
    pub(crate) fn of_source((id, source): (CameraId, SourceConfig)) -> Self {
        Self { id, source, view: ViewConfig::default() }
    }
}

impl CamerasConfig {
    pub(super) fn validate(&self) -> Result<(), Problem> {
        if self.cameras.len() > CAMERAS_MAX {
            return Err(Problem::new(
                "cameras",
                format!("{} cameras: expected at most {CAMERAS_MAX}", self.cameras.len()),
            ));
        }
        let mut seen = HashSet::new();
        for (index, camera) in self.cameras.iter().enumerate() {
            if !seen.insert(&camera.id) {
                let problem = format!("the id {} stands twice: each camera needs its own", camera.id);
                return Err(Problem::new(&format!("cameras[{index}].id"), problem));
            }
            let refuse = |error: ovr_capture::Error| {
                Problem::new(&format!("cameras[{index}].source"), error.to_string())
            };
            camera.source.validate().map_err(refuse)?;
            let within = |problem: Problem| {
                Problem::new(&format!("cameras[{index}].view.{}", problem.key), problem.text)
            };
            camera.view.build().map_err(within)?;
        }
        Ok(())
    }
}
