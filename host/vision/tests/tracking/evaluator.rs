//! CLEAR MOT (Bernardin and Stiefelhagen 2008) and IDF1 (Ristani et al. 2016), with IoU of at least 0.5 as a match.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ovr_vision::track::assignment::{Edge, best_pairs};

/// Boxes (x1, y1, x2, y2) with ids, by frame.
pub type Boxes = BTreeMap<u32, Vec<(u64, [f64; 4])>>;

/// Smallest IoU of a match.
const IOU_MIN: f64 = 0.5;

/// The counts that the scores are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub objects: usize,
    pub hypotheses: usize,
    pub misses: usize,
    pub false_positives: usize,
    pub switches: usize,
    pub id_true_positives: usize,
}

impl Counts {
    /// `1 - (misses + false positives + switches) / objects`.
    pub fn mota(&self) -> f64 {
        1.0 - (self.misses + self.false_positives + self.switches) as f64 / self.objects as f64
    }

    /// `2 IDTP / (objects + hypotheses)`, which is `2 IDTP / (2 IDTP + IDFP + IDFN)`.
    pub fn idf1(&self) -> f64 {
        2.0 * self.id_true_positives as f64 / (self.objects + self.hypotheses) as f64
    }
}

fn iou(a: [f64; 4], b: [f64; 4]) -> f64 {
    let side = |low: usize, high: usize| (a[high].min(b[high]) - a[low].max(b[low])).max(0.0);
    let area = |r: [f64; 4]| (r[2] - r[0]) * (r[3] - r[1]);
    let overlap = side(0, 2) * side(1, 3);
    overlap / (area(a) + area(b) - overlap)
}

/// Scores `found` against `truth` on every frame that either knows.
pub fn evaluate(truth: &Boxes, found: &Boxes) -> Counts {
    let mut counts = Counts::default();
    let mut last_match: HashMap<u64, u64> = HashMap::new();
    let mut together: BTreeMap<(u64, u64), usize> = BTreeMap::new();
    let frames: BTreeSet<u32> = truth.keys().chain(found.keys()).copied().collect();
    let nothing = Vec::new();
    for frame in frames {
        let objects = truth.get(&frame).unwrap_or(&nothing);
        let hypotheses = found.get(&frame).unwrap_or(&nothing);
        for (object, a) in objects {
            for (hypothesis, b) in hypotheses {
                if iou(*a, *b) >= IOU_MIN {
                    *together.entry((*object, *hypothesis)).or_default() += 1;
                }
            }
        }
        counts.objects += objects.len();
        counts.hypotheses += hypotheses.len();
        let (matched, switches) = match_frame(objects, hypotheses, &mut last_match);
        counts.switches += switches;
        counts.misses += objects.len() - matched;
        counts.false_positives += hypotheses.len() - matched;
    }
    counts.id_true_positives = id_true_positives(&together);
    counts
}

/// Matches of one frame and switches among them: pairs that matched last time stay, the rest is assigned, as many pairs
/// as possible first, then as close as possible.
fn match_frame(
    objects: &[(u64, [f64; 4])],
    hypotheses: &[(u64, [f64; 4])],
    last_match: &mut HashMap<u64, u64>,
) -> (usize, usize) {
    let mut object_taken = vec![false; objects.len()];
    let mut hypothesis_taken = vec![false; hypotheses.len()];
    for (i, (object, a)) in objects.iter().enumerate() {
        let Some(before) = last_match.get(object) else {
            continue;
        };
        let same = |(j, (id, _)): &(usize, &(u64, [f64; 4]))| id == before && !hypothesis_taken[*j];
        if let Some((j, (_, b))) = hypotheses.iter().enumerate().find(same)
            && iou(*a, *b) >= IOU_MIN
        {
            object_taken[i] = true;
            hypothesis_taken[j] = true;
        }
    }
    let kept = object_taken.iter().filter(|taken| **taken).count();
    let mut edges = Vec::new();
    for (row, (_, a)) in objects.iter().enumerate().filter(|(i, _)| !object_taken[*i]) {
        for (column, (_, b)) in hypotheses.iter().enumerate().filter(|(j, _)| !hypothesis_taken[*j]) {
            let iou = iou(*a, *b);
            if iou >= IOU_MIN {
                edges.push(Edge { row, column, worth: 1_000.0 + iou });
            }
        }
    }
    let pairs = best_pairs(objects.len(), hypotheses.len(), &edges);
    let mut switches = 0;
    for (row, column) in &pairs {
        let before = last_match.insert(objects[*row].0, hypotheses[*column].0);
        switches += usize::from(before.is_some_and(|id| id != hypotheses[*column].0));
    }
    (kept + pairs.len(), switches)
}

/// The most frames that any one-to-one mapping of true to found ids explains.
fn id_true_positives(together: &BTreeMap<(u64, u64), usize>) -> usize {
    let objects: Vec<u64> = together.keys().map(|(o, _)| *o).collect::<BTreeSet<_>>().into_iter().collect();
    let hypotheses: Vec<u64> =
        together.keys().map(|(_, h)| *h).collect::<BTreeSet<_>>().into_iter().collect();
    let edges: Vec<Edge> = together
        .iter()
        .map(|((object, hypothesis), frames)| Edge {
            row: objects.binary_search(object).unwrap(),
            column: hypotheses.binary_search(hypothesis).unwrap(),
            worth: *frames as f64,
        })
        .collect();
    let pairs = best_pairs(objects.len(), hypotheses.len(), &edges);
    pairs.iter().map(|(row, column)| together[&(objects[*row], hypotheses[*column])]).sum()
}
