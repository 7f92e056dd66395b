//! A loaded plugin and its calls.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use ovr_domain::event::{Correction, PlateEvent};
use ovr_domain::hook::{Lattice, Neighbour, PolicyDecision};
use ovr_domain::ids::Digest;
use wasmtime::Store;
use wasmtime::component::{Component, HasSelf, Linker};

use super::call::{CallError, FailureKind, classify};
use super::limits::{CALL_DEADLINE, SELF_TEST_DEADLINE};
use super::log::{CallState, LogLimit};
use super::shared::Core;
use super::{convert, validate};
use crate::contract::dedup_policy::DedupPolicyPluginPre;
use crate::contract::enrich::EnrichPluginPre;
use crate::contract::plate_format::{PlateFormatPlugin, PlateFormatPluginPre};

/// Settings of a plugin from the operator's configuration, by key.
pub type Settings = BTreeMap<String, String>;

/// Which hook a plugin is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum World {
    /// Says which plate a read is.
    PlateFormat,
    /// Says whether an event repeats another.
    DedupPolicy,
    /// Adds attributes to an event.
    Enrich,
}

impl World {
    /// Every world, in the order of the contract.
    pub const ALL: [Self; 3] = [Self::PlateFormat, Self::DedupPolicy, Self::Enrich];

    /// Its interface as `wit/` names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PlateFormat => "plate-format",
            Self::DedupPolicy => "dedup-policy",
            Self::Enrich => "enrich",
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a plugin says of itself, validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// 1 to 64 characters.
    pub name: String,
    /// Semantic version.
    pub version: String,
    /// One line of at most 200 characters.
    pub summary: String,
}

/// One plate that a read may be, validated; the likelihood is the host's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Interpretation {
    /// 1 to 16 upper-case letters and digits.
    pub text: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Name of the region, where the plate tells it.
    pub region: Option<String>,
    /// The format, unique within the plugin.
    pub format_id: String,
    /// The series as `wit/` names it: `standard`, `diplomatic` and so on.
    pub series: &'static str,
    /// Natural logarithm, below 0: this text in this format, before anything was seen.
    pub log_prior: f32,
    /// Natural logarithm, at most 0: what was seen, given this text.
    pub log_likelihood: f32,
    /// Every difference between `plate_observed` and `text`, from left to right.
    pub corrections: Vec<Correction>,
}

/// What a plate-format plugin says of a read.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The plates that it may be, 1 to 8.
    Plates(Vec<Interpretation>),
    /// It follows none of the plugin's formats, and why: 1 to 200 characters.
    NotMine(String),
}

/// The component, linked for the world that it is for.
pub(crate) enum Guest {
    PlateFormat(PlateFormatPluginPre<CallState>),
    DedupPolicy(DedupPolicyPluginPre<CallState>),
    Enrich(EnrichPluginPre<CallState>),
}

impl Guest {
    /// Links a component to the one thing that it may import.
    pub(crate) fn link(component: &Component, world: World) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(component.engine());
        // All three worlds import the same interfaces.
        PlateFormatPlugin::add_to_linker::<_, HasSelf<CallState>>(&mut linker, |state| state)?;
        let linked = linker.instantiate_pre(component)?;
        Ok(match world {
            World::PlateFormat => Self::PlateFormat(PlateFormatPluginPre::new(linked)?),
            World::DedupPolicy => Self::DedupPolicy(DedupPolicyPluginPre::new(linked)?),
            World::Enrich => Self::Enrich(EnrichPluginPre::new(linked)?),
        })
    }
}

/// A component that is compiled, linked and described. Immutable; calls may run at one time on many threads.
pub struct Plugin {
    pub(crate) name: String,
    pub(crate) digest: Digest,
    pub(crate) world: World,
    pub(crate) description: Description,
    pub(crate) size_bytes: u64,
    pub(crate) guest: Guest,
    pub(crate) core: Arc<Core>,
    pub(crate) log: Arc<LogLimit>,
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Plugin");
        text.field("name", &self.name)
            .field("digest", &self.digest)
            .field("world", &self.world)
            .finish_non_exhaustive()
    }
}

impl Plugin {
    /// Stem of the file's name: 1 to 64 characters out of a-z A-Z 0-9 - _ .
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of the component.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Which hook it is for.
    pub fn world(&self) -> World {
        self.world
    }

    /// What it says of itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Size of the component.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Lines of its log that were dropped so far, because there were more than 20 in a second.
    pub fn log_lines_dropped(&self) -> u64 {
        self.log.dropped()
    }

