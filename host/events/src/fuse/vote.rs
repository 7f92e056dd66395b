//! Counts the votes of each column of an alignment and lists the texts that the columns admit.

use ovr_domain::event::Candidate;
use ovr_domain::hook::POSITIONS_MAX;
use ovr_domain::read::{ALTERNATIVES_MAX, Alternative, Position, normalize};

use super::align::{Column, align};
use super::lattice::Lattice;

/// Most candidates of a fused plate.
pub const CANDIDATES_MAX: usize = 8;

/// Prefixes kept while the candidates are built; more than are listed, because texts that differ only in
/// separators fall together.
const BEAM: usize = 3 * CANDIDATES_MAX;

/// Characters of a column that candidates are built from.
const OPTIONS_MAX: usize = 4;

/// Weight of knowing nothing, spread over all characters. It keeps the confidence of a single read below what the
/// reader claims, and is outweighed as reads add up (additive smoothing).
const PRIOR: f32 = 0.15;

/// Share of a column's votes for some character from which it is worth telling a format check of it.
const WORTH_TELLING: f32 = 0.05;

/// The least absence of a column that was voted out.
const JUST_ABSENT: f32 = 0.51;

/// Voice of a read whose text ends before a column: it may be a post, a tow bar or the border of the box that hides
/// the character, so it says only half that there is none.
const END_VOICE: f32 = 0.5;

/// What the reads of one plate say together.
#[derive(Debug, Clone, PartialEq)]
pub struct Fused {
    /// The most probable characters, separators as they were read.
    pub text: String,
    /// [`Self::text`] reduced by [`normalize`].
    pub normalized: String,
    /// For each character of `text`, 0 to 1: its share of the weighted votes.
    pub char_confidences: Vec<f32>,
    /// The texts that the reads admit, the best first; at most [`CANDIDATES_MAX`], scores add up to 1.
    pub candidates: Vec<Candidate>,
    /// Geometric mean of the confidences of the letters and digits, 0 to 1.
    pub confidence: f32,
    /// Score of the first candidate less that of the second, 0 to 1.
    pub margin: f32,
    /// Reads that agree on the letter or digit that the fewest agree on.
    pub support: u32,
    /// What the reads say of each place, [`Self::text`] and what was voted out of it: what a format check decides on.
    pub positions: Vec<Position>,
}

/// A column after the count.
struct Count {
    /// Characters with their weight, the heaviest first.
    characters: Vec<(char, f32)>,
    /// Weight of the reads that have nothing here.
    gap: f32,
    /// Weight of all that vote here, with the prior.
    total: f32,
    /// Reads whose own best character here is the heaviest one.
    support: u32,
}

/// Fuses reads, the heaviest first. Nothing when there are none, or no letter or digit wins.
pub(super) fn fuse(reads: &[Lattice]) -> Option<Fused> {
    let columns = align(reads);
    let spans: Vec<Option<(usize, usize)>> = (0..reads.len()).map(|read| span(&columns, read)).collect();
    let counts: Vec<Count> =
        columns.iter().enumerate().map(|(index, column)| count(column, index, reads, &spans)).collect();
    let mut text = String::new();
    let mut char_confidences = Vec::new();
    let (mut logs, mut support) = (Vec::new(), u32::MAX);
    for column in counts.iter().filter(|c| c.is_present()) {
        let Some(&(character, mass)) = column.characters.first() else {
            continue;
        };
        let confidence = (mass / column.total).clamp(0.0, 1.0);
        text.push(character);
        char_confidences.push(confidence);
        if character.is_alphanumeric() {
            logs.push(confidence.max(1e-6).ln());
            support = support.min(column.support);
        }
    }
    if logs.is_empty() {
        return None;
    }
    let candidates = candidates(&counts);
    let score = |index: usize| candidates.get(index).map_or(0.0, |c| c.score);
    Some(Fused {
        normalized: normalize(&text),
        text,
        char_confidences,
        confidence: (logs.iter().sum::<f32>() / logs.len() as f32).exp(),
        margin: score(0) - score(1),
        support,
        candidates,
        positions: positions(&counts),
    })
}

/// The columns as a lattice. Its most probable text is the fused one: a column that was voted out is absent, more likely
/// than not, whatever the prior says. Where there are more than a format check takes, those are left out first; a text
/// that is longer even so stays whole, for a part of it would be checked as if it were the plate.
fn positions(counts: &[Count]) -> Vec<Position> {
    let position = |count: &Count| {
        let present = count.is_present();
        let absent = count.gap / count.total;
        let absent = if present { absent.min(0.5) } else { absent.max(JUST_ABSENT) };
        let voted: f32 = count.characters.iter().map(|(_, mass)| mass).sum();
        let room = (1.0 - absent).min(voted / count.total);
        let alternatives = count.characters.iter().take(ALTERNATIVES_MAX);
        let alternatives = alternatives
            .map(|&(character, mass)| Alternative { character, probability: mass / voted * room })
            .collect();
        (present || voted / count.total >= WORTH_TELLING, Position { alternatives, absent })
    };
    let worth =
        counts.iter().map(position).filter(|(worth, position)| *worth && !position.alternatives.is_empty());
    let mut positions: Vec<Position> = worth.map(|(_, position)| position).collect();
    if positions.len() > POSITIONS_MAX {
        positions.retain(Position::is_present);
    }
    positions
}

