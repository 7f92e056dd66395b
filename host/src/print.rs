//! How the program speaks: one line for what is wrong, colour only on a terminal.

use std::fmt;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use image::ImageDecoder as _;
use indicatif::{ProgressBar, ProgressStyle};
use ovr_domain::RgbImage;
use ovr_domain::port::SourceError;
use tracing_subscriber::EnvFilter;

/// The configuration or an argument is wrong: exit code 2. Says what, where and what would be right.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

/// Whoever named a source that cannot be played is told so.
impl From<SourceError> for Refusal {
    fn from(error: SourceError) -> Self {
        Self(error.to_string())
    }
}

/// What `info` stands for: what the libraries below say of their work at this level interests nobody who runs cameras.
/// Targets are compared by how they begin, so that `ovr` is every crate of ours.
const INFO: &str = "warn,ovr=info";

fn log_filter(text: &str) -> Result<EnvFilter, Refusal> {
    let meant = if text.trim().eq_ignore_ascii_case("info") { INFO } else { text };
    EnvFilter::try_new(meant).map_err(|error| {
        Refusal(format!("--log {text}: {error}; expected error, warn, info, debug, or warn,ovr_events=debug"))
    })
}

/// Logs go to standard error, so that standard output carries events alone.
pub(crate) fn init_logs(filter: &str) -> Result<(), Refusal> {
    let filter = log_filter(filter)?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    Ok(())
}

/// Prints a refusal and gives its exit code.
pub(crate) fn refuse(refusal: &Refusal) -> ExitCode {
    say_error(&refusal.to_string());
    ExitCode::from(2)
}

/// Prints why the program ends and gives the exit code: 2 for a refusal, 1 for everything else.
pub(crate) fn fail(error: &anyhow::Error) -> ExitCode {
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        return refuse(refusal);
    }
    say_error(&format!("{error:#}"));
    ExitCode::from(1)
}

fn say_error(text: &str) {
    let line = text.replace('\n', " ");
    let head = if std::io::stderr().is_terminal() { "\x1b[31merror:\x1b[0m" } else { "error:" };
    note(&format!("{head} {line}"));
}

/// A line on standard error, for people. A closed standard error is no reason to end.
pub(crate) fn note(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// A line on standard output. False when nobody reads it any more.
pub(crate) fn out(line: &str) -> bool {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).is_ok()
}

/// A bar for work that takes a while, on a terminal; elsewhere one line that it has begun.
pub(crate) fn progress(work: &'static str, steps: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        note(work);
    }
    let style = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} {eta}");
    ProgressBar::new(steps)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_message(work)
}

/// Largest picture that is read, in pixels of each side.
const IMAGE_SIDE_MAX: u32 = ovr_domain::pixels::SIDE_MAX;

/// Loads a PNG, JPEG or WebP picture, upright as its EXIF orientation says.
pub(crate) fn load_image(path: &Path) -> Result<RgbImage, Refusal> {
    let name = path.display();
    let fail = |error: &dyn fmt::Display| {
        Refusal(format!("{name}: cannot read it: {error}; expected a PNG, JPEG or WebP picture"))
    };
    let mut reader = image::ImageReader::open(path)
        .and_then(image::ImageReader::with_guessed_format)
        .map_err(|error| fail(&error))?;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(IMAGE_SIDE_MAX);
    limits.max_image_height = Some(IMAGE_SIDE_MAX);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(|error| fail(&error))?;
    // The decoder's own copy of the limits knows nothing of the pixels that are asked of it.
    limits.reserve(decoder.total_bytes()).map_err(|error| fail(&error))?;
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = image::DynamicImage::from_decoder(decoder).map_err(|error| fail(&error))?;
    picture.apply_orientation(orientation);
    let rgb = picture.into_rgb8();
    let (width, height) = rgb.dimensions();
    Ok(RgbImage { width, height, data: rgb.into_raw() })
}

/// Lines that may wait for whoever reads standard output.
const LINES_MAX: usize = 1_024;

