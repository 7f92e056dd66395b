//! What every store must do, whichever it is. `event_store_suite!(make)` and `evidence_store_suite!(make)` run it,
//! where `make()` gives an empty store and something that keeps it alive.

use std::time::Duration;

use ovr_domain::event::{DedupDecision, EvidenceKind, EvidenceRef, UnreadReason, Verdict, Votes};
use ovr_domain::query::{EventQuery, PlateMatch};
use ovr_domain::read::normalize;
use ovr_domain::{CameraId, Digest, EventId, EvidenceId, PlateEvent, SiteId, Timestamp, TrackId};

pub(crate) fn second(number: u64) -> Timestamp {
    let start: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
    start.plus(Duration::from_secs(number))
}

/// A pass at gate-1 in second `number`.
pub(crate) fn event(number: u64, plate: &str) -> PlateEvent {
    let at = second(number);
    PlateEvent {
        clock_synchronised: true,
        frames_seen: 3,
        plate_observed: Some(plate.to_owned()),
        plate_normalized: Some(normalize(plate)),
        char_confidences: vec![0.9; plate.chars().count()],
        confidence: 0.9,
        votes: Votes { frames: 3, agreeing: 3 },
        unread_reason: None,
        verdict: Verdict::Valid,
        plate_width_px: Some(120.0),
        reader_digest: Some(Digest::of(b"reader")),
        ..PlateEvent::of_pass(
            EventId(uuid::Uuid::from_u64_pair(number, 1)),
            SiteId::new("site").unwrap(),
            CameraId::new("gate-1").unwrap(),
            TrackId(number),
            at,
        )
    }
}

pub(crate) fn unread(number: u64) -> PlateEvent {
    PlateEvent {
        plate_observed: None,
        plate_normalized: None,
        char_confidences: vec![],
        unread_reason: Some(UnreadReason::TooSmall),
        ..event(number, "")
    }
}

pub(crate) fn suppressed(number: u64, plate: &str) -> PlateEvent {
    let mut event = event(number, plate);
    event.dedup.decision = DedupDecision::Suppress;
    event
}

pub(crate) fn picture(id: u64, kind: EvidenceKind) -> EvidenceRef {
    EvidenceRef {
        kind,
        id: EvidenceId(uuid::Uuid::from_u64_pair(id, 2)),
        sha256: Digest::of(b"picture"),
        expires_at: second(id),
    }
}

pub(crate) fn all() -> EventQuery {
    EventQuery { limit: 100, ..EventQuery::default() }
}

pub(crate) fn plates(plate: PlateMatch) -> EventQuery {
    EventQuery { plate: Some(plate), ..all() }
}

/// The plates of a page, in its order; `-` for a vehicle that passed unread.
pub(crate) fn texts(events: &[PlateEvent]) -> Vec<String> {
    let text = |event: &PlateEvent| event.plate_observed.clone().unwrap_or_else(|| "-".to_owned());
    events.iter().map(text).collect()
}

