//! The plates of a single picture.
//!
//! Lines of text are found on the whole picture, joined in rows and stacks, and read in several views. Around the most
//! plate-like ones the finder looks again at a scale that suits them: a small plate gets a tighter quad, a very large one is
//! no longer cut. Of all readings that overlap the most plate-like stays.

use std::sync::Arc;

use ovr_domain::pixels::Picture;
use ovr_domain::port::InferenceError;
use ovr_domain::read::{Alternative, Position};
use ovr_domain::{BBox, Quad, RgbImage};

use super::alphabet;
use super::reader::{PlateReader, ReadPlate, SeenLine, VIEWS, plate_of};
use super::rectify::Cut;
use crate::find::{TextFinder, TextLine, group};

/// Line height in the finder's input at which it is looked at again, in pixels.
const ZOOM_LINE_PX: f32 = 36.0;

/// Longest side of the finder's input when looking again, in pixels.
const ZOOM_SIDE_MAX_PX: f32 = 736.0;

/// How many places are looked at again.
const ZOOMS: usize = 2;

/// Plate-likeness below which a place is not looked at again.
const ZOOM_LIKENESS_MIN: f32 = 0.005;

/// Plate-likeness below which a picture is looked at once more as a whole, closer.
const CLOSER_LIKENESS: f32 = 0.65;

/// How much closer that is.
const CLOSER: f32 = 1.5;

/// How much a picture is enlarged at most for that.
const ENLARGE_MAX: f32 = 3.0;

/// Plate-likeness from which every plate is reported; below it are the words on cars and signs. An event asks for the
/// same by default.
const REPORTED_MIN: f32 = 0.5;

/// Plate-likeness from which the single best guess is reported when a picture has no plate above [`REPORTED_MIN`]: a
/// caller sees it with its low confidence.
const GUESS_MIN: f32 = 0.2;

/// Overlap, as a share of the smaller box, above which two readings are of one plate.
const SAME_PLATE: f32 = 0.4;

/// A two-line reading is worth a little more than its halves, which are plate-like themselves.
const STACK_FAVOUR: f32 = 1.05;

/// The finder's input for a picture that is one plate, in pixels.
const CROP_SIDE_PX: f32 = 320.0;

/// Lowest line of a picture that is one plate, as a share of its height.
const CROP_LINE_MIN: f32 = 0.2;

/// Height of a line, as a share of a crop's height, from which it counts fully: the number is the largest text on a plate.
const CROP_LINE_FULL: f32 = 0.3;

/// Width over height from which a crop may be a single line without any margin.
const CROP_WHOLE_ASPECT_MIN: f32 = 2.6;

/// The least absence of a character that is no part of the text.
const JUST_ABSENT: f32 = 0.51;

/// A plate on a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct StillPlate {
    /// Letters and digits, upper case.
    pub text: String,
    /// How sure it is that this is a plate with this text, 0 to 1.
    pub confidence: f32,
    /// Where the text is, in pixels of the picture.
    pub quad: Quad,
    /// Probability of each character.
    pub char_confidences: Vec<f32>,
    /// For each position the alternatives, the best first, and whether one stands there at all. Positions that are
    /// absent more likely than not are no part of `text`.
    pub positions: Vec<Position>,
}

