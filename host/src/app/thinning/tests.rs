use std::collections::VecDeque;

use super::*;
use crate::app::cadence::Cadence;

const EVERY_MAX: u32 = 4;
/// Frames a second of each camera, and how many wait at most.
const FPS: u64 = 25;
const QUEUE: usize = 8;

/// A simulated camera: its queue, its policy, and the look that it takes.
struct Camera {
    cadence: Cadence,
    thinning: Thinning,
    queue: VecDeque<Duration>,
    dropped: u64,
    /// The frame that is looked at and since when; nothing while it waits for frames.
    looking: Option<(Duration, Duration)>,
    looks: u32,
    /// How often `every` changed.
    changes: u32,
    every: u32,
}

/// Cameras and the one network that serves them in the order in which they ask.
struct Street {
    cameras: Vec<Camera>,
    line: VecDeque<usize>,
    /// Who is served, and when that ends, in milliseconds.
    served: Option<(usize, u64)>,
    now_ms: u64,
}

impl Street {
    fn new(count: usize) -> Self {
        let camera = || Camera {
            cadence: Cadence::new(6.0, 12.0),
            thinning: Thinning::default(),
            queue: VecDeque::new(),
            dropped: 0,
            looking: None,
            looks: 0,
            changes: 0,
            every: 1,
        };
        let cameras = (0..count).map(|_| camera()).collect();
        Self { cameras, line: VecDeque::new(), served: None, now_ms: 0 }
    }

    /// So many seconds during which a look costs the network so many milliseconds.
    fn run(&mut self, seconds: u64, cost_ms: u64) {
        for _ in 0..seconds * 1_000 {
            self.step(cost_ms);
            self.now_ms += 1;
        }
    }

    fn step(&mut self, cost_ms: u64) {
        let now = Duration::from_millis(self.now_ms);
        for (number, camera) in self.cameras.iter_mut().enumerate() {
            // Cameras do not give their frames at the same moment.
            if (self.now_ms + 7 * number as u64).is_multiple_of(1_000 / FPS) {
                if camera.queue.len() == QUEUE {
                    camera.queue.pop_front();
                    camera.dropped += 1;
                }
                camera.queue.push_back(now);
            }
        }
        if let Some((number, _)) = self.served.filter(|(_, end)| *end <= self.now_ms) {
            self.served = None;
            self.cameras[number].finish(now);
        }
        for (number, camera) in self.cameras.iter_mut().enumerate() {
            if camera.begin(now) {
                self.line.push_back(number);
            }
        }
        if self.served.is_none() {
            self.served = self.line.pop_front().map(|number| (number, self.now_ms + cost_ms));
        }
    }

    fn every(&self) -> Vec<u32> {
        self.cameras.iter().map(|camera| camera.every).collect()
    }

    fn dropped(&self) -> u64 {
        self.cameras.iter().map(|camera| camera.dropped).sum()
    }

    fn changes(&self) -> u32 {
        self.cameras.iter().map(|camera| camera.changes).sum()
    }
}

impl Camera {
    /// Takes frames until one is due; whether it now waits for the network.
    fn begin(&mut self, now: Duration) -> bool {
        while self.looking.is_none() {
            let Some(frame) = self.queue.pop_front() else { return false };
            if self.cadence.take(frame) {
                self.looking = Some((frame, now));
                return true;
            }
        }
        false
    }

    fn finish(&mut self, now: Duration) {
        let Some((at, since)) = self.looking.take() else { return };
        self.looks += 1;
        let waiting = (self.queue.len(), QUEUE);
        let load = Load { at, took: now.saturating_sub(since), dropped: self.dropped, waiting };
        let every = self.thinning.looked(&load, EVERY_MAX);
        self.changes += u32::from(every != self.every);
        self.every = every;
        self.cadence.thin(every);
    }
}

#[test]
fn cameras_that_the_network_can_carry_are_looked_at_as_often_as_configured() {
    let mut street = Street::new(8);
    street.run(60, 10);
    assert_eq!((street.every(), street.dropped(), street.changes()), (vec![1; 8], 0, 0));
    assert!(street.cameras.iter().all(|camera| (355..=365).contains(&camera.looks)));
}

