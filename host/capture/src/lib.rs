//! Camera sources to frames: GStreamer lives here and nowhere else.
