//! Test vectors: two passes, and what is decided about the later one. They run in the component before it is swapped in, and
//! natively in `cargo test`.

use ovr_plugin_sdk::dedup_policy::Decision;
use ovr_plugin_sdk::types::{Bbox, Direction, Event, Neighbour};
use ovr_plugin_sdk::{Settings, attribute};

use crate::policy::decide;
use crate::settings::Rules;

/// One pass, one second long, at a gate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pass {
    pub(crate) camera: &'static str,
    pub(crate) lane: Option<&'static str>,
    pub(crate) way: Option<Direction>,
    pub(crate) plate: Option<&'static str>,
    pub(crate) agreeing: u32,
    /// Left edge of the plate, 100 pixels wide.
    pub(crate) left_px: f32,
}

/// What most vectors differ from in one thing.
pub(crate) const PASS: Pass = Pass {
    camera: "gate",
    lane: None,
    way: Some(Direction::Approaching),
    plate: Some("AB123CD"),
    agreeing: 10,
    left_px: 300.0,
};

/// What is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Emit,
    Suppress,
    Merge,
}
use Expected::{Emit, Merge, Suppress};

struct Vector {
    says: &'static str,
    earlier: Pass,
    later: Pass,
    /// Time between the two, in milliseconds.
    gap_ms: u64,
    settings: &'static [(&'static str, &'static str)],
    expected: Expected,
}

const fn vector(says: &'static str, earlier: Pass, later: Pass, gap_ms: u64, expected: Expected) -> Vector {
    Vector { says, earlier, later, gap_ms, settings: &[], expected }
}

const fn plate(plate: &'static str, agreeing: u32) -> Pass {
    Pass { plate: Some(plate), agreeing, ..PASS }
}

const UNREAD: Pass = Pass { plate: None, agreeing: 0, ..PASS };
const REAR: Pass = Pass { camera: "gate-rear", way: Some(Direction::Receding), ..PASS };
const PAIRED: &[(&str, &str)] = &[("pairs", "gate+gate-rear, exit+exit-rear"), ("pair-gap-s", "20")];

const VECTORS: &[Vector] = &[
    vector("the same plate within the window", PASS, PASS, 119_000, Suppress),
    vector("the same plate at the window's end", PASS, PASS, 300_000, Suppress),
    vector("the same plate after the window", PASS, PASS, 300_001, Emit),
    Vector { settings: &[("window-s", "30")], ..vector("a shorter window", PASS, PASS, 31_000, Emit) },
    Vector { settings: &[("window-s", "0")], ..vector("no window", PASS, PASS, 60_000, Emit) },
    Vector {
        settings: &[("window-s", "a day")],
        ..vector("a window that is no number", PASS, PASS, 299_000, Suppress)
    },
    vector("the opposite way", PASS, Pass { way: Some(Direction::Receding), ..PASS }, 60_000, Emit),
    vector("a way that is not known", PASS, Pass { way: None, ..PASS }, 60_000, Suppress),
    vector("it parks", PASS, Pass { way: Some(Direction::Stationary), ..PASS }, 60_000, Suppress),
    vector("another lane", Pass { lane: Some("1"), ..PASS }, Pass { lane: Some("2"), ..PASS }, 60_000, Emit),
    vector("another camera", PASS, Pass { camera: "exit", ..PASS }, 60_000, Emit),
    vector("another plate", PASS, plate("XY987ZW", 10), 60_000, Emit),
    vector("one character differs and both are certain", PASS, plate("AB123CE", 10), 60_000, Emit),
    vector("one character differs and one is uncertain", PASS, plate("AB123CE", 1), 60_000, Suppress),
    vector("one character is missing and one is uncertain", PASS, plate("AB123C", 2), 60_000, Suppress),
    vector("one character differs and the later is better", plate("AB123CE", 1), PASS, 60_000, Emit),
    vector("two characters differ", PASS, plate("AB124CE", 1), 60_000, Emit),
    vector("one of three characters differs", plate("AB1", 10), plate("AB2", 1), 60_000, Emit),
    vector("a letter for a digit", PASS, plate("A8I23CD", 10), 60_000, Suppress),
    vector("a letter for a letter", plate("AB123CO", 10), plate("AB123CD", 10), 60_000, Emit),
    vector("a letter for a digit, and the first was seen once", plate("A8123CD", 1), PASS, 60_000, Emit),
    vector("a broken track", PASS, PASS, 400, Merge),
    vector("a broken track, read worse", PASS, plate("AB12", 2), 400, Merge),
    vector("a broken track, read better", plate("AB12", 1), PASS, 400, Emit),
    vector("the vehicle behind", PASS, plate("AB123CE", 10), 400, Emit),
    vector("far away on the picture", PASS, Pass { left_px: 1_300.0, ..plate("AB123", 1) }, 400, Emit),
    vector("beside it at the same time", PASS, Pass { left_px: 420.0, ..plate("AB123", 1) }, 0, Emit),
    vector("over it at the same time", PASS, Pass { left_px: 320.0, ..plate("AB123", 1) }, 0, Merge),
    vector("unread right after it", PASS, UNREAD, 500, Merge),
    vector("unread later", PASS, UNREAD, 1_500, Emit),
    vector("read after unread", UNREAD, PASS, 500, Emit),
    vector("the rear camera, not paired", PASS, REAR, 5_000, Emit),
    Vector { settings: PAIRED, ..vector("the rear camera of a pair", PASS, REAR, 5_000, Merge) },
    Vector { settings: PAIRED, ..vector("the front camera of a pair", REAR, PASS, 5_000, Merge) },
    Vector { settings: PAIRED, ..vector("the rear camera, too late", PASS, REAR, 20_001, Emit) },
    Vector {
        settings: PAIRED,
        ..vector("a camera of another pair", PASS, Pass { camera: "exit-rear", ..REAR }, 5_000, Emit)
    },
    Vector {
        settings: PAIRED,
        ..vector(
            "another plate at the rear camera",
            PASS,
            Pass { plate: Some("XY987ZW"), ..REAR },
            5_000,
            Emit,
        )
    },
    Vector {
        settings: PAIRED,
        ..vector("unread at the rear camera", PASS, Pass { camera: "gate-rear", ..UNREAD }, 500, Emit)
    },
];

