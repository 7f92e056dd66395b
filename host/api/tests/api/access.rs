//! Who may ask what: every route of the table against every kind of credential.

use std::time::Duration;

use ovr_api::{ApiConfig, NewCredential, ROUTES, Role, Route};

use crate::client::{get, request};
use crate::fixture::{Running, at, event, start, start_with};

/// A server with one event of the camera `a`, whose live streams are short.
fn start_with_an_event() -> Running {
    let config = ApiConfig { stream_deadline: Duration::from_millis(50), ..ApiConfig::default() };
    start_with(config, vec![event(0, "a", "BAB1234")])
}

/// A target that exists for an admin, of the camera `a`.
fn target(route: &Route, server: &Running) -> String {
    let events = server.store.events.lock().expect("no panic while held");
    let id = match route.path.split('/').nth(3) {
        Some("evidence") => events[0].evidence[0].id.to_string(),
        Some("cameras") => "a".to_owned(),
        _ => events[0].event_id.to_string(),
    };
    route.path.replace("{id}", &id)
}

#[test]
fn every_route_answers_each_credential_as_its_row_says() {
    let server = start_with_an_event();
    let expired = NewCredential {
        name: "old".to_owned(),
        role: Role::Admin,
        cameras: None,
        expires_at: Some(at(-1_000_000_000)),
    };
    let expired = server.credentials.add(expired).expect("add");
    let revoked =
        NewCredential { name: "lost".to_owned(), role: Role::Admin, cameras: None, expires_at: None };
    let revoked = server.credentials.add(revoked).expect("add");
    assert!(server.credentials.revoke(revoked.id).expect("revoke"));
    for route in &ROUTES {
        let target = target(route, &server);
        let status = |token: Option<&str>| get(server.address, &target, token).status;
        let is_open = ["/healthz", "/readyz"].contains(&route.path);
        assert_eq!(route.roles.is_empty(), is_open, "{} must not be open", route.path);
        assert_eq!(status(None), if is_open { 200 } else { 401 }, "{} without a credential", route.path);
        for token in [expired.reveal(), revoked.reveal()] {
            assert!([401, 429].contains(&status(Some(token))), "{} with an old token", route.path);
        }
        for role in Role::ALL {
            let may = is_open || route.roles.contains(&role);
            let token = server.token(role, None);
            assert_eq!(status(Some(&token)), if may { 200 } else { 403 }, "{} as {role:?}", route.path);
            let token = server.token(role, Some(&["a"]));
            let may = may && !route.whole_site;
            assert_eq!(status(Some(&token)), if may { 200 } else { 403 }, "{} as {role:?} of a", route.path);
        }
    }
    let roles = |path: &str| ROUTES.iter().find(|route| route.path == path).expect("a route").roles;
    for path in ["/api/v1/events", "/api/v1/cameras/{id}/snapshot.jpg", "/api/v1/cameras/{id}/stream"] {
        assert!(!roles(path).contains(&Role::Auditor), "an auditor sees no plates: {path}");
    }
    assert!(roles("/api/v1/cameras").contains(&Role::Auditor), "but may know whether cameras work");
}

#[test]
fn what_belongs_to_a_foreign_camera_looks_like_what_does_not_exist() {
    let server = start_with_an_event();
    let token = server.token(Role::Operator, Some(&["b"]));
    let unknown = uuid::Uuid::nil();
    for route in ROUTES.iter().filter(|route| route.path.contains("{id}")) {
        let foreign = get(server.address, &target(route, &server), Some(&token));
        let nothing = get(server.address, &route.path.replace("{id}", &unknown.to_string()), Some(&token));
        assert_eq!((foreign.status, nothing.status), (404, 404), "{}", route.path);
        assert_eq!(foreign.problem(), nothing.problem(), "{}", route.path);
    }
}

#[test]
fn nothing_answers_without_a_credential() {
    let server = start(vec![]);
    for target in
        ["/", "/nothing", "/api", "/api/v1", "/api/v1/events/", "/healthz/", "/%68ealthz", "/readyz/x"]
    {
        assert_eq!(get(server.address, target, None).status, 401, "{target}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
        let reply = request(server.address, method, "/api/v1/events", None, "");
        assert_eq!(reply.status, 401, "{method}");
    }
    let in_query = format!("/api/v1/events?token={0}&access_token={0}", server.admin);
    assert_eq!(get(server.address, &in_query, None).status, 401, "a token in an address would be logged");
    let cookie = format!("Cookie: token={0}; Authorization=Bearer {0}\r\n", server.admin);
    assert_eq!(request(server.address, "GET", "/api/v1/events", None, &cookie).status, 401);
}

#[test]
fn only_one_well_formed_bearer_header_is_taken() {
    let server = start(vec![]);
    let (admin, status) =
        (&server.admin, |lines: &str| request(server.address, "GET", "/api/v1/events", None, lines).status);
    assert_eq!(status(&format!("authorization: bearer {admin}\r\n")), 200);
    for lines in [
        format!("Authorization: {admin}\r\n"),
        format!("Authorization: Basic {admin}\r\n"),
        "Authorization: Bearer\r\n".to_owned(),
        "Authorization: Bearer \u{e9}\r\n".to_owned(),
        format!("Authorization: Bearer {admin}\r\nAuthorization: Bearer {admin}\r\n"),
    ] {
        assert!([401, 429].contains(&status(&lines)), "{lines:?} was taken");
    }
    let reply = get(server.address, "/api/v1/events", None);
    assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"ovr-alpr\""));
}

#[test]
fn guesses_are_slowed_and_a_right_token_is_not() {
    let server = start(vec![]);
    let guess = "ovr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let statuses: Vec<_> =
        (0..7).map(|_| get(server.address, "/api/v1/events", Some(guess)).status).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429]);
    let reply = get(server.address, "/healthz", Some(guess));
    assert_eq!(reply.status, 429, "an open route does not take wrong tokens either");
    assert!(reply.header("retry-after").is_some_and(|wait| wait.parse::<u64>().is_ok()));
    assert_eq!(server.get("/api/v1/events").status, 200);
}

#[test]
fn readiness_names_its_parts_to_known_clients_only() {
    let server = start(vec![]);
    assert_eq!(get(server.address, "/readyz", None).json(), serde_json::json!({ "ready": true }));
    let known = server.get("/readyz").json();
    let names: Vec<_> = known["checks"].as_array().expect("checks").iter().map(|c| &c["name"]).collect();
    assert_eq!(names, ["store", "spool"]);
}
