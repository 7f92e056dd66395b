//! Builds what a changed configuration needs, whole, before anything that runs is stopped.
//!
//! Building may fail; what was built until then is dropped, and everything goes on as it was. What comes of it is a list
//! of [`Commit`]s, which cannot fail.

use std::sync::Arc;

use ovr_domain::CameraId;
use ovr_domain::time::Clock;
use ovr_store::evidence::FilesStore;

use super::difference::cameras_gone;
use crate::app::accept::AcceptTuning;
use crate::app::camera::Tuning;
use crate::app::cameras::{Cameras, OpenCamera, PreparedCamera};
use crate::app::health::Health;
use crate::app::models::Unusable;
use crate::app::rooms;
use crate::app::shared::Shared;
use crate::app::vision::Vision;
use crate::config::Config;

/// What cannot be built, and the key that asks for it.
#[derive(Debug)]
pub(crate) struct Wrong {
    /// Without its ending.
    pub(crate) file: &'static str,
    /// Such as `cameras[1].source`.
    pub(crate) key: String,
    pub(crate) problem: String,
}

impl From<Unusable> for Wrong {
    fn from(unusable: Unusable) -> Self {
        let Unusable { file, key, problem } = unusable;
        Self { file, key: key.to_owned(), problem }
    }
}

/// Puts what was built in the place of the old.
pub(crate) type Commit = Box<dyn FnOnce() + Send>;

/// How another room takes part: from the configuration that runs and the one that shall run it builds what it needs.
/// Nothing when nothing changes for it. It must not touch what runs before the commit.
pub(crate) type Rebuild = Box<dyn FnMut(&Config, &Config) -> Result<Option<Commit>, Wrong> + Send>;

/// What a reload works on.
pub(crate) struct Parts {
    pub(crate) clock: Arc<dyn Clock>,
    /// Files play at the speed they were taken at.
    pub(crate) realtime: bool,
    pub(crate) cameras: Arc<Cameras>,
    pub(crate) accept: Shared<AcceptTuning>,
    pub(crate) pictures: Arc<FilesStore>,
    pub(crate) health: Health,
    /// Rooms that this one knows nothing of.
    pub(crate) others: Vec<Rebuild>,
}

impl Parts {
    /// Builds all that is different. What takes long comes first; threads are started last, and wait.
    pub(super) fn build(&mut self, running: &Config, wanted: &Config) -> Result<Vec<Commit>, Wrong> {
        let opened = self.open_sources(running, wanted)?;
        let vision = self.vision(running, wanted)?;
        let mut others: Vec<Commit> = Vec::new();
        for rebuild in &mut self.others {
            others.extend(rebuild(running, wanted)?);
        }
        let mut commits: Vec<Commit> = vision.into_iter().collect();
        commits.extend(self.tuning(running, wanted));
        commits.extend(self.accept(running, wanted));
        commits.extend(self.cameras(running, wanted, opened)?);
        // Other rooms' own changes may take a while, as compiling a plugin does; no camera waits for that.
        commits.extend(others);
        Ok(commits)
    }

    /// The sources of cameras that are new or not as they were.
    fn open_sources(&self, running: &Config, wanted: &Config) -> Result<Vec<OpenCamera>, Wrong> {
        let mut opened = Vec::new();
        for (index, camera) in wanted.cameras.cameras.iter().enumerate() {
            if running.cameras.cameras.contains(camera) {
                continue;
            }
            let open = rooms::open_camera(camera, self.realtime, &self.clock);
            let wrong = |problem| Wrong { file: "cameras", key: format!("cameras[{index}].source"), problem };
            opened.push(open.map_err(|refusal| wrong(refusal.0))?);
        }
        Ok(opened)
    }

    /// New networks, tried once, when models or how their outputs are understood change.
    fn vision(&self, running: &Config, wanted: &Config) -> Result<Option<Commit>, Wrong> {
        let networks_of = |config: &Config| {
            let (ocr, tracking) = (&config.ocr, &config.tracking);
            let reader = (ocr.reader.engine, ocr.reader.model.clone());
            (reader, tracking.detector.clone(), tracking.vehicle_detector.clone())
        };
        let width_min = |config: &Config| config.ocr.reader.plate_width_min_px;
        let shared = self.cameras.common().vision.clone();
        let vision = if networks_of(running) != networks_of(wanted) {
            let vision = Vision::open(wanted, &self.clock)?;
            vision.self_test(&self.clock)?;
            vision
        } else if width_min(running).to_bits() != width_min(wanted).to_bits() {
            shared.load().with_width_min(width_min(wanted))
        } else {
            return Ok(None);
        };
        Ok(Some(Box::new(move || shared.store(Arc::new(vision)))))
    }

    /// What cameras work by: each takes it up with its next frame, and its tracks go on.
    fn tuning(&self, running: &Config, wanted: &Config) -> Option<Commit> {
        let tuning = Tuning::of(wanted);
        let shared = self.cameras.common().tuning.clone();
        (tuning != Tuning::of(running))
            .then(|| -> Commit { Box::new(move || shared.store(Arc::new(tuning))) })
    }

    /// What is decided and kept, and how much of it.
    fn accept(&self, running: &Config, wanted: &Config) -> Vec<Commit> {
        let mut commits: Vec<Commit> = Vec::new();
        let tuning = AcceptTuning::of(wanted);
        if tuning != AcceptTuning::of(running) {
            let shared = self.accept.clone();
            commits.push(Box::new(move || shared.store(Arc::new(tuning))));
        }
        let bytes_max = wanted.host.pictures_disk_bytes_max;
        if bytes_max != running.host.pictures_disk_bytes_max {
            let pictures = Arc::clone(&self.pictures);
            commits.push(Box::new(move || pictures.set_disk_bytes_max(bytes_max)));
        }
        commits
    }

    fn cameras(
        &self,
        running: &Config,
        wanted: &Config,
        opened: Vec<OpenCamera>,
    ) -> Result<Option<Commit>, Wrong> {
        let gone: Vec<CameraId> = cameras_gone(&running.cameras, &wanted.cameras);
        if gone.is_empty() && opened.is_empty() {
            return Ok(None);
        }
        let wrong = |error: anyhow::Error| {
            let problem = format!("{error:#}");
            Wrong { file: "cameras", key: "cameras".to_owned(), problem }
        };
        let prepare = |camera| self.cameras.prepare(camera).map_err(wrong);
        let prepared: Vec<PreparedCamera> = opened.into_iter().map(prepare).collect::<Result<_, _>>()?;
        let cameras = Arc::clone(&self.cameras);
        Ok(Some(Box::new(move || cameras.replace(&gone, prepared))))
    }
}
