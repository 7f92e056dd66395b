//! The command line.

mod bench;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub(crate) use bench::{
    Bench, BenchDetect, BenchFusion, BenchPipeline, BenchPlugins, BenchReader, BenchReads, Hint, InputSize,
};

/// Reads licence plates from cameras and never loses a read.
///
/// Exit codes: 0 done, 1 something failed while running, 2 the configuration or an argument is wrong.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Args {
    /// Folder with host.yaml, cameras.yaml, tracking.yaml, ocr.yaml and plugins.yaml; without it
    /// ./config, else /etc/ovr-alpr, else the defaults
    #[arg(long, global = true, value_name = "DIR", env = "OVR_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// What is logged: error, warn, info, debug, or a filter such as `warn,ovr_events=debug`; of libraries,
    /// info logs warnings only
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
    /// Says what a network camera sends, and draws what a camera sees
    #[command(subcommand)]
    Cameras(CamerasCommand),
    /// Measures accuracy and speed
    #[command(subcommand)]
    Bench(Bench),
    /// Renders a street, reads its plates and compares them with what was shown
    Demo(Demo),
    /// Lists, checks and tries out plugins
    #[command(subcommand)]
    Plugins(PluginsCommand),
    /// Writes openapi.json and config.schema.json into a folder
    Schemas(Schemas),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// A video file, rtsp://HOST/PATH, or test:WIDTHxHEIGHT@FPS; replaces the cameras of cameras.yaml; may be repeated
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
    #[command(flatten)]
    pub(crate) formats: Formats,
}

/// Which plate formats apply to single pictures.
#[derive(Debug, clap::Args)]
pub(crate) struct Formats {
    /// Folder of plugins, or `none`; without it the configured folder
    #[arg(long, value_name = "DIR|none")]
    pub(crate) plugins: Option<PathBuf>,
    /// Where most vehicles come from, such as DE,AT or US-CA or EU; replaces `countries` of plugins.yaml
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub(crate) countries: Option<Vec<String>>,
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

#[derive(Debug, Subcommand)]
pub(crate) enum CamerasCommand {
    /// Connects to a network camera and says what it sends, or what is wrong and what would be right
    Probe(CamerasProbe),
    /// Writes a picture of a camera with its zones, its lanes, what is found and how wide plates are
    Snapshot(CamerasSnapshot),
}

#[derive(Debug, clap::Args)]
pub(crate) struct CamerasProbe {
    /// rtsp://HOST/PATH, rtsps://HOST:PORT/PATH, or the id of a camera of cameras.yaml
    #[arg(value_name = "ADDRESS|ID")]
    pub(crate) camera: String,
    /// User at the camera
    #[arg(long, requires = "password_env")]
    pub(crate) user: Option<String>,
    /// Environment variable that has the password
    #[arg(long, value_name = "VARIABLE", requires = "user")]
    pub(crate) password_env: Option<String>,
    /// Asks for packets of their own instead of those inside of the connection
    #[arg(long)]
    pub(crate) udp: bool,
    /// Takes any certificate of an rtsps camera
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Seconds until it gives up
    #[arg(long = "deadline", value_name = "S", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub(crate) deadline_s: u64,
    /// Prints one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CamerasSnapshot {
    /// The id of a camera of cameras.yaml
    #[arg(value_name = "ID")]
    pub(crate) camera: String,
    /// Where to write; without it ID.jpg
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Longest side of the picture in pixels
    #[arg(long = "side", value_name = "PIXELS", default_value_t = 1920, value_parser = clap::value_parser!(u32).range(64..=8192))]
    pub(crate) side_px_max: u32,
    /// Draws nothing on it
    #[arg(long)]
    pub(crate) plain: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PluginsCommand {
    /// Loads all plugins of the configured folder as a run would, and says of each what it is or what is wrong
    List(PluginsList),
    /// Loads one plugin and runs its own test vectors: one line, or exit code 2 and what would be right
    Check(PluginsCheck),
    /// Runs a plugin's own test vectors, and shows what it makes of reads
    Test(PluginsTest),
    /// Compiles the component on standard input; the program calls this itself
    #[command(hide = true)]
    CompileWorker,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PluginsList {
    /// State folder, whose `plugins` is listed unless another folder is configured; replaces `state` of host.yaml
    #[arg(long, value_name = "DIR", env = "OVR_STATE")]
    pub(crate) state: Option<PathBuf>,
    /// Prints one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PluginsCheck {
    /// A component: NAME.wasm
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PluginsTest {
    /// A component: NAME.wasm
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// A read such as `B[O0]-AB (I)123`: `[alternatives]`, the most probable first, and (perhaps not there); may be repeated
    #[arg(long = "read", value_name = "READ")]
    pub(crate) reads: Vec<String>,
    /// Where most vehicles come from, such as DE,AT or US-CA or EU
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub(crate) countries: Vec<String>,
}
