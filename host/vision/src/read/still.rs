//! The plates of a single picture.
//!
//! The detector looks at the whole picture at a scale that suits its size, and closer and from far away when it sees nothing
//! sure. A picture that a plate fills is read as that plate. What else reads like a plate at a first glance it looks at once more by itself, which gives better boxes and corners. Every such place is
//! read by its corners and by its box, in several views each, and by outlines a little different where that reads nothing
//! surely; the likeliest reading counts.

use std::sync::Arc;

use ovr_domain::pixels::Picture;
use ovr_domain::port::{Inference, InferenceError};
use ovr_domain::read::{Alternative, Position};
use ovr_domain::track::{Class, Detection};
use ovr_domain::{BBox, Quad, RgbImage};

use super::alphabet;
use super::policy::{
    CLOSER, CROP_ASPECT, CROP_BORDER, CROP_CONFIDENCE_MIN, CROP_FILL, CROP_HEIGHT_MAX_PX, CROP_PARTS_MAX,
    CROP_PLATE_PX, CROP_WHOLE_CONFIDENCE, CUT_CHARACTERS_MIN, CUT_SHARE, GLANCE_MIN, GUESS_MIN, PLACES_MAX,
    READ_MAX, READ_SURELY, REPORTED_MIN, RESHAPED, SAME_IOU, SAME_PLATE, SMALL_WIDTH_MAX_PX,
    STILL_CONFIDENCE_MIN, STILL_MARGINS, STILL_SIDE_PX, SURE_MIN, VIDEO_MARGIN, ZOOM_PLATE_PX, ZOOM_SIDE_PX,
    ZOOMS_MAX,
};
use super::reader::{Depth, PlateReader, ReadText, Views};
use super::rectify::{self, Channels, Crop};
use crate::detect::YoloDetector;

/// Colour around a picture that is one plate: that of the detector's letterbox.
const BORDER_RGB: [u8; 3] = [114; 3];

/// The least absence of a character that is no part of the text.
const JUST_ABSENT: f32 = 0.51;

/// A plate on a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct StillPlate {
    /// Letters and digits, upper case.
    pub text: String,
    /// How sure it is that this is a plate with this text, 0 to 1: detector and reader together.
    pub confidence: f32,
    /// Where the plate is, in pixels of the picture.
    pub quad: Quad,
    /// Probability of each character.
    pub char_confidences: Vec<f32>,
    /// For each position the alternatives, the best first, and whether one stands there at all. Positions that are
    /// absent more likely than not are no part of `text`.
    pub positions: Vec<Position>,
}

impl StillPlate {
    fn new(text: ReadText, place: &Place, quad: Quad) -> Self {
        let best = text.positions.iter().filter_map(|position| position.first());
        Self {
            text: alphabet::text(&text.text),
            confidence: text.confidence(place.confidence),
            quad,
            char_confidences: best.map(|alternative| alternative.probability).collect(),
            positions: lattice(text.positions, &text.absent, &text.between),
        }
    }
}

/// Positions with their absence, and between them what may stand there but is not part of the text.
fn lattice(
    positions: Vec<Vec<Alternative>>,
    absent: &[f32],
    between: &[(usize, Alternative)],
) -> Vec<Position> {
    let mut all = Vec::with_capacity(positions.len() + between.len());
    let extra = |at: usize| between.iter().filter(move |(before, _)| *before == at).map(|(_, other)| *other);
    let left_out = |other: Alternative| {
        let probability = other.probability.min(1.0 - JUST_ABSENT);
        Position { alternatives: vec![Alternative { probability, ..other }], absent: 1.0 - probability }
    };
    let count = positions.len();
    for (at, mut alternatives) in positions.into_iter().enumerate() {
        all.extend(extra(at).map(left_out));
        let absent = absent.get(at).copied().unwrap_or(0.0).min(0.5);
        let sum: f32 = alternatives.iter().map(|a| a.probability).sum();
        if sum + absent > 1.0 {
            for alternative in &mut alternatives {
                alternative.probability *= (1.0 - absent) / sum;
            }
        }
        all.push(Position { alternatives, absent });
    }
    all.extend(extra(count).map(left_out));
    all
}

