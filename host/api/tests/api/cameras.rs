//! The state of cameras, and one picture of them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ovr_api::Role;
use serde_json::Value;

use crate::board::{Gives, jpeg};
use crate::client::get;
use crate::fixture::{Running, start};

fn cameras(server: &Running, token: &str) -> Vec<Value> {
    let reply = get(server.address, "/api/v1/cameras", Some(token));
    assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")));
    reply.json()["cameras"].as_array().expect("cameras").clone()
}

fn names(cameras: &[Value]) -> Vec<&str> {
    cameras.iter().map(|camera| camera["id"].as_str().expect("a name")).collect()
}

#[test]
fn cameras_are_listed_by_name_as_the_board_knows_them() {
    let server = start(vec![]);
    let listed = cameras(&server, &server.admin);
    assert_eq!(names(&listed), ["a", "b", "silent"]);
    assert_eq!(
        (listed[0]["phase"].as_str(), listed[2]["phase"].as_str()),
        (Some("streaming"), Some("failed"))
    );
    assert_eq!(listed[0]["dropped"]["queue_full"], 4);
    assert_eq!(listed[0]["health"]["warnings"], serde_json::json!(["dark", "moved"]));
    assert_eq!((&listed[2]["width"], &listed[2]["health"]["sharpness"]), (&Value::Null, &Value::Null));
    let body = server.get("/api/v1/cameras").body;
    assert!(String::from_utf8_lossy(&body).contains("\"fps\":24.9,"), "a rate keeps its few digits");
}

#[test]
fn a_credential_for_some_cameras_knows_of_no_others() {
    let server = start(vec![]);
    for (allowed, seen) in
        [(&["b", "nowhere"][..], &["b"][..]), (&["a", "silent"], &["a", "silent"]), (&[], &[])]
    {
        for role in Role::ALL {
            let token = server.token(role, Some(allowed));
            assert_eq!(names(&cameras(&server, &token)), seen, "{role:?}");
        }
    }
}

#[test]
fn addresses_and_what_went_wrong_are_for_those_who_run_the_cameras() {
    let server = start(vec![]);
    for role in Role::ALL {
        let may = matches!(role, Role::Operator | Role::Admin);
        for camera in cameras(&server, &server.token(role, None)) {
            let told = [camera["source"].is_string(), camera["reason"].is_string()];
            assert_eq!(told, [may; 2], "{role:?}");
            assert!(camera["phase"].is_string(), "everybody may know whether it works");
        }
    }
}

#[test]
fn a_snapshot_is_the_newest_picture_as_it_was_asked_for_and_nobody_keeps_it() {
    let server = start(vec![]);
    for (query, side_px_max, overlay) in
        [("", 1280, false), ("?width=64&overlay=true", 64, true), ("?overlay=false&width=3840", 3840, false)]
    {
        let reply = server.get(&format!("/api/v1/cameras/b/snapshot.jpg{query}"));
        assert_eq!((reply.status, reply.body), (200, jpeg("b", side_px_max, overlay)), "{query}");
        let header = |name: &str| {
            reply.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
        };
        assert_eq!(header("content-type").as_deref(), Some("image/jpeg"));
        assert_eq!(header("cache-control").as_deref(), Some("no-store"));
        assert_eq!(header("x-captured-at").as_deref(), Some("2026-11-23T08:15:05.000000Z"));
    }
}

#[test]
fn parameters_out_of_range_are_refused_by_name() {
    let server = start(vec![]);
    for (query, name) in [
        ("width=63", "width"),
        ("width=3841", "width"),
        ("width=-64", "width"),
        ("width=640&width=640", "width"),
        ("overlay=yes", "overlay"),
        ("quality=100", "quality"),
        ("fps=0", "fps"),
        ("fps=6", "fps"),
    ] {
        for room in ["snapshot.jpg", "stream"] {
            let reply = server.get(&format!("/api/v1/cameras/a/{room}?{query}"));
            assert_eq!(reply.status, 400, "{room}?{query}");
            assert!(reply.problem().contains(name), "{room}?{query}");
        }
    }
    assert!(server.get("/api/v1/cameras?width=64").problem().contains("takes none"));
    assert_eq!(server.board.encoded.load(Ordering::SeqCst), 0, "nothing was made for them");
}

#[test]
fn a_camera_without_a_picture_one_in_trouble_and_none_at_all_are_told_apart() {
    let server = start(vec![]);
    server.board.set("broken", Gives::Trouble);
    for room in ["snapshot.jpg", "stream"] {
        let ask = |name: &str| server.get(&format!("/api/v1/cameras/{name}/{room}"));
        let silent = ask("silent");
        assert_eq!((silent.status, silent.header("retry-after")), (503, Some("5")), "{room}");
        assert!(silent.problem().contains("no picture now"));
        let broken = ask("broken");
        assert_eq!(broken.status, 500, "{room}");
        assert!(!broken.problem().contains("/var/lib"), "why is for the log");
        let nowhere = ask("nowhere");
        assert_eq!(nowhere.status, 404, "{room}");
        nowhere.problem();
        assert_eq!(ask("..").status, 400, "{room}");
    }
    for path in ["/api/v1/cameras/a", "/api/v1/cameras/a/", "/api/v1/cameras/a/snapshot", "/api/v1/cameras/"]
    {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn however_many_ask_few_pictures_are_made_at_a_time() {
    let server = start(vec![]);
    *server.board.takes.lock().expect("no panic while held") = Duration::from_millis(100);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(server.get("/api/v1/cameras/a/snapshot.jpg").status, 200));
        }
    });
    assert_eq!(server.board.encoded.load(Ordering::SeqCst), 8);
    assert_eq!(server.board.busy_most.load(Ordering::SeqCst), 2);
}
