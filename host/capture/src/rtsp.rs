//! A network camera: the typed configuration.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::{RtspAddress, Scheme};
use crate::credentials::Credentials;

/// Most milliseconds that packets wait for those before them.
const LATENCY_MS_MAX: u32 = 10_000;
/// Shortest and longest stall or freeze that is waited for, in milliseconds.
const SILENCE_MS: std::ops::RangeInclusive<u32> = 500..=3_600_000;

/// A camera that is spoken to by RTSP. Codecs: H.264, H.265 and MJPEG.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RtspConfig {
    /// `rtsp://HOST[:PORT]/PATH` or `rtsps://...`, without user and password. The camera's own path says which of its
    /// streams is meant.
    #[schemars(with = "String")]
    pub address: RtspAddress,
    /// How the pictures travel.
    #[serde(default)]
    pub transport: Transport,
    /// User and password, for cameras that ask for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
    /// How the certificate of an `rtsps` camera is checked.
    #[serde(default, skip_serializing_if = "Tls::is_default")]
    pub tls: Tls,
    /// Milliseconds that packets wait for those before them, 0 to 10000.
    #[serde(default = "latency_ms")]
    pub latency_ms: u32,
    /// What decodes the pictures.
    #[serde(default)]
    pub decoder: DecoderChoice,
    /// No frame for so many milliseconds is a stall, 500 to 3600000. It must be longer than the longest gap between two
    /// frames.
    #[serde(default = "stall_timeout_ms")]
    pub stall_timeout_ms: u32,
    /// The very same picture for so many milliseconds is a stall, too, 500 to 3600000; null never looks.
    #[serde(default = "freeze_timeout_ms")]
    pub freeze_timeout_ms: Option<u32>,
}

/// How the pictures travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Inside of the RTSP connection; nothing is lost on the way.
    #[default]
    Tcp,
    /// In packets of their own, which may be lost, and which rtsps does not protect.
    Udp,
}

/// How the certificate of an `rtsps` camera is checked. Without anything, against the machine's own authorities.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Authorities that are trusted instead of the machine's own: a file of certificates in PEM. The self-signed
    /// certificate of a camera may stand there itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Any certificate is taken: who is in between can read the pictures and the password.
    #[serde(default)]
    pub insecure: bool,
}

impl Tls {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What decodes the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecoderChoice {
    /// The first that is there of: Jetson's, NVDEC, VA-API, V4L2, software.
    #[default]
    Auto,
    /// The processor.
    Software,
    /// An NVIDIA graphics card, or the decoder of a Jetson.
    Nvdec,
    /// A decoder that the kernel drives.
    V4l2,
    /// An Intel or AMD graphics card.
    Vaapi,
}

fn latency_ms() -> u32 {
    200
}

fn stall_timeout_ms() -> u32 {
    4_000
}

#[expect(clippy::unnecessary_wraps, reason = "it is the default of a field that may be null")]
fn freeze_timeout_ms() -> Option<u32> {
    Some(5_000)
}

impl RtspConfig {
    /// A camera at an address, everything else as it is by default.
    pub fn new(address: RtspAddress) -> Self {
        Self {
            address,
            transport: Transport::default(),
            credentials: None,
            tls: Tls::default(),
            latency_ms: latency_ms(),
            decoder: DecoderChoice::default(),
            stall_timeout_ms: stall_timeout_ms(),
            freeze_timeout_ms: freeze_timeout_ms(),
        }
    }

    /// No frame for so long is a stall.
    pub fn stall_timeout(&self) -> Duration {
        Duration::from_millis(self.stall_timeout_ms.into())
    }

    /// The same picture for so long is a stall.
    pub fn freeze_timeout(&self) -> Option<Duration> {
        self.freeze_timeout_ms.map(|ms| Duration::from_millis(ms.into()))
    }