/// First and last column of a read.
fn span(columns: &[Column], read: usize) -> Option<(usize, usize)> {
    let has = |column: &Column| column.position_of(read).is_some();
    Some((columns.iter().position(has)?, columns.iter().rposition(has)?))
}

fn count(column: &Column, index: usize, reads: &[Lattice], spans: &[Option<(usize, usize)>]) -> Count {
    let mut characters: Vec<(char, f32)> = Vec::new();
    let (mut present, mut inside, mut beyond, mut beyond_reads) = (0.0, 0.0, 0.0, 0_u32);
    let mut bests = Vec::with_capacity(reads.len());
    for ((read, lattice), span) in reads.iter().enumerate().zip(spans) {
        let Some((first, last)) = *span else { continue };
        let position = column.position_of(read).and_then(|p| lattice.positions.get(p));
        if let Some(alternatives) = position {
            present += lattice.weight;
            bests.extend(alternatives.first().map(|a| a.character));
            for alternative in alternatives {
                let mass = lattice.weight * alternative.probability;
                match characters.iter_mut().find(|(c, _)| *c == alternative.character) {
                    Some((_, sum)) => *sum += mass,
                    None => characters.push((alternative.character, mass)),
                }
            }
        } else if (first..=last).contains(&index) {
            inside += lattice.weight;
        } else {
            let hidden = if index < first { lattice.cut_off.left } else { lattice.cut_off.right };
            if !hidden {
                beyond += lattice.weight;
                beyond_reads += 1;
            }
        }
    }
    characters.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    // One read alone does not make a plate longer against two that end before.
    let lone = bests.len() == 1 && beyond_reads >= 2;
    let gap = inside + if lone { beyond } else { beyond * END_VOICE };
    let best = characters.first().map(|(c, _)| *c);
    Count {
        support: bests.iter().filter(|c| Some(**c) == best).count() as u32,
        total: present + gap + PRIOR,
        characters,
        gap,
    }
}

impl Count {
    /// Whether a character stands here rather than none.
    fn is_present(&self) -> bool {
        let sum: f32 = self.characters.iter().map(|(_, mass)| mass).sum();
        sum > self.gap
    }

    /// What may stand here with its share, the winner first.
    fn options(&self) -> Vec<(Option<char>, f32)> {
        // The winner between character and gap is decided on all characters together; its share must not fall
        // behind the other's, or the first candidate would not be the plate.
        const JUST_BELOW: f32 = 0.99;
        let present = self.is_present();
        let best = self.characters.first().map_or(0.0, |(_, mass)| *mass);
        let gap = if present { self.gap.min(best * JUST_BELOW) } else { self.gap };
        let cap = if present { f32::INFINITY } else { self.gap * JUST_BELOW };
        let characters = self.characters.iter().take(OPTIONS_MAX);
        let mut options: Vec<_> =
            characters.map(|&(c, mass)| (Some(c), mass.min(cap) / self.total)).collect();
        options.push((None, gap / self.total));
        options.retain(|(_, share)| *share > 0.0);
        options.sort_by(|a, b| b.1.total_cmp(&a.1));
        options
    }
}

/// The most probable texts by the product of their characters' shares, found with a beam over the columns.
fn candidates(counts: &[Count]) -> Vec<Candidate> {
    let mut beam: Vec<(String, f64)> = vec![(String::new(), 1.0)];
    for column in counts {
        let mut longer = Vec::with_capacity(beam.len() * (OPTIONS_MAX + 1));
        for (prefix, score) in &beam {
            for (character, share) in column.options() {
                let mut text = prefix.clone();
                text.extend(character);
                longer.push((text, score * f64::from(share)));
            }
        }
        longer.sort_by(|a, b| b.1.total_cmp(&a.1));
        longer.truncate(BEAM);
        beam = longer;
    }
    let mut kept: Vec<(String, f64)> = Vec::with_capacity(CANDIDATES_MAX);
    for (text, score) in beam {
        let normalized = normalize(&text);
        let known = kept.iter().any(|(other, _)| normalize(other) == normalized);
        if !normalized.is_empty() && !known && kept.len() < CANDIDATES_MAX {
            kept.push((text, score));
        }
    }
    let sum: f64 = kept.iter().map(|(_, score)| score).sum();
    let share = |score: f64| if sum > 0.0 { (score / sum) as f32 } else { 0.0 };
    kept.into_iter().map(|(plate, score)| Candidate { plate, score: share(score) }).collect()
}
