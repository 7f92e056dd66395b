//! Which codec, and which element decodes it.

use crate::live::fault::LinkFault;
use crate::rtsp::DecoderChoice;

/// A codec that is decoded here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    H264,
    H265,
    Mjpeg,
}

impl Codec {
    /// By the name that RTP gives it (RFC 6184, RFC 7798, RFC 2435).
    pub(crate) fn of_encoding(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "H264" => Some(Self::H264),
            "H265" => Some(Self::H265),
            "JPEG" => Some(Self::Mjpeg),
            _ => None,
        }
    }

    /// The field's own name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::H265 => "H.265",
            Self::Mjpeg => "MJPEG",
        }
    }

    /// What takes it out of RTP, and what finds its pictures.
    pub(crate) fn front(self) -> &'static [&'static str] {
        match self {
            Self::H264 => &["rtph264depay", "h264parse"],
            Self::H265 => &["rtph265depay", "h265parse"],
            Self::Mjpeg => &["rtpjpegdepay"],
        }
    }

    fn decoders(self) -> [(DecoderChoice, &'static [&'static str]); 5] {
        use DecoderChoice::{Nvdec, Software, V4l2, Vaapi};
        match self {
            Self::H264 => [
                (Nvdec, &["nvv4l2decoder", "nvh264dec"]),
                (Vaapi, &["vah264dec", "vaapih264dec"]),
                (V4l2, &["v4l2slh264dec", "v4l2h264dec"]),
                (Software, &["avdec_h264"]),
                (Software, &["openh264dec"]),
            ],
            Self::H265 => [
                (Nvdec, &["nvv4l2decoder", "nvh265dec"]),
                (Vaapi, &["vah265dec", "vaapih265dec"]),
                (V4l2, &["v4l2slh265dec", "v4l2h265dec"]),
                (Software, &["avdec_h265"]),
                (Software, &["libde265dec"]),
            ],
            Self::Mjpeg => [
                (Nvdec, &["nvjpegdec"]),
                (Vaapi, &["vajpegdec", "vaapijpegdec"]),
                (V4l2, &["v4l2jpegdec"]),
                (Software, &["jpegdec"]),
                (Software, &["avdec_mjpeg"]),
            ],
        }
    }
}

/// The first decoder that is there, is wanted, and has not failed before: hardware before software.
pub(crate) fn choose(
    codec: Codec,
    wanted: DecoderChoice,
    failed: &[String],
    exists: impl Fn(&str) -> bool,
) -> Result<&'static str, LinkFault> {
    let kinds = codec.decoders();
    let wanted_kinds = kinds.iter().filter(|(kind, _)| wanted == DecoderChoice::Auto || *kind == wanted);
    let names: Vec<&'static str> = wanted_kinds.flat_map(|(_, names)| names.iter().copied()).collect();
    let there: Vec<&'static str> = names.iter().copied().filter(|name| exists(name)).collect();
    let fresh = there.iter().find(|name| !failed.iter().any(|other| other == *name));
    // When every one has failed, the fault may have been the stream's: the last of them gets another try.
    fresh.or(there.last()).copied().ok_or_else(|| LinkFault::Decoder {
        reason: format!(
            "nothing that is installed decodes {} that way: install one of {}, or set decoder: auto",
            codec.name(),
            names.join(", ")
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(codec: Codec, wanted: DecoderChoice, there: &[&str], failed: &[&str]) -> Option<&'static str> {
        let failed: Vec<String> = failed.iter().map(|name| (*name).to_owned()).collect();
        choose(codec, wanted, &failed, |name| there.contains(&name)).ok()
    }

    #[test]
    fn hardware_comes_before_software_and_a_setting_before_both() {
        let there = ["avdec_h264", "openh264dec", "vah264dec", "nvh264dec"];
        assert_eq!(of(Codec::H264, DecoderChoice::Auto, &there, &[]), Some("nvh264dec"));
        assert_eq!(of(Codec::H264, DecoderChoice::Vaapi, &there, &[]), Some("vah264dec"));
        assert_eq!(of(Codec::H264, DecoderChoice::Software, &there, &[]), Some("avdec_h264"));
        assert_eq!(of(Codec::H264, DecoderChoice::V4l2, &there, &[]), None);
        assert_eq!(of(Codec::H265, DecoderChoice::Auto, &there, &[]), None);
        assert_eq!(
            of(Codec::H264, DecoderChoice::Auto, &["nvv4l2decoder", "nvh264dec"], &[]),
            Some("nvv4l2decoder")
        );
    }

    #[test]
    fn a_decoder_that_failed_gives_way_to_the_next() {
        let there = ["avdec_h265", "nvh265dec"];
        assert_eq!(of(Codec::H265, DecoderChoice::Auto, &there, &["nvh265dec"]), Some("avdec_h265"));
        assert_eq!(
            of(Codec::H265, DecoderChoice::Auto, &there, &["nvh265dec", "avdec_h265"]),
            Some("avdec_h265")
        );
        assert_eq!(of(Codec::H265, DecoderChoice::Nvdec, &there, &["nvh265dec"]), Some("nvh265dec"));
    }
}