macro_rules! event_store_suite {
    ($make:path) => {
        use ovr_domain::event::{EvidenceKind, Lifecycle};
        use ovr_domain::query::{EventQuery, PlateMatch};
        use ovr_domain::{CameraId, EventId, EvidenceId};
        use $crate::conformance::{all, event, picture, plates, second, suppressed, texts, unread};

        #[tokio::test]
        async fn an_event_comes_back_as_it_went() {
            let (store, _keep) = $make();
            store.ready().await.unwrap();
            let mut stored = event(1, "B-AB 1234");
            stored.evidence = vec![picture(1, EvidenceKind::PlateCrop)];
            store.upsert(&[stored.clone(), unread(2)]).await.unwrap();
            assert_eq!(store.get(stored.event_id).await.unwrap(), Some(stored));
            assert_eq!(store.get(unread(2).event_id).await.unwrap(), Some(unread(2)));
            assert_eq!(store.get(EventId(uuid::Uuid::nil())).await.unwrap(), None);
        }

        #[tokio::test]
        async fn a_greater_revision_replaces_a_smaller_one_in_any_order() {
            let (store, _keep) = $make();
            let first = event(1, "AAA111");
            let mut third = event(9, "AAA117");
            third.event_id = first.event_id;
            third.revision = 3;
            third.lifecycle = Lifecycle::Final;
            let mut second = first.clone();
            second.revision = 2;
            store.upsert(&[first.clone(), first.clone()]).await.unwrap();
            store.upsert(&[third.clone(), second]).await.unwrap();
            store.upsert(&[first.clone(), third.clone()]).await.unwrap();
            assert_eq!(store.get(first.event_id).await.unwrap(), Some(third));
            let found = store.search(&all()).await.unwrap();
            assert_eq!(texts(&found.events), ["AAA117"]);
            let by_old_plate = store.search(&plates(PlateMatch::Exact("AAA111".into()))).await.unwrap();
            assert!(by_old_plate.events.is_empty());
        }

        #[tokio::test]
        async fn pages_are_newest_first_and_miss_and_repeat_nothing() {
            let (store, _keep) = $make();
            // Three events an instant, so that a page may end between two of the same time.
            let mut events: Vec<_> = (0..10).map(|number| event(number, &format!("P{number}"))).collect();
            for (number, event) in events.iter_mut().enumerate() {
                event.captured_at = second(number as u64 / 3);
            }
            store.upsert(&events).await.unwrap();
            let mut seen = Vec::new();
            let mut query = EventQuery { limit: 4, ..all() };
            loop {
                let page = store.search(&query).await.unwrap();
                seen.extend(texts(&page.events));
                assert!(page.events.len() == 4 || page.next.is_none());
                match page.next {
                    Some(next) => query.after = Some(next),
                    None => break,
                }
            }
            let expected: Vec<String> = (0..10).rev().map(|number| format!("P{number}")).collect();
            assert_eq!(seen, expected);
            let last_page = EventQuery { limit: 10, ..all() };
            assert_eq!(store.search(&last_page).await.unwrap().next, None);
        }

        #[tokio::test]
        async fn a_page_is_never_larger_than_the_limit_allows() {
            let (store, _keep) = $make();
            let events: Vec<_> = (0..510).map(|number| event(number, "AAA111")).collect();
            store.upsert(&events).await.unwrap();
            let greedy = EventQuery { limit: u32::MAX, ..all() };
            assert_eq!(store.search(&greedy).await.unwrap().events.len(), 500);
            let none = EventQuery { limit: 0, ..all() };
            assert_eq!(store.search(&none).await.unwrap().events.len(), 1);
        }

        #[tokio::test]
        async fn time_is_from_inclusive_until_exclusive_and_cameras_are_exact() {
            let (store, _keep) = $make();
            let mut other = event(3, "OTHER");
            other.camera_id = CameraId::new("gate-2").unwrap();
            store.upsert(&[event(1, "A"), event(2, "B"), other]).await.unwrap();
            let query = EventQuery { from: Some(second(1)), until: Some(second(2)), ..all() };
            assert_eq!(texts(&store.search(&query).await.unwrap().events), ["A"]);
            let cameras = |names: &[&str]| EventQuery {
                cameras: names.iter().map(|name| CameraId::new(name).unwrap()).collect(),
                ..all()
            };
            assert_eq!(texts(&store.search(&cameras(&["gate-2"])).await.unwrap().events), ["OTHER"]);
            assert_eq!(store.search(&cameras(&["gate-1", "gate-2"])).await.unwrap().events.len(), 3);
            assert!(store.search(&cameras(&["gate"])).await.unwrap().events.is_empty());
        }

        #[tokio::test]
        async fn repeats_and_unread_vehicles_come_only_when_asked_for() {
            let (store, _keep) = $make();
            store.upsert(&[event(1, "A"), suppressed(2, "A"), unread(3)]).await.unwrap();
            assert_eq!(texts(&store.search(&all()).await.unwrap().events), ["A"]);
            let both = EventQuery { with_suppressed: true, with_unread: true, ..all() };
            assert_eq!(texts(&store.search(&both).await.unwrap().events), ["-", "A", "A"]);
        }

        #[tokio::test]
        async fn plates_are_found_exactly_by_prefix_and_by_wildcard_also_when_corrected() {
            let (store, _keep) = $make();
            let mut corrected = event(4, "0PQ4");
            corrected.plate_corrected = Some("OPQ-4".to_owned());
            store
                .upsert(&[event(1, "AB-123"), event(2, "AB-124"), event(3, "CB-123"), corrected])
                .await
                .unwrap();
            let find = async |plate| texts(&store.search(&plates(plate)).await.unwrap().events);
            assert_eq!(find(PlateMatch::Exact("AB123".into())).await, ["AB-123"]);
            assert_eq!(find(PlateMatch::Exact("AB12".into())).await, [""; 0]);
            assert_eq!(find(PlateMatch::Exact("OPQ4".into())).await, ["0PQ4"]);
            assert_eq!(find(PlateMatch::Exact("0PQ4".into())).await, ["0PQ4"]);
            assert_eq!(find(PlateMatch::Prefix("AB".into())).await, ["AB-124", "AB-123"]);
            assert_eq!(find(PlateMatch::Prefix("OP".into())).await, ["0PQ4"]);
            assert_eq!(find(PlateMatch::Wildcard("?B123".into())).await, ["CB-123", "AB-123"]);
            assert_eq!(find(PlateMatch::Wildcard("*4".into())).await, ["0PQ4", "AB-124"]);
            assert_eq!(find(PlateMatch::Wildcard("A*2?".into())).await, ["AB-124", "AB-123"]);
            assert_eq!(find(PlateMatch::Wildcard("AB12".into())).await, [""; 0]);
        }

        #[tokio::test]
        async fn patterns_are_never_more_than_patterns() {
            let (store, _keep) = $make();
            store.upsert(&[event(1, "AB123")]).await.unwrap();
            for hostile in
                ["%", "_____", "[A]B123", "AB12[0-9]", "' OR 1=1 --", "\\", "a]", "^", "AB123\0", "*'"]
            {
                for plate in [
                    PlateMatch::Exact(hostile.into()),
                    PlateMatch::Prefix(hostile.into()),
                    PlateMatch::Wildcard(hostile.into()),
                ] {
                    let found = store.search(&plates(plate.clone())).await.unwrap();
                    assert!(found.events.is_empty(), "{plate:?}");
                }
            }
            let stars = PlateMatch::Wildcard("*A*".repeat(40));
            assert!(store.search(&plates(stars)).await.unwrap().events.is_empty());
        }

        #[tokio::test]
        async fn a_picture_belongs_to_the_first_event_that_names_it() {
            let (store, _keep) = $make();
            let mut owner = event(1, "A");
            owner.evidence = vec![picture(5, EvidenceKind::PlateCrop)];
            let mut later = owner.clone();
            later.revision = 2;
            later.evidence = vec![picture(6, EvidenceKind::Scene)];
            let mut thief = event(2, "B");
            thief.camera_id = CameraId::new("elsewhere").unwrap();
            thief.evidence = vec![picture(5, EvidenceKind::PlateCrop)];
            store.upsert(&[owner.clone(), later, thief]).await.unwrap();
            let gate = CameraId::new("gate-1").unwrap();
            for (id, kind) in [(5, EvidenceKind::PlateCrop), (6, EvidenceKind::Scene)] {
                let found = store.evidence_owner(picture(id, kind).id).await.unwrap();
                assert_eq!(found, Some((owner.event_id, gate.clone(), kind)));
            }
            assert_eq!(store.evidence_owner(EvidenceId(uuid::Uuid::nil())).await.unwrap(), None);
        }

        #[tokio::test]
        async fn events_before_a_cutoff_are_purged_in_bites_with_their_pictures() {
            let (store, _keep) = $make();
            let mut events: Vec<_> = (1..=8).map(|number| event(number, &format!("P{number}"))).collect();
            for (number, event) in (1..).zip(&mut events) {
                event.evidence = vec![picture(number, EvidenceKind::Scene)];
            }
            store.upsert(&events).await.unwrap();
            assert_eq!(store.purge_before(second(6), 3).await, Ok(3));
            assert_eq!(store.purge_before(second(6), 3).await, Ok(2));
            assert_eq!(store.purge_before(second(6), 3).await, Ok(0));
            assert_eq!(texts(&store.search(&all()).await.unwrap().events), ["P8", "P7", "P6"]);
            assert_eq!(store.get(events[4].event_id).await, Ok(None));
            let owner =
                async |number| store.evidence_owner(picture(number, EvidenceKind::Scene).id).await.unwrap();
            assert_eq!(owner(5).await, None);
            assert!(owner(6).await.is_some());
        }

        #[tokio::test]
        async fn readers_answer_while_events_are_written() {
            let (store, _kept) = $make();
            let store = std::sync::Arc::new(store);
            let writing = std::sync::Arc::clone(&store);
            let writer = tokio::spawn(async move {
                for round in 0..20 {
                    let batch: Vec<_> = (0..20).map(|number| event(round * 20 + number, "AAA111")).collect();
                    writing.upsert(&batch).await.unwrap();
                }
            });
            while !writer.is_finished() {
                let page = store.search(&EventQuery { limit: 500, ..all() }).await.unwrap();
                assert_eq!(page.events.len() % 20, 0, "half a batch was seen");
                tokio::task::yield_now().await;
            }
            writer.await.unwrap();
            assert_eq!(store.search(&EventQuery { limit: 500, ..all() }).await.unwrap().events.len(), 400);
        }

        #[tokio::test]
        async fn numbers_and_times_without_a_text_are_stored_nearest_to_it() {
            let (store, _keep) = $make();
            for micros in [i64::MIN, i64::MAX, 0] {
                let mut odd = event(micros.unsigned_abs(), "ODD");
                odd.captured_at = ovr_domain::Timestamp::from_micros(micros);
                odd.last_seen = odd.captured_at;
                odd.confidence = f32::NAN;
                odd.char_confidences = vec![f32::INFINITY, 1e-45, f32::MAX];
                odd.plate_width_px = Some(f32::NEG_INFINITY);
                store.upsert(&[odd.clone()]).await.unwrap();
                let back = store.get(odd.event_id).await.unwrap().unwrap();
                assert_eq!(back.char_confidences, [0.0, 1e-45, f32::MAX]);
                assert_eq!(back.plate_width_px, None);
            }
            assert_eq!(store.search(&all()).await.unwrap().events.len(), 3);
        }
    };
}
pub(crate) use event_store_suite;

