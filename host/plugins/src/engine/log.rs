//! The one thing that a plugin may ask of the host: to log a line. Limited, so that it cannot flood the log, and
//! escaped, so that it cannot forge one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ovr_domain::metric;

use super::call::one_line;
use super::limits::{TICK, TimeLimit, Usage};
use crate::contract::{log, types};

/// Lines of one plugin in one second.
const LINES_PER_SECOND_MAX: u64 = 20;

/// Longest line, in characters.
const LINE_CHARS_MAX: usize = 500;

/// Ticks of the engine in one second.
const TICKS_PER_SECOND: u64 = 1_000 / TICK.as_millis() as u64;

/// Lines of one plugin, over all its calls.
#[derive(Debug)]
pub(crate) struct LogLimit {
    plugin: String,
    /// Ticks of the engine since it started; time enough for counting lines, and no clock of its own.
    ticks: Arc<AtomicU64>,
    /// The second (upper half) and the lines in it (lower half), in one word so that two calls never tear them apart.
    window: AtomicU64,
    dropped: AtomicU64,
    /// Dropped lines that were not yet told.
    untold: AtomicU64,
}

impl LogLimit {
    pub(crate) fn new(plugin: &str, ticks: Arc<AtomicU64>) -> Self {
        Self {
            plugin: plugin.to_owned(),
            ticks,
            window: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            untold: AtomicU64::new(0),
        }
    }

    /// Lines dropped so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Whether one more line may be written now.
    fn admit(&self) -> bool {
        let second = (self.ticks.load(Ordering::Relaxed) / TICKS_PER_SECOND) & u64::from(u32::MAX);
        let count = |window: u64| {
            let lines = if window >> 32 == second { window & u64::from(u32::MAX) } else { 0 };
            (lines < LINES_PER_SECOND_MAX).then_some((second << 32) | (lines + 1))
        };
        let is_admitted = self.window.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count).is_ok();
        if !is_admitted {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            self.untold.fetch_add(1, Ordering::Relaxed);
            metric::plugin_log_line_dropped(&self.plugin);
        }
        is_admitted
    }

    /// Writes one line, or drops and counts it.
    fn write(&self, level: log::Level, message: &str) {
        if !self.admit() {
            return;
        }
        let plugin = self.plugin.as_str();
        let untold = self.untold.swap(0, Ordering::Relaxed);
        if untold > 0 {
            tracing::warn!(
                plugin,
                lines = untold,
                "a plugin logs more than 20 lines a second; the rest was dropped"
            );
        }
        let line = one_line(message, LINE_CHARS_MAX);
        match level {
            log::Level::Debug => tracing::debug!(plugin, "{line}"),
            log::Level::Info => tracing::info!(plugin, "{line}"),
            log::Level::Warn => tracing::warn!(plugin, "{line}"),
        }
    }
}

/// What the host keeps for one call: the store's data.
#[derive(Debug)]
pub(crate) struct CallState {
    pub(crate) usage: Usage,
    pub(crate) time: TimeLimit,
    pub(crate) log: Arc<LogLimit>,
}

impl log::Host for CallState {
    fn log(&mut self, level: log::Level, message: String) {
        self.log.write(level, &message);
    }
}

impl types::Host for CallState {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_lines_a_second_pass_and_the_rest_is_dropped_and_counted() {
        let ticks = Arc::new(AtomicU64::new(0));
        let limit = LogLimit::new("chatty", Arc::clone(&ticks));
        for _ in 0..1_000 {
            limit.write(log::Level::Info, "again");
        }
        assert_eq!(limit.dropped(), 980);
        ticks.store(TICKS_PER_SECOND, Ordering::Relaxed);
        limit.write(log::Level::Warn, "\u{1b}[2Jforged\nline");
        assert_eq!(limit.dropped(), 980, "a new second lets lines through again");
        assert_eq!(limit.untold.load(Ordering::Relaxed), 0, "what was dropped was told");
    }
}
