if PLUGIN_CURL
plugin_LTLIBRARIES += plugins/whip.la
plugins_whip_la_SOURCES = %D%/whip.c %D%/whip_node.h %D%/flow.c %D%/courier.c %D%/courier.h %D%/http.c %D%/http.h %D%/link.c %D%/link.h \
	plugins/webrtc/webrtc_node.h plugins/webrtc/node.c plugins/webrtc/describe.c plugins/webrtc/ports.c plugins/webrtc/peer.c plugins/webrtc/peer.h \
	plugins/webrtc/ice.c plugins/webrtc/ice.h plugins/webrtc/ice_server.c plugins/webrtc/ice_server.h plugins/common/util.h
plugins_whip_la_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
plugins_whip_la_LDFLAGS = $(PLUGIN_LINK)
plugins_whip_la_LIBADD = libloquat-webrtc.la $(CURL_LIBS)
endif
EXTRA_DIST += %D%/README.md
