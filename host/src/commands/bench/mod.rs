//! `bench`: accuracy and speed.

mod annotations;
mod pipeline;
mod plugins;
mod reads;

use std::process::ExitCode;

use crate::cli::Bench;
use crate::config::Config;

pub(crate) fn run(config: &Config, args: &Bench) -> anyhow::Result<ExitCode> {
    match args {
        Bench::Reads(args) => reads::run(config, args),
        Bench::Plugins(args) => plugins::run(config, args),
        Bench::Pipeline(args) => pipeline::run(config, args),
    }
}
