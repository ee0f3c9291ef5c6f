if PLUGIN_OPUS
plugin_LTLIBRARIES += plugins/opus.la
plugins_opus_la_SOURCES = %D%/opus.c %D%/opus_nodes.h %D%/encoder.c %D%/decoder.c plugins/common/util.h
plugins_opus_la_CPPFLAGS = $(AM_CPPFLAGS) $(OPUS_CFLAGS)
plugins_opus_la_LDFLAGS = $(PLUGIN_LINK)
plugins_opus_la_LIBADD = $(OPUS_LIBS)
endif
EXTRA_DIST += %D%/README.md
