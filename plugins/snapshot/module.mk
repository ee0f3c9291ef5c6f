if PLUGIN_PNG
plugin_LTLIBRARIES += plugins/snapshot.la
plugins_snapshot_la_SOURCES = %D%/snapshot.c plugins/common/util.h
plugins_snapshot_la_CPPFLAGS = $(AM_CPPFLAGS) $(PNG_CFLAGS)
plugins_snapshot_la_LDFLAGS = $(PLUGIN_LINK)
plugins_snapshot_la_LIBADD = $(PNG_LIBS)
endif
EXTRA_DIST += %D%/README.md
