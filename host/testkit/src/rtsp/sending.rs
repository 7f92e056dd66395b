//! The media and the reports of one client.

use std::io;
use std::time::Duration;

use super::connection::Connection;
use super::fault::Fault;
use super::garbage::Layer;
use super::media::Codec;
use super::mount::Present;
use super::packet::{self, RtpStream};
use super::player::Step;
use super::report::{Sent, goodbye, sender_report};
use super::transport::Channel;
use super::wire::TICK;

/// Time between two sender reports.
const REPORT_SPAN: Duration = Duration::from_secs(1);
/// Pictures that are sent, or left out, before requests are looked at again.
const TURN: usize = 16;

impl Connection {
    /// Sends the pictures and reports whose time has come; gives how long nothing else is due.
    pub(super) fn play_what_is_due(&mut self) -> io::Result<Duration> {
        for _ in 0..TURN {
            let Some(present) = self.present() else { return Ok(TICK) };
            let now = self.shared.clock.monotonic();
            let Some(playing) = &mut self.playing else { return Ok(TICK) };
            let step = playing.player.step(now, &present);
            let codec = playing.player.video().codec();
            match step {
                Step::Wait(span) => {
                    self.report(now, &present)?;
                    return Ok(span.min(TICK));
                }
                Step::Skip => {}
                Step::Send { nal_units, at } => {
                    self.send_unit(codec, nal_units, at, &present)?;
                    self.report(now, &present)?;
                }
                Step::End => {
                    let packet = goodbye(self.sent(now), 0);
                    self.send_report(packet)?;
                }
            }
        }
        Ok(Duration::ZERO)
    }

    fn send_unit(
        &mut self,
        codec: Codec,
        mut nal_units: Vec<Vec<u8>>,
        at: Duration,
        present: &Present,
    ) -> io::Result<()> {
        for nal in &mut nal_units {
            self.garble(Layer::NalUnit, nal);
        }
        let payloads = packet::payloads(codec, &nal_units);
        let (count, time) = (payloads.len(), self.rtp.time(at));
        for (index, payload) in payloads.iter().enumerate() {
            let mut packet = self.rtp.packet(packet::payload_type(codec), index + 1 == count, time, payload);
            if let Fault::Drop { share, .. } = *present.fault
                && self.random.unit() < share
            {
                self.count(|counters| counters.packets_lost += 1);
                continue;
            }
            self.garble(Layer::Packet, &mut packet);
            self.send(Channel::Media, &packet)?;
            self.count(|counters| {
                counters.packets += 1;
                counters.packet_bytes += packet.len() as u64;
            });
        }
        self.count(|counters| counters.units += 1);
        Ok(())
    }

    fn sent(&self, now: Duration) -> Sent {
        let played = self.playing.as_ref().map_or(Duration::ZERO, |playing| playing.player.played(now));
        let RtpStream { ssrc, packets, octets, .. } = self.rtp;
        Sent { ssrc, rtp_time: self.rtp.time(played), packets, octets }
    }

    /// A sender report each second, and at once when what it says has changed.
    fn report(&mut self, now: Duration, present: &Present) -> io::Result<()> {
        let (Some(playing), Some(mounted)) = (&mut self.playing, &self.mounted) else { return Ok(()) };
        let clock = mounted.reports();
        let is_due = playing.reported.is_none_or(|(at, said)| said != clock || now >= at + REPORT_SPAN);
        if !is_due || self.rtp.packets == 0 || matches!(*present.fault, Fault::Stall | Fault::Blackhole) {
            return Ok(());
        }
        playing.reported = Some((now, clock));
        let played = i64::try_from(playing.player.played(now).as_micros()).unwrap_or(i64::MAX);
        let Some(ntp) = clock.ntp(self.shared.clock.now(), played) else { return Ok(()) };
        let packet = sender_report(self.sent(now), ntp);
        self.send_report(packet)?;
        self.count(|counters| counters.reports += 1);
        Ok(())
    }

    fn send_report(&mut self, mut packet: Vec<u8>) -> io::Result<()> {
        self.garble(Layer::Report, &mut packet);
        self.send(Channel::Reports, &packet)
    }

    fn send(&mut self, channel: Channel, packet: &[u8]) -> io::Result<()> {
        let Some(frame) = self.transport.as_ref().map(|transport| transport.frame(channel, packet)) else {
            return Ok(());
        };
        if let Some(mut frame) = frame {
            self.garble(Layer::Framing, &mut frame);
            return self.wire.write(&frame);
        }
        match &self.transport {
            Some(transport) => transport.send_datagram(channel, packet, &mut self.wire),
            None => Ok(()),
        }
    }
}
