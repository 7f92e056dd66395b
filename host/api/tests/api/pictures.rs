//! Evidence: pictures by opaque id.

use crate::fixture::{JPEG, at, event, start};

#[test]
fn a_picture_is_served_as_a_jpeg_that_no_shared_cache_keeps() {
    let server = start(vec![event(0, "a", "BAB1234")]);
    let id = server.store.events.lock().expect("no panic while held")[0].evidence[0].id;
    let reply = server.get(&format!("/api/v1/evidence/{id}"));
    assert_eq!((reply.status, reply.body.as_slice()), (200, JPEG));
    assert_eq!(reply.header("content-type"), Some("image/jpeg"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(reply.header("cache-control"), Some("private, max-age=300"));
}

#[test]
fn a_picture_that_was_known_and_is_no_longer_kept_is_gone() {
    let mut expired = event(0, "a", "BAB1234");
    expired.evidence[0].expires_at = at(-1_000_000_000);
    let purged = event(1, "a", "BAB1235");
    let (expired_id, purged_id) = (expired.evidence[0].id, purged.evidence[0].id);
    let server = start(vec![expired, purged]);
    server.evidence.pictures.lock().expect("no panic while held").remove(&purged_id);
    for id in [expired_id, purged_id] {
        let reply = server.get(&format!("/api/v1/evidence/{id}"));
        assert_eq!(reply.status, 410);
        reply.problem();
    }
}

#[test]
fn a_picture_that_was_exchanged_on_disk_is_not_served() {
    let server = start(vec![event(0, "a", "BAB1234")]);
    let id = server.store.events.lock().expect("no panic while held")[0].evidence[0].id;
    let other = vec![0xff, 0xd8, 0xff, 0xe0, 9, 9, 9];
    server.evidence.pictures.lock().expect("no panic while held").insert(id, other);
    let reply = server.get(&format!("/api/v1/evidence/{id}"));
    assert_eq!(reply.status, 500);
    assert!(!reply.problem().contains("digest"), "why is for the log");
}
