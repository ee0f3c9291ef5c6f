if PLUGIN_V4L2
plugin_LTLIBRARIES += plugins/v4l2.la
plugins_v4l2_la_SOURCES = %D%/v4l2.c %D%/v4l2_nodes.h %D%/camera.c %D%/modes.c %D%/modes.h %D%/stream.c %D%/stream.h
plugins_v4l2_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins
plugins_v4l2_la_LDFLAGS = $(PLUGIN_LINK)
endif
EXTRA_DIST += %D%/README.md
