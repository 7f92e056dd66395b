//! Greedy non-maximum suppression, class by class.

use ovr_domain::geometry::{BBox, Quad};
use ovr_domain::track::Class;

/// A box before suppression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// What it is.
    pub class: Class,
    /// Where.
    pub bbox: BBox,
    /// 0 to 1.
    pub confidence: f32,
    /// Its corners, where the network gives them; they play no part in the suppression.
    pub quad: Option<Quad>,
}

/// Keeps the `max` most confident candidates, the most confident first; ties by position, so that the outcome does
/// not depend on how the sort is written.
pub(super) fn most_confident(candidates: Vec<Candidate>, max: usize) -> Vec<Candidate> {
    let mut ranked: Vec<(usize, Candidate)> = candidates.into_iter().enumerate().collect();
    let order = |a: &(usize, Candidate), b: &(usize, Candidate)| {
        b.1.confidence.total_cmp(&a.1.confidence).then(a.0.cmp(&b.0))
    };
    if ranked.len() > max {
        ranked.select_nth_unstable_by(max, order);
        ranked.truncate(max);
    }
    ranked.sort_unstable_by(order);
    ranked.into_iter().map(|(_, candidate)| candidate).collect()
}

/// Intersection over union above which two plates are one, whatever is configured: vehicles hide each other in part,
/// but no plate hides another, and two boxes that do not quite agree on one small plate would be two events.
const PLATES_IOU_MAX: f32 = 0.2;

/// Takes the most confident candidate, drops those of its class whose intersection over union with it is above
/// `iou_max` (0.2 for plates, when that is less), and goes on with the rest. At most `candidates_max` enter and
/// `detections_max` are kept; the time is at worst their product. The result is sorted, the most confident first.
pub fn suppress(
    candidates: Vec<Candidate>,
    iou_max: f32,
    candidates_max: usize,
    detections_max: usize,
) -> Vec<Candidate> {
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in most_confident(candidates, candidates_max) {
        if kept.len() >= detections_max {
            break;
        }
        let is_plate = candidate.class == Class::Plate;
        let most = if is_plate { iou_max.min(PLATES_IOU_MAX) } else { iou_max };
        let repeats =
            |other: &Candidate| other.class == candidate.class && other.bbox.iou(candidate.bbox) > most;
        if !kept.iter().any(repeats) {
            kept.push(candidate);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn candidate(class: Class, x: f32, confidence: f32) -> Candidate {
        Candidate { class, bbox: BBox::new(x, 0.0, x + 10.0, 10.0), confidence, quad: None }
    }

    #[test]
    fn a_weaker_box_of_the_same_class_goes_and_one_of_another_class_stays() {
        let found = vec![
            candidate(Class::Car, 1.0, 0.6),
            candidate(Class::Car, 0.0, 0.9),
            candidate(Class::Truck, 1.0, 0.5),
            candidate(Class::Car, 8.0, 0.4),
        ];
        let kept = suppress(found.clone(), 0.5, 10, 10);
        assert_eq!(kept, [found[1], found[2], found[3]]);
        assert_eq!(suppress(found.clone(), 0.5, 1, 10), [found[1]]);
        assert_eq!(suppress(found.clone(), 0.5, 10, 2), [found[1], found[2]]);
        assert_eq!(suppress(found, 0.5, 0, 10), []);
    }

    #[test]
    fn two_boxes_of_one_plate_are_one_even_when_they_do_not_quite_agree() {
        let found = vec![candidate(Class::Plate, 0.0, 0.9), candidate(Class::Plate, 5.0, 0.6)];
        assert_eq!(suppress(found.clone(), 0.5, 10, 10), [found[0]]);
        let vehicles = vec![candidate(Class::Car, 0.0, 0.9), candidate(Class::Car, 5.0, 0.6)];
        assert_eq!(suppress(vehicles, 0.5, 10, 10).len(), 2);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_sorted_and_does_not_overlap(
            boxes in prop::collection::vec((0.0_f32..50.0, 0.0_f32..1.0), 0..80),
        ) {
            let found: Vec<_> = boxes.iter().map(|&(x, c)| candidate(Class::Car, x, c)).collect();
            let kept = suppress(found.clone(), 0.3, 60, 20);
            prop_assert!(kept.len() <= 20 && (kept.is_empty() == found.is_empty()));
            prop_assert!(kept.is_sorted_by(|a, b| a.confidence >= b.confidence));
            for (i, a) in kept.iter().enumerate() {
                prop_assert!(kept[..i].iter().all(|b| a.bbox.iou(b.bbox) <= 0.3));
            }
        }
    }
}
