//! Reading: from a plate's place on a picture to its characters, with everything else that they might be.
//!
//! [`PlateReader`] reads crops of a video's frames; [`StillReader`] finds and reads the plates of a single picture, which
//! has no second frame to make up for a bad look and is therefore looked at harder. Both give with every read how likely
//! it is a plate at all: the detector saw one, and the reader could read it.

mod alphabet;
mod ctc;
mod lattice;
mod network;
mod policy;
mod quality;
mod reader;
mod rectify;
mod slots;
mod still;

pub use quality::crop_quality;
pub use reader::{PlateReader, SeenPlate};
pub use still::{StillPlate, StillReader};
