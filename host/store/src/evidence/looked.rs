//! When pictures were last looked through for those whose time is over: what a clock is measured by after a restart.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;

use ovr_domain::Timestamp;

use super::files::{FilesStore, PARTIAL};
use super::layout;

const NAME: &str = "looked-at";

impl FilesStore {
    /// Notes that the clock was believed at this time. Survives a crash; after a power cut the note may be
    /// missing or empty, and the newest picture stands for it.
    pub fn note_look(&self, at: Timestamp) -> std::io::Result<()> {
        let partial = self.root().join(PARTIAL).join(NAME);
        let mut file = File::create(&partial)?;
        writeln!(file, "{at}")?;
        fs::rename(partial, self.look_file())
    }

    /// The file of the note.
    pub fn look_file(&self) -> PathBuf {
        self.root().join(NAME)
    }

    /// The last time that was noted; without a note, when the newest picture was minted.
    pub fn looked_at(&self) -> Option<Timestamp> {
        let note = fs::read_to_string(self.look_file()).ok();
        note.and_then(|text| text.trim().parse().ok()).or_else(|| self.newest())
    }

    fn newest(&self) -> Option<Timestamp> {
        let mut days = self.days().ok()?;
        days.sort();
        let of_day = |day: &PathBuf| {
            let entries = fs::read_dir(day).ok()?;
            let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
            names.filter_map(|name| layout::minted_at(layout::picture_of(&name)?.0)).max()
        };
        days.iter().rev().find_map(of_day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::event::EvidenceKind;
    use ovr_domain::port::{Evidence, EvidenceStore as _};
    use ovr_domain::{CameraId, EvidenceId, InstallId};
    use std::time::Duration;

    #[test]
    fn a_note_is_kept_over_a_restart_and_the_newest_picture_stands_for_one_that_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let first = Timestamp::from_micros(1_795_421_700_000_000);
        let install = InstallId::mint(first);
        let files = FilesStore::open(dir.path(), 1 << 20, install).unwrap();
        assert_eq!(files.looked_at(), None);
        for hours in [30, 2] {
            let captured_at = first.plus(Duration::from_hours(hours));
            let (id, kind) = (EvidenceId::mint(captured_at), EvidenceKind::Scene);
            let camera = CameraId::new("gate").unwrap();
            files.put(&Evidence { id, kind, camera, captured_at, jpeg: vec![1] }).unwrap();
        }
        assert_eq!(files.looked_at(), Some(first.plus(Duration::from_hours(30))));
        files.note_look(first).unwrap();
        drop(files);
        let files = FilesStore::open(dir.path(), 1 << 20, install).unwrap();
        assert_eq!(files.looked_at(), Some(first));
        fs::write(files.look_file(), "nonsense").unwrap();
        assert_eq!(files.looked_at(), Some(first.plus(Duration::from_hours(30))));
    }
}