const START_US: u64 = 1_795_421_700_000_000;

/// The event of a pass that begins at `first_seen_us`.
pub(crate) fn event(id: &str, pass: Pass, first_seen_us: u64) -> Event {
    let Pass { camera, lane, way, plate, agreeing, left_px } = pass;
    Event {
        event_id: id.to_owned(),
        revision: 1,
        is_final: true,
        site: "yard".to_owned(),
        camera: camera.to_owned(),
        lane: lane.map(str::to_owned),
        direction: way,
        plate: plate.map(str::to_owned),
        confidence: 0.9,
        frames_read: 10,
        frames_agreeing: agreeing,
        country: None,
        region: None,
        format_id: None,
        vehicle: None,
        first_seen_us,
        last_seen_us: first_seen_us + 1_000_000,
        plate_box: Some(Bbox { x1: left_px, y1: 200.0, x2: left_px + 100.0, y2: 225.0 }),
        extra: Vec::new(),
    }
}

/// How the host shows an earlier event to the policy.
pub(crate) fn neighbour(earlier: Event, head: &str, later: &Event) -> Neighbour {
    let left = |event: &Event| event.plate_box.map_or(0.0, |b| b.x1);
    let widths = (left(&earlier) - left(later)).abs() / 100.0;
    Neighbour {
        head: head.to_owned(),
        gap_us: later.first_seen_us.saturating_sub(earlier.last_seen_us),
        distance_widths: (earlier.camera == later.camera).then_some(widths),
        event: earlier,
    }
}

/// What was decided, without reason and repeated event.
pub(crate) fn kind(decision: &Decision) -> Expected {
    match decision {
        Decision::Emit(_) => Emit,
        Decision::Suppress(_) => Suppress,
        Decision::Merge(_) => Merge,
    }
}

/// Runs all vectors: how many hold, or the first three that do not.
pub(crate) fn run() -> Result<u32, String> {
    let failures = VECTORS.iter().filter_map(|vector| {
        let later = event("later", vector.later, START_US + 1_000_000 + vector.gap_ms * 1_000);
        let earlier = neighbour(event("earlier", vector.earlier, START_US), "head", &later);
        let record: Vec<_> = vector.settings.iter().map(|(key, value)| attribute(key, value)).collect();
        let decision = decide(&later, &[earlier], &Rules::read(&Settings::new(&record)).0);
        let right = kind(&decision) == vector.expected
            && match &decision {
                Decision::Emit(_) => true,
                Decision::Suppress(repeat) | Decision::Merge(repeat) => repeat.event_id == "head",
            };
        (!right).then(|| format!("{}: {:?}, expected {:?}", vector.says, decision, vector.expected))
    });
    let failures: Vec<String> = failures.take(3).collect();
    if failures.is_empty() { Ok(VECTORS.len() as u32) } else { Err(failures.join("; ")) }
}
