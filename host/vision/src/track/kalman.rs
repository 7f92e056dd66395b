//! The Kalman filter of ByteTrack (that of SORT's successors, Wojke et al. 2017, section 2.1): a constant-velocity model
//! of (x, y, a, h), the centre, aspect ratio and height of a box, observed directly.
//!
//! Initial, process and measurement noise are diagonal and the motion couples a value with its own velocity only, so
//! the 8x8 covariance stays block-diagonal for ever: four filters of two states are the same filter, without any
//! matrix to invert.

use super::associate::Rect;

/// Standard deviation of a position as a share of the height.
const POSITION_SHARE: f64 = 1.0 / 20.0;
/// Standard deviation of a velocity, per frame, as a share of the height.
const VELOCITY_SHARE: f64 = 1.0 / 160.0;
/// Standard deviation of the aspect ratio: of the motion, and of a measurement.
const ASPECT_STD: f64 = 1e-2;
const ASPECT_MEASURED_STD: f64 = 1e-1;
/// Standard deviation of the aspect ratio's velocity, per frame.
const ASPECT_VELOCITY_STD: f64 = 1e-5;
/// Shortest side that a guessed box may shrink to, in pixels.
pub(super) const SIDE_MIN_PX: f64 = 0.1;
/// Smallest aspect ratio that a guess may shrink to.
const ASPECT_MIN: f64 = 1e-6;

/// A value, its velocity per frame, and their covariance.
#[derive(Debug, Clone, Copy)]
struct Axis {
    value: f64,
    velocity: f64,
    value_var: f64,
    cov: f64,
    velocity_var: f64,
}

impl Axis {
    fn new(value: f64, value_std: f64, velocity_std: f64) -> Self {
        Self {
            value,
            velocity: 0.0,
            value_var: value_std * value_std,
            cov: 0.0,
            velocity_var: velocity_std * velocity_std,
        }
    }

    /// `x = F x`, `P = F P F' + Q` with `F = [1 1; 0 1]`.
    fn predict(&mut self, value_std: f64, velocity_std: f64) {
        self.value += self.velocity;
        self.value_var += 2.0 * self.cov + self.velocity_var + value_std * value_std;
        self.cov += self.velocity_var;
        self.velocity_var += velocity_std * velocity_std;
    }

    /// `K = P H' / S`, `x += K (z - H x)`, `P -= K S K'` with `H = [1 0]`, `S = H P H' + R`.
    fn correct(&mut self, measured: f64, measured_std: f64) {
        let innovation_var = self.value_var + measured_std * measured_std;
        let value_gain = self.value_var / innovation_var;
        let velocity_gain = self.cov / innovation_var;
        let innovation = measured - self.value;
        self.value += value_gain * innovation;
        self.velocity += velocity_gain * innovation;
        self.velocity_var -= velocity_gain * self.cov;
        self.cov -= value_gain * self.cov;
        self.value_var -= value_gain * self.value_var;
    }

    /// Stops a guess that would fall below `floor`: a box never shrinks to nothing between two looks.
    fn hold_above(&mut self, floor: f64) {
        if self.value < floor {
            self.value = floor;
            self.velocity = 0.0;
        }
    }
}

/// Where a box is and how it moves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    x: Axis,
    y: Axis,
    aspect: Axis,
    height: Axis,
}

impl Motion {
    /// At rest at the first detection.
    pub(super) fn start(rect: Rect) -> Self {
        let [x, y, aspect, height] = measure(rect);
        let position_std = 2.0 * POSITION_SHARE * height;
        let velocity_std = 10.0 * VELOCITY_SHARE * height;
        Self {
            x: Axis::new(x, position_std, velocity_std),
            y: Axis::new(y, position_std, velocity_std),
            aspect: Axis::new(aspect, ASPECT_STD, ASPECT_VELOCITY_STD),
            height: Axis::new(height, position_std, velocity_std),
        }
    }

