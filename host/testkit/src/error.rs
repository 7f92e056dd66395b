//! What the testkit cannot do.

use ovr_domain::pixels::PictureError;

/// Why a scene, a plate or a recording cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// None of the fonts is on this machine.
    #[error(
        "finding a font for plates: none of {tried} can be read; install the package fonts-dejavu-core or set \
         OVR_FONT to a TTF file"
    )]
    NoFont {
        /// The files that were looked for.
        tried: String,
    },
    /// A file is there but is no font.
    #[error("reading font {path}: it is no TTF or OTF file with Latin capitals and digits")]
    BadFont {
        /// The file.
        path: String,
    },
    /// No row of the table has this name.
    #[error("finding plate layout {name:?}: there are {known}")]
    UnknownLayout {
        /// What was asked for.
        name: String,
        /// The names in the table.
        known: String,
    },
    /// A text cannot stand on a plate of this layout.
    #[error("drawing plate {text:?}: layout {layout} takes {lines} line(s) of 1 to {chars_max} characters")]
    PlateText {
        /// What was asked for.
        text: String,
        /// The layout.
        layout: &'static str,
        /// Lines that it has.
        lines: usize,
        /// Most characters in a line.
        chars_max: usize,
    },
    /// A still picture of a plate is asked for at a size that makes no sense.
    #[error("drawing a plate {width_px} pixels wide: the width must be {min} to {max}")]
    PlateWidth {
        /// What was asked for.
        width_px: u32,
        /// Least width.
        min: u32,
        /// Greatest width.
        max: u32,
    },
    /// A plate is asked for at a height that makes no sense.
    #[error("drawing a plate {height_px} pixels high: the height must be {min} to {max}")]
    PlateHeight {
        /// What was asked for.
        height_px: u32,
        /// Least height.
        min: u32,
        /// Greatest height.
        max: u32,
    },
    /// Encoded video cannot be served as it is.
    #[error("taking {what} to serve it: {reason}")]
    Video {
        /// What was given, such as `H.264 in Annex B`.
        what: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The RTSP server cannot do what it was told.
    #[error("{doing}: {reason}")]
    Rtsp {
        /// What was being done.
        doing: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The planes of a frame were refused.
    #[error("making a picture of a rendered frame: {0}")]
    Picture(#[from] PictureError),
}
