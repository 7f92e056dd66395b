use std::fs;

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::conformance::event_store_suite;

fn install() -> InstallId {
    "0190f5fe-7c00-7a00-8000-000000000001".parse().unwrap()
}

fn make() -> (SqliteStore, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&dir.path().join("events.db"), install()).unwrap();
    (store, dir)
}

event_store_suite!(make);

#[tokio::test]
async fn events_survive_a_restart() {
    let (store, dir) = make();
    store.upsert(&[event(1, "A")]).await.unwrap();
    drop(store);
    let store = SqliteStore::open(&dir.path().join("events.db"), install()).unwrap();
    assert_eq!(texts(&store.search(&all()).await.unwrap().events), ["A"]);
}

#[tokio::test]
async fn what_was_seen_lately_is_found_however_long_ago_it_was_captured() {
    let (store, dir) = make();
    // A car that was captured long ago and left just now; one that was captured and left long ago.
    let mut parked = event(1, "PARKED");
    parked.last_seen = second(900);
    let mut events = vec![parked.clone(), event(2, "LEFT"), suppressed(890, "REPEAT"), unread(905)];
    store.upsert(&events).await.unwrap();
    let seen = store.seen_since(second(600), 100).await.unwrap();
    assert_eq!(texts(&seen), ["PARKED", "REPEAT"]);
    assert_eq!(texts(&store.seen_since(second(900), 100).await.unwrap()), ["PARKED"]);
    assert_eq!(texts(&store.seen_since(second(0), 1).await.unwrap()), ["PARKED"]);
    // A later revision moves it.
    (events[1].revision, events[1].last_seen) = (2, second(901));
    store.upsert(&events[1..2]).await.unwrap();
    assert_eq!(texts(&store.seen_since(second(600), 2).await.unwrap()), ["LEFT", "PARKED"]);
    let connection = Connection::open(dir.path().join("events.db")).unwrap();
    let explain = format!("EXPLAIN QUERY PLAN {SEEN_SINCE}");
    let plan: String = connection.query_row(&explain, [0, 1], |row| row.get(3)).unwrap();
    assert!(plan.contains("event_by_last_seen"), "{plan}");
}

#[test]
fn stores_that_are_not_ours_are_refused_in_one_line() {
    let (store, dir) = make();
    drop(store);
    let file = dir.path().join("events.db");
    let other: InstallId = "0190f5fe-7c00-7a00-8000-000000000002".parse().unwrap();
    let refused = SqliteStore::open(&file, other).unwrap_err();
    assert!(matches!(refused, Error::OtherInstall { .. }), "{refused}");
    assert!(!refused.to_string().contains('\n'));

    let newer = "INSERT INTO refinery_schema_history VALUES (99, 'later', '2030-01-01T00:00:00Z', '1')";
    Connection::open(&file).unwrap().execute_batch(newer).unwrap();
    let refused = SqliteStore::open(&file, install()).unwrap_err();
    assert!(matches!(refused, Error::Newer { found: 99, known: 1, .. }), "{refused}");

    let foreign = dir.path().join("recipes.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE recipe (name)").unwrap();
    assert!(matches!(SqliteStore::open(&foreign, install()), Err(Error::Foreign { .. })));

    let text = dir.path().join("list.txt");
    fs::write(&text, "milk, eggs").unwrap();
    assert!(matches!(SqliteStore::open(&text, install()), Err(Error::Foreign { .. })));
    assert!(matches!(SqliteStore::open(&text.join("events.db"), install()), Err(Error::Unwritable { .. })));
}

#[test]
fn plates_and_pages_are_found_by_index() {
    let (store, dir) = make();
    drop(store);
    let connection = Connection::open(dir.path().join("events.db")).unwrap();
    let plan = |query: &EventQuery| query::Statement::of(query).plan(&connection);
    let exact = plan(&plates(PlateMatch::Exact("A".into())));
    assert!(exact.contains("event_by_plate") && exact.contains("event_by_corrected"), "{exact}");
    let wildcard = plan(&plates(PlateMatch::Wildcard("A*".into())));
    assert!(wildcard.contains("event_by_plate") && wildcard.contains("event_by_corrected"), "{wildcard}");
    let page = plan(&all());
    assert!(page.contains("event_by_time") && !page.contains("TEMP B-TREE"), "{page}");
}

#[tokio::test]
async fn a_query_past_its_deadline_is_interrupted_and_the_connection_lives() {
    let pool = Pool::new(vec![Connection::open_in_memory().unwrap()]);
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let count =
        move |connection: &mut Connection| connection.query_row(endless, [], |row| row.get::<_, i64>(0));
    let stopped = pool.run(Duration::from_millis(50), count).await;
    assert!(matches!(stopped, Err(StoreError::Unavailable { .. })), "{stopped:?}");
    let one = |connection: &mut Connection| connection.query_row("SELECT 1", [], |row| row.get::<_, i64>(0));
    assert_eq!(pool.run(Duration::from_secs(5), one).await, Ok(1));
}

#[tokio::test]
async fn what_no_second_attempt_can_mend_is_unusable() {
    let pool = Pool::new(vec![Connection::open_in_memory().unwrap()]);
    let deadline = Duration::from_secs(5);
    let violate = |connection: &mut Connection| {
        connection
            .execute_batch("CREATE TABLE one (n INTEGER NOT NULL) STRICT; INSERT INTO one VALUES (NULL)")
    };
    let refused = pool.run(deadline, violate).await;
    assert!(matches!(refused, Err(StoreError::Unusable { .. })), "{refused:?}");
    let panic = |_: &mut Connection| -> rusqlite::Result<()> { panic!("this test wants it so") };
    for _ in 0..2 {
        let lost = pool.run(deadline, panic).await;
        assert!(
            matches!(&lost, Err(StoreError::Unusable { reason }) if reason.contains("panic")),
            "{lost:?}"
        );
    }
}
