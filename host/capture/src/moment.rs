//! When a frame was taken.

use gstreamer as gst;
use ovr_domain::Timestamp;

/// Seconds from 1900, the epoch of NTP, to 1970 (RFC 5905, section 6).
const NTP_TO_UNIX_S: u64 = 2_208_988_800;
/// A container whose clock was never set says 1904 or 1970; no digital camera is older than this (1990-01-01).
const PLAUSIBLE_MIN: Timestamp = Timestamp::from_micros(631_152_000_000_000);

/// The wall-clock time that the stream itself gives a buffer: an RTSP sender report, or a camera's own stamp.
pub(crate) fn of_stream(buffer: &gst::BufferRef) -> Option<Timestamp> {
    buffer.iter_meta::<gst::ReferenceTimestampMeta>().find_map(|meta| {
        let since_epoch = match meta.reference().structure(0)?.name().as_str() {
            "timestamp/x-unix" => meta.timestamp(),
            "timestamp/x-ntp" => meta.timestamp().checked_sub(gst::ClockTime::from_seconds(NTP_TO_UNIX_S))?,
            _ => return None,
        };
        i64::try_from(since_epoch.useconds()).ok().map(Timestamp::from_micros)
    })
}

/// The creation time that a container states, unless it is one that no camera can have meant: before 1990, a date
/// without a time of day, or later than `now`.
pub(crate) fn of_tag(tags: &gst::TagListRef, now: Timestamp) -> Option<Timestamp> {
    let stated = tags.get::<gst::tags::DateTime>()?.get();
    if !stated.has_second() {
        return None;
    }
    let seconds = stated.to_g_date_time().ok()?.to_unix();
    let micros = seconds.checked_mul(1_000_000)?.checked_add(i64::from(stated.microsecond().unwrap_or(0)))?;
    let at = Timestamp::from_micros(micros);
    (at >= PLAUSIBLE_MIN && at <= now).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unix_and_ntp_stamps_of_the_stream_are_read_and_others_left() {
        gst::init().unwrap();
        let stamped = |reference: &str, seconds: u64| {
            let mut buffer = gst::Buffer::new();
            let caps = gst::Caps::builder(reference).build();
            let time = gst::ClockTime::from_seconds(seconds);
            gst::ReferenceTimestampMeta::add(buffer.get_mut().unwrap(), &caps, time, gst::ClockTime::NONE);
            of_stream(&buffer)
        };
        let expected = Some(Timestamp::from_micros(1_700_000_000_000_000));
        assert_eq!(stamped("timestamp/x-unix", 1_700_000_000), expected);
        assert_eq!(stamped("timestamp/x-ntp", 1_700_000_000 + NTP_TO_UNIX_S), expected);
        assert_eq!(stamped("timestamp/x-ntp", 1), None);
        assert_eq!(stamped("timestamp/x-drm", 1), None);
    }

    #[test]
    fn a_creation_time_that_no_camera_can_have_meant_is_not_used() {
        gst::init().unwrap();
        let now: Timestamp = "2026-11-23T08:15:00Z".parse().unwrap();
        let stated = |text: &str| {
            let mut tags = gst::TagList::new();
            let time = gst::DateTime::from_iso8601_string(text).unwrap();
            let list = tags.get_mut().unwrap();
            list.add::<gst::tags::DateTime>(&time, gst::TagMergeMode::Append);
            of_tag(&tags, now)
        };
        assert_eq!(stated("2024-05-06T07:08:09Z"), "2024-05-06T07:08:09Z".parse().ok());
        for text in ["1904-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "2024-05-06", "2024"] {
            assert_eq!(stated(text), None, "{text} was taken");
        }
    }
}
