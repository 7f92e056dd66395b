//! Plates: a table of layouts, their drawing, and still pictures of them. Texts are invented.

use ovr_domain::{Point, RgbImage};

use super::canvas::{Canvas, Colour, Paint};
use super::font::Font;
use super::warp::{Patch, Texture, draw};
use crate::Error;
use crate::random::Random;

/// Narrowest and widest still picture of a plate, in pixels.
pub const STILL_WIDTH_PX: (u32, u32) = (16, 512);

/// Most characters in one line of a plate, separators included.
const LINE_CHARS_MAX: usize = 10;

/// A coloured strip with small text: the blue band of the EU, a state's name, the bar of Mercosul.
#[derive(Debug, Clone, Copy)]
pub struct Strip {
    /// Left, top, right, bottom in millimetres.
    pub rect: [f32; 4],
    /// Of the strip.
    pub colour: Colour,
    /// What stands in it.
    pub text: &'static str,
    /// Of the text.
    pub text_colour: Colour,
    /// Left, top, right, bottom of the text in millimetres.
    pub text_rect: [f32; 4],
}

/// How plates of one kind look; a row of [`LAYOUTS`]. Sizes in millimetres.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// The name by which it is asked for.
    pub name: &'static str,
    /// Width and height.
    pub size_mm: [f32; 2],
    /// Of the plate.
    pub ground: Colour,
    /// Of the characters.
    pub ink: Colour,
    /// Of the rim.
    pub rim: Colour,
    /// Bands and headings.
    pub strips: &'static [Strip],
    /// Left, top, right, bottom of each line of characters.
    pub lines: &'static [[f32; 4]],
    /// From this width on the picture, in pixels, a plate of this kind counts as readable.
    pub readable_px: f32,
}

const WHITE: Colour = [236, 238, 236];
const BLACK: Colour = [22, 22, 24];
const EU_BLUE: Colour = [20, 60, 150];
const YELLOW: Colour = [240, 196, 30];

const fn eu_band(height: f32, code: &'static str) -> Strip {
    Strip {
        rect: [5.0, 5.0, 47.0, height - 5.0],
        colour: EU_BLUE,
        text: code,
        text_colour: WHITE,
        text_rect: [12.0, height - 36.0, 40.0, height - 14.0],
    }
}

const fn layout(name: &'static str, size_mm: [f32; 2], ground: Colour) -> Layout {
    Layout {
        name,
        size_mm,
        ground,
        ink: BLACK,
        rim: BLACK,
        strips: &[],
        lines: &[[60.0, 18.0, 500.0, 95.0]],
        readable_px: 90.0,
    }
}

/// Every layout that the renderer knows. Another one is another row.
pub const LAYOUTS: &[Layout] = &[
    Layout { strips: &[eu_band(113.0, "D")], ..layout("de", [520.0, 113.0], WHITE) },
    Layout {
        rim: [215, 172, 22],
        lines: &[[24.0, 17.0, 496.0, 94.0]],
        ..layout("gb-rear", [520.0, 111.0], YELLOW)
    },
    Layout {
        rim: [220, 222, 220],
        strips: &[
            eu_band(110.0, "F"),
            Strip {
                rect: [473.0, 5.0, 515.0, 105.0],
                colour: EU_BLUE,
                text: "38",
                text_colour: WHITE,
                text_rect: [479.0, 76.0, 509.0, 96.0],
            },
        ],
        lines: &[[58.0, 17.0, 462.0, 93.0]],
        ..layout("fr", [520.0, 110.0], WHITE)
    },
    Layout {
        strips: &[eu_band(110.0, "NL")],
        lines: &[[58.0, 17.0, 502.0, 93.0]],
        ..layout("nl", [520.0, 110.0], YELLOW)
    },
    Layout {
        strips: &[eu_band(110.0, "E")],
        lines: &[[62.0, 17.0, 498.0, 93.0]],
        ..layout("es", [520.0, 110.0], WHITE)
    },
    Layout {
        ink: [26, 36, 96],
        rim: [60, 84, 150],
        strips: &[Strip {
            rect: [6.0, 6.0, 299.0, 34.0],
            colour: [205, 220, 236],
            text: "EVERGREEN",
            text_colour: [160, 30, 40],
            text_rect: [80.0, 11.0, 225.0, 27.0],
        }],
        lines: &[[16.0, 48.0, 289.0, 124.0]],
        readable_px: 60.0,
        ..layout("us", [305.0, 152.0], [226, 232, 236])
    },
    Layout {
        rim: [200, 204, 206],
        strips: &[Strip {
            rect: [0.0, 0.0, 400.0, 30.0],
            colour: [16, 56, 140],
            text: "BRASIL",
            text_colour: WHITE,
            text_rect: [150.0, 8.0, 250.0, 23.0],
        }],
        lines: &[[20.0, 44.0, 380.0, 112.0]],
        readable_px: 75.0,
        ..layout("br", [400.0, 130.0], WHITE)
    },
    Layout { lines: &[[22.0, 28.0, 350.0, 108.0]], readable_px: 70.0, ..layout("au", [372.0, 134.0], WHITE) },
    Layout {
        lines: &[[52.0, 16.0, 228.0, 88.0], [24.0, 110.0, 256.0, 184.0]],
        readable_px: 45.0,
        ..layout("motorcycle", [280.0, 200.0], WHITE)
    },
];

