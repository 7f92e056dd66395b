//! The server's handle: mounts, faults, counters and the end of everything on drop.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ovr_domain::time::{Clock, SystemClock};

use super::accept::{Acceptor, Shared, bind};
use super::counters::{Counters, Totals};
use super::fault::Fault;
use super::mount::{Mount, Mounted};
use super::report::ReportClock;
use crate::Error;

/// Connections that a server holds at once unless told otherwise; one more is closed as soon as it comes.
pub const CONNECTIONS_MAX: usize = 64;
/// Mounts that a server takes.
pub const MOUNTS_MAX: usize = 256;

/// An RTSP server on a free port of the loopback interface.
#[derive(Debug)]
pub struct RtspServer {
    shared: Arc<Shared>,
    at: SocketAddr,
    acceptor: Mutex<Option<Acceptor>>,
}

impl RtspServer {
    /// Starts with the system's clock and [`CONNECTIONS_MAX`] connections.
    pub fn start() -> Result<Self, Error> {
        Self::start_with(Arc::new(SystemClock::start()), CONNECTIONS_MAX)
    }

    /// Starts with a clock of the caller's, whose monotonic time paces the media and whose wall-clock time stands in
    /// the sender reports, and with a bound on connections (1 to 1,024) over all mounts.
    pub fn start_with(clock: Arc<dyn Clock>, connections_max: usize) -> Result<Self, Error> {
        if !(1..=1024).contains(&connections_max) {
            let reason = format!("{connections_max} connections at most: must be 1 to 1024");
            return Err(Error::Rtsp { doing: "starting the RTSP server", reason });
        }
        let shared = Arc::new(Shared::new(clock, connections_max));
        let (listener, at) = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let acceptor = Acceptor::start(listener, at, &shared)?;
        Ok(Self { shared, at, acceptor: Mutex::new(Some(acceptor)) })
    }

    /// The port, the same over [`Self::stop_listening`] and [`Self::listen_again`].
    pub fn port(&self) -> u16 {
        self.at.port()
    }

    /// `rtsp://127.0.0.1:PORT` and the path.
    pub fn address(&self, path: &str) -> String {
        format!("rtsp://{}{path}", self.at)
    }

    /// Serves `mount` at `path`, which starts with a slash and has no other at its end; what was there before is
    /// served to who plays it until they go.
    pub fn mount(&self, path: &str, mount: Mount) -> Result<(), Error> {
        let refuse =
            |reason: String| Err(Error::Rtsp { doing: "mounting a video on the RTSP server", reason });
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.".contains(c);
        if !path.starts_with('/') || path.len() < 2 || path.ends_with('/') || !path.chars().all(plain) {
            return refuse(format!(
                "{path:?} must be a slash and then ASCII letters, digits, '-', '_', '.' or inner slashes"
            ));
        }
        let mut mounts = self.shared.mounts.lock().unwrap_or_else(PoisonError::into_inner);
        if mounts.len() >= MOUNTS_MAX && !mounts.contains_key(path) {
            return refuse(format!("there are {MOUNTS_MAX} already, which is the most"));
        }
        mounts.insert(path.to_owned(), Arc::new(Mounted::new(mount)));
        Ok(())
    }

    /// From now on the mount misbehaves so; a fault that it had before ends.
    pub fn fault(&self, path: &str, fault: Fault) -> Result<(), Error> {
        self.arm(path, fault, None)
    }

    /// Like [`Self::fault`], ending by itself after `span`.
    pub fn fault_for(&self, path: &str, fault: Fault, span: Duration) -> Result<(), Error> {
        self.arm(path, fault, Some(span))
    }

    /// The mount behaves again. Connections that a fault closed stay closed.
    pub fn heal(&self, path: &str) -> Result<(), Error> {
        self.arm(path, Fault::None, None)
    }

    /// What the mount's sender reports say from the next one on, which is sent at once.
    pub fn report_clock(&self, path: &str, clock: ReportClock) -> Result<(), Error> {
        self.find(path)?.set_report_clock(clock);
        Ok(())
    }

    /// What has happened on this mount so far.
    pub fn counters(&self, path: &str) -> Result<Counters, Error> {
        Ok(self.find(path)?.counters())
    }

    /// What has happened on all of the server so far.
    pub fn totals(&self) -> Totals {
        Totals {
            accepted: self.shared.accepted.load(Ordering::Relaxed),
            over_the_limit: self.shared.over_the_limit.load(Ordering::Relaxed),
            open: AtomicUsize::load(&self.shared.open, Ordering::Relaxed),
        }
    }

    /// Closes the port and every connection, of all mounts: a client that comes is refused by the operating system.
    pub fn stop_listening(&self) {
        let acceptor = self.acceptor.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(acceptor);
    }

    /// Listens again on the same port; does nothing while it listens.
    pub fn listen_again(&self) -> Result<(), Error> {
        let mut acceptor = self.acceptor.lock().unwrap_or_else(PoisonError::into_inner);
        if acceptor.is_none() {
            let (listener, at) = bind(self.at)?;
            *acceptor = Some(Acceptor::start(listener, at, &self.shared)?);
        }
        Ok(())
    }

    fn arm(&self, path: &str, fault: Fault, span: Option<Duration>) -> Result<(), Error> {
        fault.check()?;
        let other = match &fault {
            Fault::Play { mount } => Some(self.find(mount)?.video()),
            _ => None,
        };
        let now = self.shared.clock.monotonic();
        self.find(path)?.arm(fault, other, now, span);
        Ok(())
    }

    fn find(&self, path: &str) -> Result<Arc<Mounted>, Error> {
        self.shared.find(path).ok_or_else(|| Error::Rtsp {
            doing: "finding a mount of the RTSP server",
            reason: format!("nothing is mounted at {path:?}"),
        })
    }
}
