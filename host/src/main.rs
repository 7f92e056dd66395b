//! Reads licence plates from cameras and never loses a read.
//!
//! This crate is the only one that knows all the others: it loads the configuration, builds the rooms, joins them
//! and runs them until a signal or the end of the sources.

mod app;
mod cli;
mod commands;
mod config;
mod print;
mod reload;
mod state;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Args, Command};
use crate::config::Config;

fn main() -> ExitCode {
    switch_off_telemetry();
    let args = Args::parse();
    if commands::plugins::is_compile_worker(&args.command) {
        return ovr_plugins::engine::compile_worker();
    }
    if let Err(refusal) = print::init_logs(&args.log) {
        return print::refuse(&refusal);
    }
    let config = match Config::load(args.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return print::refuse(&error.into()),
    };
    let result = match args.command {
        Command::Run(run) => commands::run::run(config, args.config.as_deref(), &run),
        Command::Check(check) => Ok(commands::check::run(&config, &check)),
        Command::Read(read) => commands::read::run(&config, &read),
        Command::Cameras(command) => commands::cameras::run(&config, &command),
        Command::Bench(bench) => commands::bench::run(&config, &bench),
        Command::Demo(demo) => commands::demo::run(config, &demo),
        Command::Plugins(command) => commands::plugins::run(&config, &command),
        Command::Schemas(schemas) => commands::schemas::run(&schemas),
    };
    result.unwrap_or_else(|error| print::fail(&error))
}

/// ONNX Runtime keeps a device id and usage records of its own for its maker, in the user's cache, unless this variable
/// says no by the time its library is loaded. What a camera's computer does is nobody's business but its owner's.
#[expect(
    unsafe_code,
    reason = "setting a variable is unsafe while other threads may read one; here is only one"
)]
fn switch_off_telemetry() {
    // SAFETY: the first statement of `main`: no other thread exists yet.
    unsafe { std::env::set_var("ORT_DISABLE_TELEMETRY", "1") };
}
