//! Where a picture lies: `<root>/<day>/<id>.<kind>.jpg`, computed from the id and nothing else.
//!
//! The day is that of the time part of the id (UUIDv7), in UTC. No text from outside ever becomes part of a path.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ovr_domain::event::EvidenceKind;
use ovr_domain::{EvidenceId, Timestamp};

/// The kinds, in the order in which [`crate::FilesStore`] keeps them longest.
pub(super) const KINDS: [EvidenceKind; 3] =
    [EvidenceKind::PlateCrop, EvidenceKind::VehicleCrop, EvidenceKind::Scene];

const ENDING: &str = "jpg";

fn kind_name(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::PlateCrop => "plate_crop",
        EvidenceKind::VehicleCrop => "vehicle_crop",
        EvidenceKind::Scene => "scene",
    }
}

/// When the id was minted; nothing for an id that says no time.
pub(super) fn minted_at(id: EvidenceId) -> Option<Timestamp> {
    if id.0.get_version_num() != 7 {
        return None;
    }
    let (seconds, nanos) = id.0.get_timestamp()?.to_unix();
    let time = Timestamp::default().plus(Duration::new(seconds, nanos));
    is_day(&day(time)).then_some(time)
}

fn day(time: Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}

/// `2026-11-23`.
pub(super) fn is_day(name: &str) -> bool {
    let shaped = |(at, byte): (usize, u8)| {
        if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() }
    };
    name.len() == 10 && name.bytes().enumerate().all(shaped)
}

/// The folder of the pictures of that time.
pub(super) fn folder(root: &Path, minted: Timestamp) -> PathBuf {
    root.join(day(minted))
}

/// The name of the file in its folder.
pub(super) fn file_name(id: EvidenceId, kind: EvidenceKind) -> String {
    format!("{id}.{}.{ENDING}", kind_name(kind))
}

/// Id and kind in a file's name; nothing for a file that is no picture of ours.
pub(super) fn picture_of(name: &str) -> Option<(EvidenceId, EvidenceKind)> {
    let (id, rest) = name.split_once('.')?;
    let kind = rest.strip_suffix(ENDING)?.strip_suffix('.')?;
    let kind = KINDS.into_iter().find(|one| kind_name(*one) == kind)?;
    Some((id.parse().ok()?, kind))
}
