//! host.yaml

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ovr_domain::SiteId;
use ovr_events::dedup::DedupConfig;
use ovr_events::evidence::PicturesConfig;
use ovr_events::spool::SpoolConfig;
use ovr_vision::infer::{Provider, ProviderConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;

/// Most threads of one network.
const THREADS_MAX: usize = 64;

/// host.yaml: the process, where it keeps things and how it is reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct HostConfig {
    /// Name of the site; it stands on every event.
    #[schemars(with = "String")]
    pub(crate) site: SiteId,
    /// Folder for spool, store, pictures and credentials.
    pub(crate) state: PathBuf,
    /// How events reach the consumer: `local:` (within this process).
    pub(crate) bus: String,
    /// Where events are kept: `sqlite:` (in the state folder) or `sqlite:///FILE`.
    pub(crate) store: String,
    /// Where pictures are kept: `file:` (in the state folder) or `file:///FOLDER`.
    pub(crate) evidence: String,
    /// The REST API.
    pub(crate) api: ListenConfig,
    /// ONNX Runtime.
    pub(crate) runtime: RuntimeConfig,
    /// The spool between the cameras and the bus.
    pub(crate) spool: SpoolConfig,
    /// When a plate counts as seen before.
    pub(crate) dedup: DedupConfig,
    /// Which pictures are cut, and how long they are kept.
    pub(crate) pictures: PicturesConfig,
    /// Most bytes of pictures. Scenes are shed from 80 % on, crops from 90 %.
    pub(crate) pictures_disk_bytes_max: u64,
}

/// Where the REST API listens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ListenConfig {
    /// Address and port. Loopback unless you say otherwise; every request needs a token either way.
    #[schemars(with = "String")]
    pub(crate) listen: SocketAddr,
    /// Whether `listen` may be an address that other machines reach. Put a proxy that adds TLS in front.
    pub(crate) allow_remote: bool,
}

/// ONNX Runtime: its library and what it runs on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RuntimeConfig {
    /// The shared library; null takes `OVR_ORT_LIBRARY`, else the one that `./dev setup` fetched.
    pub(crate) library: Option<PathBuf>,
    /// Execution providers, the first that can run is taken; a `required` one that cannot is an error.
    pub(crate) providers: Vec<ProviderConfig>,
    /// Threads of one network; 0 is one for each core, at most 4.
    pub(crate) threads: usize,
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            site: SiteId::default(),
            state: PathBuf::from("state"),
            bus: "local:".to_owned(),
            store: "sqlite:".to_owned(),
            evidence: "file:".to_owned(),
            api: ListenConfig::default(),
            runtime: RuntimeConfig::default(),
            spool: SpoolConfig::default(),
            dedup: DedupConfig::default(),
            pictures: PicturesConfig::default(),
            pictures_disk_bytes_max: 20 << 30,
        }
    }
}

impl Default for ListenConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8087)), allow_remote: false }
    }
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self { library: None, providers: vec![ProviderConfig::optional(Provider::Cpu)], threads: 0 }
    }
}

impl RuntimeConfig {
    /// Threads that one network gets on this machine.
    pub(crate) fn threads(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        if self.threads == 0 { cores.min(4) } else { self.threads }
    }
}

impl HostConfig {
    /// The SQLite file of the store, inside `state` unless the address names another.
    pub(crate) fn store_file(&self, state: &Path) -> PathBuf {
        self.store.strip_prefix("sqlite://").map_or_else(|| state.join("events.db"), PathBuf::from)
    }

    /// The folder of the pictures, inside `state` unless the address names another.
    pub(crate) fn evidence_folder(&self, state: &Path) -> PathBuf {
        self.evidence.strip_prefix("file://").map_or_else(|| state.join("evidence"), PathBuf::from)
    }

    pub(super) fn validate(&self) -> Result<(), Problem> {
        let absolute = |uri: &str, scheme: &str| {
            uri == scheme
                || uri.strip_prefix(scheme).is_some_and(|rest| rest.starts_with("///") && rest.len() > 3)
        };
        if self.bus != "local:" {
            return Err(Problem::new("bus", format!("{:?} is no bus; expected \"local:\"", self.bus)));
        }
        if !absolute(&self.store, "sqlite:") {
            let expected = "expected \"sqlite:\" or \"sqlite:///FILE\"";
            return Err(Problem::new("store", format!("{:?} is no store; {expected}", self.store)));
        }
        if !absolute(&self.evidence, "file:") {
            let expected = "expected \"file:\" or \"file:///FOLDER\"";
            return Err(Problem::new(
                "evidence",
                format!("{:?} is no place for pictures; {expected}", self.evidence),
            ));
        }
        self.spool.validate().map_err(Problem::from)?;
        self.dedup.validate().map_err(Problem::from)?;
        self.pictures.validate().map_err(Problem::from)?;
        if self.runtime.threads > THREADS_MAX {
            let problem = format!("{} threads: expected 0 to {THREADS_MAX}", self.runtime.threads);
            return Err(Problem::new("runtime.threads", problem));
        }
        if self.runtime.providers.is_empty() {
            let problem = "expected at least one of tensorrt, cuda, cpu".to_owned();
            return Err(Problem::new("runtime.providers", problem));
        }
        Ok(())
    }
}
