//! The one table of routes: path, what answers, and who may ask. Router, checks and OpenAPI are all made from it,
//! so a route cannot exist without saying who may use it.

use crate::credentials::Role;

/// What answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    SearchEvents,
    GetEvent,
    GetEvidence,
    Health,
    Ready,
    Metrics,
    OpenApi,
}

/// One route. All of them are GET.
#[derive(Debug)]
pub struct Route {
    /// The path; `{id}` stands for one segment.
    pub path: &'static str,
    /// Who may ask; nobody has to be anybody when it is empty.
    pub roles: &'static [Role],
    /// Whether it tells of all cameras at once, so that a credential for some cameras may not ask.
    pub whole_site: bool,
    pub(crate) operation: Operation,
    /// `operationId` in OpenAPI.
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
}

/// Who may see plates.
const SEES_PLATES: &[Role] = &[Role::Viewer, Role::Operator, Role::Admin];
const ANYBODY_KNOWN: &[Role] = &Role::ALL;
const OPEN: &[Role] = &[];

/// Every route there is.
pub static ROUTES: [Route; 7] = [
    Route {
        path: "/api/v1/events",
        roles: SEES_PLATES,
        whole_site: false,
        operation: Operation::SearchEvents,
        name: "searchEvents",
        summary: "Events that match, the newest first, a page at a time",
    },
    Route {
        path: "/api/v1/events/{id}",
        roles: SEES_PLATES,
        whole_site: false,
        operation: Operation::GetEvent,
        name: "getEvent",
        summary: "One event in its latest revision",
    },
    Route {
        path: "/api/v1/evidence/{id}",
        roles: SEES_PLATES,
        whole_site: false,
        operation: Operation::GetEvidence,
        name: "getEvidence",
        summary: "One picture of an event",
    },
    Route {
        path: "/healthz",
        roles: OPEN,
        whole_site: false,
        operation: Operation::Health,
        name: "health",
        summary: "Whether the process answers at all",
    },
    Route {
        path: "/readyz",
        roles: OPEN,
        whole_site: false,
        operation: Operation::Ready,
        name: "ready",
        summary: "Whether every part works; which one does not is told to known clients only",
    },
    Route {
        path: "/metrics",
        roles: ANYBODY_KNOWN,
        whole_site: true,
        operation: Operation::Metrics,
        name: "metrics",
        summary: "Metrics in the Prometheus text format",
    },
    Route {
        path: "/openapi.json",
        roles: ANYBODY_KNOWN,
        whole_site: false,
        operation: Operation::OpenApi,
        name: "openApi",
        summary: "This description",
    },
];

/// Whether `path`, exactly as it was sent, needs no credential.
pub(crate) fn is_open(path: &str) -> bool {
    ROUTES.iter().any(|route| route.roles.is_empty() && route.path == path)
}
