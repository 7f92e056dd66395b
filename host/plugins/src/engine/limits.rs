//! What a plugin may use, and how the engine is told.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig, ResourceLimiter, Strategy,
    UpdateDeadline,
};

/// Largest component: a Rust plugin has 40 to 400 KB, one in JavaScript with its interpreter 1.6 MB.
pub const COMPONENT_BYTES_MAX: u64 = 8 << 20;

/// Time that a plugin has for one call. An EU pack takes well under a millisecond.
pub const CALL_DEADLINE: Duration = Duration::from_millis(50);

/// Time that a plugin has for its own test vectors, which run only when it is loaded.
pub const SELF_TEST_DEADLINE: Duration = Duration::from_secs(2);

/// Memory of one instance, over all its linear memories. A Rust plugin needs 1.1 MB, QuickJS about 2 MB.
pub const MEMORY_BYTES_MAX: usize = 16 << 20;

/// Entries of one instance's tables together; a compiler needs one for each function whose address is taken.
pub const TABLE_ELEMENTS_MAX: usize = 10_000;

/// Bytes in strings and lists that one call or one line of log may hand to the host. Eight interpretations with every
/// text at its longest stay below half of it.
pub const RETURNED_BYTES_MAX: usize = 64 << 10;

/// How often the epoch moves on, and with it the grain of every deadline.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Ticks until a call is stopped. The first tick comes at any time within 10 ms, so a call has between one tick less than its
/// deadline and the deadline; stopping early rather than late leaves 10 ms until the 60 ms by which it must be gone.
pub(crate) const fn ticks(deadline: Duration) -> u64 {
    (deadline.as_millis() / TICK.as_millis()) as u64
}

/// Calls that run at one time; another waits for its turn. A good call lasts tens of microseconds, so that 8 serve hundreds
/// of cameras; behind 8 hostile ones a good one waits no longer than one deadline.
pub(crate) const CALLS_MAX: u32 = 8;

/// Core modules in one component: `wasm-component-ld` makes 3 for a Rust plugin (the program, and two that tie the
/// imports' knot), a JavaScript engine with its stubs up to 10.
const CORE_INSTANCES_MAX: u32 = 16;

/// Linear memories in one component: its own, and those of the stubs that a foreign language's runtime is linked with (3
/// in all for JavaScript).
const MEMORIES_MAX: u32 = 4;

/// Tables in one component: its own, and those of the modules that tie the imports' knot.
const TABLES_MAX: u32 = 4;

/// Wasm's share of the calling thread's stack. Threads of the host have 2 MiB; what is left belongs to the host's own frames.
const STACK_BYTES_MAX: usize = 512 << 10;

/// State of one instance in the engine's own memory: function tables of the imports and the like; 1 MiB is wasmtime's
/// own choice for trusted code, a component of 8 MiB stays far below.
const INSTANCE_BYTES_MAX: usize = 1 << 20;

/// Memory that stays with a slot between two calls and is cleared by writing zeros, which for a small plugin is faster than
/// giving it back to the system and faulting it in again. With 32 memories it holds at most 8 MiB.
const MEMORY_KEEP_RESIDENT_BYTES: usize = 256 << 10;

/// The same for tables: 2,000 entries each, with 32 tables at most 512 KiB.
const TABLE_KEEP_RESIDENT_BYTES: usize = 16 << 10;

/// What compiler and runtime must agree on; the artefact of one configuration does not load in another.
pub(crate) fn compile_config() -> Config {
    let mut config = Config::new();
    config.strategy(Strategy::Cranelift).wasm_component_model(true).epoch_interruption(true);
    config.max_wasm_stack(STACK_BYTES_MAX);
    // Same input, same output, on every machine: relaxed SIMD may differ from processor to processor.
    config.wasm_relaxed_simd(false);
    // A backtrace of a stripped plugin tells nobody anything and costs time at every trap.
    config.wasm_backtrace_max_frames(None).generate_address_map(false);
    config
}

/// What the running engine adds: a pool whose slots are ready before a call needs one.
///
/// A memory slot reserves 4 GiB of address space (not of memory), so that the compiler may leave out bounds checks: 32 of
/// them are 128 GiB, a quarter of the smallest address space that a 64-bit Linux gives (39 bits).
pub(crate) fn run_config() -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(CALLS_MAX)
        .max_component_instance_size(INSTANCE_BYTES_MAX)
        .max_core_instances_per_component(CORE_INSTANCES_MAX)
        .max_memories_per_component(MEMORIES_MAX)
        .max_tables_per_component(TABLES_MAX)
        .total_core_instances(CALLS_MAX * CORE_INSTANCES_MAX)
        .max_core_instance_size(INSTANCE_BYTES_MAX)
        .total_memories(CALLS_MAX * MEMORIES_MAX)
        .max_memories_per_module(1)
        .max_memory_size(MEMORY_BYTES_MAX)
        .total_tables(CALLS_MAX * TABLES_MAX)
        .max_tables_per_module(TABLES_MAX)
        .table_elements(TABLE_ELEMENTS_MAX)
        .max_unused_warm_slots(CALLS_MAX)
        .linear_memory_keep_resident(MEMORY_KEEP_RESIDENT_BYTES)
        // Linux from 6.7 on tells which pages a call has written; only those are cleared. It takes a third off a call.
        .pagemap_scan(Enabled::Auto)
        .table_keep_resident(TABLE_KEEP_RESIDENT_BYTES);
    let mut config = compile_config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// How long the host waits, in deadlines, for a call that hardly got a processor.
