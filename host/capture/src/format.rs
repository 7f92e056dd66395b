//! What the caps of a stream say of its pictures.

use gstreamer as gst;
use gstreamer_video as gst_video;

/// Caps of the last sample and what they say; a stream may change its size.
#[derive(Debug, Default)]
pub(crate) struct Format(Option<(gst::Caps, gst_video::VideoInfo)>);

impl Format {
    /// What `caps` say. The error is what is wrong.
    pub(crate) fn of(&mut self, caps: gst::Caps) -> Result<gst_video::VideoInfo, String> {
        if let Some((known, info)) = &self.0
            && *known == caps
        {
            return Ok(info.clone());
        }
        let info = gst_video::VideoInfo::from_caps(&caps)
            .map_err(|error| format!("a frame in a format that is not known: {error}"))?;
        self.0 = Some((caps, info.clone()));
        Ok(info)
    }

    /// What the last caps said.
    pub(crate) fn info(&self) -> Option<&gst_video::VideoInfo> {
        self.0.as_ref().map(|(_, info)| info)
    }

    /// Frames a second that the last caps state; nothing when they do not or it varies.
    pub(crate) fn fps(&self) -> Option<f64> {
        let fps = self.info().map(gst_video::VideoInfo::fps)?;
        (fps.numer() > 0 && fps.denom() > 0).then(|| f64::from(fps.numer()) / f64::from(fps.denom()))
    }
}
