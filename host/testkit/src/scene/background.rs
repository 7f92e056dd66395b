//! What stands still: the road, its verges, trees, a house with a sign that is no plate. Drawn once.

#![allow(clippy::indexing_slicing, reason = "pixel loops over rows of a picture of known size")]

use ovr_domain::RgbImage;

use super::camera::{SIZE, World, onto_road, place, project};
use super::canvas::{Canvas, Colour, Paint};
use super::font::Font;
use super::warp::{Texture, draw};

/// Texts that stand in the scene and are no plates.
pub(crate) const SIGNS: [&str; 2] = ["CAFE LUNA", "SLOW"];

/// Noise on a lattice, blended smoothly, 0 to 1 (Perlin's value noise).
fn value_noise(x: f32, y: f32) -> f32 {
    let lattice = |i: i32, j: i32| {
        let mut bits = (i as u32).wrapping_mul(0x9E37_79B1) ^ (j as u32).wrapping_mul(0x85EB_CA77);
        bits = (bits ^ (bits >> 15)).wrapping_mul(0x2C1B_3C6D);
        bits = (bits ^ (bits >> 12)).wrapping_mul(0x297A_2D39);
        ((bits ^ (bits >> 15)) & 0xFFFF) as f32 / 65_535.0
    };
    let (i, j) = (x.floor(), y.floor());
    let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
    let (fx, fy) = (smooth(x - i), smooth(y - j));
    let (i, j) = (i as i32, j as i32);
    let upper = lattice(i, j) * (1.0 - fx) + lattice(i + 1, j) * fx;
    let lower = lattice(i, j + 1) * (1.0 - fx) + lattice(i + 1, j + 1) * fx;
    upper * (1.0 - fy) + lower * fy
}

fn grey(value: f32) -> [f32; 3] {
    [value, value * 1.0, value * 1.03]
}

/// The colour of the ground at a place, right and ahead in metres.
fn ground(x: f32, z: f32) -> [f32; 3] {
    let rough = value_noise(x * 9.0, z * 4.0) * 0.5 + value_noise(x * 0.9, z * 0.35) * 0.5;
    let asphalt = 84.0 + rough * 22.0;
    let tracks = [-2.3_f32, -1.1, 0.4, 1.6].iter().any(|wheel| (x - wheel).abs() < 0.18);
    let asphalt = if tracks { asphalt - 5.0 } else { asphalt };
    let dashed = (x + 0.35).abs() < 0.06 && z.rem_euclid(6.0) < 3.0;
    let driveway = x < -3.2 && (10.5..19.0).contains(&z);
    let edge = (x - 2.35).abs() < 0.06 || (x + 3.3).abs() < 0.06;
    if dashed || (edge && !driveway) {
        return grey(176.0 + rough * 30.0);
    }
    if (-3.5..4.55).contains(&x) || driveway {
        return grey(asphalt);
    }
    if (4.55..4.75).contains(&x) || (-3.7..-3.5).contains(&x) {
        return grey(132.0 + rough * 20.0);
    }
    if (4.75..6.6).contains(&x) || (-5.3..-3.7).contains(&x) {
        let joint = z.rem_euclid(1.2) < 0.04;
        return grey(if joint { 96.0 } else { 124.0 + rough * 16.0 });
    }
    let blades = value_noise(x * 5.0, z * 2.0);
    [62.0 + blades * 26.0, 84.0 + blades * 34.0, 44.0 + blades * 18.0]
}

/// The colour where the line of sight meets no ground: sky, with a row of trees before it.
fn beyond(x: f32, y: f32, horizon: f32) -> [f32; 3] {
    let tops = 26.0 + 34.0 * value_noise(x / 47.0, 3.0) + 12.0 * value_noise(x / 11.0, 9.0);
    let above = horizon - y;
    if above < tops {
        let leaves = value_noise(x / 6.0, y / 5.0);
        return [58.0 + leaves * 24.0, 74.0 + leaves * 28.0, 56.0 + leaves * 18.0];
    }
    let share = (above / 90.0).clamp(0.0, 1.0);
    [206.0 - 30.0 * share, 214.0 - 20.0 * share, 222.0 - 6.0 * share]
}

/// Colour of the air between, and how much of it there is at a distance.
fn hazed(colour: [f32; 3], distance: f32) -> [f32; 3] {
    let share = 1.0 - (-distance / 260.0).exp();
    let air = [186.0, 194.0, 200.0];
    std::array::from_fn(|k| colour[k] * (1.0 - share) + air[k] * share)
}

