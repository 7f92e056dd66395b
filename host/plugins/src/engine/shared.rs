//! What an engine and its plugins share: wasmtime's engine, the thread that drives the deadlines, and the gate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wasmtime::{EngineWeak, Store};

use super::limits::{Gate, RETURNED_BYTES_MAX, TICK, TimeLimit, Turn, Usage, run_config, ticks};
use super::log::{CallState, LogLimit};
use crate::Error;

#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) engine: wasmtime::Engine,
    /// Ticks since the start.
    pub(crate) ticks: Arc<AtomicU64>,
    pub(crate) gate: Gate,
}

impl Core {
    /// Reserves the pool and starts the thread. It ends when the last plugin of the engine is gone, never before: without
    /// ticks no call would ever be stopped.
    pub(crate) fn start() -> Result<Self, Error> {
        let engine = wasmtime::Engine::new(&run_config());
        let engine = engine.map_err(|error| {
            let hint = "it reserves 130 GiB of address space, not of memory: a limit such as `ulimit -v` must allow that";
            Error::Engine { reason: format!("{error:#} ({hint})") }
        })?;
        let passed = Arc::new(AtomicU64::new(0));
        let (weak, counted) = (engine.weak(), Arc::clone(&passed));
        std::thread::Builder::new()
            .name("plugin-epoch".to_owned())
            .spawn(move || tick(&weak, &counted))
            .map_err(|error| Error::Engine { reason: format!("cannot start its thread: {error}") })?;
        Ok(Self { engine, ticks: passed, gate: Gate::new() })
    }

    /// Waits for a turn, and only then starts the deadline of one call. The store goes before the turn ends, so that whoever
    /// comes next finds its place in the pool free.
    pub(crate) fn begin(&self, log: &Arc<LogLimit>, deadline: Duration) -> (Turn<'_>, Store<CallState>) {
        let turn = self.gate.enter();
        (turn, self.store(log, deadline))
    }

    /// An empty store with every limit set, for one call.
    pub(crate) fn store(&self, log: &Arc<LogLimit>, deadline: Duration) -> Store<CallState> {
        let state =
            CallState { usage: Usage::default(), time: TimeLimit::start(deadline), log: Arc::clone(log) };
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.usage);
        store.set_hostcall_fuel(RETURNED_BYTES_MAX);
        store.set_epoch_deadline(ticks(deadline));
        store.epoch_deadline_callback(|mut call| Ok(call.data_mut().time.at_deadline()));
        store
    }
}

fn tick(engine: &EngineWeak, passed: &AtomicU64) {
    loop {
        std::thread::sleep(TICK);
        let Some(engine) = engine.upgrade() else { return };
        engine.increment_epoch();
        passed.fetch_add(1, Ordering::Relaxed);
    }
}
