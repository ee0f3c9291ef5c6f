if PLUGIN_XCB
plugin_LTLIBRARIES += plugins/x11.la
plugins_x11_la_SOURCES = %D%/x11.c %D%/x11_nodes.h %D%/screen.c %D%/segments.c %D%/segments.h %D%/paint.c %D%/paint.h \
	%D%/view.c plugins/common/util.h plugins/common/fit.h plugins/common/due_queue.h
plugins_x11_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins $(XCB_CFLAGS)
plugins_x11_la_LDFLAGS = $(PLUGIN_LINK)
plugins_x11_la_LIBADD = $(XCB_LIBS)
endif
EXTRA_DIST += %D%/README.md
