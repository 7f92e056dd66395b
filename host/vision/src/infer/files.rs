//! Where the setup script leaves ONNX Runtime and the models, so that the program, its tests and its benchmarks
//! look in the same place.

use std::env;
use std::path::PathBuf;

/// Folder of the runtime inside the cache.
const RUNTIME_FOLDER: &str = "onnxruntime-1.31.0";
/// Folder of the PP-OCR models inside the cache.
const MODEL_FOLDER: &str = "rapidocr-3.10.0";

/// An environment variable that says something.
fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The folder of fetched files: `$OVR_CACHE`, else `$XDG_CACHE_HOME/ovr-alpr`, else `~/.cache/ovr-alpr`. Nothing
/// when not even a home is known. The folder need not exist.
pub fn default_cache() -> Option<PathBuf> {
    variable("OVR_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|cache| cache.join("ovr-alpr")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache").join("ovr-alpr")))
}

/// ONNX Runtime's shared library: `$OVR_ORT_LIBRARY`, else the one in the cache. Nothing when there is none.
pub fn library_file() -> Option<PathBuf> {
    let named = variable("OVR_ORT_LIBRARY");
    let cached = || Some(default_cache()?.join(RUNTIME_FOLDER).join("libonnxruntime.so.1.31.0"));
    named.or_else(cached).filter(|path| path.is_file())
}

/// The model with this file name: in `$OVR_MODELS`, else in the cache. Nothing when there is none.
pub fn model_file(name: &str) -> Option<PathBuf> {
    let named = variable("OVR_MODELS");
    let cached = || Some(default_cache()?.join(MODEL_FOLDER));
    let path = named.or_else(cached)?.join(name);
    path.is_file().then_some(path)
}
