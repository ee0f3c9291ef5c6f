if PLUGIN_AVFORMAT
plugin_LTLIBRARIES += plugins/compose.la
plugins_compose_la_SOURCES = %D%/compose.c %D%/layout.c %D%/layout.h %D%/arrange.c %D%/paint.c %D%/paint.h %D%/label.c %D%/label.h %D%/image.c \
	plugins/testsrc/font.h plugins/common/av.h plugins/common/util.h
plugins_compose_la_CPPFLAGS = $(AM_CPPFLAGS) $(AVFORMAT_CFLAGS) $(JANSSON_CFLAGS)
plugins_compose_la_LDFLAGS = $(PLUGIN_LINK)
plugins_compose_la_LIBADD = $(AVFORMAT_LIBS) $(JANSSON_LIBS)
endif
EXTRA_DIST += %D%/README.md
