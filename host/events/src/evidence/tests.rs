use std::sync::atomic::{AtomicU64, Ordering};

use ovr_domain::event::Verdict;
use ovr_domain::port::StoreError;
use ovr_domain::{CameraId, CapturedAt, Picture, RgbImage, SiteId, Timestamp, TrackId};

use super::*;

#[derive(Debug, Default)]
struct StoppedClock(AtomicU64);

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_795_421_700_000_000)
    }
    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// Answers as it is told and keeps what it stored.
#[derive(Default)]
struct Shelf {
    stored: Mutex<Vec<Evidence>>,
    asked: AtomicU64,
    shed: Option<EvidenceKind>,
    fails: bool,
}

impl EvidenceStore for Shelf {
    fn put(&self, evidence: &Evidence) -> Result<Kept, StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.fails {
            return Err(StoreError::Unavailable { reason: "the disk is gone".to_owned() });
        }
        if self.shed == Some(evidence.kind) {
            return Ok(Kept::Shed);
        }
        self.stored.lock().unwrap().push(evidence.clone());
        Ok(Kept::Stored)
    }
    fn get(&self, id: EvidenceId) -> Result<Option<Vec<u8>>, StoreError> {
        let stored = self.stored.lock().unwrap();
        Ok(stored.iter().find(|e| e.id == id).map(|e| e.jpeg.clone()))
    }
}

fn pictures(clock: &Arc<StoppedClock>) -> Pictures {
    let config = PicturesConfig { scene_width_px: 320, scene_keep_minutes: 10, ..PicturesConfig::default() };
    Pictures::new(config, Arc::<StoppedClock>::clone(clock)).unwrap()
}

fn emission(lifecycle: Lifecycle, vehicle: bool) -> Emission {
    let at = Timestamp::from_micros(1_795_421_700_000_000);
    let captured_at = CapturedAt { at: at.minus(Duration::from_hours(365 * 24)), synchronised: true };
    let camera = CameraId::new("gate").unwrap();
    let picture = Picture::from_rgb(RgbImage::filled(640, 360, [10, 120, 200])).unwrap();
    let frame = Frame {
        camera: camera.clone(),
        sequence: 1,
        captured_at,
        received_at: at,
        presented_at: Duration::ZERO,
        picture,
    };
    let event = PlateEvent {
        lifecycle,
        captured_at: captured_at.at,
        clock_synchronised: true,
        frames_seen: 3,
        plate_observed: Some("AB123C".to_owned()),
        plate_normalized: Some("AB123C".to_owned()),
        confidence: 0.9,
        unread_reason: None,
        verdict: Verdict::Valid,
        plate_quad: Some(BBox::new(300.0, 200.0, 360.0, 216.0).quad()),
        plate_width_px: Some(60.0),
        vehicle_box: vehicle.then_some(BBox::new(200.0, 80.0, 460.0, 260.0)),
        ..PlateEvent::of_pass(EventId::mint(at), SiteId::new("yard").unwrap(), camera, TrackId(1), at)
    };
    Emission { event, positions: Vec::new(), best: Some(frame), decided_at: None }
}

fn kinds(event: &PlateEvent) -> Vec<EvidenceKind> {
    event.evidence.iter().map(|reference| reference.kind).collect()
}

use EvidenceKind::{PlateCrop, Scene, VehicleCrop};

#[test]
fn an_event_gets_plate_vehicle_and_scene_with_digest_and_expiry() {
    let (pictures, shelf) = (pictures(&Arc::default()), Shelf::default());
    for (vehicle, vehicle_size) in [(true, (286, 198)), (false, (252, 176))] {
        let mut emission = emission(Lifecycle::Final, vehicle);
        let cut = pictures.cut(&emission);
        let size = |index: usize| {
            let image = image::load_from_memory(&cut[index].jpeg).unwrap();
            (image.width(), image.height())
        };
        // A region is rounded outwards to whole pixels.
        for (index, (width, height)) in [(72, 24), vehicle_size, (320, 180)].into_iter().enumerate() {
            let (w, h) = size(index);
            assert!(
                (width..=width + 2).contains(&w) && (height..=height + 2).contains(&h),
                "{index}: {w}x{h}"
            );
        }
        pictures.attach(&shelf, &mut emission.event, cut);
        assert_eq!(kinds(&emission.event), [PlateCrop, VehicleCrop, Scene]);
        for reference in &emission.event.evidence {
            let jpeg = shelf.get(reference.id).unwrap().unwrap();
            assert_eq!(Digest::of(&jpeg), reference.sha256);
        }
        // A file that is replayed a year later keeps its pictures as long as any other.
        let received_at = emission.event.received_at;
        let kept = |index: usize| emission.event.evidence[index].expires_at.since(received_at);
        assert_eq!(kept(0), Duration::from_hours(90 * 24));
        assert_eq!(kept(2), Duration::from_mins(10));
    }
}

