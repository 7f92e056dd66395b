//! A plugin in another language: the contract is WIT, not Rust.

use ovr_plugins::engine::{Answer, Settings, World};

use super::support::{engine, guest, read};

#[test]
fn a_plugin_in_javascript_is_a_plugin_like_any_other() {
    let plugin = engine().load(&guest("plate-format-javascript")).expect("the JavaScript plugin");
    assert_eq!(plugin.world(), World::PlateFormat);
    assert!(plugin.self_test().expect("its own vectors") > 0);
    let Ok(Answer::Plates(plates)) = plugin.check(&read("A8 I2 345"), &["DK".to_owned()], &Settings::new())
    else {
        panic!("a Danish plate was not known")
    };
    let plate = &plates[0];
    assert_eq!((plate.text.as_str(), plate.country.as_str()), ("AB12345", "DK"));
    assert_eq!(plate.corrections.len(), 2);
    assert_eq!(
        (plate.corrections[1].position, plate.corrections[1].from, plate.corrections[1].to),
        (3, Some('I'), Some('1'))
    );
}

#[test]
fn what_a_script_throws_is_the_reason_why_a_read_is_no_plate() {
    let plugin = engine().load(&guest("plate-format-javascript")).expect("the JavaScript plugin");
    let answer = plugin.check(&read("KA A1 234"), &[], &Settings::new());
    assert!(
        matches!(&answer, Ok(Answer::NotMine(reason)) if reason == "dk-standard has a digit as character 3"),
        "{answer:?}"
    );
}
