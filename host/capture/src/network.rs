//! Which hosts a camera may live on: checked on the numbers that a name stands for, not on the name.
//!
//! A configuration that somebody else may write must not make this program speak to a cloud's metadata service or to a
//! whole network. The check comes after the name has been resolved, and plain RTSP then connects to the very number
//! that was checked: a name server that answers differently the second time (DNS rebinding) is not asked twice. RTSPS
//! keeps the name where the certificate is checked against it; a host that it was rebound to has no such certificate.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use crate::address::RtspAddress;
use crate::live::fault::LinkFault;

/// Most numbers of a name that are looked at.
const NUMBERS_MAX: usize = 16;

/// Metadata services of the large clouds: they give credentials to whoever asks from the machine itself.
const METADATA: [IpAddr; 10] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe)),
];

/// A camera's host, checked and within reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The address that is handed on, with the checked number in it where it may stand.
    pub(crate) location: String,
    /// The number that was checked and answered.
    pub(crate) socket: SocketAddr,
}

/// Why a camera must not live at `ip`; nothing when it may.
pub(crate) fn forbidden(ip: IpAddr) -> Option<&'static str> {
    let ip = carried(ip);
    if METADATA.contains(&ip) {
        return Some("a cloud's metadata service");
    }
    match ip {
        // 0.0.0.0/8 is "this network" (RFC 1122, section 3.2.1.3); Linux takes it for the machine itself.
        IpAddr::V4(v4) if v4.octets().first() == Some(&0) => Some("an unspecified address"),
        IpAddr::V4(v4) if v4.is_broadcast() => Some("a broadcast address"),
        IpAddr::V6(v6) if v6.is_unspecified() => Some("an unspecified address"),
        _ if ip.is_multicast() => Some("a multicast address"),
        _ => None,
    }
}

/// The IPv4 address that an IPv6 one carries: mapped (RFC 4291, section 2.5.5.2), compatible (section 2.5.5.1), NAT64 (RFC
/// 6052, section 2.1, and RFC 8215), ISATAP (RFC 5214, section 6.1) or 6to4 (RFC 3056, section 2).
fn carried(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = ip else { return ip };
    if let Some(v4) = v6.to_ipv4_mapped() {
        return v4.into();
    }
    let v4_of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        | [_, _, _, _, 0 | 0x200, 0x5efe, high, low]
        | [0x2002, high, low, ..] => v4_of(high, low),
        // ::1 is the machine itself and no IPv4 address.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => v4_of(high, low),
        _ => ip,
    }
}

/// Resolves the host and connects to it once, so that the fault of a host out of reach is known for what it is. Blocks
/// for as long as the name server does, and `patience` for the host. `keep_name` when the name will be checked by other
/// means.
pub(crate) fn reach(address: &RtspAddress, keep_name: bool, patience: Duration) -> Result<Target, LinkFault> {
    let sockets = resolve(address)?;
    let mut fault = LinkFault::NameUnknown { host: address.host().to_owned() };
    let each = patience / u32::try_from(sockets.len().clamp(1, 2)).unwrap_or(1);
    // The two that the machine prefers, for a host with IPv6 and IPv4.
    for socket in sockets.into_iter().take(2) {
        match TcpStream::connect_timeout(&socket, each) {
            Ok(_) => {
                let number = socket.ip().to_string();
                let location = if keep_name { address.text() } else { address.with_host(&number) };
                return Ok(Target { location, socket });
            }
            Err(error) => fault = unreached(socket, &error),
        }
    }
    Err(fault)
}

/// All numbers of the host. One that is forbidden among them refuses them all.
fn resolve(address: &RtspAddress) -> Result<Vec<SocketAddr>, LinkFault> {
    let host = address.host().to_owned();
    let sockets: Vec<SocketAddr> = match (host.as_str(), address.port()).to_socket_addrs() {
        Ok(found) => found.take(NUMBERS_MAX).collect(),
        Err(_) => Vec::new(),
    };
    if sockets.is_empty() {
        return Err(LinkFault::NameUnknown { host });
    }
    for socket in &sockets {
        if let Some(kind) = forbidden(socket.ip()) {
            return Err(LinkFault::Forbidden { ip: socket.ip(), kind });
        }
    }
    Ok(sockets)
}

fn unreached(socket: SocketAddr, error: &io::Error) -> LinkFault {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => LinkFault::Refused { socket },
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            LinkFault::TimedOut { while_doing: "connecting" }
        }
        _ => LinkFault::Unreachable { socket, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn what_is_no_single_host_or_a_metadata_service_is_forbidden_in_every_spelling() {
        for text in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "::169.254.169.254",
            "64:ff9b:1::169.254.169.254",
            "fe80::5efe:169.254.169.254",
            "fe80::a9fe:a9fe",
            "169.254.170.23",
            "192.0.0.192",
            "fd00:ec2::254",
            "100.100.100.200",
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "::ffff:0.0.0.0",
            "224.0.0.1",
            "239.255.255.250",
            "ff02::1",
            "255.255.255.255",
        ] {
            assert!(forbidden(text.parse().unwrap()).is_some(), "{text} was let through");
        }
        for text in
            ["127.0.0.1", "::1", "192.168.1.64", "10.0.0.1", "169.254.7.7", "fe80::1", "fd00::7", "8.8.8.8"]
        {
            assert_eq!(forbidden(text.parse().unwrap()), None, "{text}");
        }
    }

    #[test]
    fn the_check_comes_after_the_name_was_resolved_and_its_number_is_what_is_connected_to() {
        let wait = Duration::from_secs(5);
        // Other spellings of 169.254.169.254, and of 0.0.0.0, that a check of the text would miss.
        for text in [
            "rtsp://2852039166/a",
            "rtsp://0xa9fea9fe/a",
            "rtsp://0251.0376.0251.0376/a",
            "rtsp://0xa9.254.43518/a",
            "rtsps://[::ffff:a9fe:a9fe]/a",
            "rtsp://0/a",
            "rtsp://0x0/a",
        ] {
            let fault = reach(&text.parse().unwrap(), false, wait).unwrap_err();
            assert!(matches!(fault, LinkFault::Forbidden { .. }), "{text}: {fault:?}");
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = reach(&format!("rtsp://localhost:{port}/a?b").parse().unwrap(), false, wait).unwrap();
        assert_eq!(target.location, format!("rtsp://127.0.0.1:{port}/a?b"));
        let target = reach(&format!("rtsps://localhost:{port}/a").parse().unwrap(), true, wait).unwrap();
        assert_eq!(target.location, format!("rtsps://localhost:{port}/a"), "the certificate is for the name");
        drop(listener);
        let fault = reach(&format!("rtsp://127.0.0.1:{port}/a").parse().unwrap(), false, wait).unwrap_err();
        assert!(matches!(fault, LinkFault::Refused { .. }), "{fault:?}");
        let fault = reach(&"rtsp://no-such-host.invalid/a".parse().unwrap(), false, wait).unwrap_err();
        assert!(matches!(fault, LinkFault::NameUnknown { .. }), "{fault:?}");
    }
}
