//! A dedup policy: the plate within confusable and edit distance, at the same site, camera, lane and way, within a sliding
//! window; parked vehicles; tracks that broke in two; front and rear cameras of one place. How it decides is told in
//! `policy.rs`.
//!
//! Settings, of which one that is not right is told in the log and replaced by its default:
//!
//! | setting | is | range | default |
//! |---|---|---|---|
//! | `window-s` | a plate that comes back within this time since it was last seen is a repeat | 0 (never) to 604800 | 300 |
//! | `merge-gap-ms` | two tracks with nearly one text within this time may be one pass | 0 (never) to 60000 | 5000 |
//! | `unread-gap-ms` | the same for an unread track after a read one | 0 (never) to 60000 | 1000 |
//! | `merge-distance-widths` | how far apart their plates may lie, in widths of the wider one | 0 to 100 | 6 |
//! | `certain-frames-min` | from this many agreeing frames on a plate is certain | 1 to 1000 | 3 |
//! | `pairs` | cameras that see one vehicle from the front and from behind | `gate-front+gate-rear,...` | none |
//! | `pair-gap-s` | most time between the two cameras of a pair | 0 (never) to 3600 | 20 |
//!
//! The host tells of passes that its own dedup still knows: a longer `window-s` or `pair-gap-s` needs `dedup.window_s` of
//! host.yaml (300 by default) to be at least as long.

mod plate;
mod policy;
mod settings;
#[cfg(test)]
mod tests;
mod vectors;

use ovr_plugin_sdk::dedup_policy::Decision;
use ovr_plugin_sdk::types::{Event, Neighbour};
use ovr_plugin_sdk::{Settings, log};

use settings::Rules;

fn decide(event: &Event, neighbours: &[Neighbour], settings: &Settings) -> Decision {
    let (rules, complaints) = Rules::read(settings);
    for complaint in &complaints {
        log::warn(complaint);
    }
    policy::decide(event, neighbours, &rules)
}

ovr_plugin_sdk::dedup_policy_plugin! {
    name: "dedup-window",
    summary: env!("CARGO_PKG_DESCRIPTION"),
    decide: decide,
    self_test: vectors::run,
}
