//! The registry as what the host asks: every hook is answered by the plugins in use at that moment.
//!
//! Failure policy: a format check goes on with the plugins that answer, a dedup policy that fails leaves the decision to
//! the native one, an enrichment that fails is skipped. What failed stands in the answer, so that the event can carry it.

use ovr_domain::PlateEvent;
use ovr_domain::event::{ATTRIBUTES_MAX, Attribute, PluginFailure};
use ovr_domain::hook::{
    DedupPolicy, Enrich, Enrichment, FormatCheck, FormatReport, Lattice, Neighbour, POSITIONS_MAX,
    PolicyAnswer,
};
use ovr_domain::read::normalize;

use super::Plugins;
use super::rank::{self, Said};
use crate::engine::World;

impl FormatCheck for Plugins {
    fn check(&self, read: &Lattice, countries: &[String]) -> FormatReport {
        if normalize(&read.observed()).is_empty() {
            return FormatReport::unchecked("no letter and no digit was read");
        }
        if read.positions.len() > POSITIONS_MAX {
            return FormatReport::unchecked("more positions were read than a plate has");
        }
        let snapshot = self.shelf.snapshot();
        let (mut said, mut failures) = (Vec::new(), Vec::new());
        for loaded in snapshot.of(World::PlateFormat) {
            let clock = self.shelf.clock.as_ref();
            match loaded.call(clock, |plugin, settings| plugin.check(read, countries, settings)) {
                Ok(answer) => said.push(Said {
                    plugin: loaded.name.clone(),
                    digest: loaded.plugin.digest().clone(),
                    answer,
                }),
                Err(failure) => failures.push(failure),
            }
        }
        rank::report(read, said, failures)
    }

    fn countries(&self) -> Vec<String> {
        self.shelf.snapshot().countries.clone()
    }
}

impl DedupPolicy for Plugins {
    fn is_loaded(&self) -> bool {
        self.shelf.snapshot().of(World::DedupPolicy).next().is_some()
    }

    fn decide(&self, event: &PlateEvent, neighbours: &[Neighbour]) -> PolicyAnswer {
        let snapshot = self.shelf.snapshot();
        let Some(policy) = snapshot.of(World::DedupPolicy).next() else {
            return PolicyAnswer::NATIVE;
        };
        let clock = self.shelf.clock.as_ref();
        match policy.call(clock, |plugin, settings| plugin.decide(event, neighbours, settings)) {
            Ok(decision) => PolicyAnswer {
                decision: Some(decision),
                digest: Some(policy.plugin.digest().clone()),
                failure: None,
            },
            Err(failure) => PolicyAnswer { failure: Some(failure), ..PolicyAnswer::NATIVE },
        }
    }
}

impl Enrich for Plugins {
    fn enrich(&self, event: &PlateEvent) -> Enrichment {
        let snapshot = self.shelf.snapshot();
        let mut enrichment = Enrichment::default();
        for loaded in snapshot.of(World::Enrich) {
            let clock = self.shelf.clock.as_ref();
            match loaded.call(clock, |plugin, settings| plugin.enrich(event, settings)) {
                Ok(pairs) => {
                    enrichment.digests.push(loaded.plugin.digest().clone());
                    add(&mut enrichment, &loaded.name, pairs);
                }
                Err(failure) => enrichment.failures.push(failure),
            }
        }
        enrichment
    }
}

/// Adds a plugin's attributes as far as the event has room for them; what it has none for is said.
fn add(enrichment: &mut Enrichment, plugin: &str, pairs: Vec<(String, String)>) {
    let room = ATTRIBUTES_MAX.saturating_sub(enrichment.attributes.len());
    if pairs.len() > room {
        let reason =
            format!("output: an event has at most {ATTRIBUTES_MAX} attributes, the rest is left out");
        enrichment.failures.push(PluginFailure { plugin: plugin.to_owned(), reason });
    }
    let attribute = |(key, value)| Attribute { key, value, plugin: plugin.to_owned() };
    enrichment.attributes.extend(pairs.into_iter().take(room).map(attribute));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_beyond_the_events_room_are_left_out_and_said() {
        let mut enrichment = Enrichment::default();
        let pairs = |count: usize| (0..count).map(|n| (format!("k{n}"), "v".to_owned())).collect();
        for plugin in ["a", "b", "c", "d", "e"] {
            add(&mut enrichment, plugin, pairs(15));
        }
        assert_eq!(enrichment.attributes.len(), ATTRIBUTES_MAX);
        assert_eq!(enrichment.failures.len(), 1);
        assert_eq!(enrichment.failures[0].plugin, "e");
        assert_eq!(enrichment.attributes.last().unwrap().plugin, "e");
    }
}
