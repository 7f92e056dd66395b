//! Session descriptions (RFC 8866), with what decoders need before the first packet.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::media::{Codec, Video};
use super::packet::{CLOCK_HZ, payload_type};

/// What is behind a mount's address in the address of its only track.
pub(super) const TRACK: &str = "/trackID=0";

/// How a description lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    None,
    NoVideo,
    UnknownCodec,
}

pub(super) fn describe(video: &Video, lie: Lie) -> Vec<u8> {
    let session = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*"];
    let mut lines: Vec<String> = session.map(str::to_owned).to_vec();
    lines.push("a=range:npt=now-".to_owned());
    match lie {
        Lie::NoVideo => lines.extend(["m=audio 0 RTP/AVP 0", "a=rtpmap:0 PCMU/8000"].map(str::to_owned)),
        Lie::UnknownCodec => {
            lines.push("m=video 0 RTP/AVP 96".to_owned());
            lines.push(format!("a=rtpmap:96 X-NOBODY-KNOWS/{CLOCK_HZ}"));
        }
        Lie::None => lines.extend(media(video)),
    }
    lines.push("a=control:trackID=0".to_owned());
    lines.iter().flat_map(|line| [line.as_bytes(), b"\r\n"]).flatten().copied().collect()
}

fn media(video: &Video) -> Vec<String> {
    let kind = payload_type(video.codec());
    let (name, format) = match video.codec() {
        Codec::H264 => ("H264", Some(h264(video))),
        Codec::H265 => ("H265", Some(h265(video))),
        Codec::Mjpeg => ("JPEG", None),
    };
    let mut lines = vec![format!("m=video 0 RTP/AVP {kind}"), format!("a=rtpmap:{kind} {name}/{CLOCK_HZ}")];
    lines.extend(format.map(|format| format!("a=fmtp:{kind} {format}")));
    let rate = video.units().len() as f64 / video.span().as_secs_f64();
    lines.push(format!("a=framerate:{rate:.3}"));
    lines
}

/// Parameter sets of a type, in base64 with commas between them.
fn encoded(video: &Video, kind: u8) -> String {
    let sets = video.parameter_sets().iter().filter(|nal| video.codec().nal_type(nal) == Some(kind));
    sets.map(|nal| STANDARD.encode(nal)).collect::<Vec<_>>().join(",")
}

fn h264(video: &Video) -> String {
    let sets: Vec<String> =
        [7, 8].into_iter().map(|kind| encoded(video, kind)).filter(|text| !text.is_empty()).collect();
    let profile = video.parameter_sets().iter().find_map(|nal| match nal.as_slice() {
        [header, profile, constraints, level, ..] if header & 0x1F == 7 => {
            Some(format!("profile-level-id={profile:02X}{constraints:02X}{level:02X};"))
        }
        _ => None,
    });
    format!("packetization-mode=1;{}sprop-parameter-sets={}", profile.unwrap_or_default(), sets.join(","))
}

fn h265(video: &Video) -> String {
    let named = [("sprop-vps", 32), ("sprop-sps", 33), ("sprop-pps", 34)];
    named.map(|(name, kind)| format!("{name}={}", encoded(video, kind))).join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(video: &Video, lie: Lie) -> String {
        String::from_utf8(describe(video, lie)).unwrap()
    }

    #[test]
    fn a_description_says_codec_profile_and_parameter_sets() {
        let stream = [0, 0, 1, 0x67, 0x42, 0xC0, 0x1E, 0, 0, 1, 0x68, 0xCE, 0, 0, 1, 0x65, 0x88, 0x10];
        let video = Video::from_annex_b(Codec::H264, &stream, 5).unwrap();
        let sdp = text(&video, Lie::None);
        assert!(sdp.contains("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"), "{sdp}");
        let format =
            "a=fmtp:96 packetization-mode=1;profile-level-id=42C01E;sprop-parameter-sets=Z0LAHg==,aM4=\r\n";
        assert!(sdp.contains(format), "{sdp}");
        assert!(sdp.contains("a=framerate:5.000\r\n") && sdp.ends_with("a=control:trackID=0\r\n"), "{sdp}");
        assert!(!text(&video, Lie::NoVideo).contains("m=video"));
        assert!(!text(&video, Lie::UnknownCodec).contains("H264"));
    }

    #[test]
    fn h265_names_each_kind_of_parameter_set() {
        let stream = [0, 0, 1, 0x40, 1, 9, 0, 0, 1, 0x42, 1, 9, 0, 0, 1, 0x44, 1, 9, 0, 0, 1, 0x26, 1, 0x80];
        let video = Video::from_annex_b(Codec::H265, &stream, 25).unwrap();
        let sdp = text(&video, Lie::None);
        assert!(sdp.contains("a=fmtp:96 sprop-vps=QAEJ;sprop-sps=QgEJ;sprop-pps=RAEJ\r\n"), "{sdp}");
    }
}