    /// Runs the plugin's own test vectors with a deadline of 2 s: how many hold, or [`FailureKind::SelfTest`] with the first
    /// ones that do not.
    pub fn self_test(&self) -> Result<u32, CallError> {
        let (_turn, mut store) = self.core.begin(&self.log, SELF_TEST_DEADLINE);
        let result = match &self.guest {
            Guest::PlateFormat(guest) => guest
                .instantiate(&mut store)
                .and_then(|i| i.ovr_alpr_plate_format().call_self_test(&mut store)),
            Guest::DedupPolicy(guest) => guest
                .instantiate(&mut store)
                .and_then(|i| i.ovr_alpr_dedup_policy().call_self_test(&mut store)),
            Guest::Enrich(guest) => {
                guest.instantiate(&mut store).and_then(|i| i.ovr_alpr_enrich().call_self_test(&mut store))
            }
        };
        let outcome = ended(result, &store, "2 s")?;
        outcome.map_err(|failed| CallError::new(FailureKind::SelfTest, &failed))
    }

    /// Asks the plugin what it is.
    pub(crate) fn describe(&self) -> Result<Description, CallError> {
        let (_turn, mut store) = self.core.begin(&self.log, CALL_DEADLINE);
        let result = match &self.guest {
            Guest::PlateFormat(guest) => guest
                .instantiate(&mut store)
                .and_then(|i| i.ovr_alpr_plate_format().call_describe(&mut store)),
            Guest::DedupPolicy(guest) => guest
                .instantiate(&mut store)
                .and_then(|i| i.ovr_alpr_dedup_policy().call_describe(&mut store)),
            Guest::Enrich(guest) => {
                guest.instantiate(&mut store).and_then(|i| i.ovr_alpr_enrich().call_describe(&mut store))
            }
        };
        validate::description(ended(result, &store, "50 ms")?).map_err(|wrong| output(&wrong))
    }

    /// Asks a plate-format plugin which plates a read may be. `countries`: the site's hint, the most frequent first.
    pub fn check(
        &self,
        read: &Lattice,
        countries: &[String],
        settings: &Settings,
    ) -> Result<Answer, CallError> {
        let Guest::PlateFormat(guest) = &self.guest else {
            return Err(self.of_another_world(World::PlateFormat));
        };
        let question = convert::question(read, countries)?;
        let settings = convert::settings(settings);
        let (_turn, mut store) = self.core.begin(&self.log, CALL_DEADLINE);
        let result = guest
            .instantiate(&mut store)
            .and_then(|i| i.ovr_alpr_plate_format().call_check(&mut store, &question.read, &settings));
        let answer = ended(result, &store, "50 ms")?;
        validate::answer(answer, &question.positions).map_err(|wrong| output(&wrong))
    }

    /// Asks a dedup policy about one event. Of the neighbours the first 32 are given.
    pub fn decide(
        &self,
        event: &PlateEvent,
        neighbours: &[Neighbour],
        settings: &Settings,
    ) -> Result<PolicyDecision, CallError> {
        let Guest::DedupPolicy(guest) = &self.guest else {
            return Err(self.of_another_world(World::DedupPolicy));
        };
        let (asked, given) = (convert::event(event), convert::neighbours(neighbours));
        let settings = convert::settings(settings);
        let (_turn, mut store) = self.core.begin(&self.log, CALL_DEADLINE);
        let result = guest
            .instantiate(&mut store)
            .and_then(|i| i.ovr_alpr_dedup_policy().call_decide(&mut store, &asked, &given, &settings));
        let decision = ended(result, &store, "50 ms")?;
        validate::decision(decision, neighbours).map_err(|wrong| output(&wrong))
    }

    /// Asks an enrich plugin for attributes: at most 16 `(key, value)`, of two with one key the last.
    pub fn enrich(
        &self,
        event: &PlateEvent,
        settings: &Settings,
    ) -> Result<Vec<(String, String)>, CallError> {
        let Guest::Enrich(guest) = &self.guest else {
            return Err(self.of_another_world(World::Enrich));
        };
        let asked = convert::event(event);
        let settings = convert::settings(settings);
        let (_turn, mut store) = self.core.begin(&self.log, CALL_DEADLINE);
        let result = guest
            .instantiate(&mut store)
            .and_then(|i| i.ovr_alpr_enrich().call_enrich(&mut store, &asked, &settings));
        let attributes = ended(result, &store, "50 ms")?;
        validate::attributes(attributes).map_err(|wrong| output(&wrong))
    }

    pub(crate) fn of_another_world(&self, asked: World) -> CallError {
        CallError::new(FailureKind::Host, &format!("it is a {} plugin and was asked as {asked}", self.world))
    }
}

pub(crate) fn ended<R>(
    result: wasmtime::Result<R>,
    store: &Store<CallState>,
    deadline: &str,
) -> Result<R, CallError> {
    result.map_err(|error| classify(&error, store.data(), deadline))
}

pub(crate) fn output(wrong: &str) -> CallError {
    CallError::new(FailureKind::Output, wrong)
}
