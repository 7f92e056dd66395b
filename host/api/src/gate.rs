//! The gate: who asks, and whether the table lets them.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use ovr_domain::time::Clock;
use salvo::http::{StatusCode, header};
use salvo::{Depot, FlowCtrl, Handler, Request, Response};

use crate::credentials::{Credentials, Principal};
use crate::limits::FailedGuesses;
use crate::problem::Problem;
use crate::routes::{Route, is_open};

/// Leaves a problem for the envelope to write; its status keeps the checks that would come next from running.
pub(crate) fn leave(problem: Problem, depot: &mut Depot, res: &mut Response) {
    res.status_code(StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    depot.insert_typed(problem);
}

/// Second: who asks. It stands before the router's outcome, so that without a credential even a route that does not
/// exist answers 401.
pub(crate) struct Authenticate {
    credentials: Arc<Credentials>,
    guesses: FailedGuesses,
    clock: Arc<dyn Clock>,
}

impl Authenticate {
    pub(crate) fn new(credentials: Arc<Credentials>, clock: Arc<dyn Clock>) -> Self {
        Self { credentials, guesses: FailedGuesses::default(), clock }
    }

    fn principal(&self, req: &Request) -> Result<Option<Principal>, Problem> {
        let mut given = req.headers().get_all(header::AUTHORIZATION).iter();
        let Some(value) = given.next() else {
            return Ok(None);
        };
        let text = value.to_str().unwrap_or_default();
        let (scheme, token) = text.split_once(' ').unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("bearer") || given.next().is_some() {
            return Err(Problem::unauthorized("give one header \"Authorization: Bearer TOKEN\""));
        }
        if let Some(principal) = self.credentials.authenticate(token) {
            return Ok(Some(principal));
        }
        let client = req.remote_addr().ip().unwrap_or(IpAddr::from([0, 0, 0, 0]));
        if let Some(wait_s) = self.guesses.count(client, self.clock.monotonic()) {
            return Err(Problem::too_many_failures(wait_s));
        }
        tracing::warn!(%client, "a request came with a token that does not hold");
        Err(Problem::unauthorized("the token is unknown, expired or revoked"))
    }
}

#[async_trait]
impl Handler for Authenticate {
    async fn handle(&self, req: &mut Request, depot: &mut Depot, res: &mut Response, _ctrl: &mut FlowCtrl) {
        match self.principal(req) {
            Ok(Some(principal)) => {
                depot.insert_typed(principal);
            }
            Ok(None) if is_open(req.uri().path()) => {}
            Ok(None) => {
                let detail = "give a header \"Authorization: Bearer TOKEN\"; the first start printed a token";
                leave(Problem::unauthorized(detail), depot, res);
            }
            Err(problem) => leave(problem, depot, res),
        }
    }
}

/// What the table says about this caller.
pub(crate) fn allowed(route: &Route, principal: Option<&Principal>) -> Result<(), Problem> {
    let Some(principal) = principal else {
        return if route.roles.is_empty() { Ok(()) } else { Err(Problem::unauthorized("a token is needed")) };
    };
    if !route.roles.is_empty() && !route.roles.contains(&principal.role) {
        let names: Vec<_> = route.roles.iter().map(|role| role.as_str()).collect();
        let role = principal.role.as_str();
        return Err(Problem::forbidden(format!("this is for {}; the token is for {role}", names.join(", "))));
    }
    if route.whole_site && principal.cameras.is_some() {
        return Err(Problem::forbidden("this tells of every camera; the token is for some of them"));
    }
    Ok(())
}
