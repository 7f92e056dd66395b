//! From a network's numbers to candidates, layout by layout.
//!
//! The numbers may be anything. A candidate comes out only when its score is a number between the floor and 1 (a
//! little more is taken as 1, for what half precision does) and its box is finite, has its centre inside the input
//! and is at most twice as large.

use ovr_domain::geometry::BBox;

use super::layout::{Layout, strides_of};

/// Most that a score may exceed 1 by.
const SCORE_SLACK: f32 = 0.01;

/// A box in pixels of the network's input, before classes are mapped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Raw {
    /// Where, in pixels of the input.
    pub(super) bbox: BBox,
    /// Floor to 1.
    pub(super) score: f32,
    /// The network's index.
    pub(super) class: usize,
    /// Its row (or column, where the layout is written so) of the output: other outputs are ordered alike.
    pub(super) row: usize,
}

/// Decodes outputs of one model.
#[derive(Debug, Clone)]
pub(super) struct Decoder {
    layout: Layout,
    /// Shape of the output without the leading 1.
    shape: (usize, usize),
    input: (u32, u32),
    /// Smallest score that is a candidate.
    floor: f32,
    /// For each row of a YOLOX output column, row and stride of its cell.
    grid: Vec<[f32; 3]>,
    /// For each row of a YOLOv8 output its best score and that one's class; reused.
    best: (Vec<f32>, Vec<u32>),
}

impl Decoder {
    /// For outputs of `[1, shape.0, shape.1]` from an input of `input` pixels across and down.
    pub(super) fn new(layout: Layout, shape: (usize, usize), input: (u32, u32)) -> Self {
        let grid = match layout {
            Layout::Yolox => grid(input, shape.0),
            _ => Vec::new(),
        };
        Self { layout, shape, input, floor: 1.0, grid, best: (Vec::new(), Vec::new()) }
    }

    /// Shape of the output without the leading 1.
    pub(super) fn shape(&self) -> (usize, usize) {
        self.shape
    }

    /// Everything whose score is at least `floor`; nothing when `data` does not have the shape that was promised.
    pub(super) fn decode(&mut self, data: &[f32], floor: f32) -> Vec<Raw> {
        self.floor = if floor.is_nan() { 1.0 } else { floor.clamp(0.0, 1.0) };
        let (a, b) = self.shape;
        if a.checked_mul(b) != Some(data.len()) || b == 0 {
            return Vec::new();
        }
        match self.layout {
            Layout::YoloV8 => self.columns(data),
            Layout::YoloV5 => self.rows(data, |_, bbox| from_centre(bbox)),
            Layout::Yolox => self.rows(data, |cell, [x, y, w, h]| {
                let [column, row, stride] = cell;
                from_centre([(x + column) * stride, (y + row) * stride, w.exp() * stride, h.exp() * stride])
            }),
            Layout::EndToEnd => self.finished(data),
        }
    }

    /// `[1, 4 + nc, N]`: class by class over all boxes, which is how the numbers lie in memory.
    fn columns(&mut self, data: &[f32]) -> Vec<Raw> {
        let count = self.shape.1;
        let (mut best, mut classes) = std::mem::take(&mut self.best);
        best.clear();
        best.resize(count, f32::NEG_INFINITY);
        classes.clear();
        classes.resize(count, 0);
        let mut lines = data.chunks_exact(count);
        let edges: [&[f32]; 4] = std::array::from_fn(|_| lines.next().unwrap_or_default());
        for (class, scores) in (0_u32..).zip(lines) {
            // Selections instead of a branch, so that it vectorises; not-a-numbers lose every comparison.
            for ((best, kept), &score) in best.iter_mut().zip(&mut classes).zip(scores) {
                let is_better = score > *best;
                *best = if is_better { score } else { *best };
                *kept = if is_better { class } else { *kept };
            }
        }
        let [xs, ys, ws, hs] = edges;
        let boxes = xs.iter().zip(ys).zip(ws.iter().zip(hs));
        let found = boxes
            .zip(best.iter().zip(&classes))
            .enumerate()
            .filter_map(|(row, (((&x, &y), (&w, &h)), (&score, &class)))| {
                let score = self.score(score)?;
                self.raw(from_centre([x, y, w, h]), score, class as usize, row)
            })
            .collect();
        self.best = (best, classes);
        found
    }

    /// `[1, N, 5 + nc]`: most boxes go by their objectness alone.
    fn rows(&self, data: &[f32], to_box: impl Fn([f32; 3], [f32; 4]) -> BBox) -> Vec<Raw> {
        let cells = self.grid.iter().copied().chain(std::iter::repeat([0.0; 3]));
        let decode = |(row, (values, cell)): (usize, (&[f32], [f32; 3]))| {
            let (&[x, y, w, h, objectness], classes) = values.split_first_chunk::<5>()?;
            let objectness = self.score(objectness)?;
            let (class, best) = most_probable(classes)?;
            let score = self.score(objectness * class_score(best)?)?;
            self.raw(to_box(cell, [x, y, w, h]), score, class, row)
        };
        data.chunks_exact(self.shape.1).zip(cells).enumerate().filter_map(decode).collect()
    }

    /// `[1, N, 6]`: corners, score, class.
    fn finished(&self, data: &[f32]) -> Vec<Raw> {
        let (rows, _) = data.as_chunks::<6>();
        let decode = |(row, &[x1, y1, x2, y2, score, class]): (usize, &[f32; 6])| {
            let score = self.score(score)?;
            let is_index = (0.0..65_536.0).contains(&class);
            let index = is_index.then(|| class.round() as usize)?;
            self.raw(BBox::new(x1, y1, x2, y2), score, index, row)
        };
        rows.iter().enumerate().filter_map(decode).collect()
    }

