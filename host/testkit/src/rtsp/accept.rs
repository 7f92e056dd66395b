//! The port: takes connections and joins their threads.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use ovr_domain::time::Clock;

use super::connection::Connection;
use super::mount::Mounted;
use crate::Error;

/// Tries to get the port again, which the operating system may have lent to an outgoing connection meanwhile.
const BIND_TRIES: u32 = 20;
const BIND_WAIT: Duration = Duration::from_millis(100);

/// What all threads of a server know.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) mounts: Mutex<BTreeMap<String, Arc<Mounted>>>,
    pub(super) accepted: AtomicU64,
    pub(super) over_the_limit: AtomicU64,
    pub(super) open: AtomicUsize,
    connections_max: usize,
}

impl Shared {
    pub(super) fn new(clock: Arc<dyn Clock>, connections_max: usize) -> Self {
        Self {
            clock,
            mounts: Mutex::default(),
            accepted: AtomicU64::new(0),
            over_the_limit: AtomicU64::new(0),
            open: AtomicUsize::new(0),
            connections_max,
        }
    }

    pub(super) fn find(&self, path: &str) -> Option<Arc<Mounted>> {
        self.mounts.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }
}

fn refuse(error: &io::Error) -> Error {
    Error::Rtsp { doing: "starting the RTSP server", reason: error.to_string() }
}

/// Listens at this address; port 0 is any free one.
pub(super) fn bind(at: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let mut tries = 0;
    loop {
        match TcpListener::bind(at) {
            Ok(listener) => {
                let at = listener.local_addr().map_err(|error| refuse(&error))?;
                return Ok((listener, at));
            }
            Err(error) if tries >= BIND_TRIES => return Err(refuse(&error)),
            Err(_) => {
                tries += 1;
                std::thread::sleep(BIND_WAIT);
            }
        }
    }
}

/// Takes connections until it is dropped; then the port and every connection are closed.
#[derive(Debug)]
pub(super) struct Acceptor {
    at: SocketAddr,
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Acceptor {
    pub(super) fn start(listener: TcpListener, at: SocketAddr, shared: &Arc<Shared>) -> Result<Self, Error> {
        let end = Arc::new(AtomicBool::new(false));
        let (ends, shared) = (Arc::clone(&end), Arc::clone(shared));
        let thread = Builder::new().name("rtsp-accept".to_owned());
        let thread =
            thread.spawn(move || accept(listener, &shared, &ends)).map_err(|error| refuse(&error))?;
        Ok(Self { at, end, thread: Some(thread) })
    }
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        self.end.store(true, Ordering::SeqCst);
        // The thread waits for a connection: here is one.
        let woken = TcpStream::connect_timeout(&self.at, Duration::from_secs(1));
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so on its own.
            let _ = thread.join();
        }
        drop(woken);
    }
}

fn accept(listener: TcpListener, shared: &Arc<Shared>, end: &Arc<AtomicBool>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    while !end.load(Ordering::SeqCst) {
        let Ok((stream, _)) = listener.accept() else {
            // Out of file descriptors, or the client has gone before it was taken.
            std::thread::sleep(Duration::from_millis(10));
            continue;
        };
        if end.load(Ordering::SeqCst) {
            break;
        }
        threads.retain(|thread| !thread.is_finished());
        if threads.len() >= shared.connections_max {
            shared.over_the_limit.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        let number = shared.accepted.fetch_add(1, Ordering::Relaxed);
        let (own, ends) = (Arc::clone(shared), Arc::clone(end));
        let serve = move || {
            own.open.fetch_add(1, Ordering::Relaxed);
            // A client that goes, or is thrown out, is no error of the server's.
            let _ = Connection::take(stream, Arc::clone(&own), ends, number).map(Connection::serve);
            own.open.fetch_sub(1, Ordering::Relaxed);
        };
        threads.extend(Builder::new().name(format!("rtsp-{number}")).spawn(serve));
    }
    drop(listener);
    for thread in threads {
        let _ = thread.join();
    }
}
