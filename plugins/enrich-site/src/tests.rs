use ovr_plugin_sdk::{Settings, attribute};

use crate::vectors::{event, run};
use crate::{ATTRIBUTES_MAX, attributes};

#[test]
fn all_vectors_hold() {
    assert_eq!(run(), Ok(7));
}

#[test]
fn a_setting_that_is_not_right_is_told_in_one_line() {
    let record = [attribute("sitename", "Harbour"), attribute("site.name", "Harbour")];
    let (found, complaints) = attributes(&event("gate"), &Settings::new(&record));
    assert_eq!(found.len(), 1);
    let [complaint] = complaints.as_slice() else { panic!("{complaints:?}") };
    assert!(complaint.starts_with("setting \"sitename\" is none of this plugin: site.WORD"), "{complaint}");
}

#[test]
fn what_an_event_cannot_take_is_left_out_and_told() {
    let mut record: Vec<_> = (0..20).map(|i| attribute(&format!("site.word-{i:02}"), "x")).collect();
    record.push(attribute("camera.gate.zone", "customs"));
    let (found, complaints) = attributes(&event("gate"), &Settings::new(&record));
    assert_eq!(found.len(), ATTRIBUTES_MAX);
    assert_eq!(found[0], attribute("camera.zone", "customs"), "the camera's go first");
    assert_eq!(complaints.len(), 1);
    assert!(complaints[0].starts_with("there are 21 attributes for camera gate"), "{complaints:?}");
}
