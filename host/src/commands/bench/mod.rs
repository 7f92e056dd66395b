//! `bench`: accuracy and speed.

mod annotations;
mod detect;
mod detect_clip;
mod detect_report;
mod fusion;
mod models;
mod pipeline;
mod pipeline_report;
mod plugins;
mod reader;
mod reads;
mod score;
mod text;

use std::process::ExitCode;

use crate::cli::Bench;
use crate::config::Config;

pub(crate) fn run(config: &Config, args: &Bench) -> anyhow::Result<ExitCode> {
    match args {
        Bench::Reads(args) => reads::run(config, args),
        Bench::Plugins(args) => plugins::run(config, args),
        Bench::Pipeline(args) => pipeline::run(config, args),
        Bench::Detect(args) => detect::run(config, args),
        Bench::Reader(args) => reader::run(config, args),
        Bench::Fusion(args) => fusion::run(config, args),
    }
}