impl StillPlate {
    fn new(plate: ReadPlate) -> Self {
        let best = plate.positions.iter().filter_map(|position| position.first());
        Self {
            text: alphabet::text(&plate.text),
            confidence: plate.likeness.clamp(0.0, 1.0),
            quad: plate.quad,
            char_confidences: best.map(|alternative| alternative.probability).collect(),
            positions: lattice(plate.positions, &plate.absent, &plate.between),
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

/// Finds and reads the plates of single pictures.
pub struct StillReader {
    finder: TextFinder,
    reader: PlateReader,
}

impl StillReader {
    /// From a finder of text and a reader.
    pub fn new(finder: TextFinder, reader: PlateReader) -> Self {
        Self { finder, reader }
    }

    /// The plates of a whole picture, the most plate-like first: all that are sure enough (a confidence of at least 0.5),
    /// or the best guess alone (at least 0.2) when none is. The pixels are shared, not copied.
    pub fn read_still(&mut self, image: &Arc<RgbImage>) -> Result<Vec<StillPlate>, InferenceError> {
        let picture = picture_of(Arc::clone(image))?;
        let lines = self.finder.lines(&picture)?;
        let mut plates = self.read_lines(image, &lines)?;
        if plates.iter().all(|plate| plate.likeness < CLOSER_LIKENESS) {
            // Nothing clear: the plate may be too small for the usual scale.
            let closer = self.finder.config().long_side_px as f32 * CLOSER;
            let lines = self.finder.lines_at(&picture, closer.min(longer_side(image) * ENLARGE_MAX))?;
            plates.extend(self.read_lines(image, &lines)?);
        }
        let mut places: Vec<Quad> = Vec::new();
        for plate in by_likeness(plates.clone()).iter().take(ZOOMS) {
            let known = places.iter().any(|place| overlap(place, &plate.quad) > 0.5);
            if plate.likeness >= ZOOM_LIKENESS_MIN && !known {
                places.push(plate.quad);
                let lines = self.look_again(&picture, plate)?;
                plates.extend(self.read_lines(image, &lines)?);
            }
        }
        Ok(reported(distinct(plates)).into_iter().map(StillPlate::new).collect())
    }

    /// The plate of a picture that is filled by it: at most one, however unlike a plate it reads. The pixels are shared,
    /// not copied.
    pub fn read_crop(&mut self, image: &Arc<RgbImage>) -> Result<Vec<StillPlate>, InferenceError> {
        let picture = picture_of(Arc::clone(image))?;
        let (width, height) = (image.width as f32, image.height as f32);
        let mut lines = self.finder.lines_at(&picture, CROP_SIDE_PX)?;
        lines.retain(|line| line.quad.height() >= CROP_LINE_MIN * height);
        let mut plates = self.read_lines(image, &lines)?;
        let whole = self.see(image, &[picture.bounds().quad()])?;
        let whole = whole.first().and_then(|line| plate_of(&[line]));
        if width > CROP_WHOLE_ASPECT_MIN * height {
            plates.extend(whole.clone());
        }
        let weight =
            |plate: &ReadPlate| plate.likeness * (plate.line_height_px / (CROP_LINE_FULL * height)).min(1.0);
        let best = plates.into_iter().max_by(|a, b| weight(a).total_cmp(&weight(b)));
        Ok(best.or(whole).map(StillPlate::new).into_iter().collect())
    }

    /// Reads lines, the rows that they make side by side and the stacks that they make above each other.
    fn read_lines(&mut self, image: &RgbImage, lines: &[TextLine]) -> Result<Vec<ReadPlate>, InferenceError> {
        let mut quads: Vec<Quad> = lines.iter().map(|line| line.quad).collect();
        for (at, line) in lines.iter().enumerate() {
            let later = lines.iter().skip(at + 1);
            quads.extend(later.filter_map(|other| group::side_by_side(&line.quad, &other.quad)));
        }
        let seen = self.see(image, &quads)?;
        let read: Vec<(&SeenLine, ReadPlate)> =
            seen.iter().filter_map(|line| Some((line, plate_of(&[line])?))).collect();
        let mut stacks = Vec::new();
        for (upper, above) in &read {
            for (lower, below) in &read {
                if may_stack(above, below)
                    && let Some(mut plate) = plate_of(&[upper, lower])
                {
                    plate.likeness *= STACK_FAVOUR;
                    stacks.push(plate);
                }
            }
        }
        Ok(read.into_iter().map(|(_, plate)| plate).chain(stacks).collect())
    }

    /// Looks at lines: once, and in all views where there is some text.
    fn see(&mut self, image: &RgbImage, quads: &[Quad]) -> Result<Vec<SeenLine>, InferenceError> {
        let first: Vec<(&RgbImage, Quad)> = quads.iter().map(|quad| (image, *quad)).collect();
        let glimpsed = self.reader.see(&first, &[Cut::TIGHT])?;
        let with_text: Vec<SeenLine> = glimpsed.into_iter().flatten().filter(has_text).collect();
        let again: Vec<(&RgbImage, Quad)> = with_text.iter().map(|line| (image, line.quad)).collect();
        let others: Vec<Cut> = VIEWS.iter().copied().filter(|view| *view != Cut::TIGHT).collect();
        let more = self.reader.see(&again, &others)?;
        let together = with_text.into_iter().zip(more).map(|(mut line, more)| {
            line.line.views.extend(more.into_iter().flat_map(|more| more.line.views));
            line
        });
        Ok(together.collect())
    }

    /// Finds lines around a plate at a scale at which its line is [`ZOOM_LINE_PX`] high.
    fn look_again(&mut self, picture: &Picture, plate: &ReadPlate) -> Result<Vec<TextLine>, InferenceError> {
        let quad = &plate.quad;
        let (width, height) = (quad.width(), quad.height());
        let centre = quad.centre();
        let [a, b, ..] = quad.0;
        let across = width / 2.0 + (width * 0.5).max(height * 2.0);
        let down = 2.2 * height + (b.y - a.y).abs() / 2.0;
        let region = BBox::new(centre.x - across, centre.y - down, centre.x + across, centre.y + down);
        let (image, (left, top)) = picture.rgb(region);
        let scale = ZOOM_LINE_PX / (height / plate.lines as f32).max(1.0);
        let side = (region.width().max(region.height()) * scale).min(ZOOM_SIDE_MAX_PX);
        let mut lines = self.finder.lines_at(&picture_of(image)?, side)?;
        for line in &mut lines {
            line.quad = line.quad.moved(left as f32, top as f32);
        }
        Ok(lines)
    }
}

/// Some text that is not too long.
fn has_text(line: &SeenLine) -> bool {
    let count = line.line.raw.chars().filter(|&character| alphabet::fold(character).is_some()).count();
    (1..=24).contains(&count)
}

/// A picture over the pixels of an image.
fn picture_of(image: impl Into<Arc<RgbImage>>) -> Result<Picture, InferenceError> {
    Picture::from_rgb(image).map_err(|error| InferenceError::Run {
        model: "text finder".to_owned(),
        reason: format!("taking the picture: {error}"),
    })
}

fn longer_side(image: &RgbImage) -> f32 {
    image.width.max(image.height) as f32
}

/// Whether two readings may be the lines of one plate, by place and by how much text they have.
fn may_stack(above: &ReadPlate, below: &ReadPlate) -> bool {
    let (a, b) = (above.text.len(), below.text.len());
    let has_digit = below.text.iter().any(|&symbol| alphabet::character(symbol).is_ascii_digit());
    (2..=5).contains(&a)
        && (2..=6).contains(&b)
        && (5..=10).contains(&(a + b))
        && has_digit
        && group::stacked(&above.quad, &below.quad)
}

fn by_likeness(mut plates: Vec<ReadPlate>) -> Vec<ReadPlate> {
    plates.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
    plates
}

/// What two quads' boxes share, as a share of the smaller one.
fn overlap(a: &Quad, b: &Quad) -> f32 {
    let (a, b) = (a.bounds(), b.bounds());
    a.overlap(b) / a.area().min(b.area()).max(1e-6)
}

/// The most plate-like reading of each place from [`GUESS_MIN`] on, the most plate-like first.
fn distinct(plates: Vec<ReadPlate>) -> Vec<ReadPlate> {
    let mut kept: Vec<ReadPlate> = Vec::new();
    for plate in by_likeness(plates).into_iter().filter(|plate| plate.likeness >= GUESS_MIN) {
        let taken = kept.iter().any(|other| overlap(&other.quad, &plate.quad) >= SAME_PLATE);
        if !taken {
            kept.push(plate);
        }
    }
    kept
}

/// Of readings, the most plate-like first: all from [`REPORTED_MIN`] on, or else the first.
fn reported(mut plates: Vec<ReadPlate>) -> Vec<ReadPlate> {
    let sure = plates.iter().take_while(|plate| plate.likeness >= REPORTED_MIN).count();
    plates.truncate(sure.max(1));
    plates
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::find::TextFinderConfig;
    use crate::infer::Recorded;
    use ovr_domain::port::Tensor;

    /// A finder that sees one bar on a 320x160 input, and a reader that reads AB123 from whatever it gets.
    fn still_reader() -> StillReader {
        let mut map = vec![0.0; 320 * 160];
        for row in map.chunks_exact_mut(320).skip(50).take(50) {
            row[40..280].fill(0.9);
        }
        let map = Tensor { shape: vec![1, 1, 160, 320], data: map };
        let network = Recorded::new("text", &[None, Some(3), None, None], &[], vec![vec![map]]);
        let finder = TextFinder::new(Box::new(network), TextFinderConfig::default()).unwrap();
        let (batch, shown) = (4, [1, 0, 2, 0, 3, 0, 4, 0, 5, 0]);
        let mut data = vec![0.0; batch * shown.len() * 7];
        for (row, class) in data.chunks_exact_mut(7).zip(shown.iter().cycle()) {
            row[*class] = 1.0;
        }
        let answer = Tensor { shape: vec![batch, shown.len(), 7], data };
        let metadata = [("character", "A\nB\n1\n2\n3")];
        let network =
            Recorded::new("reader", &[None, Some(3), Some(48), None], &metadata, vec![vec![answer]]);
        StillReader::new(finder, PlateReader::new(Box::new(network)).unwrap())
    }

    #[test]
    fn a_picture_that_is_one_plate_gives_that_plate() {
        let image = Arc::new(RgbImage::filled(160, 80, [90; 3]));
        let found = still_reader().read_crop(&image).unwrap();
        assert_eq!(found.len(), 1);
        let plate = &found[0];
        assert_eq!((plate.text.as_str(), plate.char_confidences.len()), ("AB123", 5));
        assert!(plate.confidence > 0.5 && plate.confidence <= 1.0, "{plate:?}");
        assert!(plate.quad.bounds().contains(BBox::new(0.0, 0.0, 160.0, 80.0).centre()));
        assert!((plate.quad.width() / plate.quad.height()) < 3.0);
    }

    #[test]
    fn a_picture_without_pixels_is_an_error_and_no_panic() {
        let empty = Arc::new(RgbImage { width: 0, height: 0, data: Vec::new() });
        for error in [still_reader().read_crop(&empty), still_reader().read_still(&empty)] {
            let error = error.unwrap_err();
            assert!(error.to_string().contains("0x0"), "{error}");
        }
    }

    fn plate(text: &str, likeness: f32, bbox: BBox) -> ReadPlate {
        ReadPlate {
            text: text.chars().filter_map(alphabet::symbol).collect(),
            positions: Vec::new(),
            absent: Vec::new(),
            between: Vec::new(),
            likeness,
            quad: bbox.quad(),
            lines: 1,
            line_height_px: bbox.height(),
        }
    }

    #[test]
    fn of_overlapping_readings_the_most_plate_like_stays() {
        let found = distinct(vec![
            plate("AB12", 0.3, BBox::new(0.0, 0.0, 50.0, 20.0)),
            plate("AB123", 0.9, BBox::new(0.0, 0.0, 60.0, 20.0)),
            plate("CD345", 0.5, BBox::new(200.0, 0.0, 260.0, 20.0)),
        ]);
        let texts: Vec<String> = found.iter().map(|plate| alphabet::text(&plate.text)).collect();
        assert_eq!(texts, ["AB123", "CD345"]);
    }

    /// What is reported of readings of these likenesses, each at a place of its own.
    fn reported_of(likenesses: &[f32]) -> Vec<f32> {
        let place = |at: usize| BBox::new(at as f32 * 100.0, 0.0, at as f32 * 100.0 + 60.0, 20.0);
        let plates = likenesses.iter().enumerate();
        let plates = plates.map(|(at, &likeness)| plate("AB123", likeness, place(at))).collect();
        reported(distinct(plates)).iter().map(|plate| plate.likeness).collect()
    }

    #[test]
    fn all_sure_plates_are_reported_or_else_the_best_guess_alone() {
        assert_eq!(reported_of(&[0.23, 0.5, 0.02, 0.9, 0.49]), [0.9, 0.5]);
        assert_eq!(reported_of(&[0.2, 0.49, 0.3]), [0.49]);
        assert_eq!(reported_of(&[0.1, 0.2]), [0.2]);
        assert!(reported_of(&[0.19, 0.02]).is_empty());
        assert!(reported_of(&[]).is_empty());
    }

    #[test]
    fn lines_stack_when_together_they_have_a_plates_length_and_a_digit_below() {
        let (upper, lower) = (BBox::new(10.0, 10.0, 60.0, 30.0), BBox::new(5.0, 32.0, 70.0, 54.0));
        assert!(may_stack(&plate("34A", 0.1, upper), &plate("36837", 0.5, lower)));
        assert!(!may_stack(&plate("34A", 0.1, upper), &plate("TAXI", 0.5, lower)));
        assert!(!may_stack(&plate("ABC123", 0.1, upper), &plate("36837", 0.5, lower)));
    }
}
