//! How long to wait before the next attempt: exponential with a cap and jitter. Pure policy; who waits is told.

use std::time::Duration;

/// The longest wait between two attempts.
pub const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// The first wait.
pub const BACKOFF_MIN: Duration = Duration::from_millis(100);

/// Waits double from the first to a cap, each spread by 20 % up and down, so that many that failed
/// together do not come back together.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
    attempt: u32,
    noise: u64,
}

impl Backoff {
    /// From [`BACKOFF_MIN`] to [`BACKOFF_MAX`]. Different seeds give different spreads.
    pub const fn new(seed: u64) -> Self {
        Self::between(BACKOFF_MIN, BACKOFF_MAX, seed)
    }

    /// From `first` to `cap`.
    pub const fn between(first: Duration, cap: Duration, seed: u64) -> Self {
        // The generator below must not start at zero.
        Self { first, cap, attempt: 0, noise: seed | 1 }
    }

    /// How long to wait now.
    pub fn wait(&mut self) -> Duration {
        let doubled = self.first.saturating_mul(1_u32.checked_shl(self.attempt).unwrap_or(u32::MAX));
        self.attempt = self.attempt.saturating_add(1).min(31);
        doubled.min(self.cap).mul_f64(0.8 + 0.4 * self.share())
    }

    /// The attempt succeeded: the next failure waits the first wait again.
    pub const fn reset(&mut self) {
        self.attempt = 0;
    }

    /// The next number of Marsaglia's xorshift64 (2003), as 0 to 1.
    fn share(&mut self) -> f64 {
        self.noise ^= self.noise << 13;
        self.noise ^= self.noise >> 7;
        self.noise ^= self.noise << 17;
        (self.noise >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_within_a_fifth() {
        let mut backoff = Backoff::new(7);
        for attempt in 0..100 {
            let ideal = BACKOFF_MIN.saturating_mul(1 << attempt.min(12)).min(BACKOFF_MAX);
            let wait = backoff.wait();
            assert!(wait >= ideal.mul_f64(0.799) && wait <= ideal.mul_f64(1.201), "{attempt}: {wait:?}");
        }
        backoff.reset();
        assert!(backoff.wait() <= BACKOFF_MIN.mul_f64(1.201));
    }

    #[test]
    fn different_seeds_do_not_wait_alike() {
        let (mut a, mut b) = (Backoff::new(2), Backoff::new(1_000_000));
        assert!((0..5).any(|_| a.wait() != b.wait()));
    }
}