/// Where a plate may be.
#[derive(Debug, Clone, PartialEq)]
struct Place {
    bbox: BBox,
    /// The detector's, 0 to 1.
    confidence: f32,
    /// Outlines by which it is cut out: its corners, where there are any, and its box.
    outlines: Vec<Quad>,
}

impl From<Detection> for Place {
    fn from(detection: Detection) -> Self {
        let Detection { bbox, confidence, quad, .. } = detection;
        Self { bbox, confidence, outlines: quad.into_iter().chain([bbox.quad()]).collect() }
    }
}

/// Finds and reads the plates of single pictures.
pub struct StillReader {
    detector: YoloDetector<Box<dyn Inference>>,
    reader: PlateReader,
}

impl StillReader {
    /// From a detector of plates and a reader.
    pub fn new(detector: YoloDetector<Box<dyn Inference>>, reader: PlateReader) -> Self {
        Self { detector, reader }
    }

    /// The plates of a whole picture, the surest first: all that are sure enough (a confidence of at least 0.5), or the
    /// best guess alone (at least 0.05) when none is. Of a picture that is filled by a plate, that plate.
    /// The pixels are shared, not copied.
    ///
    /// # Errors
    /// [`InferenceError::Run`] when a network fails or the picture has no pixels.
    pub fn read_still(&mut self, image: &Arc<RgbImage>) -> Result<Vec<StillPlate>, InferenceError> {
        let picture = picture_of(Arc::clone(image))?;
        let is_small = picture.width() <= SMALL_WIDTH_MAX_PX;
        let mut within = if is_small { self.plates_within(image)? } else { Vec::new() };
        let mut filling = self.read_filling(image, &picture, &within)?;
        if is_read(&filling) {
            return Ok(filling);
        }
        let mut found = self.plates(&picture, still_size(&picture, 1.0))?;
        if found.iter().all(|plate| plate.confidence < SURE_MIN) {
            found.extend(self.plates(&picture, still_size(&picture, CLOSER))?);
            if !is_small {
                within = self.plates_within(image)?;
                filling = self.read_filling(image, &picture, &within)?;
                if is_read(&filling) {
                    return Ok(filling);
                }
            }
        }
        let mut places = self.glance(image, with_large(found, within))?;
        for place in places.iter_mut().take(ZOOMS_MAX) {
            if let Some(seen) = self.look_again(&picture, place)? {
                *place = seen;
            }
        }
        filling.extend(self.read_places(image, &places)?);
        Ok(reported(distinct(filling)))
    }

    /// The plate of a picture that is filled by it: at most one, however unlike a plate it reads. The pixels are shared,
    /// not copied.
    ///
    /// # Errors
    /// [`InferenceError::Run`] when a network fails or the picture has no pixels.
    pub fn read_crop(&mut self, image: &Arc<RgbImage>) -> Result<Vec<StillPlate>, InferenceError> {
        let found = self.plates_within(image)?;
        self.read_within(image, found)
    }

    /// The plate of a picture that looks like a crop of one; nothing of any other.
    fn read_filling(
        &mut self,
        image: &Arc<RgbImage>,
        picture: &Picture,
        found: &[Detection],
    ) -> Result<Vec<StillPlate>, InferenceError> {
        if is_crop(picture, found) { self.read_within(image, found.to_vec()) } else { Ok(Vec::new()) }
    }

    /// The plate of a picture that is filled by it, and of which the detector has seen these parts.
    fn read_within(
        &mut self,
        image: &Arc<RgbImage>,
        found: Vec<Detection>,
    ) -> Result<Vec<StillPlate>, InferenceError> {
        let bounds = picture_of(Arc::clone(image))?.bounds();
        let mut places = places_of(found);
        places.truncate(CROP_PARTS_MAX);
        places.push(Place {
            bbox: bounds,
            confidence: CROP_WHOLE_CONFIDENCE,
            outlines: vec![rectify::grown(&bounds.quad(), -STILL_MARGINS[1], -STILL_MARGINS[1])],
        });
        let read = self.read_places(image, &places)?;
        Ok(fullest(by_confidence(read)).into_iter().collect())
    }

