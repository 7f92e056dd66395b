//! How well detections agree with annotated boxes: matching, recall and average precision.

use ovr_domain::BBox;

/// A box that somebody annotated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Truth {
    pub(super) bbox: BBox,
    /// Finding it is neither right nor wrong.
    pub(super) ignore: bool,
}

/// A box that a detector gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    pub(super) bbox: BBox,
    /// 0 to 1.
    pub(super) confidence: f32,
}

/// Share of a detection that lies on an ignored box from which it counts neither way.
const IGNORED_SHARE: f32 = 0.5;

/// The detections of one class on any number of pictures, at one least overlap.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Matches {
    /// Boxes to be found.
    pub(super) truths: usize,
    /// Confidence of each detection, and whether it found a box that no better one had found.
    scored: Vec<(f32, bool)>,
}

impl Matches {
    /// Adds one picture. The most confident detection takes the free box that it overlaps most, the next one what is left,
    /// and so on (Everingham et al. 2010, "The Pascal visual object classes challenge", section 4.2; choosing among the free
    /// boxes only is COCO's).
    pub(super) fn add(&mut self, truths: &[Truth], found: &[Found], iou_min: f32) {
        let mut order: Vec<&Found> = found.iter().collect();
        order.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        let mut free: Vec<BBox> =
            truths.iter().filter(|truth| !truth.ignore).map(|truth| truth.bbox).collect();
        self.truths += free.len();
        for detection in order {
            let overlaps = free.iter().enumerate().map(|(at, truth)| (at, detection.bbox.iou(*truth)));
            let best = overlaps.filter(|(_, iou)| *iou >= iou_min).max_by(|a, b| a.1.total_cmp(&b.1));
            if let Some((at, _)) = best {
                free.swap_remove(at);
            } else if is_ignored(detection.bbox, truths) {
                continue;
            }
            self.scored.push((detection.confidence, best.is_some()));
        }
    }

    /// Boxes that were found by detections of at least this confidence.
    pub(super) fn hits(&self, confidence_min: f32) -> usize {
        self.count(confidence_min, true)
    }

    /// Detections of at least this confidence that found no box.
    pub(super) fn unmatched(&self, confidence_min: f32) -> usize {
        self.count(confidence_min, false)
    }

    /// Share of the boxes that were found, 0 to 1; nothing when there are none to find.
    pub(super) fn recall(&self, confidence_min: f32) -> Option<f64> {
        (self.truths > 0).then(|| self.hits(confidence_min) as f64 / self.truths as f64)
    }

    fn count(&self, confidence_min: f32, hit: bool) -> usize {
        self.scored
            .iter()
            .filter(|(confidence, is_hit)| *confidence >= confidence_min && *is_hit == hit)
            .count()
    }

    /// The area below the curve of precision against recall, the precision at each recall being the highest at that or any
    /// greater one (Everingham et al. 2015, "The Pascal visual object classes challenge: a retrospective", section 2.2).
    /// 0 to 1; nothing when there is no box to find.
    pub(super) fn average_precision(&self) -> Option<f64> {
        if self.truths == 0 {
            return None;
        }
        let mut scored = self.scored.clone();
        // Of equal confidences the wrong one comes first, so that the order of pictures cannot flatter.
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut hits = 0_usize;
        let precisions: Vec<(bool, f64)> = scored
            .iter()
            .enumerate()
            .map(|(before, (_, hit))| {
                hits += usize::from(*hit);
                (*hit, hits as f64 / (before + 1) as f64)
            })
            .collect();
        let (mut envelope, mut area) = (0.0_f64, 0.0);
        for (hit, precision) in precisions.into_iter().rev() {
            envelope = envelope.max(precision);
            if hit {
                area += envelope;
            }
        }
        Some(area / self.truths as f64)
    }
}

/// Most of the detection lies on a box that counts neither way.
fn is_ignored(found: BBox, truths: &[Truth]) -> bool {
    let ignored = truths.iter().filter(|truth| truth.ignore);
    ignored.into_iter().any(|truth| truth.bbox.overlap(found) >= IGNORED_SHARE * found.area().max(1e-6))
}