    /// One frame on. A box that was lost keeps its height: what is not seen must not be guessed to grow.
    pub(super) fn predict(&mut self, lost: bool) {
        if lost {
            self.height.velocity = 0.0;
        }
        let position_std = POSITION_SHARE * self.height.value;
        let velocity_std = VELOCITY_SHARE * self.height.value;
        self.x.predict(position_std, velocity_std);
        self.y.predict(position_std, velocity_std);
        self.aspect.predict(ASPECT_STD, ASPECT_VELOCITY_STD);
        self.height.predict(position_std, velocity_std);
        self.aspect.hold_above(ASPECT_MIN);
        self.height.hold_above(SIDE_MIN_PX);
    }

    /// Takes in the detection of this frame.
    pub(super) fn correct(&mut self, rect: Rect) {
        let [x, y, aspect, height] = measure(rect);
        let position_std = POSITION_SHARE * self.height.value;
        self.x.correct(x, position_std);
        self.y.correct(y, position_std);
        self.aspect.correct(aspect, ASPECT_MEASURED_STD);
        self.height.correct(height, position_std);
    }

    /// How fast the middle moves, in pixels a frame.
    pub(super) fn speed(&self) -> f64 {
        self.x.velocity.hypot(self.y.velocity)
    }

    /// The box of the present state.
    pub(super) fn rect(&self) -> Rect {
        let height = self.height.value.max(SIDE_MIN_PX);
        let width = (self.aspect.value * height).max(SIDE_MIN_PX);
        Rect {
            x1: self.x.value - width / 2.0,
            y1: self.y.value - height / 2.0,
            x2: self.x.value + width / 2.0,
            y2: self.y.value + height / 2.0,
        }
    }
}

/// Centre, aspect ratio (width by height) and height.
fn measure(rect: Rect) -> [f64; 4] {
    let (width, height) = (rect.x2 - rect.x1, rect.y2 - rect.y1);
    [f64::midpoint(rect.x1, rect.x2), f64::midpoint(rect.y1, rect.y2), width / height, height]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x: f64, y: f64, width: f64, height: f64) -> Rect {
        Rect { x1: x, y1: y, x2: x + width, y2: y + height }
    }

    #[test]
    fn a_box_that_moves_evenly_is_soon_predicted_to_a_pixel() {
        let mut motion = Motion::start(rect(100.0, 50.0, 80.0, 40.0));
        for frame in 1..=30 {
            motion.predict(false);
            motion.correct(rect(100.0 + 6.0 * f64::from(frame), 50.0 - 2.0 * f64::from(frame), 80.0, 40.0));
        }
        motion.predict(false);
        let ahead = motion.rect();
        assert!((ahead.x1 - 286.0).abs() < 1.0, "{ahead:?}");
        assert!((ahead.y1 + 12.0).abs() < 1.0, "{ahead:?}");
    }

    #[test]
    fn one_correction_is_the_textbook_update() {
        // Height 20: P = diag(2^2, 1.25^2) predicted once gives 4 + 1.5625 + 1 = 6.5625 and covariance 1.5625; R = 1.
        let mut motion = Motion::start(rect(0.0, 0.0, 40.0, 20.0));
        motion.predict(false);
        motion.correct(rect(10.0, 0.0, 40.0, 20.0));
        assert!((motion.x.value - (20.0 + 10.0 * 6.5625 / 7.5625)).abs() < 1e-9);
        assert!((motion.x.velocity - 10.0 * 1.5625 / 7.5625).abs() < 1e-9);
    }

    #[test]
    fn a_shrinking_box_never_shrinks_to_nothing() {
        let mut motion = Motion::start(rect(0.0, 0.0, 40.0, 40.0));
        for side in [30.0, 20.0, 10.0] {
            motion.predict(false);
            motion.correct(rect(0.0, 0.0, side, side));
        }
        for _ in 0..1000 {
            motion.predict(false);
        }
        let guess = motion.rect();
        assert!(guess.x2 > guess.x1 && guess.y2 > guess.y1, "{guess:?}");
    }
}
