//! Problems (RFC 9457): what a client is told when it does not get what it asked for.
//!
//! A problem has two messages. `detail` is public: it says what is wrong with the request and what would be right.
//! `internal` is for the log alone: what a store said must never reach a client.

use ovr_domain::port::StoreError;
use serde_json::{Map, Value, json};

/// Media type of every error answer.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// One refusal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    /// HTTP status, 400 to 599.
    pub(crate) status: u16,
    /// Last part of the type URI; names the kind of problem and never changes.
    pub(crate) kind: &'static str,
    /// What the kind means, for people; the same for every occurrence.
    pub(crate) title: &'static str,
    /// What is wrong this time and what would be right.
    pub(crate) detail: String,
    /// Logged, never sent.
    pub(crate) internal: Option<String>,
    /// Further members, such as the failing checks.
    pub(crate) members: Map<String, Value>,
    /// Value of `Retry-After`, in seconds.
    pub(crate) retry_after_s: Option<u16>,
}

impl Problem {
    fn new(status: u16, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { status, kind, title, detail, internal: None, members: Map::new(), retry_after_s: None }
    }

    /// A query parameter or an id is wrong.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(400, "bad-request", "The request is not understood", detail)
    }

    /// There is no credential that holds.
    pub(crate) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(401, "unauthorized", "A credential is needed", detail)
    }

    /// The credential is good, but not for this.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(403, "forbidden", "The credential does not allow this", detail)
    }

    /// There is no such thing, or none that this credential may know of: the two look the same on purpose.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, "not-found", "There is no such thing", detail)
    }

    /// It was there.
    pub(crate) fn gone(detail: impl Into<String>) -> Self {
        Self::new(410, "gone", "It was here and has been removed", detail)
    }

    /// Too many wrong credentials from one address.
    pub(crate) fn too_many_failures(retry_after_s: u16) -> Self {
        let detail = format!(
            "too many wrong credentials from this address: wait {retry_after_s} s, then try with a right one"
        );
        let mut problem = Self::new(429, "too-many-failures", "Too many wrong credentials", detail);
        problem.retry_after_s = Some(retry_after_s);
        problem
    }

    /// Some part is not ready.
    pub(crate) fn not_ready(checks: Option<Value>) -> Self {
        let mut problem = Self::new(503, "not-ready", "Not ready", "some part of the program is not ready");
        if let Some(checks) = checks {
            problem.members.insert("checks".to_owned(), checks);
        }
        problem
    }

    /// The camera is known, but there is no picture of it, or none that is new enough to be shown.
    pub(crate) fn no_picture_yet() -> Self {
        let detail = "the camera gives no picture now: look at its state, then try again";
        let mut problem = Self::new(503, "no-picture-yet", "There is no picture yet", detail);
        problem.retry_after_s = Some(5);
        problem
    }

    /// As many watch as may; `how_many` says how many and what.
    pub(crate) fn too_many_viewers(how_many: &str) -> Self {
        let detail = format!("{how_many}: close another stream, or ask for one picture at a time");
        let mut problem = Self::new(503, "too-many-viewers", "Too many are watching", detail);
        problem.retry_after_s = Some(30);
        problem
    }

    /// Something broke here; the client can do nothing about it.
    pub(crate) fn internal(internal: impl Into<String>) -> Self {
        let mut problem = Self::new(
            500,
            "internal",
            "Something went wrong here",
            "something went wrong here; the log of the server names the cause under this instance",
        );
        problem.internal = Some(internal.into());
        problem
    }

    /// The deadline of a request passed.
    pub(crate) fn timed_out(deadline_s: u64) -> Self {
        let detail = format!(
            "no answer within {deadline_s} s: ask for a shorter time span, a smaller page or one picture less"
        );
        let mut problem = Self::new(503, "timed-out", "It took too long", detail);
        problem.retry_after_s = Some(1);
        problem
    }

    /// What a status means that was set without a problem, by the router or by a limit.
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            404 => Self::not_found("there is no such route; /openapi.json lists them"),
            405 => Self::new(
                405,
                "method-not-allowed",
                "The method is not allowed",
                "the header Allow names the right ones",
            ),
            413 => {
                Self::new(413, "too-large", "The request is too large", "no route takes a body of this size")
            }
            414 => Self::new(
                414,
                "uri-too-long",
                "The address is too long",
                "path and query take at most 8 KiB together",
            ),
            415 => Self::new(
                415,
                "no-body-taken",
                "The body is not understood",
                "this route takes no body: send none",
            ),
            400..=499 => {
                Self::new(status, "refused", "The request is refused", "the request cannot be answered")
            }
            _ => Self::internal(format!("status {status} without a problem")),
        }
    }

    /// The body. `instance` names this occurrence, here and in the log.
    pub(crate) fn body(&self, instance: &str) -> Vec<u8> {
        let mut members = self.members.clone();
        members.insert("type".to_owned(), json!(format!("urn:ovr-alpr:problem:{}", self.kind)));
        members.insert("title".to_owned(), json!(self.title));
        members.insert("status".to_owned(), json!(self.status));
        members.insert("detail".to_owned(), json!(self.detail));
        members.insert("instance".to_owned(), json!(instance));
        Value::Object(members).to_string().into_bytes()
    }

    /// Logs what was kept from the client.
    pub(crate) fn log(&self, instance: &str) {
        let Some(internal) = &self.internal else { return };
        if self.status == 500 {
            tracing::error!(instance, "answering a request: {internal}");
        } else {
            tracing::warn!(instance, status = self.status, "answering a request: {internal}");
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { .. } => {
                let mut problem = Self::new(
                    503,
                    "store-unavailable",
                    "The store does not answer",
                    "the store does not answer now: try again",
                );
                problem.internal = Some(error.to_string());
                problem.retry_after_s = Some(5);
                problem
            }
            StoreError::Unusable { .. } => Self::internal(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_store_said_stays_out_of_the_answer() {
        let reason = "password authentication failed for user \"ovr\"".to_owned();
        for error in [StoreError::Unavailable { reason: reason.clone() }, StoreError::Unusable { reason }] {
            let problem = Problem::from(error);
            let body = String::from_utf8(problem.body("urn:uuid:0")).expect("JSON is UTF-8");
            assert!(!body.contains("password"), "{body}");
            assert!(problem.internal.is_some_and(|text| text.contains("password")));
        }
    }

    #[test]
    fn a_body_has_the_five_members_of_rfc_9457() {
        let body = Problem::bad_request("x").body("urn:uuid:0");
        let value: Value = serde_json::from_slice(&body).expect("JSON");
        for member in ["type", "title", "status", "detail", "instance"] {
            assert!(value.get(member).is_some(), "{member} is missing in {value}");
        }
        assert_eq!(value["status"], 400);
    }
}
