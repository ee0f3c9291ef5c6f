if PLUGIN_NICE
plugin_LTLIBRARIES += plugins/webrtc.la
plugins_webrtc_la_SOURCES = %D%/webrtc.c %D%/webrtc_node.h %D%/node.c %D%/describe.c %D%/ports.c %D%/peer.c %D%/peer.h %D%/ice.c %D%/ice.h %D%/ice_server.c %D%/ice_server.h \
	plugins/common/util.h
plugins_webrtc_la_CPPFLAGS = $(AM_CPPFLAGS) $(NICE_CFLAGS)
plugins_webrtc_la_LDFLAGS = $(PLUGIN_LINK)
plugins_webrtc_la_LIBADD = libloquat-webrtc.la $(NICE_LIBS)
endif
EXTRA_DIST += %D%/README.md
