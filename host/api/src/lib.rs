//! REST API, authentication, metrics and OpenAPI. salvo lives here and nowhere else.
//!
//! A request passes four checks in this order, each in one place: size and time (`serve::Envelope`), who asks
//! (`gate::Authenticate`), whether the row of the route in [`ROUTES`] lets them (`gate::allowed`), and which cameras
//! they may know of (`answer`, inside the query). A live stream goes on after its head has been answered; `live` asks the
//! last three again while it lasts. What is deliberately absent: CORS, cookies and sessions (a bearer
//! token is never sent by a browser on its own, so there is no CSRF), request bodies, paths of files, and TLS, which a
//! proxy in front adds.

mod answer;
mod cameras;
mod credentials;
mod cursor;
mod error;
mod gate;
mod limits;
mod live;
mod metrics;
mod openapi;
mod problem;
mod query;
mod readiness;
mod routes;
mod schema;
mod serve;

use std::fmt;
use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ovr_domain::camera::CameraBoard;
use ovr_domain::port::{EventStore, EvidenceStore};
use ovr_domain::time::Clock;
use tokio::sync::watch;

pub use credentials::{
    CREDENTIAL_NAME_CHARS_MAX, CREDENTIALS_MAX, Credential, Credentials, NewCredential, NewToken, Role,
};
pub use error::Error;
pub use metrics::Metrics;
pub use openapi::openapi_json;
pub use readiness::{Check, Checks, Readiness};
pub use routes::{ROUTES, Route};

/// Limits of the server. The defaults suit an appliance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiConfig {
    /// Whether an address that other machines can reach may be listened on. Requests need a token either way, but
    /// travel in clear unless a proxy adds TLS.
    pub allow_remote: bool,
    /// Connections at a time; more wait in the system's queue.
    pub connections_max: usize,
    /// Connections of one client at a time; more are closed at once.
    pub connections_per_client_max: usize,
    /// How long a client may take to send the head of a request.
    pub header_deadline: Duration,
    /// How long a connection may stay silent or refuse to take an answer.
    pub idle_deadline: Duration,
    /// How long an answer may take to make; of a live stream, its first picture.
    pub request_deadline: Duration,
    /// How long a live stream lasts; whoever looks on asks again.
    pub stream_deadline: Duration,
    /// How long requests under way may take once the server is told to stop.
    pub drain_deadline: Duration,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self {
            allow_remote: false,
            connections_max: 512,
            connections_per_client_max: 64,
            header_deadline: Duration::from_secs(10),
            idle_deadline: Duration::from_mins(1),
            request_deadline: Duration::from_secs(10),
            stream_deadline: Duration::from_mins(5),
            drain_deadline: Duration::from_secs(5),
        }
    }
}

/// What the API serves from.
pub struct Sources {
    /// The events.
    pub store: Arc<dyn EventStore>,
    /// Their pictures.
    pub evidence: Arc<dyn EvidenceStore>,
    /// The cameras that run.
    pub cameras: Arc<dyn CameraBoard>,
    /// Who may ask.
    pub credentials: Arc<Credentials>,
    /// The metrics of this process.
    pub metrics: Metrics,
    /// The parts to ask for `/readyz`, besides the store.
    pub readiness: Readiness,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The API, not listening yet.
pub struct Api {
    house: serve::House,
}

/// The API with its address taken: nothing is answered before [`BoundApi::serve`].
pub struct BoundApi {
    house: serve::House,
    listener: tokio::net::TcpListener,
    address: SocketAddr,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("config", &self.house.config).finish_non_exhaustive()
    }
}

impl fmt::Debug for BoundApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundApi").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Api {
    /// Puts the parts together; opens nothing.
    pub fn new(config: ApiConfig, sources: Sources) -> Self {
        let Sources { store, evidence, cameras, credentials, metrics, readiness, clock } = sources;
        let ready = readiness::Ready::new(Arc::clone(&store), readiness, Arc::clone(&clock));
        let (stop, stopped) = watch::channel(false);
        let cameras = Arc::new(cameras::Cameras::new(cameras));
        let live = Arc::new(live::Live::new(
            &config,
            Arc::clone(&cameras),
            Arc::clone(&credentials),
            Arc::clone(&clock),
            stopped,
        ));
        let pictures = answer::Pictures { evidence, cameras, live };
        let desk = Arc::new(answer::Desk::new(store, pictures, metrics.clone(), ready, Arc::clone(&clock)));
        Self { house: serve::House { config, credentials, desk, metrics, clock, stop } }
    }

    /// Takes the address; port 0 takes a free one. An address beyond loopback needs [`ApiConfig::allow_remote`].
    pub async fn bind(self, address: SocketAddr) -> Result<BoundApi, Error> {
        if !address.ip().to_canonical().is_loopback() && !self.house.config.allow_remote {
            return Err(Error::NotLoopback { address });
        }
        let refused = |error: std::io::Error| Error::Bind { address, reason: explain(&error, address) };
        let listener = tokio::net::TcpListener::bind(address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(BoundApi { house: self.house, listener, address })
    }
}

fn explain(error: &std::io::Error, address: SocketAddr) -> String {
    let port = address.port();
    match error.kind() {
        ErrorKind::AddrInUse => {
            format!("port {port} is in use by another program: stop it or choose another port")
        }
        ErrorKind::PermissionDenied => {
            format!("port {port} needs privileges: choose a port above 1023")
        }
        ErrorKind::AddrNotAvailable => {
            format!("this machine has no address {}: use one of its own, such as 127.0.0.1", address.ip())
        }
        _ => error.to_string(),
    }
}

impl BoundApi {
    /// The address that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `shutdown` is done, then lets requests under way finish within the drain deadline.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
        self.house.serve(self.listener, shutdown).await
    }
}
