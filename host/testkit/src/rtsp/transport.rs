//! How packets go to a client: within the RTSP connection (RFC 2326 10.12) or by UDP.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use super::wire::Wire;

/// Tries to find two free ports that follow each other.
const PORT_TRIES: u32 = 50;
/// Longest packet, less than what a UDP datagram or the length of a frame can say.
const PACKET_MAX: usize = 60_000;

/// What a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Media,
    Reports,
}

/// What client and server have agreed upon.
#[derive(Debug)]
pub(super) enum Transport {
    /// Channel numbers of media and reports.
    Interleaved(u8, u8),
    /// Sockets of media and reports, connected to the client's ports.
    Udp(UdpSocket, UdpSocket),
}

/// What a mount takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) tcp: bool,
    pub(super) udp: bool,
}

/// `a-b`, or `a` for `a-(a+1)`.
fn pair<T: std::str::FromStr + Copy + Into<u32> + TryFrom<u32>>(text: &str) -> Option<(T, T)> {
    let (first, second) = text.split_once('-').map_or((text, None), |(first, second)| (first, Some(second)));
    let first: T = first.trim().parse().ok()?;
    let second = match second {
        Some(second) => second.trim().parse().ok()?,
        None => T::try_from(first.into() + 1).ok()?,
    };
    Some((first, second))
}

impl Transport {
    /// Takes the first of the client's offers that can be taken; gives it with the header that answers.
    pub(super) fn agree(offers: &str, client: IpAddr, taken: Taken) -> Option<(Self, String)> {
        offers.split(',').find_map(|offer| Self::accept(offer, client, taken))
    }

    fn accept(offer: &str, client: IpAddr, taken: Taken) -> Option<(Self, String)> {
        let mut parts = offer.trim().split(';').map(str::trim);
        let profile = parts.next()?;
        let parts: Vec<&str> = parts.collect();
        let value = |name: &str| {
            parts.iter().find_map(|part| part.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')))
        };
        if parts.contains(&"multicast") {
            return None;
        }
        match profile.to_ascii_uppercase().as_str() {
            "RTP/AVP/TCP" if taken.tcp => {
                let (media, reports) = value("interleaved").map_or(Some((0, 1)), pair::<u8>)?;
                let answer = format!("RTP/AVP/TCP;unicast;interleaved={media}-{reports}");
                Some((Self::Interleaved(media, reports), answer))
            }
            "RTP/AVP" | "RTP/AVP/UDP" if taken.udp => {
                let (first, second) = pair::<u16>(value("client_port")?)?;
                let (media, reports) = two_sockets()?;
                media.connect(SocketAddr::from((client, first))).ok()?;
                reports.connect(SocketAddr::from((client, second))).ok()?;
                let (own_first, own_second) =
                    (media.local_addr().ok()?.port(), reports.local_addr().ok()?.port());
                let answer = format!(
                    "RTP/AVP;unicast;client_port={first}-{second};server_port={own_first}-{own_second}"
                );
                Some((Self::Udp(media, reports), answer))
            }
            _ => None,
        }
    }

    /// The frame that carries a packet within the RTSP connection; none where packets go by UDP.
    pub(super) fn frame(&self, channel: Channel, packet: &[u8]) -> Option<Vec<u8>> {
        let Self::Interleaved(media, reports) = self else { return None };
        let number = if channel == Channel::Media { *media } else { *reports };
        let packet = packet.get(..PACKET_MAX).unwrap_or(packet);
        let [high, low] = (packet.len() as u16).to_be_bytes();
        Some([&[b'$', number, high, low], packet].concat())
    }

    /// Sends a packet by UDP, at the pace of the RTSP connection.
    pub(super) fn send_datagram(&self, channel: Channel, packet: &[u8], wire: &mut Wire) -> io::Result<()> {
        let Self::Udp(media, reports) = self else { return Ok(()) };
        let socket = if channel == Channel::Media { media } else { reports };
        let packet = packet.get(..PACKET_MAX).unwrap_or(packet);
        let mut left = packet.len();
        while left > 0 {
            left = left.saturating_sub(wire.pace(left)?);
        }
        // Nobody may listen any more, and the network may be full: UDP loses packets, and that is all.
        let _ = socket.send(packet);
        Ok(())
    }
}

/// Two UDP sockets on loopback whose ports follow each other, the first one even (RFC 3550 11).
fn two_sockets() -> Option<(UdpSocket, UdpSocket)> {
    let bind = |port: u16| {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
        socket.set_nonblocking(true).ok()?;
        Some(socket)
    };
    (0..PORT_TRIES).find_map(|_| {
        let first = bind(0)?;
        let port = first.local_addr().ok()?.port();
        let second = bind(port.checked_add(1)?)?;
        port.is_multiple_of(2).then_some((first, second))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Taken = Taken { tcp: true, udp: true };
    const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn the_first_offer_that_can_be_taken_is() {
        let offers = "RTP/AVP;multicast,RTP/AVP/TCP;unicast;interleaved=4-5;mode=play";
        let (_, answer) = Transport::agree(offers, CLIENT, ALL).unwrap();
        assert_eq!(answer, "RTP/AVP/TCP;unicast;interleaved=4-5");
        let only_udp = Taken { tcp: false, udp: true };
        assert!(Transport::agree(offers, CLIENT, only_udp).is_none());
        let (_, answer) = Transport::agree("RTP/AVP;unicast;client_port=9000", CLIENT, ALL).unwrap();
        assert!(answer.starts_with("RTP/AVP;unicast;client_port=9000-9001;server_port="), "{answer}");
    }

    #[test]
    fn offers_without_sense_are_not_taken() {
        for offer in
            ["", "RTP/AVP", "RTP/AVP;client_port=70000-70001", "RTP/AVP/TCP;interleaved=255", "RAW/RAW/UDP"]
        {
            assert!(Transport::agree(offer, CLIENT, ALL).is_none(), "{offer}");
        }
    }
}
