//! A client's TCP connection: reads that do not wait long, writes that end when the server does.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ovr_domain::time::Clock;

use super::fault::Fault;
use super::mount::Mounted;

/// How soon a fault, a request or the end of the server is seen.
pub(super) const TICK: Duration = Duration::from_millis(50);
/// A client that takes nothing for so many ticks is given up: 10 s.
const TICKS_WITHOUT_PROGRESS: u32 = 200;

/// One connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    end: Arc<AtomicBool>,
    clock: Arc<dyn Clock>,
    /// Whose faults hold for what is written.
    pub(super) mounted: Option<Arc<Mounted>>,
}

fn gone(reason: &str) -> io::Error {
    io::Error::new(ErrorKind::ConnectionAborted, reason)
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

impl Wire {
    pub(super) fn new(stream: TcpStream, end: Arc<AtomicBool>, clock: Arc<dyn Clock>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(TICK))?;
        Ok(Self { stream, end, clock, mounted: None })
    }

    pub(super) fn client(&self) -> io::Result<IpAddr> {
        Ok(self.stream.peer_addr()?.ip())
    }

    /// Adds what has come within `wait` to `buffer`.
    pub(super) fn read(&mut self, buffer: &mut Vec<u8>, wait: Duration) -> io::Result<()> {
        // A wait of zero would be one without end.
        self.stream.set_read_timeout(Some(wait.clamp(Duration::from_millis(1), TICK)))?;
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes) {
            Ok(0) => Err(gone("the client has gone")),
            Ok(count) => {
                buffer.extend_from_slice(bytes.get(..count).unwrap_or_default());
                Ok(())
            }
            Err(error) if is_timeout(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Writes all of `bytes`, as slowly as the mount's fault wants it.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let mut idle_ticks = 0;
        while !bytes.is_empty() {
            let most = self.pace(bytes.len())?;
            match self.stream.write(bytes.get(..most).unwrap_or(bytes)) {
                Ok(0) => return Err(gone("the client takes nothing")),
                Ok(count) => {
                    bytes = bytes.get(count..).unwrap_or_default();
                    idle_ticks = 0;
                }
                Err(error) if is_timeout(&error) && idle_ticks < TICKS_WITHOUT_PROGRESS => idle_ticks += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Fails when the connection must be closed; else says how many bytes may be sent at once, after having waited for
    /// the time that they take where the mount is slow.
    pub(super) fn pace(&self, wanted: usize) -> io::Result<usize> {
        let mut waited = Duration::ZERO;
        loop {
            if self.end.load(Ordering::Relaxed) {
                return Err(gone("the server ends"));
            }
            let present = self.mounted.as_ref().map(|mounted| mounted.present(self.clock.monotonic()));
            let Some(present) = present else { return Ok(wanted) };
            if present.away {
                return Err(gone("the mount is away"));
            }
            let Fault::Slow { bytes_per_second } = *present.fault else { return Ok(wanted) };
            let most = (bytes_per_second as usize / 20).clamp(1, wanted.max(1));
            let needed = Duration::from_secs_f64(most as f64 / f64::from(bytes_per_second.max(1)));
            if waited >= needed {
                return Ok(most);
            }
            let nap = needed.saturating_sub(waited).min(TICK);
            std::thread::sleep(nap);
            waited += nap;
        }
    }
}
