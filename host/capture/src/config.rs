//! Which source: the typed configuration, and its text form for the command line.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::RtspAddress;
use crate::error::Error;
use crate::rtsp::RtspConfig;

/// Smallest width or height of a test pattern, in pixels.
const TEST_SIDE_MIN: u32 = 16;
/// Largest width or height of a test pattern, in pixels.
const TEST_SIDE_MAX: u32 = 7_680;
/// Most frames a second of a test pattern.
const TEST_FPS_MAX: u32 = 240;
/// Most frames of a test pattern: GStreamer counts them in 31 bits.
const TEST_FRAMES_MAX: u64 = 0x7fff_ffff;

/// Where the frames of a camera come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SourceConfig {
    /// A video file.
    File(FileConfig),
    /// A moving pattern that the program draws itself.
    Test(TestConfig),
    /// A network camera.
    Rtsp(RtspConfig),
}

/// A video file in any container and codec that GStreamer knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileConfig {
    /// The file; relative to `root` when there is one.
    pub path: PathBuf,
    /// The file must lie under this folder, also after symbolic links and `..` have been followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<PathBuf>,
}

/// A pattern that the program draws itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestConfig {
    /// What is drawn.
    #[serde(default)]
    pub pattern: Pattern,
    /// Width in pixels, 16 to 7680.
    pub width: u32,
    /// Height in pixels, 16 to 7680.
    pub height: u32,
    /// Frames a second, 1 to 240.
    pub fps: u32,
    /// Ends after so many frames; without it the source never ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames: Option<u64>,
}

/// What a test source draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// A ball that moves over black.
    #[default]
    Ball,
    /// Colour bars with noise in a corner.
    Smpte,
    /// Noise.
    Snow,
    /// Black.
    Black,
    /// White.
    White,
    /// Checkers of 8 pixels.
    Checkers,
}

impl Pattern {
    /// GStreamer's name of the pattern.
    pub(crate) fn nick(self) -> &'static str {
        match self {
            Self::Ball => "ball",
            Self::Smpte => "smpte",
            Self::Snow => "snow",
            Self::Black => "black",
            Self::White => "white",
            Self::Checkers => "checkers-8",
        }
    }
}

impl SourceConfig {
    /// The source in a few words, without credentials: the file's path as it was given, `test:WIDTHxHEIGHT@FPS`,
    /// or the address without what may be a secret.
    pub fn name(&self) -> String {
        match self {
            Self::File(file) => file.path.display().to_string(),
            Self::Test(test) => match test.frames {
                Some(frames) => format!("test:{}x{}@{}/{frames}", test.width, test.height, test.fps),
                None => format!("test:{}x{}@{}", test.width, test.height, test.fps),
            },
            Self::Rtsp(camera) => camera.address.to_string(),
        }
    }

    /// True when frames come at their own pace and a consumer that is late has to lose some: a network
    /// camera, but neither a file nor a test pattern.
    pub fn is_live(&self) -> bool {
        match self {
            Self::File(_) | Self::Test(_) => false,
            Self::Rtsp(_) => true,
        }
    }

    /// Checks what can be checked without opening anything.
    pub fn validate(&self) -> Result<(), Error> {
        let wrong = match self {
            Self::File(file) if file.path.as_os_str().is_empty() => Some("the path is empty".to_owned()),
            Self::File(_) => None,
            Self::Test(test) => test.wrong(),
            Self::Rtsp(camera) => camera.wrong(),
        };
        match wrong {
            None => Ok(()),
            Some(reason) => Err(Error::Source { text: self.name(), reason }),
        }
    }
}

impl TestConfig {
    fn wrong(&self) -> Option<String> {
        let sides = TEST_SIDE_MIN..=TEST_SIDE_MAX;
        if !sides.contains(&self.width) || !sides.contains(&self.height) {
            return Some(format!("width and height must be {TEST_SIDE_MIN} to {TEST_SIDE_MAX}"));
        }
        if !(1..=TEST_FPS_MAX).contains(&self.fps) {
            return Some(format!("fps must be 1 to {TEST_FPS_MAX}"));
        }
        match self.frames {
            Some(frames) if !(1..=TEST_FRAMES_MAX).contains(&frames) => {
                Some(format!("frames must be 1 to {TEST_FRAMES_MAX}"))
            }
            _ => None,
        }
    }
}

impl FileConfig {
    /// Follows symbolic links and `..`, holds the result against the root, and checks that it is a file that can be
    /// read. The error is what is wrong.
    pub(crate) fn resolve(&self) -> Result<PathBuf, String> {
        let path = match &self.root {
            Some(root) => canonical(&root.join(&self.path))?,
            None => canonical(&self.path)?,
        };
        if let Some(root) = &self.root {
            let root = canonical(root).map_err(|why| format!("its root {}: {why}", root.display()))?;
            if !path.starts_with(&root) {
                return Err(format!("it lies outside of its root {}", root.display()));
            }
        }
        let kind = fs::metadata(&path).map_err(|error| why(&error))?;
        if kind.is_dir() {
            return Err("it is a folder: expected a video file".to_owned());
        }
        if !kind.is_file() {
            return Err("it is a device or a pipe: expected a video file".to_owned());
        }
        fs::File::open(&path).map_err(|error| why(&error))?;
        Ok(path)
    }
}

