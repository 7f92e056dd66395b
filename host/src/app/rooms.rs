//! Rooms out of settings: sources, cameras and readers.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use anyhow::Context as _;
use ovr_capture::SourceConfig;
use ovr_domain::ids::NAME_BYTES_MAX;
use ovr_domain::time::{Clock, SystemClock};
use ovr_domain::{CameraId, SiteId};
use ovr_events::assemble::{Assembler, Emission};
use ovr_vision::motion::MotionGate;
use ovr_vision::read::StillReader;
use ovr_vision::track::ByteTrack;

use super::attention::Attention;
use super::board::{About, Board, Card};
use super::cadence::Cadence;
use super::camera::{CameraCounts, CameraRoom, Tuning};
use super::cameras::OpenCamera;
use super::models::Models;
use super::queue::{FrameQueue, WhenFull};
use super::shared::Shared;
use super::stages::Stages;
use super::thinning::Thinning;
use super::vision::Vision;
use crate::config::{CAMERAS_MAX, CameraConfig, Config};
use crate::print::Refusal;

/// The sources of a command line, each as a camera that is named after it and looks everywhere.
pub(crate) fn cameras_named(named: &[String]) -> Result<Vec<CameraConfig>, Refusal> {
    let mut cameras: Vec<CameraConfig> = Vec::new();
    for text in named {
        let source: SourceConfig =
            text.parse().map_err(|error| Refusal(format!("--source {text}: {error}")))?;
        let mut id = camera_id(&source, cameras.len());
        let mut number = cameras.len();
        while cameras.iter().any(|other| other.id == id) {
            number += 1;
            id = CameraId::numbered("camera", number);
        }
        cameras.push(CameraConfig::of_source((id, source)));
    }
    if cameras.len() > CAMERAS_MAX {
        return Err(Refusal(format!("{} sources: expected at most {CAMERAS_MAX}", cameras.len())));
    }
    Ok(cameras)
}

/// The file's name without its ending, in the characters that a camera's name may have.
fn camera_id(source: &SourceConfig, index: usize) -> CameraId {
    let file = match source {
        SourceConfig::File(file) => file,
        SourceConfig::Test(_) => return CameraId::numbered("test", index + 1),
        SourceConfig::Rtsp(_) => return CameraId::numbered("camera", index + 1),
    };
    let stem = file.path.file_stem().unwrap_or_default().to_string_lossy();
    let allowed = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' }
    };
    let name: String = stem.chars().map(allowed).take(NAME_BYTES_MAX).collect();
    CameraId::new(&name).unwrap_or_else(|_| CameraId::numbered("camera", index + 1))
}

/// Opens a camera; what is wrong with it is a refusal.
pub(crate) fn open_camera(
    camera: &CameraConfig,
    realtime: bool,
    clock: &Arc<dyn Clock>,
) -> Result<OpenCamera, Refusal> {
    let view = camera.view.build().map_err(|problem| Refusal(problem.to_string()))?;
    let CameraConfig { id, source, .. } = camera;
    let options = ovr_capture::Options { realtime, ..ovr_capture::Options::default() };
    let opened = ovr_capture::open_source(id.clone(), source, options, Arc::clone(clock))?;
    let when_full = if realtime || source.is_live() { WhenFull::DropOldest } else { WhenFull::Wait };
    Ok(OpenCamera { id: id.clone(), name: source.name(), source: opened, when_full, view })
}

/// What all cameras share.
#[derive(Clone)]
pub(crate) struct Common {
    pub(crate) site: SiteId,
    pub(crate) vision: Shared<Vision>,
    pub(crate) tuning: Shared<Tuning>,
    pub(crate) stages: Arc<Stages>,
    pub(crate) board: Arc<Board>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Common {
    pub(crate) fn new(
        config: &Config,
        vision: Arc<Vision>,
        stages: Arc<Stages>,
        board: Arc<Board>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let tuning = Arc::new(Tuning::of(config));
        let site = config.host.site.clone();
        Self { site, vision: Shared::new(vision), tuning: Shared::new(tuning), stages, board, clock }
    }
}

/// The second thread of a camera, not started.
pub(crate) fn camera_room(
    camera: &OpenCamera,
    common: &Common,
    out: SyncSender<Emission>,
) -> anyhow::Result<CameraRoom> {
    let OpenCamera { id, view, .. } = camera;
    let (tuning, vision) = (common.tuning.reader(), common.vision.reader());
    let Tuning { detection, tracker, assemble } = tuning.seen().as_ref();
    let (site, digests) = (common.site.clone(), vision.seen().digests());
    let assembler = Assembler::new(*assemble, site, id.clone(), digests);
    let queue = Arc::new(FrameQueue::new(detection.queue_frames, camera.when_full));
    let about = About {
        id: id.clone(),
        source: camera.name.clone(),
        view: view.clone(),
        link: camera.source.link(),
        facts: camera.video().cloned(),
    };
    Ok(CameraRoom {
        camera: id.clone(),
        card: Arc::new(Card::new(about, Arc::clone(&queue), Arc::clone(&common.clock))),
        queue,
        tracker: ByteTrack::new(*tracker).context("setting up the tracker")?,
        assembler: assembler.context("setting up the assembler")?.with_lanes(view.lanes.clone()),
        view: view.clone(),
        cadence: Cadence::new(detection.per_second, detection.per_second_reading),
        thinning: Thinning::of(camera.when_full),
        motion: MotionGate::default(),
        looked: None,
        follows: false,
        session: vision.seen().session(),
        vision,
        tuning,
        stages: Arc::clone(&common.stages),
        clock: Arc::clone(&common.clock),
        out,
        attention: Attention::default(),
        tracked: None,
        counts: CameraCounts::default(),
    })
}

/// Detector and reader for single pictures.
pub(crate) fn still_reader(config: &Config) -> Result<StillReader, Refusal> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    Ok(Models::still_reader(config, &clock)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cameras_of_a_command_line_are_named_after_their_files() {
        let named =
            ["a/Gate 1.mp4", "b/Gate 1.mkv", "test:64x64@5", "ü.mp4", "camera-2.mp4"].map(str::to_owned);
        let ids: Vec<String> =
            cameras_named(&named).unwrap().into_iter().map(|camera| camera.id.to_string()).collect();
        assert_eq!(ids, ["Gate_1", "camera-2", "test-3", "_", "camera-5"]);
        let refusal = cameras_named(&["test:nonsense".to_owned()]).unwrap_err();
        assert!(refusal.0.contains("test:WIDTHxHEIGHT@FPS"), "{}", refusal.0);
    }
}
