//! How the program speaks: one line for what is wrong, colour only on a terminal.

use std::fmt;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use image::ImageDecoder as _;
use ovr_domain::RgbImage;
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

/// Logs go to standard error, so that standard output carries events alone.
pub(crate) fn init_logs(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
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
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| fail(&error))?;
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = image::DynamicImage::from_decoder(decoder).map_err(|error| fail(&error))?;
    picture.apply_orientation(orientation);
    let rgb = picture.into_rgb8();
    let (width, height) = rgb.dimensions();
    Ok(RgbImage { width, height, data: rgb.into_raw() })
}
