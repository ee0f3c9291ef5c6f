if PLUGIN_BROADCAST
plugin_LTLIBRARIES += plugins/broadcast.la
plugins_broadcast_la_SOURCES = %D%/broadcast.c %D%/broadcast_nodes.h %D%/nodes.c %D%/outlet.c %D%/outlet.h %D%/outlet_node.h %D%/admit.c %D%/worker.c \
	%D%/srt_link.c %D%/srt_link.h %D%/srt_rate.c %D%/srt_rate.h %D%/srt_url.c %D%/srt_url.h %D%/session.c %D%/session.h %D%/kinds.c %D%/why.c %D%/why.h %D%/packet_ring.h %D%/ingest.c %D%/ingest.h %D%/ingest_read.c %D%/source.c %D%/source.h plugins/avformat/convert.c plugins/avformat/convert.h plugins/avformat/turn.c plugins/avformat/turn.h plugins/avformat/display.c plugins/avformat/display.h plugins/avformat/codec_info.c plugins/avformat/codec_info.h \
	plugins/common/av.h plugins/common/parameter_sets.c plugins/common/parameter_sets.h plugins/common/util.h
plugins_broadcast_la_CPPFLAGS = $(AM_CPPFLAGS) $(BROADCAST_CFLAGS)
plugins_broadcast_la_LDFLAGS = $(PLUGIN_LINK)
plugins_broadcast_la_LIBADD = $(BROADCAST_LIBS) -lm
endif
EXTRA_DIST += %D%/README.md
