//! host.yaml

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ovr_capture::PasswordFrom;
use ovr_domain::SiteId;
use ovr_events::dedup::DedupConfig;
use ovr_events::evidence::PicturesConfig;
use ovr_events::spool::SpoolConfig;
use ovr_store::PostgresAddress;
use ovr_vision::infer::{Gathering, Provider, ProviderConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;

/// Most threads of one network.
const THREADS_MAX: usize = 64;
/// Most rows of one run of a network.
const BATCH_MAX: usize = 64;
/// Longest that a picture may wait for others: a frame of any camera hardly lasts longer.
const BATCH_WAIT_MAX_MS: u64 = 100;

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
    /// Where events are kept: `sqlite:` (in the state folder), `sqlite:///FILE`, or
    /// `postgres://USER@HOST:PORT/DATABASE`.
    pub(crate) store: String,
    /// Where the password of a `postgres:` store is kept; null takes the environment variable `OVR_STORE_PASSWORD` where
    /// it is set.
    pub(crate) store_password: Option<PasswordFrom>,
    /// Days that events are kept; 0 keeps them for ever.
    pub(crate) events_keep_days: u32,
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
    /// Most rows (pictures, crops) of several cameras in one run of a network whose file leaves the batch free; null is 1
    /// on the processor, where a batch is no faster, and 8 on accelerators.
    pub(crate) batch_max: Option<usize>,
    /// Longest that a picture waits for those of other cameras, in milliseconds; null is 0 on the processor and 2 on
    /// accelerators.
    pub(crate) batch_wait_ms: Option<u64>,
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            site: SiteId::default(),
            state: PathBuf::from("state"),
            bus: "local:".to_owned(),
            store: "sqlite:".to_owned(),
            store_password: None,
            events_keep_days: 0,
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
        Self {
            library: None,
            providers: vec![ProviderConfig::optional(Provider::Cpu)],
            threads: 0,
            batch_max: None,
            batch_wait_ms: None,
        }
    }
}

/// Where the events are kept.
#[derive(Debug, PartialEq)]
pub(crate) enum StorePlace {
    /// In a file.
    Sqlite(PathBuf),
    /// In a database.
    Postgres(PostgresAddress),
}

/// `scheme`, or `scheme` with an absolute path.
fn is_absolute(uri: &str, scheme: &str) -> bool {
    uri == scheme || uri.strip_prefix(scheme).is_some_and(|rest| rest.starts_with("///") && rest.len() > 3)
}

impl RuntimeConfig {
    /// Threads that one network gets on this machine.
    pub(crate) fn threads(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        if self.threads == 0 { cores.min(4) } else { self.threads }
    }

    /// How a network that runs on `provider` gathers the pictures of several cameras.
    pub(crate) fn gathering(&self, provider: &str) -> Gathering {
        let suiting = Gathering::suiting(provider);
        Gathering {
            rows_max: self.batch_max.unwrap_or(suiting.rows_max),
            wait: self.batch_wait_ms.map_or(suiting.wait, Duration::from_millis),
        }
    }

    fn validate(&self) -> Result<(), Problem> {
        if self.threads > THREADS_MAX {
            let problem = format!("{} threads: expected 0 to {THREADS_MAX}", self.threads);
            return Err(Problem::new("runtime.threads", problem));
        }
        if let Some(rows) = self.batch_max.filter(|rows| !(1..=BATCH_MAX).contains(rows)) {
            let problem = format!("{rows} pictures: expected 1 to {BATCH_MAX}, or null");
            return Err(Problem::new("runtime.batch_max", problem));
        }
        if let Some(wait) = self.batch_wait_ms.filter(|wait| *wait > BATCH_WAIT_MAX_MS) {
            let problem = format!("{wait} ms: expected 0 to {BATCH_WAIT_MAX_MS}, or null");
            return Err(Problem::new("runtime.batch_wait_ms", problem));
        }
        if self.providers.is_empty() {
            let problem = "expected at least one of tensorrt, cuda, cpu".to_owned();
            return Err(Problem::new("runtime.providers", problem));
        }
        Ok(())
    }
}

impl HostConfig {
    /// Which store it is; SQLite's file is inside `state` unless the address names another. An error says what is wrong
    /// and what would be right.
    pub(crate) fn store_place(&self, state: &Path) -> Result<StorePlace, String> {
        if PostgresAddress::is_meant(&self.store) {
            // The address itself is not repeated: somebody may have written a password into it.
            let address = self.store.parse::<PostgresAddress>().map_err(|error| error.to_string())?;
            return Ok(StorePlace::Postgres(address));
        }
        if !is_absolute(&self.store, "sqlite:") {
            let expected = "expected \"sqlite:\", \"sqlite:///FILE\" or a postgres:// address";
            return Err(format!("{:?} is no store; {expected}", self.store));
        }
        let file = self.store.strip_prefix("sqlite://");
        Ok(StorePlace::Sqlite(file.map_or_else(|| state.join("events.db"), PathBuf::from)))
    }

    /// The folder of the pictures, inside `state` unless the address names another.
    pub(crate) fn evidence_folder(&self, state: &Path) -> PathBuf {
        self.evidence.strip_prefix("file://").map_or_else(|| state.join("evidence"), PathBuf::from)
    }

    pub(super) fn validate(&self) -> Result<(), Problem> {
        if self.bus != "local:" {
            return Err(Problem::new("bus", format!("{:?} is no bus; expected \"local:\"", self.bus)));
        }
        self.store_place(&self.state).map_err(|problem| Problem::new("store", problem))?;
        if self.store_password.as_ref().is_some_and(PasswordFrom::wrong) {
            let problem = "it names no variable, file or credential".to_owned();
            return Err(Problem::new("store_password", problem));
        }
        if !is_absolute(&self.evidence, "file:") {
            let expected = "expected \"file:\" or \"file:///FOLDER\"";
            return Err(Problem::new(
                "evidence",
                format!("{:?} is no place for pictures; {expected}", self.evidence),
            ));
        }
        self.spool.validate().map_err(Problem::from)?;
        self.dedup.validate().map_err(Problem::from)?;
        self.pictures.validate().map_err(Problem::from)?;
        self.runtime.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_batches_goes_before_what_suits_the_provider() {
        let mut runtime = RuntimeConfig::default();
        assert_eq!(runtime.gathering("cpu"), Gathering::SINGLY);
        assert_eq!(runtime.gathering("cuda"), Gathering::suiting("cuda"));
        (runtime.batch_max, runtime.batch_wait_ms) = (Some(4), Some(0));
        for provider in ["cpu", "tensorrt"] {
            let gathering = runtime.gathering(provider);
            assert_eq!(gathering, Gathering { rows_max: 4, wait: Duration::ZERO });
        }
    }
}
