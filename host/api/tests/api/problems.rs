//! Refusals, failures, the address, and the end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ovr_api::{ApiConfig, Credentials};
use ovr_domain::time::SystemClock;

use crate::board::MemoryBoard;
use crate::client::{get, request};
use crate::fixture::{api, event, in_runtime, start, start_with};
use crate::stores::{MemoryEvidence, MemoryStore, Mood, SECRET};

const FRAMING: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
];

#[test]
fn every_answer_carries_the_security_headers_and_its_own_id() {
    let server = start(vec![event(0, "a", "BAB1234")]);
    let mut ids = std::collections::HashSet::new();
    for (target, status) in
        [("/api/v1/events", 200), ("/nothing", 404), ("/api/v1/events/x", 400), ("/metrics", 200)]
    {
        let reply = request(server.address, "GET", target, Some(&server.admin), "X-Request-Id: mine\r\n");
        assert_eq!(reply.status, status, "{target}");
        for (name, value) in FRAMING {
            assert_eq!(reply.header(name), Some(value), "{target}");
        }
        let id = reply.header("x-request-id").expect("an id").to_owned();
        assert!(id.len() == 36 && ids.insert(id.clone()), "{id} is not its own");
        if status >= 400 {
            assert_eq!(reply.json()["instance"], format!("urn:uuid:{id}"));
        }
    }
}

#[test]
fn a_foreign_page_is_given_no_right_to_read() {
    let server = start(vec![]);
    let origin = "Origin: https://evil.example\r\nAccess-Control-Request-Method: GET\r\n";
    for method in ["OPTIONS", "GET"] {
        let reply = request(server.address, method, "/api/v1/events", Some(&server.admin), origin);
        assert!(!reply.head.to_lowercase().contains("access-control-"), "{}", reply.head);
    }
}

#[test]
fn a_wrong_method_is_told_the_right_one() {
    let server = start(vec![]);
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let reply = request(server.address, method, "/api/v1/events", Some(&server.admin), "");
        assert_eq!((reply.status, reply.header("allow")), (405, Some("GET")), "{method}");
        reply.problem();
    }
    let reply = request(server.address, "HEAD", "/api/v1/events", Some(&server.admin), "");
    assert_eq!((reply.status, reply.body.len()), (405, 0));
}

#[test]
fn what_a_store_says_never_reaches_a_client() {
    let config = ApiConfig { request_deadline: Duration::from_millis(300), ..ApiConfig::default() };
    let server = start_with(config, vec![event(0, "a", "BAB1234")]);
    let id = server.store.events.lock().expect("no panic while held")[0].event_id;
    for (mood, status) in
        [(Mood::Down, 503), (Mood::Unusable, 500), (Mood::Panicking, 500), (Mood::Slow, 503)]
    {
        *server.store.mood.lock().expect("no panic while held") = mood;
        for target in ["/api/v1/events".to_owned(), format!("/api/v1/events/{id}")] {
            let reply = server.get(&target);
            assert_eq!(reply.status, status, "{mood:?}");
            assert!(!reply.problem().is_empty());
            assert!(!String::from_utf8_lossy(&reply.body).contains(SECRET), "{mood:?} tells too much");
            assert_eq!(reply.header("retry-after").is_some(), status == 503, "{mood:?}");
        }
    }
    *server.store.mood.lock().expect("no panic while held") = Mood::Well;
    assert_eq!(server.get("/api/v1/events").status, 200);
}

#[test]
fn a_store_that_is_down_makes_the_program_not_ready_but_alive() {
    let server = start(vec![]);
    *server.store.mood.lock().expect("no panic while held") = Mood::Down;
    assert_eq!(get(server.address, "/healthz", None).status, 200);
    let anonymous = get(server.address, "/readyz", None);
    assert_eq!(anonymous.status, 503);
    assert!(anonymous.json().get("checks").is_none(), "details need a credential");
    let known = server.get("/readyz");
    assert_eq!(known.status, 503);
    known.problem();
    let checks = known.json()["checks"].clone();
    assert_eq!((checks[0]["name"].as_str(), checks[0]["ok"].as_bool()), (Some("store"), Some(false)));
    assert_eq!(checks[1]["ok"], true);
    let auditor = server.token(ovr_api::Role::Auditor, None);
    let body = get(server.address, "/readyz", Some(&auditor)).body;
    assert!(!String::from_utf8_lossy(&body).contains(SECRET), "reasons are for operators and admins");
}

#[test]
fn an_address_that_cannot_be_had_is_one_clear_line() {
    let server = start(vec![]);
    let folder = tempfile::tempdir().expect("folder");
    let opened = Credentials::open(folder.path(), Arc::new(SystemClock::start())).expect("credentials");
    let credentials = Arc::new(opened.0);
    let bind = |address: SocketAddr, config: ApiConfig| {
        let (store, evidence) = (Arc::new(MemoryStore::default()), Arc::new(MemoryEvidence::default()));
        let board = Arc::new(MemoryBoard::default());
        let api = api(config, &store, &evidence, &board, &credentials);
        in_runtime(api.bind(address)).map(|bound| bound.address()).map_err(|error| error.to_string())
    };
    let taken = bind(server.address, ApiConfig::default()).expect_err("in use");
    assert!(taken.contains("in use by another program") && !taken.contains('\n'), "{taken}");
    let outside = SocketAddr::from(([0, 0, 0, 0], 0));
    let open = bind(outside, ApiConfig::default()).expect_err("not loopback");
    assert!(open.contains("other machines"), "{open}");
    let allowed = ApiConfig { allow_remote: true, ..ApiConfig::default() };
    assert!(bind(outside, allowed).is_ok());
    let foreign = SocketAddr::from(([192, 0, 2, 1], 8087));
    let absent =
        bind(foreign, ApiConfig { allow_remote: true, ..ApiConfig::default() }).expect_err("no such address");
    assert!(absent.contains("192.0.2.1"), "{absent}");
}

#[test]
fn the_server_ends_when_it_is_told_to() {
    let server = start(vec![]);
    let address = server.address;
    assert_eq!(server.get("/healthz").status, 200);
    server.stop().expect("a clean end");
    assert!(std::net::TcpStream::connect(address).is_err(), "it still listens");
}