    /// Plates on a picture that is looked at with an input of about `size` pixels.
    fn plates(&mut self, picture: &Picture, size: (u32, u32)) -> Result<Vec<Detection>, InferenceError> {
        let mut found = self.detector.detect_at(picture, size, STILL_CONFIDENCE_MIN)?;
        found.retain(|detection| detection.class == Class::Plate);
        Ok(found)
    }

    /// The places that read like plates at a first glance, the surest first.
    fn glance(&mut self, image: &RgbImage, places: Vec<Place>) -> Result<Vec<Place>, InferenceError> {
        let outline = |place: &Place| {
            place.outlines.first().map(|quad| rectify::grown(quad, VIDEO_MARGIN, VIDEO_MARGIN))
        };
        let views: Vec<Views<'_>> =
            places.iter().map(|place| (image, outline(place).into_iter().collect())).collect();
        let texts = self.reader.read_views(&views, Depth::Text)?;
        let sure = |(place, text): (Place, Option<ReadText>)| Some((text?.likeness(place.confidence), place));
        let mut places: Vec<(f32, Place)> = places.into_iter().zip(texts).filter_map(sure).collect();
        places.retain(|(likeness, _)| *likeness >= GLANCE_MIN);
        places.sort_by(|a, b| b.0.total_cmp(&a.0));
        Ok(places.into_iter().map(|(_, place)| place).take(READ_MAX).collect())
    }

    /// The same place, seen by itself at a scale at which the detector sees plates best. Nothing when no plate is seen
    /// there.
    fn look_again(&mut self, picture: &Picture, place: &Place) -> Result<Option<Place>, InferenceError> {
        let width = place.bbox.width().max(1.5 * place.bbox.height()).max(1.0);
        let scale = ZOOM_PLATE_PX / width;
        let reach = ZOOM_SIDE_PX as f32 / scale / 2.0;
        let centre = place.bbox.centre();
        let region = BBox::new(centre.x - reach, centre.y - reach, centre.x + reach, centre.y + reach);
        let (image, (left, top)) = picture.rgb(region);
        let (right, down) = (left as f32, top as f32);
        let size = (scaled(image.width, scale), scaled(image.height, scale));
        let found = self.plates(&picture_of(image)?, size)?;
        let moved = found.into_iter().map(|plate| Detection {
            bbox: BBox::new(
                plate.bbox.x1 + right,
                plate.bbox.y1 + down,
                plate.bbox.x2 + right,
                plate.bbox.y2 + down,
            ),
            quad: plate.quad.map(|quad| quad.moved(right, down)),
            ..plate
        });
        let same = moved.filter(|plate| plate.bbox.iou(place.bbox) >= SAME_IOU);
        let best = same.max_by(|a, b| a.confidence.total_cmp(&b.confidence));
        Ok(best.map(|plate| {
            let confidence = plate.confidence.max(place.confidence);
            Place { confidence, ..Place::from(plate) }
        }))
    }

    /// Plates on a picture that may be little more than a plate: looked at from far away, with something around it.
    fn plates_within(&mut self, image: &RgbImage) -> Result<Vec<Detection>, InferenceError> {
        let (width, height) = (image.width as f32, image.height as f32);
        let scale = (CROP_PLATE_PX / width).min(2.0 * CROP_PLATE_PX / height);
        let size = (scaled(image.width, scale), scaled(image.height, scale));
        let whole = BBox::new(0.0, 0.0, width, height).quad();
        let Some(Crop { width: columns, height: rows, data }) =
            rectify::stretched(image, &whole, size, Channels::Rgb)
        else {
            return Ok(Vec::new());
        };
        let (bordered, (left, top)) = bordered(&RgbImage { width: columns, height: rows, data });
        let around = (bordered.width, bordered.height);
        let found = self.plates(&picture_of(bordered)?, around)?;
        let (across, down) = (width / size.0 as f32, height / size.1 as f32);
        let back = |plate: Detection| {
            let to = |x: f32, y: f32| ((x - left as f32) * across, (y - top as f32) * down);
            let ((x1, y1), (x2, y2)) = (to(plate.bbox.x1, plate.bbox.y1), to(plate.bbox.x2, plate.bbox.y2));
            let quad = plate.quad.map(|quad| {
                Quad(quad.0.map(|point| {
                    let (x, y) = to(point.x, point.y);
                    ovr_domain::Point { x, y }
                }))
            });
            Detection { bbox: BBox::new(x1, y1, x2, y2), quad, ..plate }
        };
        Ok(found.into_iter().map(back).collect())
    }

