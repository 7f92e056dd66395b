//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Reads licence plates from cameras and never loses a read.
///
/// Exit codes: 0 done, 1 something failed while running, 2 the configuration or an argument is wrong.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Args {
    /// Folder with host.yaml, cameras.yaml, tracking.yaml and ocr.yaml; without it ./config, else
    /// /etc/ovr-alpr, else the defaults
    #[arg(long, global = true, value_name = "DIR", env = "OVR_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// What is logged: error, warn, info, debug, or a filter such as `warn,ovr_events=debug`
    #[arg(long, global = true, value_name = "FILTER", env = "OVR_LOG", default_value = "warn")]
    pub(crate) log: String,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Reads plates from cameras or files, stores the events and serves them
    Run(Run),
    /// Says what is wrong with configuration, models, spool and store, and what would be right
    Check(Check),
    /// Reads the plates on pictures
    Read(Read),
    /// Measures accuracy and speed
    #[command(subcommand)]
    Bench(Bench),
    /// Renders a street, reads its plates and compares them with what was shown
    Demo(Demo),
    /// Writes openapi.json and config.schema.json into a folder
    Schemas(Schemas),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// A video file, or test:WIDTHxHEIGHT@FPS; replaces the cameras of cameras.yaml; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) source: Vec<String>,
    /// Ends when all sources have ended, instead of serving on
    #[arg(long)]
    pub(crate) exit_at_end: bool,
    /// Plays files at the speed they were taken at
    #[arg(long)]
    pub(crate) realtime: bool,
    /// State folder: spool, store, pictures, credentials; replaces `state` of host.yaml
    #[arg(long, value_name = "DIR", env = "OVR_STATE")]
    pub(crate) state: Option<PathBuf>,
    /// Prints one JSON object a line for each event instead of a line for people
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// State folder; replaces `state` of host.yaml
    #[arg(long, value_name = "DIR", env = "OVR_STATE")]
    pub(crate) state: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Read {
    /// PNG, JPEG or WebP files
    #[arg(required = true, value_name = "IMAGE")]
    pub(crate) images: Vec<PathBuf>,
    /// Prints one JSON object a line for each picture
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Exact plates on a folder with annotations.jsonl and images/
    Reads(BenchReads),
    /// Speed of the whole pipeline on a source, against decode alone plus inference alone
    Pipeline(BenchPipeline),
}

#[derive(Debug, clap::Args)]
pub(crate) struct BenchReads {
    /// Folder with annotations.jsonl and images/
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Prints one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct BenchPipeline {
    /// A video file, or test:WIDTHxHEIGHT@FPS
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// Prints one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Ends instead of serving on; exit code 0 only when everything was read as it should
    #[arg(long)]
    pub(crate) exit: bool,
    /// Seed of the scene
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Schemas {
    /// Where to write
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}
