//! What one client may take: connections, and wrong guesses.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use salvo::conn::ConnCtrl;
use salvo::fuse::{ArcConnObserver, ConnObserver, FuseAction, FuseConfig, FuseInfo, FusePolicy};

/// Wrong tokens that one address may show in a minute before it is told to wait.
pub(crate) const FAILURES_MAX: u32 = 5;
const WINDOW: Duration = Duration::from_mins(1);
/// Addresses remembered at a time: about 60 KiB.
const ADDRESSES_MAX: usize = 1024;

/// Who counts as one client: an IPv4 address, or the /64 network that one IPv6 customer gets.
fn client_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

struct Window {
    begun: Duration,
    failures: u32,
}

/// Counts wrong tokens by client. It slows guesses and keeps them out of the log; a right token is never refused
/// for the wrong ones of its neighbour.
#[derive(Default)]
pub(crate) struct FailedGuesses {
    windows: Mutex<HashMap<IpAddr, Window>>,
}

impl FailedGuesses {
    /// Counts one; the seconds to wait when there were too many. `now` is the monotonic clock.
    pub(crate) fn count(&self, address: IpAddr, now: Duration) -> Option<u16> {
        let client = client_of(address);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= ADDRESSES_MAX && !windows.contains_key(&client) {
            make_room(&mut windows, now);
        }
        let window = windows.entry(client).or_insert(Window { begun: now, failures: 0 });
        if now.saturating_sub(window.begun) >= WINDOW {
            *window = Window { begun: now, failures: 0 };
        }
        window.failures = window.failures.saturating_add(1);
        let left = WINDOW.saturating_sub(now.saturating_sub(window.begun));
        (window.failures > FAILURES_MAX).then(|| u16::try_from(left.as_secs()).unwrap_or(u16::MAX).max(1))
    }
}

/// Forgets the windows that are over, else the oldest one.
fn make_room(windows: &mut HashMap<IpAddr, Window>, now: Duration) {
    windows.retain(|_, window| now.saturating_sub(window.begun) < WINDOW);
    if windows.len() < ADDRESSES_MAX {
        return;
    }
    let oldest = windows.iter().min_by_key(|(_, window)| window.begun).map(|(client, _)| *client);
    if let Some(client) = oldest {
        windows.remove(&client);
    }
}

type OpenConnections = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// Admits connections: at most so many a client, each with its timeouts.
pub(crate) struct Admission {
    open: OpenConnections,
    per_client_max: usize,
    timeouts: FuseConfig,
}

impl Admission {
    pub(crate) fn new(per_client_max: usize, timeouts: FuseConfig) -> Self {
        Self { open: OpenConnections::default(), per_client_max, timeouts }
    }
}

/// Lives as long as its connection and gives the place back when that ends.
struct Place {
    open: OpenConnections,
    client: IpAddr,
}

impl ConnObserver for Place {}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.client) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.client);
            }
        }
    }
}

#[async_trait]
impl FusePolicy for Admission {
    async fn decide(&self, info: &FuseInfo) -> FuseAction {
        let Some(client) = info.remote_addr.ip().map(client_of) else {
            return FuseAction::Reject;
        };
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.get(&client).is_some_and(|count| *count >= self.per_client_max) {
            return FuseAction::Reject;
        }
        FuseAction::Accept(self.timeouts)
    }

    fn observe(&self, info: &FuseInfo, _ctrl: &ConnCtrl) -> Option<ArcConnObserver> {
        let client = info.remote_addr.ip().map(client_of)?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        *open.entry(client).or_insert(0) += 1;
        Some(Arc::new(Place { open: Arc::clone(&self.open), client }))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_client_is_told_to_wait_and_forgiven_after_a_minute() {
        let guesses = FailedGuesses::default();
        let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
        for _ in 0..FAILURES_MAX {
            assert_eq!(guesses.count(client, Duration::ZERO), None);
        }
        assert_eq!(guesses.count(client, Duration::from_secs(10)), Some(50));
        assert_eq!(guesses.count(client, WINDOW), None);
    }

    #[test]
    fn one_ipv6_network_is_one_client() {
        let guesses = FailedGuesses::default();
        for host in 0..u128::from(FAILURES_MAX) {
            let address = IpAddr::V6(Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) | host));
            assert_eq!(guesses.count(address, Duration::ZERO), None);
        }
        let other_host = IpAddr::V6(Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) | 0x77));
        assert!(guesses.count(other_host, Duration::ZERO).is_some());
    }

    #[test]
    fn the_table_never_grows_past_its_limit() {
        let guesses = FailedGuesses::default();
        for host in 0..5_000_u32 {
            guesses.count(IpAddr::V4(Ipv4Addr::from_bits(host)), Duration::from_millis(u64::from(host)));
        }
        assert!(guesses.windows.lock().expect("no panic while held").len() <= ADDRESSES_MAX);
    }
}
