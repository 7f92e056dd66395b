//! Fuses the reads of one track into one plate.
//!
//! Each read is a lattice: for each position some characters with probabilities. The reads are aligned position by
//! position (see `align`), and each column is decided by the reads' votes, weighted by how well each crop could
//! be read (see [`weight`]). This is ROVER (Fiscus 1997) with whole distributions in place of single words.
//!
//! Rules that keep the outcome sound:
//! - A read that ends early says only half that nothing follows, and nothing at all where the border of the picture
//!   cuts the plate off ([`CutOff`]): a half-hidden plate does not win over a complete one.
//! - One read alone neither makes a plate longer than two others have it, nor outvotes them.
//! - Reads whose texts have little in common are kept apart in groups, so that two plates which share a track (a
//!   tracker swapped them) give two texts and never a mixture.
//! - A read costs a bounded time and memory: at most `reads_max` reads are kept for a group, the heaviest ones, and
//!   at most [`GROUPS_MAX`] groups for a track.
//!
//! ```
//! use ovr_domain::{Alternative, BBox, CapturedAt, CropQuality, Digest, PlateRead, Timestamp};
//! use ovr_events::fuse::{CutOff, Readings};
//!
//! let read = |text: &str| PlateRead {
//!     positions: text.chars().map(|character| vec![Alternative { character, probability: 0.9 }]).collect(),
//!     quad: BBox::new(0.0, 0.0, 120.0, 30.0).quad(),
//!     width_px: 120.0,
//!     plate_likeness: 0.9,
//!     quality: CropQuality { sharpness: 200.0, contrast: 0.6, exposure: 0.5 },
//!     sequence: 0,
//!     captured_at: CapturedAt { at: Timestamp::from_micros(0), synchronised: true },
//!     reader: Digest::of(b"reader"),
//! };
//! let mut readings = Readings::new(24);
//! for text in ["AB123C", "AB1Z3C", "B123C", "AB123C", "A8123"] {
//!     readings.add(&read(text), CutOff::default());
//! }
//! let plate = readings.leading().and_then(|group| group.fused()).map(|fused| fused.text.as_str());
//! assert_eq!(plate, Some("AB123C"));
//! ```

mod align;
pub(crate) mod distance;
mod fusion;
mod lattice;
#[cfg(test)]
mod simulate;
mod vote;

use ovr_domain::PlateRead;

pub use fusion::Fusion;
pub use lattice::{CutOff, crop_score, weight};
pub use vote::{CANDIDATES_MAX, Fused};

use distance::similarity;
use lattice::Lattice;

/// Most groups of reads with different texts that are kept for one track.
pub const GROUPS_MAX: usize = 4;

/// From this similarity on a read belongs to a group; random plates of one format stay well below.
const SAME_PLATE: f32 = 0.5;

/// All reads of one track, grouped by the plate that they say.
#[derive(Debug, Clone)]
pub struct Readings {
    reads_max: usize,
    groups: Vec<Fusion>,
    next_id: u32,
    strays: u32,
}

impl Readings {
    /// Keeps at most `reads_max` reads for each group, and at least one.
    pub fn new(reads_max: usize) -> Self {
        Self { reads_max, groups: Vec::new(), next_id: 1, strays: 0 }
    }

    /// Adds the read of one frame and gives the group that it went to. Nothing when no letter or digit was read, or
    /// the read resembles no group and there is no room for another (it counts as a frame without agreement).
    pub fn add(&mut self, read: &PlateRead, cut_off: CutOff) -> Option<u32> {
        let lattice = Lattice::new(read, cut_off)?;
        let text = lattice.text();
        let nearest = self
            .groups
            .iter_mut()
            .map(|group| (similarity(group.normalized(), &text), group))
            .filter(|(alike, _)| *alike >= SAME_PLATE)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let id = if let Some((_, group)) = nearest {
            group.add(lattice);
            group.id
        } else {
            self.open_group(lattice)?
        };
        self.join_groups();
        let still_there = self.groups.iter().any(|group| group.id == id);
        // The group may just have been joined to one that says the same.
        if still_there { Some(id) } else { self.nearest_to(&text) }
    }

    /// Keeps a group from being joined to another or dropped, because an event was made of it.
    pub fn lock(&mut self, id: u32) {
        if let Some(group) = self.groups.iter_mut().find(|group| group.id == id) {
            group.locked = true;
        }
    }

    /// All groups, in the order in which they came up.
    pub fn groups(&self) -> &[Fusion] {
        &self.groups
    }

    /// The group whose reads weigh most.
    pub fn leading(&self) -> Option<&Fusion> {
        self.groups.iter().max_by(|a, b| a.weight().total_cmp(&b.weight()))
    }

    /// One group.
    pub fn group(&self, id: u32) -> Option<&Fusion> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// Frames whose read found no group.
    pub fn strays(&self) -> u32 {
        self.strays
    }

    /// Takes over the reads of a track that turned out to be a part of this one's plate. What says something else
    /// counts as frames without agreement.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.strays = self.strays.saturating_add(other.strays);
        for group in other.groups {
            let alike = |mine: &Fusion| similarity(mine.normalized(), group.normalized());
            let nearest = self.groups.iter_mut().filter(|mine| alike(mine) >= SAME_PLATE);
            match nearest.max_by(|a, b| alike(a).total_cmp(&alike(b))) {
                Some(mine) => mine.absorb(group),
                None => self.strays = self.strays.saturating_add(group.votes().frames),
            }
        }
    }

    fn nearest_to(&self, text: &str) -> Option<u32> {
        let alike = |group: &Fusion| similarity(group.normalized(), text);
        let nearest = self.groups.iter().max_by(|a, b| alike(a).total_cmp(&alike(b)));
        nearest.map(|group| group.id)
    }

    fn open_group(&mut self, lattice: Lattice) -> Option<u32> {
        if self.groups.len() >= GROUPS_MAX {
            let weakest = self.groups.iter().enumerate().filter(|(_, group)| !group.locked);
            let weakest = weakest.min_by(|(_, a), (_, b)| a.weight().total_cmp(&b.weight()));
            let Some((index, frames)) = weakest
                .filter(|(_, group)| group.weight() < lattice.weight)
                .map(|(index, group)| (index, group.votes().frames))
            else {
                self.strays = self.strays.saturating_add(1);
                return None;
            };
            self.strays = self.strays.saturating_add(frames);
            self.groups.remove(index);
        }
        let id = self.next_id;
        self.next_id = self.next_id.saturating_add(1);
        let mut group = Fusion::new(id, self.reads_max);
        group.add(lattice);
        self.groups.push(group);
        Some(id)
    }

    /// Joins a group to a heavier one that says the same plate by now: the first reads of a plate that comes into
    /// view may have too little in common to be told together.
    fn join_groups(&mut self) {
        let mut index = 0;
        while let Some(small) = self.groups.get(index) {
            let into = self.groups.iter().position(|big| {
                big.id != small.id
                    && !small.locked
                    && big.weight() >= small.weight()
                    && similarity(big.normalized(), small.normalized()) >= SAME_PLATE
            });
            let Some(into) = into else {
                index += 1;
                continue;
            };
            let small = self.groups.remove(index);
            let into = if into > index { into - 1 } else { into };
            if let Some(big) = self.groups.get_mut(into) {
                big.absorb(small);
            }
            index = 0;
        }
    }
}
