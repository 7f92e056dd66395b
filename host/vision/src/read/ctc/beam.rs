//! The search for the most probable texts of a sequence of step probabilities.

use super::super::alphabet::{NEVER, Symbol};
use super::{Steps, log_add};

/// Log-probability below which a symbol is not tried at a step of the beam search.
const TRIED_MIN: f32 = -9.0;

impl Steps {
    /// The most probable texts, by prefix beam search (Graves 2012, section 7.2.1; Hannun et al. 2014): at most `width`,
    /// the best first, with their log-probabilities as far as the beam saw their paths.
    pub(crate) fn beam(&self, width: usize) -> Vec<(Vec<Symbol>, f32)> {
        let mut tree = Tree::new();
        let mut beam = vec![Prefix { node: ROOT, blank: 0.0, symbol: NEVER }];
        for row in &self.0 {
            let mut next: Vec<Prefix> = Vec::with_capacity(beam.len() * 4);
            for prefix in &beam {
                let total = prefix.total();
                for (class, &log) in row.iter().enumerate().filter(|(_, log)| **log > TRIED_MIN) {
                    prefix.extend(class as Symbol, log, total, &mut tree, &mut next);
                }
            }
            for prefix in &next {
                tree.leave(prefix.node);
            }
            let mut ranked: Vec<(f32, Prefix)> =
                next.into_iter().map(|prefix| (prefix.total(), prefix)).collect();
            ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
            ranked.truncate(width);
            beam = ranked.into_iter().map(|(_, prefix)| prefix).collect();
        }
        beam.into_iter().map(|prefix| (tree.text(prefix.node), prefix.total())).collect()
    }
}

/// Number of the node that stands for the empty text.
const ROOT: usize = 0;

/// Texts that begin alike, each a node that knows what it goes on from: to compare, copy and look up texts symbol by
/// symbol costs more than the whole rest of the search.
#[derive(Debug)]
struct Tree(Vec<Node>);

/// One text: that of its parent and a symbol.
#[derive(Debug, Clone, Copy)]
struct Node {
    parent: usize,
    symbol: Symbol,
    /// One of the texts that go on from this one, and the next of those that go on from the same as this one.
    child: Option<usize>,
    sibling: Option<usize>,
    /// Its place among the prefixes of the step that is worked on.
    place: Option<usize>,
}

#[expect(
    clippy::indexing_slicing,
    reason = "numbers of nodes are given out by `child` and nodes are never removed"
)]
impl Tree {
    fn new() -> Self {
        Self(vec![Node { parent: ROOT, symbol: 0, child: None, sibling: None, place: None }])
    }

    /// The last symbol of a text; 0 of the empty one.
    fn last(&self, node: usize) -> Symbol {
        self.0[node].symbol
    }

    /// The text with one more symbol.
    fn child(&mut self, node: usize, symbol: Symbol) -> usize {
        let first = self.0[node].child;
        let siblings = std::iter::successors(first, |&at| self.0[at].sibling);
        if let Some(known) = siblings.into_iter().find(|&at| self.0[at].symbol == symbol) {
            return known;
        }
        let made = self.0.len();
        self.0.push(Node { parent: node, symbol, child: None, sibling: first, place: None });
        self.0[node].child = Some(made);
        made
    }

    /// Takes a text's place among the prefixes of a step from it.
    fn leave(&mut self, node: usize) {
        self.0[node].place = None;
    }

    /// The entry of a text among the prefixes of a step, made when it is not there.
    fn slot<'a>(&mut self, node: usize, next: &'a mut Vec<Prefix>) -> &'a mut Prefix {
        let place = *self.0[node].place.get_or_insert(next.len());
        if place == next.len() {
            next.push(Prefix { node, blank: NEVER, symbol: NEVER });
        }
        &mut next[place]
    }

    fn text(&self, mut node: usize) -> Vec<Symbol> {
        let mut text = Vec::new();
        while node != ROOT {
            text.push(self.0[node].symbol);
            node = self.0[node].parent;
        }
        text.reverse();
        text
    }
}

/// A text of the beam, with the log-probabilities of its paths that end in a blank and of those that end in its last
/// symbol.
#[derive(Debug, Clone, Copy)]
struct Prefix {
    node: usize,
    blank: f32,
    symbol: f32,
}

impl Prefix {
    fn total(&self) -> f32 {
        log_add(self.blank, self.symbol)
    }

    /// Goes one step on with `symbol` and adds what comes of it to `next`; `total` is this prefix's own.
    fn extend(&self, symbol: Symbol, log: f32, total: f32, tree: &mut Tree, next: &mut Vec<Self>) {
        if symbol == 0 {
            let slot = tree.slot(self.node, next);
            slot.blank = log_add(slot.blank, total + log);
            return;
        }
        let repeats = tree.last(self.node) == symbol;
        if repeats {
            let repeated = tree.slot(self.node, next);
            repeated.symbol = log_add(repeated.symbol, self.symbol + log);
        }
        let grown = tree.child(self.node, symbol);
        let grown = tree.slot(grown, next);
        grown.symbol = log_add(grown.symbol, log + if repeats { self.blank } else { total });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::alphabet::{Row, SYMBOLS};
    use super::*;

    /// The same search with whole texts in place of a tree.
    fn by_whole_texts(steps: &Steps, width: usize) -> Vec<(Vec<Symbol>, f32)> {
        type Entry = (Vec<Symbol>, f32, f32);
        let total = |entry: &Entry| log_add(entry.1, entry.2);
        let mut beam: Vec<Entry> = vec![(Vec::new(), 0.0, NEVER)];
        for row in &steps.0 {
            let mut next: Vec<Entry> = Vec::new();
            let at = |next: &mut Vec<Entry>, text: Vec<Symbol>| {
                next.iter().position(|entry| entry.0 == text).unwrap_or_else(|| {
                    next.push((text, NEVER, NEVER));
                    next.len() - 1
                })
            };
            for entry in &beam {
                let (text, blank, symbol) = entry;
                for (class, &log) in row.iter().enumerate().filter(|(_, log)| **log > TRIED_MIN) {
                    if class == 0 {
                        let same = at(&mut next, text.clone());
                        next[same].1 = log_add(next[same].1, total(entry) + log);
                        continue;
                    }
                    let repeats = text.last() == Some(&(class as Symbol));
                    if repeats {
                        let same = at(&mut next, text.clone());
                        next[same].2 = log_add(next[same].2, symbol + log);
                    }
                    let longer = at(&mut next, [text.as_slice(), &[class as Symbol]].concat());
                    let before = if repeats { *blank } else { total(entry) };
                    next[longer].2 = log_add(next[longer].2, before + log);
                }
            }
            next.sort_by(|a, b| total(b).total_cmp(&total(a)));
            next.truncate(width);
            beam = next;
        }
        beam.into_iter().map(|entry| (entry.0.clone(), total(&entry))).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_tree_finds_exactly_what_comparing_whole_texts_finds(
            rows in prop::collection::vec([0.0_f32..1.0, 0.0_f32..1.0, 0.0_f32..0.1, 0.0_f32..0.01], 0..14),
            width in 1_usize..12,
        ) {
            let row = |shown: &[f32; 4]| -> Row {
                let mut row = [0.0; SYMBOLS];
                row[..4].copy_from_slice(shown);
                row
            };
            let steps = Steps::new(rows.iter().map(row).collect());
            prop_assert_eq!(steps.beam(width), by_whole_texts(&steps, width));
        }
    }
}
