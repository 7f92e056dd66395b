//! A source of any kind, for those who do not care which.

use std::sync::Arc;

use ovr_domain::port::{FrameSource, SourceError};
use ovr_domain::time::Clock;
use ovr_domain::{CameraId, Frame};

use crate::config::SourceConfig;
use crate::live::link::Link;
use crate::live::source::LiveSource;
use crate::options::Options;
use crate::source::{VideoSource, open};

/// A source of any kind.
#[derive(Debug)]
pub enum Source {
    /// A file or a test pattern, opened, with its first frame decoded.
    Video(Box<VideoSource>),
    /// A network camera, not connected to yet.
    Live(Box<LiveSource>),
}

/// Opens a source of any kind. A file that is no video is refused here; a camera that is away is not, because it may
/// come back.
pub fn open_source(
    camera: CameraId,
    config: &SourceConfig,
    options: Options,
    clock: Arc<dyn Clock>,
) -> Result<Source, SourceError> {
    match config {
        SourceConfig::Rtsp(rtsp) => {
            LiveSource::new(camera, rtsp.clone(), options, clock).map(|source| Source::Live(Box::new(source)))
        }
        SourceConfig::File(_) | SourceConfig::Test(_) => {
            open(camera, config, options, clock).map(|source| Source::Video(Box::new(source)))
        }
    }
}

impl Source {
    /// The state of the link to a network camera, and the way to end it; nothing for files and test patterns.
    pub fn link(&self) -> Option<Link> {
        match self {
            Self::Video(_) => None,
            Self::Live(source) => Some(source.link()),
        }
    }
}

impl FrameSource for Source {
    fn next_frame(&mut self) -> Result<Option<Frame>, SourceError> {
        match self {
            Self::Video(source) => source.next_frame(),
            Self::Live(source) => source.next_frame(),
        }
    }
}
