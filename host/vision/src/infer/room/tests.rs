use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use ovr_domain::Digest;
use ovr_domain::port::TensorSpec;
use ovr_domain::time::Timestamp;

use super::*;

/// Longer than any test lasts.
const LONG: Duration = Duration::from_hours(1);

/// A clock that stands still until it is set, in seconds.
#[derive(Debug, Default)]
struct StillClock(AtomicU64);

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// What a run of the toy network does besides adding up.
#[derive(Clone, Copy)]
enum Does {
    Answer,
    Fail,
    Panic,
}

/// Gives each row twice and the sum of each row; a run waits for a word, and says how many rows it had and of whom the
/// first values were.
struct Toy {
    info: ModelInfo,
    words: Receiver<Does>,
    ran: SyncSender<Vec<f32>>,
}

impl Inference for Toy {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn run(&mut self, input: &Tensor) -> Answer {
        let [rows, columns] = *input.shape else { panic!("{:?}", input.shape) };
        let firsts = input.data.chunks_exact(columns).map(|row| row[0]).collect();
        self.ran.send(firsts).unwrap();
        match self.words.recv().unwrap() {
            Does::Answer => {}
            Does::Fail => {
                let reason = "this test means it".to_owned();
                return Err(InferenceError::Run { model: "toy".to_owned(), reason });
            }
            Does::Panic => panic!("this test means it"),
        }
        let twice = input.data.iter().map(|value| 2.0 * value).collect();
        let sums = input.data.chunks_exact(columns).map(|row| row.iter().sum()).collect();
        Ok(vec![
            Tensor { shape: vec![rows, columns], data: twice },
            Tensor { shape: vec![rows, 1], data: sums },
        ])
    }
}

/// A room around a toy, the words that let it run, and what it says of each run.
struct Toys {
    room: InferenceRoom,
    clock: Arc<StillClock>,
    words: SyncSender<Does>,
    ran: Receiver<Vec<f32>>,
}

impl Toys {
    fn new(batch: Option<usize>, gathering: Gathering) -> Self {
        let spec = |name: &str| TensorSpec {
            name: name.to_owned(),
            shape: vec![batch, None],
            element: "f32".to_owned(),
        };
        let info = ModelInfo {
            name: "toy".to_owned(),
            digest: Digest::of(b"toy"),
            provider: "recorded".to_owned(),
            inputs: vec![spec("in")],
            outputs: vec![spec("twice"), spec("sum")],
            metadata: BTreeMap::new(),
        };
        let ((words, heard), (ran, runs)) = (sync_channel(1_000), sync_channel(1_000));
        let toy = Toy { info, words: heard, ran };
        let clock: Arc<StillClock> = Arc::default();
        let room = InferenceRoom::new(Box::new(toy), gathering, Arc::clone(&clock) as Arc<dyn Clock>);
        Self { room, clock, words, ran: runs }
    }

    fn may(&self, what: Does) {
        self.words.send(what).unwrap();
    }

