//! The command line of `bench`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Whole pictures to texts: found and exact plates of an annotated set, by country
    Reads(BenchReads),
    /// What plate-format plugins change: a table of exact plates without them, with them, and with a hint
    Plugins(BenchPlugins),
    /// Speed of the whole pipeline on a source with one camera or many, against decode alone plus inference alone
    Pipeline(BenchPipeline),
    /// The detector alone: recall, false plates, average precision and time on annotated pictures and on clips
    ///
    /// Most sets box one plate a picture even where more can be seen: `unmatched` counts all plates that match no box, so
    /// that it is the most that may be false, and AP50 is the least that it may be.
    Detect(BenchDetect),
    /// The reader alone on annotated plates: exact texts, character errors, calibration and time
    Reader(BenchReader),
    /// What fusing the reads of several frames adds, on rendered plates: exact plates against frames seen
    Fusion(BenchFusion),
}

/// How large pictures are given to a network, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputSize {
    /// Width and height, the same for all pictures.
    Fixed(u32, u32),
    /// The longer side, the other by the picture's own shape.
    LongSide(u32),
}

impl FromStr for InputSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let side = |text: &str| text.parse::<u32>().ok().filter(|side| (32..=4096).contains(side));
        let size = match text.split_once('x') {
            Some((width, height)) => {
                side(width).zip(side(height)).map(|(width, height)| Self::Fixed(width, height))
            }
            None => side(text).map(Self::LongSide),
        };
        size.ok_or_else(|| {
            "expected WIDTHxHEIGHT such as 640x384, or the longer side such as 960, of 32 to 4096 pixels"
                .to_owned()
        })
    }
}

/// A share of the whole.
fn share(text: &str) -> Result<f32, String> {
    let share = text.parse::<f32>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a number from 0 to 1".to_owned())
}

#[derive(Debug, clap::Args)]
pub(crate) struct BenchDetect {
    /// Folders with annotations.jsonl and images/, and video files
    #[arg(required = true, value_name = "DIR|CLIP")]
    pub(crate) sources: Vec<PathBuf>,
    /// ONNX file of a detector; without it the one that the program itself uses
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    /// ONNX file of a second detector, run in turn with the first on the same pictures; one without class names is taken
    /// to know COCO's
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// Size of the input, where a model leaves it free: one for all pictures, or the longer side alone, the other by the
    /// shape of each picture; without it the configured one, else 640x384
    #[arg(long, value_name = "WIDTHxHEIGHT|SIDE")]
    pub(crate) input_size: Option<InputSize>,
    /// Confidence from which a detection counts for recall and as a false plate; without it the configured one. Plates on
    /// clips are also counted from where the tracker starts tracks, and average precision takes all
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) confidence: Option<f32>,
    /// Looks at one picture in this many of a clip
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub(crate) every: u64,
    /// Prints one JSON object a line for each row of the tables
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct BenchReader {
    /// Folders with annotations.jsonl and images/: crops, or pictures with boxed plates
    #[arg(required = true, value_name = "DIR")]
    pub(crate) folders: Vec<PathBuf>,
    /// ONNX file of a reader; without it the one that the program itself uses
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    /// ONNX file of a second reader, run in turn with the first on the same crops; the name alone is enough for one that
    /// `./dev setup` fetched
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// Lists the plates that were not read exactly
    #[arg(long)]
    pub(crate) misses: bool,
    /// Prints one JSON object a line for each row of the table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct BenchFusion {
    /// Heights of the plates on the picture, in pixels
    #[arg(
        long,
        value_name = "PX",
        value_delimiter = ',',
        default_value = "12,16,20,30",
        value_parser = clap::value_parser!(u32).range(8..=64)
    )]
    pub(crate) heights: Vec<u32>,
    /// Most frames that a plate is seen on
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) frames: u32,
    /// Plates of each height
    #[arg(long, value_name = "N", default_value_t = 80, value_parser = clap::value_parser!(u32).range(1..=5000))]
    pub(crate) plates: u32,
    /// Seed of plates, motion and noise
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// ONNX file of a reader; without it the one that the program itself uses
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    /// Prints one JSON object a line for each row of the table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct BenchReads {
    /// Folder with annotations.jsonl and images/
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Prints one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Folder of plugins, or `none`; without it the configured folder
    #[arg(long, value_name = "DIR|none")]
    pub(crate) plugins: Option<PathBuf>,
    /// What plugins are told of the country: `set` is the region that the set gives for the picture, as a site there
    /// would be configured
    #[arg(long, value_enum, default_value_t = Hint::None)]
    pub(crate) hint: Hint,
}

/// What plugins are told of where vehicles come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Hint {
    /// The region that stands in the annotations
    Set,
    /// Nothing
    None,
}

#[derive(Debug, clap::Args)]
pub(crate) struct BenchPlugins {
    /// Folders with annotations.jsonl and images/
    #[arg(required = true, value_name = "DIR")]
    pub(crate) folders: Vec<PathBuf>,
    /// Folder of plugins; without it the configured folder
    #[arg(long, value_name = "DIR")]
    pub(crate) plugins: Option<PathBuf>,
    /// Lists the plates that plugins changed
    #[arg(long)]
    pub(crate) changes: bool,
    /// Prints one JSON object a line for each row of the table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct BenchPipeline {
    /// A video file, or test:WIDTHxHEIGHT@FPS
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// How many cameras play the source at once, each as fast as it can, in rooms of their own and with the networks that
    /// all share; several numbers are measured in turn, a row each
    #[arg(
        long,
        value_name = "N",
        value_delimiter = ',',
        default_value = "1",
        value_parser = clap::value_parser!(u32).range(1..=64)
    )]
    pub(crate) cameras: Vec<u32>,
    /// Prints one JSON object a line for each number of cameras
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_size_is_two_sides_or_the_longer_one() {
        assert_eq!("640x384".parse(), Ok(InputSize::Fixed(640, 384)));
        assert_eq!("960".parse(), Ok(InputSize::LongSide(960)));
        for wrong in ["", "x", "640x", "640x0", "8", "5000", "640x384x3", "wide"] {
            assert!(wrong.parse::<InputSize>().unwrap_err().contains("640x384"), "{wrong}");
        }
        assert_eq!(share("0.25"), Ok(0.25));
        assert!(share("1.1").is_err() && share("NaN").is_err());
    }
}
