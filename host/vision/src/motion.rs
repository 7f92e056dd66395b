//! Whether anything moves before a fixed camera, from the luma of a much reduced picture.
//!
//! A background that is kept as a running mean and a running deviation for each cell of a coarse grid, as in adaptive
//! background subtraction (Wren et al. 1997, Pfinder, with one Gaussian a cell). Looking for plates costs a thousand
//! times as much as this, and most cameras see nothing most of the time.
//!
//! It errs towards motion. A cell is compared with its own noise, so that a dark and quiet scene stays sensitive, and the
//! noise that is allowed for is bounded, so that rain, foliage or a flickering lamp never blind it to a vehicle.
//! A change of the light as a whole counts as motion, too.

use std::time::Duration;

use ovr_domain::Picture;
use ovr_domain::pixels::{PixelLayout, luma_of};

/// Cells across and down.
const COLUMNS: usize = 48;
const ROWS: usize = 27;
/// Samples a cell, across and down: their mean has an eighth of a pixel's noise.
const SAMPLES: usize = 8;
/// How long mean and deviation remember, so that a camera that is looked at often sees as slow a vehicle as any other.
const MEMORY_S: f32 = 3.3;
/// Most that one look adds to them, where looks are far apart.
const RATE_MAX: f32 = 0.25;
/// Deviations from the mean beyond which a cell has changed.
const DEVIATIONS: f32 = 5.0;
/// Least and most change of a cell that counts, in steps of luma of 255.
const STEP_MIN: f32 = 1.5;
const STEP_MAX: f32 = 16.0;
/// Cells that must change: a vehicle far away covers some ten.
const CELLS_MIN: usize = 3;
/// Looks until the background is known; until then everything moves.
const LEARNING_LOOKS: u32 = 12;

/// Mean luma of each cell of a grid over the picture, row after row, 0 to 255.
pub fn luma_grid(picture: &Picture, columns: usize, rows: usize) -> Vec<f32> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let plane = picture.plane(0);
    let is_rgb = picture.layout() == PixelLayout::Rgb;
    let sample = |x: usize, y: usize| -> u8 {
        let row = y * plane.stride;
        if is_rgb {
            let pixel = plane.data.get(row + 3 * x..row + 3 * x + 3);
            pixel.and_then(|pixel| pixel.try_into().ok()).map_or(0, luma_of)
        } else {
            plane.data.get(row + x).copied().unwrap_or(0)
        }
    };
    // The place of sample `n` of `count` over `side` pixels: spread evenly, half a step from the edges.
    let place = |n: usize, count: usize, side: usize| (2 * n + 1) * side / (2 * count.max(1));
    let mut sums = vec![0_u32; columns * rows];
    for y in 0..rows * SAMPLES {
        let line = place(y, rows * SAMPLES, height);
        let start = y / SAMPLES * columns;
        let Some(cells) = sums.get_mut(start..start + columns) else { break };
        for (cell, sum) in cells.iter_mut().enumerate() {
            for x in 0..SAMPLES {
                *sum += u32::from(sample(place(cell * SAMPLES + x, columns * SAMPLES, width), line));
            }
        }
    }
    sums.into_iter().map(|sum| sum as f32 / (SAMPLES * SAMPLES) as f32).collect()
}

/// The background of one camera.
#[derive(Debug, Clone, Default)]
pub struct MotionGate {
    cells: Vec<Cell>,
    looks: u32,
    /// Of the pictures; another size is another background.
    size: (u32, u32),
    /// Presentation time of the last picture.
    seen_at: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    mean: f32,
    /// Running mean of the absolute difference from the mean.
    deviation: f32,
}

impl MotionGate {
    /// Takes in a picture and says whether something moves on it; `presented_at` is its presentation time. The first dozen
    /// pictures always do.
    pub fn moves(&mut self, picture: &Picture, presented_at: Duration) -> bool {
        let size = (picture.width(), picture.height());
        let grid = luma_grid(picture, COLUMNS, ROWS);
        if self.size != size || self.cells.len() != grid.len() {
            let cells = grid.into_iter().map(|mean| Cell { mean, deviation: 0.0 }).collect();
            *self = Self { cells, looks: 1, size, seen_at: presented_at };
            return true;
        }
        self.looks = self.looks.saturating_add(1);
        let elapsed = presented_at.saturating_sub(self.seen_at);
        self.seen_at = presented_at;
        let rate = (elapsed.as_secs_f32() / MEMORY_S).min(RATE_MAX);
        // Each cell takes its value in, whatever the others say.
        let changed: usize =
            self.cells.iter_mut().zip(grid).map(|(cell, now)| usize::from(cell.take(now, rate))).sum();
        changed >= CELLS_MIN || self.looks <= LEARNING_LOOKS
    }
}