fn canonical(path: &Path) -> Result<PathBuf, String> {
    fs::canonicalize(path).map_err(|error| why(&error))
}

fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        _ => error.to_string(),
    }
}

impl FromStr for SourceConfig {
    type Err = Error;

    /// `test:WIDTHxHEIGHT@FPS`, with `/FRAMES` behind it when it shall end, `rtsp://...` or `rtsps://...`
    /// without credentials, or the path of a file.
    fn from_str(text: &str) -> Result<Self, Error> {
        let source = if let Some(pattern) = text.strip_prefix("test:") {
            let expected = "expected test:WIDTHxHEIGHT@FPS such as test:1280x720@25, or test:1280x720@25/500 for 500 \
                            frames";
            let refusal = || Error::Source { text: text.to_owned(), reason: expected.to_owned() };
            Self::Test(test_of(pattern).ok_or_else(refusal)?)
        } else if text.contains("://") || is_like_an_address(text) {
            Self::Rtsp(RtspConfig::new(text.parse::<RtspAddress>()?))
        } else {
            Self::File(FileConfig { path: PathBuf::from(text), root: None })
        };
        source.validate()?;
        Ok(source)
    }
}

/// Whether a text without `://` was still meant to be an address, so that a password in it is not taken for a part of a
/// file's name and shown.
fn is_like_an_address(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| matches!(scheme.as_str(), "rtsp" | "rtsps" | "http" | "https"))
}

fn test_of(text: &str) -> Option<TestConfig> {
    let (size, rate) = text.split_once('@')?;
    let (width, height) = size.split_once('x')?;
    let (fps, frames) = match rate.split_once('/') {
        Some((fps, frames)) => (fps, Some(frames.parse().ok()?)),
        None => (rate, None),
    };
    Some(TestConfig {
        pattern: Pattern::default(),
        width: width.parse().ok()?,
        height: height.parse().ok()?,
        fps: fps.parse().ok()?,
        frames,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(path: &Path, root: Option<&Path>) -> FileConfig {
        FileConfig { path: path.to_owned(), root: root.map(Path::to_owned) }
    }

    #[test]
    fn a_source_has_a_text_form_and_a_structured_one() {
        let test: SourceConfig = "test:640x480@25/7".parse().unwrap();
        assert_eq!(test.name(), "test:640x480@25/7");
        let json = r#"{"test":{"pattern":"snow","width":640,"height":480,"fps":25,"frames":7}}"#;
        let SourceConfig::Test(from_json) = serde_json::from_str(json).unwrap() else {
            panic!("no test source")
        };
        assert_eq!((from_json.pattern, from_json.frames), (Pattern::Snow, Some(7)));
        let json = r#"{"file":{"path":"a.mp4","root":"/videos"}}"#;
        let from_json: SourceConfig = serde_json::from_str(json).unwrap();
        assert_eq!(from_json, SourceConfig::File(file(Path::new("a.mp4"), Some(Path::new("/videos")))));
        assert_eq!("a.mp4".parse(), Ok(SourceConfig::File(file(Path::new("a.mp4"), None))));
    }

    #[test]
    fn unknown_keys_and_impossible_patterns_are_refused() {
        for json in [
            r#"{"file":{"path":"a.mp4","pipeline":"filesrc ! fakesink"}}"#,
            r#"{"pipeline":"videotestsrc"}"#,
            r#"{"test":{"width":64,"height":64,"fps":5,"location":"/"}}"#,
        ] {
            assert!(serde_json::from_str::<SourceConfig>(json).is_err(), "{json} was taken");
        }
        for text in
            ["", "test:", "test:640@25", "test:640x480", "test:8x8@25", "test:640x480@0", "test:64x64@5/0"]
        {
            assert!(text.parse::<SourceConfig>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn a_path_that_leaves_its_root_is_refused_also_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (root, outside) = (folder.path().join("root"), folder.path().join("secret.mp4"));
        fs::create_dir(&root).unwrap();
        fs::write(&outside, "x").unwrap();
        fs::write(root.join("a.mp4"), "x").unwrap();
        std::os::unix::fs::symlink(&outside, root.join("link.mp4")).unwrap();
        let resolve = |path: &str| file(Path::new(path), Some(&root)).resolve();
        assert!(resolve("a.mp4").is_ok());
        assert!(resolve("../root/a.mp4").is_ok(), "it ends inside the root");
        for escape in ["../secret.mp4", "link.mp4", outside.to_str().unwrap()] {
            assert!(resolve(escape).unwrap_err().contains("outside"), "{escape} was taken");
        }
        assert!(file(&outside, None).resolve().is_ok(), "a file of the command line needs no root");
        assert_eq!(resolve("b.mp4"), Err("no such file".to_owned()));
        assert!(resolve(".").unwrap_err().contains("folder"));
    }

    proptest! {
        #[test]
        fn any_text_is_a_source_or_an_error(text in "(test:)?[0-9x@/]{0,24}") {
            if let Ok(source) = text.parse::<SourceConfig>() {
                prop_assert_eq!(source.name().parse::<SourceConfig>(), Ok(source));
            }
        }
    }
}
