//! What every bus must do. `event_bus_suite!(make)` runs it, where `make()` gives a bus, its
//! subscription, and a function that counts the dead letters.

use ovr_domain::EventId;
use ovr_domain::port::Envelope;

/// An envelope with an id, a key and a payload that tell it from the others.
pub(crate) fn envelope(number: u64) -> Envelope {
    Envelope {
        event_id: EventId(uuid::Uuid::from_u64_pair(3, number)),
        key: "site/gate-1".to_owned(),
        payload: number.to_le_bytes().to_vec(),
    }
}

macro_rules! event_bus_suite {
    ($make:path) => {
        use ovr_domain::port::{BusError, EventBus as _, EventSubscription as _};
        use std::time::Duration;

        use $crate::bus::conformance::envelope;

        const SOON: Duration = Duration::from_millis(50);

        #[tokio::test]
        async fn records_arrive_in_order_and_as_they_were() {
            let (bus, mut subscription, _kept) = $make();
            let batch: Vec<_> = (0..10).map(envelope).collect();
            let sent = batch.clone();
            let publishing = tokio::spawn(async move { bus.publish(&sent).await });
            let mut polled = Vec::new();
            while polled.len() < 10 {
                let some = subscription.poll(3).await.unwrap();
                assert!((1..=3).contains(&some.len()));
                polled.extend(some);
            }
            assert!(polled.windows(2).all(|pair| pair[0].offset < pair[1].offset));
            let payloads: Vec<_> = polled.into_iter().map(|delivery| delivery.payload).collect();
            assert_eq!(payloads, batch.into_iter().map(|envelope| envelope.payload).collect::<Vec<_>>());
            subscription.commit().await.unwrap();
            publishing.await.unwrap().unwrap();
        }

        #[tokio::test]
        async fn a_dead_letter_is_kept_with_its_reason_and_offset() {
            let (bus, mut subscription, kept) = $make();
            let publishing = tokio::spawn(async move { bus.publish(&[envelope(1)]).await });
            let polled = subscription.poll(10).await.unwrap();
            subscription.dead_letter(&polled[0], "it is no event").await.unwrap();
            subscription.commit().await.unwrap();
            publishing.await.unwrap().unwrap();
            assert_eq!(kept(), [(polled[0].offset, "it is no event".to_owned())]);
        }

        #[tokio::test]
        async fn an_empty_batch_is_published_at_once() {
            let (bus, _subscription, _kept) = $make();
            bus.publish(&[]).await.unwrap();
        }

        #[tokio::test]
        async fn publishing_without_a_consumer_is_an_error_and_polling_without_a_publisher_the_end() {
            let (bus, subscription, _kept) = $make();
            drop(subscription);
            assert!(bus.publish(&[envelope(1)]).await.is_err());
            let (bus, mut subscription, _kept) = $make();
            drop(bus);
            assert_eq!(subscription.poll(1).await, Err(BusError::Closed));
        }

        #[tokio::test]
        async fn dropping_a_poll_loses_nothing() {
            let (bus, mut subscription, _kept) = $make();
            assert!(tokio::time::timeout(SOON, subscription.poll(5)).await.is_err());
            let publishing = tokio::spawn(async move { bus.publish(&[envelope(1)]).await });
            assert_eq!(subscription.poll(5).await.unwrap()[0].payload, envelope(1).payload);
            subscription.commit().await.unwrap();
            publishing.await.unwrap().unwrap();
        }
    };
}

mod local {
    use ovr_domain::time::SystemClock;
    use std::sync::Arc;

    use crate::bus::{LocalBus, LocalSubscription, local_bus};
    use crate::spool::{Spool, SpoolConfig};

    type Kept = Box<dyn Fn() -> Vec<(u64, String)>>;

    fn make() -> (LocalBus, LocalSubscription, Kept) {
        let dir = tempfile::tempdir().unwrap();
        let install = "0190f5fe-7c00-7a00-8000-000000000001".parse().unwrap();
        let clock = Arc::new(SystemClock::start());
        let spool = Spool::open(dir.path(), SpoolConfig::default(), install, clock).unwrap();
        let (bus, subscription) = local_bus(4, spool.dead_letters());
        let kept = move || {
            let _dir = &dir;
            let letters = spool.dead_letters().list(10).unwrap();
            letters.into_iter().map(|dead| (dead.letter.offset, dead.letter.reason)).collect()
        };
        (bus, subscription, Box::new(kept))
    }

    event_bus_suite!(make);

    #[tokio::test]
    async fn publishing_ends_when_the_consumer_committed_and_not_before() {
        let (bus, mut subscription, _kept) = make();
        let mut publishing = tokio::spawn(async move { bus.publish(&[envelope(1), envelope(2)]).await });
        assert_eq!(subscription.poll(1).await.unwrap().len(), 1);
        subscription.commit().await.unwrap();
        assert!(tokio::time::timeout(SOON, &mut publishing).await.is_err(), "half of it was committed");
        assert_eq!(subscription.poll(1).await.unwrap().len(), 1);
        assert!(tokio::time::timeout(SOON, &mut publishing).await.is_err(), "the rest is only polled");
        subscription.commit().await.unwrap();
        publishing.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_batch_whose_publisher_gave_up_is_not_delivered() {
        let (bus, mut subscription, _kept) = make();
        assert!(tokio::time::timeout(SOON, bus.publish(&[envelope(1)])).await.is_err());
        let publishing = tokio::spawn(async move { bus.publish(&[envelope(2)]).await });
        assert_eq!(subscription.poll(9).await.unwrap()[0].payload, envelope(2).payload);
        subscription.commit().await.unwrap();
        publishing.await.unwrap().unwrap();
    }
}
