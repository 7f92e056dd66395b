//! Adds to every event what the operator knows of the site and of the camera that saw it. The knowledge is the plugin's own
//! record of settings:
//!
//! | setting | becomes | on events of |
//! |---|---|---|
//! | `site.name: Harbour, north gate` | `site.name` | every camera |
//! | `site.city: Kiel` | `site.city` | every camera |
//! | `camera.gate-1.zone: customs` | `camera.zone` | camera `gate-1` |
//!
//! Any word may stand for `name`, `city` and `zone`: 1 to 48 characters out of a-z 0-9 - _. Settings are written in lower
//! case, so camera `Gate-1` is `camera.gate-1`, and have at most 64 characters in all. At most 16 attributes fit on an event:
//! those of the camera go first, then those of the site, each in alphabetical order. A setting that says none of this is told
//! in the log; the rest counts.

#[cfg(test)]
mod tests;
mod vectors;

use std::collections::BTreeMap;

use ovr_plugin_sdk::types::{Attribute, Event};
use ovr_plugin_sdk::{Settings, attribute, log};

/// Most attributes that the contract admits.
const ATTRIBUTES_MAX: usize = 16;

/// Longest word after `site.` or `camera.NAME.`, in characters.
const WORD_CHARS_MAX: usize = 48;

/// What a setting says.
#[derive(Debug, PartialEq, Eq)]
enum Says<'a> {
    /// `site.WORD`.
    OfSite(&'a str),
    /// `camera.NAME.WORD`; a camera's name may have dots of its own.
    OfCamera(&'a str, &'a str),
}

fn read(key: &str) -> Option<Says<'_>> {
    let says = match key.split_once('.')? {
        ("site", word) => Says::OfSite(word),
        ("camera", rest) => {
            let (camera, word) = rest.rsplit_once('.')?;
            Says::OfCamera(camera, word)
        }
        _ => return None,
    };
    let (Says::OfSite(word) | Says::OfCamera(_, word)) = says;
    let right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    let named = !matches!(says, Says::OfCamera("", _));
    let fits = !word.is_empty() && word.len() <= WORD_CHARS_MAX && word.chars().all(right);
    (named && fits).then_some(says)
}

/// The attributes of an event, and one line for each setting that is not right.
fn attributes(event: &Event, settings: &Settings) -> (Vec<Attribute>, Vec<String>) {
    let seen_by = event.camera.to_ascii_lowercase();
    // Sorted by key, which puts the camera's before the site's; of two settings with one key the last counts.
    let mut found = BTreeMap::new();
    let mut complaints = Vec::new();
    for (key, value) in settings.iter() {
        match read(key) {
            Some(Says::OfSite(word)) => {
                found.insert(format!("site.{word}"), value);
            }
            Some(Says::OfCamera(camera, word)) if camera == seen_by => {
                found.insert(format!("camera.{word}"), value);
            }
            Some(Says::OfCamera(..)) => {}
            None => complaints.push(format!(
                "setting {key:?} is none of this plugin: site.WORD or camera.NAME.WORD is right, such as site.city or \
                 camera.gate-1.zone"
            )),
        }
    }
    found.retain(|_, value| !value.is_empty());
    if found.len() > ATTRIBUTES_MAX {
        complaints.push(format!(
            "there are {} attributes for camera {}, but an event takes {ATTRIBUTES_MAX}: the last ones are left out",
            found.len(),
            event.camera
        ));
    }
    let taken = found.iter().take(ATTRIBUTES_MAX);
    (taken.map(|(key, value)| attribute(key, value)).collect(), complaints)
}

fn enrich(event: &Event, settings: &Settings) -> Vec<Attribute> {
    let (attributes, complaints) = attributes(event, settings);
    for complaint in &complaints {
        log::warn(complaint);
    }
    attributes
}

ovr_plugin_sdk::enrich_plugin! {
    name: "enrich-site",
    summary: env!("CARGO_PKG_DESCRIPTION"),
    enrich: enrich,
    self_test: vectors::run,
}