impl Cell {
    /// Whether the cell has changed.
    fn take(&mut self, now: f32, rate: f32) -> bool {
        let difference = (now - self.mean).abs();
        let step = (DEVIATIONS * self.deviation).clamp(STEP_MIN, STEP_MAX);
        self.mean += rate * (now - self.mean);
        // What passes by says nothing of the noise, so it enters no more than the step that it was held against.
        self.deviation += rate * (difference.min(step) - self.deviation);
        difference > step
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::RgbImage;

    /// A street of `level` with noise of about `noise`, and a vehicle of another level from column `at` on.
    fn street(seed: u32, level: f32, noise: f32, vehicle: Option<(u32, f32)>) -> Picture {
        let (width, height) = (320, 180);
        let mut image = RgbImage::filled(width, height, [0; 3]);
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
        for (index, pixel) in image.data.chunks_exact_mut(3).enumerate() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let random = (state >> 8) as f32 / 16_777_216.0 - 0.5;
            let (x, y) = (index as u32 % width, index as u32 / width);
            let inside = vehicle.filter(|(at, _)| (*at..at + 40).contains(&x) && (90..120).contains(&y));
            let value = inside.map_or(level, |(_, level)| level) + random * 2.0 * noise;
            pixel.fill(value.clamp(0.0, 255.0) as u8);
        }
        Picture::from_rgb(image).unwrap()
    }

    /// A gate and the time of its last picture.
    #[derive(Default)]
    struct Watched {
        gate: MotionGate,
        at: Duration,
    }

    impl Watched {
        /// The next picture, at six a second.
        fn moves(&mut self, picture: &Picture) -> bool {
            self.moves_after(Duration::from_secs(1) / 6, picture)
        }

        fn moves_after(&mut self, span: Duration, picture: &Picture) -> bool {
            self.at += span;
            self.gate.moves(picture, self.at)
        }
    }

    fn gate_before(level: f32, noise: f32) -> Watched {
        let mut gate = Watched::default();
        for seed in 0..60 {
            gate.moves(&street(seed, level, noise, None));
        }
        gate
    }

    #[test]
    fn a_quiet_street_does_not_move_and_a_vehicle_on_it_does() {
        for noise in [0.0, 4.0, 12.0] {
            let mut gate = gate_before(110.0, noise);
            let still = (100..160).filter(|&seed| gate.moves(&street(seed, 110.0, noise, None))).count();
            assert!(still <= 1, "{still} of 60 quiet pictures move at noise {noise}");
            assert!(gate.moves(&street(999, 110.0, noise, Some((100, 60.0)))), "noise {noise}");
        }
    }

    #[test]
    fn a_dark_vehicle_at_night_moves() {
        let mut gate = gate_before(14.0, 3.0);
        assert!(gate.moves(&street(999, 14.0, 3.0, Some((50, 9.0)))));
    }

    #[test]
    fn a_flickering_scene_is_not_blind_to_a_vehicle() {
        let mut gate = Watched::default();
        for seed in 0..200 {
            gate.moves(&street(seed, if seed % 2 == 0 { 60.0 } else { 120.0 }, 4.0, None));
        }
        assert!(gate.moves(&street(999, 90.0, 4.0, Some((200, 180.0)))));
    }

    #[test]
    fn a_vehicle_that_has_parked_becomes_background_and_moves_again_when_it_leaves() {
        let mut gate = gate_before(110.0, 4.0);
        let parked: Vec<bool> =
            (0..200).map(|seed| gate.moves(&street(seed, 110.0, 4.0, Some((100, 60.0))))).collect();
        assert!(parked[0] && !parked[199]);
        assert!(gate.moves(&street(999, 110.0, 4.0, None)));
    }

    #[test]
    fn a_parked_vehicle_becomes_background_after_as_many_seconds_at_any_pace() {
        let seconds_until_still = |per_second: u32| {
            let mut gate = gate_before(110.0, 0.0);
            let span = Duration::from_secs(1) / per_second;
            let parked = street(0, 110.0, 0.0, Some((100, 60.0)));
            let looks = (0..60 * per_second).take_while(|_| gate.moves_after(span, &parked)).count();
            looks as f32 / per_second as f32
        };
        let (slow, fast) = (seconds_until_still(6), seconds_until_still(30));
        assert!(slow > 1.0 && slow < 60.0, "{slow}");
        assert!((0.6..1.7).contains(&(fast / slow)), "{fast} s at 30 a second, {slow} s at 6");
    }

    #[test]
    fn another_size_is_a_new_background() {
        let mut gate = gate_before(110.0, 0.0);
        assert!(gate.moves(&Picture::from_rgb(RgbImage::filled(64, 64, [110; 3])).unwrap()));
    }

    #[test]
    fn a_grid_has_the_mean_of_each_cell_in_either_layout() {
        let mut image = RgbImage::filled(32, 16, [10; 3]);
        for (index, pixel) in image.data.chunks_exact_mut(3).enumerate() {
            if index % 32 >= 16 {
                pixel.fill(200);
            }
        }
        let grid = luma_grid(&Picture::from_rgb(image).unwrap(), 2, 1);
        assert_eq!(grid, [10.0, 200.0]);
        assert_eq!(luma_grid(&Picture::from_rgb(RgbImage::filled(1, 1, [7; 3])).unwrap(), 4, 4), [7.0; 16]);
    }
}
