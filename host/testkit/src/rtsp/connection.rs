//! One client: its requests and their answers. What it has asked to see is sent on the same thread (`sending`).

use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::accept::Shared;
use super::auth::Verdict;
use super::fault::{Fault, WrongAnswer};
use super::garbage::{Layer, mutate};
use super::message::{Answer, Incoming, Request, take};
use super::mount::{Mounted, Present};
use super::packet::RtpStream;
use super::player::Player;
use super::report::ReportClock;
use super::sdp::{self, Lie, TRACK};
use super::transport::{Taken, Transport};
use super::wire::{TICK, Wire};
use crate::random::Random;

/// What the server can do.
const METHODS: &[&str] =
    &["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "GET_PARAMETER", "SET_PARAMETER", "TEARDOWN"];
/// What an endless body is said to have.
const ENDLESS_BYTES: u64 = 1 << 40;

/// Media on its way to the client.
#[derive(Debug)]
pub(super) struct Playing {
    pub(super) player: Player,
    pub(super) reported: Option<(Duration, ReportClock)>,
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) shared: Arc<Shared>,
    end: Arc<AtomicBool>,
    pub(super) wire: Wire,
    session: String,
    nonce: String,
    pub(super) rtp: RtpStream,
    pub(super) mounted: Option<Arc<Mounted>>,
    pub(super) transport: Option<Transport>,
    pub(super) playing: Option<Playing>,
    /// How many connections of the mount came before.
    place: u64,
    /// Generation of the fault that `random` belongs to.
    generation: Option<u64>,
    pub(super) random: Random,
}

fn closing() -> io::Error {
    io::Error::new(ErrorKind::ConnectionAborted, "the connection is closed on purpose")
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.stop_playing();
        if let Some(mounted) = &self.mounted {
            mounted.count(|counters| counters.connections_open -= 1);
        }
    }
}

impl Connection {
    /// Takes the `number`-th connection of the server.
    pub(super) fn take(
        stream: TcpStream,
        shared: Arc<Shared>,
        end: Arc<AtomicBool>,
        number: u64,
    ) -> io::Result<Self> {
        let wire = Wire::new(stream, Arc::clone(&end), Arc::clone(&shared.clock))?;
        let mut random = Random::new(number ^ (shared.clock.now().as_micros() as u64));
        let rtp = RtpStream::new(random.bits() as u32, random.bits() as u16, random.bits() as u32);
        Ok(Self {
            session: format!("{:016x}", random.bits()),
            nonce: format!("{:016x}{:016x}", random.bits(), random.bits()),
            shared,
            end,
            wire,
            rtp,
            mounted: None,
            transport: None,
            playing: None,
            place: 0,
            generation: None,
            random,
        })
    }

    /// Serves until the client goes, the mount is away or the server ends.
    pub(super) fn serve(mut self) -> io::Result<()> {
        let ended = self.serve_until_it_ends();
        // Whoever noticed it first, the loop or a write: the client was thrown out.
        if self.present().is_some_and(|present| present.away) {
            self.count(|counters| counters.refused += 1);
        }
        ended
    }