#[test]
fn under_load_all_give_way_alike_and_then_nothing_is_dropped_and_nothing_swings() {
    // Eight cameras would need 48 looks a second; there is time for 33, then for 40.
    for cost_ms in [30, 25] {
        let mut street = Street::new(8);
        street.run(30, cost_ms);
        let every = street.every();
        assert!(every.iter().all(|every| (1..=2).contains(every)) && every.contains(&2), "{every:?}");
        let (dropped, changes) = (street.dropped(), street.changes());
        let before: Vec<u32> = street.cameras.iter().map(|camera| camera.looks).collect();
        street.run(120, cost_ms);
        assert_eq!(street.dropped(), dropped);
        assert!(street.changes() - changes <= 4, "{} changes", street.changes() - changes);
        let looks = street.cameras.iter().zip(before).map(|(camera, before)| camera.looks - before);
        let looks: Vec<u32> = looks.collect();
        assert!(looks.iter().all(|looks| *looks >= 120 * 3 - 1), "{looks:?}");
    }
}

#[test]
fn when_the_load_falls_the_configured_rate_returns() {
    let mut street = Street::new(4);
    street.run(60, 100);
    assert!(street.every().iter().all(|every| *every > 1), "{:?}", street.every());
    street.run(60, 10);
    assert_eq!(street.every(), [1; 4]);
    let (dropped, changes) = (street.dropped(), street.changes());
    street.run(60, 10);
    assert_eq!((street.dropped(), street.changes()), (dropped, changes));
}

#[test]
fn no_load_thins_beyond_the_bound_and_every_camera_is_still_looked_at() {
    let mut street = Street::new(8);
    street.run(120, 200);
    assert!(street.every().iter().all(|every| *every == EVERY_MAX), "{:?}", street.every());
    let looks: Vec<u32> = street.cameras.iter().map(|camera| camera.looks).collect();
    let (least, most) = (looks.iter().min().unwrap(), looks.iter().max().unwrap());
    assert!(*least > 60 && most - least <= 2, "{looks:?}");
}

/// A look each half second of video that takes so long, with so many frames waiting.
fn steady(thinning: &mut Thinning, from: u64, count: u64, took_ms: u64, waiting: usize) -> u32 {
    let mut every = 1;
    for n in from..from + count {
        let at = Duration::from_millis(500 * n);
        let load = Load { at, took: Duration::from_millis(took_ms), dropped: 0, waiting: (waiting, QUEUE) };
        every = thinning.looked(&load, EVERY_MAX);
    }
    every
}

#[test]
fn a_step_forward_waits_for_room_and_one_that_is_taken_back_makes_the_next_wait_longer() {
    let mut thinning = Thinning::default();
    assert_eq!(steady(&mut thinning, 0, 2, 490, QUEUE / 2), 2, "at once");
    // A quarter of the time is busy: looking at every frame would take a half.
    assert_eq!(steady(&mut thinning, 2, 200, 125, 0), 2);
    // Now there is room, but not for long enough yet.
    assert_eq!(steady(&mut thinning, 202, 11, 50, 0), 2);
    assert_eq!(steady(&mut thinning, 213, 4, 50, 0), 1);
    assert_eq!(steady(&mut thinning, 217, 1, 490, QUEUE), 2);
    assert_eq!(steady(&mut thinning, 218, 20, 50, 0), 2, "twice as long");
    assert_eq!(steady(&mut thinning, 238, 6, 50, 0), 1);
}

#[test]
fn after_a_gap_nothing_is_concluded_and_a_lower_bound_holds_at_once() {
    let mut thinning = Thinning::default();
    steady(&mut thinning, 0, 30, 490, QUEUE);
    assert_eq!(thinning.every, EVERY_MAX);
    let load = Load { at: Duration::from_mins(9), took: Duration::ZERO, dropped: 9, waiting: (0, QUEUE) };
    assert_eq!(thinning.looked(&load, EVERY_MAX), EVERY_MAX);
    assert_eq!(thinning.looked(&load, 1), 1);
}

#[test]
fn a_source_that_is_read_without_loss_is_never_thinned() {
    assert!(Thinning::of(WhenFull::Wait).is_none());
    assert!(Thinning::of(WhenFull::DropOldest).is_some());
}