    /// Waits until so many stand in the line and may be gathered, but for the first.
    fn wait_for_line(&self, count: usize) {
        let gathers = self.room.0.gathers();
        let there = |line: &Line| {
            let ready = line.waiting.iter().skip(usize::from(!line.is_running));
            line.waiting.len() == count && (!gathers || ready.clone().all(|call| call.input.is_some()))
        };
        while !there(&self.room.0.lock()) {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

fn row(value: f32) -> Tensor {
    Tensor { shape: vec![1, 2], data: vec![value, 1.0] }
}

fn right(value: f32) -> Vec<Tensor> {
    let twice = Tensor { shape: vec![1, 2], data: vec![2.0 * value, 2.0] };
    vec![twice, Tensor { shape: vec![1, 1], data: vec![value + 1.0] }]
}

const UP_TO_THREE: Gathering = Gathering { rows_max: 3, wait: Duration::ZERO };

/// While the first is being served, `others` come one after the other; then `what` is done of each run. The answers in
/// the order in which they came, and the runs.
fn served(toys: &Toys, others: &[Tensor], what: &[Does]) -> (Vec<Answer>, Vec<Vec<f32>>) {
    thread::scope(|scope| {
        let ask = |input: Tensor| {
            let mut seat = toys.room.seat();
            scope.spawn(move || seat.run(&input))
        };
        let mut asking = vec![ask(row(0.0))];
        let mut runs = vec![toys.ran.recv().unwrap()];
        for (at, input) in others.iter().enumerate() {
            asking.push(ask(input.clone()));
            toys.wait_for_line(at + 1);
        }
        for what in what {
            toys.may(*what);
        }
        let answers = asking.into_iter().map(|asking| asking.join().unwrap()).collect();
        runs.extend(toys.ran.try_iter());
        (answers, runs)
    })
}

#[test]
fn those_who_wait_are_served_together_and_each_gets_its_own() {
    let toys = Toys::new(None, UP_TO_THREE);
    let others: Vec<Tensor> = [1.0, 2.0, 3.0, 4.0].map(row).to_vec();
    let (answers, runs) = served(&toys, &others, &[Does::Answer; 3]);
    assert_eq!(answers, [0.0, 1.0, 2.0, 3.0, 4.0].map(right).map(Ok));
    assert_eq!(runs, [vec![0.0], vec![1.0, 2.0, 3.0], vec![4.0]]);
}

#[test]
fn a_network_of_fixed_batch_serves_one_after_the_other_in_the_order_in_which_they_came() {
    let toys = Toys::new(Some(1), UP_TO_THREE);
    assert_eq!(toys.room.gathering(), Gathering::SINGLY);
    let others: Vec<Tensor> = [1.0, 2.0, 3.0].map(row).to_vec();
    let (answers, runs) = served(&toys, &others, &[Does::Answer; 4]);
    assert_eq!(answers, [0.0, 1.0, 2.0, 3.0].map(right).map(Ok));
    assert_eq!(runs, [0.0, 1.0, 2.0, 3.0].map(|value| vec![value]));
}

#[test]
fn what_does_not_fit_waits_for_its_turn_and_several_rows_of_one_stay_together() {
    let toys = Toys::new(None, UP_TO_THREE);
    let two = Tensor { shape: vec![2, 2], data: vec![2.0, 1.0, 3.0, 1.0] };
    let wide = Tensor { shape: vec![1, 3], data: vec![7.0, 1.0, 1.0] };
    let four = Tensor { shape: vec![4, 2], data: vec![4.0; 8] };
    let (answers, runs) = served(&toys, &[row(1.0), wide, two, four, row(5.0)], &[Does::Answer; 5]);
    assert_eq!(runs, [vec![0.0], vec![1.0, 2.0, 3.0], vec![7.0], vec![4.0; 4], vec![5.0]]);
    let outputs = answers[3].as_ref().unwrap();
    assert_eq!((outputs[0].shape.as_slice(), outputs[1].data.as_slice()), (&[2, 2][..], &[3.0, 4.0][..]));
    assert_eq!(answers[5], Ok(right(5.0)));
}

#[test]
fn nobody_is_served_again_before_whoever_waits_is_served() {
    const SEATS: usize = 5;
    const CALLS: usize = 40;
    let toys = Toys::new(None, Gathering { rows_max: 2, wait: Duration::ZERO });
    thread::scope(|scope| {
        for number in 0..SEATS {
            let mut seat = toys.room.seat();
            scope.spawn(move || (0..CALLS).all(|_| seat.run(&row(number as f32)).is_ok()));
        }
        let mut served = [0_usize; SEATS];
        while served.iter().sum::<usize>() < SEATS * CALLS {
            let asking = served.iter().filter(|served| **served < CALLS).count();
            let run = toys.ran.recv().unwrap();
            for first in &run {
                served[*first as usize] += 1;
            }
            // Once all others that still ask have come, nobody can have been too late for its turn.
            toys.wait_for_line(asking - run.len());
            toys.may(Does::Answer);
            let behind = served.iter().max().unwrap() - served.iter().min().unwrap();
            assert!(behind <= 2, "{served:?}");
        }
    });
}

#[test]
fn after_an_error_or_a_panic_each_is_run_alone_and_gets_what_comes_of_that() {
    for what in [Does::Fail, Does::Panic] {
        let toys = Toys::new(None, UP_TO_THREE);
        let others: Vec<Tensor> = [1.0, 2.0, 3.0, 4.0].map(row).to_vec();
        let words = [Does::Answer, what, Does::Answer, what, Does::Answer, Does::Answer];
        let (answers, runs) = served(&toys, &others, &words);
        assert_eq!(runs[1..5], [vec![1.0, 2.0, 3.0], vec![1.0], vec![2.0], vec![3.0]]);
        for (at, answer) in answers.iter().enumerate() {
            if at == 2 {
                assert!(matches!(answer, Err(InferenceError::Run { .. })), "{answer:?}");
            } else {
                assert_eq!(*answer, Ok(right(at as f32)));
            }
        }
    }
}

#[test]
fn whoever_asks_alone_waits_for_nobody_and_two_wait_for_each_other() {
    let toys = Toys::new(None, Gathering { rows_max: 3, wait: LONG });
    let (mut first, mut second) = (toys.room.seat(), toys.room.seat());
    for _ in 0..5 {
        toys.may(Does::Answer);
    }
    assert_eq!(first.run(&row(1.0)), Ok(right(1.0)));
    assert_eq!(toys.ran.recv().unwrap(), [1.0]);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| second.run(&row(2.0)));
        toys.wait_for_line(1);
        assert_eq!(first.run(&row(1.0)), Ok(right(1.0)));
        assert_eq!(waiting.join().unwrap(), Ok(right(2.0)));
    });
    assert_eq!(toys.ran.recv().unwrap(), [2.0, 1.0]);
    // Whoever has not asked for a while or is no longer there is not waited for.
    toys.clock.0.store(2, Ordering::SeqCst);
    assert_eq!(second.run(&row(2.0)), Ok(right(2.0)));
    drop(second);
    assert_eq!(first.run(&row(1.0)), Ok(right(1.0)));
}

