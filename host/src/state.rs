//! The state folder: one installation, one process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use ovr_domain::InstallId;
use ovr_domain::time::Clock;

use crate::print::Refusal;

/// An opened state folder. The lock is held until this is dropped.
pub(crate) struct StateDir {
    pub(crate) path: PathBuf,
    pub(crate) install: InstallId,
    _lock: File,
}

const INSTALL_FILE: &str = "install-id";
const LOCK_FILE: &str = "lock";

impl StateDir {
    /// Opens the folder, making it when it is not there. Everything that is wrong with it is a refusal: the folder
    /// was chosen by configuration.
    pub(crate) fn open(path: &Path, clock: &dyn Clock) -> Result<Self, Refusal> {
        let refuse = |doing: &str, error: &std::io::Error| {
            let path = path.display();
            Refusal(format!(
                "state folder {path}: {doing}: {error}; choose a folder that this user may write, with --state or `state` in host.yaml"
            ))
        };
        // Plates and pictures are personal data: whatever this process makes from now on is for its user alone.
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
        std::fs::create_dir_all(path).map_err(|error| refuse("cannot make it", &error))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK_FILE))
            .map_err(|error| refuse("cannot write in it", &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let path = path.display();
                return Err(Refusal(format!(
                    "state folder {path}: another ovr-alpr is using it; end that one or choose another folder with --state"
                )));
            }
            Err(TryLockError::Error(error)) => return Err(refuse("cannot lock it", &error)),
        }
        let install = read_or_mint(path, clock)?;
        Ok(Self { path: path.to_owned(), install, _lock: lock })
    }
}

/// Whether another process has the folder open.
pub(crate) fn is_in_use(path: &Path) -> bool {
    let lock = File::open(path.join(LOCK_FILE));
    lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
}

fn read_or_mint(path: &Path, clock: &dyn Clock) -> Result<InstallId, Refusal> {
    let file = path.join(INSTALL_FILE);
    match std::fs::read_to_string(&file) {
        Ok(text) => text.trim().parse().map_err(|error| {
            Refusal(format!("{}: {error}; restore it from a backup of this state folder", file.display()))
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let install = InstallId::mint(clock.now());
            write_durably(&file, &format!("{install}\n"))
                .map_err(|error| Refusal(format!("{}: cannot write it: {error}", file.display())))?;
            Ok(install)
        }
        Err(error) => Err(Refusal(format!("{}: cannot read it: {error}", file.display()))),
    }
}

/// Whole or not at all, and on disk when it returns: an id that a power cut takes back would orphan the spool.
fn write_durably(file: &Path, text: &str) -> std::io::Result<()> {
    let partial = file.with_extension("partial");
    let mut out = File::create(&partial)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    std::fs::rename(&partial, file)?;
    match file.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::time::SystemClock;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_folder_keeps_its_install_id_and_takes_one_process() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        let clock = SystemClock::start();
        let first = StateDir::open(&path, &clock).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "the folder is for its user alone");
        let busy = StateDir::open(&path, &clock).err().unwrap();
        assert!(is_in_use(&path));
        assert!(busy.0.contains("another ovr-alpr is using it"), "{}", busy.0);
        let install = first.install;
        drop(first);
        assert!(!is_in_use(&path) && !is_in_use(&dir.path().join("nothing")));
        assert_eq!(StateDir::open(&path, &clock).unwrap().install, install);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_refused_in_one_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "x").unwrap();
        let refusal = StateDir::open(&file.join("state"), &SystemClock::start()).err().unwrap();
        assert!(refusal.0.starts_with("state folder"), "{}", refusal.0);
        assert_eq!(refusal.0.lines().count(), 1);
    }
}
