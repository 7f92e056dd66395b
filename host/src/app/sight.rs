//! How well a camera sees: whether it was moved or covered, too dark or too bright, and what its plates look like.
//!
//! What a technician would notice on the picture, from numbers that cost next to nothing: a coarse grid of luma once a
//! second, and the quality of the plates that were read.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use ovr_domain::camera::{CameraHealth, HealthWarning};
use ovr_domain::{CropQuality, Picture, Timestamp};
use ovr_vision::motion::luma_grid;

/// Cells across and down.
const GRID: (usize, usize) = (24, 14);
/// How often the picture is looked at.
const PERIOD: Duration = Duration::from_secs(1);
/// What a look adds to the usual picture, which so follows dusk and seasons.
const RATE: f32 = 1.0 / 300.0;
/// The same while the picture shows another place: where a camera was turned to is the usual after about an hour, in which
/// somebody can hear of it.
const MOVED_RATE: f32 = 1.0 / 12_000.0;
/// Looks until the usual picture is known.
const LEARNING_LOOKS: u32 = 60;
/// Looks in a row that must be unusual.
const UNUSUAL_LOOKS: u32 = 20;
/// Correlation of the picture's edges with the usual ones below which it shows another place.
const CORRELATION_MIN: f32 = 0.3;
/// Standard deviation over the cells, in steps of luma of 255: below the first nothing is seen, above the second there was
/// something to see.
const CONTRAST: (f32, f32) = (3.0, 10.0);
/// Mean luma, 0 to 1, below which a picture is too dark and above which it is too bright.
const EXPOSURE: (f32, f32) = (0.06, 0.92);
/// Reads of which medians are taken, and how many are needed before one means anything.
const READS_MAX: usize = 100;
const READS_MIN: usize = 20;
/// Sharpness and width in pixels of the median plate below which something should be done. A sharp crop has 100 and more
/// ([`CropQuality::sharpness`]), most have several hundred; a median well below that is no vehicle that went fast.
const SHARPNESS_MIN: f32 = 40.0;
const PLATE_WIDTH_MIN_PX: f32 = 70.0;
/// Days that tell how many plates are usual at an hour, and how many there must usually be for fewer to mean something.
const DAYS: u32 = 7;
const USUAL_MIN: f32 = 8.0;
/// Share of the usual plates below which there are too few.
const FEW: f32 = 0.25;
const HOUR: Duration = Duration::from_hours(1);
const HOUR_MICROS: i64 = 3_600_000_000;

/// How well one camera sees.
#[derive(Debug, Default)]
pub(super) struct Sight {
    looked_at: Option<Duration>,
    looks: u32,
    /// Differences of neighbouring cells as they usually are.
    usual: Vec<f32>,
    usual_contrast: f32,
    moved: u32,
    covered: u32,
    exposures: Recent,
    widths: Recent,
    sharpness: Recent,
    /// Plates by the hour since 1970, the last eight days.
    hours: BTreeMap<i64, u32>,
    /// Plates of the last hour, by when they were read.
    last_hour: VecDeque<Timestamp>,
}

/// The last values of something.
#[derive(Debug, Default)]
struct Recent(VecDeque<f32>);

impl Recent {
    fn push(&mut self, value: f32) {
        if value.is_finite() {
            if self.0.len() == READS_MAX {
                self.0.pop_front();
            }
            self.0.push_back(value);
        }
    }

    fn median(&self) -> Option<f32> {
        let mut sorted: Vec<f32> = self.0.iter().copied().collect();
        sorted.sort_by(f32::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }

    /// The median, once it means something.
    fn sure(&self) -> Option<f32> {
        self.median().filter(|_| self.0.len() >= READS_MIN)
    }
}

fn hour_of(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(HOUR_MICROS)
}

/// What is looked at of a picture. It takes a while, so that nobody should wait for it.
pub(super) fn grid_of(picture: &Picture) -> Vec<f32> {
    luma_grid(picture, GRID.0, GRID.1)
}

impl Sight {
    /// Whether a frame of this presentation time is to be looked at.
    pub(super) fn is_due(&self, presented_at: Duration) -> bool {
        self.looked_at.is_none_or(|looked_at| looked_at + PERIOD <= presented_at)
    }

