//! GStreamer's own log: kept away from everybody.
//!
//! At its higher levels GStreamer writes whole RTSP requests, `Authorization` included, and the properties of its
//! elements, passwords included, to the standard error or to a file. The environment (`GST_DEBUG`, `GST_DEBUG_FILE`)
//! says how much, so that whoever starts the program could make it tell. Its default way of writing is therefore taken
//! away before it is initialised. Warnings and errors go to `tracing` at level DEBUG as where they came from, without
//! their text: the text may hold what a server sent, and where it came from is enough to look it up in GStreamer's
//! source. What matters of them arrives as an error on the pipeline's bus anyway. The warnings of GLib below it go the
//! same way.

use gstreamer as gst;

/// Takes GStreamer's log away from the standard error. Must come before GStreamer is initialised, and may come again.
pub(crate) fn take_away() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        gst::log::remove_default_log_function();
        // GLib's own warnings quote what a server sent, too, and a server has been sent the password.
        gst::glib::log_set_default_handler(|domain, level, _| {
            tracing::debug!(domain = domain.unwrap_or_default(), ?level, "GLib says something");
        });
        // Only this function is left, and it never asks for the message.
        gst::log::add_log_function(|category, level, file, function, line, _, _| {
            if matches!(level, gst::DebugLevel::Error | gst::DebugLevel::Warning) {
                let place = file.rsplit('/').next().unwrap_or_default();
                tracing::debug!(
                    category = category.name(),
                    level = ?level,
                    place,
                    line,
                    function = function.as_str(),
                    "GStreamer says something"
                );
            }
        });
    });
}