/// The middle of some values; 0 when there are none.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(0.0);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { at(middle) } else { f64::midpoint(at(middle.saturating_sub(1)), at(middle)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth(x: f32) -> Truth {
        Truth { bbox: BBox::new(x, 0.0, x + 10.0, 10.0), ignore: false }
    }

    /// A detection that is `off` pixels beside a truth at `x`; two off is an overlap of 8 / 12.
    fn found(x: f32, off: f32, confidence: f32) -> Found {
        Found { bbox: BBox::new(x + off, 0.0, x + off + 10.0, 10.0), confidence }
    }

    fn close(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-9)
    }

    #[test]
    fn each_box_is_found_once_and_by_the_most_confident() {
        let mut matches = Matches::default();
        let twice = [found(0.0, 2.0, 0.6), found(0.0, 0.0, 0.5), found(50.0, 0.0, 0.9)];
        matches.add(&[truth(0.0), truth(100.0)], &twice, 0.5);
        assert_eq!((matches.truths, matches.hits(0.0), matches.unmatched(0.0)), (2, 1, 2));
        assert_eq!((matches.hits(0.55), matches.unmatched(0.55)), (1, 1));
        assert!(close(matches.recall(0.0), 0.5));
        assert!(close(matches.recall(0.7), 0.0));
        assert_eq!(Matches::default().recall(0.0), None);
    }

    #[test]
    fn a_stricter_overlap_refuses_what_a_looser_one_takes() {
        let at = |iou_min| {
            let mut matches = Matches::default();
            matches.add(&[truth(0.0)], &[found(0.0, 2.0, 0.9)], iou_min);
            (matches.hits(0.0), matches.unmatched(0.0))
        };
        assert_eq!(at(0.5), (1, 0));
        assert_eq!(at(0.7), (0, 1));
    }

    #[test]
    fn an_ignored_box_counts_neither_when_it_is_found_nor_when_it_is_missed() {
        let ignored = Truth { ignore: true, ..truth(0.0) };
        let mut matches = Matches::default();
        matches.add(&[ignored, truth(100.0)], &[found(0.0, 1.0, 0.9), found(100.0, 0.0, 0.8)], 0.5);
        matches.add(&[ignored], &[], 0.5);
        assert_eq!((matches.truths, matches.hits(0.0), matches.unmatched(0.0)), (1, 1, 0));
    }

    #[test]
    fn average_precision_of_a_curve_worked_out_by_hand() {
        // Right, wrong, right, and one box never found: (1 + 2/3) / 3.
        let mut matches = Matches::default();
        let all = [found(0.0, 0.0, 0.9), found(50.0, 0.0, 0.8), found(100.0, 0.0, 0.7)];
        matches.add(&[truth(0.0), truth(100.0), truth(200.0)], &all, 0.5);
        assert!(close(matches.average_precision(), (1.0 + 2.0 / 3.0) / 3.0));
        assert_eq!(Matches::default().average_precision(), None);
        // A wrong one before the right one on another picture halves it, and the envelope lifts the first.
        let mut late = Matches::default();
        late.add(&[truth(0.0)], &[found(0.0, 0.0, 0.4)], 0.5);
        late.add(&[truth(0.0)], &[found(50.0, 0.0, 0.9), found(0.0, 0.0, 0.3)], 0.5);
        assert!(close(late.average_precision(), 2.0 / 3.0));
        let mut nothing = Matches::default();
        nothing.add(&[truth(0.0)], &[], 0.5);
        assert!(close(nothing.average_precision(), 0.0));
    }

    #[test]
    fn of_equal_confidences_the_wrong_detection_comes_first() {
        let mut matches = Matches::default();
        matches.add(&[truth(0.0)], &[found(0.0, 0.0, 0.5)], 0.5);
        matches.add(&[], &[found(0.0, 0.0, 0.5)], 0.5);
        assert!(close(matches.average_precision(), 0.5));
    }

    #[test]
    fn the_median_of_odd_even_and_no_values() {
        let is = |values: &[f64], middle: f64| (median(values) - middle).abs() < 1e-9;
        assert!(is(&[3.0, 1.0, 2.0], 2.0) && is(&[4.0, 1.0, 2.0, 3.0], 2.5) && is(&[], 0.0));
    }
}
