//! A short street scene with vehicles and plates, rendered frame by frame: the same seed gives the same frames.
//!
//! A pinhole camera looks down a road. What stands still is painted once; a vehicle is a handful of flat, textured
//! faces that are projected with a homography each and drawn within their own bounds only, far ones first. Light,
//! noise and the conversion to I420 are one pass over the frame. Memory is bounded: the textures, the background,
//! one frame and a tile of noise.

mod background;
mod body;
mod camera;
mod canvas;
mod cast;
mod font;
mod passage;
mod planes;
mod plate;
mod truth;
mod warp;

use ovr_domain::{Picture, RgbImage};

use crate::Error;
use crate::random::Random;
use cast::{CAST, Vehicle};
use planes::Sensor;

pub use camera::SIZE;
pub use font::Font;
pub use passage::{PASSAGE_HEIGHT_PX, Passage, View, invented_text};
pub use plate::{LAYOUTS, Layout, STILL_WIDTH_PX, Strip, plate_still};
pub use truth::{Pass, Sighting, Truth};

/// Frames a second.
pub const FRAMES_PER_SECOND: u32 = 25;

/// Frames in the scene: 15 seconds.
pub const FRAMES: u32 = 375;

/// One rendered frame.
#[derive(Debug, Clone)]
pub struct SceneFrame {
    /// From 0.
    pub index: u32,
    /// 1280x720, I420, BT.709, limited range.
    pub picture: Picture,
}

/// The scene, an iterator over its frames.
pub struct Scene {
    vehicles: Vec<Vehicle>,
    background: RgbImage,
    sensor: Sensor,
    truth: Truth,
    next: u32,
}

impl std::fmt::Debug for Scene {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scene(at frame {} of {FRAMES})", self.next)
    }
}

impl Scene {
    /// Finds the font, paints the background and dresses the cast; takes a fraction of a second.
    pub fn new(seed: u64) -> Result<Self, Error> {
        let font = Font::find()?;
        let mut random = Random::new(seed);
        let vehicles: Vec<Vehicle> =
            CAST.iter().map(|role| Vehicle::new(role, &font, random.bits())).collect::<Result<_, Error>>()?;
        Ok(Self {
            truth: Truth::of(&vehicles, &background::SIGNS),
            background: background::paint(&font),
            sensor: Sensor::new(random.bits()),
            vehicles,
            next: 0,
        })
    }

    /// What the scene shows.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// One frame as the lens sees it: without light changes, noise and subsampling.
    pub fn render(&self, index: u32) -> RgbImage {
        let t = index as f32 / FRAMES_PER_SECOND as f32;
        let mut frame = self.background.clone();
        let mut present: Vec<&Vehicle> = self.vehicles.iter().filter(|v| v.present(t)).collect();
        let ahead = |vehicle: &Vehicle| vehicle.role.position(t)[1];
        present.sort_by(|a, b| ahead(b).total_cmp(&ahead(a)));
        for vehicle in &present {
            vehicle.draw_shadow(&mut frame, t);
        }
        for vehicle in &present {
            vehicle.draw(&mut frame, t);
        }
        frame
    }
}

impl Iterator for Scene {
    type Item = Result<SceneFrame, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= FRAMES {
            return None;
        }
        let index = self.next;
        self.next += 1;
        let frame = self.render(index);
        let t = index as f32 / FRAMES_PER_SECOND as f32;
        Some(self.sensor.expose(&frame, t).map(|picture| SceneFrame { index, picture }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = FRAMES.saturating_sub(self.next) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Scene {}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::BBox;

    #[test]
    fn the_same_seed_gives_the_same_frames_and_another_seed_other_noise() {
        let frame = |seed| Scene::new(seed).unwrap().nth(3).unwrap().unwrap().picture;
        let (first, again, other) = (frame(1), frame(1), frame(2));
        assert_eq!(first.plane(0).data, again.plane(0).data);
        assert_eq!(first.plane(2).data, again.plane(2).data);
        assert_ne!(first.plane(0).data, other.plane(0).data);
    }

    #[test]
    fn the_truth_has_what_the_demo_promises() {
        let scene = Scene::new(1).unwrap();
        let passes = &scene.truth().passes;
        let unread: Vec<&Pass> = passes.iter().filter(|pass| !pass.readable).collect();
        assert_eq!(unread.len(), 1);
        assert!((18.0..25.0).contains(&unread[0].width_px_max()), "{}", unread[0].width_px_max());
        let repeats: Vec<&Pass> = passes.iter().filter(|pass| pass.repeats.is_some()).collect();
        assert_eq!(repeats.len(), 1);
        assert_eq!(passes[repeats[0].repeats.unwrap()].plate, repeats[0].plate);
        let parked: Vec<&Pass> = passes.iter().filter(|pass| pass.parked).collect();
        assert_eq!(parked.len(), 1);
        assert!(parked[0].seen.len() > 340, "hidden on {} frames", 375 - parked[0].seen.len());
        let mut layouts: Vec<&str> = passes.iter().map(|pass| pass.layout.as_str()).collect();
        layouts.sort_unstable();
        layouts.dedup();
        assert_eq!(layouts.len(), LAYOUTS.len());
        assert!(passes.iter().all(|pass| pass.plate.chars().all(|c| c.is_ascii_alphanumeric())));
    }

    #[test]
    fn no_two_plates_lie_on_each_other() {
        let scene = Scene::new(1).unwrap();
        let passes = &scene.truth().passes;
        for (i, a) in passes.iter().enumerate() {
            for b in &passes[i + 1..] {
                let together = a.seen.iter().filter(|s| {
                    let other = b.seen.iter().find(|o| o.frame == s.frame);
                    other.is_some_and(|o| s.quad.bounds().iou(o.quad.bounds()) > 0.0)
                });
                assert!(together.count() < 3, "{} and {}", a.plate, b.plate);
            }
        }
    }

    #[test]
    fn a_plate_is_where_the_truth_says() {
        let scene = Scene::new(1).unwrap();
        let pass = scene.truth().passes.iter().find(|pass| pass.layout == "gb-rear").unwrap();
        let sighting = pass.seen[4];
        let frame = scene.render(sighting.frame);
        let picture = Picture::from_rgb(frame).unwrap();
        let BBox { x1, y1, x2, y2 } = sighting.quad.bounds();
        let (crop, _) = picture.rgb(BBox::new(x1 + 2.0, y1 + 2.0, x2 - 2.0, y2 - 2.0));
        let yellow = crop.data.chunks_exact(3).filter(|p| p[0] > 150 && p[2] < 110).count();
        assert!(yellow * 3 > (crop.width * crop.height) as usize, "{yellow} of {crop:?}");
    }
}
