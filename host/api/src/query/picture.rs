//! From the query strings of a camera's picture and of its live stream to what is wanted.

use std::ops::RangeInclusive;

use super::{echo, once, pairs, refuse, unknown};
use crate::problem::Problem;

/// Longest side of a picture that may be asked for, in pixels.
pub(crate) const SIDE_PX: RangeInclusive<u32> = 64..=3840;
/// Longest side of one picture when nobody says how large, in pixels.
pub(crate) const STILL_SIDE_PX_DEFAULT: u32 = 1280;
/// Longest side of the pictures of a stream when nobody says how large, in pixels.
pub(crate) const LIVE_SIDE_PX_DEFAULT: u32 = 640;
/// Pictures a second of a stream.
pub(crate) const LIVE_FPS: RangeInclusive<u32> = 1..=5;
/// Pictures a second when nobody says how many.
pub(crate) const LIVE_FPS_DEFAULT: u32 = 2;

/// The parameters of one picture, in the order of the OpenAPI description.
pub(crate) const STILL_PARAMETERS: [&str; 2] = ["width", "overlay"];
/// The parameters of a stream, in the order of the OpenAPI description.
pub(crate) const LIVE_PARAMETERS: [&str; 3] = ["width", "overlay", "fps"];
/// The values of `overlay`.
const OVERLAYS: [&str; 2] = ["true", "false"];

/// Which picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StillQuery {
    pub(crate) side_px_max: u32,
    pub(crate) overlay: bool,
}

/// Which pictures, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LiveQuery {
    pub(crate) still: StillQuery,
    pub(crate) fps: u32,
}

/// What one picture is asked for.
pub(crate) fn parse_still(query: &str) -> Result<StillQuery, Problem> {
    parse(query, &STILL_PARAMETERS, STILL_SIDE_PX_DEFAULT).map(|asked| asked.still)
}

/// What a stream is asked for.
pub(crate) fn parse_live(query: &str) -> Result<LiveQuery, Problem> {
    parse(query, &LIVE_PARAMETERS, LIVE_SIDE_PX_DEFAULT)
}

fn parse(query: &str, known: &[&str], side_px_default: u32) -> Result<LiveQuery, Problem> {
    let [mut width, mut overlay, mut fps] = [const { None }; 3];
    for (name, value) in pairs(query, known)? {
        match name.as_ref() {
            "width" => once(&mut width, &name, &value)?,
            "overlay" => once(&mut overlay, &name, &value)?,
            _ => once(&mut fps, &name, &value)?,
        }
    }
    let side_px_max = whole("width", width.as_deref(), side_px_default, &SIDE_PX, "pixels")?;
    let fps = whole("fps", fps.as_deref(), LIVE_FPS_DEFAULT, &LIVE_FPS, "pictures a second")?;
    let overlay = match overlay.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => return Err(unknown("overlay", other, &OVERLAYS)),
    };
    Ok(LiveQuery { still: StillQuery { side_px_max, overlay }, fps })
}

fn whole(
    name: &str,
    text: Option<&str>,
    default: u32,
    range: &RangeInclusive<u32>,
    unit: &str,
) -> Result<u32, Problem> {
    let Some(text) = text else {
        return Ok(default);
    };
    let digits_only = text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits_only && range.contains(&number) => Ok(number),
        _ => refuse(format!(
            "{name} {} is out of range: give {} to {} {unit}",
            echo(text),
            range.start(),
            range.end()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_a_default_and_what_is_said_counts() {
        let still = |side_px_max, overlay| StillQuery { side_px_max, overlay };
        assert_eq!(parse_still(""), Ok(still(1280, false)));
        assert_eq!(parse_still("width=64&overlay=true"), Ok(still(64, true)));
        assert_eq!(parse_live(""), Ok(LiveQuery { still: still(640, false), fps: 2 }));
        let asked = parse_live("fps=5&overlay=false&width=3840");
        assert_eq!(asked, Ok(LiveQuery { still: still(3840, false), fps: 5 }));
    }

    #[test]
    fn what_is_out_of_range_is_refused_with_the_range() {
        for (query, hint) in [
            ("width=63", "64 to 3840"),
            ("width=3841", "64 to 3840"),
            ("width=%2B640", "64 to 3840"),
            ("width=6e2", "64 to 3840"),
            ("width=", "64 to 3840"),
            ("width=99999999999999", "64 to 3840"),
            ("width=640&width=640", "twice"),
            ("overlay=1", "known are true, false"),
            ("overlay=ture", "did you mean \"true\"?"),
            ("fps=0", "1 to 5"),
            ("fps=6", "1 to 5"),
            ("fps=2.5", "1 to 5"),
            ("widht=640", "did you mean \"width\"?"),
            ("limit=5", "known are width"),
        ] {
            let refused = parse_live(query).expect_err(query);
            assert_eq!(refused.status, 400, "{query}");
            assert!(refused.detail.contains(hint), "{query}: {}", refused.detail);
        }
        assert!(parse_still("fps=5").is_err(), "one picture has no rate");
    }
}
