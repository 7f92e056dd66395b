//! Test vectors: settings, the camera that saw the event, and its attributes. They run in the component before it is swapped
//! in, and natively in `cargo test`.

use ovr_plugin_sdk::types::{Attribute, Event};
use ovr_plugin_sdk::{Settings, attribute};

use crate::attributes;

type Record = &'static [(&'static str, &'static str)];

struct Vector {
    says: &'static str,
    settings: Record,
    camera: &'static str,
    expected: Record,
}

const SITE: Record = &[
    ("site.name", "Harbour, north gate"),
    ("site.city", "Kiel"),
    ("camera.gate-1.zone", "customs"),
    ("camera.gate.2.zone", "visitors"),
];

const VECTORS: &[Vector] = &[
    Vector { says: "nothing is configured", settings: &[], camera: "gate-1", expected: &[] },
    Vector {
        says: "a camera of its own zone",
        settings: SITE,
        camera: "gate-1",
        expected: &[("camera.zone", "customs"), ("site.city", "Kiel"), ("site.name", "Harbour, north gate")],
    },
    Vector {
        says: "a camera of which nothing is said",
        settings: SITE,
        camera: "exit",
        expected: &[("site.city", "Kiel"), ("site.name", "Harbour, north gate")],
    },
    Vector {
        says: "a camera with a dot in its name",
        settings: SITE,
        camera: "gate.2",
        expected: &[("camera.zone", "visitors"), ("site.city", "Kiel"), ("site.name", "Harbour, north gate")],
    },
    Vector {
        says: "a camera in capitals",
        settings: &[("camera.gate-1.zone", "customs")],
        camera: "Gate-1",
        expected: &[("camera.zone", "customs")],
    },
    Vector {
        says: "of two with one key the last counts, and an empty one is none",
        settings: &[("site.name", "old"), ("site.name", "new"), ("site.city", "")],
        camera: "exit",
        expected: &[("site.name", "new")],
    },
    Vector {
        says: "settings that are not right",
        settings: &[
            ("city", "Kiel"),
            ("camera.zone", "a"),
            ("camera..zone", "b"),
            ("site.a b", "c"),
            ("site.", "d"),
        ],
        camera: "gate-1",
        expected: &[],
    },
];

/// An unread event of a camera; enrichment goes by the camera alone.
pub(crate) fn event(camera: &str) -> Event {
    Event {
        event_id: "event".to_owned(),
        revision: 1,
        is_final: true,
        site: "yard".to_owned(),
        camera: camera.to_owned(),
        lane: None,
        direction: None,
        plate: None,
        confidence: 0.0,
        frames_read: 0,
        frames_agreeing: 0,
        country: None,
        region: None,
        format_id: None,
        vehicle: None,
        first_seen_us: 0,
        last_seen_us: 0,
        plate_box: None,
        extra: Vec::new(),
    }
}

fn record(record: Record) -> Vec<Attribute> {
    record.iter().map(|(key, value)| attribute(key, value)).collect()
}

/// Runs all vectors: how many hold, or the first three that do not.
pub(crate) fn run() -> Result<u32, String> {
    let failures = VECTORS.iter().filter_map(|vector| {
        let (found, _) = attributes(&event(vector.camera), &Settings::new(&record(vector.settings)));
        let right = found == record(vector.expected);
        (!right).then(|| format!("{}: {found:?}", vector.says))
    });
    let failures: Vec<String> = failures.take(3).collect();
    if failures.is_empty() { Ok(VECTORS.len() as u32) } else { Err(failures.join("; ")) }
}
