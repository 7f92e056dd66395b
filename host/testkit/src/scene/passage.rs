//! One plate before a camera that sees it badly, view by view: the same seed gives the same views.
//!
//! Each view is taken anew from the plate itself at four times the resolution and averaged down, as the cells of a sensor
//! do, so that plates that are a few pixels high lose what a real camera would lose, and another position of a fraction of a
//! pixel shows something else. Focus, smear, light and noise belong to the plate and waver from view to view; now and
//! then a view is much worse.

#![allow(clippy::indexing_slicing, reason = "pixel loops; sizes are set here and positions clamped")]

use ovr_domain::{Point, Quad, RgbImage};

use super::font::Font;
use super::plate::Layout;
use super::warp::{EXPOSURES_MAX, Patch, Texture, draw};
use crate::Error;
use crate::random::Random;

/// Least and greatest height of a plate, in pixels.
pub const PASSAGE_HEIGHT_PX: (u32, u32) = (8, 64);

/// Samples in each direction for one pixel.
const OVERSAMPLING: usize = 4;

/// Most pixels on each side of a pixel that its blur takes in.
const BLUR_REACH_MAX: usize = 6;

/// One view in this many is blurred and smeared more.
const STUMBLES_ONE_IN: usize = 7;

/// How much more.
const STUMBLE: f32 = 1.9;

/// How plates of a layout are lettered: `L` stands for a letter, `9` for a digit.
const PATTERNS: [(&str, &str); 8] = [
    ("de", "LL LL 999"),
    ("gb-rear", "LL99 LLL"),
    ("fr", "LL-999-LL"),
    ("nl", "LL-999-L"),
    ("es", "9999 LLL"),
    ("us", "9LLL999"),
    ("br", "LLL9L99"),
    ("au", "LLL 99L"),
];

/// Without I, O and Q, which most authorities leave out for looking like digits.
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPRSTUVWXYZ";

/// A text of the kind that plates of this layout have; nothing when none is known.
pub fn invented_text(layout: &Layout, random: &mut Random) -> Option<String> {
    let (_, pattern) = PATTERNS.iter().find(|(name, _)| *name == layout.name)?;
    let character = |sign: char| match sign {
        'L' => char::from(LETTERS[random.below(LETTERS.len())]),
        '9' => char::from(b'0' + random.below(10) as u8),
        other => other,
    };
    Some(pattern.chars().map(character).collect())
}

/// A plate as one frame shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The plate with some bodywork around it.
    pub image: RgbImage,
    /// The plate's corners on the image.
    pub quad: Quad,
}

/// A plate before the camera.
pub struct Passage {
    texture: Texture,
    /// Of the views, in pixels.
    size: (usize, usize),
    body: [u8; 3],
    /// The plate's corners where it stands at first.
    corners: [Point; 4],
    /// From view to view, in pixels.
    velocity: Point,
    /// Direction and length of the smear, in pixels.
    smear: Point,
    /// Deviation of the blur, in pixels.
    blur: f32,
    light: f32,
    /// Light that the lens scatters over everything, in steps of 255.
    haze: f32,
    /// Deviation of the noise, in steps of 255.
    noise: f32,
    random: Random,
    next: u32,
}

impl Passage {
    /// A plate `height_px` high. Lines of `text` are separated by `\n`.
    pub fn new(font: &Font, layout: &Layout, text: &str, height_px: u32, seed: u64) -> Result<Self, Error> {
        let (min, max) = PASSAGE_HEIGHT_PX;
        if !(min..=max).contains(&height_px) {
            return Err(Error::PlateHeight { height_px, min, max });
        }
        let texture = layout.texture(font, text, seed)?;
        let mut random = Random::new(seed ^ 0x9A55_A6E5);
        let height = height_px as f32;
        let width = height * layout.size_mm[0] / layout.size_mm[1];
        let (margin_x, margin_y) = (0.15 * width + 4.0, 0.5 * height + 4.0);
        let size = ((width + 2.0 * margin_x).ceil() as usize, (height + 2.0 * margin_y).ceil() as usize);
        let middle = Point { x: size.0 as f32 / 2.0, y: size.1 as f32 / 2.0 };
        let direction = random.between(0.0, std::f32::consts::TAU);
        let smear = random.between(0.0, 0.07) * height;
        Ok(Self {
            texture,
            size,
            body: [0; 3].map(|_: u8| random.between(30.0, 170.0) as u8),
            corners: stance(middle, (width, height), &mut random),
            velocity: Point { x: random.between(-0.8, 0.8), y: random.between(-0.8, 0.8) },
            smear: Point { x: smear * direction.cos(), y: smear * direction.sin() },
            blur: random.between(0.3, 0.8),
            light: random.between(0.35, 1.0),
            haze: random.between(0.0, 40.0),
            noise: random.between(2.0, 9.0),
            random,
            next: 0,
        })
    }

