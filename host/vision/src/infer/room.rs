//! A network's room: where all who want the same network are served, one run at a time and in the order in which they came.
//!
//! Each asks from a [`Seat`] of its own and for one run at a time, so that nobody is served twice while another waits once.
//! Where the network leaves its batch free, those who wait are gathered into one run, up to so many rows or for so long
//! ([`Gathering`]); their inputs stand one behind the other along the first side, and each gets its own rows of the outputs.
//!
//! There is no thread of the room: whoever stands first in the line runs the network, for itself and for those gathered
//! with it, while they sleep. When a run for several fails, each is run alone, and gets what comes of it, an error or a panic too.

mod batch;

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ovr_domain::metric;
use ovr_domain::port::{Inference, InferenceError, ModelInfo, Tensor};
use ovr_domain::time::Clock;

use super::Provider;

/// Who has asked within this time may ask again soon: only for such is anybody waited for.
const ACTIVE_SPAN: Duration = Duration::from_secs(1);

/// How the inputs of several are gathered into one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gathering {
    /// Most rows (pictures, crops) of a run that serves several; an input that has more by itself runs by itself.
    pub rows_max: usize,
    /// Longest that an input waits, since it came, for those of others. Nobody waits who is the only one to ask.
    pub wait: Duration,
}

impl Gathering {
    /// Everybody by themselves.
    pub const SINGLY: Self = Self { rows_max: 1, wait: Duration::ZERO };

    /// What suits an execution provider by its name. A processor computes rows one after the other, in a batch not a bit
    /// faster than singly, and larger batches leave its caches; an accelerator computes a few in the time of one.
    pub fn suiting(provider: &str) -> Self {
        if provider == Provider::Cpu.as_str() {
            return Self::SINGLY;
        }
        Self { rows_max: 8, wait: Duration::from_millis(2) }
    }
}

/// What a run gives.
type Answer = Result<Vec<Tensor>, InferenceError>;

/// A network and the line of those who want it; cheap to clone.
#[derive(Clone)]
pub struct InferenceRoom(Arc<Room>);

struct Room {
    info: ModelInfo,
    gathering: Gathering,
    clock: Arc<dyn Clock>,
    line: Mutex<Line>,
    /// Only whoever leads runs it, but for rehearsals.
    network: Mutex<batch::Batcher>,
}

#[derive(Default)]
struct Line {
    /// In the order in which they came; the first leads.
    waiting: VecDeque<Call>,
    /// Of those whom somebody else has served, until they take it.
    answers: BTreeMap<u64, Answer>,
    is_running: bool,
    /// When each seat has asked last.
    asked: BTreeMap<u64, Duration>,
    seats: u64,
}

/// Somebody who waits.
struct Call {
    seat: u64,
    /// Nothing of whoever leads, who has it at hand, and of those who have not copied theirs yet.
    input: Option<Tensor>,
    woken: Arc<Condvar>,
}

impl InferenceRoom {
    /// For one network. A network whose batch is not free is run for each by themselves, whatever `gathering` says.
    pub fn new(network: Box<dyn Inference>, gathering: Gathering, clock: Arc<dyn Clock>) -> Self {
        let info = network.info().clone();
        let rows_max = if batch::is_free(&info) { gathering.rows_max.max(1) } else { 1 };
        let gathering = if rows_max == 1 { Gathering::SINGLY } else { Gathering { rows_max, ..gathering } };
        let network = Mutex::new(batch::Batcher::new(network));
        Self(Arc::new(Room { info, gathering, clock, line: Mutex::default(), network }))
    }

    /// How inputs are gathered: as told, where the network allows it.
    pub fn gathering(&self) -> Gathering {
        self.0.gathering
    }

    /// Runs the network once on as many rows of nothing as a run for several may have, of the kind that it was given last.
    /// Nothing happens where inputs are not gathered, or before anybody has asked.
    ///
    /// # Errors
    /// [`InferenceError::Run`] when the network fails.
    pub fn rehearse(&self) -> Result<(), InferenceError> {
        let rows_max = self.0.gathering.rows_max;
        let mut network = self.0.network.lock().unwrap_or_else(PoisonError::into_inner);
        if rows_max > 1 { network.rehearse(rows_max) } else { Ok(()) }
    }

    /// A place from which to ask.
    pub fn seat(&self) -> Seat {
        let mut line = self.0.lock();
        line.seats += 1;
        Seat { number: line.seats, room: Arc::clone(&self.0), woken: Arc::default() }
    }
}

/// One place in a room. As a network it is the room's own, and its answers are the same as if nobody else asked.
pub struct Seat {
    room: Arc<Room>,
    number: u64,
    woken: Arc<Condvar>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.room.lock().asked.remove(&self.number);
    }
}

impl Inference for Seat {
    fn info(&self) -> &ModelInfo {
        &self.room.info
    }

    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, InferenceError> {
        let now = self.room.clock.monotonic();
        let mut line = self.room.join(self, now);
        if self.room.gathers() && !line.is_led_by(self.number) {
            // Somebody else may run it before it is our turn. The line goes on while this is copied.
            drop(line);
            let copy = input.clone();
            line = self.room.lock();
            line.offer(self.number, copy);
        }
        loop {
            if let Some(answer) = line.answers.remove(&self.number) {
                return answer;
            }
            if line.is_led_by(self.number) {
                break;
            }
            line = self.woken.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
        line = self.room.gather(line, self, now);
        let calls = line.begin(input, self.room.gathering.rows_max);
        drop(line);
        let mut answers = self.room.run(input, &calls);
        answers.resize_with(calls.len(), || Err(self.room.unanswered()));
        self.room.lock().end(&calls, answers).unwrap_or_else(|| Err(self.room.unanswered()))
    }
}

impl Room {
    // A thread that died here died between plain assignments: the network runs outside of this lock.
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gathers(&self) -> bool {
        self.gathering.rows_max > 1
    }

