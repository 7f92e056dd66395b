//! The server: salvo, the order of the checks around an answer, and the limits on a connection.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use ovr_domain::metric;
use ovr_domain::time::Clock;
use salvo::catch_panic::CatchPanic;
use salvo::conn::tcp::TcpAcceptor;
use salvo::fuse::FuseConfig;
use salvo::http::header::{self, HeaderName};
use salvo::http::{HeaderValue, ResBody, StatusCode};
use salvo::hyper::{self, body::Bytes, body::Frame};
use salvo::{Depot, FlowCtrl, Handler, Request, Response, Router, Server, Service};
use tokio::sync::watch;
use uuid::Uuid;

use crate::answer::{Answer, Body, Call, Desk};
use crate::credentials::{Credentials, Principal};
use crate::gate::{Authenticate, allowed, leave};
use crate::limits::Admission;
use crate::live::LiveStream;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::routes::{ROUTES, Route};
use crate::{ApiConfig, Error, Metrics};

/// Longest path and query together, in bytes.
const URI_BYTES_MAX: usize = 8 * 1024;
/// Largest request head; hyper answers 431 to a larger one.
const HEAD_BYTES_MAX: usize = 64 * 1024;
const HEADERS_MAX: usize = 64;
/// A body up to here is told that it is not wanted, a larger one that it is too large. None is ever read.
const BODY_BYTES_MAX: u64 = 64 * 1024;
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Sent with every answer. There is no CORS header, so no foreign page reads anything; the rest keeps what is served
/// from being framed, sniffed or run.
const SECURITY_HEADERS: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Outermost: names the request, bounds it in size and time, and turns whatever went wrong into a problem.
struct Envelope {
    clock: Arc<dyn Clock>,
    deadline: Duration,
}

#[async_trait]
impl Handler for Envelope {
    async fn handle(&self, req: &mut Request, depot: &mut Depot, res: &mut Response, ctrl: &mut FlowCtrl) {
        let id = request_id(self.clock.as_ref());
        let problem = if let Some(status) = oversized(req) {
            ctrl.skip_rest();
            Some(Problem::of_status(status))
        } else if tokio::time::timeout(self.deadline, ctrl.call_next(req, depot, res)).await.is_err() {
            ctrl.skip_rest();
            Some(Problem::timed_out(self.deadline.as_secs()))
        } else {
            depot.remove_typed::<Problem>().ok()
        };
        let status = res.status_code.unwrap_or(StatusCode::OK);
        let is_error = status.is_client_error() || status.is_server_error();
        let problem = problem.or_else(|| is_error.then(|| Problem::of_status(status.as_u16())));
        if let Some(problem) = problem {
            write_problem(res, &problem, &id);
        }
        for (name, value) in SECURITY_HEADERS {
            res.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            res.headers_mut().insert("x-request-id", value);
        }
        metric::http(res.status_code.unwrap_or(StatusCode::OK).as_u16());
    }
}

/// Minted here and never taken from the client, so that a log line is found by it.
fn request_id(clock: &dyn Clock) -> Uuid {
    let micros = u64::try_from(clock.now().as_micros()).unwrap_or(0);
    let nanos = u32::try_from(micros % 1_000_000).unwrap_or(0) * 1_000;
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, micros / 1_000_000, nanos))
}

/// The status for a request that is too large in one way or another. No route takes a body, so none is read; hyper
/// closes the connection on what is left of it.
fn oversized(req: &Request) -> Option<u16> {
    let query_bytes = req.uri().query().map_or(0, str::len);
    if req.uri().path().len() + query_bytes > URI_BYTES_MAX {
        return Some(414);
    }
    let Some(length) = req.headers().get(header::CONTENT_LENGTH) else {
        return req.headers().contains_key(header::TRANSFER_ENCODING).then_some(413);
    };
    match length.to_str().ok().and_then(|text| text.parse::<u64>().ok()) {
        Some(0) => None,
        Some(bytes) if bytes <= BODY_BYTES_MAX => Some(415),
        _ => Some(413),
    }
}

fn write_problem(res: &mut Response, problem: &Problem, id: &Uuid) {
    let instance = id.urn().to_string();
    problem.log(&instance);
    let headers = res.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = problem.retry_after_s {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if problem.status == 401 {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"ovr-alpr\""));
    }
    res.status_code(StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    res.body(ResBody::Once(problem.body(&instance).into()));
}

/// Last: one route, behind the check of its row in the table.
struct Endpoint {
    route: &'static Route,
    desk: Arc<Desk>,
}

