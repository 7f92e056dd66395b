//! The one table of routes: path, what answers, and who may ask. Router, checks and OpenAPI are all made from it,
//! so a route cannot exist without saying who may use it.

use crate::credentials::Role;

/// What answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    SearchEvents,
    GetEvent,
    GetEvidence,
    ListCameras,
    GetSnapshot,
    WatchCamera,
    Health,
    Ready,
    Metrics,
    OpenApi,
}

impl Operation {
    /// Whether it looks at the query string itself; the others take none.
    pub(crate) fn takes_parameters(self) -> bool {
        matches!(self, Self::SearchEvents | Self::GetSnapshot | Self::WatchCamera)
    }
}

/// One route. All of them are GET.
#[derive(Debug)]
pub struct Route {
    /// The path; `{id}` stands for one segment that is not empty, anywhere in it.
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
pub static ROUTES: [Route; 10] = [
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
        path: "/api/v1/cameras",
        roles: ANYBODY_KNOWN,
        whole_site: false,
        operation: Operation::ListCameras,
        name: "listCameras",
        summary: "State and health of the cameras",
    },
    Route {
        path: "/api/v1/cameras/{id}/snapshot.jpg",
        roles: SEES_PLATES,
        whole_site: false,
        operation: Operation::GetSnapshot,
        name: "getSnapshot",
        summary: "The newest picture of a camera",
    },
    Route {
        path: "/api/v1/cameras/{id}/stream",
        roles: SEES_PLATES,
        whole_site: false,
        operation: Operation::WatchCamera,
        name: "watchCamera",
        summary: "The newest pictures of a camera one after the other, for some minutes",
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

impl Route {
    /// Whether `path`, exactly as it was sent, is this route's. The router is kinder: it skips empty segments and decodes
    /// the others, but one resource has one address.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        let (mut own, mut sent) = (self.path.split('/'), path.split('/'));
        loop {
            match (own.next(), sent.next()) {
                (None, None) => return true,
                (Some("{id}"), Some(id)) if !id.is_empty() => {}
                (Some(own), Some(sent)) if own == sent && own != "{id}" => {}
                _ => return false,
            }
        }
    }
}

/// Whether `path`, exactly as it was sent, needs no credential.
pub(crate) fn is_open(path: &str) -> bool {
    ROUTES.iter().any(|route| route.roles.is_empty() && route.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_may_stand_anywhere_and_is_one_segment() {
        let is_at = |pattern: &str, path: &str| {
            ROUTES.iter().find(|route| route.path == pattern).expect(pattern).is_at(path)
        };
        let snapshot = "/api/v1/cameras/{id}/snapshot.jpg";
        assert!(is_at(snapshot, "/api/v1/cameras/gate-1/snapshot.jpg"));
        assert!(is_at("/api/v1/events/{id}", "/api/v1/events/x"));
        for path in [
            "/api/v1/cameras//snapshot.jpg",
            "/api/v1/cameras/a/b/snapshot.jpg",
            "/api/v1/cameras/a/snapshot.jpg/",
            "/api/v1/cameras/a/snapshot%2Ejpg",
            "//api/v1/cameras/snapshot.jpg",
            "/api/v1/cameras/a",
            "/api/v1/cameras",
        ] {
            assert!(!is_at(snapshot, path), "{path}");
        }
        for route in &ROUTES {
            assert!(route.path.matches("{id}").count() <= 1, "{} has more than one id", route.path);
        }
    }
}