    /// The next view. There is always another one.
    pub fn next_view(&mut self) -> View {
        let random = &mut self.random;
        let shake = [0.0; 2].map(|_: f32| 0.25 * random.normal());
        let stumble = if random.below(STUMBLES_ONE_IN) == 0 { STUMBLE } else { 1.0 };
        let smear = stumble * random.between(0.6, 1.4);
        let blur = self.blur * stumble * random.between(0.8, 1.25);
        let light = self.light * random.between(0.92, 1.08);
        // The camera follows the plate by whole pixels; what is left is where it stands between them.
        let t = self.next as f32;
        let left = |way: f32, shake: f32| (way * t + shake).rem_euclid(1.0) - 0.5;
        let (dx, dy) = (left(self.velocity.x, shake[0]), left(self.velocity.y, shake[1]));
        self.next = self.next.wrapping_add(1);
        let quad = Quad(self.corners.map(|corner| Point { x: corner.x + dx, y: corner.y + dy }));
        let way = Point { x: self.smear.x * smear, y: self.smear.y * smear };
        let mut light_field = self.exposed(&quad, way);
        blurred(&mut light_field, self.size, blur);
        View { image: self.sensed(&light_field, light), quad }
    }

    /// The light on each pixel while the shutter is open: red, green and blue.
    fn exposed(&self, quad: &Quad, way: Point) -> Vec<[f32; 3]> {
        let scale = OVERSAMPLING as f32;
        let (width, height) = self.size;
        let large = (width * OVERSAMPLING, height * OVERSAMPLING);
        let mut image = RgbImage::filled(large.0 as u32, large.1 as u32, self.body);
        let window = [0.0, 0.0, 1.0, 1.0];
        let exposure = |index: usize| {
            let share = index as f32 / (EXPOSURES_MAX - 1) as f32 - 0.5;
            let place = |corner: Point| Point {
                x: (corner.x + way.x * share) * scale,
                y: (corner.y + way.y * share) * scale,
            };
            Patch { corners: quad.0.map(place), window }
        };
        let patches: Vec<Patch> = (0..EXPOSURES_MAX).map(exposure).collect();
        draw(&mut image, &self.texture, &patches);
        let mut field = vec![[0.0_f32; 3]; width * height];
        for (row, line) in image.data.chunks_exact(large.0 * 3).enumerate() {
            let start = row / OVERSAMPLING * width;
            for (column, pixel) in line.chunks_exact(3).enumerate() {
                let cell = &mut field[start + column / OVERSAMPLING];
                for (sum, value) in cell.iter_mut().zip(pixel) {
                    *sum += f32::from(*value) / (scale * scale);
                }
            }
        }
        field
    }

    /// What the sensor makes of the light: most of its noise is in all three colours alike.
    fn sensed(&mut self, field: &[[f32; 3]], light: f32) -> RgbImage {
        let (haze, noise) = (self.haze, self.noise);
        let mut data = Vec::with_capacity(field.len() * 3);
        for pixel in field {
            let grain = noise * self.random.normal();
            for value in pixel {
                let own = 0.4 * noise * (self.random.unit() - 0.5);
                data.push(
                    ((value * (1.0 - haze / 255.0) + haze) * light + grain + own).clamp(0.0, 255.0) as u8
                );
            }
        }
        RgbImage { width: self.size.0 as u32, height: self.size.1 as u32, data }
    }
}

/// Corners around a middle: turned a little in the picture, and one side a little nearer than the other.
fn stance(middle: Point, (width, height): (f32, f32), random: &mut Random) -> [Point; 4] {
    let (sin, cos) = random.between(-5.0, 5.0).to_radians().sin_cos();
    let nearer = random.between(-0.06, 0.06);
    let narrower = random.between(0.85, 1.0);
    let corner = |across: f32, down: f32| {
        let x = across * width / 2.0 * narrower;
        let y = down * height / 2.0 * (1.0 + nearer * across);
        Point { x: middle.x + x * cos - y * sin, y: middle.y + x * sin + y * cos }
    };
    [corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)]
}