    pub(crate) fn wrong(&self) -> Option<String> {
        if self.latency_ms > LATENCY_MS_MAX {
            return Some(format!("latency_ms must be 0 to {LATENCY_MS_MAX}"));
        }
        let (least, most) = (SILENCE_MS.start(), SILENCE_MS.end());
        if !SILENCE_MS.contains(&self.stall_timeout_ms) {
            return Some(format!("stall_timeout_ms must be {least} to {most}"));
        }
        if self.freeze_timeout_ms.is_some_and(|ms| !SILENCE_MS.contains(&ms)) {
            return Some(format!("freeze_timeout_ms must be {least} to {most}, or null"));
        }
        if self.address.scheme() == Scheme::Rtsp && !self.tls.is_default() {
            return Some(
                "tls is given but the address is not rtsps://: use rtsps, or leave tls out".to_owned(),
            );
        }
        if self.address.scheme() == Scheme::Rtsps && self.transport == Transport::Udp {
            return Some(
                "rtsps protects what travels inside of the connection, and the packets of udp do not: use transport tcp, or \
                     rtsp where anybody may look on"
                    .to_owned(),
            );
        }
        if self.tls.insecure && self.tls.ca_file.is_some() {
            return Some("tls.insecure takes any certificate: leave ca_file or insecure out".to_owned());
        }
        self.credentials.as_ref().and_then(Credentials::wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SourceConfig;

    fn of(json: &str) -> Result<SourceConfig, String> {
        let source: SourceConfig = serde_json::from_str(json).map_err(|error| error.to_string())?;
        source.validate().map_err(|error| error.to_string())?;
        Ok(source)
    }

    #[test]
    fn a_camera_needs_an_address_and_the_rest_has_defaults() {
        let SourceConfig::Rtsp(camera) = of(r#"{"rtsp":{"address":"rtsp://cam/1"}}"#).unwrap() else {
            panic!("no camera")
        };
        assert_eq!(camera, RtspConfig::new("rtsp://cam/1".parse().unwrap()));
        assert_eq!((camera.transport, camera.decoder), (Transport::Tcp, DecoderChoice::Auto));
        assert_eq!(
            (camera.stall_timeout().as_secs(), camera.freeze_timeout()),
            (4, Some(Duration::from_secs(5)))
        );
        let off = of(r#"{"rtsp":{"address":"rtsp://cam/1","freeze_timeout_ms":null}}"#).unwrap();
        assert!(matches!(&off, SourceConfig::Rtsp(camera) if camera.freeze_timeout().is_none()));
        let back: SourceConfig = serde_json::from_str(&serde_json::to_string(&off).unwrap()).unwrap();
        assert_eq!(back, off);
        assert!(off.is_live());
        assert_eq!(off.name(), "rtsp://cam/1");
        assert_eq!("rtsp://cam/1".parse::<SourceConfig>(), Ok(SourceConfig::Rtsp(camera)));
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for (json, says) in [
            (r#"{"rtsp":{"address":"rtsp://cam/1","latency_ms":20000}}"#, "latency_ms"),
            (r#"{"rtsp":{"address":"rtsp://cam/1","stall_timeout_ms":1}}"#, "stall_timeout_ms"),
            (r#"{"rtsp":{"address":"rtsp://cam/1","freeze_timeout_ms":0}}"#, "freeze_timeout_ms"),
            (r#"{"rtsp":{"address":"rtsp://cam/1","tls":{"insecure":true}}}"#, "rtsps"),
            (r#"{"rtsp":{"address":"rtsps://cam/1","tls":{"insecure":true,"ca_file":"a"}}}"#, "insecure"),
            (r#"{"rtsp":{"address":"rtsps://cam/1","transport":"udp"}}"#, "use transport tcp"),
            (r#"{"rtsp":{"address":"rtsps://cam/1","tls":{"insecure":true,"verify":false}}}"#, "verify"),
            (r#"{"rtsp":{"address":"rtsp://a:canary@cam/1"}}"#, "credentials"),
            (r#"{"rtsp":{"address":"rtsp://cam/1","pipeline":"fakesink"}}"#, "pipeline"),
            (r#"{"rtsp":{"address":"rtsp://cam/1","transport":"multicast"}}"#, "multicast"),
        ] {
            let line = of(json).unwrap_err();
            assert!(line.contains(says) && !line.contains("canary"), "{json}: {line}");
        }
        assert!("http://cam/1".parse::<SourceConfig>().is_err());
        for text in ["rtsp://a:canary@cam/1", "rtsp:/a:canary@cam/1", "RTSP:a:canary@cam/1"] {
            let line = text.parse::<SourceConfig>().unwrap_err().to_string();
            assert!(!line.contains("canary"), "{text}: {line}");
        }
    }
}