macro_rules! evidence_store_suite {
    ($make:path) => {
        #[test]
        fn a_picture_comes_back_as_it_went_and_may_be_put_twice() {
            let (store, _keep) = $make();
            for kind in [EvidenceKind::PlateCrop, EvidenceKind::VehicleCrop, EvidenceKind::Scene] {
                let one = picture(kind, noon(), 1234);
                assert_eq!(store.put(&one), Ok(Kept::Stored));
                assert_eq!(store.put(&one), Ok(Kept::Stored));
                assert_eq!(store.get(one.id), Ok(Some(one.jpeg)));
            }
            assert_eq!(store.used_bytes(), 3 * 1234);
        }

        #[test]
        fn a_picture_that_was_never_put_is_not_there() {
            let (store, _keep) = $make();
            assert_eq!(store.get(EvidenceId::mint(noon())), Ok(None));
        }

        #[test]
        fn a_picture_larger_than_any_is_shed() {
            let (store, _keep) = $make();
            let one = picture(EvidenceKind::PlateCrop, noon(), 1_000_001);
            assert_eq!(store.put(&one), Ok(Kept::Shed));
            assert_eq!(store.get(one.id), Ok(None));
        }

        #[test]
        fn many_workers_together_stay_within_the_quota() {
            let (store, _keep) = $make();
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for _ in 0..20 {
                            store.put(&picture(EvidenceKind::PlateCrop, noon(), 30_000)).unwrap();
                        }
                    });
                }
            });
            assert_eq!(store.used_bytes(), 33 * 30_000);
        }
    };
}
pub(crate) use evidence_store_suite;
