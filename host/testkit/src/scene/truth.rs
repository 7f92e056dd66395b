//! What a scene shows: every pass of a vehicle, and where its plate is on which frame.

use ovr_domain::read::normalize;
use ovr_domain::time::Timestamp;
use ovr_domain::{BBox, Class, Point, Quad};
use serde::{Deserialize, Serialize};

use super::camera::SIZE;
use super::cast::Vehicle;
use super::{FRAMES, FRAMES_PER_SECOND};

/// Frames on which a plate must be wide enough to count as readable.
const READABLE_FRAMES_MIN: usize = 10;

/// Plates narrower than this are not listed, in pixels.
const LISTED_PX_MIN: f32 = 8.0;

/// Everything that a reader of the scene should find.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Capture time of the first frame; whoever plays the scene sets it.
    pub started_at: Timestamp,
    /// Frames a second.
    pub frames_per_second: u32,
    /// Frames in the scene.
    pub frames: u32,
    /// Every pass.
    pub passes: Vec<Pass>,
    /// Texts in the scene that are no plates.
    pub signs: Vec<String>,
}

/// One pass of one vehicle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pass {
    /// The plate, normalised.
    pub plate: String,
    /// Its layout, a row of [`super::plate::LAYOUTS`].
    pub layout: String,
    /// What carries it.
    pub class: Class,
    /// Whether it stands still all the time.
    pub parked: bool,
    /// Whether the plate is wide enough on enough frames.
    pub readable: bool,
    /// Index of the pass that this one repeats.
    pub repeats: Option<usize>,
    /// Where the plate is, on every frame that shows the whole of it, in order.
    pub seen: Vec<Sighting>,
}

/// A plate on one frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// The frame, from 0.
    pub frame: u32,
    /// The plate's corners in pixels.
    pub quad: Quad,
    /// The vehicle in pixels, clipped to the picture.
    pub vehicle: BBox,
}

impl Pass {
    /// First and last frame that shows the whole plate.
    pub fn frames(&self) -> Option<(u32, u32)> {
        Some((self.seen.first()?.frame, self.seen.last()?.frame))
    }

    /// Width of the plate where it is widest, in pixels.
    pub fn width_px_max(&self) -> f32 {
        self.seen.iter().map(|s| s.quad.width()).fold(0.0, f32::max)
    }
}

impl Truth {
    /// When a frame was captured.
    pub fn captured_at(&self, frame: u32) -> Timestamp {
        let micros = u64::from(frame) * 1_000_000 / u64::from(self.frames_per_second.max(1));
        self.started_at.plus(std::time::Duration::from_micros(micros))
    }

    pub(super) fn of(vehicles: &[Vehicle], signs: &[&str]) -> Self {
        let mut passes: Vec<Pass> = Vec::new();
        for vehicle in vehicles {
            let plate = normalize(vehicle.role.plate);
            let seen = sightings(vehicle, vehicles);
            let wide = seen.iter().filter(|s| s.quad.width() >= vehicle.layout.readable_px);
            passes.push(Pass {
                repeats: passes.iter().position(|earlier| earlier.plate == plate),
                plate,
                layout: vehicle.layout.name.to_owned(),
                class: vehicle.role.class(),
                parked: vehicle.role.speed == 0.0,
                readable: wide.count() >= READABLE_FRAMES_MIN,
                seen,
            });
        }
        Self {
            started_at: Timestamp::default(),
            frames_per_second: FRAMES_PER_SECOND,
            frames: FRAMES,
            passes,
            signs: signs.iter().map(|&sign| sign.to_owned()).collect(),
        }
    }
}

fn sightings(vehicle: &Vehicle, all: &[Vehicle]) -> Vec<Sighting> {
    let seconds = |frame: u32| frame as f32 / FRAMES_PER_SECOND as f32;
    let picture = BBox::new(0.0, 0.0, SIZE.0 as f32, SIZE.1 as f32);
    let mut seen = Vec::new();
    for frame in 0..FRAMES {
        let t = seconds(frame);
        if !vehicle.present(t) {
            continue;
        }
        let Some(corners) = vehicle.plate_on_picture(t) else {
            continue;
        };
        let quad = Quad(corners);
        let inside = corners.iter().all(|corner| picture.contains(*corner));
        if !inside || quad.width() < LISTED_PX_MIN || hidden(&corners, vehicle, all, t) {
            continue;
        }
        let faces = vehicle.faces_on_picture(t);
        let body = faces.iter().map(|face| Quad(*face).bounds());
        seen.push(Sighting {
            frame,
            quad,
            vehicle: body.fold(quad.bounds(), BBox::union).clipped(SIZE.0, SIZE.1),
        });
    }
    seen
}

/// Whether a nearer vehicle stands before a corner of the plate.
fn hidden(corners: &[Point; 4], vehicle: &Vehicle, all: &[Vehicle], t: f32) -> bool {
    let ahead = vehicle.role.position(t)[1];
    let nearer = all.iter().filter(|other| other.present(t) && other.role.position(t)[1] < ahead);
    nearer
        .flat_map(|other| other.faces_on_picture(t))
        .any(|face| corners.iter().any(|corner| covers(&face, *corner)))
}

/// Whether a convex, clockwise quadrilateral has the point inside.
fn covers(face: &[Point; 4], point: Point) -> bool {
    let [a, b, c, d] = *face;
    [(a, b), (b, c), (c, d), (d, a)]
        .iter()
        .all(|(from, to)| (to.x - from.x) * (point.y - from.y) - (to.y - from.y) * (point.x - from.x) >= 0.0)
}
