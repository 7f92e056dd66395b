//! The packs that ship, on reads that no camera gives: whatever they answer, the host finds it in the contract's ranges and
//! reachable from the read. SDK and host were written apart; here they meet.

use std::path::Path;
use std::sync::LazyLock;

use ovr_domain::read::{Alternative, Position};
use ovr_plugins::engine::{Answer, Plugin, Settings, World};
use proptest::prelude::*;

use super::support::{engine, read};

static PACKS: LazyLock<Vec<Plugin>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/plugins");
    let engine = engine();
    let entries = std::fs::read_dir(&folder).expect("target/plugins: run ./dev plugins first");
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let components = files.filter(|file| file.extension().is_some_and(|end| end == "wasm"));
    let loaded = components.map(|file| engine.load(&file).expect("a plugin that ships"));
    let packs: Vec<_> = loaded.filter(|plugin| plugin.world() == World::PlateFormat).collect();
    assert!(!packs.is_empty(), "no pack in {}: run ./dev plugins first", folder.display());
    packs
});

fn any_position() -> impl Strategy<Value = Position> {
    let characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABD0123456789-· 京沪粤".chars().collect::<Vec<_>>();
    let alternative = (prop::sample::select(characters), 0.0..=1.0_f32);
    let absent = prop_oneof![6 => Just(0.0_f32), 1 => 0.0..=1.0_f32];
    (prop::collection::vec(alternative, 1..=4), absent).prop_map(|(alternatives, absent)| {
        let sum: f32 = absent + alternatives.iter().map(|(_, probability)| probability).sum::<f32>();
        let mut alternatives: Vec<_> = alternatives
            .into_iter()
            .map(|(character, probability)| Alternative {
                character,
                probability: probability / sum.max(1.0),
            })
            .collect();
        alternatives.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        Position { alternatives, absent: absent / sum.max(1.0) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_the_packs_answer_to_any_read_is_valid(
        positions in prop::collection::vec(any_position(), 1..=14),
        countries in prop::collection::vec(prop::sample::select(vec!["DE", "EU", "US-CA", "CN", "ZZ"]), 0..3),
    ) {
        let mut lattice = read("");
        lattice.positions = positions;
        let countries: Vec<_> = countries.into_iter().map(str::to_owned).collect();
        for pack in &*PACKS {
            let answer = pack.check(&lattice, &countries, &Settings::new());
            prop_assert!(answer.is_ok(), "{}: {:?} on {:?}", pack.name(), answer, lattice.positions);
            let Ok(Answer::Plates(plates)) = answer else { continue };
            prop_assert!(plates.iter().all(|plate| plate.log_likelihood.is_finite() && plate.log_likelihood <= 1e-3));
        }
    }
}
