if PLUGIN_AVFORMAT
plugin_LTLIBRARIES += plugins/avformat.la
plugins_avformat_la_SOURCES = %D%/avformat.c %D%/avformat_nodes.h %D%/file_source.c %D%/media.c %D%/media.h %D%/convert.c %D%/convert.h %D%/turn.c %D%/turn.h %D%/display.c %D%/display.h \
	%D%/recorder.c %D%/muxer.c %D%/muxer.h %D%/codec_info.c %D%/codec_info.h plugins/common/av.h plugins/common/parameter_sets.c plugins/common/parameter_sets.h plugins/common/util.h
plugins_avformat_la_CPPFLAGS = $(AM_CPPFLAGS) $(AVFORMAT_CFLAGS)
plugins_avformat_la_LDFLAGS = $(PLUGIN_LINK)
plugins_avformat_la_LIBADD = $(AVFORMAT_LIBS) -lm
endif
EXTRA_DIST += %D%/README.md