fn land() -> RgbImage {
    let mut image = RgbImage::filled(SIZE.0, SIZE.1, [0; 3]);
    let width = SIZE.0 as usize;
    let horizon = project([0.0, 2.4, 5_000.0]).map_or(0.0, |point| point.y);
    for (index, pixel) in image.data.chunks_exact_mut(3).enumerate() {
        let (column, row) = ((index % width) as f32, (index / width) as f32);
        let mut sum = [0.0_f32; 3];
        for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
            let (x, y) = (column + dx, row + dy);
            let colour = match onto_road(x, y) {
                Some((right, ahead)) if ahead < 160.0 => hazed(ground(right, ahead), ahead),
                _ => hazed(beyond(x, y, horizon), 60.0),
            };
            for (total, value) in sum.iter_mut().zip(colour) {
                *total += value / 4.0;
            }
        }
        pixel.copy_from_slice(&sum.map(|value| value.clamp(0.0, 255.0) as u8));
    }
    image
}

fn stand(image: &mut RgbImage, corners: [World; 4], canvas: &Canvas) {
    if let Some(patch) = place(&corners) {
        draw(image, &Texture::new(canvas), &[patch]);
    }
}

/// A board on posts that faces the road users.
fn board(image: &mut RgbImage, font: &Font, text: &str, at: [f32; 2], size: [f32; 3], colours: [Colour; 2]) {
    let [x, z] = at;
    let [width, height, bottom] = size;
    let mut post = Canvas::new(0.08, bottom + height, 60.0);
    post.rect([0.0, 0.0, 0.08, bottom + height], 0.0, Paint::fade([150, 152, 154], [104, 106, 108]));
    let top = bottom + height;
    for foot in [x - width * 0.35, x + width * 0.35] {
        let corners =
            [[foot - 0.04, top, z], [foot + 0.04, top, z], [foot + 0.04, 0.0, z], [foot - 0.04, 0.0, z]];
        stand(image, corners, &post);
    }
    let mut sign = Canvas::new(width, height, 200.0);
    sign.rect([0.0, 0.0, width, height], 0.05, Paint::flat(colours[1]));
    sign.rect([0.03, 0.03, width - 0.03, height - 0.03], 0.04, Paint::flat(colours[0]));
    let inner = [width * 0.1, height * 0.28, width * 0.9, height * 0.72];
    sign.text(font, text, inner, Paint::flat(colours[1]));
    let (left, right) = (x - width / 2.0, x + width / 2.0);
    stand(image, [[left, top, z], [right, top, z], [right, bottom, z], [left, bottom, z]], &sign);
}

/// A house front along the road on the left.
fn house(image: &mut RgbImage, x: f32, [near, far]: [f32; 2], height: f32, wall: Colour) {
    let length = far - near;
    let mut canvas = Canvas::new(length, height, 60.0);
    canvas.rect([-1.0, -1.0, length + 1.0, height + 1.0], 0.0, Paint::fade(wall, [118, 104, 92]));
    let mut left = 1.0;
    while left + 1.4 < length {
        for top in [0.7, 3.3] {
            canvas.rect([left, top, left + 1.3, top + 1.6], 0.02, Paint::flat([228, 226, 220]));
            canvas.rect(
                [left + 0.08, top + 0.08, left + 1.22, top + 1.52],
                0.0,
                Paint::fade([120, 136, 150], GLASS),
            );
        }
        left += 2.6;
    }
    canvas.modulate(|u, v| 0.92 + 0.08 * value_noise(u * 3.0, v * 8.0));
    stand(image, [[x, height, near], [x, height, far], [x, 0.0, far], [x, 0.0, near]], &canvas);
}

const GLASS: Colour = [52, 60, 68];

/// A hedge along the road on the right.
fn hedge(image: &mut RgbImage, x: f32, [near, far]: [f32; 2], height: f32) {
    let length = far - near;
    let mut canvas = Canvas::new(length, height, 40.0);
    canvas.rect([-1.0, 0.06, length + 1.0, height + 1.0], 0.0, Paint::fade([92, 118, 66], [40, 54, 34]));
    canvas.modulate(|u, v| 0.7 + 0.5 * value_noise(u * 7.0, v * 7.0));
    stand(image, [[x, height, far], [x, height, near], [x, 0.0, near], [x, 0.0, far]], &canvas);
}

/// The whole background.
pub(crate) fn paint(font: &Font) -> RgbImage {
    let mut image = land();
    hedge(&mut image, 7.4, [34.0, 80.0], 1.9);
    hedge(&mut image, 7.2, [14.0, 32.0], 1.5);
    house(&mut image, -7.6, [58.0, 84.0], 6.4, [176, 160, 140]);
    house(&mut image, -6.6, [30.0, 54.0], 6.0, [186, 178, 166]);
    let [cafe, slow] = SIGNS;
    board(&mut image, font, slow, [5.7, 23.0], [1.3, 0.6, 1.7], [[244, 240, 226], [150, 28, 30]]);
    board(&mut image, font, cafe, [-5.4, 24.0], [1.9, 0.65, 1.9], [[38, 66, 54], [240, 232, 205]]);
    image
}
