//! What a track and a detection have to do with each other: IoU, fused scores and buffered boxes.

use ovr_domain::geometry::BBox;
use ovr_domain::track::Class;

use super::assignment::{Edge, best_pairs};

/// A box in double precision, so that the filter does not lose what the picture has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub(super) x1: f64,
    pub(super) y1: f64,
    pub(super) x2: f64,
    pub(super) y2: f64,
}

impl Rect {
    fn area(self) -> f64 {
        (self.x2 - self.x1) * (self.y2 - self.y1)
    }

    /// Intersection over union; both boxes have an area above zero.
    pub(super) fn iou(self, other: Self) -> f64 {
        let width = self.x2.min(other.x2) - self.x1.max(other.x1);
        let height = self.y2.min(other.y2) - self.y1.max(other.y1);
        if width <= 0.0 || height <= 0.0 {
            return 0.0;
        }
        let overlap = width * height;
        overlap / (self.area() + other.area() - overlap)
    }

    /// Grown on every side by `reach` widths.
    fn buffered(self, reach: f64) -> Self {
        let margin = (self.x2 - self.x1) * reach;
        Self { x1: self.x1 - margin, y1: self.y1 - margin, x2: self.x2 + margin, y2: self.y2 + margin }
    }

    /// Whether no edge is further than `edge` from the corner of the picture.
    pub(super) fn is_within(self, edge: f64) -> bool {
        [self.x1, self.y1, self.x2, self.y2].iter().all(|value| value.abs() <= edge)
    }
}

impl From<BBox> for Rect {
    fn from(bbox: BBox) -> Self {
        Self {
            x1: f64::from(bbox.x1),
            y1: f64::from(bbox.y1),
            x2: f64::from(bbox.x2),
            y2: f64::from(bbox.y2),
        }
    }
}

impl From<Rect> for BBox {
    fn from(rect: Rect) -> Self {
        Self::new(rect.x1 as f32, rect.y1 as f32, rect.x2 as f32, rect.y2 as f32)
    }
}

/// A track's expected box or a detection, as the association sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    /// Where it stands in the list of tracks or of detections.
    pub(super) index: usize,
    pub(super) class: Class,
    pub(super) rect: Rect,
    /// Of a detection, 0 to 1; 1 for a track.
    pub(super) confidence: f64,
}

/// One pass of association: what a pair costs and what it may cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pass {
    /// Largest cost, `1 - similarity`.
    pub(super) cost_max: f64,
    /// Multiplies the similarity by the detection's confidence.
    pub(super) fuse_score: bool,
    /// Buffers of plates and of vehicles, in widths; a class whose buffer is `None` takes no part.
    pub(super) reach_plate: Option<f64>,
    pub(super) reach_vehicle: Option<f64>,
}

impl Pass {
    /// A pass on the boxes as they are.
    pub(super) fn plain(cost_max: f64, fuse_score: bool) -> Self {
        Self { cost_max, fuse_score, reach_plate: Some(0.0), reach_vehicle: Some(0.0) }
    }

    fn reach(&self, class: Class) -> Option<f64> {
        if class.is_vehicle() { self.reach_vehicle } else { self.reach_plate }
    }

    /// The pairs (index of track, index of detection) of least cost; both leave their lists.
    pub(super) fn run(
        &self,
        tracks: &mut Vec<Candidate>,
        detections: &mut Vec<Candidate>,
    ) -> Vec<(usize, usize)> {
        let edges = self.edges(tracks, detections);
        if edges.is_empty() {
            return Vec::new();
        }
        let places = best_pairs(tracks.len(), detections.len(), &edges);
        let mut pairs = Vec::with_capacity(places.len());
        let mut track_taken = vec![false; tracks.len()];
        let mut detection_taken = vec![false; detections.len()];
        for (row, column) in places {
            let (Some(track), Some(detection)) = (tracks.get(row), detections.get(column)) else {
                continue;
            };
            pairs.push((track.index, detection.index));
            for (taken, place) in [(&mut track_taken, row), (&mut detection_taken, column)] {
                if let Some(flag) = taken.get_mut(place) {
                    *flag = true;
                }
            }
        }
        keep_free(tracks, &track_taken);
        keep_free(detections, &detection_taken);
        pairs
    }

    fn edges(&self, tracks: &[Candidate], detections: &[Candidate]) -> Vec<Edge> {
        let buffered = |candidate: &Candidate| {
            let reach = self.reach(candidate.class)?;
            Some(candidate.rect.buffered(reach))
        };
        let far: Vec<Option<Rect>> = detections.iter().map(buffered).collect();
        let mut edges = Vec::new();
        for (row, track) in tracks.iter().enumerate() {
            let Some(expected) = buffered(track) else { continue };
            for (column, (detection, seen)) in detections.iter().zip(&far).enumerate() {
                let Some(seen) = seen else { continue };
                if track.class.is_vehicle() != detection.class.is_vehicle() {
                    continue;
                }
                let iou = expected.iou(*seen);
                let similarity = if self.fuse_score { iou * detection.confidence } else { iou };
                let worth = self.cost_max - (1.0 - similarity);
                if iou > 0.0 && worth > 0.0 {
                    edges.push(Edge { row, column, worth });
                }
            }
        }
        edges
    }
}

fn keep_free(candidates: &mut Vec<Candidate>, taken: &[bool]) {
    let mut flags = taken.iter();
    candidates.retain(|_| !flags.next().copied().unwrap_or(false));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(index: usize, class: Class, x: f64) -> Candidate {
        let rect = Rect { x1: x, y1: 0.0, x2: x + 100.0, y2: 25.0 };
        Candidate { index, class, rect, confidence: 0.9 }
    }

    #[test]
    fn a_plate_and_a_car_in_the_same_place_are_strangers() {
        let pass = Pass::plain(1.0, false);
        let (mut tracks, mut detections) = (
            vec![candidate(0, Class::Plate, 0.0)],
            vec![candidate(0, Class::Car, 0.0), candidate(1, Class::Plate, 40.0)],
        );
        assert_eq!(pass.run(&mut tracks, &mut detections), vec![(0, 1)]);
        assert!(tracks.is_empty());
        assert_eq!(detections.len(), 1);
    }

    #[test]
    fn kinds_of_vehicle_may_change() {
        let pass = Pass::plain(0.8, true);
        let mut tracks = vec![candidate(3, Class::Car, 0.0)];
        let mut detections = vec![candidate(5, Class::Truck, 10.0)];
        assert_eq!(pass.run(&mut tracks, &mut detections), vec![(3, 5)]);
    }

    #[test]
    fn buffered_boxes_meet_where_plain_ones_do_not() {
        let far = || (vec![candidate(0, Class::Plate, 0.0)], vec![candidate(0, Class::Plate, 150.0)]);
        let (mut tracks, mut detections) = far();
        assert!(Pass::plain(1.0, false).run(&mut tracks, &mut detections).is_empty());
        let reaching = Pass { reach_plate: Some(1.0), reach_vehicle: None, ..Pass::plain(0.85, false) };
        let (mut tracks, mut detections) = far();
        assert_eq!(reaching.run(&mut tracks, &mut detections), vec![(0, 0)]);
    }
}