    /// Takes in the grid of a picture ([`grid_of`]); `presented_at` is the frame's presentation time.
    pub(super) fn see(&mut self, grid: &[f32], presented_at: Duration) {
        self.looked_at = Some(presented_at);
        let count = grid.len().max(1) as f32;
        let mean = grid.iter().sum::<f32>() / count;
        self.exposures.push(mean / 255.0);
        let contrast = (grid.iter().map(|cell| (cell - mean).powi(2)).sum::<f32>() / count).sqrt();
        let edges = edges(grid);
        if self.usual.len() != edges.len() {
            (self.usual, self.usual_contrast, self.looks) = (edges, contrast, 1);
            return;
        }
        self.looks = self.looks.saturating_add(1);
        let known = self.looks > LEARNING_LOOKS && self.usual_contrast > CONTRAST.1;
        let counted = |row: u32, unusual: bool| if unusual { row.saturating_add(1) } else { 0 };
        let blind = known && contrast < CONTRAST.0;
        self.covered = counted(self.covered, blind);
        if blind {
            // Nothing is not a usual picture: a cloth stays a cloth however long it hangs there.
            return;
        }
        let elsewhere = known && correlation(&self.usual, &edges) < CORRELATION_MIN;
        self.moved = counted(self.moved, elsewhere);
        let rate = if elsewhere { MOVED_RATE } else { RATE.max(1.0 / self.looks as f32) };
        for (usual, now) in self.usual.iter_mut().zip(edges) {
            *usual += rate * (now - *usual);
        }
        self.usual_contrast += rate * (contrast - self.usual_contrast);
    }

    /// Takes in the crop of a plate that was read.
    pub(super) fn read(&mut self, quality: CropQuality, width_px: f32) {
        self.widths.push(width_px);
        self.sharpness.push(quality.sharpness);
    }

    /// Takes in a plate of which an event was made.
    pub(super) fn plate(&mut self, now: Timestamp) {
        let hour = hour_of(now);
        *self.hours.entry(hour).or_default() += 1;
        let oldest = hour - (i64::from(DAYS) + 1) * 24;
        self.hours.retain(|at, _| (oldest..=hour).contains(at));
        self.last_hour.push_back(now);
        self.forget_old(now);
    }

    /// What is older than an hour, or was counted while the clock was ahead of what it is now.
    fn forget_old(&mut self, now: Timestamp) {
        self.last_hour.retain(|at| *at <= now && now.since(*at) <= HOUR);
    }

    /// Mean number of plates in the hour up to this time of the past days, of those that lie within `uptime`. Such an hour
    /// has its part in two hours of the clock.
    fn usual_plates(&self, now: Timestamp, uptime: Duration) -> Option<f32> {
        let into_hour = now.as_micros().rem_euclid(HOUR_MICROS).unsigned_abs();
        let part = Duration::from_micros(into_hour).as_secs_f32() / HOUR.as_secs_f32();
        let plates = |hour: i64| self.hours.get(&hour).copied().unwrap_or(0) as f32;
        let was_there = |days: &u32| uptime >= HOUR * (24 * days + 1) + Duration::from_micros(into_hour);
        let counts: Vec<f32> = (1..=DAYS)
            .filter(was_there)
            .map(|days| hour_of(now) - 24 * i64::from(days))
            .map(|hour| part * plates(hour) + (1.0 - part) * plates(hour - 1))
            .collect();
        (!counts.is_empty()).then(|| counts.iter().sum::<f32>() / counts.len() as f32)
    }

