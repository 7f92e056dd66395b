//! A state and its place among the United States.

use ovr_plugin_sdk::Format;

/// A state or the District of Columbia.
#[derive(Clone, Copy)]
pub(super) struct State {
    /// English name, the region of every format.
    name: &'static str,
    /// Share of the vehicles registered in the United States.
    share: f32,
}

impl State {
    /// `share` of the vehicles registered in the United States.
    pub(super) const fn new(name: &'static str, share: f32) -> Self {
        Self { name, share }
    }

    /// A format of this state that `within_state` of its vehicles carry.
    pub(super) const fn format(self, id: &'static str, pattern: &'static str, within_state: f32) -> Format {
        Format::new(id, pattern, self.share * within_state).region(self.name)
    }
}
