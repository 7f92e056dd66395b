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
        // GLib's own warnings quote what a server sent, too, and a server has been sent the password. The older way to
        // take them over, a default handler, reads the whole message as UTF-8, and what a server sent need not be.
        gst::glib::log_set_writer_func(|level, fields| {
            let domain = fields.iter().find(|field| field.key() == "GLIB_DOMAIN");
            let domain = domain.and_then(gst::glib::LogField::value_str).unwrap_or_default();
            tracing::debug!(domain, ?level, "GLib says something");
            gst::glib::LogWriterOutput::Handled
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
