//! Packets of their own (UDP) go to the camera that was dialled and come from it, and from or to nobody else.
//!
//! `rtspsrc` believes what a camera answers to SETUP: its reports, and packets that open a way through a firewall, go to
//! the host that `source=` names, and a group that `destination=` names is joined, whatever transport was asked for. A
//! camera could so have a third host sent packets from here. What comes in is believed whoever sent it.
//!
//! Here the named host is not used (a camera behind a translator of addresses names one that means nothing outside), a
//! transport that was not asked for ends the session, and packets of other hosts are dropped.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use gstreamer as gst;
use gstreamer::glib::prelude::*;
use gstreamer::prelude::*;
use gstreamer_net::NetAddressMeta;

use crate::live::fault::LinkFault;
use crate::live::heard::Heard;
use crate::rtsp::Transport;

/// Where groups are joined that a camera names: the session ends for it, but only after they were, and on this interface
/// nobody else is told and nothing comes in.
const NOWHERE: &str = "lo";

/// Holds a `rtspsrc` to one camera. Must come before it is started.
pub(crate) fn keep_to(source: &gst::Element, transport: Transport, camera: IpAddr, heard: &Arc<Heard>) {
    source.set_property("multicast-iface", NOWHERE);
    let Some(bin) = source.downcast_ref::<gst::Bin>() else { return };
    let heard = Arc::clone(heard);
    bin.connect_element_added(move |_, element| {
        let kind = element.factory().map(|factory| factory.name());
        match kind.as_deref() {
            // Nothing has been sent yet: it is linked after it was added.
            Some("udpsink") => {
                element.set_property("host", camera.to_string());
                if transport == Transport::Tcp {
                    heard.fail(LinkFault::OtherTransport);
                }
            }
            Some("udpsrc") if transport == Transport::Udp && is_own(element) => {
                take_only_from(element, camera, &heard);
            }
            Some("udpsrc") => heard.fail(LinkFault::OtherTransport),
            _ => {}
        }
    });
}

/// Whether packets are waited for at this machine's own addresses, and not at those of a group.
fn is_own(source: &gst::Element) -> bool {
    // As a path, because the camera may have put anything there, which need not be text.
    let address = source.property::<Option<PathBuf>>("address");
    let number = address.as_deref().and_then(|path| path.to_str()?.parse::<IpAddr>().ok());
    number.is_some_and(|number| number.is_unspecified())
}

/// Drops what others than the camera send.
fn take_only_from(source: &gst::Element, camera: IpAddr, heard: &Arc<Heard>) {
    let Some(pad) = source.static_pad("src") else { return };
    let heard = Arc::clone(heard);
    let camera = camera.to_canonical();
    let is_stranger = move |buffer: &gst::BufferRef| match sender_of(buffer) {
        Some(sender) if sender == camera => false,
        sender => {
            heard.lock().stranger = sender;
            true
        }
    };
    pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST, move |_, info| {
        let drops = match &mut info.data {
            Some(gst::PadProbeData::Buffer(buffer)) => is_stranger(buffer),
            Some(gst::PadProbeData::BufferList(list)) => {
                let own: gst::BufferList = list.iter_owned().filter(|buffer| !is_stranger(buffer)).collect();
                let is_empty = own.is_empty();
                *list = own;
                is_empty
            }
            _ => false,
        };
        if drops { gst::PadProbeReturn::Drop } else { gst::PadProbeReturn::Ok }
    });
}

/// Who sent a packet; `udpsrc` notes it on each.
fn sender_of(buffer: &gst::BufferRef) -> Option<IpAddr> {
    let address = buffer.meta::<NetAddressMeta>()?.addr();
    let socket = address.downcast::<gio::InetSocketAddress>().ok()?;
    Some(SocketAddr::from(socket).ip().to_canonical())
}
