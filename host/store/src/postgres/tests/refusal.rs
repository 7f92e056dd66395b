//! What is refused for good, and what may pass.

use ovr_domain::time::{Clock as _, SystemClock};

use super::*;

#[tokio::test]
async fn databases_that_are_not_ours_are_refused_in_one_line() {
    let database = Database::create();
    let client = database.connect().await;
    client.batch_execute("CREATE TABLE event (name text)").await.unwrap();
    let refused = database.store().prepare().await.unwrap_err();
    assert!(matches!(refused, Error::Foreign { .. }), "{refused}");
    assert!(!refused.to_string().contains('\n'));

    let database = Database::create();
    database.store().prepare().await.unwrap();
    let newer = "INSERT INTO refinery_schema_history VALUES (99, 'later', '2030-01-01T00:00:00Z', '1')";
    database.connect().await.batch_execute(newer).await.unwrap();
    let refused = database.store().prepare().await.unwrap_err();
    assert!(matches!(refused, Error::Newer { found: 99, .. }), "{refused}");
    let used = database.store().upsert(&[event(1, "A")]).await;
    assert!(matches!(used, Err(StoreError::Unusable { .. })), "{used:?}");

    let latin = "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0";
    let refused = Database::create_as(latin).store().prepare().await.unwrap_err();
    assert!(refused.to_string().contains("LATIN1"), "{refused}");
}

#[tokio::test]
async fn who_comes_with_a_wrong_name_is_refused_and_may_be_let_in_later() {
    let database = Database::create();
    let nowhere = format!("{}_gone", database.address());
    let store = PostgresStore::new(nowhere.parse().unwrap(), database.password()).unwrap();
    let refused = store.prepare().await.unwrap_err();
    assert!(matches!(refused, Error::Refused { .. }), "{refused}");
    // While running it only makes the consumer wait.
    assert!(matches!(store.ready().await, Err(StoreError::Unavailable { .. })));

    let unreadable: PasswordSource = Arc::new(|| Err("the password file is not there".to_owned()));
    let refused = PostgresStore::new(database.address(), unreadable).unwrap().prepare().await.unwrap_err();
    assert!(refused.to_string().contains("password file"), "{refused}");
}

#[tokio::test]
async fn a_server_that_is_down_or_silent_makes_the_consumer_wait() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = |listener: &std::net::TcpListener| {
        let port = listener.local_addr().unwrap().port();
        format!("postgres://ovr@127.0.0.1:{port}/ovr").parse().unwrap()
    };
    let none: PasswordSource = Arc::new(|| Ok(None));
    let down = PostgresStore::new(address(&closed), Arc::clone(&none)).unwrap();
    drop(closed);
    // It takes connections and says nothing, like a server that was unplugged.
    let listening = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = PostgresStore::new(address(&listening), none).unwrap();
    for store in [down, silent] {
        let clock = SystemClock::start();
        let stored = store.upsert(&[event(1, "A")]).await;
        assert!(matches!(stored, Err(StoreError::Unavailable { .. })), "{stored:?}");
        assert!(matches!(store.search(&all()).await, Err(StoreError::Unavailable { .. })));
        assert!(clock.monotonic() < Duration::from_secs(30));
    }
}

#[tokio::test]
async fn connections_that_were_cut_are_made_anew() {
    let (store, database) = make();
    store.upsert(&[event(1, "A")]).await.unwrap();
    assert_eq!(store.search(&all()).await.unwrap().events.len(), 1);
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'ovr-alpr'";
    let cut: i64 = database.connect().await.query_one_scalar(cut, &[]).await.unwrap();
    assert!(cut >= 2, "{cut} connections");
    let mut attempts = 0;
    while let Err(error) = store.upsert(&[event(2, "B")]).await {
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
        attempts += 1;
        assert!(attempts < 5, "{error}");
    }
    while store.search(&all()).await.is_err() {
        attempts += 1;
        assert!(attempts < 10);
    }
    assert_eq!(texts(&store.search(&all()).await.unwrap().events), ["B", "A"]);
}

#[tokio::test]
async fn a_statement_past_its_deadline_is_given_up_and_the_next_is_answered() {
    let database = Database::create();
    let server = Arc::new(Server::new(database.address(), database.password()).unwrap());
    let pool = Pool::new(server, Purpose::Read, 1, Duration::from_secs(2));
    let lease = pool.lease().await.unwrap();
    let slept = pool.within(lease.session.client.batch_execute("SELECT pg_sleep(60)")).await;
    let slept = lease.settle(slept);
    assert!(matches!(slept, Err(StoreError::Unavailable { .. })), "{slept:?}");
    let lease = pool.lease().await.unwrap();
    assert!(matches!(pool.lease().await, Err(StoreError::Unavailable { .. })), "one is all there is");
    let one = pool.within(lease.session.client.query_one_scalar::<i32, _>("SELECT 1", &[])).await;
    assert_eq!(lease.settle(one), Ok(1));
    let lease = pool.lease().await.unwrap();
    let written = pool.within(lease.session.client.batch_execute("CREATE TABLE one (n int)")).await;
    assert!(lease.settle(written).is_err(), "a reader only reads");
}

#[tokio::test]
async fn what_no_second_attempt_can_mend_is_unusable_and_the_rest_may_pass() {
    let database = Database::create();
    let client = database.connect().await;
    for (code, usable) in [
        ("40P01", true), // deadlock
        ("53100", true), // disk full
        ("53300", true), // too many connections
        ("57014", true), // statement time-out
        ("55P03", true), // lock time-out
        ("57P03", true), // starting up
        ("22021", false),
        ("23505", false),
        ("42P01", false),
        ("42501", false),
        ("XX001", false),
    ] {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'it was wanted' USING ERRCODE = '{code}'; END $$");
        let error = failure::failed(&client.batch_execute(&raise).await.unwrap_err());
        assert_eq!(matches!(error, StoreError::Unavailable { .. }), usable, "{code}: {error}");
        assert!(error.to_string().contains(code), "{error}");
    }
}
