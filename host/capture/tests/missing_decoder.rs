//! Alone in its process, because it takes decoders away from all tests beside it.

mod common;

use common::{read, write_clip};
use gstreamer as gst;
use gstreamer::prelude::*;
use ovr_domain::port::SourceError;

#[test]
fn a_codec_that_no_plugin_decodes_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    write_clip(&path, (160, 96), 25, 10);
    let h264 = gst::Caps::builder("video/x-h264").build();
    let decoders =
        gst::ElementFactory::factories_with_type(gst::ElementFactoryType::DECODER, gst::Rank::NONE);
    for decoder in decoders.iter().filter(|decoder| decoder.can_sink_any_caps(&h264)) {
        decoder.set_rank(gst::Rank::NONE);
    }
    let (_, end) = read(&path);
    let Err(SourceError::NoVideo { reason, .. }) = end else { panic!("{end:?}") };
    assert!(reason.contains("H.264"), "{reason}");
}
