//! What is told of cameras, and their newest pictures. Nothing here knows salvo.

use std::sync::Arc;

use ovr_domain::CameraId;
use ovr_domain::camera::{CameraBoard, CameraStatus, NoStill, Snapshot, Still};
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::credentials::{Principal, Role};
use crate::problem::Problem;

/// Pictures drawn and encoded at a time, so that people who look on leave the processor to the cameras.
const ENCODED_AT_A_TIME: usize = 2;

/// Every camera that somebody may know of.
#[derive(Serialize)]
pub(crate) struct CameraList {
    cameras: Vec<CameraStatus>,
}

/// The way to the cameras that run.
pub(crate) struct Cameras {
    board: Arc<dyn CameraBoard>,
    encoders: Arc<Semaphore>,
}

impl Cameras {
    pub(crate) fn new(board: Arc<dyn CameraBoard>) -> Self {
        Self { board, encoders: Arc::new(Semaphore::new(ENCODED_AT_A_TIME)) }
    }

    /// The cameras as `principal` may know of them, by name. Addresses and what went wrong are for those who run them.
    pub(crate) fn list(&self, principal: &Principal) -> CameraList {
        let runs_cameras = matches!(principal.role, Role::Operator | Role::Admin);
        let mut cameras = self.board.statuses();
        cameras.retain(|camera| principal.may_see(&camera.id));
        cameras.sort_by(|a, b| a.id.cmp(&b.id));
        for camera in cameras.iter_mut().filter(|_| !runs_cameras) {
            (camera.source, camera.reason) = (None, None);
        }
        CameraList { cameras }
    }

    /// A picture, made on a thread that may block; waits while as many as may be are being made.
    pub(crate) async fn still(&self, camera: &CameraId, want: Snapshot) -> Result<Still, NoStill> {
        self.made(camera, move |board, camera| board.snapshot(camera, want)).await
    }

    /// What is shown in the place of a picture of a camera that is away, made likewise.
    pub(crate) async fn absence(&self, camera: &CameraId, want: Snapshot) -> Result<Still, NoStill> {
        self.made(camera, move |board, camera| board.absence(camera, want)).await
    }

    async fn made(
        &self,
        camera: &CameraId,
        make: impl FnOnce(&dyn CameraBoard, &CameraId) -> Result<Still, NoStill> + Send + 'static,
    ) -> Result<Still, NoStill> {
        let failed = |reason: String| NoStill::Failed { reason };
        let place = Arc::clone(&self.encoders).acquire_owned().await;
        let place = place.map_err(|error| failed(error.to_string()))?;
        let (board, camera) = (Arc::clone(&self.board), camera.clone());
        let make_here = move || {
            // The place is given back by the thread, because a request that times out does not stop it.
            let _place = place;
            make(board.as_ref(), &camera)
        };
        let joined = tokio::task::spawn_blocking(make_here).await;
        joined.unwrap_or_else(|error| Err(failed(error.to_string())))
    }
}

/// The camera of a path, where `principal` may know of it. A foreign one looks like one that does not exist.
pub(crate) fn camera_of(text: &str, principal: &Principal) -> Result<CameraId, Problem> {
    let Ok(camera) = CameraId::new(text) else {
        return Err(Problem::bad_request(
            "the id is no camera: use 1 to 64 characters out of a-z, A-Z, 0-9, '-', '_' and '.'",
        ));
    };
    if principal.may_see(&camera) { Ok(camera) } else { Err(Problem::from(NoStill::NoCamera)) }
}

impl From<NoStill> for Problem {
    fn from(error: NoStill) -> Self {
        match error {
            NoStill::NoCamera => Self::not_found("there is no camera of this id"),
            // Nobody says that he knows a frame before he has had one.
            NoStill::NoFrame | NoStill::SameFrame => Self::no_picture_yet(),
            NoStill::Failed { .. } => Self::internal(error.to_string()),
        }
    }
}