    /// Puts a seat at the end of the line.
    fn join(&self, seat: &Seat, now: Duration) -> MutexGuard<'_, Line> {
        let mut line = self.lock();
        if self.gathers() {
            line.asked.insert(seat.number, now);
        }
        line.waiting.push_back(Call { seat: seat.number, input: None, woken: Arc::clone(&seat.woken) });
        line
    }

    /// Whoever leads waits for as many as may come, until its input has waited for long enough.
    fn gather<'a>(&self, line: MutexGuard<'a, Line>, seat: &Seat, since: Duration) -> MutexGuard<'a, Line> {
        let now = self.clock.monotonic();
        let left = self.gathering.wait.saturating_sub(now.saturating_sub(since));
        if left.is_zero() || !self.gathers() {
            return line;
        }
        let come_soon = |at: &&Duration| now.saturating_sub(**at) <= ACTIVE_SPAN;
        let wanted = line.asked.values().filter(come_soon).count().min(self.gathering.rows_max);
        let too_few = |line: &mut Line| line.ready() < wanted;
        let waited = seat.woken.wait_timeout_while(line, left, too_few);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// One run for all of `calls`: an answer each. The first is the caller's own, and `input` what it asks. When the run fails,
    /// each is run by itself: what is too much together (the memory of an accelerator) may do singly, and one input that
    /// no network takes is nobody else's fault.
    fn run(&self, input: &Tensor, calls: &[Call]) -> Vec<Answer> {
        let others: Vec<&Tensor> = calls.iter().skip(1).filter_map(|call| call.input.as_ref()).collect();
        match self.run_once(input, &others) {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(error) if others.is_empty() => vec![Err(error)],
            Err(error) => {
                tracing::debug!(
                    model = self.info.name,
                    together = calls.len(),
                    "running one by one: {error}"
                );
                let each = std::iter::once(input).chain(others);
                each.map(|input| self.run_once(input, &[])?.pop().ok_or_else(|| self.unanswered())).collect()
            }
        }
    }

    /// One run of the network: the outputs for each.
    fn run_once(&self, first: &Tensor, others: &[&Tensor]) -> Result<Vec<Vec<Tensor>>, InferenceError> {
        metric::inference_run(&self.info.name, 1 + others.len() as u64);
        // A network that panicked holds buffers and no invariants, and the next run starts afresh.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            self.network.lock().unwrap_or_else(PoisonError::into_inner).run(first, others)
        }));
        outcome.unwrap_or_else(|_| {
            let reason = "it panicked; what was said of it stands in the log before this line".to_owned();
            Err(InferenceError::Run { model: self.info.name.clone(), reason })
        })
    }

    fn unanswered(&self) -> InferenceError {
        let reason = "it gave no answer to an input".to_owned();
        InferenceError::Run { model: self.info.name.clone(), reason }
    }
}

impl Line {
    /// Whether this seat may run the network now.
    fn is_led_by(&self, seat: u64) -> bool {
        !self.is_running && self.waiting.front().is_some_and(|first| first.seat == seat)
    }

    /// Who leads is told, when it sleeps until more have come.
    fn wake_first(&self) {
        if let Some(first) = self.waiting.front() {
            first.woken.notify_one();
        }
    }

    /// Others may run this input from now on, unless it is being run or led already.
    fn offer(&mut self, seat: u64, input: Tensor) {
        if let Some(call) = self.waiting.iter_mut().find(|call| call.seat == seat) {
            call.input = Some(input);
            self.wake_first();
        }
    }

    /// Inputs that can run now: of whoever leads, and those that were offered.
    fn ready(&self) -> usize {
        1 + self.waiting.iter().skip(1).filter(|call| call.input.is_some()).count()
    }

    /// Takes the first and who fits to it out of the line. Who does not fit is sooner or later the first.
    fn begin(&mut self, input: &Tensor, rows_max: usize) -> Vec<Call> {
        self.is_running = true;
        let mut calls: Vec<Call> = self.waiting.pop_front().into_iter().collect();
        let mut rows = batch::rows(input);
        let mut later = VecDeque::new();
        for call in self.waiting.drain(..) {
            let more = call.input.as_ref().filter(|other| batch::fit(input, other)).map(batch::rows);
            match more.map(|more| rows.saturating_add(more)).filter(|rows| *rows <= rows_max) {
                Some(with_it) => {
                    rows = with_it;
                    calls.push(call);
                }
                None => later.push_back(call),
            }
        }
        self.waiting = later;
        calls
    }

    /// Hands out the answers of a run, and gives the first: that of the seat that ran it.
    fn end(&mut self, calls: &[Call], answers: Vec<Answer>) -> Option<Answer> {
        self.is_running = false;
        let mut answers = answers.into_iter();
        let own = answers.next();
        for (call, answer) in calls.iter().skip(1).zip(answers) {
            self.answers.insert(call.seat, answer);
            call.woken.notify_one();
        }
        self.wake_first();
        own
    }
}

#[cfg(test)]
mod tests;
