//! The process that compiles plugins, for this crate's own tests. The program has the same behind a hidden command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ovr_plugins::engine::compile_worker()
}