    /// The score, when it is one and reaches the floor.
    fn score(&self, score: f32) -> Option<f32> {
        let sane = score >= self.floor && score <= 1.0 + SCORE_SLACK;
        sane.then(|| score.min(1.0))
    }

    /// The candidate, when its box may be one.
    fn raw(&self, bbox: BBox, score: f32, class: usize, row: usize) -> Option<Raw> {
        let (width, height) = (self.input.0 as f32, self.input.1 as f32);
        let inside = BBox::new(0.0, 0.0, width, height).contains(bbox.centre());
        let fits = bbox.width() <= 2.0 * width && bbox.height() <= 2.0 * height;
        (bbox.is_sane() && inside && fits).then_some(Raw { bbox, score, class, row })
    }
}

/// A class score of a row, which has no floor of its own.
fn class_score(score: f32) -> Option<f32> {
    (0.0..=1.0 + SCORE_SLACK).contains(&score).then(|| score.min(1.0))
}

/// A box from centre, width and height.
fn from_centre([x, y, w, h]: [f32; 4]) -> BBox {
    let (across, down) = (w / 2.0, h / 2.0);
    BBox::new(x - across, y - down, x + across, y + down)
}

/// Index and value of the greatest number; not-a-numbers lose.
fn most_probable(scores: &[f32]) -> Option<(usize, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for (index, &score) in scores.iter().enumerate() {
        if score > best.map_or(f32::NEG_INFINITY, |(_, value)| value) {
            best = Some((index, score));
        }
    }
    best
}

/// Column, row and stride of every cell, the finest level first, each level row by row (YOLOX, `decode_outputs`).
fn grid(input: (u32, u32), count: usize) -> Vec<[f32; 3]> {
    let strides = strides_of(input, count).unwrap_or_default();
    let mut cells = Vec::with_capacity(count);
    for &stride in strides {
        let (columns, rows) = (input.0 as usize / stride, input.1 as usize / stride);
        for row in 0..rows {
            cells.extend((0..columns).map(|column| [column as f32, row as f32, stride as f32]));
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INPUT: (u32, u32) = (64, 64);
    const ALL: [(Layout, (usize, usize)); 4] = [
        (Layout::YoloV8, (6, 84)),
        (Layout::YoloV5, (252, 7)),
        (Layout::Yolox, (84, 7)),
        (Layout::EndToEnd, (20, 6)),
    ];

    #[test]
    fn each_layout_gives_the_box_that_was_written() {
        let expected = BBox::new(16.0, 8.0, 32.0, 40.0);
        for (layout, (a, b)) in ALL {
            let mut data = vec![0.0; a * b];
            match layout {
                Layout::YoloV8 => {
                    for (line, value) in [24.0, 24.0, 16.0, 32.0, 0.1, 0.8].into_iter().enumerate() {
                        data[line * b + 33] = value;
                    }
                }
                Layout::YoloV5 => {
                    data[40 * b..41 * b].copy_from_slice(&[24.0, 24.0, 16.0, 32.0, 1.0, 0.1, 0.8]);
                }
                // Row 64 + 4 + 1 is column 1, row 1 of the 16-pixel level.
                Layout::Yolox => {
                    let (w, h) = (1.0_f32.ln(), 2.0_f32.ln());
                    data[69 * b..70 * b].copy_from_slice(&[0.5, 0.5, w, h, 1.0, 0.1, 0.8]);
                }
                Layout::EndToEnd => {
                    data[12..18].copy_from_slice(&[16.0, 8.0, 32.0, 40.0, 0.8, 1.0]);
                }
            }
            let found = Decoder::new(layout, (a, b), INPUT).decode(&data, 0.3);
            let [raw] = found.as_slice() else {
                panic!("{layout}: {found:?}");
            };
            assert!(raw.bbox.iou(expected) > 0.999, "{layout}: {raw:?}");
            assert_eq!(raw.class, 1, "{layout}");
            let row = match layout {
                Layout::YoloV8 => 33,
                Layout::YoloV5 => 40,
                Layout::Yolox => 69,
                Layout::EndToEnd => 2,
            };
            assert_eq!(raw.row, row, "{layout}");
            assert!((raw.score - 0.8).abs() < 1e-6, "{layout}");
        }
    }

    #[test]
    fn outputs_of_the_wrong_size_and_of_no_numbers_give_nothing() {
        for (layout, (a, b)) in ALL {
            let mut decoder = Decoder::new(layout, (a, b), INPUT);
            assert_eq!(decoder.decode(&[], 0.0), []);
            assert_eq!(decoder.decode(&vec![0.5; a * b - 1], 0.0), []);
            for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN] {
                assert_eq!(decoder.decode(&vec![value; a * b], 0.0), [], "{layout} of {value}");
            }
        }
    }

    fn hostile() -> impl Strategy<Value = f32> {
        prop_oneof![any::<f32>(), 0.0_f32..1.0, 0.0_f32..64.0, Just(f32::NAN), Just(f32::INFINITY)]
    }

    proptest! {
        #[test]
        fn whatever_the_network_says_candidates_are_sane(
            data in prop::collection::vec(hostile(), 252 * 7),
            floor in 0.0_f32..1.0,
        ) {
            for (layout, (a, b)) in ALL {
                let found = Decoder::new(layout, (a, b), INPUT).decode(&data[..a * b], floor);
                for raw in found {
                    prop_assert!(raw.bbox.is_sane() && raw.bbox.width() <= 128.0);
                    prop_assert!((floor..=1.0).contains(&raw.score));
                }
            }
        }
    }
}