    /// Reads every place by each of its outlines, in several views each, and where that reads nothing surely by outlines
    /// that are a little different; of all these the likeliest reading counts.
    fn read_places(&mut self, image: &RgbImage, places: &[Place]) -> Result<Vec<StillPlate>, InferenceError> {
        let mut best: Vec<Option<Outlined>> = vec![None; places.len()];
        let outlines: Vec<(usize, Quad)> = places
            .iter()
            .enumerate()
            .flat_map(|(at, place)| place.outlines.iter().map(move |outline| (at, *outline)))
            .collect();
        self.read_outlines(image, &outlines, &mut best)?;
        let surely = |at: usize| {
            let read = best.get(at).and_then(Option::as_ref);
            read.is_some_and(|(text, _)| text.probability() >= READ_SURELY)
        };
        let reshaped: Vec<(usize, Quad)> = outlines
            .iter()
            .filter(|(at, _)| !surely(*at))
            .flat_map(|(at, outline)| {
                RESHAPED.map(|(across, down)| (*at, rectify::grown(outline, across, down)))
            })
            .collect();
        self.read_outlines(image, &reshaped, &mut best)?;
        let plates = best.into_iter().zip(places).filter_map(|(read, place)| {
            let (text, quad) = read?;
            Some(StillPlate::new(text, place, quad))
        });
        Ok(plates.collect())
    }

    /// Reads outlines, each with the number of its place, and keeps for each place what is likelier than before.
    fn read_outlines(
        &mut self,
        image: &RgbImage,
        outlines: &[(usize, Quad)],
        best: &mut [Option<Outlined>],
    ) -> Result<(), InferenceError> {
        let views = |(_, outline): &(usize, Quad)| -> Views<'_> {
            (image, STILL_MARGINS.map(|share| rectify::grown(outline, share, share)).to_vec())
        };
        let views: Vec<Views<'_>> = outlines.iter().map(views).collect();
        let texts = self.reader.read_views(&views, Depth::Full)?;
        for (text, (at, outline)) in texts.into_iter().zip(outlines) {
            let (Some(text), Some(slot)) = (text, best.get_mut(*at)) else {
                continue;
            };
            if slot.as_ref().is_none_or(|(other, _)| text.weight() > other.weight()) {
                *slot = Some((text, *outline));
            }
        }
        Ok(())
    }
}

/// A reading and the outline by which the plate was cut out.
type Outlined = (ReadText, Quad);

/// Whether a plate was read surely enough to look no further.
fn is_read(plates: &[StillPlate]) -> bool {
    plates.iter().any(|plate| plate.confidence >= REPORTED_MIN)
}

/// Whether a picture is a crop of a plate: as small and as wide as one, or filled by what the detector takes for a plate.
fn is_crop(picture: &Picture, found: &[Detection]) -> bool {
    let bounds = picture.bounds();
    let aspect = bounds.width() / bounds.height().max(1.0);
    if bounds.height() <= CROP_HEIGHT_MAX_PX && CROP_ASPECT.contains(&aspect) {
        return true;
    }
    let surest = found.iter().max_by(|a, b| a.confidence.total_cmp(&b.confidence));
    surest.is_some_and(|plate| {
        plate.confidence >= CROP_CONFIDENCE_MIN && plate.bbox.overlap(bounds) >= CROP_FILL * bounds.area()
    })
}

/// Width and height of the detector's input for a whole picture, its proportions kept; `closer` times as much as usual.
fn still_size(picture: &Picture, closer: f32) -> (u32, u32) {
    let longer = picture.width().max(picture.height()).max(1) as f32;
    let scale = longer.clamp(*STILL_SIDE_PX.start(), *STILL_SIDE_PX.end()) * closer / longer;
    (scaled(picture.width(), scale), scaled(picture.height(), scale))
}

