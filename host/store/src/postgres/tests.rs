use std::collections::BTreeSet;
use std::path::Path;

use tokio_postgres::{Client, Config, NoTls};

use super::*;
use crate::conformance::event_store_suite;

mod database;
mod refusal;
mod schema;

pub(crate) use database::Database;

fn make() -> (PostgresStore, Database) {
    let database = Database::create();
    (database.store(), database)
}

event_store_suite!(make);

#[tokio::test]
async fn many_stores_share_a_database() {
    let (store, database) = make();
    let other = database.store();
    store.upsert(&[event(1, "A")]).await.unwrap();
    other.upsert(&[event(1, "A"), event(2, "B")]).await.unwrap();
    drop(other);
    let again = database.store();
    assert_eq!(texts(&again.search(&all()).await.unwrap().events), ["B", "A"]);
}

#[tokio::test]
async fn consumers_that_store_the_same_passes_at_once_leave_each_in_its_greatest_revision() {
    let (store, _database) = make();
    let store = Arc::new(store);
    let consumers = (0..2).map(|consumer: u32| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for round in 0..10 {
                let mut batch: Vec<_> = (0..50).map(|number| event(number, &format!("R{round}"))).collect();
                for event in &mut batch {
                    event.revision = 1 + 2 * round + consumer;
                }
                // The two come from opposite ends.
                if consumer == 1 {
                    batch.reverse();
                }
                store.upsert(&batch).await.unwrap();
            }
        })
    });
    for consumer in consumers.collect::<Vec<_>>() {
        consumer.await.unwrap();
    }
    let found = store.search(&all()).await.unwrap().events;
    assert_eq!(found.len(), 50);
    assert!(found.iter().all(|event| event.revision == 20), "a smaller revision won");
}

#[tokio::test]
async fn what_was_seen_lately_at_a_site_is_found_however_long_ago_it_was_captured() {
    let (store, _database) = make();
    let site = SiteId::new("site").unwrap();
    let mut parked = event(1, "PARKED");
    parked.last_seen = second(900);
    let mut elsewhere = event(950, "ELSEWHERE");
    elsewhere.site_id = SiteId::new("other").unwrap();
    let mut events = vec![parked, event(2, "LEFT"), suppressed(890, "REPEAT"), unread(905), elsewhere];
    store.upsert(&events).await.unwrap();
    let seen = async |from, max| texts(&store.seen_since(&site, second(from), max).await.unwrap());
    assert_eq!(seen(600, 100).await, ["PARKED", "REPEAT"]);
    assert_eq!(seen(900, 100).await, ["PARKED"]);
    assert_eq!(seen(0, 1).await, ["PARKED"]);
    // A later revision moves it.
    (events[1].revision, events[1].last_seen) = (2, second(901));
    store.upsert(&events[1..2]).await.unwrap();
    assert_eq!(seen(600, 2).await, ["LEFT", "PARKED"]);
}

#[tokio::test]
async fn texts_that_no_column_holds_come_back_all_the_same() {
    let (store, _database) = make();
    let mut odd = event(1, "A\0B");
    odd.plate_normalized = Some(format!("A\0B{}", "Ü".repeat(20_000)));
    odd.lane_id = Some("\0".to_owned());
    odd.country = Some("'; DROP TABLE event; --".to_owned());
    store.upsert(std::slice::from_ref(&odd)).await.unwrap();
    assert_eq!(store.get(odd.event_id).await.unwrap(), Some(odd.clone()));
    let long = plates(PlateMatch::Exact(odd.plate_normalized.unwrap()));
    assert!(store.search(&long).await.unwrap().events.is_empty());
}

#[tokio::test]
async fn a_pass_that_moves_to_another_day_stays_single() {
    let (store, database) = make();
    let mut pass = event(1, "A");
    for (revision, days) in [(1, 0), (3, 40), (2, 3), (4, 1)] {
        pass.revision = revision;
        pass.captured_at = second(days * 86_400);
        store.upsert(std::slice::from_ref(&pass)).await.unwrap();
    }
    assert_eq!(store.get(pass.event_id).await.unwrap(), Some(pass));
    let client = database.connect().await;
    let rows: i64 = client.query_one_scalar("SELECT count(*) FROM event", &[]).await.unwrap();
    assert_eq!(rows, 1);
}