    /// All of it as it is now; `uptime` is how long the camera has been watched, whatever the clock says.
    pub(super) fn health(&mut self, now: Timestamp, uptime: Duration) -> CameraHealth {
        self.forget_old(now);
        let (few, usual) = (self.last_hour.len() as u32, self.usual_plates(now, uptime));
        let exposure = self.exposures.median();
        let warned = [
            (HealthWarning::Moved, self.moved >= UNUSUAL_LOOKS),
            (HealthWarning::Covered, self.covered >= UNUSUAL_LOOKS),
            (HealthWarning::Dark, exposure.is_some_and(|exposure| exposure < EXPOSURE.0)),
            (HealthWarning::Overexposed, exposure.is_some_and(|exposure| exposure > EXPOSURE.1)),
            (
                HealthWarning::Blurred,
                self.sharpness.sure().is_some_and(|sharpness| sharpness < SHARPNESS_MIN),
            ),
            (
                HealthWarning::FewerReads,
                usual.is_some_and(|usual| usual >= USUAL_MIN && (few as f32) < FEW * usual),
            ),
            (HealthWarning::PlatesSmall, self.widths.sure().is_some_and(|width| width < PLATE_WIDTH_MIN_PX)),
        ];
        CameraHealth {
            plate_width_px: self.widths.median(),
            sharpness: self.sharpness.median(),
            exposure,
            // What the picture does not tell.
            decode_ms: None,
            looks_per_second: 0.0,
            look_every: 1,
            reads_last_hour: few,
            reads_usual: usual,
            warnings: warned.into_iter().filter_map(|(warning, holds)| holds.then_some(warning)).collect(),
        }
    }
}

/// Differences of each cell from its right and lower neighbour: what stays when the light changes.
fn edges(grid: &[f32]) -> Vec<f32> {
    let (columns, _) = GRID;
    let rows: Vec<&[f32]> = grid.chunks(columns).collect();
    let across =
        rows.iter().flat_map(|row| row.windows(2).map(|pair| pair.iter().rev().fold(0.0, |d, v| v - d)));
    let down =
        rows.iter().zip(rows.iter().skip(1)).flat_map(|(a, b)| a.iter().zip(b.iter()).map(|(a, b)| b - a));
    across.chain(down).collect()
}

/// Cosine of the angle between two vectors; 1 where there is nothing to compare.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let product: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    let norm = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
    let length = norm(a) * norm(b);
    if length > f32::EPSILON { product / length } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::RgbImage;

    /// A street with blocks of its own brightness, shifted by `shift` columns and lit by `light`.
    fn street(shift: u32, light: f32) -> Picture {
        let mut image = RgbImage::filled(240, 140, [0; 3]);
        for (index, pixel) in image.data.chunks_exact_mut(3).enumerate() {
            let (x, y) = (index as u32 % 240 + shift, index as u32 / 240);
            let block = (x / 20).wrapping_mul(97).wrapping_add((y / 20).wrapping_mul(57)) % 160;
            pixel.fill((40.0 + block as f32 * light) as u8);
        }
        Picture::from_rgb(image).unwrap()
    }

    fn watch(sight: &mut Sight, from_s: u64, seconds: u64, picture: &Picture) {
        let grid = grid_of(picture);
        for second in from_s..from_s + seconds {
            assert!(sight.is_due(Duration::from_secs(second)));
            sight.see(&grid, Duration::from_secs(second));
            assert!(!sight.is_due(Duration::from_millis(1_000 * second + 900)));
        }
    }

    fn warnings(sight: &mut Sight) -> Vec<HealthWarning> {
        sight.health(Timestamp::from_micros(0), Duration::ZERO).warnings
    }

    #[test]
    fn a_camera_that_was_turned_is_moved_and_dusk_is_not() {
        let mut sight = Sight::default();
        watch(&mut sight, 0, 100, &street(0, 1.0));
        watch(&mut sight, 100, 60, &street(0, 0.4));
        assert_eq!(warnings(&mut sight), []);
        watch(&mut sight, 160, 15, &street(70, 1.0));
        assert_eq!(warnings(&mut sight), [], "a lorry that passes is no reason");
        watch(&mut sight, 175, 15, &street(70, 1.0));
        assert_eq!(warnings(&mut sight), [HealthWarning::Moved]);
        watch(&mut sight, 190, 1_800, &street(70, 1.0));
        assert_eq!(warnings(&mut sight), [HealthWarning::Moved], "half an hour is soon over");
        watch(&mut sight, 1_990, 3_600, &street(70, 1.0));
        assert_eq!(warnings(&mut sight), [], "where it looks now has become the usual");
    }

