//! What a camera sees, drawn: its zones and lanes, what the detector finds, and how wide plates are. A technician sets a
//! camera's view by it.

use std::convert::Infallible;

use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point as At, Size};
use embedded_graphics::mono_font::MonoTextStyleBuilder;
use embedded_graphics::mono_font::ascii::FONT_9X18_BOLD;
use embedded_graphics::pixelcolor::{Rgb888, RgbColor as _};
use embedded_graphics::primitives::{Line, PointsIter as _};
use embedded_graphics::text::{Baseline, Text};
use embedded_graphics::{Drawable as _, Pixel};
use ovr_domain::track::{Class, Detection};
use ovr_domain::view::{View, Zone};
use ovr_domain::{Point, Quad, RgbImage};

const REGION: Rgb888 = Rgb888::new(60, 220, 90);
const IGNORED: Rgb888 = Rgb888::new(240, 60, 60);
const LANE: Rgb888 = Rgb888::new(70, 160, 255);
const PLATE: Rgb888 = Rgb888::new(255, 215, 0);
const VEHICLE: Rgb888 = Rgb888::new(230, 230, 230);
/// Where the thin lines of a line lie, in pixels.
const STROKE: [(i32, i32); 3] = [(0, 0), (1, 0), (0, 1)];
/// Length of the arrow across a lane's line, as a share of the line.
const ARROW: f32 = 0.25;
/// Farthest place that is drawn to, in pixels: beyond any picture.
const FAR_PX: f32 = 16_384.0;
/// Height of a line of text, in pixels.
const TEXT_PX: i32 = 18;

/// Pixels that are drawn on; what lies outside is left out.
pub(super) struct Canvas<'a>(pub(super) &'a mut RgbImage);

impl OriginDimensions for Canvas<'_> {
    fn size(&self) -> Size {
        Size::new(self.0.width, self.0.height)
    }
}

impl DrawTarget for Canvas<'_> {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        let width = self.0.width as usize;
        for Pixel(at, colour) in pixels {
            let (Ok(x), Ok(y)) = (usize::try_from(at.x), usize::try_from(at.y)) else { continue };
            let start = (y * width + x) * 3;
            if x < width
                && let Some(pixel) = self.0.data.get_mut(start..start + 3)
            {
                pixel.copy_from_slice(&[colour.r(), colour.g(), colour.b()]);
            }
        }
        Ok(())
    }
}

/// Draws a view and what was found. The image is `scale` times as large as the picture on which it was found; widths of
/// plates are told in the pixels of that picture, because those are what is read.
pub(crate) fn draw(image: &mut RgbImage, view: &View, found: &[Detection], scale: f32) {
    let (width, height) = (image.width as f32, image.height as f32);
    let pixels = |point: &Point| Point { x: point.x * width, y: point.y * height };
    let mut canvas = Canvas(image);
    for (zones, colour) in [(&view.regions_of_interest, REGION), (&view.ignore_zones, IGNORED)] {
        for zone in zones {
            canvas.outline(zone.corners().iter().map(pixels), colour);
        }
    }
    for lane in &view.lanes {
        let corners = lane.zone.iter().flat_map(Zone::corners).map(pixels);
        let label_at = corners.clone().next();
        canvas.outline(corners, LANE);
        let line = lane.line.map(|line| {
            let (from, to) = line.ends();
            (pixels(&from), pixels(&to))
        });
        if let Some((from, to)) = line {
            canvas.line(from, to, LANE);
            canvas.arrow(from, to);
        }
        if let Some(at) = line.map(|(from, _)| from).or(label_at) {
            canvas.label(&lane.id, at, LANE);
        }
    }
    for thing in found {
        canvas.thing(&thing.scaled(scale), &label_of(thing));
    }
}

impl Canvas<'_> {
    /// A closed line through the corners.
    fn outline(&mut self, corners: impl Iterator<Item = Point>, colour: Rgb888) {
        let corners: Vec<Point> = corners.collect();
        let next = corners.iter().cycle().skip(1);
        for (from, to) in corners.iter().zip(next) {
            self.line(*from, *to, colour);
        }
    }

    /// A line of [`STROKE`] pixels, drawn as thin lines beside each other: the library's own thick ones overflow where a
    /// picture is large.
    fn line(&mut self, from: Point, to: Point, colour: Rgb888) {
        for (x, y) in STROKE {
            let offset = At::new(x, y);
            let points = Line::new(at(from) + offset, at(to) + offset).points();
            let Ok(()) = self.draw_iter(points.map(|point| Pixel(point, colour)));
        }
    }

    /// From the left of a line to its right: the way that counts as forward.
    fn arrow(&mut self, from: Point, to: Point) {
        let middle = Point { x: f32::midpoint(from.x, to.x), y: f32::midpoint(from.y, to.y) };
        let (across_x, across_y) = (ARROW * (from.y - to.y), ARROW * (to.x - from.x));
        let tip = Point { x: middle.x + across_x, y: middle.y + across_y };
        self.line(middle, tip, LANE);
        let (back_x, back_y) = (across_x * -0.3, across_y * -0.3);
        for side in [0.6, -0.6] {
            let barb = Point { x: tip.x + back_x + side * back_y, y: tip.y + back_y - side * back_x };
            self.line(tip, barb, LANE);
        }
    }

    fn thing(&mut self, thing: &Detection, label: &str) {
        let colour = if thing.class == Class::Plate { PLATE } else { VEHICLE };
        self.outline(quad_of(thing).0.into_iter(), colour);
        self.label(label, Point { x: thing.bbox.x1, y: thing.bbox.y1 }, colour);
    }

    /// Above the point, or below it where there is no room above.
    fn label(&mut self, text: &str, place: Point, colour: Rgb888) {
        let style = MonoTextStyleBuilder::new()
            .font(&FONT_9X18_BOLD)
            .text_color(Rgb888::BLACK)
            .background_color(colour)
            .build();
        let mut start = at(place);
        start.y = if start.y >= TEXT_PX { start.y - TEXT_PX } else { start.y + 2 };
        let Ok(_) = Text::with_baseline(text, start, style, Baseline::Top).draw(self);
    }
}

