//! Presentation times of one camera over all its connections: they only ever rise. Pure policy.

use std::time::Duration;

/// What the stream's own time may be away from ours before it is not followed any more: RTP timestamps that jump.
const APART_MAX: Duration = Duration::from_secs(10);
/// Two frames are never at the same time.
const STEP_MIN: Duration = Duration::from_micros(1);

/// Presentation times of one camera.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timeline {
    /// Presentation time of the last frame, and when it came by the monotonic clock.
    last: Option<(Duration, Duration)>,
    /// Stream time of an earlier frame of this connection, and what it was presented at.
    anchor: Option<(Duration, Duration)>,
}

impl Timeline {
    /// A new connection counts from its own zero.
    pub(crate) fn connected(&mut self) {
        self.anchor = None;
    }

    /// When a frame is presented that came at `now` and that the stream puts at `stated`.
    pub(crate) fn present(&mut self, now: Duration, stated: Option<Duration>) -> Duration {
        // By our own clock, which also knows how long the camera was away.
        let ours = match self.last {
            Some((presented, then)) => presented.saturating_add(now.saturating_sub(then)),
            None => Duration::ZERO,
        };
        let theirs = stated.zip(self.anchor).and_then(|(stated, (from, presented))| {
            let ahead = presented.checked_add(stated.saturating_sub(from))?;
            ahead.checked_sub(from.saturating_sub(stated))
        });
        let believed = theirs.filter(|theirs| theirs.abs_diff(ours) <= APART_MAX);
        let earliest = self.last.map_or(Duration::ZERO, |(presented, _)| presented + STEP_MIN);
        let presented = believed.unwrap_or(ours).max(earliest);
        if believed.is_none() {
            self.anchor = stated.map(|stated| (stated, presented));
        }
        self.last = Some((presented, now));
        presented
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn frames_keep_the_streams_own_distances_though_they_arrive_in_heaps() {
        let mut timeline = Timeline::default();
        let arrivals = [0, 0, 0, 200, 200, 201];
        let presented: Vec<Duration> = arrivals
            .iter()
            .zip(0_u64..)
            .map(|(now, n)| timeline.present(ms(*now), Some(ms(5_000 + n * 40))))
            .collect();
        assert_eq!(presented, (0..6).map(|n| ms(n * 40)).collect::<Vec<_>>());
    }

    #[test]
    fn a_new_connection_goes_on_where_our_clock_says() {
        let mut timeline = Timeline::default();
        timeline.present(ms(0), Some(ms(0)));
        timeline.present(ms(40), Some(ms(40)));
        timeline.connected();
        assert_eq!(timeline.present(ms(7_040), Some(ms(3))), ms(7_040));
        assert_eq!(timeline.present(ms(7_081), Some(ms(43))), ms(7_080));
    }

    #[test]
    fn a_stream_whose_time_jumps_is_put_on_our_time() {
        let mut timeline = Timeline::default();
        timeline.present(ms(0), Some(ms(0)));
        assert_eq!(timeline.present(ms(40), Some(ms(90_000_000))), ms(40));
        assert_eq!(timeline.present(ms(80), Some(ms(90_000_040))), ms(80));
        assert_eq!(timeline.present(ms(120), None), ms(120));
    }

    proptest! {
        #[test]
        fn presentation_times_always_rise(
            frames in prop::collection::vec((0_u64..5_000, prop::option::of(any::<u32>()), any::<bool>()), 1..60)
        ) {
            let (mut timeline, mut now, mut last) = (Timeline::default(), Duration::ZERO, None);
            for (pause, stated, reconnect) in frames {
                now += ms(pause);
                if reconnect {
                    timeline.connected();
                }
                let presented = timeline.present(now, stated.map(|stated| ms(stated.into())));
                prop_assert!(last.is_none_or(|last| presented > last));
                last = Some(presented);
            }
        }
    }
}
