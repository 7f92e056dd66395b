use std::fs;
use std::path::Path;
use std::time::Duration;

use ovr_domain::event::EvidenceKind;
use ovr_domain::port::{Evidence, EvidenceStore, Kept, StoreError};
use ovr_domain::{CameraId, EvidenceId, InstallId, Timestamp};

use super::FilesStore;
use crate::Error;
use crate::conformance::evidence_store_suite;

const DAY: Duration = Duration::from_hours(24);

fn install() -> InstallId {
    "0190f5fe-7c00-7a00-8000-000000000001".parse().unwrap()
}

fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn picture(kind: EvidenceKind, at: Timestamp, bytes: usize) -> Evidence {
    Evidence {
        id: EvidenceId::mint(at),
        kind,
        camera: CameraId::new("gate-1").unwrap(),
        captured_at: at,
        jpeg: vec![7; bytes],
    }
}

fn open(root: &Path, disk_bytes_max: u64) -> FilesStore {
    FilesStore::open(root, disk_bytes_max, install()).unwrap()
}

fn make() -> (FilesStore, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    (open(dir.path(), 1_000_000), dir)
}

evidence_store_suite!(make);

#[test]
fn scenes_are_shed_first_then_vehicle_crops_then_plate_crops() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), 1000);
    let put = |kind, bytes| store.put(&picture(kind, noon(), bytes)).unwrap();
    assert_eq!(put(EvidenceKind::Scene, 800), Kept::Stored);
    assert_eq!(put(EvidenceKind::Scene, 1), Kept::Shed);
    assert_eq!(put(EvidenceKind::VehicleCrop, 100), Kept::Stored);
    assert_eq!(put(EvidenceKind::VehicleCrop, 1), Kept::Shed);
    assert_eq!(put(EvidenceKind::PlateCrop, 100), Kept::Stored);
    assert_eq!(put(EvidenceKind::PlateCrop, 1), Kept::Shed);
    assert_eq!(store.used_bytes(), 1000);
}

#[test]
fn bytes_are_counted_again_at_the_start_and_half_pictures_removed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), 1000);
    store.put(&picture(EvidenceKind::Scene, noon(), 300)).unwrap();
    store.put(&picture(EvidenceKind::Scene, noon().plus(DAY), 200)).unwrap();
    drop(store);
    fs::write(dir.path().join("partial/half.jpg"), [0; 99]).unwrap();
    assert_eq!(open(dir.path(), 1000).used_bytes(), 500);
    assert!(!dir.path().join("partial/half.jpg").exists());
}

#[test]
fn a_purge_takes_the_oldest_first_and_stops_at_the_cutoff() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), 10_000);
    let pictures: Vec<Evidence> =
        (0..5).map(|day| picture(EvidenceKind::Scene, noon().plus(DAY * day), 10)).collect();
    for one in &pictures {
        assert_eq!(store.put(one), Ok(Kept::Stored));
    }
    let there = || pictures.iter().map(|one| store.get(one.id).unwrap().is_some()).collect::<Vec<_>>();
    let first = store.purge_before(EvidenceKind::Scene, noon().plus(DAY * 3), 2).unwrap();
    assert!(first.more && first.files == 2 && first.bytes == 20, "{first:?}");
    assert_eq!(there(), [false, false, true, true, true]);
    let second = store.purge_before(EvidenceKind::Scene, noon().plus(DAY * 3), 100).unwrap();
    assert!(!second.more && second.files == 1, "{second:?}");
    assert_eq!(there(), [false, false, false, true, true]);
    assert_eq!(store.used_bytes(), 20);
    assert!(!dir.path().join("2026-11-23").exists());
}

#[test]
fn a_link_in_the_place_of_a_picture_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), 10_000);
    let secret = dir.path().join("install-id");
    let id = EvidenceId::mint(noon());
    let day = dir.path().join("2026-11-23");
    fs::create_dir(&day).unwrap();
    std::os::unix::fs::symlink(&secret, day.join(format!("{id}.scene.jpg"))).unwrap();
    assert_eq!(store.get(id), Ok(None));
}

#[test]
fn an_id_that_says_no_time_is_refused_and_not_found() {
    let (store, _dir) = make();
    let mut one = picture(EvidenceKind::Scene, noon(), 10);
    one.id = EvidenceId(uuid::Uuid::from_u128(42));
    assert!(matches!(store.put(&one), Err(StoreError::Unusable { .. })));
    assert_eq!(store.get(one.id), Ok(None));
    assert_eq!(store.get(EvidenceId(uuid::Uuid::from_u128(u128::MAX))), Ok(None));
}

#[test]
fn folders_that_are_not_ours_are_refused() {
    let (store, dir) = make();
    drop(store);
    let other: InstallId = "0190f5fe-7c00-7a00-8000-000000000002".parse().unwrap();
    let refused = FilesStore::open(dir.path(), 1, other).unwrap_err();
    assert!(matches!(refused, Error::OtherInstall { .. }), "{refused}");

    let strange = tempfile::tempdir().unwrap();
    fs::write(strange.path().join("holiday.jpg"), b"beach").unwrap();
    let refused = FilesStore::open(strange.path(), 1, install()).unwrap_err();
    assert!(refused.to_string().contains("holiday.jpg"), "{refused}");

    let below_a_file = strange.path().join("holiday.jpg").join("evidence");
    assert!(matches!(FilesStore::open(&below_a_file, 1, install()), Err(Error::Unwritable { .. })));
}
