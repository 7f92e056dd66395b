//! How one call into a plugin ends.

use std::fmt;

use wasmtime::{OutOfMemory, PoolConcurrencyLimitError, Trap};

use super::log::CallState;

/// What kind of failure it was: the label `kind` of the metric, and the first word of a failure's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// It took longer than it may.
    Deadline,
    /// It wanted more memory or more table entries than it may have.
    Memory,
    /// It trapped: a panic, a stack overflow, an access out of bounds.
    Trap,
    /// What it returned is too large or out of the contract's ranges.
    Output,
    /// Its own test vectors do not hold.
    SelfTest,
    /// The host could not make the call or see it through: a hook of another world, no memory, no processor. Never the
    /// plugin's fault.
    Host,
}

impl FailureKind {
    /// Every kind, for tests and metrics.
    pub const ALL: [Self; 6] =
        [Self::Deadline, Self::Memory, Self::Trap, Self::Output, Self::SelfTest, Self::Host];

    /// Whether the plugin is to blame, so that its failure counts towards its quarantine.
    pub const fn is_of_the_plugin(self) -> bool {
        !matches!(self, Self::Host)
    }

    /// As it stands in the metric's label and in an event's [`ovr_domain::event::PluginFailure`].
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::Memory => "memory",
            Self::Trap => "trap",
            Self::Output => "output",
            Self::SelfTest => "self-test",
            Self::Host => "host",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A call that gave no answer. Reads as `deadline: it took longer than 50 ms`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {detail}")]
pub struct CallError {
    /// What kind of failure.
    pub kind: FailureKind,
    /// One line of at most [`DETAIL_CHARS_MAX`] characters without control characters.
    pub detail: String,
}

/// Longest detail of a failure, in characters: it stands on the event and in one line of the log.
pub const DETAIL_CHARS_MAX: usize = 200;

impl CallError {
    /// An error whose detail is cut and cleaned of control characters, whatever the plugin put into it.
    pub fn new(kind: FailureKind, detail: &str) -> Self {
        Self { kind, detail: one_line(detail, DETAIL_CHARS_MAX) }
    }
}

/// What wasmtime says about a call that gave no value, in our terms. `deadline`: what the call had.
pub(crate) fn classify(error: &wasmtime::Error, state: &CallState, deadline: &str) -> CallError {
    let trap = error.downcast_ref::<Trap>().copied();
    if trap == Some(Trap::Interrupt) {
        if state.time.is_starved() {
            let detail = format!(
                "the machine is too busy: it got less than half of its {deadline} in four times as long"
            );
            return CallError::new(FailureKind::Host, &detail);
        }
        return CallError::new(FailureKind::Deadline, &format!("it took longer than {deadline}"));
    }
    // A guest that is refused memory dies of it in a way that looks like any other trap.
    if let Some(refused) = state.usage.refused() {
        return CallError::new(FailureKind::Memory, refused);
    }
    let (kind, detail) = match trap {
        Some(Trap::UnreachableCodeReached) => (FailureKind::Trap, "it panicked or aborted"),
        Some(Trap::StackOverflow) => {
            (FailureKind::Trap, "its calls are nested too deeply for 512 KiB of stack")
        }
        Some(
            wrong @ (Trap::StringOutOfBounds
            | Trap::ListOutOfBounds
            | Trap::InvalidChar
            | Trap::InvalidDiscriminant
            | Trap::UnalignedPointer),
        ) => return CallError::new(FailureKind::Output, &format!("what it returned is broken: {wrong}")),
        Some(other) => return CallError::new(FailureKind::Trap, &other.to_string()),
        None => return broken_value(error),
    };
    CallError::new(kind, detail)
}

/// Errors that are no traps come from the system, which gives an instance its memory, or from reading what the guest hands
/// over: its size, its place in memory, its encoding.
fn broken_value(error: &wasmtime::Error) -> CallError {
    let text = error.root_cause().to_string();
    let is_of_the_system = error.is::<PoolConcurrencyLimitError>()
        || error.is::<OutOfMemory>()
        || error.is::<rustix::io::Errno>()
        || error.is::<std::io::Error>();
    if is_of_the_system {
        return CallError::new(FailureKind::Host, &format!("the system gives no instance: {text}"));
    }
    if text.contains("hostcalls has been exhausted") {
        return CallError::new(FailureKind::Output, "it handed over more than 64 KiB at once");
    }
    CallError::new(FailureKind::Output, &format!("what it returned is broken: {text}"))
}

/// `text` in one line of at most `chars_max` characters: control characters are escaped, the rest is cut.
pub(crate) fn one_line(text: &str, chars_max: usize) -> String {
    let escaped = text.chars().take(chars_max).flat_map(|c| {
        let escape = is_hostile(c).then(|| c.escape_default());
        let plain = (!is_hostile(c)).then_some(c);
        escape.into_iter().flatten().chain(plain)
    });
    escaped.take(chars_max).collect()
}

/// Control characters, and what breaks or reverses a line in a log although it is none by Unicode's category: line and
/// paragraph separators, and the overrides of bidirectional text.
pub(crate) fn is_hostile(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::limits::{CALL_DEADLINE, TimeLimit, Usage};
    use super::super::log::LogLimit;
    use super::*;

    #[test]
    fn what_the_system_refuses_is_no_fault_of_the_plugin() {
        let state = CallState {
            usage: Usage::default(),
            time: TimeLimit::start(CALL_DEADLINE),
            log: Arc::new(LogLimit::new("rules", Arc::default())),
        };
        let kind = |error: wasmtime::Error| classify(&error, &state, "50 ms").kind;
        assert_eq!(kind(wasmtime::Error::from(rustix::io::Errno::NOMEM)), FailureKind::Host);
        assert_eq!(kind(std::io::Error::other("no map").into()), FailureKind::Host);
        assert_eq!(kind(wasmtime::Error::msg("a string out of bounds")), FailureKind::Output);
        assert_eq!(kind(Trap::UnreachableCodeReached.into()), FailureKind::Trap);
        let blamed = FailureKind::ALL.into_iter().filter(|kind| !kind.is_of_the_plugin());
        assert_eq!(blamed.collect::<Vec<_>>(), [FailureKind::Host]);
    }

    #[test]
    fn an_error_reads_as_kind_and_detail_in_one_short_line() {
        let error = CallError::new(FailureKind::Trap, "one\ntwo\u{1b}[31m\u{202e}");
        assert_eq!(error.to_string(), "trap: one\\ntwo\\u{1b}[31m\\u{202e}");
        let long = CallError::new(FailureKind::Output, &"\n".repeat(10_000));
        assert_eq!(long.detail.chars().count(), DETAIL_CHARS_MAX);
    }
}