impl Endpoint {
    async fn outcome(&self, req: &Request, principal: Option<Principal>) -> Result<Answer, Problem> {
        allowed(self.route, principal.as_ref())?;
        if !self.route.is_at(req.uri().path()) {
            return Err(Problem::of_status(404));
        }
        let query = req.uri().query().unwrap_or_default().to_owned();
        let id = req.params().get("id").cloned().unwrap_or_default();
        let call = Call { principal, query, id };
        // The one place that every permitted question passes before anything is looked up: the audit record (who,
        // what, when, for which purpose) is written here.
        let who = call.principal.as_ref().map(|principal| principal.credential);
        tracing::debug!(operation = self.route.name, credential = ?who, "answering");
        self.desk.answer(self.route.operation, &call).await
    }
}

#[async_trait]
impl Handler for Endpoint {
    async fn handle(&self, req: &mut Request, depot: &mut Depot, res: &mut Response, _ctrl: &mut FlowCtrl) {
        let principal = depot.remove_typed::<Principal>().ok();
        match self.outcome(req, principal).await {
            Ok(answer) => {
                let headers = res.headers_mut();
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
                if let Ok(value) = HeaderValue::from_str(&answer.cache_control) {
                    headers.insert(header::CACHE_CONTROL, value);
                }
                let captured_at = answer.captured_at.map(|time| time.to_string());
                if let Some(Ok(value)) = captured_at.as_deref().map(HeaderValue::from_str) {
                    headers.insert("x-captured-at", value);
                }
                res.status_code(StatusCode::OK);
                res.body(match answer.body {
                    Body::Whole(bytes) => ResBody::Once(bytes.into()),
                    Body::Live(stream) => ResBody::Boxed(Box::pin(LiveBody(stream))),
                });
            }
            Err(problem) => leave(problem, depot, res),
        }
    }
}

/// A body that is not there yet when its head is sent: the deadline of a request ends with its head, the timeouts of the
/// connection go on.
struct LiveBody(LiveStream);

impl hyper::body::Body for LiveBody {
    type Data = Bytes;
    type Error = salvo::BoxedError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, salvo::BoxedError>>> {
        let chunk = self.0.chunks.poll_recv(cx);
        chunk.map(|chunk| chunk.map(|chunk| Ok(Frame::data(Bytes::from_owner(chunk)))))
    }
}

fn router(desk: &Arc<Desk>) -> Router {
    ROUTES.iter().fold(Router::new(), |router, route| {
        let endpoint = Endpoint { route, desk: Arc::clone(desk) };
        router.push(Router::with_path(route.path.trim_start_matches('/')).get(endpoint))
    })
}

/// Everything that a running server needs.
pub(crate) struct House {
    pub(crate) config: ApiConfig,
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) metrics: Metrics,
    pub(crate) clock: Arc<dyn Clock>,
    /// Says to the live streams that the server stops.
    pub(crate) stop: watch::Sender<bool>,
}

impl House {
    fn service(&self) -> Service {
        let envelope = Envelope { clock: Arc::clone(&self.clock), deadline: self.config.request_deadline };
        let authenticate = Authenticate::new(Arc::clone(&self.credentials), Arc::clone(&self.clock));
        Service::new(router(&self.desk)).hoop(envelope).hoop(CatchPanic::new()).hoop(authenticate)
    }

    fn timeouts(&self) -> FuseConfig {
        FuseConfig::disabled()
            .with_http1_header_timeout(self.config.header_deadline)
            .with_connection_idle_timeout(self.config.idle_deadline)
            .with_write_stall_timeout(self.config.idle_deadline)
            .with_request_body_timeout(self.config.header_deadline)
    }

    /// Serves until `shutdown` is done, then lets the requests that are under way finish.
    pub(crate) async fn serve(
        self,
        listener: tokio::net::TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), Error> {
        let stopped = |error: std::io::Error| Error::Serve { reason: error.to_string() };
        let acceptor = TcpAcceptor::try_from(listener).map_err(stopped)?;
        let admission = Admission::new(self.config.connections_per_client_max, self.timeouts());
        let mut server =
            Server::new(acceptor).fuse_policy(admission).max_connections(self.config.connections_max);
        server.http1_mut().max_buf_size(HEAD_BYTES_MAX).max_headers(HEADERS_MAX);
        let handle = server.handle();
        let (drain, live_streams) = (self.config.drain_deadline, &self.stop);
        let stop = async move {
            shutdown.await;
            // A live stream would use up the whole drain deadline.
            live_streams.send_replace(true);
            handle.stop_graceful(drain);
            std::future::pending::<()>().await;
        };
        let metrics = self.metrics.clone();
        let upkeep = async move {
            let mut tick = tokio::time::interval(UPKEEP_EVERY);
            loop {
                tick.tick().await;
                metrics.upkeep();
            }
        };
        tokio::select! {
            outcome = server.try_serve(self.service()) => outcome.map_err(stopped),
            () = stop => Ok(()),
            () = upkeep => Ok(()),
        }
    }
}
