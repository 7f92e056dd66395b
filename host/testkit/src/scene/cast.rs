//! Who drives through the scene, where and when.

use super::body::{Body, Shape};
use super::camera::{World, place};
use super::canvas::{Canvas, Colour, Paint};
use super::font::Font;
use super::plate::Layout;
use super::warp::{EXPOSURES_MAX, Patch, Texture, draw};
use crate::Error;
use ovr_domain::{Class, Point, RgbImage};

/// How long the shutter is open, in seconds.
const EXPOSURE_S: f32 = 1.0 / 250.0;

/// One pass of a vehicle; a row of [`CAST`].
pub(crate) struct Role {
    /// Lines separated by `\n`.
    pub(crate) plate: &'static str,
    /// A row of the layouts.
    pub(crate) layout: &'static str,
    pub(crate) shape: Shape,
    pub(crate) colour: Colour,
    /// Where the end with the plate is (right and ahead in metres) at the second `at_s`.
    pub(crate) place: [f32; 2],
    pub(crate) at_s: f32,
    /// Degrees that the vehicle is turned; 0 shows its end squarely.
    pub(crate) heading: f32,
    /// Metres a second; below zero towards the camera.
    pub(crate) speed: f32,
    /// Not in the scene before this second.
    pub(crate) from_s: f32,
}

const fn role(plate: &'static str, layout: &'static str, shape: Shape, colour: Colour) -> Role {
    Role {
        plate,
        layout,
        shape,
        colour,
        place: [-1.45, 5.0],
        at_s: 0.0,
        heading: 0.0,
        speed: -6.0,
        from_s: 0.0,
    }
}

const BLUE: Colour = [52, 84, 136];
const GREEN: Colour = [58, 98, 74];

/// Everybody. Plates are invented; their characters avoid pairs that look alike, such as O and 0.
pub(crate) const CAST: &[Role] = &[
    // Parked at the kerb all the time.
    Role {
        place: [3.3, 9.3],
        heading: 3.0,
        speed: 0.0,
        ..role("GK-482-RB", "fr", Shape::CarFront, [158, 160, 164])
    },
    // Too far away to be read, ever.
    Role { place: [-5.8, 34.0], speed: -0.03, ..role("TKR 64H", "au", Shape::CarFront, [60, 32, 36]) },
    Role { at_s: 2.6, ..role("KA XT 739", "de", Shape::CarFront, BLUE) },
    Role {
        place: [0.8, 3.0],
        at_s: 0.6,
        speed: 5.0,
        ..role("LX72 HKR", "gb-rear", Shape::CarBack, [172, 40, 36])
    },
    Role { at_s: 5.4, ..role("RKA4E93", "br", Shape::CarFront, [206, 206, 200]) },
    Role {
        place: [0.7, 3.0],
        at_s: 4.8,
        speed: 4.0,
        ..role("KR 7\nTE 43", "motorcycle", Shape::MotorcycleBack, [210, 120, 30])
    },
    // Leaves the yard on the left and crosses the road.
    Role {
        place: [0.25, 5.0],
        at_s: 9.0,
        heading: -28.0,
        speed: -4.0,
        from_s: 5.0,
        ..role("5274 KMF", "es", Shape::CarFront, GREEN)
    },
    Role { place: [0.8, 3.0], at_s: 10.8, speed: 4.0, ..role("7HKT394", "us", Shape::CarBack, [46, 48, 54]) },
    // The third of this list once more, well inside any window for repeats.
    Role { at_s: 11.4, from_s: 3.2, ..role("KA XT 739", "de", Shape::CarFront, BLUE) },
    Role { at_s: 14.5, ..role("VR-384-K", "nl", Shape::TruckFront, [188, 96, 34]) },
];

impl Role {
    /// The class that a detector should give the vehicle.
    pub(crate) fn class(&self) -> Class {
        match self.shape {
            Shape::CarFront | Shape::CarBack => Class::Car,
            Shape::TruckFront => Class::Truck,
            Shape::MotorcycleBack => Class::Motorcycle,
        }
    }

    /// Right and ahead of the end with the plate at second `t`, in metres.
    pub(crate) fn position(&self, t: f32) -> [f32; 2] {
        let (sin, cos) = self.heading.to_radians().sin_cos();
        let way = self.speed * (t - self.at_s);
        [self.place[0] + sin * way, self.place[1] + cos * way]
    }