#[test]
fn what_the_store_sheds_is_left_out_and_the_rest_is_kept() {
    let pictures = pictures(&Arc::default());
    let shelf = Shelf { shed: Some(Scene), ..Shelf::default() };
    let mut emission = emission(Lifecycle::Final, true);
    let cut = pictures.cut(&emission);
    pictures.attach(&shelf, &mut emission.event, cut);
    assert_eq!(kinds(&emission.event), [PlateCrop, VehicleCrop]);
}

#[test]
fn a_store_that_fails_costs_one_attempt_until_it_is_asked_again() {
    let clock = Arc::<StoppedClock>::default();
    let pictures = pictures(&clock);
    let shelf = Shelf { fails: true, ..Shelf::default() };
    for asked in [1, 1, 2] {
        let mut emission = emission(Lifecycle::Final, true);
        let cut = pictures.cut(&emission);
        pictures.attach(&shelf, &mut emission.event, cut);
        assert!(emission.event.evidence.is_empty());
        assert_eq!(shelf.asked.load(Ordering::Relaxed), asked);
        clock.0.fetch_add(6, Ordering::Relaxed);
    }
}

#[test]
fn a_later_revision_keeps_its_pictures_unless_a_better_crop_replaces_them() {
    let (pictures, shelf) = (pictures(&Arc::default()), Shelf::default());
    let mut first = emission(Lifecycle::New, true);
    let cut = pictures.cut(&first);
    pictures.attach(&shelf, &mut first.event, cut);

    let mut update = Emission { best: None, ..first.clone() };
    update.event.evidence.clear();
    (update.event.lifecycle, update.event.revision) = (Lifecycle::Update, 2);
    let cut = pictures.cut(&update);
    assert!(cut.is_empty());
    pictures.attach(&shelf, &mut update.event, cut);
    assert_eq!(update.event.evidence, first.event.evidence);

    let mut last = first.clone();
    (last.event.lifecycle, last.event.revision) = (Lifecycle::Final, 3);
    let cut = pictures.cut(&last);
    pictures.attach(&shelf, &mut last.event, cut);
    assert_eq!(kinds(&last.event), [PlateCrop, VehicleCrop, Scene]);
    assert!(last.event.evidence.iter().all(|new| !first.event.evidence.contains(new)));
    assert!(pictures.state().attached.is_empty(), "nothing is remembered of a final event");
}

#[test]
fn kinds_that_are_not_kept_and_boxes_outside_the_picture_give_no_picture() {
    let config = PicturesConfig { scene_keep_minutes: 0, ..PicturesConfig::default() };
    let pictures = Pictures::new(config, Arc::new(StoppedClock::default())).unwrap();
    let mut outside = emission(Lifecycle::Final, false);
    outside.event.plate_quad = Some(BBox::new(9_000.0, 200.0, 9_060.0, 216.0).quad());
    assert!(pictures.cut(&outside).is_empty());
    outside.event.plate_quad = Some(BBox::new(f32::NAN, 200.0, 9_060.0, 216.0).quad());
    outside.event.vehicle_box = Some(BBox::new(0.0, 0.0, 100.0, 100.0));
    let kept: Vec<_> = pictures.cut(&outside).iter().map(|e| e.kind).collect();
    assert_eq!(kept, [VehicleCrop]);
    assert!(PicturesConfig { jpeg_quality: 0, ..config }.validate().is_err());
}
