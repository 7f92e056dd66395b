//! Who watches which camera: so many and no more, and what those have in common who want the same picture.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use ovr_domain::CameraId;

use crate::problem::Problem;
use crate::query::StillQuery;

/// Streams of one camera at a time.
pub(crate) const VIEWERS_PER_CAMERA_MAX: usize = 4;
/// Streams of all cameras at a time.
pub(crate) const VIEWERS_MAX: usize = 16;

/// What viewers of the same picture share, held while it is looked at or renewed.
pub(super) type Shared<'a, T> = tokio::sync::MutexGuard<'a, Option<T>>;
type Shelf<T> = tokio::sync::Mutex<Option<T>>;

/// Two viewers with the same wish see the same pictures.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Wish {
    camera: CameraId,
    side_px_max: u32,
    overlay: bool,
}

struct Table<T> {
    by_camera: HashMap<CameraId, usize>,
    /// What each wish has in common; it goes with the last viewer who holds it.
    shelves: HashMap<Wish, Weak<Shelf<T>>>,
}

/// Everybody who watches.
pub(super) struct Viewers<T> {
    table: Arc<Mutex<Table<T>>>,
}

impl<T> Default for Viewers<T> {
    fn default() -> Self {
        let table = Table { by_camera: HashMap::new(), shelves: HashMap::new() };
        Self { table: Arc::new(Mutex::new(table)) }
    }
}

/// A viewer's place; dropping it gives it back.
pub(super) struct Seat<T> {
    table: Arc<Mutex<Table<T>>>,
    camera: CameraId,
    shelf: Arc<Shelf<T>>,
}

fn lock<T>(table: &Mutex<Table<T>>) -> MutexGuard<'_, Table<T>> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Viewers<T> {
    /// A place for one who wants `asked` of `camera`, while there is one.
    pub(super) fn sit_down(&self, camera: &CameraId, asked: StillQuery) -> Result<Seat<T>, Problem> {
        let mut table = lock(&self.table);
        let here = table.by_camera.get(camera).copied().unwrap_or(0);
        if here >= VIEWERS_PER_CAMERA_MAX {
            return Err(Problem::too_many_viewers(&format!(
                "{VIEWERS_PER_CAMERA_MAX} already watch this camera"
            )));
        }
        if table.by_camera.values().sum::<usize>() >= VIEWERS_MAX {
            return Err(Problem::too_many_viewers(&format!("{VIEWERS_MAX} already watch cameras")));
        }
        table.by_camera.insert(camera.clone(), here + 1);
        let StillQuery { side_px_max, overlay } = asked;
        let wish = Wish { camera: camera.clone(), side_px_max, overlay };
        let shelf = table.shelves.get(&wish).and_then(Weak::upgrade).unwrap_or_default();
        table.shelves.retain(|_, shelf| shelf.strong_count() > 0);
        table.shelves.insert(wish, Arc::downgrade(&shelf));
        drop(table);
        Ok(Seat { table: Arc::clone(&self.table), camera: camera.clone(), shelf })
    }
}

impl<T> Seat<T> {
    /// What this viewer shares with those who want the same; others wait while it is held.
    pub(super) async fn shared(&self) -> Shared<'_, T> {
        self.shelf.lock().await
    }
}

impl<T> Drop for Seat<T> {
    fn drop(&mut self) {
        let mut table = lock(&self.table);
        if let Some(count) = table.by_camera.get_mut(&self.camera) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                table.by_camera.remove(&self.camera);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: StillQuery = StillQuery { side_px_max: 640, overlay: false };

    #[test]
    fn so_many_watch_one_camera_and_all_cameras_and_a_seat_is_given_back() {
        let viewers = Viewers::<u8>::default();
        let camera = |number| CameraId::numbered("gate", number);
        let sit = |number| viewers.sit_down(&camera(number), ASKED);
        let refused = |number| sit(number).err().map(|problem| (problem.status, problem.retry_after_s));
        let mut seats: Vec<_> = (0..4).map(|_| sit(0).unwrap()).collect();
        assert_eq!(refused(0), Some((503, Some(30))));
        seats.extend((0..12).map(|n| sit(1 + n % 3).unwrap()));
        assert_eq!(refused(9), Some((503, Some(30))), "sixteen watch");
        seats.remove(0);
        assert!(sit(9).is_ok() && sit(0).is_ok());
        drop(seats);
        assert!(lock(&viewers.table).by_camera.is_empty());
    }

    #[tokio::test]
    async fn only_the_same_wish_is_shared_and_only_while_somebody_has_it() {
        let viewers = Viewers::<u8>::default();
        let camera = CameraId::numbered("gate", 1);
        let first = viewers.sit_down(&camera, ASKED).unwrap();
        *first.shared().await = Some(7);
        let same = viewers.sit_down(&camera, ASKED).unwrap();
        assert_eq!(*same.shared().await, Some(7));
        let other = viewers.sit_down(&camera, StillQuery { overlay: true, ..ASKED }).unwrap();
        assert_eq!(*other.shared().await, None);
        drop((first, same, other));
        let later = viewers.sit_down(&camera, ASKED).unwrap();
        assert_eq!(*later.shared().await, None, "an old picture is not shown");
        assert_eq!(lock(&viewers.table).shelves.len(), 1);
    }
}
