//! The numbers that steer reading, in one place, each with the reason why it is what it is.

/// How far a crop of a video's frame reaches beyond the plate on each side, as a share of its width and height: what the
/// reader was trained on is 3 to 5 %, which makes up for a box that cuts off a little of the plate.
pub(super) const VIDEO_MARGIN: f32 = 0.04;

/// The same for the views of a single picture, which has no second frame to make up for a bad look. They lie around what
/// the reader was trained on, so that a box that is a little too small or too large has a view that fits.
pub(super) const STILL_MARGINS: [f32; 3] = [0.01, 0.04, 0.08];

/// How outlines are wrong most often, as what they are grown by across and down: one that ends before the last character
/// does, and one that takes in something beside the plate. Tried when the outline as it is was not read surely; on pictures
/// held back from training this read 4 of 100 plates more.
pub(super) const RESHAPED: [(f32, f32); 2] = [(0.1, 0.02), (-0.05, -0.05)];

/// Probability of a text from which a plate of a single picture is not tried by other outlines.
pub(super) const READ_SURELY: f32 = 0.9;

/// Width over height below which a crop may hold two lines. The widest two-line plates are about twice as wide as high,
/// the narrowest of one line some two and a half times. Only readers of lines need to know.
pub(super) const TWO_LINE_ASPECT_MAX: f32 = 2.2;

/// How far the halves of a two-line crop reach over the gap between them, as a share of the crop's height: the gap is
/// found to a pixel or two.
pub(super) const GAP_OVERLAP: f32 = 0.02;

/// Characters from which a reading counts fully: nearly all plates have at least as many, and a sliver of a plate reads
/// as one or two with great certainty.
pub(super) const CHARACTERS_FULL: f32 = 4.0;

/// Range of the longer side with which a single picture is looked at, in pixels of the detector's input: below it small
/// pictures would show no more than they hold, above it the time grows faster than what is found.
pub(super) const STILL_SIDE_PX: std::ops::RangeInclusive<f32> = 640.0..=1280.0;

/// How much closer a picture is looked at when nothing sure was found on it: a plate may be too small for the first
/// look, and half as much again brings the smallest up to what the detector was trained on.
pub(super) const CLOSER: f32 = 1.6;

/// Confidence from which a detection is sure, so that the picture need not be looked at closer.
pub(super) const SURE_MIN: f32 = 0.5;

/// Confidence from which a detection on a single picture is read at all. The reader rejects what is no plate, so the
/// detector may say more than it may on video, where every detection costs.
pub(super) const STILL_CONFIDENCE_MIN: f32 = 0.05;

/// Most places of a picture that are glanced at, each in one view: it costs a tenth of reading them.
pub(super) const PLACES_MAX: usize = 12;

/// Likeness to a plate from which a place is read in all its views after the glance; far below what is reported, because
/// more views and a better box may well read more.
pub(super) const GLANCE_MIN: f32 = 0.1;

/// Most places of a picture that are read in all their views, the most plate-like first.
pub(super) const READ_MAX: usize = 6;

/// How many places, the surest first, are looked at again by themselves for a better box and better corners.
pub(super) const ZOOMS_MAX: usize = 3;

/// Width of a plate in the detector's input when its place is looked at again, in pixels: the middle of what the
/// detector was trained on.
pub(super) const ZOOM_PLATE_PX: f32 = 112.0;

/// Side of that input, in pixels: with [`ZOOM_PLATE_PX`] it shows the plate with some of the vehicle around it.
pub(super) const ZOOM_SIDE_PX: u32 = 320;

/// Intersection over union from which what was found when looking again is the same plate.
pub(super) const SAME_IOU: f32 = 0.3;

/// Overlap, as a share of the smaller box, above which two readings are of one plate.
pub(super) const SAME_PLATE: f32 = 0.5;

/// Confidence from which every plate of a single picture is reported; below it are words on cars and signs.
pub(super) const REPORTED_MIN: f32 = 0.5;

/// Confidence from which the single best guess is reported when a picture has no plate above [`REPORTED_MIN`]: a caller
/// sees it with its low confidence. A text that both detector and reader find hard, and that is right, has as little.
pub(super) const GUESS_MIN: f32 = 0.05;

/// Most pixels down of a picture that is taken for a crop of one plate: a vehicle on so small a picture has a plate of a
/// few pixels, which nobody reads.
pub(super) const CROP_HEIGHT_MAX_PX: f32 = 100.0;

/// Width over height of such a picture: plates of one line with some border. Those of two lines are as wide as
/// pictures are.
pub(super) const CROP_ASPECT: std::ops::RangeInclusive<f32> = 1.8..=8.0;

/// Most pixels across of a picture that is looked at from far away at once, in case a plate fills it; a larger one only
/// when nothing sure was found on it.
pub(super) const SMALL_WIDTH_MAX_PX: u32 = 640;

/// Confidence of a plate, and its share of the picture, from which the picture is taken for a crop of that plate.
pub(super) const CROP_CONFIDENCE_MIN: f32 = 0.3;
pub(super) const CROP_FILL: f32 = 0.4;

/// Around a picture that is one plate, gray of this share of its width and height is put on each side, because the
/// detector was trained on plates that have something around them.
pub(super) const CROP_BORDER: f32 = 0.5;

/// Width of such a picture, its border left out, in the detector's input, in pixels.
pub(super) const CROP_PLATE_PX: f32 = 160.0;

/// Confidence that such a picture as a whole is the plate: what a caller says it is, unless the detector is surer of a
/// part of it.
pub(super) const CROP_WHOLE_CONFIDENCE: f32 = 0.4;

/// Most parts of such a picture that are tried beside the whole.
pub(super) const CROP_PARTS_MAX: usize = 3;

/// Share of the surest reading's confidence from which one that reads more is preferred on such a picture: the detector sees
/// a part of a plate that fills the picture about as surely as the whole, and every character less is one less to doubt.
pub(super) const CUT_SHARE: f32 = 0.5;

/// Characters from which a reading may be a part of a longer one and not a chance likeness.
pub(super) const CUT_CHARACTERS_MIN: usize = 3;
