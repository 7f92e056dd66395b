//! What a server has seen and sent, for a test to assert on.

use std::collections::BTreeMap;

/// What has happened on one mount. Passwords, right or wrong, are in none of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections that named the mount.
    pub connections: u64,
    /// Those of them that are open.
    pub connections_open: u64,
    /// Those that were closed because the mount was away.
    pub refused: u64,
    /// Clients that play now.
    pub playing: u64,
    /// Requests with the right credentials, where the mount wants some.
    pub logins_right: u64,
    /// Requests with wrong credentials.
    pub logins_wrong: u64,
    /// Requests without credentials, which a client's first is.
    pub logins_missing: u64,
    /// Access units sent, whole or with losses.
    pub units: u64,
    /// RTP packets sent.
    pub packets: u64,
    /// Bytes of RTP packets sent.
    pub packet_bytes: u64,
    /// Packets lost on purpose.
    pub packets_lost: u64,
    /// RTCP sender reports sent.
    pub reports: u64,
    /// Mutations made.
    pub mutations: u64,
    pub(super) requests: BTreeMap<&'static str, u64>,
}

impl Counters {
    /// Requests with this method, such as `DESCRIBE`; `OTHER` for methods that the server does not know.
    pub fn requests(&self, method: &str) -> u64 {
        self.requests.get(method).copied().unwrap_or(0)
    }
}

/// What has happened on all of a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Connections taken.
    pub accepted: u64,
    /// Connections closed at once because there were too many.
    pub over_the_limit: u64,
    /// Connections open now.
    pub open: usize,
}
