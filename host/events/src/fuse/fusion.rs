//! The reads that say one plate: kept by weight, tallied by text, fused anew with each read.

use ovr_domain::event::Votes;

use super::lattice::Lattice;
use super::vote::{Fused, fuse};

/// Most different texts that are tallied for one plate; the rarest leaves when there are more.
const TEXTS_MAX: usize = 64;

/// Reads of one plate and what they say together.
#[derive(Debug, Clone)]
pub struct Fusion {
    pub(super) id: u32,
    pub(super) locked: bool,
    reads_max: usize,
    reads: Vec<Lattice>,
    texts: Vec<(String, u32)>,
    frames: u32,
    weight_sum: f32,
    likeness_sum: f32,
    fused: Option<Fused>,
}

impl Fusion {
    pub(super) fn new(id: u32, reads_max: usize) -> Self {
        Self {
            id,
            locked: false,
            reads_max: reads_max.max(1),
            reads: Vec::new(),
            texts: Vec::new(),
            frames: 0,
            weight_sum: 0.0,
            likeness_sum: 0.0,
            fused: None,
        }
    }

    /// Names the group within its track for as long as the track lives.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// What the reads say; nothing while they say nothing.
    pub fn fused(&self) -> Option<&Fused> {
        self.fused.as_ref()
    }

    /// Frames that were read, and those whose own best text is the fused one.
    pub fn votes(&self) -> Votes {
        Votes { frames: self.frames, agreeing: self.count_of(self.normalized()) }
    }

    /// Reads that are kept and aligned; the others only count as votes.
    pub fn reads_kept(&self) -> usize {
        self.reads.len()
    }

    /// Sum of the weights of all reads.
    pub fn weight(&self) -> f32 {
        self.weight_sum
    }

    /// How likely the reads show a plate at all: their mean plate-likeness by weight, 0 to 1.
    pub fn likeness(&self) -> f32 {
        if self.weight_sum > 0.0 { self.likeness_sum / self.weight_sum } else { 0.0 }
    }

    /// The fused text, normalised; empty while there is none.
    pub fn normalized(&self) -> &str {
        self.fused.as_ref().map_or("", |fused| &fused.normalized)
    }

    /// Adds a read. The cost is bounded: at most `reads_max` reads are aligned, the heaviest ones.
    pub(super) fn add(&mut self, read: Lattice) {
        self.frames = self.frames.saturating_add(1);
        self.weight_sum += read.weight;
        self.likeness_sum += read.weight * read.likeness;
        self.tally(read.text(), 1);
        if self.keep(read) {
            self.fused = fuse(&self.reads);
        }
    }

    /// Takes over the reads of another group that turned out to say the same plate.
    pub(super) fn absorb(&mut self, other: Self) {
        self.frames = self.frames.saturating_add(other.frames);
        self.weight_sum += other.weight_sum;
        self.likeness_sum += other.likeness_sum;
        for (text, count) in other.texts {
            self.tally(text, count);
        }
        let mut changed = false;
        for read in other.reads {
            changed |= self.keep(read);
        }
        if changed {
            self.fused = fuse(&self.reads);
        }
    }

    /// Keeps a read if it is among the heaviest; says whether it is. Of equal reads the earlier stays in front, so
    /// that the outcome does not depend on anything but the reads.
    fn keep(&mut self, read: Lattice) -> bool {
        let place = self.reads.partition_point(|kept| kept.weight >= read.weight);
        if place >= self.reads_max {
            return false;
        }
        self.reads.insert(place, read);
        self.reads.truncate(self.reads_max);
        true
    }

    fn tally(&mut self, text: String, count: u32) {
        if let Some((_, sum)) = self.texts.iter_mut().find(|(known, _)| *known == text) {
            *sum = sum.saturating_add(count);
            return;
        }
        if self.texts.len() >= TEXTS_MAX {
            let rarest = self.texts.iter().enumerate().min_by_key(|(_, (_, sum))| *sum);
            if let Some(index) = rarest.map(|(index, _)| index) {
                self.texts.swap_remove(index);
            }
        }
        self.texts.push((text, count));
    }

    /// Frames whose own best text, normalised, is this one.
    pub fn count_of(&self, normalized: &str) -> u32 {
        let same = self.texts.iter().find(|(text, _)| text == normalized);
        same.map_or(0, |(_, count)| *count)
    }
}
