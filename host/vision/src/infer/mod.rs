//! Inference: the [`Inference`](ovr_domain::port::Inference) port over ONNX Runtime.
//!
//! A process loads the runtime's library once ([`Runtime::load`]) and opens models with it ([`Runtime::open`]). The
//! execution providers are tried in the order of [`Options::providers`]; the first that takes the model runs it,
//! and which one that is stands in the log, in the metric `ovr_inference_provider` and in
//! [`ModelInfo::provider`](ovr_domain::port::ModelInfo::provider).
//!
//! What "no silent fallback" means:
//! - A *model* never moves to another provider unsaid. ONNX Runtime by itself would log a line and run everything on
//!   the CPU when CUDA is missing, so each provider is probed on its own, each one passed over is a warning, and one that
//!   is [`required`](ProviderConfig::required) and cannot run is an error.
//! - Single *operators* may still run on the CPU under `tensorrt` and `cuda`: ONNX Runtime places there what the
//!   provider has no kernel for, and arithmetic on shapes on purpose. Provider in log, metric and
//!   [`ModelInfo::provider`](ovr_domain::port::ModelInfo::provider) is then the one that was asked, not one that runs
//!   every operator.

mod convert;
mod files;
mod model;
#[cfg(test)]
mod recorded;
mod room;
mod runtime;

use std::fmt;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use files::{default_cache, library_file, model_file};
pub use model::OrtModel;
#[cfg(test)]
pub(crate) use recorded::Recorded;
pub use room::{Gathering, InferenceRoom, Seat};
pub use runtime::Runtime;

/// A declared shape as people write it: free sides are question marks.
pub(crate) fn shape_text(shape: &[Option<usize>]) -> String {
    let sides: Vec<String> =
        shape.iter().map(|side| side.map_or_else(|| "?".to_owned(), |side| side.to_string())).collect();
    format!("[{}]", sides.join(", "))
}

/// What ONNX Runtime computes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// NVIDIA TensorRT: the fastest, builds an engine for each model and shape the first time.
    TensorRt,
    /// NVIDIA CUDA.
    Cuda,
    /// The processor: always there.
    Cpu,
}

impl Provider {
    /// The name in configuration, logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TensorRt => "tensorrt",
            Self::Cuda => "cuda",
            Self::Cpu => "cpu",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One entry of the order in which providers are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// Which provider.
    pub name: Provider,
    /// When its turn comes and it cannot run the model, opening the model fails instead of trying the next provider.
    #[serde(default)]
    pub required: bool,
}

impl ProviderConfig {
    /// A provider that may be missing.
    pub fn optional(name: Provider) -> Self {
        Self { name, required: false }
    }
}

/// How a model is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// In the order in which they are tried.
    pub providers: Vec<ProviderConfig>,
    /// Threads that work on one operator, on the CPU; 0 leaves the choice to ONNX Runtime (one a core).
    pub intra_threads: usize,
    /// Which accelerator, where there is more than one.
    pub device: u32,
    /// Whether TensorRT may compute in 16 bits.
    pub half_precision: bool,
    /// Where TensorRT keeps the engines that it built, so that the next start takes seconds, not minutes.
    pub engine_cache: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        let order = [Provider::TensorRt, Provider::Cuda, Provider::Cpu];
        Self {
            providers: order.map(ProviderConfig::optional).to_vec(),
            intra_threads: 0,
            device: 0,
            half_precision: true,
            engine_cache: None,
        }
    }
}

impl Options {
    /// The processor alone, on `intra_threads` threads.
    pub fn cpu(intra_threads: usize) -> Self {
        Self { providers: vec![ProviderConfig::optional(Provider::Cpu)], intra_threads, ..Self::default() }
    }
}

/// A message of ONNX Runtime on one line, cut to a length that a log can carry.
fn one_line(message: &str) -> String {
    const CHARS_MAX: usize = 300;
    let words: Vec<&str> = message.split_whitespace().collect();
    words.join(" ").chars().take(CHARS_MAX).collect()
}

#[cfg(test)]
mod tests;
