# An RTSP server that is not ours (GStreamer's), with one clip: rtsp.py FILE.mp4 prints its port.
import sys
try:
    import gi
    gi.require_version('Gst', '1.0')
    gi.require_version('GstRtspServer', '1.0')
    from gi.repository import GLib, Gst, GstRtspServer
except (ImportError, ValueError):
    print('none', flush=True)
    sys.exit(0)

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address('127.0.0.1')
server.set_service('0')
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(f'( filesrc location={sys.argv[1]} ! qtdemux name=d d. ! queue ! h264parse config-interval=-1 ! rtph264pay name=pay0 pt=96 '
                   'd. ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97 )')
server.get_mount_points().add_factory('/clip', factory)
server.attach(None)
print('port', server.get_bound_port(), flush=True)
GLib.MainLoop().run()
