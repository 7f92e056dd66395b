//! The models that ship, asked by several at once: each gets what it would get alone.
//!
//! Without ONNX Runtime or the models this says so and passes.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test, also outside its test functions")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use ovr_domain::port::{Inference, InferenceError, ModelInfo, Tensor};
use ovr_domain::time::SystemClock;
use ovr_vision::infer::{Gathering, InferenceRoom, Options, OrtModel, Runtime, library_file, model_file};

const CAMERAS: usize = 4;
const ROUNDS: usize = 3;

/// Counts the runs.
struct Counted(OrtModel, Arc<AtomicUsize>);

impl Inference for Counted {
    fn info(&self) -> &ModelInfo {
        self.0.info()
    }

    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, InferenceError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.run(input)
    }
}

fn open(file: &str) -> Option<OrtModel> {
    let Some((library, model)) = library_file().zip(model_file(file)) else {
        println!("skipped: there is no ONNX Runtime or no {file}");
        return None;
    };
    let runtime = Runtime::load(&library).unwrap();
    Some(runtime.open(&model, &Options::cpu(1)).unwrap())
}

/// Blocks of their own brightness, others for each camera and round.
fn input(shape: [usize; 3], number: usize) -> Tensor {
    let [channels, height, width] = shape;
    let value = |at: usize| {
        let (x, y) = (at % width / 12, at / width / 12);
        ((x * 97 + y * 57 + number * 31) % 160) as f32 / 160.0
    };
    let data = (0..channels * height * width).map(value).collect();
    Tensor { shape: vec![1, channels, height, width], data }
}

fn assert_near(one: &[Tensor], other: &[Tensor]) {
    assert_eq!(one.len(), other.len());
    for (one, other) in one.iter().zip(other) {
        assert_eq!(one.shape, other.shape);
        let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-4 * a.abs().max(1.0);
        assert!(one.data.iter().zip(&other.data).all(near));
    }
}

#[test]
fn what_several_get_of_one_run_is_what_each_gets_alone() {
    let models = [
        ("plate-detector-nano.onnx", [3, 384, 640]),
        ("plate-reader.onnx", [1, 64, 160]),
        ("plate-reader-int8.onnx", [1, 64, 160]),
    ];
    for (file, shape) in models {
        let Some((mut alone, shared)) = open(file).zip(open(file)) else { return };
        let inputs: Vec<Tensor> = (0..CAMERAS * ROUNDS).map(|number| input(shape, number)).collect();
        let expected: Vec<Vec<Tensor>> = inputs.iter().map(|input| alone.run(input).unwrap()).collect();
        let runs = Arc::new(AtomicUsize::new(0));
        let gathering = Gathering { rows_max: CAMERAS, wait: Duration::from_millis(200) };
        let network = Box::new(Counted(shared, Arc::clone(&runs)));
        let room = InferenceRoom::new(network, gathering, Arc::new(SystemClock::start()));
        let together = Barrier::new(CAMERAS);
        thread::scope(|scope| {
            for camera in 0..CAMERAS {
                let (mut seat, inputs, expected, together) = (room.seat(), &inputs, &expected, &together);
                scope.spawn(move || {
                    for at in (camera..CAMERAS * ROUNDS).step_by(CAMERAS) {
                        together.wait();
                        assert_near(&seat.run(&inputs[at]).unwrap(), &expected[at]);
                    }
                });
            }
        });
        let (runs, asked) = (runs.load(Ordering::SeqCst), CAMERAS * ROUNDS);
        println!("{file}: {runs} runs for {asked}, {:?}", room.gathering());
        let gathers = room.gathering().rows_max > 1;
        assert!(if gathers { runs < asked } else { runs == asked }, "{file}: {runs} runs");
    }
}
