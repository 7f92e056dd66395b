//! Which cameras give no frames any more, for `/readyz` and the log.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ovr_api::Check;
use ovr_domain::CameraId;
use ovr_domain::port::SourceError;

/// Shared by all cameras: nothing while a camera's source is well, else why not.
#[derive(Debug, Clone, Default)]
pub(crate) struct CameraHealth(Arc<Mutex<BTreeMap<CameraId, Option<String>>>>);

impl CameraHealth {
    /// A camera starts.
    pub(crate) fn well(&self, camera: &CameraId) {
        self.set(camera, None);
    }

    /// A camera's source broke off.
    pub(crate) fn failed(&self, camera: &CameraId, error: &SourceError) {
        tracing::error!(%camera, "the camera gives no more frames: {error}");
        self.set(camera, Some(error.to_string()));
    }

    fn set(&self, camera: &CameraId, failure: Option<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(camera.clone(), failure);
    }

    /// One check for each camera.
    pub(crate) fn checks(&self) -> Vec<Check> {
        let cameras = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let check = |(camera, failure): (&CameraId, &Option<String>)| Check {
            name: format!("camera/{camera}"),
            failure: failure.clone(),
        };
        cameras.iter().map(check).collect()
    }
}
