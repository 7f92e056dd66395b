//! Whether pictures still come, and whether they still move. Pure policy.

use std::time::Duration;

use ovr_domain::Picture;

use crate::live::fault::LinkFault;

/// Points of the luma that are compared, across and down.
const POINTS: (usize, usize) = (64, 36);
/// A scene that truly stands still looks like a frozen camera. Each reconnect that does not change the picture doubles
/// the patience, up to so many times.
const DOUBLINGS_MAX: u32 = 7;

/// Watches one camera, over all its connections.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    stall_timeout: Duration,
    freeze_timeout: Option<Duration>,
    /// When the last frame came.
    last_frame: Duration,
    /// What the last frame looked like, and since when.
    look: Option<(u64, Duration)>,
    /// Freezes in a row without another picture in between.
    freezes: u32,
}

impl Watch {
    pub(crate) fn new(stall_timeout: Duration, freeze_timeout: Option<Duration>) -> Self {
        Self { stall_timeout, freeze_timeout, last_frame: Duration::ZERO, look: None, freezes: 0 }
    }

    /// A new connection gave its first frame.
    pub(crate) fn connected(&mut self, now: Duration) {
        self.last_frame = now;
        // The picture may be the old one, but it has not been for long on this connection.
        if let Some((_, since)) = &mut self.look {
            *since = now;
        }
    }

    /// Whether the picture is the one that stood still for too long: from the freeze on, over all reconnects, until it changes.
    pub(crate) fn is_frozen(&self) -> bool {
        self.freezes > 0
    }

    /// Whether looks are compared at all.
    pub(crate) fn compares(&self) -> bool {
        self.freeze_timeout.is_some()
    }

    /// A frame came, at `now` of the monotonic clock.
    pub(crate) fn frame(&mut self, now: Duration, look: Option<u64>) -> Result<(), LinkFault> {
        self.last_frame = now;
        let (Some(timeout), Some(look)) = (self.freeze_timeout, look) else { return Ok(()) };
        match self.look {
            Some((known, since)) if known == look => {
                let still = now.saturating_sub(since);
                if still < timeout.saturating_mul(1 << self.freezes.min(DOUBLINGS_MAX)) {
                    return Ok(());
                }
                self.freezes = self.freezes.saturating_add(1);
                Err(LinkFault::Frozen { ms: millis(still) })
            }
            _ => {
                self.look = Some((look, now));
                self.freezes = 0;
                Ok(())
            }
        }
    }

    /// No frame came up to `now`.
    pub(crate) fn silence(&self, now: Duration) -> Result<(), LinkFault> {
        let silent = now.saturating_sub(self.last_frame);
        if silent < self.stall_timeout { Ok(()) } else { Err(LinkFault::Stalled { ms: millis(silent) }) }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// What a picture looks like: a hash (FNV-1a, 64 bits) over a grid of its luma. The noise of a real sensor changes it
/// with every frame.
pub(crate) fn look_of(picture: &Picture) -> u64 {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let plane = picture.plane(0);
    let (across, down) = POINTS;
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for row in 0..down {
        let start = row * height / down * plane.stride;
        for column in 0..across {
            let point = plane.data.get(start + column * width / across).copied().unwrap_or(0);
            hash = (hash ^ u64::from(point)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::RgbImage;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn no_frame_for_the_timeout_is_a_stall_and_not_before() {
        let mut watch = Watch::new(s(4), None);
        watch.connected(s(100));
        assert_eq!(watch.silence(s(103)), Ok(()));
        watch.frame(s(103), None).unwrap();
        assert_eq!(watch.silence(s(106)), Ok(()));
        assert_eq!(watch.silence(s(107)), Err(LinkFault::Stalled { ms: 4_000 }));
    }

    #[test]
    fn the_same_picture_for_the_timeout_is_a_freeze() {
        let mut watch = Watch::new(s(4), Some(s(5)));
        watch.connected(s(0));
        for second in 0..5 {
            watch.frame(s(second), Some(1)).unwrap();
        }
        assert_eq!(watch.frame(s(5), Some(1)), Err(LinkFault::Frozen { ms: 5_000 }));
    }

    #[test]
    fn a_picture_that_moves_now_and_then_is_not_frozen() {
        let mut watch = Watch::new(s(4), Some(s(5)));
        watch.connected(s(0));
        for second in 0..60 {
            watch.frame(s(second), Some(second / 4)).unwrap();
        }
    }

    #[test]
    fn a_scene_that_truly_stands_still_is_asked_for_less_and_less_often() {
        let mut watch = Watch::new(s(4), Some(s(5)));
        let (mut freezes, mut connected) = (Vec::new(), 0);
        watch.connected(s(0));
        for second in 0..200 {
            if watch.frame(s(second), Some(1)).is_err() {
                freezes.push(second - connected);
                connected = second;
                watch.connected(s(second));
            }
        }
        assert_eq!(freezes, [5, 10, 20, 40, 80]);
        assert!(watch.is_frozen());
        watch.frame(s(200), Some(2)).unwrap();
        assert!(!watch.is_frozen());
        assert_eq!(
            watch.frame(s(205), Some(2)),
            Err(LinkFault::Frozen { ms: 5_000 }),
            "it moved: patience is short"
        );
    }

    #[test]
    fn two_pictures_look_alike_only_when_they_are() {
        let of = |grey: u8| look_of(&Picture::from_rgb(RgbImage::filled(640, 360, [grey; 3])).unwrap());
        assert_eq!(of(90), of(90));
        assert_ne!(of(90), of(91));
    }
}
