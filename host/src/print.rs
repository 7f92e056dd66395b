//! How the program speaks: one line for what is wrong, colour only on a terminal.

use std::fmt;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

/// The configuration or an argument is wrong: exit code 2. Says what, where and what would be right.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

/// Logs go to standard error, so that standard output carries events alone.
pub(crate) fn init_logs(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

/// Prints a refusal and gives its exit code.
pub(crate) fn refuse(refusal: &Refusal) -> ExitCode {
    say_error(&refusal.to_string());
    ExitCode::from(2)
}

/// Prints why the program ends and gives the exit code: 2 for a refusal, 1 for everything else.
pub(crate) fn fail(error: &anyhow::Error) -> ExitCode {
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        return refuse(refusal);
    }
    say_error(&format!("{error:#}"));
    ExitCode::from(1)
}

fn say_error(text: &str) {
    let line = text.replace('\n', " ");
    let head = if std::io::stderr().is_terminal() { "\x1b[31merror:\x1b[0m" } else { "error:" };
    note(&format!("{head} {line}"));
}

/// A line on standard error, for people. A closed standard error is no reason to end.
pub(crate) fn note(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// A line on standard output. False when nobody reads it any more.
pub(crate) fn out(line: &str) -> bool {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).is_ok()
}
