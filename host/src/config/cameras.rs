//! cameras.yaml

use std::collections::HashSet;

use ovr_capture::SourceConfig;
use ovr_domain::CameraId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Problem;

/// Most cameras of one process.
pub(crate) const CAMERAS_MAX: usize = 64;

/// cameras.yaml: which cameras there are.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CamerasConfig {
    /// One entry a camera.
    pub(crate) cameras: Vec<CameraConfig>,
}

/// One camera.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CameraConfig {
    /// Name, unique within the site: 1 to 64 characters out of a-z A-Z 0-9 - _ .
    #[schemars(with = "String")]
    pub(crate) id: CameraId,
    /// Where its frames come from.
    pub(crate) source: SourceConfig,
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
        match self.cameras.iter().find(|camera| !seen.insert(&camera.id)) {
            Some(twice) => Err(Problem::new(
                "cameras",
                format!("the id {} stands twice: each camera needs its own", twice.id),
            )),
            None => Ok(()),
        }
    }
}
