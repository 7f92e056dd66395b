//! What a call is made of, for benchmarks: an instance alone, and a call on an instance that is kept. The host itself gives
//! every call a fresh one.

use ovr_domain::hook::Lattice;
use wasmtime::Store;

use super::call::CallError;
use super::limits::{CALL_DEADLINE, RETURNED_BYTES_MAX, TimeLimit, ticks};
use super::log::CallState;
use super::plugin::{Answer, Guest, Plugin, Settings, World, ended, output};
use super::{convert, validate};
use crate::contract::plate_format::PlateFormatPlugin;

/// A plate-format plugin's instance with its store.
#[doc(hidden)]
#[expect(missing_debug_implementations, reason = "a store shows nothing")]
pub struct Kept {
    store: Store<CallState>,
    instance: PlateFormatPlugin,
}

impl Plugin {
    /// An instance that is called again and again.
    #[doc(hidden)]
    pub fn keep(&self) -> Result<Kept, CallError> {
        let Guest::PlateFormat(guest) = &self.guest else {
            return Err(self.of_another_world(World::PlateFormat));
        };
        let mut store = self.core.store(&self.log, CALL_DEADLINE);
        let instance = guest.instantiate(&mut store);
        let instance = ended(instance, &store, "50 ms")?;
        Ok(Kept { store, instance })
    }
}

impl Kept {
    /// The same as [`Plugin::check`].
    pub fn check(
        &mut self,
        read: &Lattice,
        countries: &[String],
        settings: &Settings,
    ) -> Result<Answer, CallError> {
        let question = convert::question(read, countries)?;
        let settings = convert::settings(settings);
        self.store.data_mut().time = TimeLimit::start(CALL_DEADLINE);
        self.store.set_epoch_deadline(ticks(CALL_DEADLINE));
        self.store.set_hostcall_fuel(RETURNED_BYTES_MAX);
        let guest = self.instance.ovr_alpr_plate_format();
        let result = guest.call_check(&mut self.store, &question.read, &settings);
        let answer = ended(result, &self.store, "50 ms")?;
        validate::answer(answer, &question.positions).map_err(|wrong| output(&wrong))
    }
}