fn quad_of(thing: &Detection) -> Quad {
    thing.quad.filter(|_| thing.class == Class::Plate).unwrap_or_else(|| thing.bbox.quad())
}

/// What a detection is, a plate with its width: that is what decides whether it can be read.
fn label_of(thing: &Detection) -> String {
    let (name, share) = (format!("{:?}", thing.class).to_lowercase(), thing.confidence * 100.0);
    if thing.class == Class::Plate {
        format!("{name} {:.0} px {share:.0} %", quad_of(thing).width())
    } else {
        format!("{name} {share:.0} %")
    }
}

/// A network may place a box anywhere; a line to there would be walked along pixel by pixel.
fn at(point: Point) -> At {
    let bounded = |side: f32| side.clamp(-FAR_PX, FAR_PX).round() as i32;
    At::new(bounded(point.x), bounded(point.y))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::BBox;
    use ovr_domain::event::Direction;
    use ovr_domain::view::{Lane, Line as Across};

    fn count(image: &RgbImage, colour: Rgb888) -> usize {
        image.data.chunks_exact(3).filter(|pixel| **pixel == [colour.r(), colour.g(), colour.b()]).count()
    }

    #[test]
    fn a_plate_is_told_by_its_width_on_the_picture_that_is_read_however_small_it_is_drawn() {
        let plate = Detection {
            class: Class::Plate,
            bbox: BBox::new(100.0, 150.0, 220.0, 180.0),
            confidence: 0.9,
            quad: None,
        };
        assert_eq!(label_of(&plate), "plate 120 px 90 %");
        assert_eq!(label_of(&Detection { class: Class::Truck, ..plate }), "truck 90 %");
        let drawn = |scale: f32| {
            let mut image = RgbImage::filled(320, 240, [0; 3]);
            draw(&mut image, &View::default(), &[plate], scale);
            image
        };
        let at = |image: &RgbImage, x: usize, y: usize| image.data.get((y * 320 + x) * 3).copied();
        assert_eq!((at(&drawn(1.0), 160, 180), at(&drawn(1.0), 80, 90)), (Some(PLATE.r()), Some(0)));
        assert_eq!((at(&drawn(0.5), 160, 180), at(&drawn(0.5), 80, 90)), (Some(0), Some(PLATE.r())));
    }

    #[test]
    fn zones_lanes_and_plates_are_drawn_in_their_colours_and_nothing_outside_panics() {
        let corner = |x, y| Point { x, y };
        let zone = |a: f32| Zone::new(vec![corner(a, 0.1), corner(a + 0.3, 0.1), corner(a, 0.6)]).unwrap();
        let line = Across::new(corner(0.1, 0.9), corner(0.9, 0.9), Direction::Approaching).unwrap();
        let view = View {
            regions_of_interest: vec![zone(0.1)],
            ignore_zones: vec![zone(0.6)],
            lanes: vec![Lane { id: "in-1".to_owned(), zone: None, line: Some(line) }],
            plate_width_min: 0.0,
        };
        let plate = |x1: f32| Detection {
            class: Class::Plate,
            bbox: BBox::new(x1, 150.0, x1 + 80.0, 170.0),
            confidence: 0.9,
            quad: None,
        };
        let mut large = RgbImage::filled(7_680, 4_320, [0; 3]);
        draw(&mut large, &view, &[plate(7_000.0)], 1.0);
        let mut image = RgbImage::filled(320, 240, [0; 3]);
        draw(&mut image, &view, &[plate(40.0), plate(-1.0e9), plate(300.0)], 1.0);
        for colour in [REGION, IGNORED, LANE, PLATE] {
            assert!(count(&image, colour) > 50, "{colour:?}");
        }
        // The arrow points to the right of somebody who looks along the line, which is down the picture here: beyond it
        // there is blue below the line, above it only the name.
        let below = image
            .data
            .chunks_exact(3)
            .skip(220 * 320)
            .filter(|p| **p == [LANE.r(), LANE.g(), LANE.b()])
            .count();
        assert!(below > 10, "{below}");
        assert_eq!(ovr_events::evidence::jpeg(&image, 80).unwrap().get(..2), Some([0xff, 0xd8].as_slice()));
    }
}
