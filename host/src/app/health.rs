//! What is not as it should be, for `/readyz` and the log: cameras without frames, a configuration that does not apply.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ovr_api::Check;
use ovr_capture::{Link, LinkPhase};
use ovr_domain::CameraId;
use ovr_domain::port::SourceError;

/// Shared by all cameras and the reload.
#[derive(Debug, Clone, Default)]
pub(crate) struct Health(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Nothing while a camera's source is well, else why not.
    cameras: BTreeMap<CameraId, Option<String>>,
    /// Network cameras, whose links come and go.
    links: BTreeMap<CameraId, Link>,
    /// Why the configuration that lies in its folder is not the one that runs.
    config: Option<String>,
}

impl Health {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A camera starts.
    pub(crate) fn well(&self, camera: &CameraId, link: Option<Link>) {
        let mut state = self.lock();
        state.cameras.insert(camera.clone(), None);
        state.links.remove(camera);
        state.links.extend(link.map(|link| (camera.clone(), link)));
    }

    /// A camera's source broke off.
    pub(crate) fn failed(&self, camera: &CameraId, error: &SourceError) {
        tracing::error!(%camera, "the camera gives no more frames: {error}");
        self.lock().cameras.insert(camera.clone(), Some(error.to_string()));
    }

    /// A camera is no more.
    pub(crate) fn forget(&self, camera: &CameraId) {
        let mut state = self.lock();
        state.cameras.remove(camera);
        state.links.remove(camera);
    }

    /// Nothing when the configuration in its folder is the one that runs, else what is wrong with it.
    pub(crate) fn config(&self, wrong: Option<String>) {
        self.lock().config = wrong;
    }

    /// One check for the configuration, and one for each camera.
    pub(crate) fn checks(&self) -> Vec<Check> {
        let state = self.lock();
        let config = Check { name: "config".to_owned(), failure: state.config.clone() };
        let camera = |(camera, failure): (&CameraId, &Option<String>)| Check {
            name: format!("camera/{camera}"),
            failure: failure.clone().or_else(|| state.links.get(camera).and_then(absence)),
        };
        std::iter::once(config).chain(state.cameras.iter().map(camera)).collect()
    }
}

/// Why a network camera gives no frames.
fn absence(link: &Link) -> Option<String> {
    let state = link.state();
    let reason = state.fault.map_or_else(|| "it is being connected to".to_owned(), |fault| fault.to_string());
    (state.phase != LinkPhase::Streaming).then_some(reason)
}
