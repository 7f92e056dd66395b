//! What an attacker sends. The server must answer below 500 or close, and serve the next client as before.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use ovr_api::ApiConfig;
use proptest::test_runner::{Config, TestRunner};

use crate::client::{exchange, read_reply, request};
use crate::fixture::{Running, event, start, start_with};

/// The server still answers a decent client.
fn still_answers(server: &Running) {
    assert_eq!(server.get("/api/v1/events").status, 200);
}

#[test]
fn hostile_paths_reach_nothing() {
    let server = start(vec![event(0, "a", "BAB1234")]);
    let id = server.store.events.lock().expect("no panic while held")[0].evidence[0].id.to_string();
    let upper = id.to_uppercase();
    let bare = id.replace('-', "");
    for tail in [
        "..",
        "../../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "%2e%2e%2f",
        "%00",
        "a%00.jpg",
        "..%5c..%5c",
        "%c0%ae%c0%ae%2f",
        "%ff%fe",
        "%F0%9F%9A%97",
        "*",
        "%25",
        "%",
        "%zz",
        ";",
        "'%20OR%201=1--",
        "..;/",
        "/etc/passwd",
        "//",
        ".",
        "null",
        "0",
        "-1",
        &upper,
        &bare,
        &format!("%7B{id}%7D"),
        &format!("urn:uuid:{id}"),
        &format!("{id}%20"),
        &format!("{id}%0d%0aX-Evil:%201"),
        &format!("{id}/."),
        &format!("../evidence/{id}/x"),
        &format!("{id}/{id}"),
        &"9".repeat(4000),
    ] {
        for room in ["evidence", "events"] {
            let reply = server.get(&format!("/api/v1/{room}/{tail}"));
            assert!([400, 404].contains(&reply.status), "{room}/{tail}: {}", reply.status);
            reply.problem();
            assert!(reply.header("x-evil").is_none());
        }
        for room in ["snapshot.jpg", "stream"] {
            let reply = server.get(&format!("/api/v1/cameras/{tail}/{room}"));
            assert!([400, 404].contains(&reply.status), "{tail}/{room}: {}", reply.status);
            reply.problem();
        }
    }
    assert_eq!(server.get(&format!("/api/v1/evidence/{id}")).status, 200);
}

#[test]
fn no_generated_id_gives_a_picture_or_an_error_of_the_server() {
    let server = start(vec![event(0, "a", "BAB1234")]);
    let alphabet = "([a-f0-9./%\\\\-]|%2e|%2f|%00|%c3%a9|\\.\\./){1,60}";
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&proptest::string::string_regex(alphabet).expect("a pattern"), |id| {
        let reply = server.get(&format!("/api/v1/evidence/{id}"));
        proptest::prop_assert!((400..500).contains(&reply.status), "{} gave {}", id, reply.status);
        Ok(())
    });
    outcome.expect("every id is refused");
}

#[test]
fn hostile_cursors_and_filters_are_refused_by_name() {
    let server = start(vec![event(0, "a", "BAB1234")]);
    for query in [
        "cursor=AAAA",
        "cursor=..%2f..%2f",
        "cursor=%00",
        "cursor=AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
        "limit=1000000000",
        "limit=0x10",
        "limit=1e3",
        "from=0000-00-00T00:00:00Z",
        "until=%F0%9F%9A%97",
        "camera=..",
        "camera=%27%20OR%201=1",
        "plate=%00",
        "match=regex&plate=A",
        "sort=captured_at",
        "include=*",
    ] {
        let reply = server.get(&format!("/api/v1/events?{query}"));
        assert_eq!(reply.status, 400, "{query}");
        assert!(!reply.problem().is_empty());
    }
    assert!(server.get("/api/v1/events?plat=A").problem().contains("did you mean \"plate\"?"));
    assert!(server.get("/healthz?verbose=1").problem().contains("takes none"));
    // Quotes and semicolons are separators like blanks: this asks for the plate DROPTABLEEVENTS.
    let quoted = server.get("/api/v1/events?plate=%27%3B%20DROP%20TABLE%20events%3B--");
    assert_eq!((quoted.status, quoted.json()["events"].as_array().map(Vec::len)), (200, Some(0)));
    // Years far away are times like any other.
    assert_eq!(server.get("/api/v1/events?from=0000-01-01T00:00:00Z").status, 200);
    assert_eq!(
        server.get("/api/v1/events?from=-009998-01-02T00:00:00Z&until=9999-12-30T22:00:00Z").status,
        200
    );
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let server = start(vec![]);
    let admin = Some(server.admin.as_str());
    let status = |further: &str| request(server.address, "GET", "/api/v1/events", admin, further).status;
    assert_eq!(status("Content-Length: 1073741824\r\n"), 413);
    assert_eq!(status("Transfer-Encoding: chunked\r\n"), 413);
    assert_eq!(status("Content-Length: 2\r\nContent-Type: application/json\r\n"), 415);
    assert_eq!(status(&format!("X-Long: {}\r\n", "a".repeat(1024 * 1024))), 431);
    assert_eq!(status(&"X-Many: 1\r\n".repeat(10_000)), 431);
    assert_eq!(status(&"X-Many: 1\r\n".repeat(100)), 431);
    let long = format!("/api/v1/events?plate={}", "a".repeat(9_000));
    assert_eq!(server.get(&long).status, 414);
    let many = format!("/api/v1/events?{}", "camera=a&".repeat(500));
    assert_eq!(server.get(&many).status, 400);
    still_answers(&server);
}

#[test]
fn what_is_no_http_gets_400_or_a_closed_door() {
    let server = start(vec![]);
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /healthz\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(server.address).expect("connect");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
        stream.write_all(bytes).expect("write");
        stream.shutdown(std::net::Shutdown::Write).expect("shutdown");
        if let Some(reply) = read_reply(&mut stream) {
            assert!((400..500).contains(&reply.status), "{:?}: {}", bytes.escape_ascii().to_string(), reply.head);
        }
    }
    still_answers(&server);
}

#[test]
fn a_client_that_dawdles_with_its_head_is_closed() {
    let config = ApiConfig { header_deadline: Duration::from_millis(200), ..ApiConfig::default() };
    let server = start_with(config, vec![]);
    let silent = exchange(server.address, b"");
    let half = exchange(server.address, b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ");
    for reply in [silent, half].into_iter().flatten() {
        assert_eq!(reply.status, 408);
    }
    still_answers(&server);
}

#[test]
fn one_client_cannot_take_every_connection() {
    let config = ApiConfig { connections_per_client_max: 3, ..ApiConfig::default() };
    let server = start_with(config, vec![]);
    let held: Vec<_> = (0..3)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address).expect("connect");
            stream.write_all(b"GET /healthz HTTP/1.1\r\n").expect("write");
            stream
        })
        .collect();
    let refused = exchange(server.address, b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(refused.is_none(), "the fourth connection was served");
    drop(held);
    // Places are given back as the server notices the closed connections.
    let mut served = false;
    for _ in 0..200 {
        let reply =
            exchange(server.address, b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        served = reply.is_some_and(|reply| reply.status == 200);
        if served {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(served, "places were not given back");
}
