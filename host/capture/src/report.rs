//! What a pipeline reports on its bus.

use gstreamer as gst;
use ovr_domain::Timestamp;

use crate::moment;

/// Longest part of GStreamer's own words in an error, in characters.
const WORDS_CHARS_MAX: usize = 200;

/// Everything that matters out of the messages so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The first error, in one line.
    pub(crate) error: Option<String>,
    /// What no installed plugin can decode, in GStreamer's words.
    pub(crate) missing: Option<String>,
    /// When the container says that it was made.
    pub(crate) created_at: Option<Timestamp>,
    /// The video codec in GStreamer's words.
    pub(crate) codec: Option<String>,
}

impl Report {
    /// Takes all messages that wait on the bus.
    pub(crate) fn drain(&mut self, bus: &gst::Bus, now: Timestamp) {
        while let Some(message) = bus.pop() {
            match message.view() {
                gst::MessageView::Error(error) => {
                    let line = one_line(&error.error().to_string(), error.debug().as_deref());
                    self.error.get_or_insert(line);
                }
                gst::MessageView::Warning(warning) => {
                    let line = one_line(&warning.error().to_string(), warning.debug().as_deref());
                    tracing::debug!(reason = line, "a video pipeline warns");
                }
                gst::MessageView::Tag(tag) => self.tags(&tag.tags(), now),
                gst::MessageView::Element(element) => self.element(element.structure()),
                _ => {}
            }
        }
    }

    fn tags(&mut self, tags: &gst::TagList, now: Timestamp) {
        if self.created_at.is_none() {
            self.created_at = moment::of_tag(tags, now);
        }
        if let Some(codec) = tags.get::<gst::tags::VideoCodec>() {
            self.codec.get_or_insert_with(|| codec.get().to_owned());
        }
    }

    fn element(&mut self, structure: Option<&gst::StructureRef>) {
        let Some(structure) = structure.filter(|structure| structure.name() == "missing-plugin") else {
            return;
        };
        let name = structure.get::<String>("name");
        self.missing.get_or_insert_with(|| name.unwrap_or_else(|_| "a plugin".to_owned()));
    }
}

/// Message and the last line of the details, which holds the cause behind the place in GStreamer's source.
pub(crate) fn one_line(message: &str, debug: Option<&str>) -> String {
    let message = message.trim().trim_end_matches('.');
    let cause = debug
        .and_then(|debug| debug.trim().lines().skip(1).last())
        .map(|line| line.trim().trim_end_matches([':', '.']))
        .filter(|line| !line.is_empty() && !message.contains(line));
    let words = match cause {
        Some(cause) => format!("{message} ({cause})"),
        None => message.to_owned(),
    };
    let cut: String = words.chars().take(WORDS_CHARS_MAX).collect();
    format!("GStreamer says {cut:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_with_its_cause() {
        let debug = "gstbasesrc.c(3127): gst_base_src_loop (): /GstPipeline:p/GstFileSrc:f:\nstreaming stopped, reason error (-5)";
        assert_eq!(
            one_line("Internal data stream error.", Some(debug)),
            "GStreamer says \"Internal data stream error (streaming stopped, reason error (-5))\""
        );
        assert_eq!(one_line("No.", None), "GStreamer says \"No\"");
    }
}