#[test]
fn the_wait_for_others_ends() {
    let toys = Toys::new(None, Gathering { rows_max: 3, wait: Duration::from_millis(5) });
    let (mut first, mut second) = (toys.room.seat(), toys.room.seat());
    for _ in 0..3 {
        toys.may(Does::Answer);
        toys.may(Does::Answer);
        assert_eq!(first.run(&row(1.0)), Ok(right(1.0)));
        assert_eq!(second.run(&row(2.0)), Ok(right(2.0)));
    }
}

#[test]
fn outputs_of_too_few_rows_are_an_error_for_all() {
    let two = Tensor { shape: vec![2, 1], data: vec![1.0; 2] };
    let network = super::super::Recorded::new("odd", &[None, Some(1)], &[], vec![vec![two.clone()]]);
    let mut batcher = batch::Batcher::new(Box::new(network));
    let one = Tensor { shape: vec![1, 1], data: vec![1.0] };
    assert_eq!(batcher.run(&one, &[&one]).map(|answers| answers.len()), Ok(2));
    let error = batcher.run(&two, &[&one]).unwrap_err().to_string();
    assert!(error.contains("[2, 1] and 2 values for 3 rows"), "{error}");
}

#[test]
fn a_processor_serves_singly_and_an_accelerator_gathers() {
    assert_eq!(Gathering::suiting("cpu"), Gathering::SINGLY);
    for provider in ["cuda", "tensorrt"] {
        let gathering = Gathering::suiting(provider);
        assert!(gathering.rows_max > 1 && !gathering.wait.is_zero());
    }
}
