//! One component: read, compiled outside this process, linked to nothing but `log`, called within limits, and never
//! believed. Invariants:
//!
//! - Nothing of a plugin runs, and no artefact is deserialised, that this program did not compile itself.
//! - Every call gets a fresh instance; nothing that a plugin remembers or breaks outlives the call.
//! - Every call ends: by itself, at its deadline, or at a limit. None of them panics the host.
//! - What comes back is in the ranges of `wit/`, or the call failed as a whole.

mod artefact;
mod cache;
mod call;
mod compile;
mod component;
mod convert;
mod kept;
mod likelihood;
mod limits;
mod log;
mod plugin;
mod shared;
mod validate;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ovr_domain::ids::Digest;
use wasmtime::component::Component;

pub use self::call::{CallError, DETAIL_CHARS_MAX, FailureKind};
pub use self::compile::compile_worker;
pub use self::likelihood::log_likelihood_observed;
pub use self::limits::{
    CALL_DEADLINE, COMPONENT_BYTES_MAX, MEMORY_BYTES_MAX, RETURNED_BYTES_MAX, SELF_TEST_DEADLINE,
    TABLE_ELEMENTS_MAX,
};
pub use self::plugin::{Answer, Description, Interpretation, Plugin, Settings, World};

pub(crate) use self::call::one_line;
pub(crate) use self::component::check_name;
pub(crate) use self::validate::{is_key, is_value};

use self::cache::Cache;
use self::log::LogLimit;
use self::plugin::Guest;
use self::shared::Core;
use crate::Error;

/// Starts the process that compiles a component: it reads the component from its standard input and writes the artefact
/// to its standard output, as [`compile_worker`] does.
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

/// What an engine is started with.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Folder of compiled plugins, made when missing; ours alone. Nothing: every load compiles.
    pub cache: Option<PathBuf>,
    /// The process that compiles.
    pub worker: WorkerCommand,
}

/// The WASM engine of this process; its thread drives the deadlines. Share it by reference or in an `Arc`.
#[derive(Debug)]
pub struct Engine {
    core: Arc<Core>,
    cache: Option<Cache>,
    worker: WorkerCommand,
}

impl Engine {
    /// Starts the engine. Fails when the system refuses the address space of the pool or the cache folder is not safe.
    pub fn new(options: EngineOptions) -> Result<Self, Error> {
        let cache = options.cache.as_deref().map(Cache::open).transpose()?;
        Ok(Self { core: Arc::new(Core::start()?), cache, worker: options.worker })
    }

    /// Reads, compiles (or takes from the cache), links and describes one component. Fails with one line that says what is
    /// wrong with the file and what would be right. Its self-test is the caller's to run.
    pub fn load(&self, file: &Path) -> Result<Plugin, Error> {
        let name = component::name(file)?;
        let bytes = component::read(file)?;
        self.load_bytes(&name, &bytes).map_err(|reason| component::refused(file, &reason))
    }

    fn load_bytes(&self, name: &str, bytes: &[u8]) -> Result<Plugin, String> {
        component::check_header(bytes)?;
        let digest = Digest::of(bytes);
        let component = self.component(&digest, bytes)?;
        let world = component::world(&component)?;
        let guest = Guest::link(&component, world)
            .map_err(|error| format!("it cannot be linked ({error:#}): build it against this host's wit/"))?;
        let mut plugin = Plugin {
            name: name.to_owned(),
            digest,
            world,
            description: Description { name: String::new(), version: String::new(), summary: String::new() },
            size_bytes: bytes.len() as u64,
            guest,
            log: Arc::new(LogLimit::new(name, Arc::clone(&self.core.ticks))),
            core: Arc::clone(&self.core),
        };
        plugin.description =
            plugin.describe().map_err(|error| format!("it does not describe itself: {error}"))?;
        Ok(plugin)
    }

    /// The compiled component, from the cache or fresh from the worker.
    fn component(&self, digest: &Digest, bytes: &[u8]) -> Result<Component, String> {
        let key = cache::key(digest, &self.core.engine);
        let kept = self.cache.as_ref().and_then(|cache| cache.get(&key));
        if let Some(component) = kept.and_then(|sealed| self.deserialize(&sealed).ok()) {
            return Ok(component);
        }
        let sealed = compile::compile(bytes, &self.worker)?;
        let component = self.deserialize(&sealed)?;
        if let Some(cache) = &self.cache {
            cache.put(&key, &sealed);
        }
        Ok(component)
    }

    #[expect(unsafe_code, reason = "wasmtime cannot check that machine code is harmless; see SAFETY")]
    fn deserialize(&self, sealed: &[u8]) -> Result<Component, String> {
        let code = artefact::open(sealed).ok_or("its compiled form is damaged")?;
        // SAFETY: `deserialize` asks for the unchanged output of `precompile_component`. `sealed` comes from two places only:
        // our own worker's standard output, or a file in the cache folder that a process of this user wrote from such
        // an output, in a folder and a file that no other user can write to. The digest inside shows that it is whole.
        // wasmtime checks that version and configuration are this engine's.
        let component = unsafe { Component::deserialize(&self.core.engine, code) };
        component.map_err(|error| {
            let why = error.root_cause();
            let is_too_large = format!("{error:#}").contains("pooling allocator");
            if is_too_large {
                limits::too_large(&why.to_string())
            } else {
                format!("its compiled form cannot be used: {why}")
            }
        })
    }
}