/// Prints on a thread of its own, because whoever reads standard output may be slow or have stopped.
pub(crate) struct Printer {
    lines: SyncSender<String>,
    thread: JoinHandle<()>,
}

/// What a printer does when its reader does not keep up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenSlow {
    /// The caller waits: a file can.
    Wait,
    /// The line is left out, and that is said once: cameras cannot wait, and every event is in the store.
    LeaveOut,
}

impl Printer {
    pub(crate) fn start() -> std::io::Result<Self> {
        let (lines, waiting) = sync_channel::<String>(LINES_MAX);
        let thread = std::thread::Builder::new().name("print".to_owned()).spawn(move || {
            for line in waiting {
                out(&line);
            }
        })?;
        Ok(Self { lines, thread })
    }

    /// A function that prints a line.
    pub(crate) fn line(&self, when_slow: WhenSlow) -> impl FnMut(String) + Send + 'static {
        let lines = self.lines.clone();
        let mut warned = false;
        move |line| {
            // Nobody is there to take the line once the thread has ended, which it does not before its senders.
            if when_slow == WhenSlow::Wait {
                let _ = lines.send(line);
            } else if let Err(TrySendError::Full(_)) = lines.try_send(line)
                && !warned
            {
                warned = true;
                tracing::warn!(
                    "standard output is not read fast enough: lines are left out, the store has all events"
                );
            }
        }
    }

    /// Waits until everything is printed; the senders must be gone.
    pub(crate) fn finish(self) {
        drop(self.lines);
        if self.thread.join().is_err() {
            tracing::error!("the thread that prints panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn info_is_ours_and_a_filter_that_names_others_has_them() {
        let logged = |filter: &str| {
            let (sender, lines) = sync_channel(1_000);
            let writer = move || Line(sender.clone());
            let builder = tracing_subscriber::fmt().with_env_filter(log_filter(filter).unwrap());
            tracing::subscriber::with_default(builder.with_ansi(false).with_writer(writer).finish(), || {
                tracing::info!(target: "ort", "library");
                tracing::warn!(target: "ort", "trouble below");
                tracing::info!(target: "ovr_alpr::app", "camera ended");
                tracing::info!(target: "ovr_capture", "camera streams");
                tracing::debug!(target: "ovr_capture", "detail");
            });
            let has = |text: &str, lines: &[String]| lines.iter().any(|line| line.contains(text));
            let lines: Vec<String> = lines.try_iter().collect();
            ["library", "trouble", "ended", "streams", "detail"].map(|text| has(text, &lines))
        };
        assert_eq!(logged("info"), [false, true, true, true, false]);
        assert_eq!(logged("info,ort=info"), [true, true, true, true, false]);
        assert_eq!(logged("warn"), [false, true, false, false, false]);
        assert_eq!(logged("debug"), [true; 5]);
        assert!(log_filter("ovr=loud").is_err());
    }

    /// Sends what is written to it.
    struct Line(SyncSender<String>);

    impl std::io::Write for Line {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.try_send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_picture_is_turned_upright_and_one_of_too_many_pixels_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("turned.jpg");
        // EXIF orientation 6: the camera was turned by 90 degrees, so that width and height change places.
        let exif = [
            0xFF, 0xE1, 0, 34, b'E', b'x', b'i', b'f', 0, 0, b'M', b'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12,
            0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0,
        ];
        let mut jpeg = Vec::new();
        let pixels = image::RgbImage::from_pixel(40, 20, image::Rgb([200, 10, 10]));
        pixels.write_to(&mut std::io::Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).unwrap();
        jpeg.splice(2..2, exif);
        std::fs::write(&path, jpeg).unwrap();
        let image = load_image(&path).unwrap();
        assert_eq!((image.width, image.height), (20, 40));

        let path = dir.path().join("bomb.png");
        image::DynamicImage::ImageRgba16(image::ImageBuffer::new(9_000, 9_000)).save(&path).unwrap();
        let refusal = load_image(&path).unwrap_err().0;
        assert!(refusal.contains("bomb.png") && refusal.contains("emory"), "{refusal}");
    }
}
