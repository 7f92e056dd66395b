//! Searching: pages and filters.

use std::collections::HashSet;

use ovr_api::Role;
use ovr_domain::PlateEvent;
use serde_json::Value;

use crate::client::get;
use crate::fixture::{Running, at, event, start, suppressed, unread};

fn plates(reply: &Value) -> Vec<String> {
    let events = reply["events"].as_array().expect("events").iter();
    events.map(|event| event["plate_normalized"].as_str().unwrap_or("-").to_owned()).collect()
}

fn found(server: &Running, query: &str) -> Vec<String> {
    let reply = server.get(&format!("/api/v1/events?{query}"));
    assert_eq!(reply.status, 200, "{query}: {}", String::from_utf8_lossy(&reply.body));
    let mut plates = plates(&reply.json());
    plates.sort();
    plates
}

#[test]
fn a_walk_over_the_pages_gives_every_event_exactly_once_and_the_newest_first() {
    // Five events share each instant, so that a page often ends among equals.
    let events: Vec<_> = (0..237).map(|n| event(n / 5, "a", &format!("P{n}"))).collect();
    let server = start(events);
    let (mut seen, mut last, mut cursor) = (HashSet::new(), String::from("9999"), None::<String>);
    loop {
        let more = cursor.map_or(String::new(), |token| format!("&cursor={token}"));
        let page = server.get(&format!("/api/v1/events?limit=7{more}")).json();
        for event in page["events"].as_array().expect("events") {
            let time = event["captured_at"].as_str().expect("a time").to_owned();
            assert!(time <= last, "{time} comes after {last}");
            last = time;
            assert!(seen.insert(event["event_id"].to_string()), "an event came twice");
        }
        match page["next_cursor"].as_str() {
            Some(token) => cursor = Some(token.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen.len(), 237);
}

#[test]
fn each_filter_leaves_what_it_says() {
    let server = start(vec![
        event(0, "a", "BAB1234"),
        event(60, "b", "BAB1299"),
        event(120, "c", "XAB12"),
        suppressed(event(180, "a", "SUPP1")),
        unread(event(240, "a", "")),
    ]);
    assert_eq!(found(&server, ""), ["BAB1234", "BAB1299", "XAB12"]);
    assert_eq!(found(&server, "include=suppressed"), ["BAB1234", "BAB1299", "SUPP1", "XAB12"]);
    assert_eq!(found(&server, "include=suppressed&include=unread").len(), 5);
    assert_eq!(found(&server, "camera=a,b"), ["BAB1234", "BAB1299"]);
    assert_eq!(found(&server, "camera=b&camera=c"), ["BAB1299", "XAB12"]);
    assert_eq!(found(&server, &format!("from={}&until={}", at(60), at(120))), ["BAB1299"]);
    assert_eq!(found(&server, "plate=b-ab%201234"), ["BAB1234"]);
    assert_eq!(found(&server, "plate=BAB12"), Vec::<String>::new(), "exact is the default");
    assert_eq!(found(&server, "plate=bab12&match=prefix"), ["BAB1234", "BAB1299"]);
    assert_eq!(found(&server, "plate=*AB12&match=wildcard"), ["XAB12"]);
    assert_eq!(found(&server, "plate=BAB12%3F%3F&match=wildcard"), ["BAB1234", "BAB1299"]);
    assert_eq!(found(&server, "plate=%25AB_2&match=wildcard"), Vec::<String>::new());
}

#[test]
fn an_event_is_served_as_the_domain_writes_it() {
    let original = event(0, "a", "BAB1234");
    let server = start(vec![original.clone()]);
    let reply = server.get(&format!("/api/v1/events/{}", original.event_id));
    assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")));
    assert_eq!(reply.body, serde_json::to_vec(&original).expect("JSON"));
    let back: PlateEvent = serde_json::from_slice(&reply.body).expect("an event");
    assert_eq!(back, original);
    let page = server.get("/api/v1/events").json();
    assert_eq!(page["events"][0], reply.json());
}

#[test]
fn a_credential_for_some_cameras_finds_nothing_of_the_others() {
    let events: Vec<_> =
        (0..30).map(|n| event(n, ["a", "b", "c"][n as usize % 3], &format!("P{n}"))).collect();
    let foreign_cursor = {
        let server = start(events.clone());
        server.get("/api/v1/events?camera=c&limit=1").json()["next_cursor"].as_str().expect("more").to_owned()
    };
    let server = start(events);
    let token = server.token(Role::Viewer, Some(&["a", "b"]));
    let nobody = server.token(Role::Viewer, Some(&[]));
    let cameras = |query: &str, token: &str| -> HashSet<String> {
        let reply = get(server.address, &format!("/api/v1/events?limit=500&{query}"), Some(token));
        assert_eq!(reply.status, 200, "{query}");
        let events = reply.json()["events"].as_array().expect("events").clone();
        events.iter().map(|event| event["camera_id"].as_str().expect("a camera").to_owned()).collect()
    };
    let both = HashSet::from(["a".to_owned(), "b".to_owned()]);
    assert_eq!(cameras("", &token), both);
    assert_eq!(cameras(&format!("cursor={foreign_cursor}"), &token), both);
    assert_eq!(cameras("camera=a,c", &token), HashSet::from(["a".to_owned()]));
    assert_eq!(cameras("camera=c", &token), HashSet::new(), "a foreign camera is as empty as an unknown one");
    assert_eq!(cameras("", &nobody), HashSet::new(), "an empty list is no camera, never every camera");
}