impl Layout {
    /// The row with this name.
    pub fn named(name: &str) -> Result<&'static Self, Error> {
        LAYOUTS.iter().find(|layout| layout.name == name).ok_or_else(|| Error::UnknownLayout {
            name: name.chars().take(32).collect(),
            known: LAYOUTS.iter().map(|layout| layout.name).collect::<Vec<_>>().join(", "),
        })
    }

    /// The lines of `text`, which are separated by `\n`, when they can stand on this plate.
    fn split<'t>(&self, text: &'t str) -> Result<Vec<&'t str>, Error> {
        let lines: Vec<&str> = text.split('\n').collect();
        let fits = |line: &&str| (1..=LINE_CHARS_MAX).contains(&line.chars().count());
        if lines.len() == self.lines.len() && lines.iter().all(fits) {
            return Ok(lines);
        }
        Err(Error::PlateText {
            text: text.chars().take(64).collect(),
            layout: self.name,
            lines: self.lines.len(),
            chars_max: LINE_CHARS_MAX,
        })
    }

    /// The plate as a texture, one texel a millimetre, with a little dirt from `seed`.
    pub(crate) fn texture(&self, font: &Font, text: &str, seed: u64) -> Result<Texture, Error> {
        let lines = self.split(text)?;
        let [width, height] = self.size_mm;
        let mut canvas = Canvas::new(width, height, 1.0);
        let whole = [0.0, 0.0, width, height];
        canvas.rect(whole, 8.0, Paint::flat(self.ground));
        for strip in self.strips {
            canvas.rect(strip.rect, 3.0, Paint::flat(strip.colour));
            canvas.text(font, strip.text, strip.text_rect, Paint::flat(strip.text_colour));
        }
        canvas.frame(whole, 8.0, 4.0, Paint::flat(self.rim));
        for (line, rect) in lines.iter().zip(self.lines) {
            canvas.text(font, line, *rect, Paint::flat(self.ink));
        }
        let mut random = Random::new(seed);
        let (phase_x, phase_y) = (random.between(0.0, 6.0), random.between(0.0, 6.0));
        canvas.modulate(|x, y| {
            let stain = (x / 61.0 + phase_x).sin() * (y / 37.0 + phase_y + x / 170.0).sin();
            0.97 + 0.03 * stain - 0.05 * (y / height).powi(3)
        });
        Ok(Texture::new(&canvas))
    }
}

/// A still picture of one plate, `width_px` wide, on a piece of bodywork: turned a little, lit unevenly, noisy, all
/// from `seed`. Lines of `text` are separated by `\n`.
pub fn plate_still(
    font: &Font,
    layout: &Layout,
    text: &str,
    width_px: u32,
    seed: u64,
) -> Result<RgbImage, Error> {
    let (min, max) = STILL_WIDTH_PX;
    if !(min..=max).contains(&width_px) {
        return Err(Error::PlateWidth { width_px, min, max });
    }
    let texture = layout.texture(font, text, seed)?;
    let mut random = Random::new(seed ^ 0x5EED);
    let width = width_px as f32;
    let height = width * layout.size_mm[1] / layout.size_mm[0];
    let (margin_x, margin_y) = (width * 0.2, height * 0.5);
    let body = [0; 3].map(|_: u8| random.between(30.0, 170.0) as u8);
    let size = ((width + 2.0 * margin_x) as u32, (height + 2.0 * margin_y) as u32);
    let mut image = RgbImage::filled(size.0, size.1, body);
    let mut corner = |x: f32, y: f32| Point {
        x: margin_x + x * width + random.between(-0.02, 0.02) * width,
        y: margin_y + y * height + random.between(-0.04, 0.04) * height,
    };
    let corners = [corner(0.0, 0.0), corner(1.0, 0.0), corner(1.0, 1.0), corner(0.0, 1.0)];
    let window = [0.0, 0.0, 1.0, 1.0];
    draw(&mut image, &texture, &[Patch { corners, window }]);
    let (light, slope) = (random.between(0.7, 1.05), random.between(-0.2, 0.2));
    let columns = size.0 as usize;
    for (index, pixel) in image.data.chunks_exact_mut(3).enumerate() {
        let across = (index % columns) as f32 / columns as f32 - 0.5;
        let noise = random.normal() * 3.0;
        for channel in pixel {
            *channel = (f32::from(*channel) * (light + slope * across) + noise).clamp(0.0, 255.0) as u8;
        }
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_draws_a_still_of_its_shape() {
        let font = Font::find().unwrap();
        for layout in LAYOUTS {
            let text = ["KF 4", "72 AB"][..layout.lines.len()].join("\n");
            let still = plate_still(&font, layout, &text, 120, 3).unwrap();
            assert_eq!(still.width, 168, "{}", layout.name);
            let luma = still.luma();
            let dark = luma.iter().filter(|v| **v < 60).count();
            assert!(dark > 100, "{} shows no characters", layout.name);
            assert_eq!(still, plate_still(&font, layout, &text, 120, 3).unwrap());
        }
    }

    #[test]
    fn texts_and_sizes_that_cannot_be_are_refused() {
        let font = Font::find().unwrap();
        let german = Layout::named("de").unwrap();
        let refused = |text: &str, width| plate_still(&font, german, text, width, 1).unwrap_err();
        assert!(matches!(refused("A\nB", 100), Error::PlateText { lines: 1, .. }));
        assert!(matches!(refused("", 100), Error::PlateText { .. }));
        assert!(matches!(refused("ABCDEFGHIJK", 100), Error::PlateText { .. }));
        assert!(matches!(refused("AB", 5), Error::PlateWidth { .. }));
        let unknown = Layout::named("atlantis").unwrap_err();
        assert!(unknown.to_string().contains("gb-rear"), "{unknown}");
    }
}