/// A Gaussian blur, first across and then down; edges are continued outwards.
fn blurred(field: &mut [[f32; 3]], (width, height): (usize, usize), deviation: f32) {
    let reach = ((3.0 * deviation).ceil() as usize).clamp(1, BLUR_REACH_MAX);
    let weights: Vec<f32> = (0..=2 * reach)
        .map(|at| (-((at as f32 - reach as f32) / deviation.max(1e-3)).powi(2) / 2.0).exp())
        .collect();
    let sum: f32 = weights.iter().sum();
    for across in [true, false] {
        let source = field.to_owned();
        let at = |x: usize, y: usize| source[y * width + x];
        for y in 0..height {
            for x in 0..width {
                let mut mean = [0.0; 3];
                for (step, weight) in weights.iter().enumerate() {
                    let from = |place: usize, end: usize| (place + step).saturating_sub(reach).min(end - 1);
                    let pixel = if across { at(from(x, width), y) } else { at(x, from(y, height)) };
                    for (mean, value) in mean.iter_mut().zip(pixel) {
                        *mean += value * weight / sum;
                    }
                }
                field[y * width + x] = mean;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::LAYOUTS;

    fn passage(height_px: u32, seed: u64) -> Passage {
        let layout = Layout::named("de").unwrap();
        Passage::new(&Font::find().unwrap(), layout, "KA XT 739", height_px, seed).unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_views_and_each_view_is_another() {
        let views = |seed| -> Vec<View> {
            let mut passage = passage(16, seed);
            (0..4).map(|_| passage.next_view()).collect()
        };
        let first = views(5);
        assert_eq!(first, views(5));
        assert_ne!(first, views(6));
        assert_ne!(first[0].image, first[1].image);
        assert_ne!(first[0].quad, first[1].quad);
    }

    #[test]
    fn a_plate_has_the_height_that_was_asked_for_and_lies_on_its_picture() {
        for (height_px, seed) in [(8, 1), (20, 2), (64, 3)] {
            let View { image, quad } = passage(height_px, seed).next_view();
            assert!((quad.height() / height_px as f32 - 1.0).abs() < 0.02, "{}", quad.height());
            let bounds = quad.bounds();
            assert_eq!(bounds, bounds.clipped(image.width, image.height));
            assert_eq!(image.data.len(), (image.width * image.height * 3) as usize);
        }
        let german = Layout::named("de").unwrap();
        let refused = Passage::new(&Font::find().unwrap(), german, "AB 1", 7, 1).err().unwrap();
        assert!(matches!(refused, Error::PlateHeight { height_px: 7, min: 8, max: 64 }));
    }

    #[test]
    fn the_plate_stands_where_the_corners_say() {
        for seed in 0..8 {
            let View { image, quad } = passage(40, seed).next_view();
            let luma = image.luma();
            let bounds = quad.bounds().grown(-0.05, -0.1);
            let around = quad.bounds().grown(0.02, 0.1);
            let spread = |is_meant: &dyn Fn(Point) -> bool| {
                let place = |at: usize| Point {
                    x: (at % image.width as usize) as f32 + 0.5,
                    y: (at / image.width as usize) as f32 + 0.5,
                };
                let meant = luma.iter().enumerate().filter(|(at, _)| is_meant(place(*at)));
                let values: Vec<f32> = meant.map(|(_, value)| f32::from(*value)).collect();
                let mean = values.iter().sum::<f32>() / values.len() as f32;
                values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / values.len() as f32
            };
            // Characters within the corners, and nothing but bare bodywork and noise outside of them.
            let (inside, outside) = (spread(&|p| bounds.contains(p)), spread(&|p| !around.contains(p)));
            assert!(inside > 4.0 * outside, "seed {seed}: {inside} inside, {outside} outside");
        }
    }

    #[test]
    fn texts_follow_the_layout_and_every_layout_of_one_line_has_some() {
        let mut random = Random::new(1);
        for layout in LAYOUTS {
            let text = invented_text(layout, &mut random);
            assert_eq!(text.is_some(), layout.lines.len() == 1, "{}", layout.name);
        }
        let german = invented_text(Layout::named("de").unwrap(), &mut random).unwrap();
        assert_eq!((german.len(), &german[2..3], &german[5..6]), (9, " ", " "));
        assert!(german[6..].chars().all(|c| c.is_ascii_digit()));
        assert!(!german.contains(['I', 'O', 'Q']));
    }

    #[test]
    fn blur_keeps_the_light_and_spreads_an_edge() {
        let mut field: Vec<[f32; 3]> =
            (0..200).map(|at| [if at % 20 < 10 { 0.0 } else { 200.0 }; 3]).collect();
        blurred(&mut field, (20, 10), 1.0);
        assert!((field[9][0] - 200.0 * 0.31).abs() < 4.0, "{}", field[9][0]);
        assert!(field[0][1] < 0.1 && field[19][2] > 199.9);
    }
}
