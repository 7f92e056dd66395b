//! The font of plates and signs: one of the machine's own.

use std::path::PathBuf;

use ab_glyph::{Font as _, FontVec};

use crate::Error;

/// Where Debian (`fonts-dejavu-core`), Fedora and Arch keep a bold sans-serif of the kind that plates have.
const PLACES: [&str; 5] = [
    "/usr/share/fonts/truetype/dejavu/DejaVuSansCondensed-Bold.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans-Bold.ttf",
    "/usr/share/fonts/TTF/DejaVuSans-Bold.ttf",
    "/run/current-system/sw/share/X11/fonts/DejaVuSans-Bold.ttf",
];

/// Largest font file that is read, in bytes.
const FONT_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// An outline font with capitals and digits.
#[derive(Debug)]
pub struct Font {
    face: FontVec,
    /// Height of a capital as a share of the font's line.
    capital_share: f32,
}

impl Font {
    /// The font that the environment variable `OVR_FONT` names, else the first of the usual places.
    pub fn find() -> Result<Self, Error> {
        let named = std::env::var_os("OVR_FONT").map(PathBuf::from);
        let places: Vec<PathBuf> = match named {
            Some(path) => vec![path],
            None => PLACES.iter().map(PathBuf::from).collect(),
        };
        let found = places
            .iter()
            .find(|path| std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() <= FONT_BYTES_MAX));
        let Some(path) = found else {
            let tried: Vec<String> = places.iter().map(|path| path.display().to_string()).collect();
            return Err(Error::NoFont { tried: tried.join(", ") });
        };
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|_| Error::NoFont { tried: name.clone() })?;
        Self::from_bytes(bytes).ok_or(Error::BadFont { path: name })
    }

    /// From the bytes of a TTF or OTF file; nothing when it is none.
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let face = FontVec::try_from_vec(bytes).ok()?;
        let bounds = face.outline(face.glyph_id('H'))?.bounds;
        let capital_share = bounds.height().abs() / face.height_unscaled();
        (capital_share.is_finite() && capital_share > 0.1).then_some(Self { face, capital_share })
    }

    pub(crate) fn face(&self) -> &FontVec {
        &self.face
    }

    /// The scale at which a capital is `height` pixels high.
    pub(crate) fn scale_for_capitals(&self, height: f32) -> f32 {
        height / self.capital_share
    }

    /// How far a character moves on, in pixels at `scale`.
    pub(crate) fn advance_of(&self, character: char, scale: f32) -> f32 {
        let advance = self.face.h_advance_unscaled(self.face.glyph_id(character));
        advance * scale / self.face.height_unscaled()
    }

    /// Width of a text, in pixels at `scale`.
    pub(crate) fn advance(&self, text: &str, scale: f32) -> f32 {
        text.chars().map(|c| self.advance_of(c, scale)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_font_is_refused() {
        assert!(Font::from_bytes(b"no font at all".to_vec()).is_none());
    }

    #[test]
    fn capitals_get_the_height_that_was_asked_for() {
        let font = Font::find().unwrap();
        let scale = font.scale_for_capitals(50.0);
        let glyph = font.face.glyph_id('H').with_scale(scale);
        let height = font.face.outline_glyph(glyph).unwrap().px_bounds().height();
        assert!((49.0..=52.0).contains(&height), "{height}");
    }
}
