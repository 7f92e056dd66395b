//! Where ONNX Runtime and the models are, shipped or left by the setup script, so that the program, its tests and its
//! benchmarks look in the same place.

use std::env;
use std::path::{Path, PathBuf};

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

/// The model with this file name: in `$OVR_MODELS`; in `models` beside the program, in `../share/ovr-alpr/models` from
/// there or, for a program that cargo built, in its checkout; else in the cache. Nothing when there is none.
pub fn model_file(name: &str) -> Option<PathBuf> {
    let folders = variable("OVR_MODELS").into_iter().chain(beside_the_program());
    let folders = folders.chain(default_cache().map(|cache| cache.join(MODEL_FOLDER)));
    folders.map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Folders of models that belong to the running program.
fn beside_the_program() -> Vec<PathBuf> {
    let Ok(program) = env::current_exe() else {
        return Vec::new();
    };
    let Some(folder) = program.parent() else {
        return Vec::new();
    };
    let mut folders = vec![folder.join("models")];
    folders.extend(folder.parent().map(|prefix| prefix.join("share/ovr-alpr/models")));
    // Cargo puts programs and tests below the checkout's `target`.
    let target = folder.ancestors().find(|above| above.file_name().is_some_and(|name| name == "target"));
    folders.extend(target.and_then(Path::parent).map(|checkout| checkout.join("models")));
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_cargo_built_looks_for_models_in_its_checkout() {
        let folders = beside_the_program();
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        let built_there = env::current_exe().unwrap().starts_with(checkout.join("target"));
        assert!(!built_there || folders.contains(&checkout.join("models")), "{folders:?}");
        let program = env::current_exe().unwrap();
        assert_eq!(folders.first(), Some(&program.parent().unwrap().join("models")));
    }
}
