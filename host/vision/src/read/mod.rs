//! Reading: from a quad on a picture to the characters of a plate, with everything else that they might be.
//!
//! [`PlateReader`] reads crops of a video's frames; [`StillReader`] finds and reads the plates of a single picture, which
//! has no second frame to make up for a bad look and is therefore looked at harder. Both give a plate-likeness with every
//! read, because what is found by text alone may be a sign.

mod alphabet;
mod ctc;
mod lattice;
mod likeness;
mod network;
mod quality;
mod reader;
mod rectify;
mod shapes;
mod slots;
mod still;

pub use network::Decoder;
pub use quality::crop_quality;
pub use reader::PlateReader;
pub use still::{StillPlate, StillReader};
