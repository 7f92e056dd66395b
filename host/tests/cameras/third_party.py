"""A camera that is none of ours: Debian's gst-rtsp-server, with a moving pattern in three codecs.

Serves /h264, /h265 and /mjpeg on loopback. Says `listening on PORT` once it does, and ends when its standard input does, so
that it cannot outlive the test that started it.

needs: apt-get install python3-gi gir1.2-gst-rtsp-server-1.0
usage: third_party.py PORT none|basic|digest [CERTIFICATE]

PORT 0 takes any. A login is of user `viewer`, with the password of the environment's GATE_PASSWORD. CERTIFICATE is a file
in PEM that holds the certificate and its key; with it the server speaks RTSPS.
"""

import os
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

# A ball that moves, so that no two pictures are the same.
PATTERN = "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=192,framerate=10/1"
MOUNTS = {
    "/h264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! rtph264pay name=pay0 pt=96 config-interval=1",
    "/h265": "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! rtph265pay name=pay0 pt=96 config-interval=1",
    "/mjpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
}


ROLE = "viewer, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"


def guard(login: str, certificate: str | None) -> GstRtspServer.RTSPAuth:
    """Who may look, and the certificate that the server shows."""
    auth = GstRtspServer.RTSPAuth()
    if certificate:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(certificate))
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if login == "none":
        auth.set_default_token(token)
    elif login == "basic":
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic("viewer", os.environ["GATE_PASSWORD"]), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest("viewer", os.environ["GATE_PASSWORD"], token)
    return auth


def main(port: str, login: str, certificate: str | None = None) -> None:
    """Serves until the standard input ends."""
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    server.set_auth(guard(login, certificate))
    for path, coder in MOUNTS.items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( {PATTERN} ! {coder} )")
        factory.set_shared(True)
        factory.add_role_from_structure(Gst.Structure.new_from_string(ROLE))
        server.get_mount_points().add_factory(path, factory)
    if not server.attach(None):
        sys.exit(f"third_party.py: cannot listen on port {port}")
    print(f"listening on {server.get_bound_port()}", flush=True)
    # GStreamer's warnings from here on are about its own server.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin.fileno(), GLib.IO_IN | GLib.IO_HUP, lambda *_: loop.quit())
    loop.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
