//! What a network camera says of itself: log, state and metrics.

use ovr_domain::metric;

use crate::live::belief::ClockState;
use crate::live::connection::Connection;
use crate::live::fault::{Healing, LinkFault};
use crate::live::link::LinkPhase;
use crate::live::source::LiveSource;

/// Sizes of one connection that are worth a line of the log; a camera may change its size with every picture.
const SIZES_TOLD_MAX: u32 = 10;

impl LiveSource {
    /// The first frame of a connection, or one of another size than that before it.
    pub(super) fn note_size(&mut self, size: (u32, u32), connection: &Connection) {
        if self.size == Some(size) {
            return;
        }
        self.size = Some(size);
        let facts = connection.facts();
        self.sizes_told = self.sizes_told.saturating_add(1);
        if self.sizes_told <= SIZES_TOLD_MAX {
            tracing::info!(
                source = self.name,
                camera = %self.camera,
                width = facts.width,
                height = facts.height,
                codec = facts.codec.as_deref().unwrap_or("none"),
                decoder = facts.decoder.as_deref().unwrap_or("none"),
                "camera streams"
            );
        }
        if self.decoder != facts.decoder {
            self.tell_decoder(false);
            self.decoder.clone_from(&facts.decoder);
        }
        self.link.change(|state| state.facts = Some(facts));
    }

    /// Says so when the camera's clock is thought of otherwise than before.
    pub(super) fn note_clock(&self, known: ClockState) {
        let thought = self.belief.state();
        if std::mem::discriminant(&known) == std::mem::discriminant(&thought) {
            return;
        }
        let (camera, jumps) = (&self.camera, self.belief.jumps());
        match thought {
            ClockState::Unknown => {}
            ClockState::Believed { offset_us } => {
                tracing::info!(%camera, offset_us, "the camera's clock is believed");
            }
            ClockState::Wrong { offset_us } => {
                tracing::warn!(%camera, offset_us, "the camera's clock is more than an hour off: arrival counts");
            }
            ClockState::Jumped { offset_us } => {
                tracing::warn!(%camera, offset_us, jumps, "the camera's clock has jumped: arrival counts for now");
            }
        }
    }

    /// Puts a fault into the state, and into the log when it is another one than before.
    pub(super) fn say(&self, fault: &LinkFault) {
        let state = self.link.state();
        let is_new = state.fault.as_ref().map(std::mem::discriminant) != Some(std::mem::discriminant(fault));
        if is_new {
            let (source, camera) = (&self.name, &self.camera);
            match fault.healing() {
                Healing::Time => tracing::warn!(source, %camera, reason = %fault, "camera fails"),
                Healing::Start | Healing::Hand => {
                    tracing::error!(source, %camera, reason = %fault, "camera fails");
                }
            }
        }
        metric::camera_up(&self.camera, false);
        let phase = if fault.is_stall() { LinkPhase::Stalled } else { LinkPhase::Failed };
        self.link.enter(phase, self.clock.now(), Some(fault.clone()));
    }

    /// A connection gave its first frame.
    pub(super) fn tell_connected(&self) {
        let mut connections = 0;
        if self.link.state().fault.is_some() {
            // As loud as what it ends: whoever read that the camera fails reads on here.
            tracing::warn!(source = self.name, camera = %self.camera, "camera is back");
        }
        self.link.enter(LinkPhase::Streaming, self.clock.now(), None);
        self.link.change(|state| {
            state.attempts = 0;
            state.connections += 1;
            connections = state.connections;
        });
        if connections > 1 {
            metric::camera_reconnect(&self.camera);
        }
    }

    /// That frames come, and what decodes them.
    pub(super) fn tell_up(&self) {
        metric::camera_up(&self.camera, true);
        self.tell_decoder(true);
    }

    fn tell_decoder(&self, is_used: bool) {
        if let Some(decoder) = &self.decoder {
            metric::camera_decoder(&self.camera, decoder, is_used);
        }
    }

    /// Nobody takes frames any more. A source that was never asked for one may stand beside another of the same camera,
    /// and says nothing.
    pub(super) fn tell_end(&self) {
        if self.asked {
            metric::camera_gone(&self.camera);
            self.tell_decoder(false);
        }
    }
}