    /// From the vehicle's own axes into the world at second `t`.
    fn stand(&self, [x, y, z]: World, t: f32) -> World {
        let (sin, cos) = self.heading.to_radians().sin_cos();
        let [right, ahead] = self.position(t);
        [right + x * cos + z * sin, y, ahead - x * sin + z * cos]
    }
}

/// A vehicle ready to be drawn.
pub(crate) struct Vehicle {
    pub(crate) role: &'static Role,
    pub(crate) layout: &'static Layout,
    body: Body,
    plate: Texture,
    plate_corners: [World; 4],
    shadow: Texture,
}

impl Vehicle {
    pub(crate) fn new(role: &'static Role, font: &Font, seed: u64) -> Result<Self, Error> {
        let layout = Layout::named(role.layout)?;
        let body = Body::new(role.shape, role.colour);
        let [half_width, half_height] = layout.size_mm.map(|mm| mm / 2_000.0);
        let (top, bottom) = (body.plate_height + half_height, body.plate_height - half_height);
        let z = -0.015;
        let mut shadow = Canvas::new(1.0, 1.0, 96.0);
        shadow.glow([0.0, 0.0, 1.0, 1.0], Paint::clear([12, 13, 16], 0.72));
        Ok(Self {
            role,
            layout,
            body,
            plate: layout.texture(font, role.plate, seed)?,
            plate_corners: [
                [-half_width, top, z],
                [half_width, top, z],
                [half_width, bottom, z],
                [-half_width, bottom, z],
            ],
            shadow: Texture::new(&shadow),
        })
    }

    /// Whether it is in the scene at second `t` and at least partly before the camera.
    pub(crate) fn present(&self, t: f32) -> bool {
        let ahead = self.role.position(t)[1];
        t >= self.role.from_s && ahead < 110.0 && ahead + self.body.foot[1] > 1.0
    }

    fn at(&self, corners: &[World; 4], t: f32) -> Option<Patch> {
        place(&corners.map(|corner| self.role.stand(corner, t)))
    }

    /// The places of a face while the shutter is open around second `t`: more of them the farther it moves.
    fn exposed(&self, corners: &[World; 4], t: f32) -> Vec<Patch> {
        let half = EXPOSURE_S / 2.0;
        let (Some(first), Some(last)) = (self.at(corners, t - half), self.at(corners, t + half)) else {
            return self.at(corners, t).into_iter().collect();
        };
        let moves = first.corners.iter().zip(last.corners).map(|(a, b)| a.distance(b));
        let farthest = moves.fold(0.0, f32::max);
        let count = ((farthest / 0.8) as usize + 1).clamp(1, EXPOSURES_MAX);
        let step = EXPOSURE_S / count as f32;
        (0..count).filter_map(|k| self.at(corners, t - half + step * (k as f32 + 0.5))).collect()
    }

    fn shadow_corners(&self) -> [World; 4] {
        let [width, length] = self.body.foot;
        let (half, margin, y) = (width / 2.0 + 0.3, 0.35, 0.005);
        [[-half, y, length + margin], [half, y, length + margin], [half, y, -margin], [-half, y, -margin]]
    }

    /// The shadow, which lies under every body.
    pub(crate) fn draw_shadow(&self, frame: &mut RgbImage, t: f32) {
        if let Some(patch) = self.at(&self.shadow_corners(), t) {
            draw(frame, &self.shadow, &[patch]);
        }
    }

    /// The body and then the plate.
    pub(crate) fn draw(&self, frame: &mut RgbImage, t: f32) {
        for face in &self.body.faces {
            let patches = self.exposed(&face.corners, t);
            if patches.first().is_some_and(Patch::faces_viewer) {
                draw(frame, &face.texture, &patches);
            }
        }
        let patches = self.exposed(&self.plate_corners, t);
        draw(frame, &self.plate, &patches);
    }

    /// The plate's corners on the picture, when it is wholly before the camera.
    pub(crate) fn plate_on_picture(&self, t: f32) -> Option<[Point; 4]> {
        let patch = self.at(&self.plate_corners, t)?;
        let [left, top, right, bottom] = patch.window;
        let whole = left <= 0.0 && top <= 0.0 && right >= 1.0 && bottom >= 1.0;
        whole.then_some(patch.corners)
    }

    /// The faces that the camera sees.
    pub(crate) fn faces_on_picture(&self, t: f32) -> Vec<[Point; 4]> {
        let patches = self.body.faces.iter().filter_map(|face| self.at(&face.corners, t));
        patches.filter(Patch::faces_viewer).map(|patch| patch.corners).collect()
    }
}
