//! The library, loaded once, and the choice of the execution provider.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::Environment;
use ort::ep::{self, ExecutionProviderDispatch};
use ort::logging::LogLevel;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ovr_domain::Digest;
use ovr_domain::metric;
use ovr_domain::port::InferenceError;
use tracing::{debug, info, trace, warn};

use super::{Options, OrtModel, Provider, one_line};

/// Largest model file, in bytes; an ONNX file cannot be larger than 2 GiB, and the networks that run here have some
/// tens of MiB.
const MODEL_BYTES_MAX: u64 = 1 << 30;

/// ONNX Runtime in this process; cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    environment: Environment,
}

/// The library that this process loaded, and where from: a process can hold one, and only one environment in it.
static LOADED: Mutex<Option<(PathBuf, Runtime)>> = Mutex::new(None);

impl Runtime {
    /// Loads ONNX Runtime's shared library (1.23 or newer). The first call of a process loads it; later calls with
    /// the same file give the same runtime, and a call with another file is an error.
    pub fn load(library: &Path) -> Result<Self, InferenceError> {
        let refuse =
            |reason: String| InferenceError::Runtime { library: library.display().to_string(), reason };
        // ONNX Runtime's loader resolves a relative path beside the executable, not in the working folder.
        let path = fs::canonicalize(library).map_err(|error| {
            refuse(format!("{error}; expected the shared library of ONNX Runtime 1.23 or newer"))
        })?;
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((earlier, runtime)) = loaded.as_ref() {
            if *earlier == path {
                return Ok(runtime.clone());
            }
            let earlier = earlier.display();
            return Err(refuse(format!("this process already runs {earlier}, and can run one")));
        }
        let builder = ort::init_from(&path).map_err(|error| {
            let said = one_line(&error.to_string());
            refuse(format!("{said}; expected the shared library of ONNX Runtime 1.23 or newer"))
        })?;
        let environment = builder
            .with_name("ovr-alpr")
            .with_telemetry(false)
            .with_logger(Arc::new(log))
            .build()
            .map_err(|error| refuse(one_line(error.message())))?;
        info!(library = %path.display(), build = ort::info(), "ONNX Runtime is loaded");
        let runtime = Self { environment };
        *loaded = Some((path, runtime.clone()));
        Ok(runtime)
    }

    /// Opens a model on the first provider of `options` that runs it.
    ///
    /// # Errors
    /// [`InferenceError::Load`] when the file is missing, too large or no ONNX model, when no provider runs it or a
    /// required one does not; [`InferenceError::Layout`] when it does not have exactly one input of floats or bytes.
    pub fn open(&self, model: &Path, options: &Options) -> Result<OrtModel, InferenceError> {
        let name = model
            .file_name()
            .map_or_else(|| model.display().to_string(), |n| n.to_string_lossy().into_owned());
        let bytes = read(model)
            .map_err(|reason| InferenceError::Load { model: model.display().to_string(), reason })?;
        let (session, provider) = self
            .choose(&name, &bytes, options)
            .map_err(|reason| InferenceError::Load { model: model.display().to_string(), reason })?;
        let opened = OrtModel::new(session, name, Digest::of(&bytes), provider)?;
        info!(model = opened.name(), provider = %provider, "model is open");
        metric::provider(opened.name(), provider.as_str());
        Ok(opened)
    }

    /// Tries the providers in their order.
    fn choose(&self, model: &str, bytes: &[u8], options: &Options) -> Result<(Session, Provider), String> {
        let mut refusals = Vec::new();
        for entry in &options.providers {
            let provider = entry.name;
            let reason = match self.session(bytes, provider, options) {
                Ok(session) => return Ok((session, provider)),
                Err(reason) => reason,
            };
            if provider == Provider::Cpu {
                // The processor runs every valid model, so it is the file that is wrong.
                return Err(format!("{reason}; expected an ONNX model"));
            }
            if entry.required {
                return Err(format!("execution provider {provider} is required and cannot run: {reason}"));
            }
            warn!(model, %provider, reason, "execution provider cannot run, trying the next");
            refusals.push(format!("{provider}: {reason}"));
        }
        if refusals.is_empty() {
            return Err("no execution provider is configured; expected tensorrt, cuda or cpu".to_owned());
        }
        Err(format!("no configured execution provider runs it ({})", refusals.join("; ")))
    }

    /// A session on exactly this provider; ONNX Runtime may place single operators on the CPU.
    fn session(&self, bytes: &[u8], provider: Provider, options: &Options) -> Result<Session, String> {
        let said = |error: &ort::Error<SessionBuilder>| one_line(error.message());
        // Threads that spin between two frames would take the cores from decoding.
        let builder = Session::builder(&self.environment)
            .map_err(|error| one_line(error.message()))?
            .with_optimization_level(GraphOptimizationLevel::All)
            .map_err(|error| said(&error))?
            .with_intra_threads(options.intra_threads)
            .map_err(|error| said(&error))?
            .with_intra_op_spinning(false)
            .map_err(|error| said(&error))?;
        let mut builder =
            builder.with_execution_providers(dispatch(provider, options)).map_err(|error| said(&error))?;
        builder.commit_from_memory(bytes).map_err(|error| one_line(error.message()))
    }
}

/// The registrations for one provider; each fails loudly.
fn dispatch(provider: Provider, options: &Options) -> Vec<ExecutionProviderDispatch> {
    let device = i32::try_from(options.device).unwrap_or(i32::MAX);
    let cuda = || ep::CUDA::default().with_device_id(device).build().error_on_failure();
    match provider {
        Provider::Cpu => Vec::new(),
        Provider::Cuda => vec![cuda()],
        Provider::TensorRt => {
            let mut tensorrt =
                ep::TensorRT::default().with_device_id(device).with_fp16(options.half_precision);
            if let Some(folder) = &options.engine_cache {
                tensorrt = tensorrt.with_engine_cache(true).with_engine_cache_path(folder.display());
            }
            let mut chain = vec![tensorrt.build().error_on_failure()];
            // TensorRT leaves operators that it does not know to the next provider of the session.
            if options.providers.iter().any(|entry| entry.name == Provider::Cuda) {
                chain.push(cuda());
            }
            chain
        }
    }
}

/// The whole file, within the limit.
fn read(model: &Path) -> Result<Vec<u8>, String> {
    let metadata = fs::metadata(model).map_err(|error| format!("{error}; expected an ONNX file"))?;
    if !metadata.is_file() {
        return Err("this is no file; expected an ONNX file".to_owned());
    }
    let bytes = metadata.len();
    if bytes == 0 || bytes > MODEL_BYTES_MAX {
        return Err(format!(
            "the file has {bytes} bytes; expected an ONNX file of at most {MODEL_BYTES_MAX} bytes"
        ));
    }
    fs::read(model).map_err(|error| format!("reading the file: {error}"))
}

/// ONNX Runtime's own messages. What fails is returned as an error as well and judged there, so nothing of it is
/// above a warning here.
fn log(level: LogLevel, category: &str, _id: &str, _location: &str, message: &str) {
    match level {
        LogLevel::Verbose | LogLevel::Info => trace!(category, "{message}"),
        LogLevel::Warning => debug!(category, "{message}"),
        LogLevel::Error | LogLevel::Fatal => warn!(category, "{}", one_line(message)),
    }
}
