//! The part of connecting that may block without a limit: the name server and the password's file. It has a thread of
//! its own, so that a source that waits for it can be stopped at once.

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::address::Scheme;
use crate::credentials::Secret;
use crate::live::fault::LinkFault;
use crate::network::{self, Target};
use crate::rtsp::RtspConfig;

/// How long a host may take to answer. A host that is up answers in milliseconds; one that comes back in between is
/// found by the next packet that TCP sends, after 1 s.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a connection needs.
#[derive(Debug)]
pub(crate) struct Dialled {
    pub(crate) target: Target,
    pub(crate) password: Option<Secret>,
}

/// A host that is being looked for.
#[derive(Debug)]
pub(crate) struct Dial(Receiver<Result<Dialled, LinkFault>>);

impl Dial {
    /// Starts to look.
    pub(crate) fn start(config: &RtspConfig) -> Result<Self, LinkFault> {
        let (sender, receiver) = sync_channel(1);
        let config = config.clone();
        let work = move || {
            // Nobody waits any more when the source was stopped.
            let _ = sender.send(dial(&config));
        };
        let spawned = thread::Builder::new().name("ovr-dial".to_owned()).spawn(work);
        match spawned {
            Ok(_) => Ok(Self(receiver)),
            Err(error) => Err(LinkFault::Runtime { reason: format!("no thread can be started: {error}") }),
        }
    }

    /// Waits for the result; nothing when it is not there yet.
    pub(crate) fn poll(&self, wait: Duration) -> Option<Result<Dialled, LinkFault>> {
        match self.0.recv_timeout(wait) {
            Ok(result) => Some(result),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                Some(Err(LinkFault::Runtime { reason: "the thread that looks for hosts died".to_owned() }))
            }
        }
    }
}

fn dial(config: &RtspConfig) -> Result<Dialled, LinkFault> {
    let password = match &config.credentials {
        Some(credentials) => Some(credentials.resolve().map_err(|reason| LinkFault::Credentials { reason })?),
        None => None,
    };
    let certified = config.address.scheme() == Scheme::Rtsps && !config.tls.insecure;
    let target = network::reach(&config.address, certified, PATIENCE)?;
    Ok(Dialled { target, password })
}
