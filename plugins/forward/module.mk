plugin_LTLIBRARIES += plugins/forward.la
plugins_forward_la_SOURCES = %D%/forward.c plugins/common/parameter_sets.c plugins/common/parameter_sets.h plugins/common/util.h
plugins_forward_la_CPPFLAGS = $(AM_CPPFLAGS)
plugins_forward_la_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md