    fn serve_until_it_ends(&mut self) -> io::Result<()> {
        let mut buffer = Vec::new();
        let mut wait = TICK;
        while !self.end.load(Ordering::Relaxed) {
            self.wire.read(&mut buffer, wait)?;
            if self.present().is_some_and(|present| present.away) {
                return Err(closing());
            }
            // Bounded by what one read takes in.
            while let Some(incoming) = take(&mut buffer).map_err(|_| closing())? {
                if let Incoming::Request(request) = incoming {
                    self.answer(&request)?;
                }
            }
            wait = self.play_what_is_due()?;
        }
        Ok(())
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut super::Counters)) {
        if let Some(mounted) = &self.mounted {
            mounted.count(change);
        }
    }

    /// The mount's fault now; a new one begins its own random numbers.
    pub(super) fn present(&mut self) -> Option<Present> {
        let mounted = self.mounted.as_ref()?;
        let present = mounted.present(self.shared.clock.monotonic());
        if self.generation != Some(present.generation) {
            let is_new = self.generation.replace(present.generation).is_none();
            if let Fault::Garbage { seed, .. } | Fault::Drop { seed, .. } = *present.fault {
                // Those that are open already, some of which are about to go, do not change what a new one gets.
                let place = if is_new { mounted.meet() } else { !self.place };
                self.random = Random::new(seed ^ place.wrapping_mul(0xD6E8_FEB8_6659_FD93));
            }
        }
        Some(present)
    }

    /// Mutates `bytes` where the mount's fault wants it.
    pub(super) fn garble(&mut self, layer: Layer, bytes: &mut Vec<u8>) {
        let Some(present) = self.present() else { return };
        if let Fault::Garbage { share, layers, .. } = *present.fault
            && layers.contains(&layer)
            && self.random.unit() < share
        {
            mutate(&mut self.random, bytes);
            self.count(|counters| counters.mutations += 1);
        }
    }

    fn answer(&mut self, request: &Request) -> io::Result<()> {
        if self.mounted.is_none()
            && let Some(mounted) = self.shared.find(request.path())
        {
            mounted.count(|counters| {
                self.place = counters.connections;
                counters.connections += 1;
                counters.connections_open += 1;
            });
            self.wire.mounted = Some(Arc::clone(&mounted));
            self.mounted = Some(mounted);
        }
        let known = METHODS.iter().find(|method| **method == request.method).copied();
        self.count(|counters| *counters.requests.entry(known.unwrap_or("OTHER")).or_default() += 1);
        let sequence: String = request.header("CSeq").unwrap_or("0").chars().take(20).collect();
        let Some(present) = self.present() else {
            let status = if request.method == "OPTIONS" { 200 } else { 404 };
            let answer = Answer::new(status).header("Public", METHODS.join(", "));
            return self.wire.write(&answer.bytes(&sequence, None));
        };
        if present.away {
            return Err(closing());
        }
        if *present.fault == Fault::Blackhole {
            return Ok(());
        }
        let (answer, ends) = match self.refusal(request, &present) {
            Some(answer) => (answer, false),
            None => self.obey(request, &present)?,
        };
        self.send_answer(request, &answer, &sequence, &present)?;
        if ends { Err(closing()) } else { Ok(()) }
    }

    /// The answer to a request that is not obeyed, for want of credentials or because of a fault.
    fn refusal(&mut self, request: &Request, present: &Present) -> Option<Answer> {
        let method = request.method.as_str();
        let matters = matches!(method, "DESCRIBE" | "SETUP" | "PLAY");
        let challenged = |challenges: Vec<String>| {
            challenges
                .into_iter()
                .fold(Answer::new(401), |answer, challenge| answer.header("WWW-Authenticate", challenge))
        };
        match &*present.fault {
            Fault::Answer(WrongAnswer::NotFound) if matters => return Some(Answer::new(404)),
            Fault::Answer(WrongAnswer::ServerError) if matters => return Some(Answer::new(500)),
            Fault::Answer(WrongAnswer::Redirect(to)) if matters => {
                return Some(Answer::new(302).header("Location", to.clone()));
            }
            Fault::Answer(WrongAnswer::Unauthorised) if matters => {
                let login = self.mounted.as_ref().and_then(|mounted| mounted.login.as_ref());
                let challenges = login.map(|login| login.challenges(&self.nonce));
                return Some(challenged(
                    challenges.unwrap_or_else(|| vec!["Basic realm=\"camera\"".to_owned()]),
                ));
            }
            _ => {}
        }
        let mounted = self.mounted.as_ref()?;
        let login = mounted.login.as_ref().filter(|_| method != "OPTIONS")?;
        let verdict = login.check(request.header("Authorization"), method, &self.nonce);
        mounted.count(|counters| match verdict {
            Verdict::Right => counters.logins_right += 1,
            Verdict::Wrong => counters.logins_wrong += 1,
            Verdict::Missing => counters.logins_missing += 1,
        });
        (verdict != Verdict::Right).then(|| challenged(login.challenges(&self.nonce)))
    }

    /// Does what is asked; true when the connection ends with it.
    fn obey(&mut self, request: &Request, present: &Present) -> io::Result<(Answer, bool)> {
        let answer = |status: u16| Ok((Answer::new(status), false));
        let session = format!("{};timeout=60", self.session);
        match request.method.as_str() {
            "OPTIONS" => Ok((Answer::new(200).header("Public", METHODS.join(", ")), false)),
            "DESCRIBE" => Ok((self.describe(request, present), false)),
            "SETUP" => {
                let taken = match &*present.fault {
                    Fault::Answer(WrongAnswer::OnlyTcp) => Taken { tcp: true, udp: false },
                    Fault::Answer(WrongAnswer::OnlyUdp) => Taken { tcp: false, udp: true },
                    _ => Taken { tcp: true, udp: true },
                };
                let offers = request.header("Transport").unwrap_or_default();
                let Some((transport, agreed)) = Transport::agree(offers, self.wire.client()?, taken) else {
                    return answer(461);
                };
                self.stop_playing();
                self.transport = Some(transport);
                Ok((Answer::new(200).header("Transport", agreed).header("Session", session), false))
            }
            "PLAY" if self.transport.is_some() => {
                Ok((self.play(request, present).header("Session", session), false))
            }
            "PAUSE" if self.transport.is_some() => {
                self.stop_playing();
                Ok((Answer::new(200).header("Session", session), false))
            }
            "PLAY" | "PAUSE" => answer(455),
            "TEARDOWN" => {
                self.stop_playing();
                self.transport = None;
                Ok((Answer::new(200), true))
            }
            "GET_PARAMETER" | "SET_PARAMETER" => answer(200),
            _ => answer(501),
        }
    }

    fn describe(&mut self, request: &Request, present: &Present) -> Answer {
        let lie = match &*present.fault {
            Fault::Answer(WrongAnswer::NoVideo) => Lie::NoVideo,
            Fault::Answer(WrongAnswer::UnknownCodec) => Lie::UnknownCodec,
            _ => Lie::None,
        };
        let mut body = sdp::describe(&present.video, lie);
        self.garble(Layer::Sdp, &mut body);
        let base = format!("{}/", request.uri.trim_end_matches('/'));
        let answer = Answer::new(200).header("Content-Base", base);
        match &*present.fault {
            Fault::Answer(WrongAnswer::HugeHeader(bytes)) => {
                answer.header("X-Filler", "x".repeat(*bytes)).sdp(body)
            }
            _ => answer.sdp(body),
        }
    }

    fn play(&mut self, request: &Request, present: &Present) -> Answer {
        if self.playing.is_none() {
            let endless = self.mounted.as_ref().is_none_or(|mounted| mounted.endless);
            let player = Player::new(Arc::clone(&present.video), endless, self.shared.clock.monotonic());
            self.playing = Some(Playing { player, reported: None });
            self.count(|counters| counters.playing += 1);
        }
        let base = request.uri.trim_end_matches('/').trim_end_matches(TRACK);
        let info =
            format!("url={base}{TRACK};seq={};rtptime={}", self.rtp.sequence, self.rtp.time(Duration::ZERO));
        Answer::new(200).header("Range", "npt=now-".to_owned()).header("RTP-Info", info)
    }

    fn stop_playing(&mut self) {
        if self.playing.take().is_some() {
            self.count(|counters| counters.playing -= 1);
        }
    }

    fn send_answer(
        &mut self,
        request: &Request,
        answer: &Answer,
        sequence: &str,
        present: &Present,
    ) -> io::Result<()> {
        let described = request.method == "DESCRIBE";
        if described && *present.fault == Fault::Answer(WrongAnswer::EndlessBody) {
            self.wire.write(&answer.bytes(sequence, Some(ENDLESS_BYTES)))?;
            let line = [b"a=x-filler:".as_slice(), &[b'x'; 4000], b"\r\n"].concat();
            while self.present().is_some_and(|now| now.generation == present.generation) {
                self.wire.write(&line)?;
            }
            return Err(closing());
        }
        let mut bytes = answer.bytes(sequence, None);
        if described && *present.fault == Fault::Answer(WrongAnswer::HalfAnAnswer) {
            self.wire.write(bytes.get(..bytes.len() / 2).unwrap_or_default())?;
            return Err(closing());
        }
        self.garble(Layer::Answer, &mut bytes);
        self.wire.write(&bytes)
    }
}