/// A side at another scale, at least one pixel.
fn scaled(side: u32, scale: f32) -> u32 {
    ((side as f32 * scale).round() as u32).max(1)
}

/// An image in the middle of gray, and where it starts.
fn bordered(image: &RgbImage) -> (RgbImage, (u32, u32)) {
    let border = |side: u32| (side as f32 * CROP_BORDER).ceil() as u32;
    let (left, top) = (border(image.width), border(image.height));
    let mut out = RgbImage::filled(image.width + 2 * left, image.height + 2 * top, BORDER_RGB);
    let (stride, own) = (out.width as usize * 3, image.width as usize * 3);
    let rows = out.data.chunks_exact_mut(stride.max(1)).skip(top as usize);
    for (row, pixels) in rows.zip(image.data.chunks_exact(own.max(1))) {
        let start = left as usize * 3;
        if let Some(covered) = row.get_mut(start..start + own) {
            covered.copy_from_slice(pixels);
        }
    }
    (out, (left, top))
}

/// A picture over the pixels of an image.
fn picture_of(image: impl Into<Arc<RgbImage>>) -> Result<Picture, InferenceError> {
    Picture::from_rgb(image).map_err(|error| InferenceError::Run {
        model: "plate detector".to_owned(),
        reason: format!("taking the picture: {error}"),
    })
}

/// The places of detections, the surest first, each place once.
fn places_of(mut found: Vec<Detection>) -> Vec<Place> {
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut places: Vec<Place> = Vec::new();
    for plate in found {
        if places.len() == PLACES_MAX {
            break;
        }
        if !places.iter().any(|place| share(place.bbox, plate.bbox) >= SAME_PLATE) {
            places.push(Place::from(plate));
        }
    }
    places
}

/// Places, and those that were seen from far away. They are often larger than a plate, and must not stand in the way of one
/// that lies within: what reads like a plate decides. Of two looks at one place the closer one has the better box.
fn with_large(found: Vec<Detection>, large: Vec<Detection>) -> Vec<Place> {
    let found = places_of(found);
    let is_new = |place: &Place| found.iter().all(|other| other.bbox.iou(place.bbox) < SAME_IOU);
    let mut places = places_of(large);
    places.retain(is_new);
    places.extend(found);
    places.truncate(PLACES_MAX);
    places
}

/// What two boxes share, as a share of the smaller one.
fn share(a: BBox, b: BBox) -> f32 {
    a.overlap(b) / a.area().min(b.area()).max(1e-6)
}

fn by_confidence(mut plates: Vec<StillPlate>) -> Vec<StillPlate> {
    plates.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    plates
}

/// Of readings of one plate, the surest first, the one that counts: the surest, unless another one reads more before or
/// behind it, is almost as sure and so shows that the surest one's outline cuts characters off.
fn fullest(plates: Vec<StillPlate>) -> Option<StillPlate> {
    plates.into_iter().reduce(|best, other| {
        let is_longer = other.text.len() > best.text.len() && best.text.len() >= CUT_CHARACTERS_MIN;
        let goes_on = other.text.starts_with(&best.text) || other.text.ends_with(&best.text);
        if is_longer && goes_on && other.confidence >= CUT_SHARE * best.confidence { other } else { best }
    })
}

/// The surest reading of each place from [`GUESS_MIN`] on, the surest first.
fn distinct(plates: Vec<StillPlate>) -> Vec<StillPlate> {
    let mut kept: Vec<StillPlate> = Vec::new();
    for plate in by_confidence(plates).into_iter().filter(|plate| plate.confidence >= GUESS_MIN) {
        let taken = kept.iter().any(|other| share(other.quad.bounds(), plate.quad.bounds()) >= SAME_PLATE);
        if !taken {
            kept.push(plate);
        }
    }
    kept
}

/// Of readings, the surest first: all from [`REPORTED_MIN`] on, or else the first.
fn reported(mut plates: Vec<StillPlate>) -> Vec<StillPlate> {
    let sure = plates.iter().take_while(|plate| plate.confidence >= REPORTED_MIN).count();
    plates.truncate(sure.max(1));
    plates
}

#[cfg(test)]
mod tests;