const STARVED_DEADLINES_MAX: u64 = 4;

/// Whether a call that is at its deadline has had its time. Where other threads took the processor for more than half of
/// it, the plugin is not to blame and goes on, until it has had its half or the last deadline is over: a machine under
/// load must not put good plugins into quarantine.
#[derive(Debug)]
pub(crate) struct TimeLimit {
    began: Duration,
    had_enough: Duration,
    ticks_left: u64,
    is_starved: bool,
}

impl TimeLimit {
    /// Begins with the call, on the thread that makes it.
    pub(crate) fn start(deadline: Duration) -> Self {
        let ticks_left = ticks(deadline) * (STARVED_DEADLINES_MAX - 1);
        Self { began: processor_time(), had_enough: deadline / 2, ticks_left, is_starved: false }
    }

    /// Says whether the call ends here or goes on for one more tick.
    pub(crate) fn at_deadline(&mut self) -> UpdateDeadline {
        let had = processor_time().saturating_sub(self.began);
        self.is_starved = had < self.had_enough && self.ticks_left == 0;
        if had >= self.had_enough || self.is_starved {
            return UpdateDeadline::Interrupt;
        }
        self.ticks_left -= 1;
        UpdateDeadline::Continue(1)
    }

    /// Whether the call was ended without having had its time: the machine's fault, not the plugin's.
    pub(crate) fn is_starved(&self) -> bool {
        self.is_starved
    }
}

/// Time that this thread has spent on a processor.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// A component whose own figures do not fit into the pool: what wasmtime says of it, and what would fit.
pub(crate) fn too_large(why: &str) -> String {
    format!(
        "it needs more than a plugin may have ({why}): at most 16 MiB of memory in {MEMORIES_MAX} memories, \
         {TABLE_ELEMENTS_MAX} entries in {TABLES_MAX} tables, {CORE_INSTANCES_MAX} core modules"
    )
}

/// What one instance has taken so far. The pool bounds each memory and table; this bounds their sums, and remembers a
/// refusal, because the guest that gets one usually dies of it in a way that looks like any other trap.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    memory_bytes: usize,
    table_elements: usize,
    refused: Option<&'static str>,
}

impl Usage {
    /// What was refused, if anything.
    pub(crate) fn refused(&self) -> Option<&'static str> {
        self.refused
    }
}

impl ResourceLimiter for Usage {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.memory_bytes.saturating_sub(current).saturating_add(desired);
        let is_granted = wanted <= MEMORY_BYTES_MAX;
        if is_granted {
            self.memory_bytes = wanted;
        } else {
            self.refused = Some("it wanted more than 16 MiB of memory");
        }
        Ok(is_granted)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.table_elements.saturating_sub(current).saturating_add(desired);
        let is_granted = wanted <= TABLE_ELEMENTS_MAX;
        if is_granted {
            self.table_elements = wanted;
        } else {
            self.refused = Some("it wanted more than 10000 table entries");
        }
        Ok(is_granted)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES_MAX as usize
    }

    fn tables(&self) -> usize {
        TABLES_MAX as usize
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX as usize
    }
}

/// Lets [`CALLS_MAX`] calls in at one time, so that the pool never runs out: to wait is better than to fail a plugin for
/// what others do.
#[derive(Debug)]
pub(crate) struct Gate {
    free: Mutex<u32>,
    freed: Condvar,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { free: Mutex::new(CALLS_MAX), freed: Condvar::new() }
    }

    /// Waits for a turn, which ends when what is returned is dropped.
    pub(crate) fn enter(&self) -> Turn<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Turn(self)
    }
}

/// One of the calls that may run.
#[derive(Debug)]
pub(crate) struct Turn<'a>(&'a Gate);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_over_all_memories_of_an_instance() {
        let mut usage = Usage::default();
        assert!(usage.memory_growing(0, 10 << 20, None).unwrap());
        assert!(!usage.memory_growing(0, 10 << 20, None).unwrap(), "a second memory went over the sum");
        assert!(usage.refused().is_some());
        assert!(usage.memory_growing(10 << 20, 16 << 20, None).unwrap());
        assert!(!usage.memory_growing(16 << 20, usize::MAX, None).unwrap());
    }

    #[test]
    fn tables_are_bounded_over_all_tables_of_an_instance() {
        let mut usage = Usage::default();
        assert!(usage.table_growing(0, TABLE_ELEMENTS_MAX, None).unwrap());
        assert!(!usage.table_growing(0, 1, None).unwrap());
    }

    #[test]
    fn a_call_that_got_no_processor_waits_for_it_but_not_for_ever() {
        let mut starved = TimeLimit::start(CALL_DEADLINE);
        starved.began = Duration::MAX;
        for _ in 0..15 {
            assert!(matches!(starved.at_deadline(), UpdateDeadline::Continue(1)));
        }
        assert!(!starved.is_starved());
        assert!(matches!(starved.at_deadline(), UpdateDeadline::Interrupt) && starved.is_starved());
        let mut busy = TimeLimit::start(Duration::ZERO);
        assert!(matches!(busy.at_deadline(), UpdateDeadline::Interrupt) && !busy.is_starved());
    }

    #[test]
    fn a_deadline_is_whole_ticks() {
        assert_eq!((ticks(CALL_DEADLINE), ticks(SELF_TEST_DEADLINE)), (5, 200));
    }
}
