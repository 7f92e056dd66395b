//! Migrations, partitions and plans.

use super::*;

/// An event as each version of the schema stored it.
fn fixture(version: i64) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/postgres-v{version}.sql"));
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[tokio::test]
async fn a_database_of_any_earlier_version_is_brought_up_to_date_with_what_it_holds() {
    for version in 1..=open::newest() {
        let database = Database::create();
        let server = Server::new(database.address(), database.password()).unwrap();
        let target = Target::Version(version.try_into().unwrap());
        open::prepare(&server, target).await.unwrap();
        database.connect().await.batch_execute(&fixture(version)).await.unwrap();
        let store = database.store();
        store.prepare().await.unwrap();
        let found = store.search(&plates(PlateMatch::Exact("OLD1".into()))).await.unwrap().events;
        assert_eq!(texts(&found), ["OLD-1"], "version {version}");
        assert_eq!(store.get(found[0].event_id).await.unwrap().as_ref(), Some(&found[0]));
        let picture = found[0].evidence[0].id;
        assert!(store.evidence_owner(picture).await.unwrap().is_some());
        let newer = PlateEvent { revision: found[0].revision + 1, ..found[0].clone() };
        store.upsert(std::slice::from_ref(&newer)).await.unwrap();
        assert_eq!(store.search(&all()).await.unwrap().events, [newer]);
    }
}

#[tokio::test]
async fn many_processes_may_migrate_at_once_and_again() {
    let database = Database::create();
    let stores: Vec<_> = (0..6).map(|_| database.store()).collect();
    let preparing: Vec<_> =
        stores.into_iter().map(|store| tokio::spawn(async move { store.prepare().await })).collect();
    for prepared in preparing {
        prepared.await.unwrap().unwrap();
    }
    database.store().prepare().await.unwrap();
    let client = database.connect().await;
    let applied: i64 =
        client.query_one_scalar("SELECT count(*) FROM refinery_schema_history", &[]).await.unwrap();
    assert_eq!(applied, open::newest());
}

#[test]
fn both_stores_have_the_same_migrations() {
    let names = |store: &str| -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(store);
        let files = std::fs::read_dir(folder).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("postgres"), names("sqlite"));
}

async fn partitions(client: &Client) -> Vec<String> {
    let sql =
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'event'::regclass ORDER BY 1";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn days_are_made_ahead_and_what_strayed_is_brought_home() {
    let (store, database) = make();
    store.prepare().await.unwrap();
    let client = database.connect().await;
    if store.inner.partitions().await == Ok(Partitions::Timescale) {
        // TimescaleDB makes and drops its chunks itself.
        return;
    }
    let now = "SELECT (extract(epoch FROM now()) * 1000000)::bigint";
    let now = Timestamp::from_micros(client.query_one_scalar(now, &[]).await.unwrap());
    let day = |ahead: u64| now.plus(Duration::from_hours(24 * ahead));
    let at = |number, time| PlateEvent { captured_at: time, ..event(number, "A") };
    store.upsert(&[at(1, now)]).await.unwrap();
    assert_eq!(partitions(&client).await.len(), 1 + 3, "today and two days ahead");
    // A clock that is wrong makes no days.
    let wild =
        [at(2, day(9)), at(3, Timestamp::from_micros(0)), at(4, now.minus(Duration::from_hours(24 * 500)))];
    store.upsert(&wild).await.unwrap();
    assert_eq!(partitions(&client).await.len(), 4);
    let strays = "SELECT count(*) FROM event_stray";
    assert_eq!(client.query_one_scalar::<i64, _>(strays, &[]).await.unwrap(), 3);
    // An event that came before its day was made moves when it is.
    let made = "SELECT event_make_day((now() - interval '30 days')::date)";
    let early = "INSERT INTO event SELECT event_id, revision, lifecycle, site_id, camera_id, lane_id,
        now() - interval '30 days', last_seen, plate_normalized, plate_corrected, confidence, unread, country, verdict,
        vehicle_class, direction, dedup_decision, repeats_event_id, event FROM event WHERE captured_at < '1971-01-01'";
    client.batch_execute(early).await.unwrap();
    assert!(client.query_one_scalar::<bool, _>(made, &[]).await.unwrap());
    assert!(!client.query_one_scalar::<bool, _>(made, &[]).await.unwrap(), "a day is made once");
    assert_eq!(client.query_one_scalar::<i64, _>(strays, &[]).await.unwrap(), 3);
    assert_eq!(partitions(&client).await.len(), 5);
    // Days that are over go as a whole, and the last of the strays in bites.
    store.upsert(&[at(5, now.minus(Duration::from_hours(48)))]).await.unwrap();
    let purged = store.purge_before(now.minus(Duration::from_hours(24)), 100).await;
    assert_eq!(purged, Ok(3), "two that strayed and one of the day before yesterday");
    let left = partitions(&client).await;
    let yesterday = "SELECT to_char(now() - interval '1 day', '\"event_\"YYYYMMDD')";
    let yesterday: String = client.query_one_scalar(yesterday, &[]).await.unwrap();
    assert!(left.iter().all(|name| name == "event_stray" || *name >= yesterday), "{left:?}");
    assert_eq!(
        store.search(&all()).await.unwrap().events.len(),
        2,
        "today and the one that is nine days ahead"
    );
}

#[tokio::test]
async fn plates_and_pages_are_found_by_index() {
    let (store, database) = make();
    let many: Vec<_> = (0..4_000).map(|number| event(number * 30, &format!("AB{number}"))).collect();
    store.upsert(&many).await.unwrap();
    let client = database.connect().await;
    let filled = client.query("SELECT DISTINCT tableoid::regclass::text FROM event", &[]).await.unwrap();
    let plan = async |query: &EventQuery| {
        let plan = Search::of(query).run_as(&client, "EXPLAIN (COSTS off) ").await.unwrap().join("\n");
        for part in &filled {
            let name = part.get::<_, &str>(0).rsplit('.').next().unwrap();
            assert!(!plan.contains(&format!("Seq Scan on {name}")), "{plan}");
        }
        plan
    };
    for analysed in [false, true] {
        if analysed {
            client.batch_execute("ANALYZE").await.unwrap();
        }
        let exact = plan(&plates(PlateMatch::Exact("AB17".into()))).await;
        assert!(exact.contains("plate_normalized"), "{exact}");
        plan(&plates(PlateMatch::Prefix("AB17".into()))).await;
    }
    let page = plan(&all()).await;
    assert!(page.contains("Index Scan"), "{page}");
    // A few thousand rows are read as fast as the index.
    client.batch_execute("SET enable_seqscan = off").await.unwrap();
    let wildcard = plan(&plates(PlateMatch::Wildcard("*B17*".into()))).await;
    assert!(wildcard.contains("plate_corrected_idx") || wildcard.contains("trigram"), "{wildcard}");
    let sum = "SELECT sum(events)::bigint FROM event_by_hour";
    assert_eq!(client.query_one_scalar::<i64, _>(sum, &[]).await.unwrap(), 4_000);
}