    #[test]
    fn a_cloth_over_the_lens_covers_it_and_a_dark_picture_is_dark() {
        let mut sight = Sight::default();
        watch(&mut sight, 0, 100, &street(0, 1.0));
        let cloth = Picture::from_rgb(RgbImage::filled(240, 140, [90; 3])).unwrap();
        watch(&mut sight, 100, 30, &cloth);
        assert_eq!(warnings(&mut sight), [HealthWarning::Covered]);
        watch(&mut sight, 130, 20_000, &cloth);
        assert_eq!(warnings(&mut sight), [HealthWarning::Covered], "it still hangs there");
        watch(&mut sight, 20_130, 1, &street(0, 1.0));
        assert_eq!(warnings(&mut sight), []);
        let mut dark = Sight::default();
        watch(&mut dark, 0, 10, &Picture::from_rgb(RgbImage::filled(240, 140, [4; 3])).unwrap());
        assert_eq!(warnings(&mut dark), [HealthWarning::Dark]);
    }

    #[test]
    fn small_and_blurred_plates_are_told_once_there_are_enough() {
        let mut sight = Sight::default();
        let quality = CropQuality { sharpness: 10.0, contrast: 0.5, exposure: 0.5 };
        for _ in 0..READS_MIN - 1 {
            sight.read(quality, 40.0);
        }
        assert_eq!(warnings(&mut sight), []);
        sight.read(quality, 40.0);
        assert_eq!(warnings(&mut sight), [HealthWarning::Blurred, HealthWarning::PlatesSmall]);
    }

    #[test]
    fn fewer_plates_than_at_the_same_hour_of_past_days_are_told() {
        let mut sight = Sight::default();
        let at =
            |day: i64, minute: i64| Timestamp::from_micros((day * 24 * 60 + 8 * 60 + minute) * 60_000_000);
        let health = |sight: &mut Sight, day: i64, minute: i64| {
            let uptime = at(day, minute).since(at(0, -120));
            sight.health(at(day, minute), uptime)
        };
        for day in 0..3 {
            for minute in 0..40 {
                sight.plate(at(day, minute));
            }
        }
        let near = |usual: Option<f32>, right: f32| usual.is_some_and(|usual| (usual - right).abs() < 0.01);
        let busy = health(&mut sight, 2, 45);
        assert!(busy.reads_last_hour == 40 && near(busy.reads_usual, 30.0), "{busy:?}");
        assert_eq!(busy.warnings, []);
        let early = health(&mut sight, 3, 3);
        assert!(early.reads_last_hour == 0 && near(early.reads_usual, 2.0), "{early:?}");
        assert_eq!(early.warnings, [], "the busy hour has only begun");
        let quiet = health(&mut sight, 3, 54);
        assert!(quiet.reads_last_hour == 0 && near(quiet.reads_usual, 36.0), "{quiet:?}");
        assert_eq!(quiet.warnings, [HealthWarning::FewerReads]);
        let new = sight.health(at(3, 54), HOUR * 24);
        assert_eq!(new.reads_usual, None, "it was not there a day ago");
    }

    #[test]
    fn a_clock_that_was_ahead_leaves_nothing_behind() {
        let (mut sight, year) = (Sight::default(), 365 * 24);
        let at = |hour: i64| Timestamp::from_micros(hour * HOUR_MICROS);
        for _ in 0..30 {
            sight.plate(at(year));
        }
        sight.plate(at(5));
        assert_eq!((sight.last_hour.len(), sight.hours.len()), (1, 1));
        assert_eq!(sight.health(at(5), Duration::MAX).reads_last_hour, 1);
    }
}
