//! A model test: the same random operations on SQLite and PostgreSQL, every answer compared. SQLite is the model: a map of
//! rows with one writer. A failure names the seed and the operation, which repeat it.

use ovr_domain::event::{DedupDecision, Direction, EvidenceKind, Lifecycle, UnreadReason, Verdict};
use ovr_domain::port::EventStore;
use ovr_domain::query::{EventQuery, PlateMatch};
use ovr_domain::{CameraId, EventId, InstallId, PlateEvent, SiteId, Timestamp};

use crate::conformance::{event, picture, second, unread};
use crate::postgres::tests::Database;
use crate::{PostgresStore, SqliteStore};

const SEEDS: u64 = 6;
const OPERATIONS: usize = 80;

/// Plates that resemble each other, and texts that mean something to a pattern.
const PLATES: [&str; 12] =
    ["ABC123", "ABC124", "A8C123", "AB", "ABCABC", "123ABC", "%", "A_C123", "[A]", "ÄÖ1", "a1", "\\"];
const PATTERNS: [&str; 12] =
    ["*", "A*", "*123", "?BC12?", "*BC1*", "%", "A_C123", "[A]", "*\\", "?", "Ä*", "ABC*ABC*"];
const CAMERAS: [&str; 3] = ["gate-1", "gate-2", "yard"];

/// Marsaglia's xorshift64 (2003).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % end
    }

    fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    fn of<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts[self.below(texts.len() as u64) as usize]
    }

    /// Now and then the same instant, another day, or a clock that was never set.
    fn time(&mut self) -> Timestamp {
        match self.below(10) {
            0 => Timestamp::from_micros(0),
            1 => second(self.below(40) * 86_400),
            _ => second(self.below(30)),
        }
    }

    fn event(&mut self) -> PlateEvent {
        let pass = self.below(25);
        let mut event = if self.one_in(8) { unread(pass) } else { event(pass, self.of(&PLATES)) };
        event.event_id = EventId(uuid::Uuid::from_u64_pair(pass * 7 % 25, 1));
        event.revision = 1 + self.below(5) as u32;
        event.camera_id = CameraId::new(self.of(&CAMERAS)).unwrap();
        event.lane_id = self.one_in(4).then(|| "lane\0".to_owned());
        event.captured_at = self.time();
        event.last_seen = self.time();
        event.lifecycle = if self.one_in(2) { Lifecycle::Final } else { Lifecycle::New };
        event.confidence = self.below(1_000) as f32 / 999.0;
        event.direction = self.one_in(2).then_some(Direction::Left);
        if event.plate_observed.is_some() {
            // Neither is reduced to letters and digits, as a store must not rely on it.
            event.plate_normalized = event.plate_observed.clone();
            event.plate_corrected = self.one_in(3).then(|| self.of(&PLATES).to_owned());
        } else {
            event.unread_reason = Some(UnreadReason::NoConsensus);
        }
        if self.one_in(5) {
            event.dedup.decision = DedupDecision::Suppress;
            event.dedup.repeats_event_id = Some(EventId(uuid::Uuid::from_u64_pair(self.below(25), 1)));
        }
        if self.one_in(3) {
            event.verdict = Verdict::Invalid { reason: "\u{0}\"\u{1F697}".to_owned() };
        }
        let kinds = [EvidenceKind::PlateCrop, EvidenceKind::VehicleCrop, EvidenceKind::Scene];
        for _ in 0..self.below(3) {
            event.evidence.push(picture(self.below(30), kinds[self.below(3) as usize]));
        }
        event
    }

    fn query(&mut self) -> EventQuery {
        let plate = match self.below(4) {
            0 => None,
            1 => Some(PlateMatch::Exact(self.of(&PLATES).to_owned())),
            2 => {
                Some(PlateMatch::Prefix(self.of(&PLATES).chars().take(1 + self.below(4) as usize).collect()))
            }
            _ => Some(PlateMatch::Wildcard(self.of(&PATTERNS).to_owned())),
        };
        EventQuery {
            from: self.one_in(4).then(|| self.time()),
            until: self.one_in(4).then(|| self.time()),
            cameras: (0..self.below(3)).map(|_| CameraId::new(self.of(&CAMERAS)).unwrap()).collect(),
            plate,
            with_suppressed: self.one_in(2),
            with_unread: self.one_in(2),
            after: None,
            limit: 1 + self.below(12) as u32,
        }
    }
}

/// All pages of an answer, one after the other.
async fn pages(store: &dyn EventStore, mut query: EventQuery) -> Vec<Vec<PlateEvent>> {
    let mut pages = Vec::new();
    loop {
        let page = store.search(&query).await.unwrap();
        pages.push(page.events);
        assert!(pages.len() <= 30, "the pages do not end");
        match page.next {
            Some(next) => query.after = Some(next),
            None => return pages,
        }
    }
}

async fn compare(chance: &mut Chance, sqlite: &SqliteStore, postgres: &PostgresStore, what: &str) {
    let query = chance.query();
    let expected = pages(sqlite, query.clone()).await;
    assert_eq!(pages(postgres, query.clone()).await, expected, "{what}: {query:?}");
    let id = EventId(uuid::Uuid::from_u64_pair(chance.below(27), 1));
    assert_eq!(postgres.get(id).await, sqlite.get(id).await, "{what}: {id}");
    let picture = picture(chance.below(32), EvidenceKind::Scene).id;
    let owner = sqlite.evidence_owner(picture).await;
    assert_eq!(postgres.evidence_owner(picture).await, owner, "{what}: {picture}");
    let (from, max) = (chance.time(), 1 + chance.below(30) as u32);
    let site = SiteId::new("site").unwrap();
    let seen = sqlite.seen_since(from, max).await;
    assert_eq!(postgres.seen_since(&site, from, max).await, seen, "{what}: {max} since {from}");
}

#[tokio::test]
async fn sqlite_and_postgresql_answer_alike_whatever_is_done_to_them() {
    for seed in 1..=SEEDS {
        let folder = tempfile::tempdir().unwrap();
        let install = InstallId(uuid::Uuid::nil());
        let sqlite = SqliteStore::open(&folder.path().join("events.db"), install).unwrap();
        let database = Database::create();
        let postgres = database.store();
        let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        for operation in 0..OPERATIONS {
            let what = format!("seed {seed}, operation {operation}");
            let batch: Vec<_> = (0..chance.below(7)).map(|_| chance.event()).collect();
            let stored = (sqlite.upsert(&batch).await, postgres.upsert(&batch).await);
            assert_eq!(stored, (Ok(()), Ok(())), "{what}");
            for _ in 0..3 {
                compare(&mut chance, &sqlite, &postgres, &what).await;
            }
        }
        let everything =
            EventQuery { with_suppressed: true, with_unread: true, limit: 500, ..EventQuery::default() };
        assert_eq!(postgres.search(&everything).await, sqlite.search(&everything).await, "seed {seed}");
    }
}
